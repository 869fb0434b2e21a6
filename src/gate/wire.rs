//! The format in which a caller's SDK reads an error (signatures sheet 10.1).

use http::HeaderMap;
use http::header::{ACCEPT, AUTHORIZATION};
use http::request::Parts;

use crate::request::Params;

/// The body format of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Wire {
    /// JSON: every ACS3 caller, `Format=JSON`, `Accept: application/json`.
    #[default]
    Json,
    /// XML: what an RPC caller gets that asked for nothing else.
    Xml,
}

impl Wire {
    /// Reads the format from a head that may be refused for anything else; so it looks only for plain signs.
    pub fn of(parts: &Parts) -> Self {
        let format = parts
            .uri
            .query()
            .and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("Format=")));
        Self::pick(format, &parts.headers)
    }

    /// The format that a form asks for, for callers that send everything in the body.
    pub(super) fn or_of_form(self, form: &Params) -> Self {
        match form.get("Format") {
            Some(format) if format.eq_ignore_ascii_case("json") => Self::Json,
            Some(_) | None => self,
        }
    }

    fn pick(format: Option<&str>, headers: &HeaderMap) -> Self {
        let says = |name, text: &str| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .is_some_and(|value| value.contains(text))
        };
        let named = format.map(|format| format.eq_ignore_ascii_case("json"));
        let acs3 = says(AUTHORIZATION, "ACS3-") || headers.contains_key("x-acs-content-sha256");
        match named {
            _ if acs3 => Self::Json,
            Some(true) => Self::Json,
            Some(false) => Self::Xml,
            None if says(ACCEPT, "application/json") => Self::Json,
            None => Self::Xml,
        }
    }
}
