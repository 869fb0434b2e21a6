//! `multipart/form-data`, as browsers send it (signatures sheet, 5.8).

use std::fmt;

use memchr::memmem;

/// Fields before the file (SIG-70).
const FIELDS_MAX: usize = 100;
/// Bytes of a field, and of the head of a part (SIG-70).
const FIELD_BYTES_MAX: usize = 8 * 1024;

/// A browser form: text fields, then a file. What follows the file is not read.
#[derive(Clone, PartialEq, Eq)]
pub struct Multipart<'b> {
    /// Names as sent, and values.
    fields: Vec<(Box<str>, Box<str>)>,
    file_name: Option<Box<str>>,
    file: &'b [u8],
}

/// What makes a browser form unreadable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the multipart form {0}")]
pub struct MultipartError(&'static str);

impl<'b> Multipart<'b> {
    /// Reads a form. Refuses what two parsers could read differently: other line ends, escapes in names, text before
    /// the first boundary, repeated fields.
    pub fn parse(content_type: &str, body: &'b [u8]) -> Result<Self, MultipartError> {
        let boundary = boundary(content_type).ok_or(MultipartError("has no boundary"))?;
        let separator = format!("\r\n--{boundary}").into_bytes();
        let mut rest = body
            .strip_prefix(separator.get(2..).unwrap_or_default())
            .ok_or(MultipartError("does not begin with its boundary"))?;
        let mut fields = Vec::new();
        loop {
            let part = rest.strip_prefix(b"\r\n").ok_or(MultipartError("has no file"))?;
            let (head, content) = split(part, b"\r\n\r\n")
                .ok_or(MultipartError("has a part without an empty line"))?;
            let (content, after) =
                split(content, &separator).ok_or(MultipartError("ends inside a part"))?;
            let Disposition { name, file_name } = Disposition::parse(head)?;
            // The rest of a longer word is content to one parser and an end to another.
            if !after.starts_with(b"\r\n") && !after.starts_with(b"--") {
                return Err(MultipartError("has its boundary inside a part"));
            }
            if name.eq_ignore_ascii_case("file") {
                return Ok(Self { fields, file_name: file_name.map(Into::into), file: content });
            }
            if fields.len() >= FIELDS_MAX || content.len() > FIELD_BYTES_MAX {
                return Err(MultipartError("is larger than a form may be"));
            }
            if find(&fields, &name).is_some() {
                return Err(MultipartError("has a field twice"));
            }
            let value = std::str::from_utf8(content)
                .map_err(|_bytes| MultipartError("has a field that is not UTF-8"))?;
            fields.push((name.into(), value.into()));
            rest = after;
        }
    }

    /// The value of a field, its name in any case (SIG-70).
    pub fn get(&self, name: &str) -> Option<&str> {
        find(&self.fields, name)
    }

    /// The names of the fields, as sent.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(name, _)| &**name)
    }

    /// The key of the object that the file becomes, with the file's name where the key asks for it (SIG-72).
    pub fn key(&self) -> Option<String> {
        let key = self.get("key")?;
        Some(key.replace("${filename}", self.file_name().unwrap_or_default()))
    }

    /// The name of the uploaded file.
    pub fn file_name(&self) -> Option<&str> {
        self.file_name.as_deref()
    }

    /// The uploaded file.
    pub fn file(&self) -> &'b [u8] {
        self.file
    }
}

/// Fields carry tokens and signatures: only their names are shown.
impl fmt::Debug for Multipart<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.fields.iter().map(|(name, _)| &**name).collect();
        f.debug_struct("Multipart").field("fields", &names).finish_non_exhaustive()
    }
}

fn find<'f>(fields: &'f [(Box<str>, Box<str>)], name: &str) -> Option<&'f str> {
    let found = fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| &**value)
}

/// What stands before and behind the first `separator`.
fn split<'b>(bytes: &'b [u8], separator: &[u8]) -> Option<(&'b [u8], &'b [u8])> {
    let at = memmem::find(bytes, separator)?;
    Some((bytes.get(..at)?, bytes.get(at + separator.len()..)?))
}

/// The boundary, 1 – 70 characters without white space.
fn boundary(content_type: &str) -> Option<&str> {
    let (kind, settings) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let mut settings = settings.split(';').filter_map(|setting| setting.trim().split_once('='));
    let is_boundary = |(name, _): &(&str, &str)| name.eq_ignore_ascii_case("boundary");
    let (Some((_, value)), None) = (settings.find(is_boundary), settings.find(is_boundary)) else {
        return None;
    };
    let bare = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
    let fits = bare.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
    (fits && (1..=70).contains(&bare.len())).then_some(bare)
}

/// `Content-Disposition: form-data; name="…"; filename="…"`.
struct Disposition {
    name: String,
    file_name: Option<String>,
}

impl Disposition {
    fn parse(head: &[u8]) -> Result<Self, MultipartError> {
        let wrong = MultipartError("has a part without a plain name");
        if head.len() > FIELD_BYTES_MAX {
            return Err(MultipartError("is larger than a form may be"));
        }
        let text = std::str::from_utf8(head).map_err(|_bytes| wrong)?;
        let plain =
            |line: &str| line.contains(':') && !line.starts_with([' ', '\t', '\r', '\n', '-']);
        let lone = |line: &str| line.contains(['\r', '\n']);
        if text.split("\r\n").any(|line| !plain(line) || lone(line)) {
            return Err(wrong);
        }
        let mut values = text.split("\r\n").filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-disposition").then_some(value.trim())
        });
        let (Some(value), None) = (values.next(), values.next()) else { return Err(wrong) };
        let mut rest = value.strip_prefix("form-data").ok_or(wrong)?;
        let (mut name, mut file_name) = (None, None);
        while !rest.is_empty() {
            let setting = rest.strip_prefix(';').ok_or(wrong)?.trim_start_matches(' ');
            let (key, value) = setting.split_once("=\"").ok_or(wrong)?;
            let (value, after) = value.split_once('"').ok_or(wrong)?;
            let slot = match key {
                "name" => &mut name,
                "filename" => &mut file_name,
                _ => return Err(wrong),
            };
            if value.contains('\\') || slot.replace(value.to_owned()).is_some() {
                return Err(wrong);
            }
            rest = after;
        }
        let name = name.ok_or(wrong)?;
        Ok(Self { name, file_name })
    }
}

#[cfg(test)]
mod tests {
    use super::Multipart;

    const KIND: &str = "multipart/form-data; boundary=xx";

    fn part(disposition: &str, content: &str) -> String {
        format!("--xx\r\nContent-Disposition: {disposition}\r\n\r\n{content}\r\n")
    }

    #[test]
    fn forms() {
        let key = part("form-data; name=\"Key\"", "a b");
        let file = part("form-data; name=\"file\"; filename=\"a;b.txt\"", "x\r\ny");
        let body = format!("{key}{file}--xx--\r\n");
        let form = Multipart::parse(KIND, body.as_bytes()).unwrap();
        assert_eq!(form.get("key"), Some("a b"));
        assert_eq!((form.file(), form.file_name()), (&b"x\r\ny"[..], Some("a;b.txt")));
    }

    #[test]
    fn refused_forms() {
        let key = part("form-data; name=\"key\"", "a");
        let file = part("form-data; name=\"file\"", "x");
        let many: String =
            (0..101).map(|i| part(&format!("form-data; name=\"f{i}\""), "")).collect();
        let long = part("form-data; name=\"key\"", &"x".repeat(8193));
        for (kind, body) in [
            ("multipart/form-data", format!("{key}{file}--xx--")),
            ("text/plain; boundary=xx", format!("{key}{file}--xx--")),
            (KIND, format!("{key}--xx--\r\n")),
            (KIND, format!("{key}{key}{file}--xx--")),
            (KIND, format!("preamble\r\n{key}{file}--xx--")),
            (KIND, format!("{many}{file}--xx--")),
            (KIND, format!("{long}{file}--xx--")),
            (KIND, file.trim_end().to_owned()),
            (KIND, part("form-data; name=file", "x") + "--xx--"),
            (KIND, part("form-data; name=\"a\\\"b\"", "x") + "--xx--"),
            (KIND, format!("{key}{file}--xx--").replace("\r\n", "\n")),
            (KIND, String::new()),
            (KIND, format!("{key}{}--xx--", file.replace("x\r\n", "x\r\n--xxZ more\r\n"))),
            (
                KIND,
                format!("{}{file}--xx--", key.replace("\r\n\r\n", "\r\n--xx\r\nFoo: bar\r\n\r\n")),
            ),
            (KIND, format!("{}{file}--xx--", key.replace("; name", "\r\n ; name"))),
            (KIND, format!("{}{file}--xx--", key.replace("Content-", "X: a\nContent-"))),
            ("multipart/form-data; boundary=xx; boundary=yy", format!("{key}{file}--xx--")),
        ] {
            assert!(Multipart::parse(kind, body.as_bytes()).is_err(), "{kind}: {body}");
        }
    }
}
