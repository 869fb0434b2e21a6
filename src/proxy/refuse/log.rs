//! Log Service (10.3): JSON with both members, or its SDKs see no code at all.

use serde::Serialize;

use super::{Answer, Refused, Told};
use crate::gate::Code;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Error<'r> {
    error_code: &'r str,
    error_message: String,
}

pub(super) fn render(refused: &Refused<'_>) -> Answer {
    let told = told(refused.refusal.code);
    let error_message = match refused.denied() {
        Some((action, resource)) => {
            format!("denied by sts or ram, action: {action}, resource: {resource}")
        }
        None => refused.message(&told),
    };
    let error = Error { error_code: &told.code, error_message };
    let body = serde_json::to_vec(&error).unwrap_or_default();
    let id = refused.short_id();
    Answer::new(&told, "application/json", "x-log-requestid", &id).with(body)
}

fn told(code: Code) -> Told {
    match code {
        Code::SignatureDoesNotMatch => {
            Told::new(401, "SignatureNotMatch", "The signature does not match.")
        }
        Code::AccessKeyNotFound => Told::new(401, "Unauthorized", "AccessKeyId not found."),
        Code::AccessKeyInactive => Told::new(401, "Unauthorized", "AccessKeyId is disabled."),
        Code::SecurityTokenExpired => {
            Told::new(401, "Unauthorized", "The security token you provided has expired.")
        }
        Code::SecurityTokenMalformed | Code::SecurityTokenMismatch | Code::MissingSecurityToken => {
            Told::new(401, "Unauthorized", "The security token you provided is invalid.")
        }
        Code::NoPermission => Told::new(403, "Unauthorized", "denied by sts or ram"),
        Code::AccountFrozen | Code::AccessKeyPolicy => Told::own(code),
        Code::Missing("AccessKeyId") => {
            Told::new(401, "Unauthorized", "The request carries no credentials.")
        }
        Code::TimestampExpired | Code::Expired => Told::new(
            400,
            "RequestTimeTooSkewed",
            "Request time exceeds server time more than 15 minutes.",
        ),
        Code::TimestampFormat => Told::new(400, "InvalidDateFormat", "Date must follow RFC822."),
        Code::Missing("Date") => Told::new(400, "MissingDate", "Date is missing."),
        Code::Missing("x-log-signaturemethod") => {
            Told::new(400, "MissingSignatureMethod", "x-log-signaturemethod is missing.")
        }
        Code::Missing("x-log-apiversion") => {
            Told::new(400, "MissingAPIVersion", "x-log-apiversion is missing.")
        }
        Code::InvalidSignatureMethod => {
            Told::new(400, "InvalidSignatureMethod", "The signature method is not supported.")
        }
        Code::BodyMismatch => {
            Told::new(400, "PostBodyInvalid", "The body is not the one that was signed.")
        }
        Code::BodyTooLarge => Told::new(413, "PostBodyTooLarge", "The body is too large."),
        Code::UnsupportedHttpMethod => {
            Told::new(405, "InvalidMethod", "This http method is not supported.")
        }
        Code::UnknownHost | Code::ActionNotFound => {
            Told::new(404, "InvalidParameter", "The request is no operation that is known here.")
        }
        Code::Throttled => {
            Told::new(503, "ServerBusy", "The server is busy, please try again later.")
        }
        Code::MalformedRequest
        | Code::IncompleteSignature
        | Code::InvalidParameter
        | Code::Sts(_)
        | Code::InvalidSignatureVersion
        | Code::InvalidVersion
        | Code::SignatureNonceUsed
        | Code::Missing(_) => {
            Told::new(400, "InvalidParameter", "The request has an invalid parameter.")
        }
        Code::ServiceUnavailable
        | Code::UpstreamUnavailable
        | Code::UpstreamTimeout
        | Code::RequestTimeout
        | Code::InternalError => {
            let (status, _) = code.status_and_name();
            Told { status, code: "InternalServerError".into(), message: code.message() }
        }
    }
}
