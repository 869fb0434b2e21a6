//! The policies of a case, each in the layer that it belongs to.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::CaseError;
use super::parties::account_of;
use crate::ident::AccountId;
use crate::policy::{
    ControlChain, ControlLevel, DocumentKind, GroupPolicies, InvalidPolicy, Policy, PolicySet,
    PolicyType, Traits, parse as parse_policy,
};

/// Folders nest a few deep; each level up to the highest is made.
const LEVEL_MAX: u16 = 64;

/// A policy of a case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry<'t> {
    #[serde(rename = "type")]
    pub(super) kind: String,
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

/// The policies of a case, layer by layer.
#[derive(Default)]
pub(super) struct Attached {
    pub(super) account: PolicySet,
    pub(super) groups: Vec<GroupPolicies>,
    pub(super) session: PolicySet,
    pub(super) control: BTreeMap<AccountId, ControlChain>,
    pub(super) resource: PolicySet,
    pub(super) trust: PolicySet,
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
pub(super) struct Drafts {
    account: Draft,
    groups: BTreeMap<String, Draft>,
    session: Draft,
    /// By account and level: what binds users and roles, and what binds root too.
    control: BTreeMap<AccountId, BTreeMap<u16, [Draft; 2]>>,
    resource: Draft,
    trust: Draft,
}

impl Drafts {
    pub(super) fn add(
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

    pub(super) fn finish(self) -> Attached {
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
