//! The lines of a head, one after the other: what each may be, and what they amount to.

use http::StatusCode;

use super::{BodyFraming, FramingError, Limits, Persistence};

type Checked<T = ()> = Result<T, FramingError>;

/// What the lines so far say.
#[derive(Debug)]
pub(super) struct Lines {
    limits: Limits,
    request: Option<Request>,
    headers: usize,
    hosts: usize,
    authorizations: usize,
    content_length: Option<u64>,
    chunked: bool,
    close: bool,
    keep_alive: bool,
}

#[derive(Clone, Copy, Debug)]
struct Request {
    body: BodyAllowed,
    version: Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BodyAllowed {
    Yes,
    No,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    Http10,
    Http11,
}

impl Lines {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            request: None,
            headers: 0,
            hosts: 0,
            authorizations: 0,
            content_length: None,
            chunked: false,
            close: false,
            keep_alive: false,
        }
    }

    /// Takes the next line; the empty one ends the head.
    pub(super) fn take(&mut self, line: &[u8]) -> Checked<Option<(BodyFraming, Persistence)>> {
        match self.request {
            None => self.request = Some(self.request_line(line)?),
            Some(request) if line.is_empty() => return self.finish(request).map(Some),
            Some(_) => self.header(line)?,
        }
        Ok(None)
    }

    fn request_line(&self, line: &[u8]) -> Checked<Request> {
        if line == b"PRI * HTTP/2.0" {
            return Err(FramingError::bad("HTTP/2 is not spoken on this port"));
        }
        let mut words = line.split(|byte| *byte == b' ');
        let (Some(method), Some(target), Some(version), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(FramingError::bad("request line is not `method target version`"));
        };
        let body = check_method(method)?;
        self.check_target(target)?;
        Ok(Request { body, version: check_version(version)? })
    }

    fn check_target(&self, target: &[u8]) -> Checked {
        if target.len() > self.limits.target_bytes_max {
            return Err(FramingError::new(StatusCode::URI_TOO_LONG, "target is too long"));
        }
        if target.first() != Some(&b'/') {
            return Err(FramingError::bad("target is not a path with an optional query"));
        }
        if target.contains(&b'#') {
            return Err(FramingError::bad("fragment in the target"));
        }
        let mut halves = target.splitn(2, |byte| *byte == b'?');
        let path = halves.next().unwrap_or_default();
        let query = halves.next().unwrap_or_default();
        if path.iter().all(|byte| in_path(*byte)) && query.iter().all(|byte| in_query(*byte)) {
            Ok(())
        } else {
            Err(FramingError::bad("target has a byte that must be percent-encoded"))
        }
    }

    fn header(&mut self, line: &[u8]) -> Checked {
        self.headers += 1;
        if self.headers > self.limits.headers_max {
            let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
            return Err(FramingError::new(status, "too many headers"));
        }
        if matches!(line.first(), Some(b' ' | b'\t')) {
            return Err(FramingError::bad("folded header or header with a leading space"));
        }
        let (name, value) = split_header(line)?;
        self.known(name, value)
    }

    fn known(&mut self, name: &[u8], value: &[u8]) -> Checked {
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        match name.len() {
            4 if is("host") => self.host(value),
            6 if is("expect") => check_expect(value),
            7 if is("upgrade") => Err(FramingError::bad("upgrades are not offered")),
            10 if is("connection") => self.connection(value),
            13 if is("authorization") => self.authorization(),
            14 if is("content-length") => self.length(value),
            17 if is("transfer-encoding") => self.transfer_encoding(value),
            _ => check_lookalike(name),
        }
    }

    fn host(&mut self, value: &[u8]) -> Checked {
        self.hosts += 1;
        if self.hosts > 1 {
            return Err(FramingError::bad("more than one Host header"));
        }
        if is_host(value) {
            Ok(())
        } else {
            Err(FramingError::bad("Host is not a plain host[:port]"))
        }
    }

    fn authorization(&mut self) -> Checked {
        self.authorizations += 1;
        if self.authorizations > 1 {
            return Err(FramingError::bad("more than one Authorization header"));
        }
        Ok(())
    }

    fn connection(&mut self, value: &[u8]) -> Checked {
        for word in value.split(|byte| *byte == b',') {
            let word = word.trim_ascii();
            if word.eq_ignore_ascii_case(b"close") {
                self.close = true;
            } else if word.eq_ignore_ascii_case(b"keep-alive") {
                self.keep_alive = true;
            } else {
                return Err(FramingError::bad(
                    "Connection names something other than close or keep-alive",
                ));
            }
        }
        Ok(())
    }

    fn length(&mut self, value: &[u8]) -> Checked {
        if self.content_length.is_some() {
            return Err(FramingError::bad("more than one Content-Length"));
        }
        self.content_length = Some(parse_length(value)?);
        Ok(())
    }

    fn transfer_encoding(&mut self, value: &[u8]) -> Checked {
        if self.chunked {
            return Err(FramingError::bad("more than one Transfer-Encoding"));
        }
        if value != b"chunked" {
            return Err(FramingError::bad("Transfer-Encoding is not `chunked`"));
        }
        self.chunked = true;
        Ok(())
    }

    fn finish(&self, request: Request) -> Checked<(BodyFraming, Persistence)> {
        if self.hosts == 0 {
            return Err(FramingError::bad("no Host header"));
        }
        let body = self.body(request)?;
        Ok((body, self.persistence(request.version)?))
    }

    fn body(&self, request: Request) -> Checked<BodyFraming> {
        let body = match (self.chunked, self.content_length) {
            (true, Some(_)) => {
                return Err(FramingError::bad("both Content-Length and Transfer-Encoding"));
            }
            (true, None) if request.version == Version::Http10 => {
                return Err(FramingError::bad("Transfer-Encoding on HTTP/1.0"));
            }
            (true, None) => BodyFraming::Chunked,
            (false, Some(0) | None) => BodyFraming::None,
            (false, Some(length)) => BodyFraming::Length(length),
        };
        if body != BodyFraming::None && request.body == BodyAllowed::No {
            return Err(FramingError::bad("this method takes no body"));
        }
        Ok(body)
    }

    fn persistence(&self, version: Version) -> Checked<Persistence> {
        match (self.close, self.keep_alive, version) {
            (true, true, _) => Err(FramingError::bad("Connection is both close and keep-alive")),
            (true, false, _) | (false, false, Version::Http10) => Ok(Persistence::Close),
            (false, true, _) | (false, false, Version::Http11) => Ok(Persistence::KeepAlive),
        }
    }
}

fn check_method(method: &[u8]) -> Checked<BodyAllowed> {
    match method {
        b"GET" | b"HEAD" => Ok(BodyAllowed::No),
        b"POST" | b"PUT" | b"DELETE" | b"PATCH" | b"OPTIONS" => Ok(BodyAllowed::Yes),
        name if is_token(name) => {
            Err(FramingError::new(StatusCode::METHOD_NOT_ALLOWED, "method is not accepted"))
        }
        _ => Err(FramingError::bad("method is no token")),
    }
}

fn check_version(version: &[u8]) -> Checked<Version> {
    match version {
        b"HTTP/1.1" => Ok(Version::Http11),
        b"HTTP/1.0" => Ok(Version::Http10),
        _ => Err(FramingError::bad("version is not HTTP/1.1")),
    }
}

/// Splits a header line into its name and its value without the white space around it.
fn split_header(line: &[u8]) -> Checked<(&[u8], &[u8])> {
    let Some((name, value)) =
        memchr::memchr(b':', line).and_then(|at| Some((line.get(..at)?, line.get(at + 1..)?)))
    else {
        return Err(FramingError::bad("header line without a colon"));
    };
    if !is_token(name) {
        return Err(FramingError::bad("header name is empty or no token"));
    }
    Ok((name, value.trim_ascii()))
}

/// Servers that turn headers into variables read `_` as `-`: such a spelling of a name that decides is refused.
/// `x_ramgate_` names are let through: they are deleted before forwarding, like `x-ramgate-` ones (I01).
fn check_lookalike(name: &[u8]) -> Checked {
    if !name.contains(&b'_') {
        return Ok(());
    }
    let starts = |prefix: &[u8]| {
        name.len() >= prefix.len() && name.iter().zip(prefix).all(|(byte, want)| same(*byte, *want))
    };
    if starts(b"x-acs-") {
        return Err(FramingError::bad("header name imitates a reserved one with `_`"));
    }
    Ok(())
}

fn same(byte: u8, want: u8) -> bool {
    byte.eq_ignore_ascii_case(&want) || (byte == b'_' && want == b'-')
}

fn check_expect(value: &[u8]) -> Checked {
    if value.eq_ignore_ascii_case(b"100-continue") {
        Ok(())
    } else {
        Err(FramingError::new(StatusCode::EXPECTATION_FAILED, "expectation is not 100-continue"))
    }
}

/// Plain digits, as many as surely fit; a length beyond 2^63 is nobody's body (H07).
fn parse_length(value: &[u8]) -> Checked<u64> {
    let wrong = || FramingError::bad("Content-Length is not a plain number");
    if !(1..=19).contains(&value.len()) || !value.iter().all(u8::is_ascii_digit) {
        return Err(wrong());
    }
    let number = value.iter().fold(0u64, |sum, digit| {
        sum.saturating_mul(10).saturating_add(u64::from(digit.saturating_sub(b'0')))
    });
    if i64::try_from(number).is_ok() { Ok(number) } else { Err(wrong()) }
}

/// `name`, `name:port`, `1.2.3.4:port`, `[v6]:port`; no list, user, zone or trailing dot (P13).
fn is_host(value: &[u8]) -> bool {
    if let Some(rest) = value.strip_prefix(b"[") {
        let mut halves = rest.splitn(2, |byte| *byte == b']');
        let address = halves.next().unwrap_or_default();
        let port = halves.next();
        let plain = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
        return address.len() >= 2
            && address.iter().all(plain)
            && port.is_some_and(|port| {
                port.is_empty() || port.strip_prefix(b":").is_some_and(is_port)
            });
    }
    let mut halves = value.splitn(2, |byte| *byte == b':');
    let name = halves.next().unwrap_or_default();
    is_name(name) && halves.next().is_none_or(is_port)
}

fn is_name(name: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    (1..=253).contains(&name.len())
        && name.iter().all(plain)
        && name.split(|byte| *byte == b'.').all(|label| !label.is_empty())
}

fn is_port(port: &[u8]) -> bool {
    let digits = (1..=5).contains(&port.len()) && port.iter().all(u8::is_ascii_digit);
    let number = port.iter().fold(0u32, |sum, digit| {
        sum.saturating_mul(10).saturating_add(u32::from(digit.saturating_sub(b'0')))
    });
    digits && (1..=65_535).contains(&number)
}

/// Whether the bytes are a token of RFC 9110, section 5.6.2.
pub(super) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|byte| is_token_byte(*byte))
}

pub(super) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

/// What the HTTP engine behind takes in a path; anything else would be refused there, with an answer that is not ours.
fn in_path(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x22 | 0x24..=0x3B | 0x3D | 0x40..=0x5F | 0x61..=0x7E)
}

fn in_query(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x24..=0x3B | 0x3D | 0x3F..=0x7E)
}
