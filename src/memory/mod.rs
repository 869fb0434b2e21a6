//! What the gate remembers between requests: which nonces, and if asked which signatures, have been used; what was worked out
//! or fetched lately; and how often somebody failed or called.
//!
//! Bounded, concurrent, and without a lock that covers it all. A live nonce is never forgotten to make room: when the
//! room is used up, callers are refused (SIG-17).

mod bucket;
mod error;
mod fetches;
mod recent;
mod replay;
mod settings;
mod shares;
mod spending;
mod table;
mod throttle;
mod throttles;

pub use error::ReplayError;
pub use fetches::{Fetches, Step};
pub use recent::{ContentKey, Recent};
pub use replay::ReplayGuard;
pub use settings::{Peers, ReplaySettings, SignedBeforeStart};
pub use spending::{Mark, SharedMark, Spending};
pub use throttle::{Holder, Rate, Throttle};
pub use throttles::{ThrottleSettings, Throttled, Throttles};
