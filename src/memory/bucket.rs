//! A part of the guard: the fingerprints that hash here, by the minutes in which their requests were signed.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hash, Hasher};

use crate::ident::UnixSeconds;

/// Width of a bucket. A look-up asks each bucket and a bucket is dropped whole, so this trades look-up time (900 s each
/// way are at most 8 buckets) for entries that are kept up to 300 s longer than needed.
pub(super) const BUCKET_SECONDS: i64 = 300;

/// 96 bits of a keyed hash over `AccessKey` id and nonce.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint(pub(super) [u8; 12]);

impl Hash for Fingerprint {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(first_u64(&self.0));
    }
}

/// The first 8 bytes of a hash as a number.
pub(super) fn first_u64(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

/// The fingerprint is a keyed hash already; hashing it again would add nothing.
#[derive(Default)]
pub(super) struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

/// How many entries each share holds in a bucket.
pub(super) type Owners = HashMap<u64, usize, BuildHasherDefault<AsIs>>;

struct Bucket {
    number: i64,
    used: HashSet<Fingerprint, BuildHasherDefault<AsIs>>,
    owners: Owners,
}

/// Where a request's signing time stands in this part of the guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Not used, as far back as this part remembers.
    New,
    /// Used.
    Used,
    /// Signed in a time whose nonces have been dropped: nobody can tell.
    Forgotten,
}

/// One part of the guard.
#[derive(Default)]
pub(super) struct Part {
    buckets: Vec<Bucket>,
    /// The newest bucket that has been dropped. Nothing signed in it or before is admitted again: the clock may jump
    /// ahead and come back.
    forgotten: Option<i64>,
}

impl Part {
    pub(super) fn seen(&self, fingerprint: &Fingerprint, signed_at: UnixSeconds) -> Seen {
        let number = bucket_number(signed_at);
        if self.forgotten.is_some_and(|forgotten| number <= forgotten) {
            return Seen::Forgotten;
        }
        let used = self.buckets.iter().any(|bucket| bucket.used.contains(fingerprint));
        if used { Seen::Used } else { Seen::New }
    }

    pub(super) fn insert(&mut self, fingerprint: Fingerprint, share: u64, signed_at: UnixSeconds) {
        let bucket = self.bucket(bucket_number(signed_at));
        bucket.used.insert(fingerprint);
        *bucket.owners.entry(share).or_default() += 1;
    }

    fn bucket(&mut self, number: i64) -> &mut Bucket {
        let at = match self.buckets.binary_search_by_key(&number, |bucket| bucket.number) {
            Ok(at) => at,
            Err(at) => {
                let (used, owners) = (HashSet::default(), Owners::default());
                self.buckets.insert(at, Bucket { number, used, owners });
                at
            }
        };
        #[expect(
            clippy::indexing_slicing,
            reason = "the search found `at`, or the line above made it"
        )]
        &mut self.buckets[at]
    }

    /// Drops the buckets whose requests can no longer pass the time check, and says whose entries went.
    pub(super) fn sweep(&mut self, now: UnixSeconds, keep_seconds: i64) -> Vec<Owners> {
        let oldest = now.0.saturating_sub(keep_seconds);
        let over = |bucket: &Bucket| bucket_end(bucket.number) <= oldest;
        let count = self.buckets.iter().take_while(|bucket| over(bucket)).count();
        let dropped: Vec<Bucket> = self.buckets.drain(..count).collect();
        if let Some(newest) = dropped.last() {
            self.forgotten = self.forgotten.max(Some(newest.number));
        }
        dropped.into_iter().map(|bucket| bucket.owners).collect()
    }

    /// An estimate of the memory behind the sets: a slot is a fingerprint and a control byte, one in eight is spare.
    pub(super) fn memory_bytes(&self) -> usize {
        let slot = size_of::<Fingerprint>() + 1;
        let bytes = |bucket: &Bucket| {
            let owner = size_of::<(u64, usize)>() + 1;
            (bucket.used.capacity() * slot + bucket.owners.capacity() * owner) * 8 / 7
        };
        self.buckets.iter().map(bytes).sum()
    }
}

fn bucket_number(signed_at: UnixSeconds) -> i64 {
    signed_at.0.div_euclid(BUCKET_SECONDS)
}

/// The first second after the bucket.
fn bucket_end(number: i64) -> i64 {
    number.saturating_add(1).saturating_mul(BUCKET_SECONDS)
}
