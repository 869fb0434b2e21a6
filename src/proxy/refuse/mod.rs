//! A refusal in the form that the caller's SDK reads (signatures sheet, section 10; policy language 9.1): one file a
//! dialect, each with its table of codes.

mod function;
mod log;
mod message;
mod object;
mod openapi;
mod table;

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::Full;
use serde::Serialize;

use crate::gate::{Blame, Code, Record, Refusal, Wire, principal_type};
use crate::ident::{AccountId, Principal, UnixSeconds};
use crate::policy::Verdict;

/// Everything that an answer may tell.
#[derive(Clone, Copy, Debug)]
pub struct Refused<'r> {
    /// Why.
    pub refusal: &'r Refusal,
    /// What was learnt about the request before.
    pub record: &'r Record,
    /// `Host`, which some dialects echo.
    pub host: &'r str,
    /// The id of the request: an upper-case UUID.
    pub request_id: &'r str,
    /// Whether the answer must not have a body.
    pub is_head: bool,
    /// Our clock, by which clients may set theirs.
    pub now: UnixSeconds,
}

/// What a dialect calls a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    status: u16,
    code: Cow<'static, str>,
    message: Cow<'static, str>,
}

impl Told {
    const fn new(status: u16, code: &'static str, message: &'static str) -> Self {
        Self { status, code: Cow::Borrowed(code), message: Cow::Borrowed(message) }
    }

    /// As we call it ourselves.
    fn own(code: Code) -> Self {
        let (status, name) = code.status_and_name();
        Self { status, code: name, message: code.message() }
    }

    /// For dialects with few codes: what is wrong with the request is one code, the rest has ours.
    fn generic(code: Code) -> Self {
        let (status, name) = code.status_and_name();
        let name = match code.blame() {
            Blame::Client if status == 400 => "InvalidArgument".into(),
            _ => name,
        };
        Self { status, code: name, message: code.message() }
    }
}

/// A rendered refusal.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The code that the caller gets, for the audit record.
    pub code: Cow<'static, str>,
    /// The headers besides those that every answer has.
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

/// The header under which every answer names the id that the audit record has.
pub(super) const REQUEST_ID: &str = "x-ramgate-request-id";

/// Renders a refusal. Texts of the caller are escaped, and control characters replaced.
pub fn render(refused: &Refused<'_>, wire: Wire) -> Answer {
    let mut answer = match wire {
        Wire::Json | Wire::Xml => openapi::render(refused, wire),
        Wire::Object => object::render(refused),
        Wire::Log => log::render(refused),
        Wire::Table => table::render(refused),
        Wire::Function => function::render(refused),
        Wire::Message => message::render(refused),
    };
    answer.header(REQUEST_ID, refused.request_id.to_owned());
    answer
}

impl Answer {
    fn new(told: &Told, content_type: &'static str, id_header: &'static str, id: &str) -> Self {
        let kind = (CONTENT_TYPE.as_str(), content_type.to_owned());
        let headers = vec![kind, (id_header, id.to_owned())];
        Self { status: told.status, code: told.code.clone(), headers, body: Vec::new() }
    }

    fn with(mut self, body: Vec<u8>) -> Self {
        self.body = body;
        self
    }

    fn header(&mut self, name: &'static str, value: String) {
        self.headers.push((name, value));
    }

    /// As an HTTP answer.
    pub fn into_response(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(Bytes::from(self.body)));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }

    /// As the bytes of a whole HTTP/1.1 answer after which the connection closes, for requests that never became one.
    pub fn into_bytes(self) -> Vec<u8> {
        let reason = StatusCode::from_u16(self.status).ok().and_then(|s| s.canonical_reason());
        let start = format!("HTTP/1.1 {} {}\r\n", self.status, reason.unwrap_or("Refused"));
        let own = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
        let end = format!("content-length: {}\r\nconnection: close\r\n\r\n", self.body.len());
        let head: String = [start].into_iter().chain(own).chain([end]).collect();
        [head.into_bytes(), self.body].concat()
    }
}

impl Refused<'_> {
    /// What the caller may know about its own request, if there is more than the code says.
    fn message(&self, told: &Told) -> String {
        match &self.refusal.hint {
            Some(hint) => printable(hint),
            None => told.message.clone().into_owned(),
        }
    }

    /// The id in the shape of services whose ids are 24 digits.
    fn short_id(&self) -> String {
        self.request_id.chars().filter(|c| *c != '-').take(24).collect()
    }

    /// `ecs:StopInstance` on `acs:…`, of a denial of the policies.
    fn denied(&self) -> Option<(&str, &str)> {
        let denied = self.record.denied()?;
        let is_denial = self.refusal.code == Code::NoPermission;
        is_denial.then_some((denied.action.as_str(), denied.resource.as_str()))
    }

    /// Present on denials of the policies (3.8 of the identities sheet). It names no policy and no resource pattern, and is
    /// kept from callers of another account than the resource's (STS-42).
    fn detail(&self) -> Option<AccessDeniedDetail<'_>> {
        let (Code::NoPermission, Some(denied), Some(principal)) =
            (self.refusal.code, self.record.denied(), &self.record.principal)
        else {
            return None;
        };
        let owner = denied.resource.split(':').nth(3).and_then(|it| it.parse::<AccountId>().ok());
        if owner.is_some_and(|owner| owner != principal.account()) {
            return None;
        }
        Some(AccessDeniedDetail {
            auth_action: &denied.action,
            auth_principal_type: principal_type(principal),
            auth_principal_owner_id: principal.account().to_string(),
            auth_principal_display_name: display_name(principal, principal.account()),
            no_permission_type: match denied.verdict {
                Verdict::ExplicitDeny => "ExplicitDeny",
                Verdict::Allow | Verdict::ImplicitDeny => "ImplicitDeny",
            },
            policy_type: denied.policy_type,
        })
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct AccessDeniedDetail<'r> {
    auth_action: &'r str,
    auth_principal_type: &'static str,
    auth_principal_owner_id: String,
    auth_principal_display_name: String,
    no_permission_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_type: Option<&'static str>,
}

fn display_name(principal: &Principal, account: AccountId) -> String {
    match principal {
        Principal::Root { .. } => account.to_string(),
        Principal::User { id, .. } => id.to_string(),
        Principal::Session { role, session, .. } => format!("{role}:{session}"),
    }
}

/// A document `<Error>`.
fn xml(error: &impl Serialize) -> Vec<u8> {
    let body = quick_xml::se::to_string_with_root("Error", error).unwrap_or_default();
    format!("<?xml version='1.0' encoding='UTF-8'?>{body}").into_bytes()
}

/// XML 1.0 has no way to write control characters, and no log or page should have to cope with them.
fn printable(text: &str) -> String {
    let replace = |c: char| {
        if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') { '\u{fffd}' } else { c }
    };
    text.chars().map(replace).collect()
}

#[cfg(test)]
mod tests;
