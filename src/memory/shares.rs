//! How much of the guard each principal holds. No principal may hold more than its share, so that one caller cannot
//! crowd the others out.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::ReplayError;
use super::bucket::{End, is_over};
use crate::ident::UnixSeconds;

const PARTS: usize = 16;

type Part = HashMap<u64, Holding, BuildHasherDefault<AsIs>>;

/// A principal is known by a keyed hash already; hashing it again would add nothing.
#[derive(Default)]
struct AsIs(u64);

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

/// What one principal holds, and how much of it goes with each bucket.
#[derive(Default)]
struct Holding {
    total: usize,
    /// In the order of the ends.
    by_end: Vec<(End, usize)>,
}

impl Holding {
    fn add(&mut self, end: End) {
        self.total += 1;
        match self.by_end.binary_search_by_key(&end, |(end, _)| *end) {
            Ok(at) => self.by_end.iter_mut().skip(at).take(1).for_each(|(_, count)| *count += 1),
            Err(at) => self.by_end.insert(at, (end, 1)),
        }
    }

    /// Lets go of what is over, and says how much that was.
    fn sweep(&mut self, now: UnixSeconds) -> usize {
        let over = self.by_end.partition_point(|(end, _)| is_over(*end, now));
        let count = self.by_end.drain(..over).map(|(_, count)| count).sum();
        self.total -= count;
        count
    }
}

/// The room of the guard, counted in entries.
pub(super) struct Shares {
    parts: [Mutex<Part>; PARTS],
    total: AtomicUsize,
    capacity: usize,
    each_max: usize,
}

impl Shares {
    pub(super) fn new(capacity: usize, share_percent: u8) -> Self {
        let each_max = (capacity / 100).saturating_mul(usize::from(share_percent.min(100)))
            + (capacity % 100) * usize::from(share_percent.min(100)) / 100;
        Self {
            parts: std::array::from_fn(|_| Mutex::default()),
            total: AtomicUsize::new(0),
            capacity,
            each_max: each_max.max(1),
        }
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    pub(super) fn total(&self) -> usize {
        self.total.load(Ordering::Relaxed)
    }

    /// Takes room for one entry that goes with the bucket of that end, all or nothing.
    pub(super) fn take(&self, share: u64, end: End) -> Result<(), ReplayError> {
        let mut part = self.part(share);
        if part.get(&share).is_some_and(|holding| holding.total >= self.each_max) {
            return Err(ReplayError::FullForCaller);
        }
        let one_more = |total: usize| (total < self.capacity).then_some(total + 1);
        self.total
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more)
            .map_err(|_total| ReplayError::Full)?;
        part.entry(share).or_default().add(end);
        Ok(())
    }

    /// Gives back what is over. To be called after the buckets have been dropped: room is counted for longer rather
    /// than given twice.
    pub(super) fn sweep(&self, now: UnixSeconds) {
        for part in &self.parts {
            let mut given_back = 0;
            lock(part).retain(|_, holding| {
                given_back += holding.sweep(now);
                holding.total > 0
            });
            self.total.fetch_sub(given_back, Ordering::Relaxed);
        }
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let slot = size_of::<(u64, Holding)>() + 1;
        let bytes = |part: &Mutex<Part>| {
            let part = lock(part);
            let lists = part.values().map(|it| it.by_end.capacity() * size_of::<(End, usize)>());
            lists.sum::<usize>() + part.capacity() * slot * 8 / 7
        };
        self.parts.iter().map(bytes).sum()
    }

    fn part(&self, share: u64) -> MutexGuard<'_, Part> {
        let [.., last] = share.to_le_bytes();
        #[expect(clippy::indexing_slicing, reason = "a remainder of the length")]
        lock(&self.parts[usize::from(last) % PARTS])
    }
}

fn lock(part: &Mutex<Part>) -> MutexGuard<'_, Part> {
    part.lock().unwrap_or_else(PoisonError::into_inner)
}
