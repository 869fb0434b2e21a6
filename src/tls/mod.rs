//! What the gate shows to callers who want encryption: a certificate with its key, and how sessions are agreed on (rules
//! N10, N13 – N16 of the threat model); whom it believes itself when it asks others; and the authority that `ramgate dev-cert`
//! makes.
//!
//! TLS 1.2 and 1.3, HTTP/1.1 and nothing else behind it, no early data, no client certificates, no renegotiation. The name
//! that a client asks for decides nothing: there is one certificate, and what a request means is in the request.

mod authority;
mod client;
mod expiry;
mod identity;
mod pem;
mod presented;

pub use authority::{Authority, AuthorityError, Issued, Permitted};
pub use client::{Client, ClientError, ClientStream, TrustError};
pub use identity::Identity;
pub use presented::Presented;

use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::{CryptoProvider, ring};

use crate::ident::UnixSeconds;

/// The one implementation of the primitives.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn since_1970(time: UnixSeconds) -> Duration {
    Duration::from_secs(u64::try_from(time.0).unwrap_or(0))
}
