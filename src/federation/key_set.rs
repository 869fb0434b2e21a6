//! The keys of a provider: a JWK set, from a file or from its issuer (FED-06).

use super::jwk::{Key, Unusable};
use super::token::KeyName;
use crate::strict::{self, Json, JsonError, JsonLimits, Position};

/// Longer sets are refused before they are read.
pub const SET_BYTES_MAX: usize = 64 * 1024;
/// Sets of more keys are refused, usable or not.
pub const KEYS_MAX: usize = 32;
/// A set is an object with a list of objects, some with a list of certificates.
const DEPTH_MAX: usize = 16;

/// A JWK set (RFC 7517).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeySet {
    keys: Vec<Key>,
    unusable: Vec<(usize, Unusable)>,
}

/// Why a text is no set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// Over [`SET_BYTES_MAX`].
    #[error("it is longer than {SET_BYTES_MAX} bytes")]
    Length,
    /// Not JSON in UTF-8, or a member stands twice in one object.
    #[error("{}", .0.message)]
    Json(JsonError),
    /// Not UTF-8.
    #[error("it is not UTF-8 text")]
    Text,
    /// JSON, but no set.
    #[error("it is no JWK set: an object with a list `keys` is wanted")]
    Shape,
    /// Over [`KEYS_MAX`].
    #[error("it has more than {KEYS_MAX} keys")]
    Count,
}

impl KeySetError {
    /// Where in the text.
    pub fn at(&self) -> Position {
        match self {
            Self::Json(error) => error.at,
            Self::Length | Self::Text | Self::Shape | Self::Count => Position::START,
        }
    }
}

impl KeySet {
    /// Reads a set. A key that cannot be used spoils only itself, as the standard wants it: issuers publish keys of many kinds.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeySetError> {
        if bytes.len() > SET_BYTES_MAX {
            return Err(KeySetError::Length);
        }
        let text = std::str::from_utf8(bytes).map_err(|_bytes| KeySetError::Text)?;
        let limits = JsonLimits { bytes_max: SET_BYTES_MAX, depth_max: DEPTH_MAX };
        let set = strict::json(text, limits).map_err(KeySetError::Json)?;
        let Some(Json::Array(entries)) = set.get("keys") else { return Err(KeySetError::Shape) };
        if entries.len() > KEYS_MAX {
            return Err(KeySetError::Count);
        }
        let mut read = Self::default();
        for (index, entry) in entries.iter().enumerate() {
            match Key::read(entry) {
                Ok(key) => read.keys.push(key),
                Err(reason) => read.unusable.push((index, reason)),
            }
        }
        Ok(read)
    }

    /// The key that a token names: exactly one of that name that fits, or, for a token that names none, the only one that fits.
    pub fn find(&self, wanted: &KeyName) -> Option<&Key> {
        let fits = |key: &&Key| {
            let named = wanted.id.as_deref().is_none_or(|id| key.id() == Some(id));
            named && key.is_for(wanted.algorithm)
        };
        let mut fitting = self.keys.iter().filter(fits);
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Some(key),
            _ => None,
        }
    }

    /// How many keys may verify tokens.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether no key may.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys that are not used, by their place in the list, and why.
    pub fn unusable(&self) -> &[(usize, Unusable)] {
        &self.unusable
    }
}
