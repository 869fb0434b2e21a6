//! All positions of a pattern followed at once, a bit for each: one pass over the text, whatever the pattern.

use std::collections::HashMap;

use super::{Case, Unknown, fits};

const WORD_BITS: usize = 64;

/// Whether the whole text matches. The time is in proportion to the text, times the pattern's length in words of 64.
pub(super) fn matches(pattern: &str, text: &str, case: Case, unknown: Unknown) -> bool {
    let elements = Elements::of(pattern);
    let mut positions = elements.none();
    set(&mut positions, 0);
    let mut masks: HashMap<char, Vec<u64>> = HashMap::new();
    for given in text.chars() {
        let mask = masks.entry(given).or_insert_with(|| elements.taking(given, case, unknown));
        if !elements.advance(&mut positions, mask) {
            return false;
        }
    }
    is_set(&positions, elements.characters.len())
}

/// The characters of a pattern, and where a star stands: before the character of that number, or behind the last.
struct Elements {
    characters: Vec<char>,
    stars: Vec<u64>,
}

impl Elements {
    fn of(pattern: &str) -> Self {
        let characters: Vec<char> = pattern.chars().filter(|element| *element != '*').collect();
        let mut elements = Self { characters, stars: Vec::new() };
        elements.stars = elements.none();
        let mut before = 0_usize;
        for element in pattern.chars() {
            match element {
                '*' => set(&mut elements.stars, before),
                _ => before = before.saturating_add(1),
            }
        }
        elements
    }

    /// A bit for each position: before each character, and behind the last.
    fn none(&self) -> Vec<u64> {
        vec![0; self.characters.len() / WORD_BITS + 1]
    }

    /// The positions whose character takes `given`.
    fn taking(&self, given: char, case: Case, unknown: Unknown) -> Vec<u64> {
        let mut mask = self.none();
        for (position, wanted) in self.characters.iter().enumerate() {
            if fits(*wanted, given, case, unknown) {
                set(&mut mask, position);
            }
        }
        mask
    }

    /// Takes one character of the text: a position moves on if its character takes it, and stays where a star stands.
    /// False when no position is left.
    fn advance(&self, positions: &mut [u64], mask: &[u64]) -> bool {
        let (mut carry, mut left) = (0, 0);
        for ((word, takes), star) in positions.iter_mut().zip(mask).zip(&self.stars) {
            let moving = *word & takes;
            let staying = *word & star;
            *word = (moving << 1) | carry | staying;
            carry = moving >> (WORD_BITS - 1);
            left |= *word;
        }
        left != 0
    }
}

fn set(bits: &mut [u64], place: usize) {
    if let Some(word) = bits.get_mut(place / WORD_BITS) {
        *word |= 1 << (place % WORD_BITS);
    }
}

fn is_set(bits: &[u64], place: usize) -> bool {
    bits.get(place / WORD_BITS).is_some_and(|word| word & (1 << (place % WORD_BITS)) != 0)
}
