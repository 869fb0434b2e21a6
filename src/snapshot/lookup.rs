use std::sync::Arc;

use super::Snapshot;
use crate::credential::{Session, Status};
use crate::directory::Revocations;
use crate::ident::{Principal, SecretKey};

/// What the `AccessKey` id of a request leads to. Each variant has a secret to verify with, so that all cost the same;
/// only [`KeyLookup::Found`] may ever be let in.
#[derive(Clone, Copy, Debug)]
pub enum KeyLookup<'s> {
    /// A pair in use.
    Found {
        /// Who it stands for.
        principal: &'s Principal,
        /// Its secret half.
        secret: &'s SecretKey,
        /// The rest of the credentials, for a session.
        session: Option<&'s Session>,
    },
    /// A pair that has been switched off.
    Inactive {
        /// Its secret half.
        secret: &'s SecretKey,
    },
    /// A pair that has been revoked, or whose owner has.
    Revoked {
        /// Its secret half.
        secret: &'s SecretKey,
    },
    /// No such pair, or nobody owns it.
    Unknown {
        /// A secret nobody knows.
        dummy: &'s SecretKey,
    },
}

impl<'s> KeyLookup<'s> {
    /// The secret to verify the request with.
    pub fn secret(&self) -> &'s SecretKey {
        match self {
            Self::Found { secret, .. } | Self::Inactive { secret } | Self::Revoked { secret } => {
                secret
            }
            Self::Unknown { dummy } => dummy,
        }
    }
}

impl Snapshot {
    /// Looks an `AccessKey` id up.
    pub fn authenticate(&self, access_key_id: &str, revocations: &Revocations) -> KeyLookup<'_> {
        let Some(key) = self.keys.find(access_key_id) else {
            return KeyLookup::Unknown { dummy: &self.dummy };
        };
        let secret = &key.secret;
        if revocations.revokes(&key.id, &key.owner) {
            return KeyLookup::Revoked { secret };
        }
        match key.status {
            Status::Active => {
                KeyLookup::Found { principal: &key.owner, secret, session: key.session.as_ref() }
            }
            Status::Inactive => KeyLookup::Inactive { secret },
        }
    }
}

/// What a request is decided by: a generation and the revocations of the moment. Each changes without the other.
#[derive(Clone, Debug)]
pub struct World {
    /// The generation.
    pub snapshot: Arc<Snapshot>,
    /// The revocations.
    pub revocations: Arc<Revocations>,
}

impl World {
    /// Looks an `AccessKey` id up.
    pub fn authenticate(&self, access_key_id: &str) -> KeyLookup<'_> {
        self.snapshot.authenticate(access_key_id, &self.revocations)
    }
}
