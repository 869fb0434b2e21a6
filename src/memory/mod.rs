//! What the gate remembers between requests: which nonces, and if asked which signatures, have been used.
//!
//! Bounded, concurrent, and without a lock that covers it all. A live entry is never forgotten to make room: when the
//! room is used up, callers are refused (SIG-17).

mod bucket;
mod error;
mod replay;
mod settings;
mod shares;
mod spending;
mod table;

pub use error::ReplayError;
pub use replay::ReplayGuard;
pub use settings::{Peers, ReplaySettings, SignedBeforeStart};
pub use spending::{Mark, SharedMark, Spending};
