//! What the request means, and whether the policies allow it (rule A-7: every check must be allowed).

use crate::catalog::{
    Authorization, Call, Check, Content, Context as CatalogContext, Located, OwnedResource,
};
use crate::ident::{AccountId, Principal};
use crate::policy::{self, AccessRequest, Action, ActionId, Identity, Resource, Segment, Verdict};
use crate::request::Head;

use super::authenticate::Authenticated;
use super::context::Context;
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
            (Authorization::SignatureOnly | Authorization::Checks, None) => Err(Refusal::new(
                Code::Missing("AccessKeyId"),
                "the request carries no credentials",
            )),
            (Authorization::Checks, Some(caller)) => {
                self.decide_all(head, &call, caller, facts, record)
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
            Principal::Root { .. } => None,
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
        call: &Call,
        caller: &Authenticated,
        facts: &Facts,
        record: &mut Record,
    ) -> Result<Basis, Refusal> {
        let context = Context {
            facts,
            principal_arn: &caller.arn,
            access_key_id: caller.claim.access_key_id().as_str(),
            user_agent: caller
                .claim
                .signs("user-agent")
                .then(|| head.one("user-agent").ok().flatten())
                .flatten(),
            call: &call.attributes,
        };
        let identity = self.world.snapshot.directory().identity_of(&caller.principal);
        for check in &call.checks {
            for resource in &check.resources {
                let access = self.question(check, resource, &context);
                let action = self.world.snapshot.vocabulary().id(&check.service, &check.operation);
                let checked = answer(&identity, &access, action, check, resource, caller);
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

    fn question<'q>(
        &self,
        check: &'q Check,
        resource: &'q OwnedResource,
        context: &'q Context<'_>,
    ) -> AccessRequest<'q> {
        let resource = resource.as_resource();
        AccessRequest {
            action: Action { service: &check.service, operation: &check.operation },
            resource,
            owner: self.owner(&resource),
            attributes: context,
        }
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

fn answer(
    identity: &Identity<'_>,
    access: &AccessRequest<'_>,
    action: Option<ActionId>,
    check: &Check,
    resource: &OwnedResource,
    caller: &Authenticated,
) -> Checked {
    let decision = policy::decide(identity, access, action);
    let action = format!("{}:{}", check.service, check.operation);
    let resource = resource.to_string();
    let explanation = match (decision.verdict, decision.statement) {
        (Verdict::Allow, _) => None,
        (_, Some(statement)) => Some(format!("{statement} denies {action} on {resource}")),
        (_, None) => {
            let nearest = policy::nearest(identity, access)
                .map_or_else(String::new, |near| format!("; {}", near.text));
            Some(format!("no policy of {} allows {action} on {resource}{nearest}", caller.arn))
        }
    };
    let statement = decision.statement.cloned();
    Checked { action, resource, verdict: decision.verdict, statement, explanation }
}
