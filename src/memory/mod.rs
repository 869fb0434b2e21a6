//! What the gate remembers between requests: which nonces have been used.
//!
//! Bounded, concurrent, and without a lock that covers it all. A live entry is never forgotten to make room: when the
//! room is used up, callers are refused (SIG-17).

mod bucket;
mod replay;
mod shares;

pub use replay::{ReplayError, ReplayGuard, ReplaySettings, SignedBeforeStart};
