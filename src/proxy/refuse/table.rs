//! Table Store (10.4): a protobuf message. Its SDKs check every `x-ots-` header that an answer has, so a refusal has
//! none of those that would need a signature.

use super::{Answer, Refused, Told};
use crate::gate::Code;

pub(super) fn render(refused: &Refused<'_>) -> Answer {
    let told = told(refused.refusal.code);
    let body = [field(1, &told.code), field(2, &refused.message(&told))].concat();
    Answer::new(&told, "application/x-protobuf", "x-ots-requestid", refused.request_id).with(body)
}

/// A text field of a protobuf message.
fn field(number: u8, text: &str) -> Vec<u8> {
    const LENGTH_DELIMITED: u8 = 2;
    let mut bytes = vec![(number << 3) | LENGTH_DELIMITED];
    let mut left = text.len();
    while left >= 0x80 {
        bytes.push(0x80 | u8::try_from(left & 0x7f).unwrap_or(0));
        left >>= 7;
    }
    bytes.push(u8::try_from(left).unwrap_or(0));
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

fn told(code: Code) -> Told {
    let failed = |message| Told::new(403, "OTSAuthFailed", message);
    match code {
        Code::SignatureDoesNotMatch => failed("Signature mismatch."),
        Code::AccessKeyNotFound => failed("The AccessKeyID does not exist."),
        Code::AccessKeyInactive => failed("The AccessKeyID is disabled."),
        Code::TimestampExpired | Code::Expired => {
            failed("Mismatch between system time and x-ots-date.")
        }
        Code::SecurityTokenExpired => failed("The STS token is expired."),
        Code::SecurityTokenMalformed | Code::SecurityTokenMismatch | Code::MissingSecurityToken => {
            failed("The STS token is invalid.")
        }
        Code::SignatureNonceUsed => failed("The request was received before."),
        Code::AccountFrozen | Code::AccessKeyPolicy => Told::own(code),
        Code::NoPermission => Told::new(
            403,
            "OTSNoPermissionAccess",
            "You have no permission to access the requested resource.",
        ),
        Code::Throttled => Told::new(403, "OTSQuotaExhausted", "Too frequent operations."),
        Code::UnsupportedHttpMethod => {
            Told::new(405, "OTSMethodNotAllowed", "Only POST method for requests is supported.")
        }
        Code::BodyTooLarge => {
            Told::new(413, "OTSRequestBodyTooLarge", "The size of POST data is too large.")
        }
        Code::RequestTimeout => {
            Told::new(408, "OTSRequestTimeout", "The request was not received in time.")
        }
        Code::MalformedRequest
        | Code::Missing(_)
        | Code::IncompleteSignature
        | Code::TimestampFormat
        | Code::InvalidSignatureMethod
        | Code::InvalidSignatureVersion
        | Code::InvalidParameter
        | Code::Sts(_)
        | Code::UnknownHost
        | Code::ActionNotFound
        | Code::InvalidVersion
        | Code::BodyMismatch => {
            Told::new(400, "OTSParameterInvalid", "The request has an invalid parameter.")
        }
        Code::ServiceUnavailable
        | Code::UpstreamUnavailable
        | Code::UpstreamTimeout
        | Code::InternalError => {
            let (status, _) = code.status_and_name();
            let name =
                if status == 500 { "OTSInternalServerError" } else { "OTSServerUnavailable" };
            Told { status, code: name.into(), message: code.message() }
        }
    }
}
