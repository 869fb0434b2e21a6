//! Object storage: V1, V2 and V4, each in a header or in a URL, and browser forms (section 5).

pub(super) mod post;
pub(super) mod resource;
pub(super) mod v1;
pub(super) mod v2;
pub(super) mod v4;

use crate::ident::{AccessKeyId, UnixSeconds};
use crate::request::Head;

use super::canonical::{EmptyValue, pair, sorted_query};
use super::claim::Time;
use super::elements::{basic_iso, http_date, listed_headers};
use super::{Claim, Scheme, SignatureError, Site};

pub(super) use resource::place;

pub(super) const PREFIX: &str = "x-oss-";

/// `x-oss-date` where there is one, else `Date`, as it stands (SIG-56, SIG-62).
fn date(head: &Head) -> Result<&str, SignatureError> {
    match head.one("x-oss-date")? {
        Some(date) => Ok(date),
        None => head.one("date")?.ok_or(SignatureError::Missing("Date")),
    }
}

/// The claim of a URL that is over at a time of its own, whatever its date (SIG-60, 5.7).
fn until(
    scheme: Scheme,
    id: AccessKeyId,
    expires: i64,
    site: &Site<'_>,
    signature: Box<[u8]>,
) -> Claim {
    // A longer life than the operator allows has not begun.
    let from = site.oss_url_life_seconds_max.map_or(i64::MIN, |most| expires.saturating_sub(most));
    let time = Time::Until { from: UnixSeconds(from), until: UnixSeconds(expires) };
    Claim::new(scheme, id, time, signature)
}

/// An HTTP date, or, in `x-oss-date`, basic ISO.
fn instant(date: &str) -> Result<UnixSeconds, SignatureError> {
    basic_iso(date).or_else(|_other| http_date(date))
}

/// A parameter that must be there.
fn parameter<'h>(head: &'h Head, name: &'static str) -> Result<&'h str, SignatureError> {
    let value = head.query().get(name).filter(|value| !value.is_empty());
    value.ok_or(SignatureError::Missing(name))
}

/// Seconds as the parameters of a signed URL write them: 1 to 12 digits (SIG-60).
fn seconds(text: &str) -> Result<i64, SignatureError> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(seconds) if digits && text.len() <= 12 => Ok(seconds),
        _ => Err(SignatureError::TimestampFormat),
    }
}

/// The headers that are signed by name, and those that the credentials add; sorted (5.5, 5.7).
fn signed_headers<'h>(
    head: &'h Head,
    always: &[&'h str],
    listed: &'h str,
) -> Result<Vec<(&'h str, &'h str)>, SignatureError> {
    let mut all = head.prefixed(PREFIX)?;
    for name in always.iter().copied().chain(listed.split(';').filter(|name| !name.is_empty())) {
        if let Some(value) = head.one(name)? {
            all.push((name, value));
        }
    }
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

/// A list of additional headers: sorted, present, and none that is signed anyway (SIG-61).
fn additional(head: &Head, list: Option<&str>) -> Result<Box<str>, SignatureError> {
    let Some(list) = list else { return Ok(Box::default()) };
    let anyway =
        |name: &&str| ["content-type", "content-md5"].contains(name) || name.starts_with(PREFIX);
    if listed_headers(head, list)?.iter().any(anyway) {
        return Err(SignatureError::Incomplete(
            "the additional headers list one that is signed anyway",
        ));
    }
    Ok(list.into())
}

/// The whole query less the signature itself.
fn query_without_signature(head: &Head) -> String {
    let pairs = head.query().iter().map(pair);
    sorted_query(pairs.filter(|(name, _)| *name != "x-oss-signature"), EmptyValue::Bare)
}
