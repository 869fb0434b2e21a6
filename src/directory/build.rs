//! From the listing to the directory: every reference resolved, every clash reported.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::file::{Attachments, GroupEntry, Listing, Mention, UserEntry};
use super::policies::{CustomLookup, PolicyBook, SystemLookup};
use super::users::{Directory, User};
use crate::ident::{AccountId, GroupName, PolicyName, Principal};
use crate::policy::{self, Compiled};
use crate::strict::{Position, Problem, nearest};

/// Counts of section 1.6 of the identities sheet. More is a finding, not an error (ID-28): leaving a policy out could
/// leave a Deny out.
const USERS_MAX: usize = 5000;
const GROUPS_MAX: usize = 300;
const CUSTOM_POLICIES_MAX: usize = 1500;
const GROUPS_PER_USER_MAX: usize = 10;
const SYSTEM_POLICIES_EACH_MAX: usize = 20;
const CUSTOM_POLICIES_EACH_MAX: usize = 10;
/// Finding the name that was meant takes a look at every name; a file of nothing but mistakes must not take minutes.
const SUGGESTIONS_MAX: usize = 50;

/// Which policy: the account's own come before the vendor's, then by name.
type PolicyKey = (Origin, PolicyName);

/// A principal's policies in order, so that equal sets have equal keys.
type PolicySet = BTreeMap<PolicyKey, Arc<Compiled>>;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Origin {
    Account,
    Vendor,
}

/// Builds the directory. It is complete only when no problem is an error.
pub fn build(
    listing: &Listing,
    account: AccountId,
    book: &mut PolicyBook<'_>,
) -> (Directory, Vec<Problem>) {
    let mut builder = Builder {
        file: &listing.file,
        book,
        shared: HashMap::new(),
        suggestions: SUGGESTIONS_MAX,
        problems: Vec::new(),
    };
    builder.refuse_equal_names(listing);
    builder.count(listing);
    let groups = builder.groups(&listing.groups);
    let users = listing.users.iter().map(|user| builder.user(user, account, &groups)).collect();
    (Directory::new(account, users), builder.problems)
}

struct Builder<'b, 'v> {
    file: &'b str,
    book: &'b mut PolicyBook<'v>,
    shared: HashMap<Vec<PolicyKey>, Arc<[Arc<Compiled>]>>,
    /// How many more misspelt names may be compared with all known ones.
    suggestions: usize,
    problems: Vec<Problem>,
}

impl Builder<'_, '_> {
    /// Names differ ignoring case (ID-15); ids differ (ID-11).
    fn refuse_equal_names(&mut self, listing: &Listing) {
        self.refuse_equal("user name", listing.users.iter().map(|user| mention(&user.name)));
        self.refuse_equal("user id", listing.users.iter().map(|user| mention(&user.id)));
        self.refuse_equal("group name", listing.groups.iter().map(|group| mention(&group.name)));
    }

    fn refuse_equal(&mut self, what: &str, names: impl Iterator<Item = Mention<String>>) {
        let mut seen: HashMap<String, u32> = HashMap::new();
        for name in names {
            let folded = name.value.to_ascii_lowercase();
            if let Some(line) = seen.get(&folded) {
                let message = format!("the {what} `{}` is taken on line {line}", name.value);
                let help = "names and ids stand for one entity each; case makes no difference";
                self.problems
                    .push(Problem::error(self.file, name.at, &name.field, message).help(help));
            } else {
                seen.insert(folded, name.at.line);
            }
        }
    }

    fn count(&mut self, listing: &Listing) {
        let at = Position::START;
        for (what, count, most) in [
            ("users", listing.users.len(), USERS_MAX),
            ("groups", listing.groups.len(), GROUPS_MAX),
            ("custom policies", self.book.custom_count(), CUSTOM_POLICIES_MAX),
        ] {
            self.warn_over(&Mention { value: what, at, field: String::new() }, count, most);
        }
    }

    fn warn_over(&mut self, what: &Mention<&str>, count: usize, most: usize) {
        if count > most {
            let message = format!("{count} {}; RAM itself allows {most}", what.value);
            self.problems.push(Problem::warning(self.file, what.at, &what.field, message));
        }
    }

    fn groups<'l>(&mut self, entries: &'l [GroupEntry]) -> HashMap<&'l GroupName, PolicySet> {
        let read = |entry: &'l GroupEntry| (&entry.name.value, self.policies(&entry.policies));
        entries.iter().map(read).collect()
    }

    fn user(
        &mut self,
        entry: &UserEntry,
        account: AccountId,
        groups: &HashMap<&GroupName, PolicySet>,
    ) -> User {
        let mut set = self.policies(&entry.policies);
        for group in &entry.groups {
            match groups.get(&group.value) {
                Some(policies) => set.extend(policies.clone()),
                None => self.dangling("group", group, groups.keys().map(|name| name.as_str())),
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
            policies: self.share(set),
        }
    }

    fn policies(&mut self, attached: &Attachments) -> PolicySet {
        let mut set = PolicySet::new();
        for name in &attached.custom {
            if let Some(compiled) = self.custom(name) {
                set.insert((Origin::Account, name.value.clone()), compiled);
            }
        }
        for name in &attached.system {
            if let Some(compiled) = self.system(name) {
                set.insert((Origin::Vendor, name.value.clone()), compiled);
            }
        }
        self.check_list(&attached.system, "system policies attached", SYSTEM_POLICIES_EACH_MAX);
        self.check_list(&attached.custom, "custom policies attached", CUSTOM_POLICIES_EACH_MAX);
        set
    }

    fn check_list(&mut self, names: &[Mention<PolicyName>], what: &str, most: usize) {
        self.warn_twice(names);
        if let Some(first) = names.first() {
            let what = Mention { value: what, at: first.at, field: first.field.clone() };
            self.warn_over(&what, names.len(), most);
        }
    }

    fn custom(&mut self, name: &Mention<PolicyName>) -> Option<Arc<Compiled>> {
        match self.book.custom(&name.value) {
            CustomLookup::Found(compiled) => return Some(compiled),
            CustomLookup::Broken => return None,
            CustomLookup::Unknown => {}
        }
        let known: Vec<String> =
            self.book.custom_names().take(self.compared_max()).map(str::to_owned).collect();
        self.dangling("custom policy", name, known.iter().map(String::as_str));
        None
    }

    fn system(&mut self, name: &Mention<PolicyName>) -> Option<Arc<Compiled>> {
        match self.book.system(&name.value) {
            SystemLookup::Found(compiled) => Some(compiled),
            SystemLookup::NotAccepted => {
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
            SystemLookup::Broken => None,
            SystemLookup::Unknown => {
                let known = policy::system_policies().iter().map(|policy| policy.name);
                self.dangling("system policy", name, known);
                None
            }
        }
    }

    fn dangling<'n, T: std::fmt::Display>(
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
        let message = format!("there is no {what} `{text}`");
        self.problems.push(Problem::error(self.file, name.at, &name.field, message).help(help));
    }

    fn compared_max(&self) -> usize {
        if self.suggestions == 0 { 0 } else { usize::MAX }
    }

    fn warn_twice<T: std::fmt::Display>(&mut self, names: &[Mention<T>]) {
        let mut seen = HashSet::new();
        for name in names {
            if !seen.insert(name.value.to_string()) {
                let message = format!("`{}` stands twice in this list", name.value);
                self.problems.push(Problem::warning(self.file, name.at, &name.field, message));
            }
        }
    }

    fn share(&mut self, set: PolicySet) -> Arc<[Arc<Compiled>]> {
        let key: Vec<PolicyKey> = set.keys().cloned().collect();
        let shared = self.shared.entry(key).or_insert_with(|| set.into_values().collect());
        Arc::clone(shared)
    }
}

fn mention<T: std::fmt::Display>(name: &Mention<T>) -> Mention<String> {
    Mention { value: name.value.to_string(), at: name.at, field: name.field.clone() }
}
