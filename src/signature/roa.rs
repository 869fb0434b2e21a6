//! ROA V1, `acs`: headers and the decoded query, the body only through `Content-MD5` (section 4).

use crate::request::Head;

use super::body::{BodyRule, Md5Spelling};
use super::canonical::{header_lines, wire_and_decoded};
use super::claim::Time;
use super::elements::{
    http_date, id_and_signature, nonce, only, optional, prefixed, required, token,
};
use super::{Claim, Fits, Scheme, SignatureError};

/// Reads the claim from the head; `rest` is the `Authorization` value behind its first word (4.1).
pub(super) fn claim(head: &Head, rest: &str) -> Result<Claim, SignatureError> {
    let scheme = Scheme::RoaHmacSha1;
    let (access_key_id, signature) = id_and_signature(rest, scheme)?;
    let signed_at = http_date(required(head, "date", "Date")?)?;
    only(head, "x-acs-signature-method", "HMAC-SHA1")?;
    only(head, "x-acs-signature-version", "1.0")?;
    only(head, "x-acs-accesskey-id", access_key_id.as_str())?;
    for name in ["accept", "content-md5", "content-type"] {
        head.one(name)?;
    }
    prefixed(head, "x-acs-")?;
    refuse_ambiguous(head)?;
    Ok(Claim {
        security_token: token(&access_key_id, head.one("x-acs-security-token")?)?,
        nonce: head.one("x-acs-signature-nonce")?.map(nonce).transpose()?,
        body: BodyRule::md5_or_unsigned(head.one("content-md5")?, &[Md5Spelling::Base64]),
        ..Claim::new(scheme, access_key_id, Time::Window(signed_at), signature)
    })
}

/// Text that another request would sign as well (SIG-13).
fn refuse_ambiguous(head: &Head) -> Result<(), SignatureError> {
    let mut pairs = head.query().iter();
    let pair = pairs.any(|p| p.name.contains(['&', '=', '\n']) || p.value.contains('&'));
    if pair || head.decoded_path().contains('?') {
        return Err(SignatureError::ambiguous());
    }
    Ok(())
}

/// Each path of 4.3 with each query of 4.4.
pub(super) fn search(head: &Head, fits: Fits<'_>) -> Result<bool, SignatureError> {
    let start = format!(
        "{}\n{}\n{}\n{}\n{}\n{}",
        head.method(),
        optional(head, "accept")?,
        optional(head, "content-md5")?,
        optional(head, "content-type")?,
        optional(head, "date")?,
        header_lines(&prefixed(head, "x-acs-")?)
    );
    let queries = queries(head);
    let paths = wire_and_decoded(head);
    let mut with = |path: &String, query: &String| fits(&format!("{start}{path}{query}"));
    Ok(paths.iter().any(|path| queries.iter().any(|query| with(path, query))))
}

/// Empty values with or without `=`, repeated names pair by pair or joined (4.4).
fn queries(head: &Head) -> Vec<String> {
    let each: Vec<(&str, String)> =
        head.query().iter().map(|param| (&*param.name, param.value.to_string())).collect();
    let joined = join_repeated(&each);
    let mut all = Vec::new();
    for (pairs, bare) in [(&each, false), (&each, true), (&joined, false), (&joined, true)] {
        let text = write(pairs, bare);
        if !all.contains(&text) {
            all.push(text);
        }
    }
    all
}

fn join_repeated<'p>(pairs: &[(&'p str, String)]) -> Vec<(&'p str, String)> {
    let mut joined: Vec<(&str, String)> = Vec::new();
    for (name, value) in pairs {
        match joined.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) => *values = format!("{values},{value}"),
            None => joined.push((name, value.clone())),
        }
    }
    joined
}

/// `?name=value&…`, sorted by name; what is equal keeps the order of the wire.
fn write(pairs: &[(&str, String)], bare: bool) -> String {
    let mut sorted: Vec<_> = pairs.iter().collect();
    sorted.sort_by_key(|(name, _)| *name);
    let pair = |(name, value): &&(&str, String)| {
        if bare && value.is_empty() { (*name).to_owned() } else { format!("{name}={value}") }
    };
    let pairs: Vec<String> = sorted.iter().map(pair).collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}
