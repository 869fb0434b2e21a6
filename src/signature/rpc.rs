//! RPC V1, HMAC-SHA1 over query and form (section 3).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::Mac;
use http::Method;

use crate::ident::{SecretKey, UnixSeconds};
use crate::request::{Head, Params};

use super::canonical::{encode, sorted_query};
use super::{Claim, Detail, Scheme, SignatureError, check_nonce, check_token, mac};

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
pub(super) fn claim(head: &Head, form: Option<&Params>) -> Result<Claim, SignatureError> {
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
    let nonce = required("SignatureNonce")?;
    let timestamp = required("Timestamp")?;
    let action = required("Action")?;
    let api_version = required("Version")?;
    if method != "HMAC-SHA1" || get("SignatureType").is_some_and(|kind| !kind.is_empty()) {
        return Err(SignatureError::Method);
    }
    if version != "1.0" {
        return Err(SignatureError::Version);
    }
    let signature = read_signature(signature)?;
    let signed_at =
        UnixSeconds::parse_iso8601(timestamp).map_err(|_text| SignatureError::TimestampFormat)?;
    check_nonce(nonce)?;
    // These headers are not signed; an upstream that prefers them must not read another operation (SIG-42).
    for (header, value) in [("x-acs-action", action), ("x-acs-version", api_version)] {
        if head.one(header)?.is_some_and(|other| !other.eq_ignore_ascii_case(value)) {
            return Err(SignatureError::InvalidParameter(format!(
                "{header} differs from the signed parameter"
            )));
        }
    }
    let token = get("SecurityToken");
    check_token(&access_key_id, token)?;
    Ok(Claim {
        scheme: Scheme::RpcHmacSha1,
        access_key_id,
        security_token: token.filter(|token| !token.is_empty()).map(Into::into),
        signed_at,
        nonce: nonce.into(),
        detail: Detail::Rpc { signature },
    })
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

/// Canonical base64 only: decode, encode again, compare (SIG-24).
fn read_signature(text: &str) -> Result<[u8; 20], SignatureError> {
    let wrong = SignatureError::Mismatch;
    let bytes = STANDARD.decode(text).map_err(|_text| wrong.clone())?;
    if STANDARD.encode(&bytes) != text {
        return Err(wrong);
    }
    bytes.try_into().map_err(|_length| wrong)
}

pub(super) fn matches(
    head: &Head,
    form: Option<&Params>,
    key: &SecretKey,
    signature: &[u8; 20],
) -> bool {
    let form = form.into_iter().flat_map(Params::iter);
    let pairs = head.query().iter().chain(form).map(|param| (&*param.name, &*param.value));
    let text = string_to_sign(head.method().as_str(), pairs);
    mac::sha1_ampersand(key, text.as_bytes()).is_some_and(|mac| mac.verify_slice(signature).is_ok())
}

/// `METHOD&%2F&enc(canonical)` over every parameter but `Signature` (3.3).
pub(super) fn string_to_sign<'p>(
    method: &str,
    pairs: impl Iterator<Item = (&'p str, &'p str)>,
) -> String {
    let canonical = sorted_query(pairs.filter(|(name, _)| *name != "Signature"));
    format!("{method}&%2F&{}", encode(&canonical))
}
