//! A nonce that counts once for several processes: all of them ask one store (`replay.shared`).
//!
//! A process asks after its own guard admitted the nonce, so that it never sends twice whatever the store says, and
//! before the decision. The store sees fingerprints, no nonce and no `AccessKey` id. One connection a worker, kept by a
//! task of that worker; without the feature `redis` there is none.

#[cfg(feature = "redis")]
mod keeper;
#[cfg(not(feature = "redis"))]
mod none;
#[cfg(feature = "redis")]
mod store;

use std::fmt;
use std::io;
use std::sync::Arc;

use crate::config::SharedStore;
use crate::ident::SecretKey;

#[cfg(not(feature = "redis"))]
pub use none::Store;
#[cfg(feature = "redis")]
pub use store::Store;

/// Reads the password as it is now: a changed one counts from the next connection on.
pub type Password = Arc<dyn Fn() -> io::Result<SecretKey> + Send + Sync>;

/// How to get to the store.
#[derive(Clone)]
pub struct Access {
    /// The section of the configuration.
    pub settings: SharedStore,
    /// The password, if the store wants one.
    pub password: Option<Password>,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// What the store says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// This process came first.
    Won,
    /// Another process has seen the nonce.
    Lost,
}

/// The store does not answer, or not in time, or not sensibly.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the shared store of nonces {0}")]
pub struct StoreError(String);
