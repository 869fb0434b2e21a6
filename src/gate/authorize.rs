//! What the request means, and whether the policies allow it (rule A-7: every check must be allowed).

use crate::catalog::{Authorization, Call, Check, Context as CatalogContext, OwnedResource, Trust};
use crate::ident::{Principal, SourceIdentity};
use crate::policy::{
    self, AccessRequest, Action, Attributes, Caller, Layers, RelativeId, Resource, ResourceGroup,
    Segment, Verdict,
};
use crate::request::Head;
use crate::signature::{Fact, Site};
use crate::snapshot::caller_of;
use crate::sts::RoleArn;

use super::authenticate::Authenticated;
use super::context::{Context, OfResource};
use super::{Basis, Checked, Code, Facts, Gate, Place, Record, Refusal};

impl Gate<'_> {
    pub(super) fn authorize(
        &self,
        head: &Head,
        call: &Call<'_>,
        caller: Option<&Authenticated>,
        trust: Trust<'_>,
        facts: &Facts,
        record: &mut Record,
    ) -> Result<Basis, Refusal> {
        match (&call.auth, caller) {
            (Authorization::Anonymous, _) | (Authorization::SignatureOnly, Some(_)) => {
                Ok(Basis::Exempt)
            }
            (Authorization::Checks, None) if self.admits_strangers(call) => {
                // The policies of the resource, or its access control list, may let anybody in (8.5).
                self.decide_all(head, call, None, trust, facts, record)
            }
            (Authorization::SignatureOnly | Authorization::Checks, None) => Err(Refusal::new(
                Code::Missing("AccessKeyId"),
                "the request carries no credentials",
            )),
            (Authorization::Checks, Some(caller)) => {
                self.decide_all(head, call, Some(caller), trust, facts, record)
            }
        }
    }

    /// What has to be known of a call besides its bytes to say what it means.
    pub(super) fn terms<'t>(
        &self,
        place: &'t Place<'_>,
        site: &'t Site<'t>,
        caller: Option<&'t Authenticated>,
        trust: Trust<'t>,
    ) -> CatalogContext<'t>
    where
        Self: 't,
    {
        let route = place.route;
        let user = caller.and_then(|caller| match &caller.principal {
            Principal::User { name, .. } => Some(name.as_str()),
            Principal::Root { .. } | Principal::Session { .. } => None,
        });
        CatalogContext {
            account: self.rules.account,
            region: route.region.as_deref(),
            user,
            literal_paths: route.literal_paths,
            site,
            plus_is_space: caller.is_some_and(|caller| caller.plus_is_space),
            trust,
            callbacks: route.callbacks,
            min_confidence: route.min_confidence,
            buckets: self.world.snapshot.buckets(),
        }
    }

    fn decide_all(
        &self,
        head: &Head,
        call: &Call<'_>,
        caller: Option<&Authenticated>,
        trust: Trust<'_>,
        facts: &Facts,
        record: &mut Record,
    ) -> Result<Basis, Refusal> {
        let context = Context {
            facts,
            principal_arn: caller.map(|caller| caller.principal.condition_arn()),
            access_key_id: caller.map(|caller| caller.claim.access_key_id().as_str()),
            user_agent: caller
                .filter(|_caller| trust.believes(Fact::Header("user-agent")))
                .and_then(|_caller| head.one("user-agent").ok().flatten()),
            source_identity: caller
                .and_then(|caller| caller.source_identity.as_ref())
                .map(SourceIdentity::as_str),
            call: &call.attributes,
        };
        let asked = Asked { caller, context: &context };
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

    /// Whether every resource of the call is of a service whose policies may let in callers without credentials.
    fn admits_strangers(&self, call: &Call<'_>) -> bool {
        let resources = call.checks.iter().flat_map(|check| {
            check.resources.iter().map(move |resource| (check, resource.as_resource()))
        });
        let mut services = resources.map(|(check, resource)| match resource {
            Resource::All => check.service.as_str(),
            Resource::Named { service, .. } => service,
        });
        services.all(|service| self.world.snapshot.catalog().traits(service).admits_strangers())
    }

    /// One question to the policies.
    fn check(&self, asked: &Asked<'_>, check: &Check, resource: &OwnedResource) -> Checked {
        let snapshot = &self.world.snapshot;
        let principal = asked.caller.map(|caller| &caller.principal);
        let named = resource.as_resource();
        let action = Action { service: &check.service, operation: &check.operation };
        let asked_of = snapshot.question(caller_of(principal), action, named, asked.context);
        let owner = asked_of.owner.or_else(|| resource.presumed_owner());
        let asked_of = AccessRequest { owner, ..asked_of };
        let group = snapshot.resources().group_of(&asked_of);
        let context = asked.context;
        let known = OfResource { context, group, access: &asked_of, snapshot };
        let access = AccessRequest { attributes: &known, ..asked_of };
        let session = asked.caller.and_then(|caller| caller.session_policy.as_deref());
        let layers = snapshot.layers(principal, session, &access, group, check.object_use);
        checked(&layers, &access, resource.to_string())
    }
}

impl Gate<'_> {
    /// Whether a role is open to somebody without policies of its own (8.3 of the policy language): its trust policy has to want
    /// the caller, and the control policies of its account have to allow it.
    pub(super) fn ask_for_role(
        &self,
        caller: Caller<'_>,
        role: &RoleArn,
        context: &dyn Attributes,
    ) -> Checked {
        let (account, id) = (role.account.to_string(), format!("role/{}", role.name));
        let resource = Resource::Named {
            service: "ram",
            region: Segment::Global,
            account: Segment::Known(&account),
            relative_id: RelativeId::Known(&id),
        };
        let action = Action { service: "sts", operation: "AssumeRole" };
        let access = self.world.snapshot.question(caller, action, resource, context);
        let layers = self.world.snapshot.layers(None, None, &access, ResourceGroup::None, None);
        checked(&layers, &access, resource.to_string())
    }
}

/// What the policies answer. The explanation is made only for a denial: it walks the same way again.
fn checked(layers: &Layers<'_>, access: &AccessRequest<'_>, resource: String) -> Checked {
    let decision = policy::decide(layers, access);
    let explanation =
        (decision.verdict != Verdict::Allow).then(|| policy::explain(layers, access).to_string());
    Checked {
        action: access.action.to_string(),
        resource,
        verdict: decision.verdict,
        policy_type: decision.reported.policy_type(),
        statement: decision.statement.map(|statement| statement.keep()),
        explanation,
    }
}

/// What is the same for every question about one request.
struct Asked<'a> {
    caller: Option<&'a Authenticated>,
    context: &'a Context<'a>,
}
