//! A refusal in the body format that the caller's SDK reads (signatures sheet 10.1, policy language 9.1).

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::Full;
use serde::Serialize;

use crate::gate::{Code, Record, Refusal, Wire, principal_type};
use crate::ident::{AccountId, Principal};
use crate::policy::Verdict;

/// The envelope of an error. Member names are those of the real service.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope<'r> {
    request_id: &'r str,
    host_id: &'r str,
    code: &'r str,
    message: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_denied_detail: Option<AccessDeniedDetail<'r>>,
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

/// A rendered refusal.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The value of `Content-Type`.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// As an HTTP answer with the request id in its header.
    pub fn into_response(self, request_id: &str) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(Bytes::from(self.body)));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
        if let Ok(id) = HeaderValue::from_str(request_id) {
            headers.insert("x-acs-request-id", id);
        }
        response
    }

    /// As the bytes of a whole HTTP/1.1 answer after which the connection closes, for requests that never became one.
    pub fn into_bytes(self, request_id: &str) -> Vec<u8> {
        let reason = StatusCode::from_u16(self.status).ok().and_then(|s| s.canonical_reason());
        let head = format!(
            "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nx-acs-request-id: {request_id}\r\nConnection: close\r\n\r\n",
            self.status,
            reason.unwrap_or("Refused"),
            self.content_type,
            self.body.len(),
        );
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// Renders a refusal. `host` is echoed, escaped.
pub fn render(
    refusal: &Refusal,
    record: &Record,
    wire: Wire,
    host: &str,
    request_id: &str,
) -> Answer {
    let (status, code) = refusal.code.status_and_name();
    let message = match &refusal.hint {
        // The message of a signature mismatch keeps the one shape that SDKs parse (SIG-100).
        Some(hint) if refusal.code != Code::SignatureDoesNotMatch => printable(hint),
        _ => refusal.code.message().into_owned(),
    };
    let host = printable(host);
    let envelope = Envelope {
        request_id,
        host_id: &host,
        code: &code,
        message: &message,
        access_denied_detail: detail(refusal, record),
    };
    match wire {
        Wire::Json => Answer {
            status,
            content_type: "application/json;charset=utf-8",
            body: serde_json::to_vec(&envelope).unwrap_or_default(),
        },
        Wire::Xml => Answer {
            status,
            content_type: "text/xml;charset=utf-8",
            body: xml(&envelope).into_bytes(),
        },
    }
}

/// Present on denials of the policies (3.8 of the identities sheet). It names no policy and no resource pattern.
fn detail<'r>(refusal: &Refusal, record: &'r Record) -> Option<AccessDeniedDetail<'r>> {
    let (Code::NoPermission, Some(denied), Some(principal)) =
        (refusal.code, record.denied(), &record.principal)
    else {
        return None;
    };
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

fn display_name(principal: &Principal, account: AccountId) -> String {
    match principal {
        Principal::Root { .. } => account.to_string(),
        Principal::User { id, .. } => id.to_string(),
        Principal::Session { role, session, .. } => format!("{role}:{session}"),
    }
}

fn xml(envelope: &Envelope<'_>) -> String {
    let body = quick_xml::se::to_string_with_root("Error", envelope).unwrap_or_default();
    format!("<?xml version='1.0' encoding='UTF-8'?>{body}")
}

/// XML 1.0 has no way to write control characters, and no log or page should have to cope with them.
fn printable(text: &str) -> String {
    let replace = |c: char| {
        if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') { '\u{fffd}' } else { c }
    };
    text.chars().map(replace).collect()
}
