//! The users and roles that a trust policy names, and who has to be behind each name (TP-11).

use super::document::{Document, Statement};
use super::principal::Holder;
use crate::ident::AccountId;

/// What an entry names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdentityKind {
    /// A user, by its name.
    User,
    /// A role, by its name in any letter case.
    Role,
}

impl IdentityKind {
    /// The word for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Role => "role",
        }
    }
}

/// An entry that names a user or a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedIdentity<'d> {
    /// What it names.
    pub kind: IdentityKind,
    /// The account.
    pub account: AccountId,
    /// The name.
    pub name: &'d str,
    /// The whole entry.
    pub arn: &'d str,
    /// Where it stands, as a JSON pointer.
    pub pointer: String,
}

/// Who is behind a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held<'i> {
    /// The user or role with this id.
    By(&'i str),
    /// Nobody.
    ByNobody,
}

impl Document {
    /// The users and roles that its statements name, in order.
    pub fn named_identities(&self) -> Vec<NamedIdentity<'_>> {
        let statements = self.statements.iter().enumerate();
        statements.flat_map(|(index, statement)| self.named_in(index, statement)).collect()
    }

    fn named_in(&self, index: usize, statement: &Statement) -> Vec<NamedIdentity<'_>> {
        let entries = statement.principals.map_or(&[][..], |all| all.entries.of(&self.principals));
        let under_ram = entries.iter().filter(|entry| entry.under() == "RAM").enumerate();
        let named = under_ram.filter_map(|(place, entry)| {
            let (kind, account, name) = entry.named(&self.texts)?;
            let pointer = format!("/Statement/{index}/Principal/RAM/{place}");
            Some(NamedIdentity { kind, account, name, arn: self.texts.get(entry.text), pointer })
        });
        named.collect()
    }

    /// The same document, in which each entry for a user or a role is about one entity: the one that `held` tells for the
    /// ARN.
    #[must_use]
    pub fn held<'i>(&self, held: impl Fn(&str) -> Held<'i>) -> Self {
        let mut document = self.clone();
        for entry in &mut document.principals {
            if entry.named(&document.texts).is_none() {
                continue;
            }
            let arn = document.texts.get(entry.text);
            let holder = match held(arn) {
                Held::By(id) => Holder::Entity(document.texts.keep(id)),
                Held::ByNobody => Holder::Nobody,
            };
            entry.hold(holder);
        }
        document
    }
}
