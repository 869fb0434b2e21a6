//! What the upstream receives: the request as it came, less the credentials, plus who made it (decisions, Data plane).

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use http::request::Parts;
use http::{HeaderMap, Uri};

use crate::ident::Principal;
use crate::request::{Head, Params};
use crate::signature::{Scheme, is_form_credential};

use super::{Collected, Upload};
use super::headers::strip_request;
use super::permit::principal_type;

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
    "x-acs-security-token",
    "x-acs-accesskey-id",
    "x-acs-bearer-token",
    "x-acs-signature-nonce",
    "x-acs-signature-method",
    "x-acs-signature-version",
    "x-acs-signature-type",
];

/// Removes hop-by-hop and reserved headers, then credentials, then sets the identity headers: in this order, so that
/// nothing a caller sends can name, remove or imitate ours.
pub(super) fn rewrite(
    head: Head,
    form: Option<&Params>,
    body: Collected,
    scheme: Option<Scheme>,
    identity: &Identity<'_>,
) -> (Parts, Collected) {
    let query = head.raw_query().and_then(|raw| without_credentials(raw, head.query(), scheme));
    let path = head.raw_path().to_owned();
    let mut parts = head.into_parts();
    if let Some(query) = query {
        let target = if query.is_empty() { path } else { format!("{path}?{query}") };
        // Dropping whole pairs of a target that was valid leaves a valid one.
        parts.uri = target.parse::<Uri>().unwrap_or_default();
    }
    let body = strip_form(&mut parts.headers, form, body, scheme);
    strip_request(&mut parts.headers);
    for name in CREDENTIAL_HEADERS {
        parts.headers.remove(*name);
    }
    if scheme == Some(Scheme::RpcHmacSha1) {
        strip_unsigned(&mut parts.headers);
    }
    parts.headers.remove(CONTENT_LENGTH); // made anew from the body that is sent
    set_identity(&mut parts.headers, identity);
    (parts, body)
}

/// RPC V1 signs no header, so an `x-acs-` header could tell the upstream something that was not decided (SIG-42).
fn strip_unsigned(headers: &mut HeaderMap) {
    let names: Vec<HeaderName> =
        headers.keys().filter(|name| name.as_str().starts_with("x-acs-")).cloned().collect();
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

/// In any case: an upstream may fold it. Under ACS3 `AccessKeyId` can be an ordinary parameter of an API (SIG-22).
fn is_credential(name: &str, scheme: Option<Scheme>) -> bool {
    let name = name.to_ascii_lowercase();
    let token = matches!(name.as_str(), "securitytoken" | "security-token" | "bearertoken");
    let key = name == "accesskeyid" && scheme != Some(Scheme::Acs3HmacSha256);
    token || key || name.starts_with("signature")
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
