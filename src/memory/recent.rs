//! What was worked out lately and need not be worked out again.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// SHA-256 of what a value was worked out from.
pub type ContentKey = [u8; 32];

/// Parts, so that threads seldom wait for each other.
const PARTS: usize = 16;

/// Values by what they follow from, the least used forgotten first once they take more than a given number of bytes.
pub struct Recent<V> {
    parts: Box<[Mutex<Part<V>>]>,
    part_bytes_max: usize,
}

/// Two generations: when the young one has half of the room, it becomes the old one, and what nobody asked for since the
/// last change is dropped. That is nearly the order of use, without a list to keep.
struct Part<V> {
    young: HashMap<ContentKey, Kept<V>>,
    old: HashMap<ContentKey, Kept<V>>,
    young_bytes: usize,
}

struct Kept<V> {
    value: Arc<V>,
    bytes: usize,
}

impl<V> Recent<V> {
    /// Nothing yet, and room for values of `bytes_max` bytes in all.
    pub fn new(bytes_max: usize) -> Self {
        let parts = (0..PARTS).map(|_| Mutex::default()).collect();
        Self { parts, part_bytes_max: bytes_max / PARTS }
    }

    /// The value, if it is still remembered.
    pub fn get(&self, key: &ContentKey) -> Option<Arc<V>> {
        let mut part = self.part(key)?;
        if let Some(kept) = part.young.get(key) {
            return Some(Arc::clone(&kept.value));
        }
        let kept = part.old.remove(key)?;
        let value = Arc::clone(&kept.value);
        part.put(*key, kept, self.part_bytes_max);
        Some(value)
    }

    /// Remembers a value that takes about so many bytes.
    pub fn put(&self, key: ContentKey, value: Arc<V>, bytes: usize) {
        if let Some(mut part) = self.part(&key) {
            part.put(key, Kept { value, bytes }, self.part_bytes_max);
        }
    }

    fn part(&self, key: &ContentKey) -> Option<MutexGuard<'_, Part<V>>> {
        let [first, ..] = *key;
        let part = self.parts.get(usize::from(first) % PARTS)?;
        Some(part.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<V> Part<V> {
    fn put(&mut self, key: ContentKey, kept: Kept<V>, bytes_max: usize) {
        if self.young_bytes + kept.bytes > bytes_max / 2 {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        if kept.bytes > bytes_max / 2 {
            return; // larger than all the room there is
        }
        self.young_bytes += kept.bytes;
        if let Some(before) = self.young.insert(key, kept) {
            self.young_bytes = self.young_bytes.saturating_sub(before.bytes);
        }
    }
}

impl<V> Default for Part<V> {
    fn default() -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), young_bytes: 0 }
    }
}

impl<V> fmt::Debug for Recent<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recent({} parts of {} bytes)", self.parts.len(), self.part_bytes_max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All of one part.
    fn key(number: u8) -> ContentKey {
        let mut key = [0; 32];
        key[1] = number;
        key
    }

    fn remembered(recent: &Recent<u8>) -> Vec<u8> {
        (0..=255).filter(|number| recent.get(&key(*number)).is_some()).collect()
    }

    #[test]
    fn what_is_used_stays() {
        let recent = Recent::new(PARTS * 10);
        for number in 0..20 {
            recent.put(key(number), Arc::new(number), 1);
            assert_eq!(recent.get(&key(0)).as_deref(), Some(&0), "after {number}");
        }
        let kept = remembered(&recent);
        assert!(kept.contains(&0) && kept.contains(&19) && !kept.contains(&1), "{kept:?}");
        assert!(kept.len() <= 10, "{kept:?}");
    }

    #[test]
    fn room_is_bounded_whatever_the_sizes() {
        let recent = Recent::new(PARTS * 100);
        for number in 0..=255 {
            recent.put(key(number), Arc::new(number), usize::from(number));
        }
        let kept: usize = remembered(&recent).into_iter().map(usize::from).sum();
        assert!(kept <= 100, "{kept}");
        recent.put(key(7), Arc::new(7), 7);
        recent.put(key(7), Arc::new(8), 7);
        assert_eq!(recent.get(&key(7)).as_deref(), Some(&8));
        recent.put(key(9), Arc::new(9), 51);
        assert!(recent.get(&key(9)).is_none(), "more than half of the room");
    }

    #[test]
    fn parts_are_apart() {
        let recent = Recent::new(PARTS * 4);
        let mut other = key(1);
        other[0] = 1;
        recent.put(other, Arc::new(1), 1);
        for number in 0..50 {
            recent.put(key(number), Arc::new(number), 1);
        }
        assert!(recent.get(&other).is_some());
    }
}
