//! The elements that credentials are made of, read the same way in every scheme.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::ident::{AccessKeyId, UnixSeconds};
use crate::request::{Head, Params};

use super::canonical::unhex;
use super::{Scheme, SignatureError};

/// Nonces may have this many visible ASCII bytes (SIG-18).
const NONCE_BYTES_MAX: usize = 128;
/// Headers that credentials may list.
const LISTED_HEADERS_MAX: usize = 64;

/// Reads `Name=value,Name=value`, each name at most once and none other, in any order (SIG-30, SIG-61).
pub(super) fn fields<'a, const N: usize>(
    text: &'a str,
    separator: char,
    names: [&str; N],
) -> Option<[Option<&'a str>; N]> {
    let mut found = [None; N];
    for field in text.split(',') {
        let (name, value) = field.trim_matches(' ').split_once(separator)?;
        let at = names.iter().position(|known| *known == name)?;
        if value.is_empty() || found.get_mut(at)?.replace(value).is_some() {
            return None;
        }
    }
    Some(found)
}

/// Reads an `AccessKeyId`.
pub(super) fn access_key_id(text: &str) -> Result<AccessKeyId, SignatureError> {
    text.parse().map_err(|_text| SignatureError::Incomplete("the AccessKeyId is none"))
}

/// Lower-case hex of the right length only (SIG-24).
pub(super) fn hex_signature(text: &str, scheme: Scheme) -> Result<Box<[u8]>, SignatureError> {
    unhex(text).filter(|bytes| has_length(bytes, scheme)).map(Vec::into_boxed_slice).ok_or(
        SignatureError::Incomplete("the signature is not in lower-case hex digits, or too short"),
    )
}

/// Canonical base64 only: decode, encode again, compare (SIG-24).
pub(super) fn base64_signature(text: &str, scheme: Scheme) -> Result<Box<[u8]>, SignatureError> {
    let bytes = STANDARD.decode(text).map_err(|_text| SignatureError::Mismatch)?;
    if STANDARD.encode(&bytes) != text || !has_length(&bytes, scheme) {
        return Err(SignatureError::Mismatch);
    }
    Ok(bytes.into_boxed_slice())
}

fn has_length(bytes: &[u8], scheme: Scheme) -> bool {
    scheme.algorithm().signature_bytes().is_none_or(|length| bytes.len() == length)
}

/// A header that must be there.
pub(super) fn required<'h>(
    head: &'h Head,
    header: &str,
    element: &'static str,
) -> Result<&'h str, SignatureError> {
    head.one(header)?.ok_or(SignatureError::Missing(element))
}

/// An id and its token belong together (step 1 of 5.6 of the identities sheet); an empty token is none.
pub(super) fn token(
    id: &AccessKeyId,
    token: Option<&str>,
) -> Result<Option<Box<str>>, SignatureError> {
    match (id.is_session(), token.filter(|token| !token.is_empty())) {
        (true, None) => Err(SignatureError::MissingToken),
        (false, Some(_)) => Err(SignatureError::TokenMismatch),
        (true, Some(token)) => Ok(Some(token.into())),
        (false, None) => Ok(None),
    }
}

/// 1 – 128 visible ASCII bytes (SIG-18).
pub(super) fn nonce(nonce: &str) -> Result<Box<str>, SignatureError> {
    let visible = nonce.bytes().all(|byte| (0x21..=0x7e).contains(&byte));
    if nonce.is_empty() || nonce.len() > NONCE_BYTES_MAX || !visible {
        let reason = format!("the nonce must be 1 to {NONCE_BYTES_MAX} visible ASCII characters");
        return Err(SignatureError::InvalidParameter(reason));
    }
    Ok(nonce.into())
}

/// The *ISO* form of SIG-15.
pub(super) fn iso(text: &str) -> Result<UnixSeconds, SignatureError> {
    UnixSeconds::parse_iso8601(text).map_err(|_text| SignatureError::TimestampFormat)
}

/// No name twice (SIG-09).
pub(super) fn no_repeats(params: &Params) -> Result<(), SignatureError> {
    let mut names: Vec<&str> = params.iter().map(|param| &*param.name).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| matches!(pair, [left, right] if left == right)) {
        return Err(SignatureError::InvalidParameter("a query parameter is given twice".into()));
    }
    Ok(())
}

/// A list of headers: lower case, ascending, each there exactly once (SIG-31, SIG-61).
pub(super) fn listed_headers<'l>(
    head: &Head,
    list: &'l str,
) -> Result<Vec<&'l str>, SignatureError> {
    let names: Vec<&str> = list.split(';').collect();
    let ascending = names.windows(2).all(|pair| matches!(pair, [left, right] if left < right));
    let lower = names
        .iter()
        .all(|name| !name.is_empty() && !name.bytes().any(|byte| byte.is_ascii_uppercase()));
    if !ascending || !lower || names.len() > LISTED_HEADERS_MAX {
        return Err(SignatureError::Incomplete(
            "the list of signed headers is not a sorted list of lower-case names",
        ));
    }
    for name in &names {
        if head.one(name)?.is_none() {
            return Err(SignatureError::Incomplete(
                "the list of signed headers names one that is absent",
            ));
        }
    }
    Ok(names)
}
