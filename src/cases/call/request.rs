//! A request as a case writes it, and the bytes that it stands for.

use std::fmt::Write as _;

use bytes::Bytes;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::multipart::{FormPart, write_form};
use super::pairs::Pairs;
use crate::cases::Recorded;
use crate::signature::encode;

const MULTIPART: &[u8] = b"multipart/form-data";
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
            (Some(body), _) => body.clone().into_bytes(),
            (None, false) => Vec::new(),
            (None, true) if self.content_type().eq_ignore_ascii_case(FORM) => {
                pairs(&self.form).into_bytes()
            }
            (None, true) => {
                // The boundary is the one that is made here.
                headers.retain(|(name, value)| {
                    !(name.eq_ignore_ascii_case("content-type")
                        && value.to_ascii_lowercase().starts_with(MULTIPART))
                });
                let (kind, body) = write_form(&self.parts());
                headers.push(("content-type".to_owned(), kind.into_bytes()));
                body
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

    /// The fields, and behind them the file.
    fn parts(&self) -> Vec<FormPart> {
        let part = |name: &str, file_name: Option<&str>, content: &str| FormPart {
            name: name.to_owned(),
            file_name: file_name.map(str::to_owned),
            content: content.into(),
        };
        let fields = self.form.list().into_iter().map(|(name, value)| part(name, None, value));
        let file_name = self.filename.as_deref().unwrap_or("upload.bin");
        fields.chain([part("file", Some(file_name), "x")]).collect()
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

/// A text as it is; `null` is none; anything else is sent as it is written.
fn body<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let written = Box::<RawValue>::deserialize(deserializer)?;
    let text = written.get();
    Ok(match serde_json::from_str::<Option<String>>(text) {
        Ok(text) => text,
        Err(_no_text) => Some(text.to_owned()),
    })
}
