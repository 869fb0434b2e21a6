//! Command lines of curl, as documentation prints them and browsers copy them.

mod options;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use crate::cases::{FormPart, Recorded, write_form};
use crate::signature::encode;

use super::shell::{Line, split};
use super::{Capture, CaptureError, Source, split_target};
use options::{Data, Meaning};

/// Whether a text is a command line of curl, perhaps behind a prompt.
pub(super) fn is_command(text: &str) -> bool {
    let text = text.trim_start();
    let text = text.strip_prefix('$').map_or(text, str::trim_start);
    let rest = text.strip_prefix("curl").map(|rest| rest.strip_prefix(".exe").unwrap_or(rest));
    rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_whitespace() || c == '\\'))
}

/// Reads a command line.
pub(super) fn parse(text: &str) -> Result<Capture, CaptureError> {
    let text = text.trim_start();
    let text = text.strip_prefix('$').map_or(text, str::trim_start);
    let Line { words, notes } = split(text)?;
    let mut command = Command { notes, ..Command::default() };
    let mut words = words.into_iter().skip(1);
    let mut only_urls = false;
    while let Some(word) = words.next() {
        let text = String::from_utf8_lossy(&word).into_owned();
        match text.strip_prefix('-') {
            Some("-") if !only_urls => only_urls = true,
            Some(option) if !only_urls && !option.is_empty() => {
                command.option(option, &mut words)?;
            }
            _ => command.url(&text)?,
        }
    }
    command.finish()
}

/// What the options say.
#[derive(Debug, Default)]
struct Command {
    method: Option<String>,
    url: Option<String>,
    /// As given; without a value the header that curl would send is left out.
    headers: Vec<(String, Option<Vec<u8>>)>,
    data: Option<Vec<u8>>,
    query: Vec<String>,
    fields: Vec<FormPart>,
    upload: Option<String>,
    /// Options that are there or not.
    flags: Vec<Meaning>,
    notes: Vec<String>,
}

impl Command {
    /// One option, or several short ones in one word. A value is the rest of the word, or the next one.
    fn option(
        &mut self,
        option: &str,
        words: &mut impl Iterator<Item = Vec<u8>>,
    ) -> Result<(), CaptureError> {
        let mut value_of = |meaning: Meaning, name: &str| {
            let value = meaning.takes_value().then(|| words.next());
            match value {
                None => Ok(Vec::new()),
                Some(value) => {
                    value.ok_or_else(|| CaptureError::new(format!("`{name}` has no value")))
                }
            }
        };
        if let Some(name) = option.strip_prefix('-') {
            let meaning = Meaning::find(name).filter(|_| name.len() > 1);
            let meaning = meaning.ok_or_else(|| unknown(&format!("--{name}")))?;
            let value = value_of(meaning, &format!("--{name}"))?;
            return self.apply(meaning, &value);
        }
        let mut letters = option.chars();
        while let Some(letter) = letters.next() {
            let name = letter.to_string();
            let meaning = Meaning::find(&name).ok_or_else(|| unknown(&format!("-{name}")))?;
            let rest = letters.as_str();
            if meaning.takes_value() && !rest.is_empty() {
                return self.apply(meaning, rest.as_bytes());
            }
            let value = value_of(meaning, &format!("-{name}"))?;
            self.apply(meaning, &value)?;
        }
        Ok(())
    }

    fn apply(&mut self, meaning: Meaning, value: &[u8]) -> Result<(), CaptureError> {
        let text = || String::from_utf8_lossy(value).into_owned();
        match meaning {
            Meaning::Method => self.method = Some(text()),
            Meaning::Header => self.header(value)?,
            Meaning::Data(how) => self.data(how, value),
            Meaning::Field { is_text } => self.field(&text(), is_text)?,
            Meaning::Url => self.url(&text())?,
            Meaning::User => self.set("authorization", format!("Basic {}", STANDARD.encode(value))),
            Meaning::Agent => self.set("user-agent", text()),
            Meaning::Referer => self.set("referer", text()),
            Meaning::Cookie if value.contains(&b'=') => self.set("cookie", text()),
            Meaning::Range => self.set("range", format!("bytes={}", text())),
            Meaning::QueryData => self.query.push(encoded(&text())),
            Meaning::Upload => self.upload = Some(text()),
            Meaning::Get | Meaning::Head | Meaning::PathAsIs | Meaning::NoGlob => {
                self.flags.push(meaning);
            }
            Meaning::Cookie | Meaning::IgnoredValue | Meaning::Ignored => {}
        }
        Ok(())
    }

    fn has(&self, flag: Meaning) -> bool {
        self.flags.contains(&flag)
    }

    fn url(&mut self, url: &str) -> Result<(), CaptureError> {
        if self.url.replace(url.to_owned()).is_some() {
            return Err(CaptureError::new(
                "the command has more than one URL: give one request at a time",
            ));
        }
        Ok(())
    }

    fn set(&mut self, name: &str, value: String) {
        self.headers.push((name.to_owned(), Some(value.into_bytes())));
    }

    /// `Name: value`, `Name;` for an empty value, `Name:` to send none.
    fn header(&mut self, line: &[u8]) -> Result<(), CaptureError> {
        if let Some(file) = line.strip_prefix(b"@") {
            let file = String::from_utf8_lossy(file);
            self.notes.push(format!("the headers in the file `{file}` are left out"));
            return Ok(());
        }
        let (name, value) = match memchr::memchr2(b':', b';', line) {
            Some(at) => line.split_at_checked(at).unwrap_or((line, b"")),
            None => (line, &b""[..]),
        };
        let name = std::str::from_utf8(name).unwrap_or_default().trim().to_owned();
        if name.is_empty() {
            let line = String::from_utf8_lossy(line);
            return Err(CaptureError::new(format!("`{line}` is no header")));
        }
        let value = match value.split_first() {
            Some((b':', value)) => Some(value.trim_ascii().to_vec()).filter(|it| !it.is_empty()),
            Some(_) => Some(Vec::new()),
            None => None,
        };
        self.headers.push((name, value));
        Ok(())
    }

    fn data(&mut self, how: Data, value: &[u8]) {
        let bytes = match how {
            Data::Plain | Data::Json if value.starts_with(b"@") => {
                self.in_file(value.strip_prefix(b"@").unwrap_or_default())
            }
            Data::Plain | Data::Json | Data::Raw => value.to_vec(),
            Data::Encoded => encoded(&String::from_utf8_lossy(value)).into_bytes(),
        };
        if how == Data::Json {
            self.flags.push(Meaning::Data(how));
        }
        match &mut self.data {
            None => self.data = Some(bytes),
            Some(data) => {
                if how != Data::Json {
                    data.push(b'&');
                }
                data.extend_from_slice(&bytes);
            }
        }
    }

    /// What a file holds is not in the command.
    fn in_file(&mut self, file: &[u8]) -> Vec<u8> {
        let file = String::from_utf8_lossy(file);
        self.notes.push(format!("the file `{file}` is not read: `x` stands for what is in it"));
        b"x".to_vec()
    }

    /// `name=content`, `name=@file;type=…` for a file, `name=<file` for a field whose content is in one.
    fn field(&mut self, text: &str, is_text: bool) -> Result<(), CaptureError> {
        let (name, content) = text.split_once('=').ok_or_else(|| {
            CaptureError::new(format!("`{text}` is no field of a form: write NAME=CONTENT"))
        })?;
        let part = |file_name: Option<String>, content: Vec<u8>| FormPart {
            name: name.to_owned(),
            file_name,
            content,
        };
        let part = match content.chars().next().filter(|_| !is_text) {
            Some(mark @ ('@' | '<')) => {
                let mut settings = content.get(1..).unwrap_or_default().split(';');
                let file = settings.next().unwrap_or_default().to_owned();
                let named = settings.find_map(|setting| setting.trim().strip_prefix("filename="));
                let base = file.rsplit('/').next().unwrap_or_default();
                let file_name = named.map_or(base, |named| named.trim_matches('"')).to_owned();
                let content = self.in_file(file.as_bytes());
                part((mark == '@').then_some(file_name), content)
            }
            _ => part(None, content.as_bytes().to_vec()),
        };
        self.fields.push(part);
        Ok(())
    }

    fn finish(mut self) -> Result<Capture, CaptureError> {
        let url = self.url.take().ok_or_else(|| CaptureError::new("the command has no URL"))?;
        let url = if url.contains("://") { url } else { format!("http://{url}") };
        let (target, authority) = split_target(&sent(&url));
        let authority = authority
            .filter(|authority| !authority.is_empty())
            .ok_or_else(|| CaptureError::new("the URL has no http or https host"))?;
        let mut target = self.checked(target)?;
        if let Some(file) = self.upload.take() {
            self.data = Some(self.in_file(file.as_bytes()));
            // A URL that ends with a slash gets the file's name.
            if target.ends_with('/') {
                target.push_str(&encode(file.rsplit('/').next().unwrap_or_default()));
            }
            self.method.get_or_insert_with(|| "PUT".to_owned());
            self.headers.push(("content-type".to_owned(), None));
        }
        if self.has(Meaning::Get)
            && let Some(data) = self.data.take()
        {
            self.query.push(String::from_utf8_lossy(&data).into_owned());
        }
        for more in &self.query {
            target.push(if target.contains('?') { '&' } else { '?' });
            target.push_str(more);
        }
        let (kind, body) = self.body();
        let method = self.method.take().unwrap_or_else(|| {
            let usual = match (self.has(Meaning::Head), &body) {
                (true, _) => "HEAD",
                (false, Some(_)) => "POST",
                (false, None) => "GET",
            };
            usual.to_owned()
        });
        let headers = self.headers(&authority, kind);
        let body = Bytes::from(body.unwrap_or_default());
        let request = Recorded { method, target, headers, body };
        Ok(Capture { notes: self.notes, ..Capture::of(request, Source::Curl) })
    }

    /// Refuses what curl would make other requests of.
    fn checked(&self, target: String) -> Result<String, CaptureError> {
        if !self.has(Meaning::NoGlob) && target.contains(['[', ']', '{', '}']) {
            let help = "curl makes several URLs of brackets and braces: escape them, or add `-g`";
            return Err(CaptureError::new(help));
        }
        let path = target.split('?').next().unwrap_or_default();
        let is_dots = |segment: &str| {
            matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
        };
        if !self.has(Meaning::PathAsIs) && path.split('/').any(is_dots) {
            let help = "curl takes `.` and `..` out of a path: write the path that is meant, or add `--path-as-is`";
            return Err(CaptureError::new(help));
        }
        Ok(target)
    }

    /// The body, and the content type that curl gives it.
    fn body(&mut self) -> (Option<String>, Option<Vec<u8>>) {
        let fields = std::mem::take(&mut self.fields);
        match self.data.take() {
            Some(data) if self.has(Meaning::Data(Data::Json)) => {
                (Some("application/json".to_owned()), Some(data))
            }
            Some(data) => (Some("application/x-www-form-urlencoded".to_owned()), Some(data)),
            None if fields.is_empty() => (None, None),
            None => {
                let (kind, body) = write_form(&fields);
                (Some(kind), Some(body))
            }
        }
    }

    /// `Host` and the content type are sent unless the command says otherwise.
    fn headers(&self, authority: &str, kind: Option<String>) -> Vec<(String, Vec<u8>)> {
        let given = |name: &str| self.headers.iter().any(|(it, _)| it.eq_ignore_ascii_case(name));
        let mut headers = Vec::new();
        if !given("host") {
            headers.push(("host".to_owned(), authority.as_bytes().to_vec()));
        }
        let own = self.headers.iter().filter_map(|(name, value)| Some((name, value.clone()?)));
        // The boundary of a form is the one that it is written with here.
        let is_form = kind.as_ref().is_some_and(|kind| kind.starts_with("multipart/"));
        let replaced = |name: &str| is_form && name.eq_ignore_ascii_case("content-type");
        headers.extend(
            own.filter(|(name, _)| !replaced(name)).map(|(name, value)| (name.clone(), value)),
        );
        if let Some(kind) = kind.filter(|_| is_form || !given("content-type")) {
            headers.push(("content-type".to_owned(), kind.into_bytes()));
        }
        headers
    }
}

/// `content`, `=content`, `name=content`: the content is encoded.
fn encoded(text: &str) -> String {
    match text.split_once('=') {
        None => encode(text),
        Some(("", content)) => encode(content),
        Some((name, content)) => format!("{name}={}", encode(content)),
    }
}

/// A URL as it goes out: blanks and what is not ASCII are escaped.
fn sent(url: &str) -> String {
    let mut sent = String::with_capacity(url.len());
    for c in url.chars() {
        if c.is_ascii() && !c.is_ascii_whitespace() {
            sent.push(c);
        } else {
            sent.push_str(&encode(c.encode_utf8(&mut [0; 4])));
        }
    }
    sent
}

fn unknown(option: &str) -> CaptureError {
    CaptureError::new(format!("the option `{option}` of curl is not known here: leave it out"))
}

#[cfg(test)]
mod tests;
