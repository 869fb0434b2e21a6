//! Cases that carry their policies with them (section 12 of the policy language): one file, nothing else.

mod attached;
mod parties;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::context::Listed;
use crate::catalog::Catalog;
use crate::ident::AccountId;
use crate::policy::{
    AccessRequest, Action, Caller, ControlChain, Layers, ResourceGroup, Traits, Trust, Verdict,
    decide, explain,
};
use attached::{Attached, Drafts, Entry};
use parties::{Principal, Target};

/// A case of the file.
#[derive(Debug, Deserialize)]
pub struct Case<'t> {
    /// Its name.
    pub name: String,
    #[serde(borrow)]
    policies: Vec<Entry<'t>>,
    request: Request,
    expect: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    principal: Principal,
    action: String,
    resource: String,
    #[serde(default)]
    context: BTreeMap<String, Given>,
}

/// A value of the context; `null` stands for one that nobody can know.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Given {
    Unknown(()),
    One(Scalar),
    Several(Vec<Scalar>),
}

/// A value of a key. Values are strings; a number or a boolean stands for the string that it is written as.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Scalar {
    Text(Box<str>),
    Flag(bool),
    Number(serde_json::Number),
}

impl Scalar {
    fn text(&self) -> Box<str> {
        match self {
            Self::Text(text) => text.clone(),
            Self::Flag(flag) => flag.to_string().into(),
            Self::Number(number) => number.to_string().into(),
        }
    }
}

/// Why a case, or a file of them, cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CaseError(String);

/// What came of a case.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The verdict that the case wants.
    pub expected: Verdict,
    /// The verdict.
    pub found: Verdict,
    /// Why.
    pub explanation: String,
}

/// Reads a file of cases, each by itself: one that cannot be read fails alone.
pub fn parse(text: &str) -> Result<Vec<Result<Case<'_>, CaseError>>, CaseError> {
    let items: Vec<&RawValue> = serde_json::from_str(text)
        .map_err(|error| CaseError(format!("not a list of cases: {error}")))?;
    Ok(items.into_iter().map(|item| Case::parse(item.get())).collect())
}

impl<'t> Case<'t> {
    /// Reads one case.
    pub fn parse(text: &'t str) -> Result<Self, CaseError> {
        serde_json::from_str(text).map_err(|error| CaseError(format!("not a case: {error}")))
    }

    /// Decides it as the gate would. What is special about a service comes from `catalog`.
    pub fn answer(&self, catalog: &Catalog) -> Result<Answered, CaseError> {
        let expected = Verdict::find(&self.expect)
            .ok_or_else(|| CaseError(format!("`{}` is no verdict", self.expect)))?;
        self.ask(catalog, |layers, access| {
            let explanation = explain(layers, access);
            Answered {
                expected,
                found: explanation.decision.verdict,
                explanation: explanation.to_string(),
            }
        })
    }

    /// The verdict alone.
    pub fn verdict(&self, catalog: &Catalog) -> Result<Verdict, CaseError> {
        self.ask(catalog, |layers, access| decide(layers, access).verdict)
    }

    fn ask<A>(
        &self,
        catalog: &Catalog,
        answer: impl FnOnce(&Layers<'_>, &AccessRequest<'_>) -> A,
    ) -> Result<A, CaseError> {
        let caller = self.request.principal.as_caller()?;
        let (service, operation) =
            self.request.action.split_once(':').ok_or_else(|| {
                CaseError(format!("the action `{}` has no `:`", self.request.action))
            })?;
        let action = Action { service, operation };
        let target = Target::parse(&self.request.resource)?;
        let traits = catalog.traits(target.service.unwrap_or(&service.to_ascii_lowercase()));
        let owner = target.owner(&caller)?;
        let context = self.request.listed();
        let caller = caller.acting_for(owner);
        let access = AccessRequest {
            caller,
            action,
            resource: target.as_resource(traits),
            owner,
            exempt: catalog.is_exempt(&action),
            traits,
            public_blocked: false,
            attributes: &context,
        };
        let attached = self.attached(traits, owner)?;
        let caller_chain = caller.account().filter(|account| Some(*account) != owner);
        let none = ControlChain::default();
        let chain = |account: Option<AccountId>| {
            account.and_then(|account| attached.control.get(&account)).unwrap_or(&none)
        };
        let session = matches!(caller, Caller::Session { .. }) && !attached.session.is_empty();
        let layers = Layers {
            control: [chain(owner), chain(caller_chain)],
            session: session.then_some(&attached.session),
            account: &attached.account,
            groups: &attached.groups,
            group: match context.get("acs:ResourceGroupId") {
                None => ResourceGroup::None,
                Some(None) => ResourceGroup::Unknown,
                Some(Some(groups)) => ResourceGroup::In(groups),
            },
            resource: &attached.resource,
            trust: (!attached.trust.is_empty())
                .then_some(Trust { policy: &attached.trust, service_linked: false }),
            acl: None,
        };
        Ok(answer(&layers, &access))
    }

    fn attached(&self, traits: Traits, owner: Option<AccountId>) -> Result<Attached, CaseError> {
        let mut drafts = Drafts::default();
        for (index, entry) in self.policies.iter().enumerate() {
            let label = format!("{}/policies[{index}]", self.name);
            // Only users are in groups.
            if entry.kind == "group" && self.request.principal.kind != "RamUser" {
                continue;
            }
            drafts.add(entry, &label, traits, owner)?;
        }
        Ok(drafts.finish())
    }
}

impl Request {
    fn listed(&self) -> Listed {
        let mut context = Listed::default();
        for (key, given) in &self.context {
            let values = match given {
                Given::Unknown(()) => None,
                Given::One(one) => Some(vec![one.text()]),
                Given::Several(several) => Some(several.iter().map(Scalar::text).collect()),
            };
            context.set(key, values);
        }
        context
    }
}
