//! The key ring: which keys there are, and which of them is used when.

use std::collections::HashMap;

use super::entry::{Derived, RingEntry};
use super::{IssuerPublic, Kid};
use crate::ident::{AccountId, UnixSeconds};

/// All keys, by id, each with what follows from it.
#[derive(Debug, Default)]
pub struct KeyRing {
    pub(super) held: HashMap<Kid, Held>,
}

/// An entry and its derived keys, computed once.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) entry: RingEntry,
    pub(super) derived: Derived,
}

impl KeyRing {
    /// The entry with this id.
    pub fn entry(&self, kid: Kid) -> Option<&RingEntry> {
        self.held.get(&kid).map(|held| &held.entry)
    }

    /// All entries, in no particular order.
    pub fn entries(&self) -> impl Iterator<Item = &RingEntry> {
        self.held.values().map(|held| &held.entry)
    }

    /// The key that an issuer seals with at an instant: the newest of its own (TOK-03, TOK-05).
    pub(super) fn sealing(
        &self,
        account: AccountId,
        issuer: Option<&IssuerPublic>,
        at: UnixSeconds,
    ) -> Option<&Held> {
        let seals = |held: &&Held| {
            let RingEntry { times, .. } = &held.entry;
            held.entry.account == account
                && held.entry.issuer.as_ref() == issuer
                && (times.not_before..times.seal_until).contains(&at)
        };
        let newest = |held: &&Held| (held.entry.times.not_before, held.entry.kid);
        self.held.values().filter(seals).max_by_key(newest)
    }
}

/// Ids are expected to differ: a file with equal ones is refused before.
impl FromIterator<RingEntry> for KeyRing {
    fn from_iter<I: IntoIterator<Item = RingEntry>>(entries: I) -> Self {
        let held = |entry: RingEntry| (entry.kid, Held { derived: entry.derived(), entry });
        Self { held: entries.into_iter().map(held).collect() }
    }
}
