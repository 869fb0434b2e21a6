//! What is answered (MD-25, MD-26, 7.1).

use std::fmt;

use http::StatusCode;
use serde::Serialize;

use crate::ident::RoleName;
use crate::token::{Issued, Payload};

/// An answer. Nobody may keep it.
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The media type.
    pub content_type: &'static str,
    /// The body, without a line break at its end. It may hold a secret.
    pub body: Vec<u8>,
}

/// Why a request is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It did not come straight from the workload.
    PassedOn,
    /// It was meant for another host.
    Host,
    /// Neither GET nor PUT.
    Method,
    /// There is nothing of that name, or the secret is wrong.
    NotFound,
    /// No token, or none that is alive.
    Token,
    /// A life that no token has.
    Ttl,
    /// There is no session to be had.
    Unavailable,
}

/// What SDKs read (7.1, 7.2).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Credentials<'a> {
    access_key_id: &'a str,
    access_key_secret: &'a str,
    expiration: String,
    security_token: &'a str,
    last_updated: String,
    code: &'static str,
}

const JSON: &str = "application/json";
const TEXT: &str = "text/plain";

impl Answer {
    /// The credentials of a session; `None` only for a secret that is no text.
    pub fn credentials(payload: &Payload, issued: &Issued) -> Option<Self> {
        let credentials = Credentials {
            access_key_id: payload.access_key_id.as_str(),
            access_key_secret: std::str::from_utf8(issued.secret.expose()).ok()?,
            expiration: payload.expires.to_string(),
            security_token: &issued.token,
            last_updated: payload.issued.to_string(),
            code: "Success",
        };
        let body = serde_json::to_vec(&credentials).ok()?;
        Some(Self { status: StatusCode::OK, content_type: JSON, body })
    }

    /// The name of a role.
    pub fn role_name(role: &RoleName) -> Self {
        Self::text(StatusCode::OK, role.as_str())
    }

    /// A token.
    pub fn token(token: &str) -> Self {
        Self::text(StatusCode::OK, token)
    }

    fn text(status: StatusCode, text: &str) -> Self {
        Self { status, content_type: TEXT, body: text.as_bytes().to_vec() }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({})", self.status)
    }
}

impl Refused {
    /// The word in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PassedOn => "passed_on",
            Self::Host => "host",
            Self::Method => "method",
            Self::NotFound => "not_found",
            Self::Token => "token",
            Self::Ttl => "ttl",
            Self::Unavailable => "unavailable",
        }
    }

    /// What the workload is told.
    pub fn answer(self) -> Answer {
        let (status, text) = match self {
            Self::PassedOn => (StatusCode::FORBIDDEN, "only requests that nobody passed on"),
            Self::Host => (StatusCode::FORBIDDEN, "this is another host"),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "only GET and PUT"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not found"),
            Self::Token => (StatusCode::FORBIDDEN, "a metadata token is needed"),
            Self::Ttl => (StatusCode::BAD_REQUEST, "a token lives 1 to 21600 seconds"),
            Self::Unavailable => {
                let body = br#"{"Code":"ServiceUnavailable"}"#.to_vec();
                let status = StatusCode::SERVICE_UNAVAILABLE;
                return Answer { status, content_type: JSON, body };
            }
        };
        Answer::text(status, text)
    }
}
