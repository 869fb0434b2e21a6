use std::fmt;
use std::str::FromStr;

use super::ParseIdentError;

/// The public half of an `AccessKey` pair, compared byte for byte (ID-10 of the identities sheet).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccessKeyId(Box<str>);

impl AccessKeyId {
    /// Longer ids are refused before any look-up.
    pub const BYTES_MAX: usize = 128;

    /// The id as the caller wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the id belongs to a role session and therefore needs a security token.
    pub fn is_session(&self) -> bool {
        self.0.starts_with("STS.")
    }
}

impl FromStr for AccessKeyId {
    type Err = ParseIdentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if text.is_empty() || text.len() > Self::BYTES_MAX || !text.bytes().all(allowed) {
            return Err(ParseIdentError::new("AccessKey id", text));
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for AccessKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
