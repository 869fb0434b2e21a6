use super::{AccountId, UserId, UserName};

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
}

impl Principal {
    /// The account that the principal belongs to.
    pub fn account(&self) -> AccountId {
        match self {
            Self::Root { account } | Self::User { account, .. } => *account,
        }
    }

    /// The canonical ARN, with the empty region of RAM identities (ID-18).
    pub fn arn(&self) -> String {
        match self {
            Self::Root { account } => format!("acs:ram::{account}:root"),
            Self::User { account, name, .. } => format!("acs:ram::{account}:user/{name}"),
        }
    }
}
