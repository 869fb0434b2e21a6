//! Which policies there are, where each is attached, and who gets it that way.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::directory::{Attached, Folder, Group, PolicyBook, is_system_policy_on};
use crate::ident::AccountId;
use crate::policy::{
    self, Document, DocumentKind, Effect, Policy, PolicyType, PrincipalForm, StatementRef,
    SystemPolicy,
};
use crate::reload::Draft;
use crate::snapshot::Snapshot;
use crate::strict::Problem;

/// A policy with everything that names it.
#[derive(Debug)]
pub(super) struct Stocked {
    pub(super) folder: Folder,
    pub(super) from: PolicyType,
    pub(super) name: String,
    /// `None` for a system policy.
    pub(super) file: Option<String>,
    /// The document as in the file.
    pub(super) text: String,
    /// `None` only for a document that cannot be read without knowing what it is attached to.
    pub(super) policy: Option<Arc<Policy>>,
    pub(super) places: BTreeSet<Place>,
}

/// Where a policy is attached.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Place {
    /// `user`, `group`, `role`, `trust` (of a role), `organization` (an account or folder), `resource` or `session`.
    #[serde(rename = "type")]
    pub(super) what: &'static str,
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resource_group: Option<String>,
}

/// Somebody that a policy speaks about, and by which attachment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Reached {
    /// An ARN, an entry of `Principal`, or words.
    pub(super) principal: String,
    pub(super) via: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resource_group: Option<String>,
}

/// Own policies come before the vendor's.
type Key = (Folder, bool, String);

/// Every policy of a deployment.
#[derive(Debug)]
pub(super) struct Stock {
    policies: BTreeMap<Key, Stocked>,
}

impl Stock {
    /// The policies of the files, and the system policies that are attached.
    pub(super) fn take(draft: &Draft, snapshot: &Snapshot) -> Self {
        let mut stock = Self { policies: BTreeMap::new() };
        for (folder, file) in draft.policies() {
            stock.add_file(*folder, &file.name, &file.text);
        }
        for (kind, policy) in snapshot.policies() {
            if let Some(stocked) = stock.policies.get_mut(&key(kind, policy)) {
                stocked.policy = Some(Arc::clone(policy));
            }
        }
        stock.attach_directory(snapshot);
        stock.attach_others(snapshot);
        stock
    }

    pub(super) fn into_policies(self) -> impl Iterator<Item = Stocked> {
        self.policies.into_values()
    }

    fn add_file(&mut self, folder: Folder, file: &str, text: &str) {
        let name = stem(file).to_owned();
        // What a resource policy is attached to says how it is read; until then, any reading will do.
        let policy = (folder == Folder::Resource)
            .then(|| parse_resource_policy(text, file).ok())
            .flatten()
            .map(|document| Arc::new(Policy::new(&name, PolicyType::Custom, document)));
        let stocked = Stocked {
            folder,
            from: PolicyType::Custom,
            name: name.clone(),
            file: Some(file.to_owned()),
            text: text.to_owned(),
            policy,
            places: BTreeSet::new(),
        };
        self.policies.insert((folder, false, name), stocked);
    }

    fn attach(&mut self, policy: &Arc<Policy>, place: Place) {
        let key = key(policy.document().kind(), policy);
        let stocked = self.policies.entry(key).or_insert_with(|| of_vendor(policy));
        stocked.policy = Some(Arc::clone(policy));
        stocked.places.insert(place);
    }

    fn attach_all(&mut self, what: &'static str, name: &str, account: AccountId, all: &[Attached]) {
        for attached in all {
            let place = Place {
                what,
                name: name.to_owned(),
                account: Some(account.to_string()),
                resource_group: attached.group.as_ref().map(ToString::to_string),
            };
            self.attach(&attached.policy, place);
        }
    }

    fn attach_directory(&mut self, snapshot: &Snapshot) {
        let directory = snapshot.directory();
        for user in directory.users() {
            let account = user.principal.account();
            self.attach_all("user", user.name.as_str(), account, &user.attached);
        }
        for (account, group) in directory.groups() {
            self.attach_all("group", group.name.as_str(), account, &group.attached);
        }
        for role in directory.roles() {
            self.attach_all("role", role.name.as_str(), role.account, &role.attached);
            for policy in role.trust.policies() {
                let place = Place {
                    account: Some(role.account.to_string()),
                    ..Place::plain("trust", role.name.as_str())
                };
                self.attach(policy, place);
            }
        }
    }

    fn attach_others(&mut self, snapshot: &Snapshot) {
        for place in snapshot.organization().places() {
            for policy in &place.policies {
                self.attach(policy, Place::plain("organization", &place.name));
            }
        }
        for member in snapshot.resources().policies().members() {
            let on = member.attached_to.as_ref().map(ToString::to_string).unwrap_or_default();
            self.attach(&member.policy, Place::plain("resource", &on));
        }
        for key in snapshot.keys().iter() {
            let policy = key.session.as_ref().and_then(|session| session.policy.as_ref());
            for policy in policy.into_iter().flat_map(|set| set.policies()) {
                self.attach(policy, Place::plain("session", key.id.as_str()));
            }
        }
    }
}

impl Place {
    fn plain(what: &'static str, name: &str) -> Self {
        Self { what, name: name.to_owned(), account: None, resource_group: None }
    }
}

/// `group operators of 1234567890123456, for resource group rg-1`
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.what {
            "trust" => write!(f, "trust policy of role {}", self.name)?,
            "organization" => f.write_str(&self.name)?,
            what => write!(f, "{what} {}", self.name)?,
        }
        if let Some(account) = &self.account {
            write!(f, " of {account}")?;
        }
        match &self.resource_group {
            Some(group) => write!(f, ", for resource group {group}"),
            None => Ok(()),
        }
    }
}

impl Stocked {
    /// A built-in system policy that is attached nowhere.
    pub(super) fn unattached(system: &SystemPolicy) -> Self {
        let file = format!("system policy {}", system.name);
        let document = policy::parse(DocumentKind::Identity, system.text, &file).ok();
        let policy =
            document.map(|document| Policy::new(system.name, PolicyType::System, document));
        Self {
            folder: Folder::Identity,
            from: PolicyType::System,
            name: system.name.to_owned(),
            file: None,
            text: system.text.to_owned(),
            policy: policy.map(Arc::new),
            places: BTreeSet::new(),
        }
    }

    /// Every statement.
    pub(super) fn statements(&self) -> impl Iterator<Item = StatementRef<'_>> {
        self.policy.iter().flat_map(StatementRef::all)
    }

    /// Who gets the policy, and by which attachment.
    pub(super) fn reached(&self, snapshot: &Snapshot) -> BTreeSet<Reached> {
        match self.folder {
            Folder::Identity => self.holders(snapshot),
            Folder::Control => self.bound(snapshot),
            Folder::Trust | Folder::Resource => self.named(),
            Folder::Session => self.sessions(snapshot),
        }
    }

    fn is(&self, policy: &Policy) -> bool {
        policy.name() == self.name
            && policy.kind() == self.from
            && Folder::of(policy.document().kind()) == self.folder
    }

    /// Users, directly or by a group, and roles.
    fn holders(&self, snapshot: &Snapshot) -> BTreeSet<Reached> {
        let directory = snapshot.directory();
        let mut reached = BTreeSet::new();
        let mut add = |principal: String, via: &str, all: &[Attached]| {
            for attached in all.iter().filter(|attached| self.is(&attached.policy)) {
                let resource_group = attached.group.as_ref().map(ToString::to_string);
                let (principal, via) = (principal.clone(), via.to_owned());
                reached.insert(Reached { principal, via, resource_group });
            }
        };
        let groups: HashMap<(AccountId, &str), &Group> = directory
            .groups()
            .map(|(account, group)| ((account, group.name.as_str()), group))
            .collect();
        for user in directory.users() {
            let account = user.principal.account();
            add(user.principal.arn(), "attached directly", &user.attached);
            for name in &user.groups {
                if let Some(group) = groups.get(&(account, name.as_str())) {
                    add(user.principal.arn(), &format!("group {name}"), &group.attached);
                }
            }
        }
        for role in directory.roles() {
            let arn = format!("acs:ram::{}:role/{}", role.account, role.name);
            add(arn, "attached directly", &role.attached);
        }
        reached
    }

    /// The accounts below the places of a control policy.
    fn bound(&self, snapshot: &Snapshot) -> BTreeSet<Reached> {
        let mut reached = BTreeSet::new();
        for (account, chain) in snapshot.organization().chains() {
            for level in &chain.levels {
                let (all, root) = (&level.all, &level.binding_root);
                let whom = match (
                    all.policies().any(|it| self.is(it)),
                    root.policies().any(|it| self.is(it)),
                ) {
                    (false, false) => continue,
                    (_, false) => "every user and role",
                    (_, true) => "every user and role and the root identity",
                };
                let principal = format!("{whom} of {account}");
                reached.insert(Reached {
                    principal,
                    via: level.name.clone(),
                    resource_group: None,
                });
            }
        }
        reached
    }

    /// Whom the Allow statements name.
    fn named(&self) -> BTreeSet<Reached> {
        let allows = self.statements().filter(|statement| statement.effect() == Effect::Allow);
        let outlines = allows.filter_map(|statement| statement.outline());
        let names: BTreeSet<String> = outlines
            .flat_map(|outline| outline.principals.unwrap_or_else(|| vec!["everybody"]))
            .map(str::to_owned)
            .collect();
        let places = self.places.iter();
        places
            .flat_map(|place| {
                names.iter().map(|name| Reached {
                    principal: name.clone(),
                    via: place.to_string(),
                    resource_group: None,
                })
            })
            .collect()
    }

    fn sessions(&self, snapshot: &Snapshot) -> BTreeSet<Reached> {
        let keys = snapshot.keys().iter().filter(|key| {
            let policy = key.session.as_ref().and_then(|session| session.policy.as_ref());
            policy.is_some_and(|set| set.policies().any(|it| self.is(it)))
        });
        keys.map(|key| Reached {
            principal: key.owner.arn(),
            via: format!("session {}", key.id),
            resource_group: None,
        })
        .collect()
    }
}

/// A system policy, once something names it.
fn of_vendor(policy: &Arc<Policy>) -> Stocked {
    let kind = policy.document().kind();
    let text = match kind {
        DocumentKind::Control => PolicyBook::FULL_ACCESS_TEXT,
        _ => built_in(policy.name()).map_or("", |system| system.text),
    };
    Stocked {
        folder: Folder::of(kind),
        from: policy.kind(),
        name: policy.name().to_owned(),
        file: None,
        text: text.to_owned(),
        policy: Some(Arc::clone(policy)),
        places: BTreeSet::new(),
    }
}

/// The built-in system policy with this name.
pub(super) fn built_in(name: &str) -> Option<&'static SystemPolicy> {
    policy::system_policies().iter().find(|system| system.name == name)
}

/// Whether the configuration lets a system policy be used.
pub(super) fn is_on(system: &SystemPolicy, draft: &Draft) -> bool {
    is_system_policy_on(system, &draft.config().accepted_policies)
}

/// Reads a resource policy that is attached to nothing yet: as any service would. The error is the shortest report.
pub(super) fn parse_resource_policy(text: &str, file: &str) -> Result<Document, Vec<Problem>> {
    let forms = [PrincipalForm::Object, PrincipalForm::List, PrincipalForm::OptionalObject];
    let mut fewest: Option<Vec<Problem>> = None;
    for form in forms {
        match policy::parse(DocumentKind::Resource(form), text, file) {
            Ok(document) => return Ok(document),
            Err(problems) if fewest.as_ref().is_some_and(|few| few.len() <= problems.len()) => {}
            Err(problems) => fewest = Some(problems),
        }
    }
    Err(fewest.unwrap_or_default())
}

fn key(kind: DocumentKind, policy: &Policy) -> Key {
    (Folder::of(kind), policy.kind() == PolicyType::System, policy.name().to_owned())
}

fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.strip_suffix(".json").unwrap_or(name)
}
