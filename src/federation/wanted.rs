//! Keys that no file has, so that the issuer has to be asked for them: what is wanted, and what came of it (4.3). Asking is
//! the edge's.

use std::sync::Arc;

use super::{KeyName, KeySet, OidcProvider, TokenError};

/// The keys of an issuer, for a token that says it is signed with one of them. The token has the issuer of the provider, and
/// that is all that is known of it.
#[derive(Clone, Debug)]
pub struct KeysWanted {
    /// Whose keys.
    pub provider: Arc<OidcProvider>,
    /// Which of them.
    pub key: KeyName,
}

impl KeysWanted {
    /// Whether a set has the key. One that has not may be out of date (FED-08).
    pub fn are_in(&self, keys: &KeySet) -> bool {
        keys.find(&self.key).is_some()
    }
}

/// What came of asking an issuer for its keys.
#[derive(Clone, Debug)]
pub enum Fetched {
    /// Its keys, the latest or the last good ones.
    Keys(Arc<KeySet>),
    /// They cannot be had.
    Broken,
    /// They were not even asked for: no certificate has a fingerprint of the provider (FED-07).
    FingerprintMismatch,
}

impl Fetched {
    /// The keys, or why there are none.
    pub fn keys(&self) -> Result<&KeySet, TokenError> {
        match self {
            Self::Keys(keys) => Ok(keys),
            Self::Broken => Err(TokenError::NoKeys),
            Self::FingerprintMismatch => Err(TokenError::Fingerprint),
        }
    }
}
