//! The two sides of a call for a session of a role, whatever ended the decision (8.3).

use super::{Answer, Near, nearest};
use crate::policy::decide::{self, Decision, Verdict};
use crate::policy::layers::{Layers, OfRole, asked_of_role};
use crate::policy::{AccessRequest, Caller};

/// What the caller's own policies say about becoming a role, and what the role says about the caller.
#[derive(Clone, Debug)]
pub struct Sides<'s> {
    /// The answer of each set of the caller's own policies; none for callers that need no such side.
    pub caller: Vec<Answer<'s>>,
    /// The Allow statements of the caller that came closest, where that side allows nothing.
    pub caller_near: Vec<Near<'s>>,
    /// The answer of the trust policy.
    pub trust: Answer<'s>,
    /// The same of the trust policy.
    pub trust_near: Vec<Near<'s>>,
    /// Whether the role belongs to a service, so that nobody else becomes it.
    pub service_linked: bool,
}

impl Sides<'_> {
    /// What the caller's side comes to: a Deny of any set, else an Allow of any. `None` where none is needed.
    pub fn caller_verdict(&self) -> Option<Verdict> {
        let has = |verdict| self.caller.iter().any(|answer| answer.verdict == verdict);
        let found = [Verdict::ExplicitDeny, Verdict::Allow].into_iter().find(|it| has(*it));
        (!self.caller.is_empty()).then(|| found.unwrap_or(Verdict::ImplicitDeny))
    }
}

/// Both sides; `None` for anything but `sts:AssumeRole`.
pub fn sides<'s>(layers: &Layers<'s>, access: &AccessRequest<'_>) -> Option<Sides<'s>> {
    if asked_of_role(access) != Some(OfRole::Assume) {
        return None;
    }
    let (own, trust) = decide::sides(layers, access);
    let caller: Vec<Answer<'s>> = own.iter().map(Answer::of).collect();
    let near = |decision: &Decision<'s>| match decision.verdict {
        Verdict::ImplicitDeny => nearest(layers, access, decision, &caller),
        Verdict::Allow | Verdict::ExplicitDeny => Vec::new(),
    };
    let silent = own.iter().all(|it| it.verdict == Verdict::ImplicitDeny);
    let first = own.first().filter(|_| silent);
    let caller_near = first.map(near).unwrap_or_default();
    let near_trust = near(&trust);
    let by_service = matches!(access.caller, Caller::Service { .. });
    Some(Sides {
        caller_near,
        trust: Answer::of(&trust),
        trust_near: near_trust,
        service_linked: !by_service && decide::is_service_linked(layers, access),
        caller,
    })
}

impl<'s> Answer<'s> {
    pub(super) fn of(decision: &Decision<'s>) -> Self {
        let Decision { layer, verdict, statement, .. } = *decision;
        Self { layer, verdict, statement }
    }
}
