use sha2::{Digest, Sha256};

use crate::ident::{AccessKeyId, Principal, UnixSeconds};

/// A use of what counts once.
#[derive(Clone, Copy, Debug)]
pub struct Spending<'s> {
    /// Whose room it takes.
    pub principal: &'s Principal,
    /// The key that it was signed with.
    pub access_key_id: &'s AccessKeyId,
    /// What counts once.
    pub mark: Mark<'s>,
    /// When the request was signed, if that is known: the expiry of a URL does not tell.
    pub signed_at: Option<UnixSeconds>,
    /// The last second in which the request passes the time check.
    pub passes_until: UnixSeconds,
}

/// What is remembered of a request, together with the key.
#[derive(Clone, Copy)]
pub enum Mark<'m> {
    /// Its nonce, which counts once whatever time comes with it (SIG-16).
    Nonce(&'m str),
    /// Its signature, where the scheme has no nonce (SIG-20): the bytes, for their text may be written in several ways.
    Signature(&'m [u8]),
}

/// Neither nonce nor signature is shown.
impl std::fmt::Debug for Mark<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Nonce(_) => "Nonce(..)",
            Self::Signature(_) => "Signature(..)",
        })
    }
}

/// What other processes have to be told so that it counts once for all of them. Names neither key nor nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedMark {
    /// The same in every process: half of the SHA-256 of kind, `AccessKey` id and nonce or signature.
    pub fingerprint: [u8; 16],
    /// The last second in which it could pass the time check again.
    pub passes_until: UnixSeconds,
}

impl Spending<'_> {
    /// What to tell the others.
    pub(super) fn shared(&self) -> SharedMark {
        let digest = self.digest(b"ramgate replay 1");
        let fingerprint = digest.first_chunk().copied().unwrap_or_default();
        SharedMark { fingerprint, passes_until: self.passes_until }
    }

    /// A hash of key and mark, begun with `prefix`.
    pub(super) fn digest(&self, prefix: &[u8]) -> [u8; 32] {
        let key = self.access_key_id.as_str().as_bytes();
        match self.mark {
            Mark::Nonce(nonce) => digest(prefix, b'n', &[key, nonce.as_bytes()]),
            Mark::Signature(bytes) => digest(prefix, b'g', &[key, bytes]),
        }
    }
}

/// SHA-256 of parts that cannot run into each other.
pub(super) fn digest(prefix: &[u8], kind: u8, parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(prefix);
    hash.update([kind]);
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}
