use std::sync::Arc;

use super::Snapshot;
use crate::credential::{AccessKey, Status};
use crate::ident::{SecretKey, UnixSeconds};
use crate::revocation::Revocations;
use crate::signature::Key;

/// What the `AccessKey` id of a request leads to. Each variant has a key to verify with, so that all cost the same;
/// only [`KeyLookup::Found`] may ever be let in.
#[derive(Clone, Copy, Debug)]
pub enum KeyLookup<'s> {
    /// A pair in use.
    Found(&'s AccessKey),
    /// A pair of an account that is frozen.
    Frozen {
        /// What it is verified with.
        key: Key<'s>,
    },
    /// A pair that has been switched off.
    Inactive {
        /// What it is verified with.
        key: Key<'s>,
    },
    /// A pair that has been revoked, or whose owner has.
    Revoked {
        /// What it is verified with.
        key: Key<'s>,
    },
    /// No such pair, or nobody owns it.
    Unknown {
        /// A secret nobody knows.
        dummy: &'s SecretKey,
    },
}

impl<'s> KeyLookup<'s> {
    /// The key to verify the request with.
    pub fn key(&self) -> Key<'s> {
        match self {
            Self::Found(pair) => pair.material.as_key(),
            Self::Inactive { key } | Self::Revoked { key } | Self::Frozen { key } => *key,
            Self::Unknown { dummy } => Key::Secret(dummy),
        }
    }
}

impl Snapshot {
    /// Looks an `AccessKey` id up.
    pub fn authenticate(&self, access_key_id: &str, revocations: &Revocations) -> KeyLookup<'_> {
        let Some(pair) = self.keys.find(access_key_id) else {
            return KeyLookup::Unknown { dummy: &self.dummy };
        };
        let key = pair.material.as_key();
        if revocations.revokes(&pair.id, &pair.owner) {
            return KeyLookup::Revoked { key };
        }
        match pair.status {
            Status::Active if self.directory.is_frozen(pair.owner.account()) => {
                KeyLookup::Frozen { key }
            }
            Status::Active => KeyLookup::Found(pair),
            Status::Inactive => KeyLookup::Inactive { key },
        }
    }
}

/// What a request is decided by: a generation and the revocations of the moment. Each changes without the other.
#[derive(Clone, Debug)]
pub struct World {
    /// The generation.
    pub snapshot: Arc<Snapshot>,
    /// What the files give now, while they do not compile as a whole: it permits nothing by itself, and what it refuses is
    /// refused.
    pub restraint: Option<Arc<Snapshot>>,
    /// The revocations.
    pub revocations: Arc<Revocations>,
    /// Since when these.
    pub revoked: Revoked,
}

/// How the revocations in force came to be so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// How many files came into force in this process, this one included.
    pub generation: u64,
    /// The first eight bytes of the SHA-256 of the file.
    pub hash: u64,
    /// When it came into force.
    pub effective: UnixSeconds,
}

impl World {
    /// The world of the restraint, to be asked beside this one.
    pub fn restrained(&self) -> Option<Self> {
        let snapshot = Arc::clone(self.restraint.as_ref()?);
        Some(Self { snapshot, restraint: None, ..self.clone() })
    }

    /// Looks an `AccessKey` id up.
    pub fn authenticate(&self, access_key_id: &str) -> KeyLookup<'_> {
        self.snapshot.authenticate(access_key_id, &self.revocations)
    }
}
