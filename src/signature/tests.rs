//! Requests that could be taken for one another: whoever saw one of them must not be able to send the other (SIG-13).

use http::Request;

use super::{Family, Form, Presented, SignatureError, Site, identify, texts};
use crate::request::{Head, HeadLimits};

const SHA1: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const SHA256: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const DATE: &str = "Sun, 22 Nov 2026 11:05:10 GMT";

/// What a client sends beside method and target; `~` stands for a signature.
const ACS3: &str = "authorization: ACS3-HMAC-SHA256 Credential=LTAI,SignedHeaders=x-acs-content-sha256;x-acs-date;\
    x-acs-signature-nonce;x-acs-version,Signature=~|x-acs-content-sha256: ~|x-acs-date: 2026-11-22T11:05:04Z|\
    x-acs-signature-nonce: n|x-acs-version: 1";
const ROA: &str = "authorization: acs LTAI:~";
const ROA_NONCE: &str = "authorization: acs LTAI:~|x-acs-signature-nonce: n";
const SLS_V1: &str =
    "authorization: LOG LTAI:~|x-log-apiversion: 0.6.0|x-log-signaturemethod: hmac-sha1";
const SLS_V4: &str = "authorization: SLS4-HMAC-SHA256 Credential=LTAI/20261122/cn-hangzhou/sls/aliyun_v4_request,\
    Signature=~|x-log-content-sha256: ~|x-log-date: 20261122T110504Z";
const FC2: &str = "authorization: FC LTAI:~";
const OSS_V1: &str = "authorization: OSS LTAI:~";

fn head(site: &Site<'_>, headers: &str, target: &str) -> Head {
    let signature = match site.family {
        Family::FunctionCompute | Family::FcTrigger => SHA256,
        _ if headers.contains("-SHA256") => HEX,
        _ => SHA1,
    };
    let host = "bucket.oss-cn-hangzhou.aliyuncs.com";
    let mut request = Request::get(target).header("host", host).header("date", DATE);
    for header in headers.split('|') {
        let (name, value) = header.split_once(": ").unwrap();
        request = request.header(name, value.replace('~', signature));
    }
    Head::parse(request.body(()).unwrap().into_parts().0, &HeadLimits::default()).unwrap()
}

fn texts_of(family: Family, headers: &str, target: &str) -> Result<Vec<String>, SignatureError> {
    let site = Site::new(family);
    let head = head(&site, headers, target);
    match identify(&head, &Form::None, &site)? {
        Presented::Signed(claim) => texts(&claim, &head, &Form::None, &site),
        other => panic!("{other:?}"),
    }
}

/// How many texts the two have in common; `None` when one of them is refused.
fn common(family: Family, headers: &str, one: &str, other: &str) -> Option<usize> {
    let one = texts_of(family, headers, one).ok()?;
    let other = texts_of(family, headers, other).ok()?;
    Some(one.iter().filter(|text| other.contains(text)).count())
}

#[test]
fn no_text_fits_two_requests() {
    use Family::{FcTrigger, FunctionCompute, LogService, OpenApi, Oss};
    for (family, headers, one, other, expected) in [
        // What Go writes for `a+b` is what others write for `a b`.
        (OpenApi, ACS3, "/?a%2Bb=1", "/?a%20b=1", Some(0)),
        (OpenApi, ACS3, "/?a%2520b=1", "/?a%20b=1", Some(0)),
        (OpenApi, ACS3, "/a%2Fb", "/a/b", Some(0)),
        (OpenApi, ACS3, "/?a+b=1", "/?a%20b=1", Some(2)),
        (OpenApi, ROA, "/a%2Fb", "/a/b", Some(0)),
        (OpenApi, ROA, "/a%2fb%20c", "/a/b%20c", Some(0)),
        (OpenApi, ROA, "/a%20b", "/a%2520b", Some(0)),
        (OpenApi, ROA, "/a%7Eb", "/a~b", Some(1)),
        // Joined values are one value with a comma.
        (OpenApi, ROA, "/?a=1,2", "/?a=1&a=2", Some(0)),
        (OpenApi, ROA_NONCE, "/?a=1,2&a=3", "/?a=1&a=2,3", Some(0)),
        (OpenApi, ROA_NONCE, "/?a=1&a=2&a=3", "/?a=1,2&a=3", Some(0)),
        (OpenApi, ROA_NONCE, "/?a=1,2", "/?a=1&a=2", Some(1)),
        (OpenApi, ROA, "/?a=2&a=1", "/?a=1&a=2", Some(0)),
        (OpenApi, ROA, "/?a=&b=1", "/?a&b=1", Some(2)),
        (LogService, SLS_V1, "/a%2Fb", "/a/b", Some(0)),
        (LogService, SLS_V4, "/a%2Fb", "/a/b", Some(0)),
        (LogService, SLS_V4, "/a%20b", "/a%2520b", Some(0)),
        (LogService, SLS_V4, "/?a%26b=1", "/?a&b=1", Some(0)),
        (LogService, SLS_V1, "/a?", "/a", Some(1)),
        (FunctionCompute, FC2, "/2016-08-15/services/a%2Ffunctions", "/x", None),
        (FcTrigger, FC2, "/a%2Fb?x=1", "/a/b?x=1", None),
        (FcTrigger, FC2, "/a?x=1%0Ay=2", "/a?x=1&y=2", None),
        (Oss, OSS_V1, "/a%2Fb", "/a/b", Some(1)),
        (Oss, OSS_V1, "/a?x-oss-a%26acl", "/a?x-oss-a&acl", None),
        (Oss, OSS_V1, "/a?acl=1%26versionId", "/a?acl=1&versionId", None),
        (Oss, OSS_V1, "/a%3Facl", "/a?acl", None),
    ] {
        assert_eq!(common(family, headers, one, other), expected, "{family:?}: {one} and {other}");
    }
}

/// What is asked first is what most clients sign.
#[test]
fn candidates_are_few() {
    use Family::{LogService, OpenApi};
    for (family, headers, target, expected) in [
        (OpenApi, ACS3, "/?a=1&b=%20", 1),
        (OpenApi, ACS3, "/a!?x%20*=1", 6),
        (OpenApi, ROA, "/a?b=1", 1),
        (OpenApi, ROA_NONCE, "/a%20?b=&c=1&c=2", 8),
        (LogService, SLS_V1, "/a?b=", 1),
        (LogService, SLS_V4, "/a%20?b%20=", 4),
    ] {
        let texts = texts_of(family, headers, target).unwrap();
        assert_eq!(texts.len(), expected, "{target}: {texts:#?}");
    }
}
