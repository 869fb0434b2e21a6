//! `OpenAPI` V3: `ACS3-HMAC-SHA256`, `-SM3`, `ACS3-RSA-SHA256` (section 2), and the HTTP triggers of Function Compute 3.0
//! (8.3).

use std::borrow::Cow;

use sha2::{Digest, Sha256};
use sm3::Sm3;

use crate::ident::AccessKeyId;
use crate::request::{Head, percent_decode};

use super::body::BodyRule;
use super::canonical::{
    EmptyValue, HEADERS_BYTES, encode_into, hex, names_need_escapes, pair, push_all, push_headers,
    raw_names_are_plain, sorted_query, sorted_query_raw_names, unhex_digest,
};
use super::claim::{Scope, Time};
use super::elements::{
    access_key_id, fields, hex_signature, iso, listed_headers, no_repeats, nonce, required, token,
};
use super::{Claim, Family, Fits, Scheme, SignatureError, Site};

/// Where the digest of the body stands; the second belongs to SM3 alone (2.1).
const DIGEST_HEADERS: [&str; 2] = ["x-acs-content-sha256", "x-acs-content-sm3"];

/// A request to an HTTP trigger has no digest of its body; with one it is like any other (SIG-95).
pub(super) fn sha256_scheme(head: &Head, site: &Site<'_>) -> Scheme {
    let digest = DIGEST_HEADERS.iter().any(|name| head.has(name));
    if site.family == Family::FcTrigger && !digest {
        Scheme::Acs3FcTrigger
    } else {
        Scheme::Acs3HmacSha256
    }
}

/// Reads the claim from the head; `rest` is the `Authorization` value behind its first word (SIG-30 – SIG-36).
pub(super) fn claim(
    head: &Head,
    rest: &str,
    scheme: Scheme,
    site: &Site<'_>,
) -> Result<Claim, SignatureError> {
    let names = ["Credential", "SignedHeaders", "Signature"];
    let fields = fields(rest.trim_start_matches(' '), '=', names);
    let Some([Some(credential), Some(signed_headers), Some(signature)]) = fields else {
        return Err(SignatureError::Incomplete(
            "Authorization is not `ACS3-… Credential=…,SignedHeaders=…,Signature=…`",
        ));
    };
    let access_key_id = access_key_id(credential)?;
    let signature = hex_signature(signature, scheme)?;
    let date = required(head, "x-acs-date", "Timestamp")?;
    let nonce = match (scheme, head.one("x-acs-signature-nonce")?) {
        (Scheme::Acs3FcTrigger, None) => None,
        (_, None) => return Err(SignatureError::Missing("SignatureNonce")),
        (_, Some(text)) => Some(nonce(text)?),
    };
    let body = body_rule(head, scheme)?;
    // A trigger belongs to no version of an API, with a digest of the body or without (8.3).
    if site.family != Family::FcTrigger {
        required(head, "x-acs-version", "Version")?;
    }
    check_signed_headers(head, signed_headers, scheme)?;
    let signed_at = iso(date)?;
    let security_token = token(&access_key_id, head.one("x-acs-security-token")?)?;
    check_repeated(head, &access_key_id)?;
    Ok(Claim {
        scheme,
        access_key_id,
        security_token,
        time: Time::Window(signed_at),
        nonce,
        body,
        signature,
        listed_headers: signed_headers.into(),
        scope: Scope::default(),
    })
}

/// The digest that the head declares (SIG-34). The Java core sends that of SM3 under its own name.
fn body_rule(head: &Head, scheme: Scheme) -> Result<BodyRule, SignatureError> {
    if scheme == Scheme::Acs3FcTrigger {
        return Ok(BodyRule::Unsigned);
    }
    let sm3 = scheme == Scheme::Acs3HmacSm3;
    if !sm3 && head.has("x-acs-content-sm3") {
        return Err(SignatureError::InvalidParameter("x-acs-content-sm3 without SM3".into()));
    }
    let text = payload(head)?.ok_or(SignatureError::Missing("ContentSha256"))?;
    let digest = unhex_digest(text).ok_or_else(|| {
        SignatureError::InvalidParameter("the body's digest is not 64 lower-case hex digits".into())
    })?;
    Ok(if sm3 { BodyRule::Sm3(digest) } else { BodyRule::Sha256(digest) })
}

/// The one header that carries the digest.
fn payload(head: &Head) -> Result<Option<&str>, SignatureError> {
    let [sha256, sm3] = DIGEST_HEADERS;
    match (head.one(sha256)?, head.one(sm3)?) {
        (Some(_), Some(_)) => {
            Err(SignatureError::InvalidParameter("the body has two digests in the head".into()))
        }
        (one, None) | (None, one) => Ok(one),
    }
}

/// What other places say about the same facts must agree (SIG-36, 2.1).
fn check_repeated(head: &Head, id: &AccessKeyId) -> Result<(), SignatureError> {
    let disagree = |what: &str| {
        Err(SignatureError::InvalidParameter(format!(
            "{what} differs from what is signed in the head"
        )))
    };
    if head.one("x-acs-accesskey-id")?.is_some_and(|other| other != id.as_str()) {
        return disagree("x-acs-accesskey-id");
    }
    let action = head.one("x-acs-action")?;
    let version = head.one("x-acs-version")?;
    for (name, header) in [("Action", action), ("Version", version)] {
        let mut given = head.query().iter().filter(|param| &*param.name == name);
        if given.any(|param| Some(&*param.value) != header) {
            return disagree(name);
        }
    }
    no_repeats(head.query())
}

/// Every `x-acs-*` header and `content-type` must be signed (SIG-31, 32); a trigger may leave the type out (8.3).
fn check_signed_headers(head: &Head, list: &str, scheme: Scheme) -> Result<(), SignatureError> {
    let signed = listed_headers(head, list)?;
    let trigger = scheme == Scheme::Acs3FcTrigger;
    for name in head.headers().keys().map(http::HeaderName::as_str) {
        let must = name.starts_with("x-acs-") || (name == "content-type" && !trigger);
        if must && signed.binary_search(&name).is_err() {
            return Err(SignatureError::Incomplete(
                "an `x-acs-` header or `content-type` is not signed",
            ));
        }
    }
    Ok(())
}

/// Each candidate of 2.4 with each of 2.5: every text is one reading of the same request.
pub(super) fn search(claim: &Claim, head: &Head, fits: Fits<'_>) -> Result<bool, SignatureError> {
    let tail = tail(head, &claim.listed_headers, payload(head)?.unwrap_or_default())?;
    let method = head.method().as_str();
    let strict = canonical_path(head.raw_path());
    let wire = (strict != head.raw_path()).then_some(head.raw_path());
    for path in [Some(&*strict), wire].into_iter().flatten() {
        for names in names(head) {
            let query = query(head, *names);
            if fits(&string_to_sign(claim.scheme, method, path, &query, &tail)) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// What the strings to sign have the digests of, in the order of [`search`].
pub(super) fn canonical_requests(
    claim: &Claim,
    head: &Head,
) -> Result<Vec<String>, SignatureError> {
    let tail = tail(head, &claim.listed_headers, payload(head)?.unwrap_or_default())?;
    let strict = canonical_path(head.raw_path());
    let wire = (strict != head.raw_path()).then_some(head.raw_path());
    let mut all = Vec::new();
    for path in [Some(&*strict), wire].into_iter().flatten() {
        for names in names(head) {
            let query = query(head, *names);
            all.push([head.method().as_str(), "\n", path, "\n", &query, "\n", &tail].concat());
        }
    }
    Ok(all)
}

/// `HEADERS`, `SignedHeaders` and `PAYLOAD` of 2.3.
fn tail(head: &Head, signed_headers: &str, payload: &str) -> Result<String, SignatureError> {
    let headers = head.listed(signed_headers.split(';')).collect::<Result<Vec<_>, _>>()?;
    Ok(join_tail(headers, signed_headers, payload))
}

fn join_tail<'h>(
    headers: impl IntoIterator<Item = (&'h str, &'h str)>,
    signed_headers: &str,
    payload: &str,
) -> String {
    let mut out = String::with_capacity(2 * HEADERS_BYTES);
    for (name, value) in headers {
        push_headers(&mut out, &[(name, value)]);
    }
    push_all(&mut out, &["\n", signed_headers, "\n", payload]);
    out
}

/// The first line names the algorithm, also to triggers, whose scheme is called otherwise here.
fn string_to_sign(scheme: Scheme, method: &str, path: &str, query: &str, tail: &str) -> String {
    let request = [method, "\n", path, "\n", query, "\n", tail];
    let (algorithm, digest) = match scheme {
        Scheme::Acs3HmacSm3 => (scheme, hash::<Sm3>(&request)),
        Scheme::Acs3RsaSha256 => (scheme, hash::<Sha256>(&request)),
        _ => (Scheme::Acs3HmacSha256, hash::<Sha256>(&request)),
    };
    [algorithm.as_str(), "\n", &digest].concat()
}

fn hash<D: Digest>(parts: &[&str]) -> String {
    let mut hasher = D::new();
    for part in parts {
        hasher.update(part);
    }
    hex(&hasher.finalize())
}

/// Each segment decoded and encoded again, the strict path of 2.4; the other one is the path as sent.
fn canonical_path(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for (index, segment) in raw.split('/').enumerate() {
        if index > 0 {
            out.push('/');
        }
        encode_into(&mut out, &percent_decode(segment).unwrap_or_default());
    }
    out
}

/// How names of parameters are written; values are always escaped (2.5).
#[derive(Clone, Copy)]
enum Names {
    Strict,
    Raw,
    /// Raw, but for what the SDK for Go replaces in the whole text.
    RawInGo,
}

/// The ways that make different texts of this query, less those that SIG-13 rules out. The replacement of `+` in Go is
/// one of them: the name `a+b` would be signed like the name `a b`, escaped.
fn names(head: &Head) -> &'static [Names] {
    let any = |letter| head.query().iter().any(|param| param.name.contains(letter));
    if !names_need_escapes(head) || !raw_names_are_plain(head) {
        &[Names::Strict]
    } else if any('*') && !any('+') {
        &[Names::Strict, Names::Raw, Names::RawInGo]
    } else {
        &[Names::Strict, Names::Raw]
    }
}

fn query(head: &Head, names: Names) -> String {
    let pairs = head.query().iter().map(pair);
    let empty = EmptyValue::Equals;
    match names {
        Names::Strict => sorted_query(pairs, empty),
        Names::Raw => sorted_query_raw_names(pairs, Cow::Borrowed, empty),
        Names::RawInGo => {
            sorted_query_raw_names(pairs, |name| name.replace('*', "%2A").into(), empty)
        }
    }
}
