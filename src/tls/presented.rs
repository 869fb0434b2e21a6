use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio_rustls::TlsAcceptor;

use super::Identity;
use crate::ident::UnixSeconds;

/// The identity that new connections are shown. Those that are open keep theirs.
pub struct Presented(ArcSwap<Identity>);

impl Presented {
    /// Begins with an identity.
    pub fn new(identity: Identity) -> Self {
        Self(ArcSwap::from_pointee(identity))
    }

    /// Shows another from now on. Sessions are remembered by an identity, so none is resumed across the change.
    pub fn replace(&self, identity: Identity) {
        self.0.store(Arc::new(identity));
    }

    /// When the certificate in force ends.
    pub fn not_after(&self) -> UnixSeconds {
        self.0.load().not_after()
    }

    /// What the next connection is taken with.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(self.0.load().settings()))
    }
}

impl fmt::Debug for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Presented").field(&self.0.load()).finish()
    }
}
