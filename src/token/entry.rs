//! One entry of a key ring and the keys that follow from it (TOK-01 – TOK-04).

use std::fmt;

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::ident::{AccountId, UnixSeconds};

use super::{IssuerPublic, Kid, LIFETIME_SECONDS_MAX};

/// A key of 32 bytes, wiped when dropped.
pub(super) type Key32 = Zeroizing<[u8; 32]>;

const SEAL_INFO: &[u8] = b"ramgate/sts/v1/seal";
const SECRET_INFO: &[u8] = b"ramgate/sts/v1/secret";

/// Clocks of issuers and verifiers may differ by this much.
pub(super) const SKEW_SECONDS: i64 = 60;
/// How long an entry has to stay after the last token was sealed with it.
const OPEN_AFTER_SEAL_SECONDS: i64 = LIFETIME_SECONDS_MAX + 2 * SKEW_SECONDS;

/// Which tokens an entry takes. Exactly one, so that nobody can step down (TOK-04).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// Whoever can open a token can mint one.
    V1 = 1,
    /// An issuer signs: whoever can only open cannot mint.
    V2 = 2,
}

/// When an entry is used for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// From here on issuers seal.
    pub not_before: UnixSeconds,
    /// Until here, without this second.
    pub seal_until: UnixSeconds,
    /// Until here, without this second, verifiers open.
    pub open_until: UnixSeconds,
}

/// What an entry is good for at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryState {
    /// Not yet sealed with.
    Future,
    /// Sealed with, and opened.
    Sealing,
    /// Opened only.
    Open,
    /// Nothing: it can be removed.
    Closed,
}

/// What is wrong with an entry as a whole (TOK-01).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// It would never be sealed with.
    #[error("`not_before` is after `seal_until`")]
    SealsNever,
    /// Tokens would outlive it.
    #[error("`seal_until` is not before `open_until`")]
    ClosesEarly,
}

/// One entry: the key of an account for a time.
pub struct RingEntry {
    /// Its id.
    pub kid: Kid,
    /// The account whose roles it is for.
    pub account: AccountId,
    /// When it is used.
    pub times: Times,
    /// Who signs; nobody for version 1.
    pub issuer: Option<IssuerPublic>,
    key: Key32,
}

/// The keys that follow from the key of an entry (TOK-02).
pub(super) struct Derived {
    pub(super) seal: Key32,
    pub(super) secret: Key32,
}

impl Times {
    /// Sealing for `seconds` from `not_before` on, and opening until the last token has ended.
    pub fn sealing_for(not_before: UnixSeconds, seconds: i64) -> Self {
        let seal_until = UnixSeconds(not_before.0.saturating_add(seconds));
        let open_until = UnixSeconds(seal_until.0.saturating_add(OPEN_AFTER_SEAL_SECONDS));
        Self { not_before, seal_until, open_until }
    }

    /// What these times mean at an instant.
    pub fn state(&self, now: UnixSeconds) -> EntryState {
        match now {
            _ if now >= self.open_until => EntryState::Closed,
            _ if now >= self.seal_until => EntryState::Open,
            _ if now >= self.not_before => EntryState::Sealing,
            _ => EntryState::Future,
        }
    }

    /// Whether tokens of the longest life that are sealed last can still be opened to their end (TOK-03).
    pub fn outlast_tokens(&self) -> bool {
        self.open_until.0.saturating_sub(self.seal_until.0) >= OPEN_AFTER_SEAL_SECONDS
    }
}

impl RingEntry {
    /// An entry, if its times make sense.
    pub fn new(
        kid: Kid,
        account: AccountId,
        key: Zeroizing<[u8; 32]>,
        times: Times,
        issuer: Option<IssuerPublic>,
    ) -> Result<Self, EntryError> {
        if times.not_before > times.seal_until {
            return Err(EntryError::SealsNever);
        }
        if times.seal_until >= times.open_until {
            return Err(EntryError::ClosesEarly);
        }
        Ok(Self { kid, account, times, issuer, key })
    }

    /// Which tokens it takes.
    pub fn version(&self) -> Version {
        if self.issuer.is_some() { Version::V2 } else { Version::V1 }
    }

    /// The key, for writing it down again.
    pub(super) fn key(&self) -> &[u8; 32] {
        &self.key
    }

    pub(super) fn derived(&self) -> Derived {
        Derived { seal: derive(&self.key, SEAL_INFO), secret: derive(&self.key, SECRET_INFO) }
    }
}

/// HKDF-SHA256 with an empty salt.
pub(super) fn derive(key: &Key32, info: &[u8]) -> Key32 {
    let mut output = Key32::default();
    let expanded = Hkdf::<Sha256>::new(None, key.as_slice()).expand(info, output.as_mut_slice());
    #[expect(clippy::expect_used, reason = "HKDF gives up to 8,160 bytes; zeros would be no key")]
    expanded.expect("32 bytes");
    output
}

impl fmt::Debug for RingEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RingEntry({} of {}, ..)", self.kid, self.account)
    }
}

impl fmt::Debug for Derived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Derived(..)")
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
        })
    }
}

impl fmt::Display for EntryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Future => "future",
            Self::Sealing => "sealing",
            Self::Open => "open",
            Self::Closed => "closed",
        })
    }
}
