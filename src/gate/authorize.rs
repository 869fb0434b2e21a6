//! What the request means, and whether the policies allow it (rule A-7: every check must be allowed).

use crate::catalog::{
    Authorization, Call, Check, Content, Context as CatalogContext, Located, OwnedResource,
};
use crate::directory::Grants;
use crate::ident::{AccountId, Principal};
use crate::policy::{
    self, AccessRequest, Action, Caller, ControlChain, Layers, NO_CONTROL, RelativeId, Resource,
    ResourceGroup, Segment, Trust, Verdict,
};
use crate::request::Head;

use super::authenticate::Authenticated;
use super::context::{Context, OfResource};
use super::{Basis, Checked, Code, Facts, Gate, Record, Refusal};

impl Gate<'_> {
    #[expect(
        clippy::too_many_arguments,
        reason = "one call, and each is a different fact of the request"
    )]
    pub(super) fn authorize(
        &self,
        head: &Head,
        located: &Located<'_>,
        content: &Content<'_>,
        route: usize,
        caller: Option<&Authenticated>,
        facts: &Facts,
        record: &mut Record,
    ) -> Result<Basis, Refusal> {
        let call = self.resolve(head, located, content, route, caller, record)?;
        match (&call.auth, caller) {
            (Authorization::Anonymous, _) | (Authorization::SignatureOnly, Some(_)) => {
                Ok(Basis::Exempt)
            }
            (Authorization::Checks, None) if is_open_to_strangers(located) => {
                // The policies of the resource, or its access control list, may let anybody in (8.5).
                self.decide_all(head, located, &call, None, facts, record)
            }
            (Authorization::SignatureOnly | Authorization::Checks, None) => Err(Refusal::new(
                Code::Missing("AccessKeyId"),
                "the request carries no credentials",
            )),
            (Authorization::Checks, Some(caller)) => {
                self.decide_all(head, located, &call, Some(caller), facts, record)
            }
        }
    }

    fn resolve(
        &self,
        head: &Head,
        located: &Located<'_>,
        content: &Content<'_>,
        route: usize,
        caller: Option<&Authenticated>,
        record: &mut Record,
    ) -> Result<Call, Refusal> {
        let route = self.rules.routes.get(route);
        let user = caller.and_then(|caller| match &caller.principal {
            Principal::User { name, .. } => Some(name.as_str()),
            Principal::Root { .. } | Principal::Session { .. } => None,
        });
        let context = CatalogContext {
            account: self.rules.account,
            region: route.and_then(|route| route.region.as_deref()),
            user,
            literal_paths: route.is_some_and(|route| route.literal_paths),
        };
        let call = located.resolve(head, content, &context).map_err(|unreadable| {
            record.word = Some(unreadable.word.as_str());
            Refusal::from(unreadable)
        })?;
        record.operation = Some(call.operation.clone());
        Ok(call)
    }

    fn decide_all(
        &self,
        head: &Head,
        located: &Located<'_>,
        call: &Call,
        caller: Option<&Authenticated>,
        facts: &Facts,
        record: &mut Record,
    ) -> Result<Basis, Refusal> {
        let context = Context {
            facts,
            principal_arn: caller.map(|caller| caller.principal.condition_arn()),
            access_key_id: caller.map(|caller| caller.claim.access_key_id().as_str()),
            user_agent: caller
                .filter(|caller| caller.claim.signs("user-agent"))
                .and_then(|_signed| head.one("user-agent").ok().flatten()),
            call: &call.attributes,
        };
        let asked = Asked { caller, call, traits: located.product().traits(), context: &context };
        for check in &call.checks {
            for resource in &check.resources {
                let checked = self.check(&asked, check, resource);
                let allowed = checked.verdict == Verdict::Allow;
                record.checks.push(checked);
                if !allowed {
                    let reason = record.denied().and_then(|denied| denied.explanation.clone());
                    return Err(Refusal::new(Code::NoPermission, reason.unwrap_or_default()));
                }
            }
        }
        if record.checks.is_empty() {
            return Err(Refusal::new(
                Code::NoPermission,
                "the operation asks for no permission at all",
            ));
        }
        Ok(Basis::Allowed)
    }

    /// One question to the policies. The explanation is made only for a denial: it walks the same way again.
    fn check(&self, asked: &Asked<'_>, check: &Check, resource: &OwnedResource) -> Checked {
        let snapshot = &self.world.snapshot;
        let caller = asked.caller.map_or(Caller::Anonymous, |caller| as_caller(&caller.principal));
        let named = resource.as_resource();
        let unknown = OfResource { context: asked.context, group: ResourceGroup::Unknown };
        let access = AccessRequest {
            caller,
            action: Action { service: &check.service, operation: &check.operation },
            resource: named,
            owner: self.owner(&named),
            exempt: false,
            traits: asked.traits,
            public_blocked: snapshot.resources().blocks_public(),
            attributes: &unknown,
        };
        let group = snapshot.resources().group_of(&access);
        let known = OfResource { context: asked.context, group };
        let access = AccessRequest { attributes: &known, ..access };
        let layers = self.layers(asked, &access, group);
        let decision = policy::decide(&layers, &access);
        let explanation = (decision.verdict != Verdict::Allow)
            .then(|| policy::explain(&layers, &access).to_string());
        Checked {
            action: access.action.to_string(),
            resource: resource.to_string(),
            verdict: decision.verdict,
            policy_type: decision.layer.policy_type(),
            statement: decision.statement.map(|statement| statement.keep()),
            explanation,
        }
    }

    /// Everything that has a say, from the one generation that this request is decided by.
    fn layers<'w>(
        &'w self,
        asked: &Asked<'w>,
        access: &AccessRequest<'_>,
        group: ResourceGroup<'w>,
    ) -> Layers<'w> {
        let snapshot = &self.world.snapshot;
        let principal = asked.caller.map(|caller| &caller.principal);
        let grants = principal.and_then(|principal| snapshot.directory().grants_of(principal));
        let (account, groups) = Grants::sets(grants);
        let object = asked.call.object_use.filter(|_| asked.traits.acl);
        Layers {
            control: self.control(access),
            session: asked.caller.and_then(|caller| self.session_policy(caller)),
            account,
            groups,
            group,
            resource: snapshot.resources().policies(),
            trust: self.trust(&access.resource),
            acl: object.and_then(|object| snapshot.resources().acl_of(access, object)),
        }
    }

    /// The chain of the owner's account, and of the caller's if that is another one. The account that manages the
    /// organisation is free on its own resources (OP-13).
    fn control(&self, access: &AccessRequest<'_>) -> [&ControlChain; 2] {
        let organization = self.world.snapshot.organization();
        let (owner, caller) = (access.owner, access.caller.account());
        let chain = |account: Option<AccountId>| {
            account.map_or(&NO_CONTROL, |account| organization.chain(account))
        };
        match (owner, caller) {
            (Some(owner), Some(caller)) if owner == caller => {
                let free = organization.management() == Some(owner);
                [if free { &NO_CONTROL } else { chain(Some(owner)) }, &NO_CONTROL]
            }
            (owner, caller) => [chain(owner), chain(caller)],
        }
    }

    fn session_policy(&self, caller: &Authenticated) -> Option<&policy::PolicySet> {
        let key = self.world.snapshot.keys().find(caller.claim.access_key_id().as_str())?;
        key.session.as_ref()?.policy.as_deref()
    }

    /// The trust policy of a role that is the resource.
    fn trust(&self, resource: &Resource<'_>) -> Option<Trust<'_>> {
        let Resource::Named {
            service: "ram",
            account: Segment::Known(account),
            relative_id: RelativeId::Known(id),
            ..
        } = *resource
        else {
            return None;
        };
        let name = id.strip_prefix("role/")?;
        let role = self.world.snapshot.directory().role_of(account.parse().ok()?, name)?;
        Some(Trust { policy: &role.trust, service_linked: role.service_linked })
    }

    /// The account segment; the account behind the gate where the resource names none (8.7 of the policy language).
    fn owner(&self, resource: &Resource<'_>) -> Option<AccountId> {
        match resource {
            Resource::All => Some(self.rules.account),
            Resource::Named { account, .. } => match account {
                Segment::Known(account) => account.parse().ok(),
                Segment::Global => Some(self.rules.account),
                Segment::Unknown => None,
            },
        }
    }
}

/// What is the same for every question about one request.
struct Asked<'a> {
    caller: Option<&'a Authenticated>,
    call: &'a Call,
    traits: policy::Traits,
    context: &'a Context<'a>,
}

/// Whether callers without credentials may be let in by what is attached to a resource.
fn is_open_to_strangers(located: &Located<'_>) -> bool {
    let traits = located.product().traits();
    traits.resource_policy_suffices || traits.acl
}

fn as_caller(principal: &Principal) -> Caller<'_> {
    match principal {
        Principal::Root { account } => Caller::Root { account: *account },
        Principal::User { account, name, id } => {
            Caller::User { account: *account, name: name.as_str(), id: id.as_str() }
        }
        Principal::Session { account, role, session, service_linked, .. } => Caller::Session {
            account: *account,
            role: role.as_str(),
            session: session.as_str(),
            service_linked: *service_linked,
        },
    }
}
