use std::collections::HashMap;
use std::sync::Arc;

use crate::ident::{AccountId, GroupName, Principal, UserId, UserName};
use crate::policy::{Compiled, Identity};

/// A RAM user.
#[derive(Debug)]
pub struct User {
    /// The user as a principal: account, name, id.
    pub principal: Principal,
    /// The id.
    pub id: UserId,
    /// The name.
    pub name: UserName,
    /// The groups the user is in, in file order.
    pub groups: Vec<GroupName>,
    /// What is attached to the user and to these groups, each policy once, ordered by type and name.
    pub policies: Arc<[Arc<Compiled>]>,
}

/// The users of the account.
#[derive(Debug)]
pub struct Directory {
    account: AccountId,
    users: HashMap<UserId, User>,
    ids: HashMap<UserName, UserId>,
}

impl Directory {
    /// Users are expected to differ in id and name: a file with equal ones is refused before.
    pub(super) fn new(account: AccountId, users: Vec<User>) -> Self {
        let ids = users.iter().map(|user| (user.name.clone(), user.id.clone())).collect();
        let users = users.into_iter().map(|user| (user.id.clone(), user)).collect();
        Self { account, users, ids }
    }

    /// The account.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The user with this id.
    pub fn user(&self, id: &UserId) -> Option<&User> {
        self.users.get(id)
    }

    /// The user with this name, compared byte for byte.
    pub fn user_named(&self, name: &UserName) -> Option<&User> {
        self.user(self.ids.get(name)?)
    }

    /// How many users there are.
    pub fn len(&self) -> usize {
        self.users.len()
    }

    /// Whether there is no user at all.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// All users, in no particular order.
    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.users.values()
    }

    /// Whose policies decide for `principal`. A user is found by id (ID-11), never by name; whoever is not in the
    /// directory, or belongs to another account, has no policy and so no permission.
    pub fn identity_of(&self, principal: &Principal) -> Identity<'_> {
        match principal {
            Principal::Root { account } if *account == self.account => Identity::Root(*account),
            Principal::Root { .. } | Principal::User { .. } => {
                Identity::Policies { account: self.account, policies: self.policies_of(principal) }
            }
        }
    }

    /// The policies of a user. Root has none: it needs none.
    pub fn policies_of(&self, principal: &Principal) -> &[Arc<Compiled>] {
        match principal {
            Principal::User { account, id, .. } if *account == self.account => {
                self.user(id).map_or(&[], |user| &user.policies)
            }
            Principal::User { .. } | Principal::Root { .. } => &[],
        }
    }
}
