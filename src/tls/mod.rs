//! What the gate shows to callers who want encryption: a certificate with its key, and how sessions are agreed on (rules
//! N10, N13 – N16 of the threat model); and the authority that `ramgate dev-cert` makes.
//!
//! TLS 1.2 and 1.3, HTTP/1.1 and nothing else behind it, no early data, no client certificates, no renegotiation. The name
//! that a client asks for decides nothing: there is one certificate, and what a request means is in the request.

mod authority;
mod expiry;
mod identity;
mod pem;
mod presented;

pub use authority::{Authority, AuthorityError, Issued, Permitted};
pub use identity::Identity;
pub use presented::Presented;

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};

/// The one implementation of the primitives.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
