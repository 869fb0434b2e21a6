//! The clock of the client against ours.

use crate::ident::UnixSeconds;
use crate::signature::{Claim, SKEW_SECONDS_MAX, Time};

use super::{Finding, Grade};

/// A difference so near to a multiple of half an hour is a time zone, not a drift.
const ZONE_SECONDS: i64 = 1800;
const NEAR_SECONDS: i64 = 120;

/// What is wrong with the time, if anything.
pub(super) fn check(claim: &Claim, now: UnixSeconds) -> Option<Finding> {
    claim.check_time(now).err()?;
    let finding =
        |id, what, help: &str| Finding { id, grade: Grade::Certain, what, help: help.to_owned() };
    Some(match claim.time() {
        Time::Window(at) => {
            let seconds = at.0.saturating_sub(now.0);
            let (id, direction) =
                if seconds > 0 { ("clock-ahead", "ahead of") } else { ("clock-behind", "behind") };
            let by = seconds.saturating_abs();
            let what = format!(
                "the request is signed for {at}, {by} seconds {direction} {now}; {SKEW_SECONDS_MAX} are allowed{}",
                zone(by)
            );
            finding(
                id,
                what,
                "set the client's clock by NTP and sign in UTC; sign each retry anew; for an old capture, give its own time with --time",
            )
        }
        Time::Until { until, .. } if now > until => {
            let by = now.0.saturating_sub(until.0);
            let what = format!("the signature ended at {until}, {by} seconds before {now}");
            finding("expired", what, "sign a new URL or policy, or let it live longer")
        }
        Time::Until { from, .. } => {
            let by = from.0.saturating_sub(now.0);
            let what = format!("the signature begins at {from}, {by} seconds after {now}");
            finding("not-yet-valid", what, "set the signer's clock by NTP, and sign in UTC")
        }
    })
}

fn zone(by: i64) -> String {
    let rest = by % ZONE_SECONDS;
    let near = rest <= NEAR_SECONDS || ZONE_SECONDS - rest <= NEAR_SECONDS;
    let halves = (by + NEAR_SECONDS) / ZONE_SECONDS;
    // No zone is further away than 14 hours.
    if near && (1..=28).contains(&halves) {
        let half = if halves % 2 == 1 { ".5" } else { "" };
        return format!(
            "; about {}{half} hours are a time zone: local time was written as UTC",
            halves / 2
        );
    }
    String::new()
}
