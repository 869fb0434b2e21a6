//! Each nonce once (SIG-16, SIG-17).

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use super::bucket::{Fingerprint, Part, Seen, first_u64};
use super::shares::Shares;
use crate::ident::{AccessKeyId, Principal, UnixSeconds};

/// How far a request's time may be from the clock, either way (SIG-14).
const SKEW_SECONDS_MAX: i64 = 900;
/// An entry stays this much longer than its request could pass the time check.
const MARGIN_SECONDS: i64 = 60;
const KEEP_SECONDS: i64 = SKEW_SECONDS_MAX + MARGIN_SECONDS;
/// The look for buckets that are over.
const SWEEP_SECONDS: i64 = 15;
const PARTS: usize = 64;

/// How much the guard remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplaySettings {
    /// How many nonces it remembers at once.
    pub capacity: usize,
    /// How many of a hundred of them one principal may hold.
    pub share_percent: u8,
    /// What happens to requests that were signed before the guard began to remember.
    pub signed_before_start: SignedBeforeStart,
}

/// What happens to a request that was signed before the process started: another process may have seen its nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedBeforeStart {
    /// It is refused. Clients whose clocks are slow are refused for that long after a start.
    Refuse,
    /// It is accepted, and might be a replay of a request before the start.
    Accept,
}

impl Default for ReplaySettings {
    /// Room for 1,500 signed calls a second. An entry is kept until its request's time is `KEEP_SECONDS` and at most one
    /// bucket and one sweep past: 900 + 60 + 300 + 15 = 1,275 s where clocks agree, 900 s more for clients that are 15
    /// minutes ahead. So 1,500 × 2,175 s = 3.26 million entries at worst, below 4,194,304; and a single caller
    /// whose clock agrees, 1,500 × 1,275 s = 1.91 million, stays below its half, 2,097,152. An entry takes 15 to 30
    /// bytes, so a full guard takes 60 to 120 MiB and an idle one next to nothing.
    fn default() -> Self {
        Self {
            capacity: 4 * 1024 * 1024,
            share_percent: 50,
            signed_before_start: SignedBeforeStart::Refuse,
        }
    }
}

/// Why a nonce is not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// It has been used with this `AccessKey`.
    #[error("the nonce has been used")]
    Used,
    /// The principal holds its whole share of the guard.
    #[error("the caller has used up its share of remembered nonces")]
    FullForCaller,
    /// The guard is full.
    #[error("no room for another nonce")]
    Full,
    /// The request was signed before the guard's memory begins: before the start of the process, or in a time that
    /// was over by the clock once already.
    #[error("signed before the memory of used nonces begins")]
    SignedBeforeStart,
}

/// Remembers which nonces have been used, for as long as their requests could pass the time check again.
pub struct ReplayGuard {
    parts: Box<[Mutex<Part>]>,
    shares: Shares,
    seed: [u8; 32],
    begins: Option<UnixSeconds>,
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
            swept: AtomicI64::new(i64::MIN),
        }
    }

    /// Spends a nonce. Of several calls with the same `AccessKey` id and nonce, whatever their times, one succeeds.
    ///
    /// To be called after the signature has matched and the time has been checked, never before: otherwise strangers
    /// could spend other callers' nonces. The room is counted for the principal, because keys are cheap (SIG-17).
    pub fn admit(
        &self,
        principal: &Principal,
        access_key_id: &AccessKeyId,
        nonce: &str,
        signed_at: UnixSeconds,
        now: UnixSeconds,
    ) -> Result<(), ReplayError> {
        if self.begins.is_some_and(|begins| signed_at < begins) {
            return Err(ReplayError::SignedBeforeStart);
        }
        self.sweep(now);
        let digest = self.digest(b'n', &[access_key_id.as_str(), nonce]);
        let (fingerprint, part) = self.place(&digest);
        let mut part = lock(part);
        match part.seen(&fingerprint, signed_at) {
            Seen::New => {}
            Seen::Used => return Err(ReplayError::Used),
            Seen::Forgotten => return Err(ReplayError::SignedBeforeStart),
        }
        let share = self.share(principal);
        self.shares.take(share)?;
        part.insert(fingerprint, share, signed_at);
        Ok(())
    }

    /// How many nonces can be remembered at once.
    pub fn capacity(&self) -> usize {
        self.shares.capacity()
    }

    /// How many nonces are remembered now.
    pub fn len(&self) -> usize {
        self.shares.total()
    }

    /// Whether no nonce is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// About how much memory the remembered nonces take. Looks at every part: for metrics, not for requests.
    pub fn memory_bytes(&self) -> usize {
        self.parts.iter().map(|part| lock(part).memory_bytes()).sum()
    }

    /// The most memory that a full guard takes, at 30 bytes an entry.
    pub fn memory_bytes_max(&self) -> usize {
        self.capacity().saturating_mul(30)
    }

    /// Drops what is over, now and then. Every part at once: entries that are over must not take room from others.
    fn sweep(&self, now: UnixSeconds) {
        let tick = now.0.div_euclid(SWEEP_SECONDS);
        // Not `<`: after a jump ahead and back the sweeps must go on.
        if self.swept.swap(tick, Ordering::Relaxed) == tick {
            return;
        }
        for part in &self.parts {
            let dropped = lock(part).sweep(now, KEEP_SECONDS);
            for owners in &dropped {
                self.shares.give_back(owners);
            }
        }
    }

    fn share(&self, principal: &Principal) -> u64 {
        let digest = match principal {
            Principal::Root { account } => self.digest(b'r', &[&account.to_string()]),
            Principal::User { id, .. } => self.digest(b'u', &[id.as_str()]),
            // All sessions of a role share: their keys are free to mint.
            Principal::Session { role_id, .. } => self.digest(b's', &[role_id.as_str()]),
        };
        first_u64(&digest)
    }

    fn digest(&self, kind: u8, texts: &[&str]) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.seed);
        hash.update([kind]);
        for text in texts {
            hash.update(text.len().to_le_bytes());
            hash.update(text);
        }
        hash.finalize().into()
    }

    fn place(&self, digest: &[u8; 32]) -> (Fingerprint, &Mutex<Part>) {
        let [.., last] = *digest;
        let index = usize::from(last) % PARTS;
        let fingerprint = Fingerprint(digest.first_chunk().copied().unwrap_or_default());
        #[expect(clippy::indexing_slicing, reason = "a remainder of the length")]
        (fingerprint, &self.parts[index])
    }
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
