use crate::ident::{AccessKeyId, AccountId, RoleId, SourceIdentity, UnixSeconds, UserName};
use crate::strict::Position;
use crate::token::{Kid, LIFETIME_SECONDS_MAX, SourceId};

/// How long after its instant a cutoff still ends something: the longest session, and clocks that differ (TOK-30).
pub const LINGER_SECONDS: i64 = LIFETIME_SECONDS_MAX + 120;

/// The kinds of entries, in the order of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Pairs.
    AccessKeys,
    /// Users with all that comes from them.
    Users,
    /// Single sessions.
    Sessions,
    /// Sessions of an account's roles.
    Accounts,
    /// Sessions of a role.
    Roles,
    /// Sessions that somebody obtained.
    Sources,
    /// Sessions with a source identity.
    SourceIdentities,
    /// Sessions under a key of the ring.
    TokenKeys,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::AccessKeys,
        Self::Users,
        Self::Sessions,
        Self::Accounts,
        Self::Roles,
        Self::Sources,
        Self::SourceIdentities,
        Self::TokenKeys,
    ];

    /// The field of the file, and the label of the metric.
    pub fn field(self) -> &'static str {
        match self {
            Self::AccessKeys => "access_keys",
            Self::Users => "users",
            Self::Sessions => "sessions",
            Self::Accounts => "accounts",
            Self::Roles => "roles",
            Self::Sources => "sources",
            Self::SourceIdentities => "source_identities",
            Self::TokenKeys => "token_keys",
        }
    }
}

/// How many entries there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([usize; 8]);

impl Counts {
    /// Every kind with its number.
    pub fn iter(&self) -> impl Iterator<Item = (Kind, usize)> {
        Kind::ALL.into_iter().zip(self.0)
    }

    pub(super) fn add(&mut self, kind: Kind) {
        for (count, _) in self.0.iter_mut().zip(Kind::ALL).filter(|(_, other)| *other == kind) {
            *count += 1;
        }
    }
}

/// Whom an entry ends. Without an account, the id is meant in whatever account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A pair.
    AccessKey(AccessKeyId),
    /// A user by name or id.
    User(UserName),
    /// One session, and those that come from it.
    Session(AccessKeyId),
    /// The sessions of all roles of an account.
    Account(AccountId),
    /// The sessions of a role.
    Role {
        /// Its account.
        account: Option<AccountId>,
        /// Its id: a role of the same name is another one.
        id: RoleId,
    },
    /// The sessions that somebody obtained, and those that come from them.
    Source {
        /// The account of the source.
        account: Option<AccountId>,
        /// Who it is.
        id: SourceId,
    },
    /// The sessions with a source identity.
    SourceIdentity {
        /// The account of their roles.
        account: Option<AccountId>,
        /// The source identity.
        name: SourceIdentity,
    },
    /// The sessions under a key of the ring.
    TokenKey(Kid),
}

impl Subject {
    /// The list that it stands in.
    pub fn kind(&self) -> Kind {
        match self {
            Self::AccessKey(_) => Kind::AccessKeys,
            Self::User(_) => Kind::Users,
            Self::Session(_) => Kind::Sessions,
            Self::Account(_) => Kind::Accounts,
            Self::Role { .. } => Kind::Roles,
            Self::Source { .. } => Kind::Sources,
            Self::SourceIdentity { .. } => Kind::SourceIdentities,
            Self::TokenKey(_) => Kind::TokenKeys,
        }
    }
}

/// An entry of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Whom it ends.
    pub subject: Subject,
    /// `before` of a cutoff, `until` of a single session. A pair or a user has none: it is revoked until the entry goes.
    pub time: Option<UnixSeconds>,
    /// Where it stands.
    pub at: Position,
    /// The entry as a path, `roles[3]`.
    pub field: String,
}

impl Entry {
    /// An entry that stands in no file yet.
    pub fn new(subject: Subject, time: Option<UnixSeconds>) -> Self {
        Self { subject, time, at: Position::START, field: String::new() }
    }

    /// Whether it ends at least as much as another about the same. A session without an end is revoked for good.
    pub fn reaches(&self, other: &Self) -> bool {
        let reach = |entry: &Self| entry.time.unwrap_or(UnixSeconds(i64::MAX));
        reach(self) >= reach(other)
    }

    /// When the entry ends nothing any more, if that can be said.
    pub fn over_at(&self) -> Option<UnixSeconds> {
        let time = self.time?;
        Some(match self.subject.kind() {
            Kind::Sessions => time,
            Kind::AccessKeys
            | Kind::Users
            | Kind::Accounts
            | Kind::Roles
            | Kind::Sources
            | Kind::SourceIdentities
            | Kind::TokenKeys => UnixSeconds(time.0.saturating_add(LINGER_SECONDS)),
        })
    }
}
