//! One listener's requests, answered from the world of the moment.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::request::Parts;

use crate::clock;
use crate::gate::{Asking, Freshness, Gate, Minted, Record, Refusal};
use crate::ident::{UnixSeconds, WorkloadName};
use crate::proxy::{Shared, entropy};
use crate::snapshot::World;
use crate::workload::{Answer, Asked, Door, Keeper, Lifetime, Refused, TokenTable};

use super::outcome::Attempt;

/// The sessions that are served, one for each workload whatever listener it comes to.
pub(super) type Kept = Mutex<HashMap<WorkloadName, Keeper<Minted>>>;

/// A listener with what it remembers.
pub(super) struct Desk {
    door: Door,
    tokens: Mutex<TokenTable>,
    kept: Arc<Kept>,
    shared: Arc<Shared>,
}

impl Desk {
    pub(super) fn new(door: Door, kept: Arc<Kept>, shared: Arc<Shared>) -> Self {
        Self { door, tokens: Mutex::default(), kept, shared }
    }

    /// Answers a request, and counts it.
    pub(super) fn answer(&self, head: &Parts, peer: Option<IpAddr>) -> Answer {
        let asking = Asking { now: clock::now(), peer };
        let read = self.door.read(head, &locked(&self.tokens), asking.now);
        let answered = read.and_then(|asked| self.serve(&asked, asking));
        let outcome = answered.as_ref().map_or_else(|refused| refused.as_str(), |_answer| "served");
        self.shared.metrics.workloads.answered(outcome);
        answered.unwrap_or_else(Refused::answer)
    }

    fn serve(&self, asked: &Asked, asking: Asking) -> Result<Answer, Refused> {
        let world = self.shared.current.load();
        let gate = self.gate(&world);
        match asked {
            Asked::Token(seconds) => self.token(*seconds, asking.now),
            Asked::RoleName(workload) => {
                let role = gate.bound_role(workload).ok_or(Refused::NotFound)?;
                Ok(Answer::role_name(&role.name))
            }
            Asked::Credentials { workload, role } => {
                let bound = gate.bound_role(workload);
                let named = |name: &String| bound.is_some_and(|it| it.name.as_str() == name);
                if !role.as_ref().is_none_or(named) {
                    return Err(Refused::NotFound);
                }
                self.credentials(&gate, workload, asking)
            }
        }
    }

    fn gate<'g>(&'g self, world: &'g World) -> Gate<'g> {
        let Shared { replay, throttles, rules, .. } = &*self.shared;
        Gate { world, replay, throttles, rules, freshness: self.shared.freshness() }
    }

    fn token(&self, seconds: i64, now: UnixSeconds) -> Result<Answer, Refused> {
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(|_no_chance| Refused::Unavailable)?;
        Ok(Answer::token(&locked(&self.tokens).issue(random, seconds, now)))
    }

    /// The kept session, or a new one. Who comes meanwhile waits for it, so that one is made for both.
    fn credentials(
        &self,
        gate: &Gate<'_>,
        workload: &WorkloadName,
        asking: Asking,
    ) -> Result<Answer, Refused> {
        if gate.freshness != Freshness::Fresh {
            return Err(Refused::Unavailable); // TOK-31: no gate would believe them now
        }
        let mut kept = locked(&self.kept);
        let keeper = kept.entry(workload.clone()).or_default();
        let holds = |minted: &Minted| gate.holds(workload, minted, asking.now);
        let minted = keeper
            .serve(asking.now, holds, || self.mint(gate, workload, asking))
            .map_err(|_told| Refused::Unavailable)?;
        Answer::credentials(&minted.payload, &minted.issued).ok_or(Refused::Unavailable)
    }

    /// A new session, which is a decision like any other: it is recorded, allowed or not.
    fn mint(
        &self,
        gate: &Gate<'_>,
        workload: &WorkloadName,
        asking: Asking,
    ) -> Result<(Minted, Lifetime), Refusal> {
        let started = clock::monotonic();
        let mut record = Record::default();
        let minted =
            entropy().and_then(|entropy| gate.mint(workload, asking, &entropy, &mut record));
        let refusal = minted.as_ref().err();
        Attempt { gate, workload, asking, record: &record, refusal, started }.tell(&self.shared);
        let minted = minted?;
        let Minted { payload, .. } = &minted;
        let lifetime = Lifetime { issued: payload.issued, expires: payload.expires };
        Ok((minted, lifetime))
    }
}

/// Nothing behind these locks is left half done by a panic.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
