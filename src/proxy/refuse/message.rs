//! Message Service (10.6): XML with every element, or its SDKs cannot read it.

use serde::Serialize;

use super::{Answer, Refused, Told, printable, xml};
use crate::gate::Code;

const NAMESPACE: &str = "http://mns.aliyuncs.com/doc/v1/";

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Error<'r> {
    #[serde(rename = "@xmlns")]
    namespace: &'static str,
    code: &'r str,
    message: String,
    request_id: &'r str,
    host_id: String,
}

pub(super) fn render(refused: &Refused<'_>) -> Answer {
    let told = told(refused.refusal.code);
    let id = refused.short_id();
    let body = xml(&Error {
        namespace: NAMESPACE,
        code: &told.code,
        message: refused.message(&told),
        request_id: &id,
        host_id: format!("http://{}", printable(refused.host)),
    });
    Answer::new(&told, "text/xml;charset=utf-8", "x-mns-request-id", &id).with(body)
}

fn told(code: Code) -> Told {
    match code {
        Code::SignatureDoesNotMatch => Told::new(
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
        ),
        Code::AccessKeyNotFound => Told::new(
            403,
            "InvalidAccessKeyId",
            "The AccessKey Id you provided does not exist in our records.",
        ),
        Code::AccessKeyInactive => {
            Told::new(403, "InvalidAccessKeyId", "The AccessKey Id you provided is disabled.")
        }
        Code::MissingSecurityToken
        | Code::SecurityTokenMalformed
        | Code::SecurityTokenExpired
        | Code::SecurityTokenMismatch => {
            Told { status: 403, code: "InvalidSecurityToken".into(), message: code.message() }
        }
        Code::NoPermission => Told::new(
            403,
            "AccessDenied",
            "The OwnerId that your Access Key Id associated to is forbidden for this operation.",
        ),
        Code::TimestampExpired | Code::Expired => {
            Told::new(408, "TimeExpired", "The http request you sent is expired.")
        }
        Code::TimestampFormat | Code::Missing("Date") => {
            Told::new(400, "InvalidDateHeader", "The Date header is missing or not valid.")
        }
        Code::Missing("AccessKeyId") => {
            Told::new(400, "MissingAuthorizationHeader", "Authorization header is required.")
        }
        Code::IncompleteSignature => Told::new(
            400,
            "InvalidAuthorizationHeader",
            "The Authorization header format is invalid.",
        ),
        // The service documents no code of its own for it.
        Code::Throttled => {
            Told { status: 400, code: "Throttling.User".into(), message: code.message() }
        }
        Code::BodyMismatch => Told::new(
            400,
            "InvalidDegist",
            "The Content-MD5 you specified is not that of the body.",
        ),
        _ => Told::generic(code),
    }
}
