//! A request as a case writes it, and the bytes that it stands for.

use std::fmt::Write as _;

use bytes::Bytes;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::pairs::Pairs;
use crate::cases::Recorded;
use crate::signature::encode;

const FORM: &str = "application/x-www-form-urlencoded";

/// A request. Names and values of the query are written decoded, the path as it is sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CallRequest {
    /// The method; without one `POST` for a request with a body, else `GET`.
    pub method: String,
    /// `Host`.
    pub host: String,
    /// The path; it may carry a query.
    pub path: String,
    /// The query.
    pub query: Pairs,
    /// The headers.
    pub headers: Pairs,
    /// The body: a text, or JSON that is sent as it stands.
    #[serde(deserialize_with = "body")]
    pub body: Option<String>,
    /// The fields of a browser form.
    pub form: Pairs,
    /// The name of the file that the form uploads.
    pub filename: Option<String>,
}

impl CallRequest {
    /// The request that it stands for.
    pub fn recorded(&self) -> Recorded {
        let mut headers: Vec<(String, Vec<u8>)> = Vec::new();
        if !self.host.is_empty() {
            headers.push(("host".to_owned(), self.host.clone().into_bytes()));
        }
        headers.extend(
            self.headers.list().into_iter().map(|(name, value)| (name.to_owned(), value.into())),
        );
        let body = match (&self.body, self.is_form()) {
            (Some(body), _) => body.clone(),
            (None, false) => String::new(),
            (None, true) if self.content_type().eq_ignore_ascii_case(FORM) => pairs(&self.form),
            (None, true) => {
                let boundary = self.boundary();
                // A type without a boundary means this one.
                headers.retain(|(name, value)| {
                    !(name.eq_ignore_ascii_case("content-type")
                        && value.eq_ignore_ascii_case(b"multipart/form-data"))
                });
                let kind = format!("multipart/form-data; boundary={boundary}");
                headers.push(("content-type".to_owned(), kind.into_bytes()));
                self.multipart(&boundary)
            }
        };
        let method = match self.method.as_str() {
            "" if body.is_empty() => "GET",
            "" => "POST",
            method => method,
        };
        Recorded {
            method: method.to_owned(),
            target: self.target(),
            headers,
            body: Bytes::from(body),
        }
    }

    fn is_form(&self) -> bool {
        !self.form.is_empty() || self.filename.is_some()
    }

    fn content_type(&self) -> &str {
        let mut kinds =
            self.headers.list().into_iter().filter_map(|(name, value)| {
                name.eq_ignore_ascii_case("content-type").then_some(value)
            });
        kinds.next().unwrap_or_default()
    }

    fn target(&self) -> String {
        let path = match self.path.as_str() {
            "" => "/".to_owned(),
            path => sendable(path),
        };
        let query = pairs(&self.query);
        match (query.is_empty(), path.contains('?')) {
            (true, _) => path,
            (false, true) => format!("{path}&{query}"),
            (false, false) => format!("{path}?{query}"),
        }
    }

    /// A boundary that is in none of the parts.
    fn boundary(&self) -> String {
        let mut boundary = "ramgate-boundary".to_owned();
        let within = |boundary: &str| {
            let mut parts = self.form.iter();
            let file_name = self.filename.as_deref().unwrap_or_default();
            file_name.contains(boundary)
                || parts.any(|(name, value)| {
                    name.contains(boundary) || value.is_some_and(|value| value.contains(boundary))
                })
        };
        while within(&boundary) {
            boundary.push('-');
        }
        boundary
    }

    fn multipart(&self, boundary: &str) -> String {
        let mut text = String::new();
        for (name, value) in self.form.list() {
            let name = quotable(name);
            let _infallible = write!(
                text,
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
        }
        let file_name = quotable(self.filename.as_deref().unwrap_or("upload.bin"));
        let _infallible = write!(
            text,
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{file_name}\"\r\n\r\n\
             x\r\n--{boundary}--\r\n"
        );
        text
    }
}

/// `name=value&…`; a name without a value has no `=`.
fn pairs(pairs: &Pairs) -> String {
    let one = |(name, value): (&str, Option<&str>)| match value {
        Some(value) => format!("{}={}", encode(name), encode(value)),
        None => encode(name),
    };
    pairs.iter().map(one).collect::<Vec<_>>().join("&")
}

/// Bytes that no target has are sent escaped.
fn sendable(path: &str) -> String {
    let mut sent = String::with_capacity(path.len());
    for byte in path.bytes() {
        if (0x21..=0x7e).contains(&byte) && !b"\"<>^`{|}\\".contains(&byte) {
            sent.push(char::from(byte));
        } else {
            let _infallible = write!(sent, "%{byte:02X}");
        }
    }
    sent
}

/// As browsers write names in a form.
fn quotable(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

/// A text as it is; `null` is none; anything else is sent as it is written.
fn body<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let written = Box::<RawValue>::deserialize(deserializer)?;
    let text = written.get();
    Ok(match serde_json::from_str::<Option<String>>(text) {
        Ok(text) => text,
        Err(_no_text) => Some(text.to_owned()),
    })
}
