use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::standing::{Access, AccountStatus};
use super::trust::Meanings;
use super::workloads::Workloads;
use crate::federation::OidcProvider;
use crate::ident::{
    AccountAlias, AccountId, GroupName, Principal, ProviderName, ResourceGroupId, RoleId, RoleName,
    UserId, UserName,
};
use crate::policy::{GroupPolicies, NO_POLICIES, Policy, PolicySet};

/// What a principal may do: the policies of its attachments, those of its groups among them.
#[derive(Clone, Debug)]
pub struct Grants {
    /// For the whole account.
    pub account: Arc<PolicySet>,
    /// For one resource group each.
    pub groups: Arc<[GroupPolicies]>,
}

/// A policy, and for what it is attached: the whole account, or one resource group.
#[derive(Clone, Debug)]
pub struct Attached {
    /// The policy.
    pub policy: Arc<Policy>,
    /// The resource group; `None` for the whole account.
    pub group: Option<ResourceGroupId>,
}

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
    /// What is attached to the user itself.
    pub attached: Vec<Attached>,
    /// What is attached to the user and to these groups.
    pub grants: Grants,
    /// What the user logs in to.
    pub access: Access,
    /// Whether a second factor is bound to the user: for people, no decision rests on it (MFA-01).
    pub mfa: bool,
}

/// A user group.
#[derive(Debug)]
pub struct Group {
    /// The name.
    pub name: GroupName,
    /// What is attached to it.
    pub attached: Vec<Attached>,
}

/// A RAM role.
#[derive(Debug)]
pub struct Role {
    /// The account that owns it.
    pub account: AccountId,
    /// The name as given.
    pub name: RoleName,
    /// The id.
    pub id: RoleId,
    /// Whether it belongs to a service.
    pub service_linked: bool,
    /// How many seconds its sessions last at most.
    pub max_session_duration: i64,
    /// Who may assume it.
    pub trust: PolicySet,
    /// What is attached to it.
    pub attached: Vec<Attached>,
    /// The same, ready for decisions.
    pub grants: Grants,
}

/// The users, groups and roles of one account.
#[derive(Debug, Default)]
pub(super) struct Account {
    pub(super) alias: Option<AccountAlias>,
    pub(super) users: HashMap<UserId, User>,
    pub(super) user_ids: HashMap<UserName, UserId>,
    /// The names of deleted users, which are nobody (ID-25).
    pub(super) recycled: HashSet<UserName>,
    pub(super) groups: Vec<Group>,
    pub(super) roles: HashMap<RoleId, Role>,
    /// By name in ASCII lower case (ID-14).
    pub(super) role_ids: HashMap<String, RoleId>,
    pub(super) oidc_providers: HashMap<ProviderName, Arc<OidcProvider>>,
}

impl Account {
    /// The role with this name, in any letter case (ID-14).
    pub(super) fn role_named(&self, name: &str) -> Option<&Role> {
        self.roles.get(self.role_ids.get(&name.to_ascii_lowercase())?)
    }
}

/// Everybody who can call, by account.
#[derive(Debug)]
pub struct Directory {
    own: AccountId,
    accounts: HashMap<AccountId, Account>,
    /// Mostly none.
    frozen: Vec<AccountId>,
    pub(super) meanings: Meanings,
    pub(super) workloads: Workloads,
}

impl Directory {
    pub(super) fn new(own: AccountId) -> Self {
        let (accounts, frozen) = (HashMap::new(), Vec::new());
        let (meanings, workloads) = (Meanings::default(), Workloads::default());
        Self { own, accounts, frozen, meanings, workloads }
    }

    /// Adds an account, and says whether it is a new one.
    pub(super) fn add(&mut self, id: AccountId, account: Account, status: AccountStatus) -> bool {
        if status == AccountStatus::Frozen {
            self.frozen.push(id);
        }
        self.accounts.insert(id, account).is_none()
    }

    /// Whether an account is frozen: nobody of it may call, and no session that comes from it (1.8).
    pub fn is_frozen(&self, account: AccountId) -> bool {
        self.frozen.contains(&account)
    }

    /// What an account is called at the login.
    pub fn alias_of(&self, account: AccountId) -> Option<&AccountAlias> {
        self.accounts.get(&account)?.alias.as_ref()
    }

    /// Whether there was a user of this name who has been deleted (ID-25).
    pub fn is_recycled(&self, account: AccountId, name: &UserName) -> bool {
        self.accounts.get(&account).is_some_and(|account| account.recycled.contains(name))
    }

    /// The account behind the gate.
    pub fn account(&self) -> AccountId {
        self.own
    }

    /// The user of the account behind the gate with this name, compared byte for byte.
    pub fn user_named(&self, name: &UserName) -> Option<&User> {
        self.user_of(self.own, name)
    }

    /// The user of an account with this name, compared byte for byte.
    pub fn user_of(&self, account: AccountId, name: &UserName) -> Option<&User> {
        let account = self.accounts.get(&account)?;
        account.users.get(account.user_ids.get(name)?)
    }

    /// The role of an account with this name, in any letter case (ID-14).
    pub fn role_of(&self, account: AccountId, name: &str) -> Option<&Role> {
        self.accounts.get(&account)?.role_named(name)
    }

    /// The user of an account with this id (ID-11).
    pub fn user_with(&self, account: AccountId, id: &UserId) -> Option<&User> {
        self.accounts.get(&account)?.users.get(id)
    }

    /// The role of an account with this id (ID-11).
    pub fn role_with(&self, account: AccountId, id: &RoleId) -> Option<&Role> {
        self.accounts.get(&account)?.roles.get(id)
    }

    /// The OIDC provider of an account with this name, compared byte for byte.
    pub fn oidc_provider(
        &self,
        account: AccountId,
        name: &ProviderName,
    ) -> Option<&Arc<OidcProvider>> {
        self.accounts.get(&account)?.oidc_providers.get(name)
    }

    /// All OIDC providers, in no particular order.
    pub fn oidc_providers(&self) -> impl Iterator<Item = &Arc<OidcProvider>> {
        self.accounts.values().flat_map(|account| account.oidc_providers.values())
    }

    /// The workloads next door that are bound to roles.
    pub fn workloads(&self) -> &Workloads {
        &self.workloads
    }

    /// How many users there are.
    pub fn len(&self) -> usize {
        self.accounts.values().map(|account| account.users.len()).sum()
    }

    /// Whether there is no user at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All users, in no particular order.
    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.accounts.values().flat_map(|account| account.users.values())
    }

    /// All groups, each with its account.
    pub fn groups(&self) -> impl Iterator<Item = (AccountId, &Group)> {
        self.accounts
            .iter()
            .flat_map(|(id, account)| account.groups.iter().map(move |group| (*id, group)))
    }

    /// All roles, in no particular order.
    pub fn roles(&self) -> impl Iterator<Item = &Role> {
        self.accounts.values().flat_map(|account| account.roles.values())
    }

    /// What a principal may do. Users and roles are found by id (ID-11), never by name; whoever is not in the directory
    /// has no policy and so no permission. Root has none: it needs none.
    pub fn grants_of(&self, principal: &Principal) -> Option<&Grants> {
        let account = self.accounts.get(&principal.account())?;
        match principal {
            Principal::User { id, .. } => account.users.get(id).map(|user| &user.grants),
            Principal::Session { role_id, .. } => {
                account.roles.get(role_id).map(|role| &role.grants)
            }
            Principal::Root { .. } => None,
        }
    }
}

impl Grants {
    /// The sets of grants, nothing for no grants.
    pub fn sets(grants: Option<&Self>) -> (&PolicySet, &[GroupPolicies]) {
        match grants {
            Some(grants) => (&grants.account, &grants.groups),
            None => (&NO_POLICIES, &[]),
        }
    }
}
