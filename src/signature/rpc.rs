//! RPC V1: query and form in one sorted text (section 3).

use http::Method;

use crate::request::{Head, Params};

use super::body::BodyRule;
use super::canonical::{encode_twice_into, pair, push_all};
use super::claim::{Scope, Time};
use super::elements::{base64_signature, iso, nonce, token};
use super::{Claim, Scheme, SignatureError, Site};

/// `SignatureMethod` with `SignatureType`, and the scheme that they make (3.3, 3.5, 3.6).
const METHODS: &[(&str, &str, Scheme)] = &[
    ("HMAC-SHA1", "", Scheme::RpcHmacSha1),
    ("HMAC-SHA256", "", Scheme::RpcHmacSha256),
    ("SHA256withRSA", "PRIVATEKEY", Scheme::RpcSha256WithRsa),
];
/// Most texts are shorter.
const TEXT_BYTES: usize = 1024;
/// The one operation that is signed with a key pair (3.6).
const RSA_ACTION: &str = "GenerateSessionAccessKey";

/// The common parameters; a twin that differs in case only would be read by some upstream (12.13).
const COMMON: &[&str] = &[
    "AccessKeyId",
    "Action",
    "Version",
    "Signature",
    "SignatureMethod",
    "SignatureVersion",
    "SignatureNonce",
    "Timestamp",
    "Format",
    "SignatureType",
    "SecurityToken",
    "RegionId",
    "BearerToken",
];

/// Reads the claim from query and form (3.1, SIG-40 – SIG-42).
pub(super) fn claim(
    head: &Head,
    form: Option<&Params>,
    site: &Site<'_>,
) -> Result<Claim, SignatureError> {
    if head.method() != Method::GET && head.method() != Method::POST {
        return Err(SignatureError::HttpMethod);
    }
    if head.raw_path() != "/" {
        return Err(SignatureError::InvalidParameter("the path of an RPC call is `/`".into()));
    }
    check_names(head.query(), form)?;
    let get = |name| get(head, form, name);
    let required = |name: &'static str| {
        get(name).filter(|value| !value.is_empty()).ok_or(SignatureError::Missing(name))
    };
    let access_key_id = required("AccessKeyId")?.parse().map_err(|_text| {
        SignatureError::InvalidParameter("`AccessKeyId` is no AccessKeyId".into())
    })?;
    let signature = required("Signature")?;
    let method = required("SignatureMethod")?;
    let version = required("SignatureVersion")?;
    let nonce_text = required("SignatureNonce")?;
    let timestamp = required("Timestamp")?;
    let action = required("Action")?;
    let api_version = required("Version")?;
    let scheme = scheme(method, get("SignatureType").unwrap_or_default())
        .filter(|scheme| site.speaks(*scheme))
        .ok_or(SignatureError::Method)?;
    if scheme == Scheme::RpcSha256WithRsa && action != RSA_ACTION {
        return Err(SignatureError::Method);
    }
    if version != "1.0" {
        return Err(SignatureError::Version);
    }
    let signature = base64_signature(signature, scheme)?;
    let signed_at = iso(timestamp)?;
    let nonce = nonce(nonce_text)?;
    // These headers are not signed; an upstream that prefers them must not read another operation (SIG-42).
    for (header, value) in [("x-acs-action", action), ("x-acs-version", api_version)] {
        if head.one(header)?.is_some_and(|other| !other.eq_ignore_ascii_case(value)) {
            return Err(SignatureError::InvalidParameter(format!(
                "{header} differs from the signed parameter"
            )));
        }
    }
    let security_token = token(&access_key_id, get("SecurityToken"))?;
    Ok(Claim {
        scheme,
        access_key_id,
        security_token,
        time: Time::Window(signed_at),
        nonce: Some(nonce),
        body: if form.is_some() { BodyRule::Form } else { BodyRule::Empty },
        signature,
        listed_headers: Box::default(),
        scope: Scope::default(),
    })
}

fn scheme(method: &str, kind: &str) -> Option<Scheme> {
    let fits = |(m, k, _): &&(&str, &str, Scheme)| *m == method && *k == kind;
    METHODS.iter().find(fits).map(|(_, _, scheme)| *scheme)
}

fn get<'r>(head: &'r Head, form: Option<&'r Params>, name: &str) -> Option<&'r str> {
    head.query().get(name).or_else(|| form.and_then(|form| form.get(name)))
}

/// No name twice, in one place or in two, and no twin of a common parameter (SIG-09, SIG-41).
fn check_names(query: &Params, form: Option<&Params>) -> Result<(), SignatureError> {
    let form = form.into_iter().flat_map(Params::iter);
    let mut names: Vec<&str> = query.iter().chain(form).map(|param| &*param.name).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| matches!(pair, [left, right] if left == right)) {
        return Err(SignatureError::InvalidParameter("a parameter is given twice".into()));
    }
    let twin = |name: &&str| {
        COMMON.iter().any(|common| common.eq_ignore_ascii_case(name) && common != name)
    };
    match names.iter().find(|name| twin(name)) {
        // `regionId` is a real parameter of real operations; the catalogue reads both spellings.
        Some(name) if **name != *"regionId" => Err(SignatureError::InvalidParameter(format!(
            "`{name}` differs from a common parameter in case only"
        ))),
        _ => Ok(()),
    }
}

/// The one string to sign, over query and form.
pub(super) fn text(head: &Head, form: Option<&Params>) -> String {
    let form = form.into_iter().flat_map(Params::iter);
    let pairs = head.query().iter().chain(form).map(pair);
    string_to_sign(head.method().as_str(), pairs)
}

/// `METHOD&%2F&enc(canonical)` over every parameter but `Signature`, sorted by decoded name (3.3).
fn string_to_sign<'p>(method: &str, pairs: impl Iterator<Item = (&'p str, &'p str)>) -> String {
    let mut signed: Vec<_> = pairs.filter(|(name, _)| *name != "Signature").collect();
    signed.sort_unstable();
    let mut text = String::with_capacity(TEXT_BYTES);
    push_all(&mut text, &[method, "&%2F"]);
    for (index, (name, value)) in signed.into_iter().enumerate() {
        text.push_str(if index == 0 { "&" } else { "%26" });
        encode_twice_into(&mut text, name);
        text.push_str("%3D");
        encode_twice_into(&mut text, value);
    }
    text
}
