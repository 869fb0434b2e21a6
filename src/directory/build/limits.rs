//! What stands twice, and what is more than the service takes (1.6).

use std::collections::HashMap;

use super::super::file::{AccountEntry, Listing, Mention};
use super::{Builder, mention};
use crate::ident::PolicyName;
use crate::strict::{Position, Problem};

impl Builder<'_, '_> {
    /// Names differ ignoring case (ID-14, ID-15); ids differ (ID-11).
    pub(super) fn refuse_equal_names(&mut self, entry: &AccountEntry) {
        let users = entry.users.iter().filter(|user| !user.recycled);
        self.refuse_equal("user name", users.map(|user| mention(&user.name)));
        self.refuse_equal("group name", entry.groups.iter().map(|group| mention(&group.name)));
        self.refuse_equal("role name", entry.roles.iter().map(|role| mention(&role.name)));
        self.refuse_equal_providers(entry);
    }

    /// A name and an issuer stand for one provider of the account (4.1).
    fn refuse_equal_providers(&mut self, entry: &AccountEntry) {
        let providers = &entry.oidc_providers;
        self.refuse_equal("provider name", providers.iter().map(|it| mention(&it.name)));
        let mut seen = HashMap::new();
        for issuer in providers.iter().map(|provider| &provider.issuer) {
            if let Some(line) = seen.insert(&issuer.value, issuer.at.line) {
                let message = format!("the issuer is that of the provider on line {line} too");
                self.error(issuer, message, "an account registers an issuer once");
            }
        }
    }

    /// An id stands for one entity, in whatever account, and for nobody else once that is deleted (ID-10, ID-11): resource
    /// policies name users by it.
    pub(super) fn refuse_equal_ids(&mut self, listing: &Listing) {
        let users = listing.accounts.iter().flat_map(|account| &account.users);
        let roles = listing.accounts.iter().flat_map(|account| &account.roles);
        let ids = users.map(|user| mention(&user.id));
        let ids: Vec<_> = ids.chain(roles.map(|role| mention(&role.id))).collect();
        self.refuse_equal("id", ids.into_iter());
        let aliases = listing.accounts.iter().filter_map(|account| account.alias.as_ref());
        self.refuse_equal("account alias", aliases.map(mention));
    }

    fn refuse_equal(&mut self, what: &str, names: impl Iterator<Item = Mention<String>>) {
        let mut seen: HashMap<String, u32> = HashMap::new();
        for name in names {
            let folded = name.value.to_ascii_lowercase();
            if let Some(line) = seen.get(&folded) {
                let message = format!("the {what} `{}` is taken on line {line}", name.value);
                let help = "names and ids stand for one entity each; case makes no difference";
                self.error(&name, message, help);
            } else {
                seen.insert(folded, name.at.line);
            }
        }
    }

    pub(super) fn count(&mut self, what: &str, count: usize, most: usize) {
        self.warn_over(
            &Mention { value: what, at: Position::START, field: String::new() },
            count,
            most,
        );
    }

    pub(super) fn warn_over(&mut self, what: &Mention<&str>, count: usize, most: usize) {
        if count > most {
            let message = format!("{count} {}; RAM itself allows {most}", what.value);
            self.problems.push(Problem::warning(self.file, what.at, &what.field, message));
        }
    }

    pub(super) fn check_list(&mut self, names: &[Mention<PolicyName>], what: &str, most: usize) {
        self.warn_twice(names);
        if let Some(first) = names.first() {
            let what = Mention { value: what, at: first.at, field: first.field.clone() };
            self.warn_over(&what, names.len(), most);
        }
    }
}
