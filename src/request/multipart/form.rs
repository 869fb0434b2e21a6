use std::ops::Range;

use bytes::Bytes;
use memchr::memmem;

use super::part::{Disposition, boundary};
use super::{FIELD_BYTES_MAX, FIELDS_MAX, Field, Multipart, MultipartError};

/// Reads the fields of a form, up to where its file begins, from a body that has not arrived whole. What was looked at is
/// not looked at again, so that a form costs the same in one piece and byte by byte.
#[derive(Debug)]
pub struct FormReader {
    separator: Bytes,
    fields: Vec<Field>,
    state: State,
    /// Where the boundary before the part under way ends.
    part_at: usize,
    /// Where what is looked for next can begin at the earliest.
    seen: usize,
}

#[derive(Debug)]
enum State {
    /// The first boundary is awaited.
    Start,
    /// The head of a part is not complete.
    Head,
    /// The content of a field, which begins here, is not complete.
    Content { name: String, is_ascii: bool, at: usize },
}

const EMPTY_LINE: &[u8] = b"\r\n\r\n";

impl FormReader {
    /// Waits for a body of this content type.
    pub fn new(content_type: &str) -> Result<Self, MultipartError> {
        let boundary = boundary(content_type).ok_or(MultipartError::Form("has no boundary"))?;
        let separator = Bytes::from(format!("\r\n--{boundary}"));
        Ok(Self { separator, fields: Vec::new(), state: State::Start, part_at: 0, seen: 0 })
    }

    /// Reads on in `body`, which holds everything from the first byte on and has grown since the last call. The form is
    /// there when its file begins; `None` asks for more.
    pub fn read(&mut self, body: &[u8]) -> Result<Option<Multipart>, MultipartError> {
        loop {
            let next = match &self.state {
                State::Start => self.read_start(body)?,
                State::Head => match self.read_head(body)? {
                    Some((Disposition { name, file_name, .. }, at))
                        if name.eq_ignore_ascii_case("file") =>
                    {
                        return Ok(Some(self.finish(file_name, at)));
                    }
                    Some((Disposition { name, is_ascii, .. }, at)) => {
                        self.seen = at;
                        Some(State::Content { name, is_ascii, at })
                    }
                    None => None,
                },
                State::Content { name, is_ascii, at } => {
                    let (name, is_ascii, at) = (name.clone(), *is_ascii, *at);
                    self.read_content(body, (&name, is_ascii), at)?
                }
            };
            match next {
                Some(state) => self.state = state,
                None => return Ok(None),
            }
        }
    }

    fn finish(&mut self, file_name: Option<String>, file_at: usize) -> Multipart {
        Multipart {
            separator: self.separator.clone(),
            fields: std::mem::take(&mut self.fields),
            file_name: file_name.map(Into::into),
            file_head: self.part_at..file_at,
        }
    }

    /// Nothing stands before the first boundary.
    fn read_start(&mut self, body: &[u8]) -> Result<Option<State>, MultipartError> {
        let first = self.separator.get(2..).unwrap_or_default();
        let here = body.get(..first.len().min(body.len())).unwrap_or_default();
        if !first.starts_with(here) {
            return Err(MultipartError::Form("does not begin with its boundary"));
        }
        let (there, wanted) = (here.len(), first.len());
        Ok((there == wanted).then(|| self.begin_part(wanted)))
    }

    fn begin_part(&mut self, at: usize) -> State {
        self.part_at = at;
        self.seen = at.saturating_add(2);
        State::Head
    }

    /// What the head of the part says, and where its content begins.
    fn read_head(&mut self, body: &[u8]) -> Result<Option<(Disposition, usize)>, MultipartError> {
        let Some(start) = body.get(self.part_at..self.part_at.saturating_add(2)) else {
            return Ok(None);
        };
        if start != b"\r\n" {
            return Err(MultipartError::Form("has no file"));
        }
        let head_at = self.part_at.saturating_add(2);
        match self.find(body, EMPTY_LINE, head_at)? {
            Some(head) => {
                let content_at = head.end.saturating_add(EMPTY_LINE.len());
                let head = body.get(head).unwrap_or_default();
                Ok(Some((Disposition::parse(head)?, content_at)))
            }
            None => Ok(None),
        }
    }

    fn read_content(
        &mut self,
        body: &[u8],
        (name, is_ascii): (&str, bool),
        at: usize,
    ) -> Result<Option<State>, MultipartError> {
        let separator = self.separator.clone();
        let Some(content) = self.find(body, &separator, at)? else { return Ok(None) };
        let next_at = content.end.saturating_add(separator.len());
        match body.get(next_at..next_at.saturating_add(2)) {
            None => return Ok(None),
            Some(b"\r\n" | b"--") => {}
            // The rest of a longer word is content to one parser and an end to another.
            Some(_) => return Err(MultipartError::Form("has its boundary inside a part")),
        }
        if self.fields.len() >= FIELDS_MAX {
            return Err(MultipartError::Form("is larger than a form may be"));
        }
        let spelling: Box<str> = name.into();
        let name = name.to_ascii_lowercase();
        match self.fields.iter().find(|field| *field.name == *name) {
            Some(known) if known.spelling == spelling => return Err(MultipartError::Repeated),
            Some(_) => return Err(MultipartError::TwoSpellings),
            None => {}
        }
        let value = std::str::from_utf8(body.get(content).unwrap_or_default())
            .map_err(|_bytes| MultipartError::Form("has a field that is not UTF-8"))?;
        if is_ascii && !value.is_ascii() {
            return Err(MultipartError::Form("has a field that is not UTF-8"));
        }
        let raw = self.part_at..next_at;
        self.fields.push(Field { name: name.into(), spelling, value: value.into(), raw });
        Ok(Some(self.begin_part(next_at)))
    }

    /// What stands from `at` to the next `mark`, if that has come; remembers how far it looked.
    fn find(
        &mut self,
        body: &[u8],
        mark: &[u8],
        at: usize,
    ) -> Result<Option<Range<usize>>, MultipartError> {
        let found = memmem::find(body.get(self.seen..).unwrap_or_default(), mark);
        let end = found.map_or(body.len(), |found| self.seen.saturating_add(found));
        let unfinished = if found.is_some() { 0 } else { mark.len() };
        if end.saturating_sub(at) > FIELD_BYTES_MAX.saturating_add(unfinished) {
            return Err(MultipartError::Form("is larger than a form may be"));
        }
        // The mark may have begun among the last bytes.
        let begun = body.len().saturating_sub(mark.len().saturating_sub(1));
        self.seen = if found.is_some() { end } else { self.seen.max(begun) };
        Ok(found.map(|_found| at..end))
    }
}
