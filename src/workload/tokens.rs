//! The tokens of the instance metadata (MD-24): proof that a request could be made with a method and headers of choice, which
//! a workload that is tricked into fetching an address cannot.

use std::collections::VecDeque;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::ident::{SecretKey, UnixSeconds};

/// How many are alive at most.
const ALIVE_MAX: usize = 64;

/// Whether a token has to be fetched before anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenRule {
    /// It has.
    Required,
    /// Who has none is answered too, for clients that know none. A token that nobody gave out is refused.
    Optional,
}

/// The tokens that are alive, oldest first.
#[derive(Debug, Default)]
pub struct TokenTable {
    alive: VecDeque<Alive>,
}

struct Alive {
    token: SecretKey,
    ends: UnixSeconds,
}

impl fmt::Debug for Alive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Alive(until {})", self.ends)
    }
}

impl TokenTable {
    /// Gives out a token of 256 random bits. What is over goes, and then the oldest where there is no room.
    pub fn issue(&mut self, random: [u8; 32], seconds: i64, now: UnixSeconds) -> String {
        self.alive.retain(|alive| now < alive.ends);
        while self.alive.len() >= ALIVE_MAX {
            self.alive.pop_front();
        }
        let token = URL_SAFE_NO_PAD.encode(random);
        let ends = UnixSeconds(now.0.saturating_add(seconds));
        self.alive.push_back(Alive { token: SecretKey::from(token.as_str()), ends });
        token
    }

    /// Whether a token was given out and is not over.
    pub fn knows(&self, token: &str, now: UnixSeconds) -> bool {
        let is = |alive: &Alive| alive.token.is(token.as_bytes()) && now < alive.ends;
        self.alive.iter().fold(false, |known, alive| known | is(alive))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: UnixSeconds = UnixSeconds(1_000_000);

    fn later(seconds: i64) -> UnixSeconds {
        UnixSeconds(NOW.0 + seconds)
    }

    #[test]
    fn a_token_lives_as_long_as_was_asked() {
        let mut table = TokenTable::default();
        let token = table.issue([7; 32], 10, NOW);
        assert_eq!(token.len(), 43);
        assert!(table.knows(&token, NOW) && table.knows(&token, later(9)));
        assert!(!table.knows(&token, later(10)));
        for other in ["", &format!("{token}="), &format!("x{token}"), &token.to_ascii_uppercase()] {
            assert!(!table.knows(other, NOW), "{other}");
        }
    }

    #[test]
    fn the_oldest_goes() {
        let mut table = TokenTable::default();
        let issued: Vec<String> = (0..65).map(|it| table.issue([it; 32], 100, NOW)).collect();
        assert_eq!(table.alive.len(), 64);
        assert!(!table.knows(&issued[0], NOW));
        assert!(issued[1..].iter().all(|token| table.knows(token, NOW)));
    }

    proptest! {
        /// A table of all that was ever given out, in its order, says the same: known is what is among the last 64 that were
        /// alive when a newer one came.
        #[test]
        fn like_a_list(steps in prop::collection::vec((1..50_i64, 0..20_i64), 1..200)) {
            let mut table = TokenTable::default();
            let mut all: Vec<(String, i64)> = Vec::new();
            let mut now = NOW.0;
            for (number, (seconds, pause)) in (0_u32..).zip(steps) {
                now += pause;
                let mut random = [0; 32];
                random[..4].copy_from_slice(&number.to_be_bytes());
                all.retain(|(_, ends)| now < *ends);
                if all.len() == ALIVE_MAX {
                    all.remove(0);
                }
                all.push((table.issue(random, seconds, UnixSeconds(now)), now + seconds));
                prop_assert!(table.alive.len() <= ALIVE_MAX);
                prop_assert!(all.iter().all(|(token, _)| table.knows(token, UnixSeconds(now))));
                prop_assert_eq!(all.len(), table.alive.len());
            }
        }
    }
}
