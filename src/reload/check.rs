//! The report for a person: what a load says, and what the linter finds in the policies.

use std::path::Path;

use super::load;
use crate::ident::UnixSeconds;
use crate::revocation;
use crate::snapshot::Routed;
use crate::strict::Problem;

/// Loads as [`load`] does, for nothing but the report. Policies are linted when there are no errors.
pub fn check(path: &Path, now: UnixSeconds) -> Vec<Problem> {
    let loaded = match load(path, now) {
        Ok(loaded) => loaded,
        Err(problems) => return problems,
    };
    // The texts are read again, since a gate has no use for them once they are compiled.
    let (sources, unreadable) = loaded.source.read_what_is_there();
    let config = &loaded.config;
    let routed = |product: &str| match config.route_of(product).map(|route| &route.region) {
        None => Routed::No,
        Some(Some(_)) => Routed::Pinned,
        Some(None) => Routed::Unpinned,
    };
    let revocations = loaded.source.read_revocations().ok().flatten();
    let over = revocations.map(|file| revocation::lint(&file.name, &file.text, now));
    let world = loaded.current.load();
    let findings = world.snapshot.lint(&sources, config.account, &routed);
    loaded
        .warnings
        .into_iter()
        .chain(unreadable)
        .chain(findings)
        .chain(over.unwrap_or_default())
        .collect()
}
