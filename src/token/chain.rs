//! Where a session comes from.

use crate::ident::{AccessKeyId, AccountId, RoleId, UnixSeconds, UserId};

/// Who obtained a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The account that it belongs to.
    pub account: AccountId,
    /// Its kind and id.
    pub id: SourceId,
}

/// The kinds of sources, each with what tells one from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceId {
    /// A RAM user.
    User(UserId),
    /// A session of this role.
    Role(RoleId),
    /// Somebody whom this OIDC provider vouched for, by its ARN.
    Oidc(Box<str>),
    /// Somebody whom this SAML provider vouched for, by its ARN.
    Saml(Box<str>),
    /// A workload that the role was bound to, by its service.
    Service(Box<str>),
}

impl SourceId {
    /// The number that stands for the kind.
    pub(super) fn kind(&self) -> u64 {
        match self {
            Self::User(_) => 1,
            Self::Role(_) => 2,
            Self::Oidc(_) => 3,
            Self::Saml(_) => 4,
            Self::Service(_) => 5,
        }
    }

    /// The kind in a word.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Role(_) => "role session",
            Self::Oidc(_) => "OIDC provider",
            Self::Saml(_) => "SAML provider",
            Self::Service(_) => "service",
        }
    }

    /// What tells it from others of its kind.
    pub fn as_str(&self) -> &str {
        match self {
            Self::User(id) => id.as_str(),
            Self::Role(id) => id.as_str(),
            Self::Oidc(text) | Self::Saml(text) | Self::Service(text) => text,
        }
    }

    pub(super) fn of_kind(kind: u64, text: &str) -> Option<Self> {
        match kind {
            1 => text.parse().ok().map(Self::User),
            2 => text.parse().ok().map(Self::Role),
            3 => Some(Self::Oidc(text.into())),
            4 => Some(Self::Saml(text.into())),
            5 => Some(Self::Service(text.into())),
            _ => None,
        }
    }
}

/// Whom a provider vouched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Federation {
    /// Who said so.
    pub issuer: Box<str>,
    /// About whom.
    pub subject: Box<str>,
}

/// What went before a session that a session obtained (TOK-11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The sessions, oldest first; the last is the one that obtained this session.
    pub ancestors: Vec<Ancestor>,
    /// The first source, which is no session.
    pub origin: Source,
}

/// A session further up the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ancestor {
    /// The account of its role.
    pub account: AccountId,
    /// Its role.
    pub role_id: RoleId,
    /// When it was issued.
    pub issued: UnixSeconds,
    /// The public half of its pair.
    pub access_key_id: AccessKeyId,
}
