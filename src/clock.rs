//! The only reader of the clocks.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::ident::UnixSeconds;

/// The wall clock, in whole seconds.
pub fn now() -> UnixSeconds {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the wall clock"
    )]
    let now = SystemTime::now();
    let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
    UnixSeconds(i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// The wall clock with microseconds, as the audit record prints it.
pub fn timestamp() -> jiff::Timestamp {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the wall clock"
    )]
    let now = SystemTime::now();
    jiff::Timestamp::try_from(now).unwrap_or_default()
}

/// The monotonic clock, for durations.
pub fn monotonic() -> Instant {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the monotonic clock"
    )]
    Instant::now()
}
