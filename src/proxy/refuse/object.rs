//! Object storage (10.2): XML with the code of the check that failed (`EC`), and in a header where there is no body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::{AccessDeniedDetail, Answer, Refused, Told, printable, xml};
use crate::gate::Code;
use crate::ident::UnixSeconds;
use crate::signature::{SKEW_SECONDS_MAX, Scheme};

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Error<'r> {
    code: &'r str,
    message: String,
    request_id: &'r str,
    host_id: String,
    #[serde(rename = "OSSAccessKeyId", skip_serializing_if = "Option::is_none")]
    access_key_id: Option<&'r str>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    skew: Option<Skew>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_denied_detail: Option<AccessDeniedDetail<'r>>,
    #[serde(rename = "EC", skip_serializing_if = "Option::is_none")]
    ec: Option<&'static str>,
}

/// What a client needs to mend its clock.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Skew {
    max_allowed_skew_milliseconds: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_time: Option<String>,
    server_time: String,
}

pub(super) fn render(refused: &Refused<'_>) -> Answer {
    let (told, ec) = told(refused);
    let id = refused.short_id();
    let error = Error {
        code: &told.code,
        message: refused.message(&told),
        request_id: &id,
        host_id: printable(refused.host),
        access_key_id: refused.record.access_key_id.as_deref(),
        skew: (told.code == "RequestTimeTooSkewed").then(|| skew(refused)),
        access_denied_detail: refused.detail(),
        ec,
    };
    let body = xml(&error);
    let mut answer = Answer::new(&told, "application/xml", "x-oss-request-id", &id);
    if let Some(ec) = ec {
        answer.header("x-oss-ec", ec.to_owned());
    }
    if refused.is_head {
        answer.header("x-oss-err", STANDARD.encode(body));
        return answer;
    }
    answer.with(body)
}

fn skew(refused: &Refused<'_>) -> Skew {
    let text = |time: UnixSeconds| time.to_string().replace('Z', ".000Z");
    Skew {
        max_allowed_skew_milliseconds: SKEW_SECONDS_MAX * 1000,
        request_time: refused.record.signed_at.map(text),
        server_time: text(refused.now),
    }
}

fn told(refused: &Refused<'_>) -> (Told, Option<&'static str>) {
    let scheme = refused.record.scheme;
    let forbidden = |code, message, ec| (Told::new(403, code, message), Some(ec));
    let plain = |status, code, message| (Told::new(status, code, message), None);
    match refused.refusal.code {
        Code::SignatureDoesNotMatch => {
            let ec = if is_v4(scheme) { "0002-00000201" } else { "0002-00000040" };
            let message = "The request signature we calculated does not match the signature you provided. Check your key and signing method.";
            forbidden("SignatureDoesNotMatch", message, ec)
        }
        Code::TimestampExpired => forbidden(
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
            "0002-00000504",
        ),
        code @ (Code::AccessKeyNotFound | Code::MissingSecurityToken) => {
            let is_known = code == Code::MissingSecurityToken;
            let ec = if is_known { "0002-00000002" } else { "0002-00000902" };
            let message = "The OSS Access Key Id you provided does not exist in our records.";
            forbidden("InvalidAccessKeyId", message, ec)
        }
        Code::AccessKeyInactive => {
            plain(403, "InvalidAccessKeyId", "The OSS Access Key Id you provided is disabled.")
        }
        Code::SecurityTokenMismatch => forbidden(
            "AccessKeyIdAndSecurityTokenNotMatch",
            "The security token you provided does not belong to the Access Key Id.",
            "0002-00000004",
        ),
        Code::SecurityTokenMalformed => forbidden(
            "InvalidSecurityToken",
            "The security token you provided is invalid.",
            "0002-00000006",
        ),
        Code::SecurityTokenExpired => forbidden(
            "SecurityTokenExpired",
            "The security token you provided has expired.",
            "0002-00000007",
        ),
        Code::Expired if is_form(scheme) => {
            plain(403, "AccessDenied", "Invalid according to Policy: Policy expired.")
        }
        Code::Expired => forbidden("AccessDenied", "Request has expired.", "0002-00000069"),
        Code::TimestampFormat | Code::Missing("Date") => {
            forbidden("AccessDenied", "OSS authentication requires a valid Date.", "0002-00000503")
        }
        Code::Missing("Signature" | "Expires" | "OSSAccessKeyId") => plain(
            403,
            "AccessDenied",
            "Query-string authentication requires the Signature, Expires and OSSAccessKeyId parameters",
        ),
        Code::Missing(_) if refused.record.access_key_id.is_none() => {
            plain(403, "AccessDenied", "Anonymous access is forbidden for this operation.")
        }
        Code::IncompleteSignature => {
            plain(400, "InvalidArgument", "Authorization header is invalid.")
        }
        Code::BodyMismatch => {
            plain(400, "InvalidDigest", "The Content-MD5 you specified was invalid.")
        }
        Code::BodyTooLarge => plain(
            400,
            "EntityTooLarge",
            "Your proposed upload exceeds the maximum allowed object size.",
        ),
        Code::NoPermission => plain(
            403,
            "AccessDenied",
            "You have no right to access this object because of bucket acl or authorization policy.",
        ),
        Code::UnknownHost => {
            plain(403, "AccessDenied", "No service behind this gate answers for the host.")
        }
        Code::ActionNotFound => {
            plain(403, "AccessDenied", "The request is no operation that is known here.")
        }
        Code::UnsupportedHttpMethod => plain(
            405,
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
        ),
        Code::Throttled => plain(503, "QpsLimitExceeded", "Qps Limit Exceeded."),
        Code::SignatureNonceUsed => plain(403, "AccessDenied", "The request was received before."),
        Code::MalformedRequest
        | Code::InvalidParameter
        | Code::Sts(_)
        | Code::InvalidSignatureMethod
        | Code::InvalidSignatureVersion
        | Code::InvalidVersion
        | Code::Missing(_) => plain(400, "InvalidArgument", "The request has an invalid argument."),
        code @ (Code::AccountFrozen
        | Code::AccessKeyPolicy
        | Code::ServiceUnavailable
        | Code::UpstreamUnavailable
        | Code::UpstreamTimeout
        | Code::RequestTimeout
        | Code::InternalError) => (Told::own(code), None),
    }
}

fn is_v4(scheme: Option<Scheme>) -> bool {
    matches!(scheme, Some(Scheme::OssV4 | Scheme::OssV4Presign | Scheme::OssPostV4))
}

fn is_form(scheme: Option<Scheme>) -> bool {
    matches!(scheme, Some(Scheme::OssPostV1 | Scheme::OssPostV4))
}
