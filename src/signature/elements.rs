//! The elements that credentials are made of, read the same way in every scheme.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::ident::{AccessKeyId, UnixSeconds};
use crate::request::{Head, Params};

use super::canonical::{HEADERS_BYTES, push_all, push_headers, unhex};
use super::claim::Scope;
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

/// `AccessKeyId:signature`, what stands behind the first word of most schemes.
pub(super) fn id_and_signature(
    text: &str,
    scheme: Scheme,
) -> Result<(AccessKeyId, Box<[u8]>), SignatureError> {
    let (id, signature) = text
        .split_once(':')
        .ok_or(SignatureError::Incomplete("Authorization is not `AccessKeyId:signature`"))?;
    Ok((access_key_id(id)?, base64_signature(signature, scheme)?))
}

/// `AccessKeyId/day/region/product/aliyun_v4_request`; the day is that of the request (5.5, SIG-62).
pub(super) fn credential(
    text: &str,
    signed_at: UnixSeconds,
) -> Result<(AccessKeyId, Scope), SignatureError> {
    let parts: Vec<&str> = text.split('/').collect();
    let [id, day, region, product, "aliyun_v4_request"] = parts.as_slice() else {
        return Err(SignatureError::Incomplete(
            "the credential is not `AccessKeyId/day/region/product/aliyun_v4_request`",
        ));
    };
    if signed_at.day() != **day {
        return Err(SignatureError::InvalidParameter(
            "the scope names another day than the time of the request".into(),
        ));
    }
    let scope = Scope { day: (*day).into(), region: (*region).into(), product: (*product).into() };
    Ok((access_key_id(id)?, scope))
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

/// A header that must have one value when it is there.
pub(super) fn only(head: &Head, header: &str, value: &str) -> Result<(), SignatureError> {
    match head.one(header)? {
        Some(other) if other != value => {
            Err(SignatureError::InvalidParameter(format!("{header} is not `{value}`")))
        }
        _ => Ok(()),
    }
}

/// The value of a header, empty when it is absent.
pub(super) fn optional<'h>(head: &'h Head, header: &str) -> Result<&'h str, SignatureError> {
    Ok(head.one(header)?.unwrap_or_default())
}

/// `Date`, or `other` in its place; two must be equal, for one of them is not signed (SIG-80, 9).
pub(super) fn date<'h>(head: &'h Head, other: &str) -> Result<&'h str, SignatureError> {
    match (head.one("date")?, head.one(other)?) {
        (Some(date), Some(twin)) if date != twin => {
            Err(SignatureError::InvalidParameter(format!("{other} is not Date")))
        }
        (Some(date), _) | (None, Some(date)) => Ok(date),
        (None, None) => Err(SignatureError::Missing("Date")),
    }
}

/// `METHOD`, `Content-MD5`, `Content-Type` and the date, a line each, then the signed headers (5.2, 8.1, 9).
pub(super) fn first_lines(
    head: &Head,
    date: &str,
    headers: &[(&str, &str)],
) -> Result<String, SignatureError> {
    let (md5, kind) = (optional(head, "content-md5")?, optional(head, "content-type")?);
    let mut out = String::with_capacity(HEADERS_BYTES);
    push_all(&mut out, &[head.method().as_str(), "\n", md5, "\n", kind, "\n", date, "\n"]);
    push_headers(&mut out, headers);
    Ok(out)
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

/// The *basic ISO* form of SIG-15.
pub(super) fn basic_iso(text: &str) -> Result<UnixSeconds, SignatureError> {
    UnixSeconds::parse_basic_iso8601(text).map_err(|_text| SignatureError::TimestampFormat)
}

/// The *HTTP date* of SIG-15.
pub(super) fn http_date(text: &str) -> Result<UnixSeconds, SignatureError> {
    UnixSeconds::parse_http_date(text).map_err(|_text| SignatureError::TimestampFormat)
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
