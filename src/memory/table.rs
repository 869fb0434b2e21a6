//! A set of fingerprints that costs little more than the fingerprints.

use std::num::NonZeroU64;

/// 64 bits of a keyed hash. Each part of the guard compares only what hashes to it, so about 70 bits decide: with ten
/// million entries, a false "used" comes once in some centuries of 5,000 calls a second.
pub(super) type Fingerprint = NonZeroU64;

/// Open addressing with linear probing in one list: 8 bytes a slot, a fifth to a third of the slots free, so 10 to 12.5
/// bytes an entry. Nothing is taken out: whoever owns a table drops it whole.
#[derive(Debug, Default)]
pub(super) struct Table {
    slots: Box<[Option<Fingerprint>]>,
    len: usize,
}

impl Table {
    pub(super) fn contains(&self, wanted: Fingerprint) -> bool {
        let (before, from) = self.slots.split_at(self.home(wanted));
        from.iter().chain(before).map_while(|slot| *slot).any(|found| found == wanted)
    }

    /// Adds what is not in the table yet.
    pub(super) fn insert(&mut self, new: Fingerprint) {
        if self.len >= self.slots.len() / 5 * 4 {
            self.grow();
        }
        self.put(new);
    }

    /// Memory of the list.
    pub(super) fn memory_bytes(&self) -> usize {
        size_of_val(&*self.slots)
    }

    /// By a quarter: doubling would leave half of the slots free.
    fn grow(&mut self) {
        let len = self.slots.len() + self.slots.len() / 4 + 10;
        let old = std::mem::replace(&mut self.slots, vec![None; len].into_boxed_slice());
        self.len = 0;
        old.into_iter().flatten().for_each(|kept| self.put(kept));
    }

    fn put(&mut self, new: Fingerprint) {
        let (before, from) = self.slots.split_at_mut(self.home(new));
        if let Some(free) = from.iter_mut().chain(before).find(|slot| slot.is_none()) {
            *free = Some(new);
            self.len += 1;
        }
    }

    /// Where the search begins: the fingerprint as a fraction of 2⁶⁴, times the length. Any length will do, and a longer
    /// list is filled in the order of the shorter one.
    fn home(&self, fingerprint: Fingerprint) -> usize {
        let place = (u128::from(fingerprint.get()) * self.slots.len() as u128) >> 64;
        usize::try_from(place).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_was_put_in_and_nothing_else() {
        let mut table = Table::default();
        let number = |index: u64| index.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        for index in 1..=20_000 {
            assert!(!table.contains(fingerprint(number(index * 2))), "{index} before");
            table.insert(fingerprint(number(index * 2)));
            assert!(table.contains(fingerprint(number(index * 2))), "{index} after");
        }
        assert!((1..=20_000).all(|index| table.contains(fingerprint(number(index * 2)))));
        assert!((1..=20_000).all(|index| !table.contains(fingerprint(number(index * 2 + 40_001)))));
        assert!(table.memory_bytes() <= 20_000 * 25 / 2, "{}", table.memory_bytes());
    }

    #[test]
    fn neighbours_at_the_end_go_on_at_the_beginning() {
        let mut table = Table::default();
        let last: Vec<_> = (0..100).map(|below| fingerprint(u64::MAX - below)).collect();
        for one in &last {
            table.insert(*one);
        }
        assert!(last.iter().all(|one| table.contains(*one)));
        assert!(!table.contains(fingerprint(u64::MAX - 100)));
        assert!(!table.contains(fingerprint(1)));
    }

    fn fingerprint(number: u64) -> Fingerprint {
        Fingerprint::new(number).unwrap()
    }
}
