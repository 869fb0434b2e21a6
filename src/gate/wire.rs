//! The form in which a caller's SDK reads an error (signatures sheet, section 10).

use http::HeaderMap;
use http::header::{ACCEPT, AUTHORIZATION};
use http::request::Parts;

use crate::request::Params;
use crate::signature::Family;

/// The form of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Wire {
    /// JSON: every ACS3 and ROA caller, `Format=JSON`, `Accept: application/json`.
    #[default]
    Json,
    /// XML: what an RPC caller gets that asked for nothing else.
    Xml,
    /// Object storage: XML of its own.
    Object,
    /// Log Service: JSON of its own.
    Log,
    /// Table Store: protobuf.
    Table,
    /// Function Compute 2.0 and HTTP triggers: JSON of its own.
    Function,
    /// Message Service: XML of its own.
    Message,
}

impl Wire {
    /// Reads the form from a head that may be refused for anything else; so it looks only for plain signs.
    pub fn of(parts: &Parts) -> Self {
        let headers = &parts.headers;
        if headers.keys().any(|name| name.as_str().starts_with("x-ots-")) {
            return Self::Table;
        }
        match first_word(headers) {
            "OSS" | "OSS2" | "OSS4-HMAC-SHA256" => Self::Object,
            "LOG" | "SLS4-HMAC-SHA256" => Self::Log,
            "FC" => Self::Function,
            "MNS" => Self::Message,
            _ => Self::of_open_api(parts),
        }
    }

    /// The form that the services behind a host use, whatever the caller's credentials look like.
    pub(super) fn of_family(family: Family, parts: &Parts) -> Self {
        let newer = first_word(&parts.headers).starts_with("ACS3-");
        match family {
            Family::Oss => Self::Object,
            Family::LogService => Self::Log,
            Family::TableStore => Self::Table,
            Family::FunctionCompute | Family::MessageService if newer => Self::Json,
            Family::FunctionCompute | Family::FcTrigger => Self::Function,
            Family::MessageService => Self::Message,
            Family::OpenApi => Self::of_open_api(parts),
        }
    }

    /// The format that a form asks for, for callers that send everything in the body.
    pub(super) fn or_of_form(self, form: &Params, parts: &Parts) -> Self {
        match (self, form.get("Format")) {
            (Self::Xml, Some(format)) if format.eq_ignore_ascii_case("json") => Self::Json,
            (Self::Json, Some(format)) if format.eq_ignore_ascii_case("xml") => {
                if is_acs3(parts) {
                    Self::Json
                } else {
                    Self::Xml
                }
            }
            (unchanged, _) => unchanged,
        }
    }

    /// JSON unless a format is asked for: the default of the API that the gate serves itself (STS-05).
    pub(super) fn or_json(self, query: &Params) -> Self {
        match (self, query.get("Format")) {
            (Self::Xml, None) => Self::Json,
            (asked, _) => asked,
        }
    }

    /// RPC callers get XML unless they ask for JSON; all others get JSON unless they ask for XML alone.
    fn of_open_api(parts: &Parts) -> Self {
        let mut pairs = parts.uri.query().unwrap_or_default().split('&');
        let format = pairs.find_map(|pair| pair.strip_prefix("Format="));
        let accept = parts.headers.get(ACCEPT).and_then(|value| value.to_str().ok());
        let accept = accept.unwrap_or_default();
        if is_acs3(parts) {
            return Self::Json;
        }
        let word = first_word(&parts.headers);
        match format {
            Some(format) if format.eq_ignore_ascii_case("json") => Self::Json,
            Some(_) => Self::Xml,
            None if accept.contains("application/json") => Self::Json,
            None if word == "acs" && !accept.contains("xml") => Self::Json,
            None => Self::Xml,
        }
    }
}

/// These callers read JSON whatever else they say.
fn is_acs3(parts: &Parts) -> bool {
    first_word(&parts.headers).starts_with("ACS3-")
        || parts.headers.contains_key("x-acs-content-sha256")
}

/// The first word of `Authorization`.
fn first_word(headers: &HeaderMap) -> &str {
    let value = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().split(' ').next().unwrap_or_default()
}
