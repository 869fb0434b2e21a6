//! How often callers may fail, and how often they may call what the gate answers itself (SIG-101, TOK-21, STS-08).
//!
//! What succeeds is never counted, and never refused for the failures of others behind the same address: with a permanent key
//! not at all, and with a session whose token has been opened before not either.

use std::net::IpAddr;

use crate::ident::UnixSeconds;
use crate::memory::{Holder, Throttled};

use super::{Code, Gate, Proven, Record, Refusal, Wire, sts};

impl Gate<'_> {
    /// Charges a call that the gate answers itself: to the account of its caller, or without one to the peer. To be called once,
    /// before anything is done for the call.
    pub fn charge(
        &self,
        proven: &Proven,
        wire: &mut Wire,
        record: &mut Record,
    ) -> Result<(), Refusal> {
        let facts = &proven.facts;
        let (throttle, holder, throttled) = match &proven.caller {
            Some(caller) => {
                (&self.throttles.calls, caller.principal.account().into(), Throttled::Calls)
            }
            None => (&self.throttles.anonymous_calls, facts.peer.into(), Throttled::AnonymousCalls),
        };
        if throttle.take(holder, facts.now) {
            return Ok(());
        }
        let reason = match throttled {
            Throttled::AnonymousCalls => "too many calls of this peer without credentials",
            Throttled::Calls | Throttled::Failures => "too many calls of this account",
        };
        *wire = sts::format(proven).map_or(*wire, sts::wire_of);
        record.throttled = Some(throttled);
        Err(Refusal::new(Code::Throttled, reason))
    }

    /// Counts a refusal that tells something about credentials. A peer that has had too many learns nothing more, and the
    /// operator what it would have learnt.
    pub(super) fn count_failure(
        &self,
        refusal: Refusal,
        peer: IpAddr,
        now: UnixSeconds,
        record: &mut Record,
    ) -> Refusal {
        let counts = refusal.code.is_about_credentials();
        if !counts || self.throttles.failures.take(Holder::from(peer), now) {
            return refusal;
        }
        record.throttled = Some(Throttled::Failures);
        let reason = format!("too many failures of this peer; {}", refusal.reason);
        Refusal::new(Code::Throttled, reason)
    }

    /// Whether a token may be opened that has not been opened before: that is work before any signature (TOK-21).
    pub(super) fn may_open(
        &self,
        token: &str,
        peer: IpAddr,
        now: UnixSeconds,
        record: &mut Record,
    ) -> Result<(), Refusal> {
        let has_left = self.throttles.failures.has(Holder::from(peer), now);
        if has_left || self.world.has_opened(token) {
            return Ok(());
        }
        record.throttled = Some(Throttled::Failures);
        let reason = "too many failures of this peer, and its token has not been opened before";
        Err(Refusal::new(Code::Throttled, reason))
    }
}
