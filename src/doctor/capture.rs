//! Captures of requests: raw bytes, HAR files, command lines of curl, the recorded requests of `ramgate test signatures`
//! and the requests of `ramgate test calls`.
//!
//! Reads what people have, so line ends may be bare and a trace of `curl -v` may keep its `> `; but nothing is made up,
//! and what is cut short is said to be.

mod call;
mod curl;
mod har;
mod raw;
mod shell;

use crate::cases::{Recorded, SignatureCase};
use crate::ident::UnixSeconds;
use crate::strict::{Json, JsonFault, JsonLimits, json};

/// Larger captures are not read.
pub const CAPTURE_BYTES_MAX: usize = 32 * 1024 * 1024;
const HEADERS_MAX: usize = 1000;

/// A request, and what its capture knows beside it.
#[derive(Debug)]
pub struct Capture {
    /// The request.
    pub request: Recorded,
    /// What it was read from.
    pub source: Source,
    /// When it was sent, where the capture says so.
    pub taken_at: Option<UnixSeconds>,
    /// Names of the host that the capture has beside `Host`.
    pub hosts: Vec<String>,
    /// What the capture lacks, for people.
    pub notes: Vec<String>,
    /// The recorded case that it was read from, with its key.
    pub case: Option<Box<SignatureCase>>,
}

/// The form of a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Bytes of HTTP/1.1.
    Raw,
    /// An HTTP archive, or one of its entries.
    Har,
    /// A recorded case.
    Case,
    /// A command line of curl.
    Curl,
    /// A request as worked calls write it.
    Call,
}

/// Why a capture cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CaptureError(String);

impl CaptureError {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl Capture {
    /// Reads a capture. `entry` counts from 1 in a file of several; without it the first request that has credentials
    /// is taken, else the first.
    pub fn parse(bytes: &[u8], entry: Option<usize>) -> Result<Self, CaptureError> {
        if bytes.len() > CAPTURE_BYTES_MAX {
            return Err(CaptureError::new(format!("longer than {CAPTURE_BYTES_MAX} bytes")));
        }
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        if bytes.trim_ascii().is_empty() {
            return Err(CaptureError::new("nothing was given"));
        }
        if !matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'[')) {
            return match std::str::from_utf8(bytes) {
                Ok(text) if curl::is_command(text) => curl::parse(text),
                Ok(_) | Err(_) => raw::parse(bytes),
            };
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|_bytes| CaptureError::new("it begins like JSON, and is not UTF-8"))?;
        let limits = JsonLimits { bytes_max: CAPTURE_BYTES_MAX, depth_max: 64 };
        match json(text.trim(), limits) {
            Ok(value) if value.get("log").is_some() => har::archive(&value, entry),
            Ok(Json::Array(_)) => call::file(text.trim(), entry),
            Ok(value) if value.get("cases").is_some() => call::file(text.trim(), entry),
            Ok(value) if value.get("request").is_some_and(is_call) => call::case(text.trim()),
            Ok(value) if value.get("request").is_some() => har::entry(&value),
            Ok(value) if is_call(&value) => call::request(text.trim()),
            Ok(_) => case(text.trim()),
            Err(_) if is_lines(text) => lines(text, entry),
            Err(error) => {
                Err(CaptureError::new(format!("line {}: {}", error.at.line, error.message)))
            }
        }
    }

    fn of(request: Recorded, source: Source) -> Self {
        Self { request, source, taken_at: None, hosts: Vec::new(), notes: Vec::new(), case: None }
    }
}

/// Whether a request is written as worked calls write it: neither with a URL nor with a target.
fn is_call(request: &Json) -> bool {
    let has = |name: &str| request.get(name).is_some();
    (has("host") || has("path")) && !has("url") && !has("target")
}

/// Whether the first line is a document by itself.
fn is_lines(text: &str) -> bool {
    let first = text.trim().lines().next().unwrap_or_default();
    let limits = JsonLimits { bytes_max: CAPTURE_BYTES_MAX, depth_max: 64 };
    !matches!(json(first, limits), Err(error) if error.fault == JsonFault::Syntax)
        && matches!(json(first, limits), Ok(Json::Object(_)))
}

/// One line of a file of recorded cases.
fn lines(text: &str, entry: Option<usize>) -> Result<Capture, CaptureError> {
    let mut all = text.lines().filter(|line| !line.trim().is_empty());
    let number = entry.unwrap_or(1);
    let line = number.checked_sub(1).and_then(|index| all.nth(index));
    case(line.ok_or_else(|| CaptureError::new(format!("there is no line {number}")))?)
}

fn case(text: &str) -> Result<Capture, CaptureError> {
    let case = SignatureCase::parse(text).map_err(CaptureError::new)?;
    let request = case.recorded().map_err(|refused| CaptureError::new(refused.to_string()))?;
    let taken_at = UnixSeconds::parse_iso8601(&case.signed_at)
        .map_err(|error| CaptureError::new(error.to_string()))?;
    let capture = Capture::of(request, Source::Case);
    Ok(Capture { taken_at: Some(taken_at), case: Some(Box::new(case)), ..capture })
}

/// Path and query of a target, with the authority that an absolute one has.
fn split_target(target: &str) -> (String, Option<String>) {
    let target = target.split('#').next().unwrap_or_default();
    let Some((_, rest)) = target.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) else {
        return (target.to_owned(), None);
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let authority = authority.rsplit('@').next().unwrap_or(authority);
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    (path, Some(authority.to_owned()))
}

fn is_scheme(text: &str) -> bool {
    text.eq_ignore_ascii_case("http") || text.eq_ignore_ascii_case("https")
}

#[cfg(test)]
mod tests {
    use super::{Capture, Source};

    fn read(bytes: &[u8]) -> Capture {
        Capture::parse(bytes, None).unwrap()
    }

    #[test]
    fn raw_requests() {
        for (bytes, target, body, notes) in [
            (&b"GET /a?b=1 HTTP/1.1\r\nHost: h\r\n\r\n"[..], "/a?b=1", &b""[..], 0),
            (b"GET /a HTTP/1.1\nHost: h\n\n", "/a", b"", 0),
            (b"GET /a HTTP/1.1\nHost: h", "/a", b"", 0),
            (b"> GET /a HTTP/1.1\r\n> Host: h\r\n> \r\n", "/a", b"", 0),
            (b"GET http://h:80/a?b HTTP/1.1\r\nHost: h\r\n\r\n", "/a?b", b"", 0),
            (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab\n", "/", b"ab", 1),
            (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab", "/", b"ab", 1),
            (
                b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\na\r\n1\r\nb\r\n0\r\n\r\n",
                "/",
                b"ab",
                0,
            ),
            (
                b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nab",
                "/",
                b"ab",
                1,
            ),
        ] {
            let capture = read(bytes);
            let told = String::from_utf8_lossy(bytes);
            assert_eq!(capture.source, Source::Raw, "{told}");
            assert_eq!(capture.request.target, target, "{told}");
            assert_eq!(capture.request.body, body, "{told}");
            assert_eq!(capture.notes.len(), notes, "{told}: {:?}", capture.notes);
        }
    }

    #[test]
    fn archives() {
        let entry = r#"{"startedDateTime":"2026-11-22T11:05:05.123Z","request":{"method":"POST",
            "url":"https://h:443/a?b=1#c","headers":[{"name":":authority","value":"h"},
            {"name":"Authorization","value":"acs a:b"}],"postData":{"mimeType":"text/plain","text":"é"}}}"#;
        let plain = r#"{"request":{"method":"GET","url":"http://h/","headers":[]}}"#;
        let capture = read(entry.as_bytes());
        assert_eq!(capture.request.target, "/a?b=1");
        assert_eq!(capture.request.body, "é".as_bytes());
        assert_eq!(
            capture.taken_at.map(|at| at.to_string()).as_deref(),
            Some("2026-11-22T11:05:05Z")
        );
        assert!(
            capture.request.headers.iter().any(|(name, value)| name == "host" && value == b"h")
        );
        let archive = format!(r#"{{"log":{{"entries":[{plain},{entry}]}}}}"#);
        assert_eq!(read(archive.as_bytes()).request.method, "POST");
        assert_eq!(Capture::parse(archive.as_bytes(), Some(1)).unwrap().request.method, "GET");
        assert!(Capture::parse(archive.as_bytes(), Some(3)).is_err());
        let offset = entry.replace("11:05:05.123Z", "19:05:05.123+08:00");
        assert_eq!(read(offset.as_bytes()).taken_at, capture.taken_at);
    }

    #[test]
    fn unreadable() {
        for bytes in [
            &b""[..],
            b"\n\n",
            b"GET /\r\nHost h\r\n\r\n",
            b"hello",
            b"GET / HTTP/1.1\r\n Host: h\r\n\r\n",
            b"{",
            b"{}",
            b"{\"log\":{}}",
            b"{\"log\":{\"entries\":[]}}",
            b"{\"request\":{}}",
            b"{\"request\":{\"method\":\"GET\",\"url\":7,\"headers\":[]}}",
            b"{\"a\":1,\"a\":2}",
            b"\xff\xfe{",
        ] {
            let found = Capture::parse(bytes, None);
            assert!(found.is_err(), "{}: {found:?}", String::from_utf8_lossy(bytes));
        }
    }
}
