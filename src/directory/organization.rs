//! The organisation file: the resource directory, and which control policies bind which account (section 8.2, step 1, of
//! the policy language).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::book::{Lookup, PolicyBook};
use super::file::{Mention, PolicyNames, entries, policy_names};
use crate::ident::{AccountId, PolicyName};
use crate::policy::{
    ControlChain, ControlLevel, DocumentKind, NO_CONTROL, Policy, PolicySet, PolicyType,
};
use crate::strict::{Fields, Key, Node, Position, Problem, Reader, Value, nearest};

/// Folders lie at most this deep below the root, as in the resource directory itself.
const DEPTH_MAX: usize = 5;

/// Which control policies bind which account.
#[derive(Debug, Default)]
pub struct Organization {
    management: Option<AccountId>,
    chains: HashMap<AccountId, ControlChain>,
    places: Vec<ControlPlace>,
}

/// A place of the tree and what is attached there, for people.
#[derive(Clone, Debug)]
pub struct ControlPlace {
    /// `folder prod`, `account 1234567890123456`.
    pub name: String,
    /// The policies.
    pub policies: Vec<Arc<Policy>>,
}

impl Organization {
    /// What binds callers on the way to resources of `owner`; nothing, for an account outside the organisation.
    pub fn chain(&self, account: AccountId) -> &ControlChain {
        self.chains.get(&account).unwrap_or(&NO_CONTROL)
    }

    /// The account that manages the organisation: its identities are free on its own resources (OP-13).
    pub fn management(&self) -> Option<AccountId> {
        self.management
    }

    /// Every level of every account that is bound.
    pub fn levels(&self) -> impl Iterator<Item = &ControlLevel> {
        self.chains.values().flat_map(|chain| &chain.levels)
    }

    /// Every account that something binds, with what binds it, in no particular order.
    pub fn chains(&self) -> impl Iterator<Item = (AccountId, &ControlChain)> {
        self.chains.iter().map(|(account, chain)| (*account, chain))
    }

    /// Every place that has a control policy.
    pub fn places(&self) -> &[ControlPlace] {
        &self.places
    }
}

/// Policies attached at one place, and what they are called.
#[derive(Clone)]
struct Level {
    name: String,
    policies: Vec<(PolicyName, Arc<Policy>)>,
}

struct Builder<'b, 'v> {
    reader: Reader<'b>,
    book: &'b mut PolicyBook<'v>,
    /// The names of the policies whose scope is `All`.
    scope_all: HashSet<PolicyName>,
    used: HashSet<PolicyName>,
    organization: Organization,
}

/// Reads the organisation file and compiles its levels.
pub fn organization(
    file: &str,
    text: &str,
    book: &mut PolicyBook<'_>,
) -> (Organization, Vec<Problem>) {
    let mut builder = Builder {
        reader: Reader::new(file),
        book,
        scope_all: HashSet::new(),
        used: HashSet::new(),
        organization: Organization::default(),
    };
    if let Some(root) = builder.reader.parse(text) {
        builder.file(&root);
    }
    (builder.organization, builder.reader.into_problems())
}

impl Builder<'_, '_> {
    fn file(&mut self, root: &Node) {
        let known = ["management_account", "control_policies", "root"];
        let Some(fields) = self.reader.fields(root, "", &known) else { return };
        self.organization.management = self.reader.parsed(&fields, "management_account");
        let scopes = self.scopes(&fields);
        if let Some(node) = self.reader.required(&fields, "root")
            && let Some(fields) =
                self.reader.fields(node, "root", &["policies", "accounts", "folders"])
        {
            self.folder("the root folder", &fields, &[], 0);
        }
        for (name, at, field) in scopes {
            if !self.used.contains(&name) {
                let message = format!("the control policy `{name}` is attached nowhere");
                self.reader.warning(at, &field, message, "attach it, or remove this entry");
            }
        }
    }

    /// `control_policies`: what differs from the usual about a policy.
    fn scopes(&mut self, fields: &Fields<'_>) -> Vec<(PolicyName, Position, String)> {
        let Some(node) = fields.get("control_policies") else { return Vec::new() };
        let Value::Map(entries) = &node.value else {
            let help = "write `NAME: { effect_scope: All }`";
            self.reader.error(node.at, "control_policies", "a mapping is wanted here", help);
            return Vec::new();
        };
        entries.iter().filter_map(|(key, node)| self.scope(key, node)).collect()
    }

    fn scope(&mut self, key: &Key, node: &Node) -> Option<(PolicyName, Position, String)> {
        let path = format!("control_policies.{}", key.name);
        let Ok(name) = key.name.parse::<PolicyName>() else {
            self.reader.error(key.at, &path, format!("`{}` is no policy name", key.name), "");
            return None;
        };
        let fields = self.reader.fields(node, &path, &["effect_scope"])?;
        let scope = self.reader.required(&fields, "effect_scope")?;
        let path = fields.path("effect_scope");
        match self.reader.text_of(scope, &path)? {
            "RAM" => {}
            "All" => {
                self.scope_all.insert(name.clone());
            }
            other => {
                let help = "write `RAM` (users and roles) or `All` (the root identity too)";
                self.reader.error(scope.at, &path, format!("`{other}` is no effect scope"), help);
            }
        }
        Some((name, key.at, path))
    }

    /// A folder: its own policies, its accounts, and the folders in it.
    fn folder(&mut self, name: &str, fields: &Fields<'_>, above: &[Level], depth: usize) {
        let own = policy_names(&mut self.reader, fields);
        let level = self.level(name.to_owned(), &own);
        let mut path = vec![level];
        path.extend_from_slice(above);
        let accounts = entries(&mut self.reader, fields, "accounts", member);
        for (id, names) in accounts {
            self.account(&id, &names, &path);
        }
        for (index, node) in self.reader.list(fields, "folders").iter().enumerate() {
            let field = format!("{}[{index}]", fields.path("folders"));
            let known = ["name", "policies", "accounts", "folders"];
            let Some(inner) = self.reader.fields(node, &field, &known) else { continue };
            let Some(node) = self.reader.required(&inner, "name") else { continue };
            let name = self.reader.text_of(node, &inner.path("name")).unwrap_or_default();
            if depth >= DEPTH_MAX {
                let message = format!("folders lie more than {DEPTH_MAX} deep");
                self.reader.error(node.at, &field, message, "");
                continue;
            }
            self.folder(&format!("folder {name}"), &inner, &path, depth + 1);
        }
    }

    fn account(&mut self, id: &Mention<AccountId>, names: &PolicyNames, above: &[Level]) {
        let level = self.level(format!("account {}", id.value), names);
        let mut levels = vec![level];
        levels.extend_from_slice(above);
        // An account for which nothing is listed anywhere has the feature off (decisions, Meaning).
        let is_on = levels.iter().any(|level| !level.policies.is_empty());
        let levels = if is_on {
            levels.iter().map(|level| self.compiled(level)).collect()
        } else {
            Vec::new()
        };
        let chain = ControlChain { account: Some(id.value), levels };
        if self.organization.chains.insert(id.value, chain).is_some() {
            let message = format!("the account `{}` stands twice in the organisation", id.value);
            self.reader.error(id.at, &id.field, message, "an account has one place");
        }
    }

    fn compiled(&self, level: &Level) -> ControlLevel {
        // The system policy counts for every caller (decisions, Meaning); of custom ones, the scope decides.
        let binds_root = |name: &PolicyName, policy: &Policy| {
            policy.kind() == PolicyType::System || self.scope_all.contains(name)
        };
        let all = level.policies.iter().map(|(_, policy)| Arc::clone(policy));
        let root = level.policies.iter().filter(|(name, policy)| binds_root(name, policy));
        ControlLevel {
            name: level.name.clone(),
            all: PolicySet::new(all),
            binding_root: PolicySet::new(root.map(|(_, policy)| Arc::clone(policy))),
        }
    }

    fn level(&mut self, name: String, names: &PolicyNames) -> Level {
        let mut policies: Vec<(PolicyName, Arc<Policy>)> = Vec::new();
        let custom = names.custom.iter().map(|name| (name, false));
        for (name, system) in names.system.iter().map(|name| (name, true)).chain(custom) {
            self.used.insert(name.value.clone());
            if let Some(policy) = self.policy(name, system) {
                policies.push((name.value.clone(), policy));
            }
        }
        if !policies.is_empty() {
            let shown = policies.iter().map(|(_, policy)| Arc::clone(policy)).collect();
            self.organization.places.push(ControlPlace { name: name.clone(), policies: shown });
        }
        Level { name, policies }
    }

    fn policy(&mut self, name: &Mention<PolicyName>, system: bool) -> Option<Arc<Policy>> {
        let found = if system {
            self.book.system_control(&name.value)
        } else {
            self.book.find(DocumentKind::Control, &name.value)
        };
        match found {
            Lookup::Found(policy) => return Some(policy),
            Lookup::Broken | Lookup::NotAccepted => return None,
            Lookup::Unknown => {}
        }
        let known: Vec<String> = if system {
            vec![PolicyBook::FULL_ACCESS.to_owned()]
        } else {
            self.book.names(DocumentKind::Control).map(str::to_owned).collect()
        };
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let help = match nearest(name.value.as_str(), &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "add its file to `files.control_policies`, or remove the reference".to_owned(),
        };
        let message = format!("there is no control policy `{}`", name.value);
        self.reader.error(name.at, &name.field, message, &help);
        None
    }
}

fn member(
    reader: &mut Reader<'_>,
    node: &Node,
    path: &str,
) -> Option<(Mention<AccountId>, PolicyNames)> {
    let fields = reader.fields(node, path, &["id", "policies"])?;
    let id = Mention::required(reader, &fields, "id");
    let names = policy_names(reader, &fields);
    Some((id?, names))
}
