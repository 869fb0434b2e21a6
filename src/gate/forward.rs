//! What the upstream receives: the request as it came, less the credentials, plus who made it (decisions, Data plane).

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use http::request::Parts;
use http::{HeaderMap, Uri};

use crate::ident::Principal;
use crate::request::{Head, Params};
use crate::signature::{Family, Scheme, is_form_credential};

use super::headers::strip_request;
use super::permit::principal_type;
use super::{Code, Collected, Refusal, Upload};

/// Who made the request, for the identity headers.
pub(super) struct Identity<'i> {
    pub(super) principal: Option<&'i Principal>,
    pub(super) arn: &'i str,
    pub(super) access_key_id: &'i str,
    pub(super) request_id: &'i str,
}

/// Headers that carry credentials or exist only to verify them.
const CREDENTIAL_HEADERS: &[&str] = &[
    "authorization",
    "security-token",
    "x-acs-accesskey-id",
    "x-acs-bearer-token",
    "x-acs-security-token",
    "x-acs-signature-method",
    "x-acs-signature-nonce",
    "x-acs-signature-type",
    "x-acs-signature-version",
    "x-acs-zero-trust-idtoken",
    "x-log-signaturemethod",
    "x-oss-security-token",
    "x-ots-accesskeyid",
    "x-ots-signature",
    "x-ots-signaturev4",
    "x-ots-signdate",
    "x-ots-signregion",
    "x-ots-ststoken",
];

/// Parameters that carry credentials, in lower case. Beside these, everything that begins with `signature` or
/// `x-oss-signature`.
const CREDENTIAL_PARAMETERS: &[&str] = &[
    "bearertoken",
    "ossaccesskeyid",
    "security-token",
    "securitytoken",
    "x-oss-access-key-id",
    "x-oss-credential",
    "x-oss-security-token",
];

/// What only bounds the life of a signed URL; elsewhere a parameter like any other.
const SIGNED_URL_PARAMETERS: &[&str] =
    &["expires", "x-oss-additional-headers", "x-oss-date", "x-oss-expires"];

/// What has been found out about the signature of a request.
#[derive(Clone, Copy)]
pub(super) struct Proof {
    pub(super) scheme: Scheme,
    /// Whether a `+` in the path was signed as a space (SIG-53).
    pub(super) plus_is_space: bool,
}

/// Who reads the request behind the gate, and what has been found out for it.
#[derive(Clone, Copy)]
pub(super) struct Reader {
    pub(super) family: Family,
    /// `None`: nobody signed.
    pub(super) proof: Option<Proof>,
}

/// Removes hop-by-hop and reserved headers, then credentials, then sets the identity headers: in this order, so that
/// nothing a caller sends can name, remove or imitate ours.
pub(super) fn rewrite(
    head: Head,
    form: Option<&Params>,
    body: Collected,
    reader: Reader,
    identity: &Identity<'_>,
) -> Result<(Parts, Collected), Refusal> {
    let scheme = reader.proof.map(|proof| proof.scheme);
    let target = target(&head, reader);
    let mut parts = head.into_parts();
    if let Some(target) = target {
        // Escapes may make it too long to be one; nothing else may be sent in its place.
        parts.uri = target.parse::<Uri>().map_err(|_too_long| {
            Refusal::told(Code::MalformedRequest, "the target is too long to be written".to_owned())
        })?;
    }
    let body = strip_form(&mut parts.headers, form, body, scheme);
    strip_request(&mut parts.headers);
    for name in CREDENTIAL_HEADERS {
        parts.headers.remove(*name);
    }
    if scheme.is_some_and(|scheme| !signs_common_headers(scheme)) {
        // One that is not signed could tell the upstream something that was not decided (SIG-42).
        strip_prefixed(&mut parts.headers, "x-acs-");
    }
    parts.headers.remove(CONTENT_LENGTH); // made anew from the body that is sent
    set_identity(&mut parts.headers, identity);
    Ok((parts, body))
}

/// The target less its credentials; `None`: as it came.
fn target(head: &Head, reader: Reader) -> Option<String> {
    let scheme = reader.proof.map(|proof| proof.scheme);
    let query = head.raw_query().and_then(|raw| without_credentials(raw, head.query(), scheme));
    let path = plain_path(head.raw_path(), reader);
    if query.is_none() && path.is_none() {
        return None;
    }
    let path = path.as_deref().unwrap_or(head.raw_path());
    let query = query.as_deref().or(head.raw_query()).unwrap_or_default();
    Some(if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") })
}

/// A path whose `+` is written so that nobody can read it in another way than it was decided, signed or not (SIG-53).
/// Only object storage has readers who differ.
fn plain_path(path: &str, reader: Reader) -> Option<String> {
    if reader.family != Family::Oss || !path.contains('+') {
        return None;
    }
    let is_space = reader.proof.is_some_and(|proof| proof.plus_is_space);
    Some(path.replace('+', if is_space { "%20" } else { "%2B" }))
}

/// Whether a scheme covers every `x-acs-` header of a request.
fn signs_common_headers(scheme: Scheme) -> bool {
    match scheme {
        Scheme::Acs3HmacSha256
        | Scheme::Acs3HmacSm3
        | Scheme::Acs3RsaSha256
        | Scheme::Acs3FcTrigger
        | Scheme::RoaHmacSha1
        | Scheme::SlsV1
        | Scheme::SlsV4 => true,
        Scheme::RpcHmacSha1
        | Scheme::RpcHmacSha256
        | Scheme::RpcSha256WithRsa
        | Scheme::OssV1
        | Scheme::OssV1Presign
        | Scheme::OssV2
        | Scheme::OssV2Presign
        | Scheme::OssV4
        | Scheme::OssV4Presign
        | Scheme::OssPostV1
        | Scheme::OssPostV4
        | Scheme::OtsV2
        | Scheme::OtsV4
        | Scheme::Fc2HmacSha256
        | Scheme::Fc2HttpTrigger
        | Scheme::MnsHmacSha1 => false,
    }
}

fn strip_prefixed(headers: &mut HeaderMap, prefix: &str) {
    let names: Vec<HeaderName> =
        headers.keys().filter(|name| name.as_str().starts_with(prefix)).cloned().collect();
    for name in names {
        headers.remove(name);
    }
}

fn strip_form(
    headers: &mut HeaderMap,
    form: Option<&Params>,
    body: Collected,
    scheme: Option<Scheme>,
) -> Collected {
    if let Collected::Upload(upload) = body {
        headers.remove("content-md5"); // it speaks of the form as it was
        strip_prefixed(headers, "x-oss-"); // the fields say it, and they alone were decided
        let head = upload.form.head_without(&upload.head, is_form_credential);
        return Collected::Upload(Box::new(Upload { head, ..*upload }));
    }
    let (Some(form), Collected::Whole(bytes)) = (form, &body) else { return body };
    let raw = std::str::from_utf8(bytes).unwrap_or_default();
    let Some(stripped) = without_credentials(raw, form, scheme) else { return body };
    headers.remove("content-md5"); // it speaks of the body as it was
    headers.remove("x-acs-content-sha256");
    Collected::Whole(Bytes::from(stripped))
}

/// The raw text less its credential pairs, all other pairs byte for byte and in order. `None`: nothing to remove.
fn without_credentials(raw: &str, params: &Params, scheme: Option<Scheme>) -> Option<String> {
    if !params.iter().any(|param| is_credential(&param.name, scheme)) {
        return None;
    }
    let kept = params.iter().filter(|param| !is_credential(&param.name, scheme));
    let pairs: Vec<&str> = kept.filter_map(|param| raw.get(param.raw.clone())).collect();
    Some(pairs.join("&"))
}

/// In any case: an upstream may fold it. Only RPC callers have their key in `AccessKeyId`; under other schemes it can be
/// an ordinary parameter of an API (SIG-22).
fn is_credential(name: &str, scheme: Option<Scheme>) -> bool {
    let name = name.to_ascii_lowercase();
    let is_rpc = scheme.is_none_or(|scheme| scheme.as_str().starts_with("RPC-"));
    let is_signed_url =
        matches!(scheme, Some(Scheme::OssV1Presign | Scheme::OssV2Presign | Scheme::OssV4Presign));
    CREDENTIAL_PARAMETERS.contains(&name.as_str())
        || name.starts_with("signature")
        || name.starts_with("x-oss-signature")
        || (is_rpc && name == "accesskeyid")
        || (is_signed_url && SIGNED_URL_PARAMETERS.contains(&name.as_str()))
}

/// Every identity header is always set, empty where there is nothing to say, so that none can be inherited.
fn set_identity(headers: &mut HeaderMap, identity: &Identity<'_>) {
    let account = identity.principal.map(|principal| principal.account().to_string());
    let user_id = match identity.principal {
        Some(Principal::User { id, .. }) => id.as_str(),
        Some(Principal::Session { role_id, .. }) => role_id.as_str(),
        Some(Principal::Root { .. }) | None => "",
    };
    let kind = identity.principal.map_or("Anonymous", principal_type);
    let values = [
        ("x-ramgate-principal", identity.arn),
        ("x-ramgate-principal-type", kind),
        ("x-ramgate-user-id", user_id),
        ("x-ramgate-account-id", account.as_deref().unwrap_or_default()),
        ("x-ramgate-access-key-id", identity.access_key_id),
        ("x-ramgate-request-id", identity.request_id),
    ];
    for (name, value) in values {
        // Names and ids are ASCII by their types; the fallback only keeps this total.
        let value = HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static(""));
        headers.insert(HeaderName::from_static(name), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::HeadLimits;

    fn forwarded(target: &str, family: Family, proof: Option<Proof>) -> String {
        let request = http::Request::get(target).header("host", "h").body(()).unwrap();
        let head = Head::parse(request.into_parts().0, &HeadLimits::default()).unwrap();
        super::target(&head, Reader { family, proof }).unwrap_or_else(|| target.to_owned())
    }

    #[test]
    fn targets() {
        let by = |scheme| Some(Proof { scheme, plus_is_space: false });
        let spaced = Some(Proof { scheme: Scheme::OssV1, plus_is_space: true });
        let url = "/k?a=1&OSSAccessKeyId=x&Expires=9&Signature=y&security-token=t&acl";
        let url4 = "/k?x-oss-credential=c&x-oss-date=d&x-oss-expires=1&x-oss-signature=s\
                    &x-oss-signature-version=v&x-oss-security-token=t&x-oss-process=p";
        for (target, proof, expected) in [
            (url, by(Scheme::OssV1Presign), "/k?a=1&acl"),
            (url4, by(Scheme::OssV4Presign), "/k?x-oss-process=p"),
            ("/?Action=A&AccessKeyId=k&Signature=s", by(Scheme::RpcHmacSha256), "/?Action=A"),
            ("/?Action=A&AccessKeyId=k", by(Scheme::Acs3HmacSm3), "/?Action=A&AccessKeyId=k"),
            ("/?accesskeyid=k&expires=1", None, "/?expires=1"),
            ("/a?expires=1&b", by(Scheme::SlsV4), "/a?expires=1&b"),
            ("/a+b%2Bc", spaced, "/a%20b%2Bc"),
            ("/a+b?x=1+2", by(Scheme::OssV4), "/a%2Bb?x=1+2"),
            ("/a+b", by(Scheme::RoaHmacSha1), "/a+b"),
            ("/k?Signature=s", by(Scheme::OssV1Presign), "/k"),
        ] {
            let family = proof.map_or(Family::OpenApi, |proof| proof.scheme.family());
            assert_eq!(forwarded(target, family, proof), expected, "{target}");
        }
        // Nobody signed: `+` was decided as itself.
        assert_eq!(forwarded("/a+b?x=1+2", Family::Oss, None), "/a%2Bb?x=1+2");
    }

    /// Escapes make a path longer; one that can no longer be written is not replaced by another.
    #[test]
    fn a_target_that_cannot_be_written_is_refused() {
        let target = format!("/{}", "+".repeat(30_000));
        let request = http::Request::get(&target).header("host", "h").body(()).unwrap();
        let limits = HeadLimits { target_bytes_max: 40_000, ..HeadLimits::default() };
        let head = Head::parse(request.into_parts().0, &limits).unwrap();
        let reader = Reader { family: Family::Oss, proof: None };
        let identity = Identity { principal: None, arn: "", access_key_id: "", request_id: "r" };
        let result = rewrite(head, None, Collected::Empty, reader, &identity);
        assert_eq!(result.unwrap_err().code, Code::MalformedRequest);
    }
}
