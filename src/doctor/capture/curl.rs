//! Command lines of curl, as documentation prints them and browsers copy them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use crate::cases::{FormPart, Recorded, write_form};
use crate::signature::encode;

use super::shell::{Line, split};
use super::{Capture, CaptureError, Source, split_target};

/// What an option means for the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Method,
    Header,
    Data(Data),
    Field {
        is_text: bool,
    },
    Url,
    User,
    Agent,
    Referer,
    Cookie,
    Range,
    QueryData,
    Upload,
    Get,
    Head,
    PathAsIs,
    NoGlob,
    /// It takes a value, and changes nothing here.
    IgnoredValue,
    /// It changes nothing here.
    Ignored,
}

/// How data are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Data {
    /// `@FILE` is a file.
    Plain,
    /// There are no files.
    Raw,
    /// A value is encoded.
    Encoded,
    /// JSON.
    Json,
}

/// Options by their names; a short one is a single character.
const OPTIONS: &[(Meaning, &[&str])] = &[
    (Meaning::Method, &["X", "request"]),
    (Meaning::Header, &["H", "header"]),
    (Meaning::Data(Data::Plain), &["d", "data", "data-ascii", "data-binary"]),
    (Meaning::Data(Data::Raw), &["data-raw"]),
    (Meaning::Data(Data::Encoded), &["data-urlencode"]),
    (Meaning::Data(Data::Json), &["json"]),
    (Meaning::Field { is_text: false }, &["F", "form"]),
    (Meaning::Field { is_text: true }, &["form-string"]),
    (Meaning::Url, &["url"]),
    (Meaning::User, &["u", "user"]),
    (Meaning::Agent, &["A", "user-agent"]),
    (Meaning::Referer, &["e", "referer"]),
    (Meaning::Cookie, &["b", "cookie"]),
    (Meaning::Range, &["r", "range"]),
    (Meaning::QueryData, &["url-query"]),
    (Meaning::Upload, &["T", "upload-file"]),
    (Meaning::Get, &["G", "get"]),
    (Meaning::Head, &["I", "head"]),
    (Meaning::PathAsIs, &["path-as-is"]),
    (Meaning::NoGlob, &["g", "globoff"]),
    (
        Meaning::IgnoredValue,
        &[
            "o",
            "output",
            "m",
            "max-time",
            "connect-timeout",
            "x",
            "proxy",
            "resolve",
            "connect-to",
            "noproxy",
            "cacert",
            "capath",
            "E",
            "cert",
            "key",
            "pass",
            "w",
            "write-out",
            "retry",
            "retry-delay",
            "c",
            "cookie-jar",
            "D",
            "dump-header",
            "interface",
            "limit-rate",
            "max-redirs",
            "ciphers",
            "output-dir",
        ],
    ),
    (
        Meaning::Ignored,
        &[
            "k",
            "insecure",
            "s",
            "silent",
            "S",
            "show-error",
            "v",
            "verbose",
            "i",
            "include",
            "L",
            "location",
            "compressed",
            "f",
            "fail",
            "fail-with-body",
            "N",
            "no-buffer",
            "#",
            "progress-bar",
            "O",
            "remote-name",
            "q",
            "disable",
            "4",
            "ipv4",
            "6",
            "ipv6",
            "0",
            "http1.0",
            "http1.1",
            "http2",
            "http3",
            "tlsv1.2",
            "tlsv1.3",
            "no-progress-meter",
            "raw",
            "no-keepalive",
        ],
    ),
];

impl Meaning {
    fn find(name: &str) -> Option<Self> {
        OPTIONS.iter().find(|(_, names)| names.contains(&name)).map(|(meaning, _)| *meaning)
    }

    fn takes_value(self) -> bool {
        !matches!(self, Self::Get | Self::Head | Self::PathAsIs | Self::NoGlob | Self::Ignored)
    }
}

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
mod tests {
    use super::{is_command, parse};

    #[test]
    fn commands() {
        const FORM: Option<&str> = Some("application/x-www-form-urlencoded");
        for (command, method, target, kind, body) in [
            ("curl https://h/a?b=c#d", "GET", "/a?b=c", None, ""),
            ("$ curl h:8080", "GET", "/", None, ""),
            ("curl 'http://u:p@h?a=1'", "GET", "/?a=1", None, ""),
            ("curl -sSkXPUT http://h/a --compressed -o x", "PUT", "/a", None, ""),
            ("curl --url http://h/ -d a=1 -d b=2", "POST", "/", FORM, "a=1&b=2"),
            ("curl h -da=1 -H 'content-type: text/plain'", "POST", "/", Some("text/plain"), "a=1"),
            ("curl http://h/ --data-raw @f", "POST", "/", FORM, "@f"),
            (
                "curl h --data-urlencode 'a=b c' --data-urlencode '=d&'",
                "POST",
                "/",
                FORM,
                "a=b%20c&d%26",
            ),
            (
                r#"curl -G http://h/?x -d a=1 --data-urlencode 'b=["i"]'"#,
                "GET",
                "/?x&a=1&b=%5B%22i%22%5D",
                None,
                "",
            ),
            (
                r#"curl --json '{"a":1}' http://h/"#,
                "POST",
                "/",
                Some("application/json"),
                r#"{"a":1}"#,
            ),
            ("curl -I http://h/a", "HEAD", "/a", None, ""),
            ("curl -T d/f http://h/a/", "PUT", "/a/f", None, "x"),
            ("curl --path-as-is http://h/a/../b", "GET", "/a/../b", None, ""),
            ("curl -g 'http://h/[1]'", "GET", "/[1]", None, ""),
            ("curl 'http://h/a b/é'", "GET", "/a%20b/%C3%A9", None, ""),
            (r"curl http://h/ --data-binary $'a\nb'", "POST", "/", FORM, "a\nb"),
        ] {
            let read = parse(command).unwrap_or_else(|error| panic!("{command}: {error}"));
            let request = read.request;
            let header = |name: &str| {
                let found = request.headers.iter().find(|(it, _)| it.eq_ignore_ascii_case(name));
                found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
            };
            let line = (request.method.as_str(), request.target.as_str());
            assert_eq!(line, (method, target), "{command}");
            assert_eq!(header("content-type").as_deref(), kind, "{command}");
            assert_eq!(String::from_utf8_lossy(&request.body), body, "{command}");
            assert!(header("host").is_some_and(|host| host.starts_with('h')), "{command}");
        }
    }

    #[test]
    fn headers() {
        let command = "curl http://h/ -H 'Host: other' -H 'X-A:  b ' -H 'X-B;' -H 'X-C:' -u a:b -A me -b c=d \
                       -b jar -e r -r 0-9";
        let headers = parse(command).unwrap().request.headers;
        let headers: Vec<String> = headers
            .iter()
            .map(|(name, value)| format!("{name}={}", String::from_utf8_lossy(value)))
            .collect();
        let expected = "Host=other X-A=b X-B= authorization=Basic YTpi user-agent=me cookie=c=d referer=r \
                        range=bytes=0-9";
        assert_eq!(headers.join(" "), expected);
    }

    #[test]
    fn forms() {
        let command = "curl http://h/ -F key=k -F 'n=<f' --form-string 's=@t' -F 'file=@d/a.png;type=image/png' \
                       -H 'content-type: multipart/form-data'";
        let capture = parse(command).unwrap();
        let body = String::from_utf8_lossy(&capture.request.body).into_owned();
        assert_eq!(body.matches("form-data; name=\"").count(), 4, "{body}");
        assert!(body.contains("name=\"file\"; filename=\"a.png\"\r\n\r\nx\r\n"), "{body}");
        assert!(body.contains("name=\"s\"\r\n\r\n@t\r\n"), "{body}");
        assert_eq!(capture.notes.len(), 2, "{:?}", capture.notes);
        let headers = capture.request.headers.iter();
        let kinds: Vec<_> = headers.filter(|(name, _)| name == "content-type").collect();
        assert_eq!(kinds.len(), 1);
        assert!(kinds[0].1.starts_with(b"multipart/form-data; boundary="), "{kinds:?}");
    }

    #[test]
    fn refused() {
        for command in [
            "curl ",
            "curl -X",
            "curl -d",
            "curl http://",
            "curl ftp://h/",
            "curl http://h/ http://i/",
            "curl --nonsense http://h/",
            "curl --X POST http://h/",
            "curl -Z http://h/",
            "curl http://h/a/../b",
            "curl http://h/a/%2e%2E/b",
            "curl http://h/{a,b}",
            "curl http://h/?a=[1-3]",
            "curl -F a http://h/",
            "curl -H : http://h/",
            "curl http://h/?a=1&b=2",
        ] {
            assert!(parse(command).is_err(), "{command}");
        }
        assert!(!is_command("curly http://h/") && !is_command("GET / HTTP/1.1"));
    }
}
