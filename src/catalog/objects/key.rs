//! Keys and buckets, wherever a request writes them.

use crate::request::percent_decode;
use crate::signature::is_bucket;

use super::super::{Context, Unreadable, Word};

/// The header that names the source of a copy.
pub(super) const COPY_SOURCE: &str = "x-oss-copy-source";
/// The header that names the object to rename.
pub(super) const RENAME_SOURCE: &str = "x-oss-rename-source";
/// What the alias of an access point ends with: the bucket behind it is not known here.
const ALIAS: &str = "-ossalias";

/// The source of a copy: `/bucket/key`, and the version of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CopySource {
    pub(super) bucket: String,
    pub(super) keys: Vec<String>,
    pub(super) version: Option<String>,
}

impl CopySource {
    /// One slash, a bucket, a key that is decoded once, and nothing behind it but a version.
    pub(super) fn parse(text: &str, context: &Context<'_>) -> Result<Self, Unreadable> {
        let wrong = || bad_value("the copy source is not /bucket/key, or /bucket/key?versionId=…");
        let rest = text.strip_prefix('/').ok_or_else(wrong)?;
        let (bucket, rest) = rest.split_once('/').ok_or_else(wrong)?;
        let (key, version) = match rest.split_once('?') {
            None => (rest, None),
            Some((key, query)) => {
                let version = query.strip_prefix("versionId=").ok_or_else(wrong)?;
                let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
                if version.is_empty() || !version.bytes().all(plain) {
                    return Err(wrong());
                }
                (key, Some(version.to_owned()))
            }
        };
        let bucket = checked_bucket(bucket)?.to_owned();
        Ok(Self { bucket, keys: header_keys(key, context)?, version })
    }
}

/// A key in a header, decoded once. A `+` is a space to some SDKs and itself to others: both are meant then.
pub(super) fn header_keys(raw: &str, context: &Context<'_>) -> Result<Vec<String>, Unreadable> {
    let mut texts = vec![raw.to_owned()];
    if raw.contains('+') {
        texts.push(raw.replace('+', " "));
    }
    let decoded = texts.iter().map(|text| match percent_decode(text) {
        Some(key) => checked_key(&key, context).map(str::to_owned),
        None => Err(bad_value("a key has an invalid escape")),
    });
    decoded.collect()
}

/// A key that can be one, and that every server reads in the same way unless the route says that keys are literal.
pub(super) fn checked_key<'k>(key: &'k str, context: &Context<'_>) -> Result<&'k str, Unreadable> {
    if key.is_empty() || key.contains(['\0', '\r', '\n']) {
        return Err(bad_value("a key is empty or has a line end in it"));
    }
    if !context.literal_paths && !is_plain(key) {
        return Err(Unreadable::new(Word::BadPath, NOT_PLAIN));
    }
    Ok(key)
}

/// What is wrong with a key that is not plain.
pub(super) const NOT_PLAIN: &str = "a key has an empty or dot segment, or a backslash";

/// No segment is `.` or `..`, also to servers that end it at a `;`; none but the last is empty; and there is no backslash,
/// which some take for a slash (rules P01, P05 – P07 of the threat model).
pub(super) fn is_plain(key: &str) -> bool {
    let folder = key.strip_suffix('/').unwrap_or(key);
    let is_dot = |segment: &str| matches!(segment.split(';').next(), Some("." | ".."));
    !key.contains('\\') && folder.split('/').all(|segment| !segment.is_empty() && !is_dot(segment))
}

/// A name that can be that of a bucket and is not the alias of an access point.
pub(super) fn checked_bucket(name: &str) -> Result<&str, Unreadable> {
    check_alias(name)?;
    if is_bucket(name) { Ok(name) } else { Err(bad_value("a bucket has no such name")) }
}

pub(super) fn check_alias(bucket: &str) -> Result<(), Unreadable> {
    if bucket.to_ascii_lowercase().ends_with(ALIAS) {
        let detail = "the bucket is the alias of an access point, and what is behind it is unknown";
        return Err(Unreadable::new(Word::AccessPoint, detail));
    }
    Ok(())
}

pub(super) fn bad_value(detail: &str) -> Unreadable {
    Unreadable::new(Word::BadValue, detail)
}
