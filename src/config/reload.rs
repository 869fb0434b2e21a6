//! The section `reload`.

use std::time::Duration;

use super::choice::choice;
use super::limits::number;
use super::model::{Reload, StalePolicy};
use super::read::section;
use crate::strict::{Fields, Reader};

/// Slower looks would break the promise that a change works within one second.
const INTERVAL_MS: (u64, u64) = (10, 400);
const INTERVAL_MS_DEFAULT: u64 = 150;
/// Some looks must fit into the shortest.
const AGE_SECONDS: (u64, u64) = (2, 86_400);
const AGE_SECONDS_DEFAULT: u64 = 300;

const STALE_POLICIES: [(&str, StalePolicy); 2] =
    [("deny_all", StalePolicy::DenyAll), ("deny_sessions", StalePolicy::DenySessions)];

pub(super) fn read(reader: &mut Reader<'_>, root: &Fields<'_>) -> Reload {
    let mut reload = Reload {
        interval: Duration::from_millis(INTERVAL_MS_DEFAULT),
        age_max: Duration::from_secs(AGE_SECONDS_DEFAULT),
        stale: StalePolicy::DenyAll,
    };
    let known = ["interval_ms", "max_snapshot_age", "stale_policy"];
    if let Some(fields) = section(reader, root, "reload", &known) {
        let interval_ms = number(reader, &fields, "interval_ms", INTERVAL_MS_DEFAULT, INTERVAL_MS);
        let age = number(reader, &fields, "max_snapshot_age", AGE_SECONDS_DEFAULT, AGE_SECONDS);
        reload.interval = Duration::from_millis(interval_ms);
        reload.age_max = Duration::from_secs(age);
        reload.stale =
            choice(reader, &fields, "stale_policy", &STALE_POLICIES).unwrap_or(reload.stale);
    }
    reload
}
