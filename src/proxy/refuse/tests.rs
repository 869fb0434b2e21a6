use super::*;
use crate::signature::Scheme;

const WIRES: [Wire; 7] =
    [Wire::Json, Wire::Xml, Wire::Object, Wire::Log, Wire::Table, Wire::Function, Wire::Message];
const ID: &str = "5F000000-0000-4000-8000-000000000001";

fn answer(code: Code, wire: Wire, scheme: Option<Scheme>, is_head: bool) -> Answer {
    let refusal = Refusal::new(code, "for the audit record");
    let record = Record { scheme, ..Record::default() };
    let now = UnixSeconds::parse_iso8601("2026-11-22T11:05:08Z").unwrap();
    let host = "a<&>\u{1}.example";
    render(
        &Refused { refusal: &refusal, record: &record, host, request_id: ID, is_head, now },
        wire,
    )
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
}

/// What the real SDKs look for; a test with each of them is among the SDK cases.
#[test]
fn codes_of_the_dialects() {
    use Code::{
        AccessKeyNotFound, BodyMismatch, Expired, NoPermission, SignatureDoesNotMatch, Throttled,
    };
    for (code, wire, scheme, status, name) in [
        (SignatureDoesNotMatch, Wire::Json, None, 400, "SignatureDoesNotMatch"),
        (SignatureDoesNotMatch, Wire::Object, None, 403, "SignatureDoesNotMatch"),
        (SignatureDoesNotMatch, Wire::Log, None, 401, "SignatureNotMatch"),
        (SignatureDoesNotMatch, Wire::Table, None, 403, "OTSAuthFailed"),
        (SignatureDoesNotMatch, Wire::Function, None, 403, "SignatureNotMatch"),
        (SignatureDoesNotMatch, Wire::Message, None, 403, "SignatureDoesNotMatch"),
        (AccessKeyNotFound, Wire::Xml, None, 404, "InvalidAccessKeyId.NotFound"),
        (AccessKeyNotFound, Wire::Object, None, 403, "InvalidAccessKeyId"),
        (AccessKeyNotFound, Wire::Log, None, 401, "Unauthorized"),
        (AccessKeyNotFound, Wire::Table, None, 403, "OTSAuthFailed"),
        (AccessKeyNotFound, Wire::Function, None, 403, "AccessDenied"),
        (AccessKeyNotFound, Wire::Message, None, 403, "InvalidAccessKeyId"),
        (NoPermission, Wire::Table, None, 403, "OTSNoPermissionAccess"),
        (NoPermission, Wire::Log, None, 403, "Unauthorized"),
        (NoPermission, Wire::Object, None, 403, "AccessDenied"),
        (Expired, Wire::Object, Some(Scheme::OssV1Presign), 403, "AccessDenied"),
        (BodyMismatch, Wire::Json, Some(Scheme::Acs3HmacSm3), 400, "InvalidParameter"),
        (BodyMismatch, Wire::Json, Some(Scheme::RoaHmacSha1), 400, "ContentMD5NotMatched"),
        (BodyMismatch, Wire::Object, None, 400, "InvalidDigest"),
        (BodyMismatch, Wire::Log, None, 400, "PostBodyInvalid"),
        (BodyMismatch, Wire::Message, None, 400, "InvalidDegist"),
        (Throttled, Wire::Json, None, 400, "Throttling.User"), // STS-08
        (Throttled, Wire::Xml, None, 400, "Throttling.User"),
        (Throttled, Wire::Object, None, 503, "QpsLimitExceeded"),
        (Throttled, Wire::Log, None, 503, "ServerBusy"),
        (Throttled, Wire::Table, None, 403, "OTSQuotaExhausted"),
        (Throttled, Wire::Function, None, 429, "ResourceThrottled"),
        (Throttled, Wire::Message, None, 400, "Throttling.User"),
    ] {
        let answer = answer(code, wire, scheme, false);
        assert_eq!((answer.status, &*answer.code), (status, name), "{code:?} {wire:?}");
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(body.contains(name), "{body}");
    }
}

/// No refusal is silent, succeeds, or shows a caller's text as markup or the operator's reason.
#[test]
fn every_dialect_has_a_body() {
    for wire in WIRES {
        for code in [
            Code::MalformedRequest,
            Code::Missing("AccessKeyId"),
            Code::Missing("Date"),
            Code::TimestampExpired,
            Code::Expired,
            Code::SecurityTokenExpired,
            Code::InvalidParameter,
            Code::UnknownHost,
            Code::ActionNotFound,
            Code::BodyTooLarge,
            Code::NoPermission,
            Code::Throttled,
            Code::ServiceUnavailable,
            Code::UpstreamTimeout,
            Code::InternalError,
        ] {
            let answer = answer(code, wire, None, false);
            assert!((400..600).contains(&answer.status), "{code:?} {wire:?}");
            let body = String::from_utf8_lossy(&answer.body).into_owned();
            assert!(!body.is_empty() && !body.contains("for the audit"), "{body}");
            assert!(!body.contains('\u{1}'), "{body}");
            let is_xml = matches!(wire, Wire::Xml | Wire::Object | Wire::Message);
            assert!(!is_xml || body.contains("a&lt;&amp;&gt;"), "{body}");
            assert_eq!(header(&answer, REQUEST_ID), Some(ID));
        }
    }
}

#[test]
fn an_answer_to_head_has_its_error_in_a_header() {
    let plain = answer(Code::NoPermission, Wire::Object, None, false);
    let head = answer(Code::NoPermission, Wire::Object, None, true);
    assert!(head.body.is_empty());
    let text = base64::Engine::decode(
        &base64::engine::general_purpose::STANDARD,
        header(&head, "x-oss-err").unwrap(),
    );
    assert_eq!(text.unwrap(), plain.body);
}

/// Clients set their clocks by these.
#[test]
fn a_skewed_clock_is_told_the_time() {
    let answer = answer(Code::TimestampExpired, Wire::Object, Some(Scheme::OssV4), false);
    let body = String::from_utf8(answer.body).unwrap();
    for part in [
        "<MaxAllowedSkewMilliseconds>900000</MaxAllowedSkewMilliseconds>",
        "<ServerTime>2026-11-22T11:05:08.000Z</ServerTime>",
        "<EC>0002-00000504</EC>",
    ] {
        assert!(body.contains(part), "{body}");
    }
}

/// A protobuf length may take two bytes.
#[test]
fn long_texts_in_protobuf() {
    let refusal = Refusal::told(Code::InvalidParameter, "x".repeat(300));
    let record = Record::default();
    let now = UnixSeconds(0);
    let refused = Refused {
        refusal: &refusal,
        record: &record,
        host: "",
        request_id: ID,
        is_head: false,
        now,
    };
    let body = render(&refused, Wire::Table).body;
    let code = "OTSParameterInvalid";
    let expected =
        [&[10, 19], code.as_bytes(), &[18, 0xAC, 2], "x".repeat(300).as_bytes()].concat();
    assert_eq!(body, expected);
}
