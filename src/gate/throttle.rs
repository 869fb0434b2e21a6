//! How often callers may fail, and how often they may call what the gate answers itself (SIG-101, TOK-21, STS-08).
//!
//! What succeeds is never counted, and never refused for the failures of others behind the same address: a peer may be a whole
//! pod, or everybody behind one translator. So the work before the first signature is not spared either. To open what is no
//! token takes microseconds, like the signature of an unknown key: nothing is decoded or verified behind a seal that does not hold.

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
}
