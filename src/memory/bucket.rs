//! A part of the guard: the fingerprints that hash here, by the times until which their requests can last pass.

use super::table::{Fingerprint, Table};
use crate::ident::UnixSeconds;

/// An entry stays this much longer than its request could pass the time check, so that neither a clock that is set back
/// a little nor another replica's clock opens the window again.
pub(super) const MARGIN_SECONDS: i64 = 60;

/// What may be looked up is looked up in every bucket, and a bucket is dropped whole: this trades look-up time (at most
/// 18 buckets of nonces) for entries that are kept up to that much longer than needed.
const NONCE_BUCKET_SECONDS: i64 = 120;

/// Signatures may count for seven days and are looked up in one bucket, so there are few buckets rather than small ones.
const SIGNATURE_BUCKET_SECONDS: i64 = 600;

/// How far ahead of the clock the time of a nonce may be: signed 15 minutes ahead, and 15 minutes more (SIG-14).
const NONCE_AHEAD_SECONDS_MAX: i64 = 1800;

/// The longest that a V4 URL counts (SIG-66). What counts for longer is refused: it cannot be remembered for as long.
const SIGNATURE_AHEAD_SECONDS_MAX: i64 = 7 * 24 * 3600;

/// Where a request stands in this part of the guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Not used, as far back as this part remembers.
    New,
    /// Used.
    Used,
    /// Of a time whose entries have been dropped: nobody can tell.
    Forgotten,
}

/// More than this kind of entry may be ahead of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooFarAhead;

/// One part of the guard.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) nonces: Buckets,
    pub(super) signatures: Buckets,
}

impl Default for Part {
    fn default() -> Self {
        Self {
            nonces: Buckets::new(NONCE_BUCKET_SECONDS, NONCE_AHEAD_SECONDS_MAX),
            signatures: Buckets::new(SIGNATURE_BUCKET_SECONDS, SIGNATURE_AHEAD_SECONDS_MAX),
        }
    }
}

impl Part {
    pub(super) fn sweep(&mut self, now: UnixSeconds) {
        self.nonces.sweep(now);
        self.signatures.sweep(now);
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.nonces.memory_bytes() + self.signatures.memory_bytes()
    }
}

/// Entries by the time until which their requests can pass.
#[derive(Debug)]
pub(super) struct Buckets {
    seconds: i64,
    ahead_seconds_max: i64,
    /// In the order of their ends.
    list: Vec<Bucket>,
    /// The end of the newest bucket that has been dropped. Nothing of its time or before is admitted again: the clock
    /// may jump ahead and come back.
    forgotten: Option<End>,
}

#[derive(Debug)]
struct Bucket {
    end: End,
    used: Table,
}

/// The first second after a bucket.
pub(super) type End = UnixSeconds;

impl Buckets {
    fn new(seconds: i64, ahead_seconds_max: i64) -> Self {
        Self { seconds, ahead_seconds_max, list: Vec::new(), forgotten: None }
    }

    /// The bucket of requests that can pass until then. There are never more buckets than fit into the time ahead.
    pub(super) fn end_of(
        &self,
        passes_until: UnixSeconds,
        now: UnixSeconds,
    ) -> Result<End, TooFarAhead> {
        if passes_until.0.saturating_sub(now.0) > self.ahead_seconds_max {
            return Err(TooFarAhead);
        }
        let number = passes_until.0.div_euclid(self.seconds);
        Ok(UnixSeconds(number.saturating_add(1).saturating_mul(self.seconds)))
    }

    /// Looks everywhere: a nonce counts once, whatever time comes with it.
    pub(super) fn seen(&self, fingerprint: Fingerprint, end: End) -> Seen {
        let used = || self.list.iter().any(|bucket| bucket.used.contains(fingerprint));
        self.judge(end, used)
    }

    /// Looks where it must be: a signature covers its own time.
    pub(super) fn seen_at(&self, fingerprint: Fingerprint, end: End) -> Seen {
        let bucket = self.find(end).ok().and_then(|at| self.list.get(at));
        self.judge(end, || bucket.is_some_and(|bucket| bucket.used.contains(fingerprint)))
    }

    fn judge(&self, end: End, used: impl FnOnce() -> bool) -> Seen {
        match self.forgotten {
            Some(forgotten) if end <= forgotten => Seen::Forgotten,
            _ if used() => Seen::Used,
            _ => Seen::New,
        }
    }

    pub(super) fn insert(&mut self, fingerprint: Fingerprint, end: End) {
        let at = self.find(end).unwrap_or_else(|at| {
            self.list.insert(at, Bucket { end, used: Table::default() });
            at
        });
        if let Some(bucket) = self.list.get_mut(at) {
            bucket.used.insert(fingerprint);
        }
    }

    fn find(&self, end: End) -> Result<usize, usize> {
        self.list.binary_search_by_key(&end, |bucket| bucket.end)
    }

    /// Drops the buckets whose requests can no longer pass the time check.
    fn sweep(&mut self, now: UnixSeconds) {
        let count = self.list.partition_point(|bucket| is_over(bucket.end, now));
        if let Some(newest) = self.list.drain(..count).next_back() {
            self.forgotten = self.forgotten.max(Some(newest.end));
        }
    }

    fn memory_bytes(&self) -> usize {
        let tables = self.list.iter().map(|bucket| bucket.used.memory_bytes());
        self.list.capacity() * size_of::<Bucket>() + tables.sum::<usize>()
    }
}

/// Whether what ends then need not be remembered any more.
pub(super) fn is_over(end: End, now: UnixSeconds) -> bool {
    end.0.saturating_add(MARGIN_SECONDS) <= now.0
}
