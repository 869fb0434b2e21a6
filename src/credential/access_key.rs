use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use super::Network;
use crate::ident::{AccessKeyId, Principal, SecretKey, UnixSeconds};
use crate::policy::PolicySet;
use crate::signature::{Key, PublicKey};

/// Whether a pair may be used (ID-20).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It may.
    Active,
    /// It authenticates nobody: `InvalidAccessKeyId.Inactive`.
    Inactive,
}

/// What is registered of a pair, to verify with.
#[derive(Debug)]
pub enum KeyMaterial {
    /// The secret half, which both sides hold.
    Secret(SecretKey),
    /// The public half of an RSA pair (signatures sheet 2.8).
    Public(PublicKey),
}

impl KeyMaterial {
    /// The key to verify with.
    pub fn as_key(&self) -> Key<'_> {
        match self {
            Self::Secret(secret) => Key::Secret(secret),
            Self::Public(key) => Key::Public(key),
        }
    }

    /// Whether both verify the same, in a time that tells nothing about a secret.
    pub fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Secret(own), Self::Secret(other)) => own == other,
            (Self::Public(own), Self::Public(other)) => own == other,
            (Self::Secret(_), Self::Public(_)) | (Self::Public(_), Self::Secret(_)) => false,
        }
    }
}

/// An `AccessKey` pair whose owner is known.
#[derive(Debug)]
pub struct AccessKey {
    /// The public half.
    pub id: AccessKeyId,
    /// Who the pair stands for: the account's root, or a user of the directory.
    pub owner: Principal,
    /// What it is verified with. A request keeps it, to be held against what is there later.
    pub material: Arc<KeyMaterial>,
    /// Whether it may be used.
    pub status: Status,
    /// From where it may be used; `None`: from everywhere (ID-23).
    pub networks: Option<Box<[Network]>>,
    /// What is special about a pair of a session; `None` for a permanent one.
    pub session: Option<Session>,
}

impl AccessKey {
    /// Whether the pair may be used by a peer with this address.
    pub fn admits(&self, peer: IpAddr) -> bool {
        let networks = self.networks.as_deref();
        networks.is_none_or(|networks| networks.iter().any(|network| network.contains(peer)))
    }
}

/// The rest of a session's credentials.
#[derive(Debug)]
pub struct Session {
    /// The security token that goes with the pair.
    pub token: SecretKey,
    /// When it ends.
    pub expires: UnixSeconds,
    /// The policy that bounds it; `None` for a session without one.
    pub policy: Option<Arc<PolicySet>>,
}

/// All pairs of a deployment, by id.
#[derive(Debug, Default)]
pub struct AccessKeys {
    by_id: HashMap<Box<str>, AccessKey>,
}

impl AccessKeys {
    /// The pair with this id, compared byte for byte (ID-10).
    pub fn find(&self, id: &str) -> Option<&AccessKey> {
        self.by_id.get(id)
    }

    /// All pairs, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = &AccessKey> {
        self.by_id.values()
    }

    /// How many pairs there are.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there is no pair at all.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }
}

impl FromIterator<AccessKey> for AccessKeys {
    /// Ids are expected to differ: the keys file with equal ones is refused before.
    fn from_iter<I: IntoIterator<Item = AccessKey>>(keys: I) -> Self {
        let by_id = keys.into_iter().map(|key| (key.id.as_str().into(), key)).collect();
        Self { by_id }
    }
}
