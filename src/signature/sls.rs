//! Log Service: V1 `LOG` and V4 `SLS4-HMAC-SHA256` (section 6).

use std::borrow::Cow;

use http::Method;
use sha2::{Digest, Sha256};

use crate::request::Head;

use super::body::{BodyRule, Md5Spelling};
use super::canonical::{
    EmptyValue, HEADERS_BYTES, decoded_path, hex, names_need_escapes, pair, push_all, push_headers,
    raw_names_are_plain, sorted_decoded_query, sorted_query, sorted_query_raw_names, unhex_digest,
};
use super::claim::Time;
use super::elements::{
    basic_iso, credential, date, fields, hex_signature, http_date, id_and_signature, no_repeats,
    only, optional, required, token,
};
use super::{Claim, Fits, Reading, Scheme, SignatureError, Site};

pub(super) const ALGORITHM: &str = "SLS4-HMAC-SHA256";
pub(super) const PRODUCT: &str = "sls";
const DATE: &str = "x-log-date";

/// Reads the claim of V1 (6.1).
pub(super) fn v1_claim(head: &Head, rest: &str) -> Result<Claim, SignatureError> {
    let (access_key_id, signature) = id_and_signature(rest, Scheme::SlsV1)?;
    required(head, "x-log-apiversion", "x-log-apiversion")?;
    required(head, "x-log-signaturemethod", "x-log-signaturemethod")?;
    only(head, "x-log-signaturemethod", "hmac-sha1")?;
    let signed_at = http_date(date(head, DATE)?)?;
    signed_headers(head)?;
    head.one("content-type")?;
    no_repeats(head.query())?;
    refuse_ambiguous(head)?;
    Ok(Claim {
        security_token: token(&access_key_id, head.one("x-acs-security-token")?)?,
        body: v1_body(head)?,
        ..Claim::new(Scheme::SlsV1, access_key_id, Time::Window(signed_at), signature)
    })
}

/// A body needs its MD5, but for objects, whose MD5 a client may write in a way of its own (SIG-81).
fn v1_body(head: &Head) -> Result<BodyRule, SignatureError> {
    let md5 = head.one("content-md5")?;
    Ok(match md5 {
        Some(text) if !is_put_object(head) || is_upper_md5(text) => {
            BodyRule::md5_or_unsigned(md5, &[Md5Spelling::UpperHex])
        }
        _ if is_put_object(head) => BodyRule::Unsigned,
        _ => BodyRule::Empty,
    })
}

fn is_upper_md5(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'))
}

/// `PUT /logstores/…/objects/…`: the one call whose body its SDK does not sign (SIG-81, SIG-82).
fn is_put_object(head: &Head) -> bool {
    let mut segments = head.raw_path().split('/').skip(1);
    let [collection, _logstore, kind, key] = [(); 4].map(|()| segments.next());
    let object = collection == Some("logstores") && kind == Some("objects") && key.is_some();
    object && head.method() == Method::PUT
}

/// Text that another request would sign as well (SIG-13).
fn refuse_ambiguous(head: &Head) -> Result<(), SignatureError> {
    let mut pairs = head.query().iter();
    let pair = pairs.any(|param| {
        param.name.contains(['&', '=', '\n'])
            || param.value.split('&').skip(1).any(|part| part.contains('='))
    });
    if pair || head.decoded_path().contains('?') {
        return Err(SignatureError::ambiguous());
    }
    Ok(())
}

/// `x-log-` and `x-acs-` headers, sorted, without those that carry an object's own properties.
fn signed_headers(head: &Head) -> Result<Vec<(&str, &str)>, SignatureError> {
    let mut all = head.prefixed("x-log-")?;
    all.extend(head.prefixed("x-acs-")?);
    all.retain(|(name, _)| !name.starts_with("x-log-meta-"));
    all.sort_unstable();
    Ok(all)
}

/// The candidates of SIG-80 and SIG-81.
pub(super) fn v1_search(head: &Head, fits: Fits<'_>) -> Result<Option<Reading>, SignatureError> {
    let with_date = signed_headers(head)?;
    let mut without_date = with_date.clone();
    without_date.retain(|(name, _)| *name != DATE);
    let dated = (with_date.len() != without_date.len()).then_some(with_date);
    let resources = v1_resources(head);
    for md5 in v1_md5_lines(head)?.into_iter().flatten() {
        for headers in [Some(&without_date), dated.as_ref()].into_iter().flatten() {
            let start = v1_start(head, md5, headers)?;
            if resources.iter().any(|resource| fits(&[&*start, resource].concat())) {
                let is_signed = head.one("content-md5")?.unwrap_or_default() == md5;
                return Ok(Some(if is_signed { Reading::Literal } else { Reading::WithoutMd5 }));
            }
        }
    }
    Ok(None)
}

fn v1_start(head: &Head, md5: &str, headers: &[(&str, &str)]) -> Result<String, SignatureError> {
    let (kind, date) = (optional(head, "content-type")?, date(head, DATE)?);
    let mut out = String::with_capacity(HEADERS_BYTES);
    push_all(&mut out, &[head.method().as_str(), "\n", md5, "\n", kind, "\n", date, "\n"]);
    push_headers(&mut out, headers);
    Ok(out)
}

/// `Content-MD5`, which the client of an object may have set after it signed.
fn v1_md5_lines(head: &Head) -> Result<[Option<&str>; 2], SignatureError> {
    Ok(match head.one("content-md5")? {
        Some(md5) if !is_put_object(head) => [Some(md5), None],
        Some(md5) if is_upper_md5(md5) => [Some(md5), Some("")],
        Some(_) | None => [Some(""), None],
    })
}

/// Each path with the query, or with the two ways to sign one without a pair.
fn v1_resources(head: &Head) -> Vec<String> {
    let query = sorted_decoded_query(head.query().iter().map(pair), EmptyValue::Equals);
    let endings: &[&str] = match head.raw_query() {
        Some(_) if query.is_empty() => &["", "?"],
        Some(_) => &["?"],
        None => &[""],
    };
    let decoded = decoded_path(head);
    let paths = [Some(head.raw_path()), decoded.as_deref()].into_iter().flatten();
    let query = query.as_str();
    paths.flat_map(|path| endings.iter().map(move |end| [path, end, query].concat())).collect()
}

/// Reads the claim of V4 (6.2).
pub(super) fn v4_claim(head: &Head, rest: &str, site: &Site<'_>) -> Result<Claim, SignatureError> {
    let Some([Some(text), Some(signature)]) = fields(rest, '=', ["Credential", "Signature"]) else {
        return Err(SignatureError::Incomplete(
            "Authorization is not `SLS4-HMAC-SHA256 Credential=…,Signature=…`",
        ));
    };
    let signature = hex_signature(signature, Scheme::SlsV4)?;
    let signed_at = basic_iso(required(head, "x-log-date", "x-log-date")?)?;
    let (access_key_id, scope) = credential(text, signed_at)?;
    let region = site.region.is_none_or(|region| *scope.region == *region);
    if *scope.product != *PRODUCT || !region {
        return Err(SignatureError::InvalidParameter(
            "the scope names another region or product than the host".into(),
        ));
    }
    v4_headers(head)?;
    no_repeats(head.query())?;
    Ok(Claim {
        security_token: token(&access_key_id, head.one("x-acs-security-token")?)?,
        body: v4_body(head)?,
        scope,
        ..Claim::new(Scheme::SlsV4, access_key_id, Time::Window(signed_at), signature)
    })
}

/// The declared digest; one SDK declares that of nothing for an object (SIG-82).
fn v4_body(head: &Head) -> Result<BodyRule, SignatureError> {
    let text = required(head, "x-log-content-sha256", "x-log-content-sha256")?;
    let digest = unhex_digest(text).ok_or_else(|| {
        SignatureError::InvalidParameter("x-log-content-sha256 is no SHA-256".into())
    })?;
    let nothing: [u8; 32] = Sha256::digest(b"").into();
    if is_put_object(head) && digest == nothing {
        return Ok(BodyRule::Unsigned);
    }
    Ok(BodyRule::Sha256(digest))
}

fn v4_headers(head: &Head) -> Result<Vec<(&str, &str)>, SignatureError> {
    let mut all = signed_headers(head)?;
    for name in ["content-type", "host"] {
        all.extend(head.one(name)?.map(|value| (name, value)));
    }
    all.sort_unstable();
    Ok(all)
}

/// Each path with each query of SIG-82.
pub(super) fn v4_search(
    claim: &Claim,
    head: &Head,
    fits: Fits<'_>,
) -> Result<bool, SignatureError> {
    let tail = v4_tail(head)?;
    let date = optional(head, DATE)?;
    let scope = claim.scope.as_text();
    let decoded = decoded_path(head);
    for path in [Some(head.raw_path()), decoded.as_deref()].into_iter().flatten() {
        for query in v4_queries(head) {
            let request = [head.method().as_str(), "\n", path, "\n", &query, "\n", &tail].concat();
            let digest = hex(&Sha256::digest(request));
            if fits(&[ALGORITHM, "\n", date, "\n", &scope, "\n", &digest].concat()) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// What the strings to sign have the digests of, in the order of [`v4_search`].
pub(super) fn v4_canonical_requests(head: &Head) -> Result<Vec<String>, SignatureError> {
    let tail = v4_tail(head)?;
    let decoded = decoded_path(head);
    let mut all = Vec::new();
    for path in [Some(head.raw_path()), decoded.as_deref()].into_iter().flatten() {
        for query in v4_queries(head) {
            all.push([head.method().as_str(), "\n", path, "\n", &query, "\n", &tail].concat());
        }
    }
    Ok(all)
}

/// `HEADERS`, `NAMES` and `PAYLOAD` of 6.2.
fn v4_tail(head: &Head) -> Result<String, SignatureError> {
    let headers = v4_headers(head)?;
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let mut out = String::with_capacity(HEADERS_BYTES);
    push_headers(&mut out, &headers);
    push_all(&mut out, &["\n", &names.join(";"), "\n", optional(head, "x-log-content-sha256")?]);
    Ok(out)
}

/// Escaped names, then names as they are, where that is another text with one reading.
fn v4_queries(head: &Head) -> impl Iterator<Item = String> {
    let pairs = || head.query().iter().map(pair);
    let raw = names_need_escapes(head) && raw_names_are_plain(head);
    let raw = raw.then(|| sorted_query_raw_names(pairs(), Cow::Borrowed, EmptyValue::Bare));
    [Some(sorted_query(pairs(), EmptyValue::Bare)), raw].into_iter().flatten()
}
