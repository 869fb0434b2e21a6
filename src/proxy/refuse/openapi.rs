//! RPC and ROA services (10.1): JSON, or XML for callers that asked for it.

use serde::Serialize;

use super::{AccessDeniedDetail, Answer, Refused, Told, printable, xml};
use crate::gate::{Code, Wire};
use crate::signature::{Family, Scheme};

/// The envelope of an error. Member names are those of the real service.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope<'r> {
    request_id: &'r str,
    host_id: String,
    code: &'r str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_denied_detail: Option<AccessDeniedDetail<'r>>,
}

pub(super) fn render(refused: &Refused<'_>, wire: Wire) -> Answer {
    let told = told(refused);
    let message = match refused.refusal.code {
        // It keeps the one shape that SDKs parse (SIG-100).
        Code::SignatureDoesNotMatch => told.message.clone().into_owned(),
        _ => refused.message(&told),
    };
    let envelope = Envelope {
        request_id: refused.request_id,
        host_id: printable(refused.host),
        code: &told.code,
        message,
        access_denied_detail: refused.detail(),
    };
    let (kind, body) = match wire {
        Wire::Xml => ("text/xml;charset=utf-8", xml(&envelope)),
        _ => ("application/json;charset=utf-8", serde_json::to_vec(&envelope).unwrap_or_default()),
    };
    Answer::new(&told, kind, "x-acs-request-id", refused.request_id).with(body)
}

fn told(refused: &Refused<'_>) -> Told {
    let scheme = refused.record.scheme;
    match refused.refusal.code {
        Code::SignatureDoesNotMatch if scheme.is_some_and(is_acs3) => Told::new(
            400,
            "SignatureDoesNotMatch",
            "Specified signature does not match our calculation. server StringToSign is [] server CanonicalRequest is []",
        ),
        Code::BodyMismatch if scheme == Some(Scheme::RoaHmacSha1) => Told::new(
            400,
            "ContentMD5NotMatched",
            "The Content-MD5 you specified did not match what we received.",
        ),
        code => Told::own(code),
    }
}

/// `OpenAPI` V3 in every form.
fn is_acs3(scheme: Scheme) -> bool {
    scheme.family() == Family::OpenApi && scheme.as_str().starts_with("ACS3")
}
