use std::fmt;

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::sources::SourceFile;
use crate::ident::SecretKey;

/// SHA-256 over names and contents of files. Secrets are among them, so only a part is ever shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Names and contents, each with its length, so that no two lists of files read the same.
    pub(super) fn of<'f>(files: impl Iterator<Item = (&'static str, &'f SourceFile)>) -> Self {
        let mut hash = Sha256::new();
        for (kind, file) in files {
            for part in [kind, &file.name, &file.text] {
                hash.update((part.len() as u64).to_le_bytes());
                hash.update(part);
            }
            if ["keys", "token_ring", "issuer_key"].contains(&kind) {
                hash.update(file.mode.unwrap_or(u32::MAX).to_le_bytes()); // it decides whether they are accepted
            }
        }
        Self(hash.finalize().into())
    }

    pub(super) fn shown(&self) -> String {
        self.0
            .first_chunk()
            .map_or(String::new(), |bytes| format!("{:016x}", u64::from_be_bytes(*bytes)))
    }

    /// A secret nobody knows: it follows from the whole digest, of which secrets are a part. It has the length of a
    /// real one.
    pub(super) fn dummy_secret(&self) -> SecretKey {
        const LENGTH: usize = 30;
        let hash = Sha256::new().chain_update(b"no such key").chain_update(self.0).finalize();
        let bytes = hash.iter().copied().take(LENGTH).collect();
        SecretKey::new(Zeroizing::new(bytes))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({}..)", self.shown())
    }
}
