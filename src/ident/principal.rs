use super::{AccountId, RoleId, RoleName, SessionName, UserId, UserName};

/// Who makes a request, once that is proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// The account itself: everything on its own resources (ID-01).
    Root {
        /// The account.
        account: AccountId,
    },
    /// A RAM user: nothing until granted (ID-02).
    User {
        /// The account that the user belongs to.
        account: AccountId,
        /// The name, part of the user's ARN.
        name: UserName,
        /// The id, which attachments and nonce shares are keyed by.
        id: UserId,
    },
    /// A session of a role: what the role may do, no more.
    Session {
        /// The account that owns the role.
        account: AccountId,
        /// The name of the role.
        role: RoleName,
        /// The id of the role, which its attachments are keyed by.
        role_id: RoleId,
        /// The name of the session.
        session: SessionName,
        /// Whether the role belongs to a service.
        service_linked: bool,
    },
}

impl Principal {
    /// Whether both are one identity, whatever it is called: names can change, ids stay (ID-11).
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Root { account: own }, Self::Root { account: other }) => own == other,
            (
                Self::User { account: own_account, id: own, .. },
                Self::User { account, id: other, .. },
            ) => own_account == account && own == other,
            (
                Self::Session { account: own_account, role_id: own, session: own_name, .. },
                Self::Session { account, role_id: other, session: name, .. },
            ) => own_account == account && own == other && own_name == name,
            (Self::Root { .. } | Self::User { .. } | Self::Session { .. }, _) => false,
        }
    }

    /// The account that the principal belongs to.
    pub fn account(&self) -> AccountId {
        match self {
            Self::Root { account } | Self::User { account, .. } | Self::Session { account, .. } => {
                *account
            }
        }
    }

    /// The ARN that conditions compare, `acs:PrincipalARN`: that of the role for a session (5.1 of the policy language).
    pub fn condition_arn(&self) -> String {
        match self {
            Self::Session { account, role, .. } => {
                format!("acs:ram::{account}:role/{}", role.as_str().to_ascii_lowercase())
            }
            Self::Root { .. } | Self::User { .. } => self.arn(),
        }
    }

    /// The canonical ARN, with the empty region of RAM identities (ID-18).
    pub fn arn(&self) -> String {
        match self {
            Self::Root { account } => format!("acs:ram::{account}:root"),
            Self::User { account, name, .. } => format!("acs:ram::{account}:user/{name}"),
            Self::Session { account, role, session, .. } => {
                let role = role.as_str().to_ascii_lowercase();
                format!("acs:ram::{account}:assumed-role/{role}/{session}")
            }
        }
    }
}
