use std::borrow::Cow;

use http::header::{CONTENT_TYPE, HOST};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::{HeadError, Params, percent_decode};

/// Limits on heads, beside those that framing keeps in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadLimits {
    /// Header lines.
    pub headers_max: usize,
    /// Bytes of the whole head.
    pub head_bytes_max: usize,
    /// Bytes of the request target.
    pub target_bytes_max: usize,
    /// Pairs of the query, and of a form.
    pub parameters_max: usize,
}

impl Default for HeadLimits {
    fn default() -> Self {
        Self {
            headers_max: 64,
            head_bytes_max: 32 * 1024,
            target_bytes_max: 8 * 1024,
            parameters_max: 512,
        }
    }
}

/// A request head that has been parsed once.
#[derive(Debug)]
pub struct Head {
    parts: Parts,
    query: Params,
    /// The header lines sorted by name, lines of one name in their order: signatures read most of them, and more than
    /// once.
    lines: Vec<Line>,
    host_name: Box<str>,
}

/// A header line.
#[derive(Debug)]
struct Line {
    name: HeaderName,
    /// The value without surrounding blanks; `None` when it is no text.
    value: Option<Box<str>>,
}

impl Head {
    /// Parses what the signature, the catalogue and the policies read.
    pub fn parse(parts: Parts, limits: &HeadLimits) -> Result<Self, HeadError> {
        check_target(&parts, limits)?;
        if parts.headers.len() > limits.headers_max {
            return Err(HeadError::TooMany("headers"));
        }
        let query = Params::parse(parts.uri.query().unwrap_or(""), limits.parameters_max)?;
        let lines = sorted_lines(&parts.headers);
        let mut head = Self { parts, query, lines, host_name: Box::default() };
        let host = head.one(HOST.as_str())?.ok_or_else(|| HeadError::Once("host".into()))?;
        if !is_host(host) {
            return Err(HeadError::Host);
        }
        head.host_name = without_port(host).to_ascii_lowercase().into();
        head.one("authorization")?;
        let kind = head.one(CONTENT_TYPE.as_str())?;
        if kind.is_some_and(|kind| !kind.is_ascii()) {
            return Err(HeadError::HeaderText(CONTENT_TYPE.to_string()));
        }
        Ok(head)
    }

    /// The method.
    pub fn method(&self) -> &Method {
        &self.parts.method
    }

    /// The one `Host` header, as sent.
    pub fn host(&self) -> &str {
        self.parts.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default()
    }

    /// The name or the address in the `Host` header, in lower case, without a port.
    pub fn host_name(&self) -> &str {
        &self.host_name
    }

    /// The path as sent; `/` if it is empty.
    pub fn raw_path(&self) -> &str {
        match self.parts.uri.path() {
            "" => "/",
            path => path,
        }
    }

    /// The path, decoded once.
    pub fn decoded_path(&self) -> Cow<'_, str> {
        percent_decode(self.raw_path()).unwrap_or_default()
    }

    /// The query as sent.
    pub fn raw_query(&self) -> Option<&str> {
        self.parts.uri.query()
    }

    /// The query's pairs.
    pub fn query(&self) -> &Params {
        &self.query
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// The value of a header that may occur once, without surrounding blanks. Never "the first of several".
    pub fn one(&self, name: &str) -> Result<Option<&str>, HeadError> {
        match self.lines_from(name) {
            [first, second, ..] if first.name == name && second.name == name => {
                Err(HeadError::Once(name.to_owned()))
            }
            [first, ..] if first.name == name => first.text().map(Some),
            _ => Ok(None),
        }
    }

    /// Whether there is a header of this name, once or more.
    pub fn has(&self, name: &str) -> bool {
        self.lines_from(name).first().is_some_and(|first| first.name == name)
    }

    /// The headers whose names begin so, sorted, each as [`Head::one`] reads it.
    pub fn prefixed(&self, prefix: &str) -> Result<Vec<(&str, &str)>, HeadError> {
        let lines = self.lines_from(prefix);
        let own = lines.iter().take_while(|line| line.name.as_str().starts_with(prefix));
        let mut all: Vec<(&str, &str)> = Vec::with_capacity(lines.len());
        for line in own {
            if all.last().is_some_and(|(last, _)| line.name == *last) {
                return Err(HeadError::Once(line.name.to_string()));
            }
            all.push((line.name.as_str(), line.text()?));
        }
        Ok(all)
    }

    /// The first header of each name of a sorted list that is there.
    pub fn listed<'h>(
        &'h self,
        mut names: impl Iterator<Item = &'h str>,
    ) -> impl Iterator<Item = Result<(&'h str, &'h str), HeadError>> {
        let mut wanted = names.next();
        self.lines.iter().filter_map(move |line| {
            while wanted.is_some_and(|wanted| wanted < line.name.as_str()) {
                wanted = names.next();
            }
            let name = wanted.filter(|wanted| line.name == **wanted)?;
            wanted = names.next();
            Some(line.text().map(|value| (name, value)))
        })
    }

    /// The lines from the first one that has this name or a later one.
    fn lines_from(&self, name: &str) -> &[Line] {
        let at = self.lines.partition_point(|line| line.name.as_str() < name);
        self.lines.get(at..).unwrap_or_default()
    }

    /// Whether the body is a form by its content type.
    pub fn is_form(&self) -> bool {
        let kind = self
            .parts
            .headers
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
    }

    /// Whether it posts a browser form by its content type.
    pub fn is_multipart_post(&self) -> bool {
        let kind = self.parts.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        self.parts.method == Method::POST && kind.eq_ignore_ascii_case("multipart/form-data")
    }

    /// Whether the content type names no character set, or UTF-8.
    pub fn is_utf8_form(&self) -> bool {
        let kind = self.parts.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let mut settings = kind.unwrap_or_default().split(';').skip(1).map(str::trim);
        settings.all(|setting| match setting.split_once('=') {
            Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
                value.trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        })
    }

    /// The head as it came.
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Gives the head back for forwarding.
    pub fn into_parts(self) -> Parts {
        self.parts
    }
}

impl Line {
    fn new(name: &HeaderName, value: &HeaderValue) -> Self {
        let text = std::str::from_utf8(value.as_bytes()).ok();
        let value = text.map(|text| text.trim_matches([' ', '\t']).into());
        Self { name: name.clone(), value }
    }

    fn text(&self) -> Result<&str, HeadError> {
        self.value.as_deref().ok_or_else(|| HeadError::HeaderText(self.name.to_string()))
    }
}

fn sorted_lines(headers: &HeaderMap) -> Vec<Line> {
    let mut lines: Vec<Line> = headers.iter().map(|(name, value)| Line::new(name, value)).collect();
    lines.sort_by(|left, right| left.name.as_str().cmp(right.name.as_str()));
    lines
}

/// A host without its port.
pub fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, _)) if !host.ends_with(']') => name,
        _ => host,
    }
}

fn check_target(parts: &Parts, limits: &HeadLimits) -> Result<(), HeadError> {
    let Some(target) = parts.uri.path_and_query() else { return Err(HeadError::Target) };
    let plain = parts.uri.authority().is_none()
        && target.as_str().starts_with('/')
        && target.as_str().bytes().all(|byte| (0x21..=0x7e).contains(&byte) && byte != b'#');
    if !plain {
        return Err(HeadError::Target);
    }
    if target.as_str().len() > limits.target_bytes_max {
        return Err(HeadError::TooMany("bytes in its target"));
    }
    match percent_decode(parts.uri.path()) {
        Some(path) if !path.contains(['\0', '\r', '\n']) => Ok(()),
        _ => Err(HeadError::Escape("path")),
    }
}

/// Letters, digits, dots, dashes and underscores with an optional port; or an address in brackets.
fn is_host(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !host.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    };
    let port_fits = port.is_none_or(|port| {
        !port.is_empty() && port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit())
    });
    let bracketed = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let name_fits = match bracketed {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !name.is_empty()
                && name.len() <= 253
                && !name.ends_with('.')
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
        }
    };
    port_fits && name_fits
}
