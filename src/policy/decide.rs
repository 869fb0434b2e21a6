//! Decides one access (section 8 of the policy language; C-7, V-16).
//!
//! Pure: no IO, no clock, no allocation on the way. A statement that cannot be evaluated denies if it is a Deny and is
//! ignored if it is an Allow.

use super::document::Effect;
use super::layers::{AclAnswer, ControlChain, Layers, OfRole, asked_of_role};
use super::set::{InvalidPolicy, PolicySet, Probe, StatementRef};
use super::{AccessRequest, Caller, ForeignCallers, RelativeId, Resource, Truth};

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A statement allows, none denies.
    Allow,
    /// A statement denies.
    ExplicitDeny,
    /// No statement allows.
    ImplicitDeny,
}

impl Verdict {
    /// The word of the worked cases and of the audit record.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::ExplicitDeny => "ExplicitDeny",
            Self::ImplicitDeny => "ImplicitDeny",
        }
    }

    /// Reads [`Self::as_str`].
    pub fn find(word: &str) -> Option<Self> {
        [Self::Allow, Self::ExplicitDeny, Self::ImplicitDeny]
            .into_iter()
            .find(|verdict| verdict.as_str() == word)
    }
}

/// The layer that ended the evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer<'s> {
    /// The control policies of an account or folder.
    Control(&'s str),
    /// The session policy.
    Session,
    /// The caller's own policies, of the whole account.
    Identity,
    /// The caller's own policies, of a resource group.
    ResourceGroup(&'s str),
    /// The resource-based policies.
    Resource,
    /// The trust policy.
    Trust,
    /// What root may do by being root, and may not.
    Root,
    /// The access control list.
    Acl,
    /// None: the operation needs no permission.
    Exempt,
}

impl Layer<'_> {
    /// The `PolicyType` that a denied caller reads (9.1); `None` where there is no documented value.
    pub fn policy_type(&self) -> Option<&'static str> {
        match self {
            Self::Control(_) => Some("ControlPolicy"),
            Self::Session => Some("SessionPolicy"),
            Self::Identity | Self::Root => Some("AccountLevelIdentityBasedPolicy"),
            Self::ResourceGroup(_) => Some("ResourceGroupLevelIdentityBasedPolicy"),
            Self::Trust => Some("AssumeRolePolicy"),
            Self::Resource | Self::Acl | Self::Exempt => None,
        }
    }
}

/// The answer and what it rests on.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'s> {
    /// The answer.
    pub verdict: Verdict,
    /// The layer that ended the evaluation.
    pub layer: Layer<'s>,
    /// The layer whose kind a denied caller reads (9.1): that of its own policies, wherever these allow no assuming of a role.
    pub reported: Layer<'s>,
    /// The statement that decided. There is none behind an implicit deny, nor behind the rights of root.
    pub statement: Option<StatementRef<'s>>,
    /// [`Truth::Indeterminate`] when a Deny applies only because the gate cannot know whether it does.
    pub certainty: Truth,
    /// The document that is not valid, behind a deny that rests on it (V-16).
    pub invalid: Option<&'s InvalidPolicy>,
}

impl<'s> Decision<'s> {
    fn of(verdict: Verdict, layer: Layer<'s>) -> Self {
        let (statement, certainty, invalid) = (None, Truth::True, None);
        Self { verdict, layer, reported: layer, statement, certainty, invalid }
    }

    fn implicit(layer: Layer<'s>) -> Self {
        Self::of(Verdict::ImplicitDeny, layer)
    }

    fn allows(&self) -> bool {
        self.verdict == Verdict::Allow
    }

    fn denies(&self) -> bool {
        self.verdict == Verdict::ExplicitDeny
    }
}

/// Is told what each layer answered, in order.
pub(super) trait Trace<'s> {
    fn answered(&mut self, decision: &Decision<'s>);
}

/// Nobody wants to know.
impl Trace<'_> for () {
    fn answered(&mut self, _decision: &Decision<'_>) {}
}

/// Decides.
pub fn decide<'s>(layers: &Layers<'s>, access: &AccessRequest<'_>) -> Decision<'s> {
    walk(layers, access, &mut ())
}

/// Decides, and tells `trace` how.
pub(super) fn walk<'s>(
    layers: &Layers<'s>,
    access: &AccessRequest<'_>,
    trace: &mut impl Trace<'s>,
) -> Decision<'s> {
    if access.exempt && access.caller != Caller::Anonymous {
        return Decision::of(Verdict::Allow, Layer::Exempt);
    }
    let question = Question { layers: *layers, access, probe: &Probe::of(access) };
    for chain in layers.control {
        if let Some(refused) = question.control(chain, trace) {
            return refused;
        }
    }
    if let Some(policy) = layers.session {
        let session = question.basic(policy, Layer::Session);
        trace.answered(&session);
        if !session.allows() {
            return session;
        }
    }
    let merged = match asked_of_role(access) {
        Some(OfRole::Assume) => question.assume_role(trace),
        Some(OfRole::SetSourceIdentity) => question.own_side(trace),
        None => question.merge(trace),
    };
    question.then_acl(merged, trace)
}

/// The two sides of a call for a session of a role, each asked by itself and to the end (8.3): every set of the caller's own
/// policies, and the trust policy. No set is asked for callers that need none.
pub(super) fn sides<'s>(
    layers: &Layers<'s>,
    access: &AccessRequest<'_>,
) -> (Vec<Decision<'s>>, Decision<'s>) {
    let question = Question { layers: *layers, access, probe: &Probe::of(access) };
    let own = match access.caller {
        Caller::User { .. } | Caller::Session { .. } => question.each_own_set(),
        _ => Vec::new(),
    };
    (own, question.trust())
}

struct Question<'q, 's, 'r> {
    layers: Layers<'s>,
    access: &'q AccessRequest<'r>,
    probe: &'q Probe,
}

impl<'s> Question<'_, 's, '_> {
    /// 8.2, step 1: the first level that does not allow ends everything.
    fn control(&self, chain: &'s ControlChain, trace: &mut impl Trace<'s>) -> Option<Decision<'s>> {
        for level in &chain.levels {
            let caller = &self.access.caller;
            let Some(policies) = level.binding(chain.account, caller) else { continue };
            let answer = self.basic(policies, Layer::Control(&level.name));
            trace.answered(&answer);
            if !answer.allows() {
                return Some(answer);
            }
        }
        None
    }

    /// 8.1: any Deny, else any Allow.
    fn basic(&self, set: &'s PolicySet, layer: Layer<'s>) -> Decision<'s> {
        let denied = self.deny(set, layer);
        denied.or_else(|| self.allow(set, layer)).unwrap_or(Decision::implicit(layer))
    }

    fn deny(&self, set: &'s PolicySet, layer: Layer<'s>) -> Option<Decision<'s>> {
        let denies = Decision::of(Verdict::ExplicitDeny, layer);
        if let Some(invalid) = set.invalid() {
            return Some(Decision { invalid: Some(invalid), ..denies });
        }
        let found = set.applying(Effect::Deny, self.access, self.probe)?;
        Some(Decision { statement: Some(found.statement), certainty: found.truth, ..denies })
    }

    fn allow(&self, set: &'s PolicySet, layer: Layer<'s>) -> Option<Decision<'s>> {
        let found = set.applying(Effect::Allow, self.access, self.probe)?;
        Some(Decision { statement: Some(found.statement), ..Decision::of(Verdict::Allow, layer) })
    }

    /// 8.2, step 3: result A.
    fn identity(&self) -> Decision<'s> {
        match self.access.caller {
            Caller::User { .. } | Caller::Session { .. } => self.own_policies(),
            Caller::Root { account } if self.access.owner == Some(account) => {
                Decision::of(Verdict::Allow, Layer::Root)
            }
            Caller::Root { .. } => Decision::implicit(Layer::Root),
            Caller::Service { .. } | Caller::Federated { .. } | Caller::Anonymous => {
                Decision::implicit(Layer::Identity)
            }
        }
    }

    fn own_policies(&self) -> Decision<'s> {
        let Layers { account, groups, group, .. } = self.layers;
        let in_scope =
            |effect| groups.iter().filter(move |policies| group.admits(&policies.group, effect));
        self.deny(account, Layer::Identity)
            .or_else(|| {
                in_scope(Effect::Deny)
                    .find_map(|own| self.deny(&own.policies, Layer::ResourceGroup(&own.group)))
            })
            .or_else(|| self.allow(account, Layer::Identity))
            .or_else(|| {
                in_scope(Effect::Allow)
                    .find_map(|own| self.allow(&own.policies, Layer::ResourceGroup(&own.group)))
            })
            .unwrap_or(Decision::implicit(Layer::Identity))
    }

    /// The same, with an answer for each set.
    fn each_own_set(&self) -> Vec<Decision<'s>> {
        let Layers { account, groups, group, .. } = self.layers;
        let of_group = groups.iter().filter_map(|own| {
            let layer = Layer::ResourceGroup(&own.group);
            if group.admits(&own.group, Effect::Allow) {
                return Some(self.basic(&own.policies, layer));
            }
            let denies = group.admits(&own.group, Effect::Deny);
            denies.then(|| self.deny(&own.policies, layer)).flatten()
        });
        [self.basic(account, Layer::Identity)].into_iter().chain(of_group).collect()
    }

    /// Result B.
    fn trust(&self) -> Decision<'s> {
        match self.layers.trust {
            Some(trust) => self.basic(trust.policy, Layer::Trust),
            None => Decision::implicit(Layer::Trust),
        }
    }

    /// 8.2, step 4, and 8.4 for callers of another account.
    fn merge(&self, trace: &mut impl Trace<'s>) -> Decision<'s> {
        let a = self.identity();
        trace.answered(&a);
        if a.denies() {
            return a;
        }
        let b = self.basic(self.layers.resource, Layer::Resource);
        if !self.layers.resource.is_empty() {
            trace.answered(&b);
        }
        if b.denies() {
            return b;
        }
        let owner = self.access.owner;
        let foreign = owner.is_none() || self.access.caller.account() != owner;
        let suffices = self.access.traits.foreign == ForeignCallers::NeedTheResource;
        match (a.allows(), b.allows()) {
            // Whose resource it is, is not known: nothing can be allowed on it.
            _ if owner.is_none() => Decision::implicit(a.layer),
            (_, true) if foreign && suffices => b,
            (true, true) if foreign => b,
            (true, false) if foreign => Decision::implicit(Layer::Resource),
            (false, true) if foreign => Decision::implicit(a.layer),
            (true, _) => a,
            (false, true) => b,
            (false, false) => Decision::implicit(a.layer),
        }
    }

    /// 8.3: both sides are needed, inside one account too.
    fn assume_role(&self, trace: &mut impl Trace<'s>) -> Decision<'s> {
        let b = self.trust();
        let caller = &self.access.caller;
        if matches!(caller, Caller::Root { .. } | Caller::Anonymous) {
            trace.answered(&b);
            let layer = match caller {
                Caller::Root { .. } => Layer::Root,
                _ => Layer::Trust,
            };
            return if b.denies() { b } else { Decision::implicit(layer) };
        }
        let by_service = matches!(caller, Caller::Service { .. });
        if by_service || matches!(caller, Caller::Federated { .. }) {
            trace.answered(&b);
            let kept = self.is_service_linked() && !by_service && b.allows();
            return if kept { Decision::implicit(Layer::Trust) } else { b };
        }
        let a = self.identity();
        trace.answered(&a);
        trace.answered(&b);
        match (a.verdict, b.verdict) {
            (Verdict::ExplicitDeny, _) => a,
            (Verdict::ImplicitDeny, Verdict::ExplicitDeny) => Decision { reported: a.layer, ..b },
            (_, Verdict::ExplicitDeny) => b,
            (Verdict::ImplicitDeny, _) => a,
            (_, Verdict::ImplicitDeny) => b,
            (Verdict::Allow, Verdict::Allow) if self.is_service_linked() => {
                Decision::implicit(Layer::Trust)
            }
            (Verdict::Allow, Verdict::Allow) => b,
        }
    }

    /// Naming oneself to a role is asked together with assuming it, which has the other side: a trust policy has no word
    /// for it (TP-02), so nothing of the role's could ever allow it.
    fn own_side(&self, trace: &mut impl Trace<'s>) -> Decision<'s> {
        let a = self.identity();
        trace.answered(&a);
        a
    }

    fn is_service_linked(&self) -> bool {
        is_service_linked(&self.layers, self.access)
    }

    /// 8.5: what nothing allowed or denied, the access control list may admit.
    fn then_acl(&self, merged: Decision<'s>, trace: &mut impl Trace<'s>) -> Decision<'s> {
        let asked = merged.verdict == Verdict::ImplicitDeny
            && self.access.traits.acl
            && self.access.owner.is_some();
        let Some(answer) = self.layers.acl.filter(|_| asked) else { return merged };
        let admitted = answer == AclAnswer::Admits && !self.access.public_blocked;
        let verdict = if admitted { Verdict::Allow } else { Verdict::ImplicitDeny };
        let decision = Decision::of(verdict, Layer::Acl);
        trace.answered(&decision);
        if admitted { decision } else { merged }
    }
}

/// 7.3: only its service may assume a service-linked role.
pub(super) fn is_service_linked(layers: &Layers<'_>, access: &AccessRequest<'_>) -> bool {
    const ROLE: &str = "role/AliyunServiceRoleFor";
    let named = match access.resource {
        Resource::Named { relative_id: RelativeId::Known(id), .. } => {
            id.get(..ROLE.len()).is_some_and(|start| start.eq_ignore_ascii_case(ROLE))
        }
        _ => false,
    };
    named || layers.trust.is_some_and(|trust| trust.service_linked)
}
