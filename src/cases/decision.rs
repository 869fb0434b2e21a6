//! Cases that carry their policies with them (section 12 of the policy language): one file, nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::context::Listed;
use crate::catalog::Catalog;
use crate::ident::AccountId;
use crate::policy::{
    AccessRequest, Action, Caller, ControlChain, ControlLevel, DocumentKind, GroupPolicies,
    InvalidPolicy, Layers, Policy, PolicySet, PolicyType, RelativeId, Resource, ResourceGroup,
    Segment, Traits, Trust, Verdict, decide, explain, parse as parse_policy,
};

/// Folders nest a few deep; each level up to the highest is made.
const LEVEL_MAX: u16 = 64;

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

/// A policy of a case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry<'t> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow)]
    document: &'t RawValue,
    #[serde(default)]
    level: Option<u16>,
    #[serde(default)]
    account: Option<String>,
    #[serde(default)]
    effect_scope: Option<String>,
    #[serde(default)]
    resource_group: Option<String>,
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

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Principal {
    #[serde(rename = "type")]
    kind: String,
    account: Option<String>,
    name: Option<String>,
    id: Option<String>,
    role: Option<String>,
    session: Option<String>,
    service_linked: bool,
    service: Option<String>,
    provider: Option<String>,
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

impl Principal {
    fn as_caller(&self) -> Result<Who<'_>, CaseError> {
        let wanted = |name: &str, value: &'_ Option<String>| {
            value.as_deref().map(str::to_owned).ok_or_else(|| {
                CaseError(format!("a principal of type `{}` needs `{name}`", self.kind))
            })
        };
        let account = || wanted("account", &self.account).and_then(|text| account_of(&text));
        Ok(match self.kind.as_str() {
            "Root" => Who::Is(Caller::Root { account: account()? }),
            "RamUser" => Who::Is(Caller::User {
                account: account()?,
                name: self.name.as_deref().unwrap_or_default(),
                id: self.id.as_deref().unwrap_or_default(),
            }),
            "AssumedRole" => {
                wanted("role", &self.role)?;
                Who::Is(Caller::Session {
                    account: account()?,
                    role: self.role.as_deref().unwrap_or_default(),
                    session: self.session.as_deref().unwrap_or_default(),
                    service_linked: self.service_linked,
                })
            }
            "Service" => {
                wanted("service", &self.service)?;
                let acts_for = self.account.as_deref().map(account_of).transpose()?;
                Who::Service(self.service.as_deref().unwrap_or_default(), acts_for)
            }
            "Federated" => {
                wanted("provider", &self.provider)?;
                let provider = self.provider.as_deref().unwrap_or_default();
                let account = provider.split(':').nth(3).and_then(|text| text.parse().ok());
                Who::Is(Caller::Federated { provider, account })
            }
            "Anonymous" => Who::Is(Caller::Anonymous),
            other => return Err(CaseError(format!("`{other}` is no type of principal"))),
        })
    }
}

fn account_of(text: &str) -> Result<AccountId, CaseError> {
    text.parse().map_err(|error: crate::ident::ParseIdentError| CaseError(error.to_string()))
}

/// A caller; a service acts for the owner of the resource unless the case says for whom.
#[derive(Clone, Copy)]
enum Who<'c> {
    Is(Caller<'c>),
    Service(&'c str, Option<AccountId>),
}

impl<'c> Who<'c> {
    fn account(&self) -> Option<AccountId> {
        match self {
            Self::Is(caller) => caller.account(),
            Self::Service(_, account) => *account,
        }
    }

    fn acting_for(self, owner: Option<AccountId>) -> Caller<'c> {
        match self {
            Self::Is(caller) => caller,
            Self::Service(name, account) => match account.or(owner) {
                Some(account) => Caller::Service { name, account },
                None => Caller::Anonymous,
            },
        }
    }
}

/// The requested resource in its parts.
#[derive(Clone, Copy)]
struct Target<'c> {
    /// `None` for the resource `*`.
    service: Option<&'c str>,
    region: &'c str,
    account: &'c str,
    id: &'c str,
}

impl<'c> Target<'c> {
    fn parse(text: &'c str) -> Result<Self, CaseError> {
        if text == "*" {
            return Ok(Self { service: None, region: "*", account: "*", id: "*" });
        }
        let parts: Vec<&str> = text.splitn(5, ':').collect();
        match parts[..] {
            ["acs", service, region, account, id] => {
                Ok(Self { service: Some(service), region, account, id })
            }
            _ => Err(CaseError(format!("the resource `{text}` is neither `*` nor an ARN"))),
        }
    }

    /// 8.7: the account of the ARN, or the caller's where it names none.
    fn owner(&self, caller: &Who<'_>) -> Result<Option<AccountId>, CaseError> {
        match self.account {
            "*" | "system" | "" => Ok(caller.account()),
            digits => account_of(digits).map(Some),
        }
    }

    fn as_resource(&self, traits: Traits) -> Resource<'c> {
        let Some(service) = self.service else { return Resource::All };
        let region = match self.region {
            "*" | "" if traits.unknown_region => Segment::Unknown,
            "*" | "" => Segment::Global,
            known => Segment::Known(known),
        };
        let relative_id = RelativeId::Known(self.id);
        Resource::Named { service, region, account: Segment::Known(self.account), relative_id }
    }
}

/// The policies of a case, layer by layer.
#[derive(Default)]
struct Attached {
    account: PolicySet,
    groups: Vec<GroupPolicies>,
    session: PolicySet,
    control: BTreeMap<AccountId, ControlChain>,
    resource: PolicySet,
    trust: PolicySet,
}

/// Documents on the way into a set.
#[derive(Default)]
struct Draft {
    policies: Vec<Arc<Policy>>,
    invalid: Option<InvalidPolicy>,
}

impl Draft {
    fn add(&mut self, kind: DocumentKind, entry: &Entry<'_>, label: &str) {
        match parse_policy(kind, entry.document.get(), label) {
            Ok(document) => {
                self.policies.push(Arc::new(Policy::new(label, PolicyType::Custom, document)));
            }
            Err(problems) => self.invalid = Some(InvalidPolicy { problems }),
        }
    }

    fn finish(self) -> PolicySet {
        let set = PolicySet::new(self.policies);
        match self.invalid {
            Some(invalid) => set.with_invalid(invalid),
            None => set,
        }
    }
}

#[derive(Default)]
struct Drafts {
    account: Draft,
    groups: BTreeMap<String, Draft>,
    session: Draft,
    /// By account and level: what binds users and roles, and what binds root too.
    control: BTreeMap<AccountId, BTreeMap<u16, [Draft; 2]>>,
    resource: Draft,
    trust: Draft,
}

impl Drafts {
    fn add(
        &mut self,
        entry: &Entry<'_>,
        label: &str,
        traits: Traits,
        owner: Option<AccountId>,
    ) -> Result<(), CaseError> {
        match entry.kind.as_str() {
            "identity" | "group" => self.account.add(DocumentKind::Identity, entry, label),
            "identity-rg" => {
                let group = entry.resource_group.clone().ok_or_else(|| {
                    CaseError("a policy of type `identity-rg` needs `resource_group`".to_owned())
                })?;
                self.groups.entry(group).or_default().add(DocumentKind::Identity, entry, label);
            }
            "session" => self.session.add(DocumentKind::Session, entry, label),
            "control" => self.add_control(entry, label, owner)?,
            "resource" => {
                let kind = DocumentKind::Resource(traits.principals);
                self.resource.add(kind, entry, label);
            }
            "trust" => self.trust.add(DocumentKind::Trust, entry, label),
            other => return Err(CaseError(format!("`{other}` is no type of policy"))),
        }
        Ok(())
    }

    fn add_control(
        &mut self,
        entry: &Entry<'_>,
        label: &str,
        owner: Option<AccountId>,
    ) -> Result<(), CaseError> {
        let account = match &entry.account {
            Some(text) => account_of(text)?,
            None => owner.ok_or_else(|| {
                CaseError("a control policy needs `account` when the resource has no owner".into())
            })?,
        };
        let binds_root = match entry.effect_scope.as_deref() {
            None | Some("RAM") => false,
            Some("All") => true,
            Some(other) => return Err(CaseError(format!("`{other}` is no effect scope"))),
        };
        let level = entry.level.unwrap_or(0);
        if level > LEVEL_MAX {
            return Err(CaseError(format!("level {level} is above {LEVEL_MAX}, the highest")));
        }
        let levels = self.control.entry(account).or_default();
        let [all, root] = levels.entry(level).or_default();
        all.add(DocumentKind::Control, entry, label);
        if binds_root {
            root.add(DocumentKind::Control, entry, label);
        }
        Ok(())
    }

    fn finish(self) -> Attached {
        let groups = self.groups.into_iter();
        Attached {
            account: self.account.finish(),
            groups: groups
                .map(|(group, draft)| GroupPolicies { group, policies: draft.finish() })
                .collect(),
            session: self.session.finish(),
            control: self
                .control
                .into_iter()
                .map(|(account, levels)| (account, chain(account, levels)))
                .collect(),
            resource: self.resource.finish(),
            trust: self.trust.finish(),
        }
    }
}

/// From the account up. A level between two others that lists nothing is there all the same, and allows nothing.
fn chain(account: AccountId, mut drafts: BTreeMap<u16, [Draft; 2]>) -> ControlChain {
    let highest = drafts.keys().next_back().copied().unwrap_or(0);
    let levels = (0..=highest).map(|level| {
        let [all, root] = drafts.remove(&level).unwrap_or_default();
        let name = match level {
            0 => format!("account {account}"),
            above => format!("folder {above} above account {account}"),
        };
        ControlLevel { name, all: all.finish(), binding_root: root.finish() }
    });
    ControlChain { account: Some(account), levels: levels.collect() }
}
