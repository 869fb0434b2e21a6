//! How much of the guard each principal holds. No principal may hold more than its share, so that one caller cannot
//! crowd the others out.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::ReplayError;
use super::bucket::{AsIs, Owners};

const PARTS: usize = 16;

type Part = HashMap<u64, usize, BuildHasherDefault<AsIs>>;

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

    /// Takes room for one entry, all or nothing.
    pub(super) fn take(&self, share: u64) -> Result<(), ReplayError> {
        let mut part = self.part(share);
        let held = part.get(&share).copied().unwrap_or_default();
        if held >= self.each_max {
            return Err(ReplayError::FullForCaller);
        }
        let one_more = |total: usize| (total < self.capacity).then_some(total + 1);
        self.total
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more)
            .map_err(|_total| ReplayError::Full)?;
        part.insert(share, held + 1);
        Ok(())
    }

    /// Gives back what a dropped bucket held.
    pub(super) fn give_back(&self, owners: &Owners) {
        for (share, count) in owners {
            let mut part = self.part(*share);
            let left = part.get(share).copied().unwrap_or_default().saturating_sub(*count);
            if left == 0 {
                part.remove(share);
            } else {
                part.insert(*share, left);
            }
            drop(part);
            self.total.fetch_sub(*count, Ordering::Relaxed);
        }
    }

    fn part(&self, share: u64) -> MutexGuard<'_, Part> {
        let index = usize::from(share.to_le_bytes()[7]) % PARTS;
        #[expect(clippy::indexing_slicing, reason = "a remainder of the length")]
        self.parts[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}
