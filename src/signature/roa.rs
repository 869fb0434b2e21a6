//! ROA V1, `acs`: headers and the decoded query, the body only through `Content-MD5` (section 4).

use std::borrow::Cow;

use crate::request::Head;

use super::body::{BodyRule, Md5Spelling};
use super::canonical::{
    EmptyValue, HEADERS_BYTES, decoded_path, join, pair, push_all, push_headers,
};
use super::claim::Time;
use super::elements::{http_date, id_and_signature, nonce, only, optional, required, token};
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
    head.prefixed("x-acs-")?;
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
    let start = start(head)?;
    let decoded = decoded_path(head);
    for path in [Some(head.raw_path()), decoded.as_deref()].into_iter().flatten() {
        for query in queries(head)? {
            if fits(&[&*start, path, &query].concat()) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// What stands before the resource (4.2).
fn start(head: &Head) -> Result<String, SignatureError> {
    let mut out = String::with_capacity(HEADERS_BYTES);
    push_all(&mut out, &[head.method().as_str(), "\n"]);
    for name in ["accept", "content-md5", "content-type", "date"] {
        push_all(&mut out, &[optional(head, name)?, "\n"]);
    }
    push_headers(&mut out, &head.prefixed("x-acs-")?);
    Ok(out)
}

type Pair<'h> = (Cow<'h, str>, Cow<'h, str>);

/// Repeated names pair by pair or joined, empty values with or without `=` (4.4).
fn queries(head: &Head) -> Result<impl Iterator<Item = String>, SignatureError> {
    let mut each: Vec<(&str, &str)> = head.query().iter().map(pair).collect();
    each.sort_by_key(|(name, _)| *name); // what is equal keeps the order of the wire
    let joined =
        if head.one("x-acs-signature-nonce")?.is_some() { join_repeated(&each) } else { None };
    let each: Vec<Pair<'_>> = each.into_iter().map(|(n, v)| (n.into(), v.into())).collect();
    let ways = [Some(each), joined].into_iter().flatten();
    Ok(ways.flat_map(|pairs| {
        let bare = pairs
            .iter()
            .any(|(_, value)| value.is_empty())
            .then(|| write(&pairs, EmptyValue::Bare));
        [Some(write(&pairs, EmptyValue::Equals)), bare].into_iter().flatten()
    }))
}

/// `a=1&a=2` as `a=1,2`, which is also the text of one value with a comma. So it counts only where no value has one, and
/// only beside a nonce: the request that was signed has then used it up. `None`: no name is repeated, or it does not
/// count.
fn join_repeated<'h>(sorted: &[(&'h str, &'h str)]) -> Option<Vec<Pair<'h>>> {
    let groups = || sorted.chunk_by(|(left, _), (right, _)| left == right);
    let mut repeated = groups().filter(|group| group.len() > 1).peekable();
    repeated.peek()?;
    if repeated.flatten().any(|(_, value)| value.contains(',')) {
        return None;
    }
    let join = |group: &[(&'h str, &'h str)]| {
        let values: Vec<&str> = group.iter().map(|(_, value)| *value).collect();
        group.first().map(|(name, _)| (Cow::Borrowed(*name), values.join(",").into()))
    };
    groups().map(join).collect()
}

fn write(pairs: &[Pair<'_>], empty: EmptyValue) -> String {
    let mark = if pairs.is_empty() { "" } else { "?" };
    [mark, &join(pairs.iter().map(|(name, value)| (&**name, &**value)), empty)].concat()
}
