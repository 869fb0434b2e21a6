use std::borrow::Cow;

use http::header::{CONTENT_TYPE, HOST};
use http::request::Parts;
use http::{HeaderMap, Method};

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
}

impl Head {
    /// Parses what the signature, the catalogue and the policies read.
    pub fn parse(parts: Parts, limits: &HeadLimits) -> Result<Self, HeadError> {
        check_target(&parts, limits)?;
        if parts.headers.len() > limits.headers_max {
            return Err(HeadError::TooMany("headers"));
        }
        let query = Params::parse(parts.uri.query().unwrap_or(""), limits.parameters_max)?;
        let head = Self { parts, query };
        let host = head.one(HOST.as_str())?.ok_or_else(|| HeadError::Once("host".into()))?;
        if !is_host(host) {
            return Err(HeadError::Host);
        }
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
        let mut values = self.parts.headers.get_all(name).iter();
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(HeadError::Once(name.to_owned()));
        }
        let text = std::str::from_utf8(value.as_bytes())
            .map_err(|_bytes| HeadError::HeaderText(name.to_owned()))?;
        Ok(Some(text.trim_matches([' ', '\t'])))
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
