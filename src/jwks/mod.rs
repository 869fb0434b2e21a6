//! The keys of OIDC providers that have none in their files: fetched from the issuer, and remembered (section 4.3 of the
//! identities sheet).
//!
//! Only issuers of sessions fetch, and only for providers of the directory. Who fetches is told where by what a stranger may have
//! sent, so nothing is believed on the way: `https` alone, no redirect, no address inside, little patience, small answers. The
//! connections live on a thread of their own, so that neither a slow name server nor a handshake holds up a worker. When a fetch
//! is due, [`crate::memory::Fetches`] says.

mod address;
mod discovery;
mod error;
mod fetcher;
mod get;
mod url;

pub use error::FetchError;
pub use fetcher::{Busy, Fetcher};

use crate::federation::OidcProvider;

/// What decides which keys are fetched. Providers that agree in it share them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Source {
    /// `IssuerUrl`
    pub issuer: Box<str>,
    /// `Fingerprints`; empty for any certificate that the machine trusts.
    pub fingerprints: Box<[Box<str>]>,
}

impl Source {
    /// That of a provider.
    pub fn of(provider: &OidcProvider) -> Self {
        let fingerprints = provider.fingerprints.iter().map(|it| it.as_str().into());
        Self { issuer: provider.issuer.as_str().into(), fingerprints: fingerprints.collect() }
    }
}
