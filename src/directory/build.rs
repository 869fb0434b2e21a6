//! From the listing to the directory: every reference resolved, every clash reported.

mod limits;
mod roles;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Display;
use std::sync::Arc;

use super::book::{Lookup, PolicyBook};
use super::file::{
    AccountEntry, Attachments, GroupEntry, Listing, Mention, PolicyNames, UserEntry,
};
use super::principals::{Account, Attached, Directory, Grants, Group, User};
use super::providers::JwksBook;
use super::trust::{Identities, Meanings};
use crate::federation::OidcProvider;
use crate::ident::{AccountId, GroupName, PolicyName, Principal, ProviderName, ResourceGroupId};
use crate::policy::{self, DocumentKind, GroupPolicies, Policy, PolicySet, PolicyType};
use crate::strict::{Problem, nearest};

/// Counts of section 1.6 of the identities sheet. More is a finding, not an error (ID-28): leaving a policy out could
/// leave a Deny out.
const USERS_MAX: usize = 5000;
const GROUPS_MAX: usize = 300;
const ROLES_MAX: usize = 1000;
const CUSTOM_POLICIES_MAX: usize = 1500;
const PROVIDERS_MAX: usize = 100;
const GROUPS_PER_USER_MAX: usize = 10;
const SYSTEM_POLICIES_EACH_MAX: usize = 20;
const CUSTOM_POLICIES_EACH_MAX: usize = 10;
/// Finding the name that was meant takes a look at every name; a file of nothing but mistakes must not take minutes.
const SUGGESTIONS_MAX: usize = 50;

/// Which policy: the account's own come before the vendor's, then by name.
type PolicyKey = (Origin, PolicyName);

/// Policies in order, so that equal sets have equal keys, by the resource group that they are for.
type Scoped = BTreeMap<Option<ResourceGroupId>, BTreeMap<PolicyKey, Arc<Policy>>>;

/// The OIDC providers of one account.
type Providers = HashMap<ProviderName, Arc<OidcProvider>>;

/// What tells grants for resource groups from others.
type GroupKeys = Vec<(ResourceGroupId, Vec<PolicyKey>)>;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Origin {
    Account,
    Vendor,
}

/// Builds the directory. It is complete only when no problem is an error. What the names in trust policies meant `before`
/// they go on to mean (TP-11).
pub fn build(
    listing: &Listing,
    own: AccountId,
    book: &mut PolicyBook<'_>,
    jwks: &mut JwksBook,
    before: Option<&Directory>,
) -> (Directory, Vec<Problem>) {
    let mut builder = Builder {
        file: &listing.file,
        book,
        jwks,
        identities: Identities::of(listing, own),
        before: before.map(|directory| &directory.meanings),
        meanings: Meanings::default(),
        sets: HashMap::new(),
        grants: HashMap::new(),
        suggestions: SUGGESTIONS_MAX,
        problems: Vec::new(),
    };
    builder.refuse_equal_ids(listing);
    let mut directory = Directory::new(own);
    for entry in &listing.accounts {
        let id = entry.id.as_ref().map_or(own, |id| id.value);
        let account = builder.account(id, entry);
        let bound = directory.workloads.bind(&listing.file, id, &account, &entry.workloads);
        builder.problems.extend(bound);
        if !directory.add(id, account, entry.status)
            && let Some(mention) = &entry.id
        {
            let message = format!("the account `{id}` is described twice");
            let help = "the account behind the gate stands at the top of the file, each other once";
            builder.error(mention, message, help);
        }
    }
    builder.count(
        "custom policies",
        builder.book.count(DocumentKind::Identity),
        CUSTOM_POLICIES_MAX,
    );
    directory.meanings = builder.meanings;
    (directory, builder.problems)
}

struct Builder<'b, 'v> {
    file: &'b str,
    book: &'b mut PolicyBook<'v>,
    jwks: &'b mut JwksBook,
    identities: Identities,
    before: Option<&'b Meanings>,
    meanings: Meanings,
    sets: HashMap<Vec<PolicyKey>, Arc<PolicySet>>,
    grants: HashMap<GroupKeys, Arc<[GroupPolicies]>>,
    /// How many more misspelt names may be compared with all known ones.
    suggestions: usize,
    problems: Vec<Problem>,
}

impl Builder<'_, '_> {
    fn error<T>(&mut self, at: &Mention<T>, message: String, help: &str) {
        let problem = Problem::error(self.file, at.at, &at.field, message);
        self.problems.push(if help.is_empty() { problem } else { problem.help(help) });
    }

    fn account(&mut self, id: AccountId, entry: &AccountEntry) -> Account {
        self.refuse_equal_names(entry);
        for (what, count, most) in [
            ("users", entry.users.len(), USERS_MAX),
            ("groups", entry.groups.len(), GROUPS_MAX),
            ("roles", entry.roles.len(), ROLES_MAX),
            ("identity providers", entry.oidc_providers.len(), PROVIDERS_MAX),
        ] {
            self.count(what, count, most);
        }
        let read = |entry: &GroupEntry, builder: &mut Self| {
            (entry.name.value.clone(), builder.attached(&entry.policies))
        };
        let groups: HashMap<GroupName, Scoped> =
            entry.groups.iter().map(|group| read(group, self)).collect();
        let alias = entry.alias.as_ref().map(|alias| alias.value.clone());
        let deleted = entry.users.iter().filter(|user| user.recycled);
        let recycled = deleted.map(|user| user.name.value.clone()).collect();
        let mut account = Account { alias, recycled, ..Account::default() };
        for user in entry.users.iter().filter(|user| !user.recycled) {
            let user = self.user(user, id, &groups);
            account.user_ids.insert(user.name.clone(), user.id.clone());
            account.users.insert(user.id.clone(), user);
        }
        for provider in &entry.oidc_providers {
            let provider = self.oidc_provider(provider, id);
            account.oidc_providers.insert(provider.name.clone(), Arc::new(provider));
        }
        for role in &entry.roles {
            let known = &account.oidc_providers;
            let role = self.role(role, id, known);
            account.role_ids.insert(role.name.as_str().to_ascii_lowercase(), role.id.clone());
            account.roles.insert(role.id.clone(), role);
        }
        let group = |entry: &GroupEntry| Group {
            name: entry.name.value.clone(),
            attached: groups.get(&entry.name.value).map(shown).unwrap_or_default(),
        };
        account.groups = entry.groups.iter().map(group).collect();
        account
    }

    fn user(
        &mut self,
        entry: &UserEntry,
        account: AccountId,
        groups: &HashMap<GroupName, Scoped>,
    ) -> User {
        let own = self.attached(&entry.policies);
        let mut all = own.clone();
        for group in &entry.groups {
            match groups.get(&group.value) {
                Some(policies) => {
                    for (scope, policies) in policies {
                        all.entry(scope.clone()).or_default().extend(policies.clone());
                    }
                }
                None => self.dangling("group", group, groups.keys().map(GroupName::as_str)),
            }
        }
        self.warn_twice(&entry.groups);
        if let Some(first) = entry.groups.first() {
            let what =
                Mention { value: "groups of one user", at: first.at, field: first.field.clone() };
            self.warn_over(&what, entry.groups.len(), GROUPS_PER_USER_MAX);
        }
        let (name, id) = (entry.name.value.clone(), entry.id.value.clone());
        User {
            principal: Principal::User { account, name: name.clone(), id: id.clone() },
            id,
            name,
            groups: entry.groups.iter().map(|group| group.value.clone()).collect(),
            attached: shown(&own),
            grants: self.grants(all),
            access: entry.access,
            mfa: entry.mfa,
        }
    }

    /// A document of the deployment's own files.
    fn of_file(&mut self, kind: DocumentKind, name: &Mention<PolicyName>) -> Option<Arc<Policy>> {
        match self.book.find(kind, &name.value) {
            Lookup::Found(policy) => return Some(policy),
            Lookup::Broken | Lookup::NotAccepted => return None,
            Lookup::Unknown => {}
        }
        let known: Vec<String> =
            self.book.names(kind).take(self.compared_max()).map(str::to_owned).collect();
        let what = match kind {
            DocumentKind::Identity => "custom policy",
            _ => kind.as_str(),
        };
        self.dangling(what, name, known.iter().map(String::as_str));
        None
    }

    fn attached(&mut self, attached: &Attachments) -> Scoped {
        let mut scoped = Scoped::new();
        let account = (None, &attached.account);
        let groups = attached.groups.iter().map(|(group, names)| (Some(group.clone()), names));
        for (scope, names) in [account].into_iter().chain(groups) {
            let policies = self.policies(names);
            if !policies.is_empty() {
                scoped.insert(scope, policies);
            }
        }
        scoped
    }

    fn policies(&mut self, names: &PolicyNames) -> BTreeMap<PolicyKey, Arc<Policy>> {
        let mut policies = BTreeMap::new();
        for name in &names.custom {
            if let Some(policy) = self.of_file(DocumentKind::Identity, name) {
                policies.insert((Origin::Account, name.value.clone()), policy);
            }
        }
        for name in &names.system {
            if let Some(policy) = self.system(name) {
                policies.insert((Origin::Vendor, name.value.clone()), policy);
            }
        }
        self.check_list(&names.system, "system policies attached", SYSTEM_POLICIES_EACH_MAX);
        self.check_list(&names.custom, "custom policies attached", CUSTOM_POLICIES_EACH_MAX);
        policies
    }

    fn system(&mut self, name: &Mention<PolicyName>) -> Option<Arc<Policy>> {
        match self.book.system(&name.value) {
            Lookup::Found(policy) => Some(policy),
            Lookup::NotAccepted => {
                let message = format!(
                    "the document of system policy `{}` is rebuilt, not the vendor's own: it grants nothing",
                    name.value
                );
                let help =
                    "to use it, list it under `accept_reconstructed_policies` in the configuration";
                self.problems
                    .push(Problem::warning(self.file, name.at, &name.field, message).help(help));
                None
            }
            Lookup::Broken => None,
            Lookup::Unknown => {
                let known = policy::system_policies().iter().map(|policy| policy.name);
                self.dangling("system policy", name, known);
                None
            }
        }
    }

    fn dangling<'n, T: Display>(
        &mut self,
        what: &str,
        name: &Mention<T>,
        known: impl Iterator<Item = &'n str>,
    ) {
        let text = name.value.to_string();
        let known: Vec<&str> = known.take(self.compared_max()).collect();
        self.suggestions = self.suggestions.saturating_sub(1);
        let help = match nearest(&text, &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("add the {what}, or remove the reference"),
        };
        self.error(name, format!("there is no {what} `{text}`"), &help);
    }

    fn compared_max(&self) -> usize {
        if self.suggestions == 0 { 0 } else { usize::MAX }
    }

    fn warn_twice<T: Display>(&mut self, names: &[Mention<T>]) {
        let mut seen = HashSet::new();
        for name in names {
            if !seen.insert(name.value.to_string()) {
                let message = format!("`{}` stands twice in this list", name.value);
                self.problems.push(Problem::warning(self.file, name.at, &name.field, message));
            }
        }
    }

    /// One set for all principals with the same attachments.
    fn grants(&mut self, mut scoped: Scoped) -> Grants {
        let account = scoped.remove(&None).unwrap_or_default();
        let account = self.set(account);
        let groups: Vec<_> =
            scoped.into_iter().filter_map(|(group, policies)| Some((group?, policies))).collect();
        let key = groups
            .iter()
            .map(|(group, policies)| (group.clone(), policies.keys().cloned().collect()))
            .collect();
        if let Some(shared) = self.grants.get(&key) {
            return Grants { account, groups: Arc::clone(shared) };
        }
        let groups: Arc<[GroupPolicies]> = groups
            .into_iter()
            .map(|(group, policies)| GroupPolicies {
                group: group.to_string(),
                policies: PolicySet::new(policies.into_values()),
            })
            .collect();
        self.grants.insert(key, Arc::clone(&groups));
        Grants { account, groups }
    }

    fn set(&mut self, policies: BTreeMap<PolicyKey, Arc<Policy>>) -> Arc<PolicySet> {
        let key: Vec<PolicyKey> = policies.keys().cloned().collect();
        if let Some(shared) = self.sets.get(&key) {
            return Arc::clone(shared);
        }
        let set = Arc::new(PolicySet::new(policies.into_values()));
        self.sets.insert(key, Arc::clone(&set));
        set
    }
}

fn shown(scoped: &Scoped) -> Vec<Attached> {
    let mut all = Vec::new();
    for (group, policies) in scoped {
        let attached =
            |policy: &Arc<Policy>| Attached { policy: Arc::clone(policy), group: group.clone() };
        all.extend(policies.values().map(attached));
    }
    all.sort_by_key(|attached| attached.policy.kind() == PolicyType::System);
    all
}

fn mention<T: Display>(name: &Mention<T>) -> Mention<String> {
    Mention { value: name.value.to_string(), at: name.at, field: name.field.clone() }
}
