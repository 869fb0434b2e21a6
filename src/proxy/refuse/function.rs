//! Function Compute 2.0 and HTTP triggers (10.5): JSON.

use serde::Serialize;

use super::{Answer, Refused, Told};
use crate::gate::Code;

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Error<'r> {
    error_code: &'r str,
    error_message: String,
}

pub(super) fn render(refused: &Refused<'_>) -> Answer {
    let told = told(refused.refusal.code);
    let error_message = match refused.denied() {
        Some((action, resource)) => {
            format!("the caller is not authorized to perform '{action}' on resource '{resource}'")
        }
        None => refused.message(&told),
    };
    let error = Error { error_code: &told.code, error_message };
    let body = serde_json::to_vec(&error).unwrap_or_default();
    let mut answer =
        Answer::new(&told, "application/json", "x-fc-request-id", refused.request_id).with(body);
    answer.header("x-fc-error-type", told.code.into_owned());
    answer
}

fn told(code: Code) -> Told {
    match code {
        Code::SignatureDoesNotMatch => {
            Told::new(403, "SignatureNotMatch", "The request signature does not match.")
        }
        Code::NoPermission
        | Code::AccessKeyNotFound
        | Code::AccessKeyInactive
        | Code::MissingSecurityToken
        | Code::SecurityTokenMalformed
        | Code::SecurityTokenExpired
        | Code::SecurityTokenMismatch
        | Code::SignatureNonceUsed
        | Code::TimestampExpired
        | Code::Expired
        | Code::Missing("AccessKeyId") => {
            Told { status: 403, code: "AccessDenied".into(), message: code.message() }
        }
        Code::Throttled => {
            Told::new(429, "ResourceThrottled", "The request was denied due to flow control.")
        }
        Code::BodyMismatch => {
            Told::new(400, "InvalidArgument", "Content-MD5 is not that of the body.")
        }
        _ => Told::generic(code),
    }
}
