//! How often somebody may do something (TOK-21, SIG-101, STS-08): a bucket of tokens for everybody, which refills evenly.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::ident::{AccountId, UnixSeconds};

/// What one use costs. A bucket refills by as many units a second as it may be used in a minute, so that nothing is rounded.
const UNITS: u64 = 60;

/// Parts, so that threads seldom wait for each other.
const PARTS: usize = 16;

/// How many buckets a part keeps: 65,536 in all, about 4 MiB. A bucket that nobody used while half as many others were used is
/// forgotten, as if it were full: whoever can show so many addresses has as many buckets anyway.
const PART_BUCKETS_MAX: usize = 4096;

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// On average.
    pub per_minute: u32,
    /// At once, after a pause.
    pub burst: u32,
}

/// Whose bucket it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Holder(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    V4(u32),
    /// The first 64 bits: whoever has one address of such a network has all of them.
    V6([u16; 4]),
    Account(AccountId),
}

impl From<IpAddr> for Holder {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => Kind::V4(address.to_bits()),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Kind::V6([a, b, c, d])
            }
        })
    }
}

impl From<AccountId> for Holder {
    fn from(account: AccountId) -> Self {
        Self(Kind::Account(account))
    }
}

/// One limit for many holders. Those that use less than it never meet each other.
pub struct Throttle {
    rate: Option<Rate>,
    parts: Box<[Mutex<Part>]>,
    hasher: RandomState,
}

/// Two generations of buckets, of which the older one is dropped when the younger one is half of what there may be.
#[derive(Default)]
struct Part {
    young: HashMap<Holder, Bucket>,
    old: HashMap<Holder, Bucket>,
}

#[derive(Clone, Copy)]
struct Bucket {
    units: u64,
    at: UnixSeconds,
}

impl Throttle {
    /// Full buckets for everybody; `None` for no limit.
    pub fn new(rate: Option<Rate>) -> Self {
        Self {
            rate,
            parts: (0..PARTS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
        }
    }

    /// Takes one from the bucket; `false` if it has none.
    pub fn take(&self, holder: Holder, now: UnixSeconds) -> bool {
        let Some(rate) = self.rate else { return true };
        let mut part = self.part(holder);
        let mut bucket = part.find(holder).unwrap_or(rate.full(now));
        let taken = bucket.take(rate, now);
        part.put(holder, bucket);
        taken
    }

    /// How many buckets are kept.
    pub fn len(&self) -> usize {
        self.parts.iter().map(|part| lock(part).len()).sum()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn part(&self, holder: Holder) -> MutexGuard<'_, Part> {
        let [first, ..] = self.hasher.hash_one(holder).to_le_bytes();
        #[expect(clippy::indexing_slicing, reason = "a remainder of the length")]
        lock(&self.parts[usize::from(first) % PARTS])
    }
}

impl Part {
    fn find(&self, holder: Holder) -> Option<Bucket> {
        self.young.get(&holder).or_else(|| self.old.get(&holder)).copied()
    }

    fn put(&mut self, holder: Holder, bucket: Bucket) {
        if self.young.insert(holder, bucket).is_none() {
            self.old.remove(&holder);
        }
        if self.young.len() >= PART_BUCKETS_MAX / 2 {
            self.old = std::mem::take(&mut self.young);
        }
    }

    fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

impl Bucket {
    fn take(&mut self, rate: Rate, now: UnixSeconds) -> bool {
        *self = self.refilled(rate, now);
        match self.units.checked_sub(UNITS) {
            Some(left) => {
                self.units = left;
                true
            }
            None => false,
        }
    }

    /// What has come in since. A clock that was set back neither gives nor takes.
    fn refilled(self, rate: Rate, now: UnixSeconds) -> Self {
        let seconds = u64::try_from(now.0.saturating_sub(self.at.0)).unwrap_or(0);
        let units = self.units.saturating_add(seconds.saturating_mul(u64::from(rate.per_minute)));
        Self { units: units.min(rate.units_max()), at: now }
    }
}

impl Rate {
    /// As many a second, and as many at once.
    pub fn per_second(count: u32) -> Self {
        Self { per_minute: count.saturating_mul(60), burst: count }
    }

    /// As many a minute, and as many at once.
    pub fn per_minute(count: u32) -> Self {
        Self { per_minute: count, burst: count }
    }

    fn full(self, now: UnixSeconds) -> Bucket {
        Bucket { units: self.units_max(), at: now }
    }

    fn units_max(self) -> u64 {
        u64::from(self.burst) * UNITS
    }
}

fn lock(part: &Mutex<Part>) -> MutexGuard<'_, Part> {
    part.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Throttle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Throttle").field("rate", &self.rate).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
