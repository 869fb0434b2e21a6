//! Each nonce once (SIG-16, SIG-17).

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::bucket::{Part, Seen, TooFarAhead};
use super::shares::Shares;
use super::spending::digest;
use super::table::Fingerprint;
use super::{Mark, Peers, ReplayError, ReplaySettings, SharedMark, SignedBeforeStart, Spending};
use crate::ident::{Principal, UnixSeconds};

/// The look for buckets that are over.
const SWEEP_SECONDS: i64 = 5;
const PARTS: usize = 64;

/// Remembers what has been used, for as long as its requests could pass the time check again.
pub struct ReplayGuard {
    parts: Box<[Mutex<Part>]>,
    shares: Shares,
    seed: [u8; 32],
    begins: Option<UnixSeconds>,
    peers: Peers,
    swept: AtomicI64,
}

impl ReplayGuard {
    /// An empty guard. `seed` must be random: it keeps callers from choosing where their nonces land.
    pub fn new(settings: &ReplaySettings, seed: [u8; 32], started: UnixSeconds) -> Self {
        let begins = match settings.signed_before_start {
            SignedBeforeStart::Refuse => Some(started),
            SignedBeforeStart::Accept => None,
        };
        Self {
            parts: (0..PARTS).map(|_| Mutex::default()).collect(),
            shares: Shares::new(settings.capacity, settings.share_percent),
            seed,
            begins,
            peers: settings.peers,
            swept: AtomicI64::new(i64::MIN),
        }
    }

    /// Spends a nonce or signature. Of several calls with the same `AccessKey` id and nonce, whatever their times, one
    /// succeeds. It answers with what the other processes have to be told, if there are any.
    ///
    /// To be called after the signature has matched and the time has been checked, never before: otherwise strangers
    /// could spend other callers' nonces. The room is counted for the principal, because keys are cheap (SIG-17).
    pub fn spend(
        &self,
        what: &Spending<'_>,
        now: UnixSeconds,
    ) -> Result<Option<SharedMark>, ReplayError> {
        let is_old = |(signed_at, begins)| signed_at < begins;
        if what.signed_at.zip(self.begins).is_some_and(is_old) {
            return Err(ReplayError::SignedBeforeStart);
        }
        self.sweep(now);
        self.remember(what, now)?;
        Ok(match self.peers {
            Peers::None => None,
            Peers::Told => Some(what.shared()),
        })
    }

    fn remember(&self, what: &Spending<'_>, now: UnixSeconds) -> Result<(), ReplayError> {
        let share = self.share(what.principal);
        let (fingerprint, part) = self.place(&what.digest(&self.seed));
        let mut part = lock(part);
        let buckets = match what.mark {
            Mark::Nonce(_) => &mut part.nonces,
            Mark::Signature(_) => &mut part.signatures,
        };
        let end = buckets
            .end_of(what.passes_until, now)
            .map_err(|TooFarAhead| ReplayError::TooFarAhead)?;
        let seen = match what.mark {
            Mark::Nonce(_) => buckets.seen(fingerprint, end),
            Mark::Signature(_) => buckets.seen_at(fingerprint, end),
        };
        match seen {
            Seen::New => {}
            Seen::Used => return Err(ReplayError::Used),
            Seen::Forgotten => return Err(ReplayError::SignedBeforeStart),
        }
        self.shares.take(share, end)?;
        buckets.insert(fingerprint, end);
        Ok(())
    }

    /// How many entries can be remembered at once.
    pub fn capacity(&self) -> usize {
        self.shares.capacity()
    }

    /// How many entries are remembered now.
    pub fn len(&self) -> usize {
        self.shares.total()
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// About how much memory the entries take. Looks at every part: for metrics, not for requests.
    pub fn memory_bytes(&self) -> usize {
        let parts = self.parts.iter().map(|part| lock(part).memory_bytes());
        parts.sum::<usize>() + self.shares.memory_bytes()
    }

    /// The most memory that a full guard takes, at 13 bytes an entry.
    pub fn memory_bytes_max(&self) -> usize {
        self.capacity().saturating_mul(13)
    }

    /// Drops what is over, now and then. Every part at once: entries that are over must not take room from others. Each
    /// call of [`Self::spend`] does it too; it is for a guard that nobody calls.
    pub fn sweep(&self, now: UnixSeconds) {
        let tick = now.0.div_euclid(SWEEP_SECONDS);
        // Not `<`: after a jump ahead and back the sweeps must go on.
        if self.swept.swap(tick, Ordering::Relaxed) == tick {
            return;
        }
        self.parts.iter().for_each(|part| lock(part).sweep(now));
        self.shares.sweep(now);
    }

    fn share(&self, principal: &Principal) -> u64 {
        let digest = match principal {
            Principal::Root { account } => {
                digest(&self.seed, b'r', &[account.to_string().as_bytes()])
            }
            Principal::User { id, .. } => digest(&self.seed, b'u', &[id.as_str().as_bytes()]),
            // All sessions of a role share: their keys are free to mint.
            Principal::Session { role_id, .. } => {
                digest(&self.seed, b's', &[role_id.as_str().as_bytes()])
            }
        };
        first_u64(&digest)
    }

    fn place(&self, digest: &[u8; 32]) -> (Fingerprint, &Mutex<Part>) {
        let [.., last] = *digest;
        let fingerprint = Fingerprint::new(first_u64(digest)).unwrap_or(Fingerprint::MIN);
        #[expect(clippy::indexing_slicing, reason = "a remainder of the length")]
        (fingerprint, &self.parts[usize::from(last) % PARTS])
    }
}

/// The first 8 bytes of a hash as a number.
fn first_u64(digest: &[u8; 32]) -> u64 {
    digest.first_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

fn lock(part: &Mutex<Part>) -> MutexGuard<'_, Part> {
    part.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Neither the seed nor any nonce.
impl fmt::Debug for ReplayGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (len, capacity) = (self.len(), self.capacity());
        write!(f, "ReplayGuard({len} of {capacity})")
    }
}
