//! One question to the policies: may this action touch this resource, in this context?

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use super::PrincipalForm;
use crate::ident::{AccountId, UnixSeconds};

/// An action such as `ecs:StopInstance`, spelled as the catalogue spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action<'r> {
    /// The RAM service code, `ecs`.
    pub service: &'r str,
    /// The operation, `StopInstance`.
    pub operation: &'r str,
}

/// `ecs:StopInstance`
impl fmt::Display for Action<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service, self.operation)
    }
}

/// Why a segment of a requested ARN prints as `*` (rule R-4, and section 4 of the catalogue sheet).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Segment<'r> {
    /// A concrete value.
    Known(&'r str),
    /// The resource has no such segment: a global product. An empty segment of a pattern matches it, a literal never.
    Global,
    /// There is a value that the gate cannot know: no Allow that depends on it, every Deny that could.
    Unknown,
}

/// The part of an ARN behind the fourth colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelativeId<'r> {
    /// As derived from the request; `*` in it is an ordinary character (`instance/*` is the type as a whole).
    Known(&'r str),
    /// With parts that only a look-up could fill; each unknown part is the character [`RelativeId::UNKNOWN_PART`].
    Partial(&'r str),
}

impl RelativeId<'_> {
    /// Stands for a part that nobody knows. It cannot occur in a request: control characters are refused.
    pub const UNKNOWN_PART: char = '\u{0}';
}

/// What an action touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource<'r> {
    /// The operation has no resource-level authorisation: the single string `*` (rule R-5).
    All,
    /// `acs:<service>:<region>:<account>:<relative-id>`
    Named {
        /// The service segment.
        service: &'r str,
        /// The region segment.
        region: Segment<'r>,
        /// The account segment.
        account: Segment<'r>,
        /// The rest.
        relative_id: RelativeId<'r>,
    },
}

/// As an ARN; what is unknown or global prints as `*`.
impl fmt::Display for Resource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Named { service, region, account, relative_id } = self else {
            return f.write_str("*");
        };
        let segment = |segment: &Segment<'_>| match segment {
            Segment::Known(text) => (*text).to_owned(),
            Segment::Global | Segment::Unknown => "*".to_owned(),
        };
        let (RelativeId::Known(id) | RelativeId::Partial(id)) = relative_id;
        let id = id.replace(RelativeId::UNKNOWN_PART, "*");
        write!(f, "acs:{service}:{}:{}:{id}", segment(region), segment(account))
    }
}

/// A condition key as policies name it, resolved once at load (section 5 of the policy language).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConditionKey<'p> {
    /// `acs:CurrentTime`
    CurrentTime,
    /// `acs:SecureTransport`
    SecureTransport,
    /// `acs:SourceIp`
    SourceIp,
    /// `acs:MFAPresent`
    MfaPresent,
    /// `acs:PrincipalARN`
    PrincipalArn,
    /// `acs:UserAgent`
    UserAgent,
    /// `acs:AccessId`
    AccessId,
    /// `acs:RequestTag/<tag key>`
    RequestTag(&'p str),
    /// Any other key, in full: a product's, or one nobody knows. The context says whether it can be determined.
    Other(&'p str),
}

/// What the context knows about one key (rules C-8 to C-12).
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute<'r> {
    /// Known to be absent.
    Absent,
    /// There may be a value; the gate cannot know it.
    Undeterminable,
    /// One text.
    Text(Cow<'r, str>),
    /// Several texts. An empty list counts as absent (C-10).
    Texts(&'r [Box<str>]),
    /// An address.
    Address(IpAddr),
    /// An instant.
    Instant(UnixSeconds),
    /// A boolean.
    Flag(bool),
}

/// The condition context of a request. Values are computed only when a condition asks.
pub trait Attributes {
    /// What is known about `key`.
    fn get(&self, key: &ConditionKey<'_>) -> Attribute<'_>;
}

/// Who asks, as principals of policies are matched against (section 10 of the policy language).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller<'r> {
    /// The account itself.
    Root {
        /// The account.
        account: AccountId,
    },
    /// A RAM user.
    User {
        /// The account that the user belongs to.
        account: AccountId,
        /// The name.
        name: &'r str,
        /// The id.
        id: &'r str,
    },
    /// A session of a role.
    Session {
        /// The account that owns the role.
        account: AccountId,
        /// The name of the role.
        role: &'r str,
        /// The id of the role.
        role_id: &'r str,
        /// The name of the session.
        session: &'r str,
        /// Whether the role belongs to a service: control policies do not bind it (8.6).
        service_linked: bool,
    },
    /// A service that acts for an account.
    Service {
        /// Its name, `ecs.aliyuncs.com`.
        name: &'r str,
        /// The account.
        account: AccountId,
    },
    /// An identity that a provider vouches for.
    Federated {
        /// The ARN of the provider.
        provider: &'r str,
        /// The account of the provider.
        account: Option<AccountId>,
    },
    /// Nobody that is known.
    Anonymous,
}

/// The ARN, as the audit record has it.
impl fmt::Display for Caller<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root { account } => write!(f, "acs:ram::{account}:root"),
            Self::User { account, name, .. } => write!(f, "acs:ram::{account}:user/{name}"),
            Self::Session { account, role, session, .. } => {
                let role = role.to_ascii_lowercase();
                write!(f, "acs:ram::{account}:assumed-role/{role}/{session}")
            }
            Self::Service { name, account } => write!(f, "{account}@{name}"),
            Self::Federated { provider, .. } => f.write_str(provider),
            Self::Anonymous => f.write_str("an anonymous caller"),
        }
    }
}

impl Caller<'_> {
    /// The account that the caller belongs to; `None` for one that has none.
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::Root { account }
            | Self::User { account, .. }
            | Self::Session { account, .. }
            | Self::Service { account, .. } => Some(*account),
            Self::Federated { account, .. } => *account,
            Self::Anonymous => None,
        }
    }
}

/// What is special about the service that an access is about: named traits, which its catalogue file switches on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traits {
    /// How its resource policies name principals: the traits `principal-list` and `principal-optional`.
    pub principals: PrincipalForm,
    /// What callers of other accounts need (8.4).
    pub foreign: ForeignCallers,
    /// `unknown-region`: a resource without a region has one that nobody told, it is not global.
    pub unknown_region: bool,
    /// `acl`: where no policy decides, the access control list of the object or its container does (8.5).
    pub acl: bool,
}

impl Traits {
    /// Whether callers without credentials may be let in by what is attached to a resource (8.5).
    pub fn admits_strangers(&self) -> bool {
        self.foreign == ForeignCallers::NeedTheResource || self.acl
    }
}

/// What callers of another account than the resource's need (8.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForeignCallers {
    /// An Allow of their own policies, and one of the resource's.
    #[default]
    NeedBothSides,
    /// `resource-policy-suffices`: an Allow of the resource's policies; one of their own counts for nothing.
    NeedTheResource,
}

/// The question.
#[derive(Clone, Copy)]
pub struct AccessRequest<'r> {
    /// Who asks.
    pub caller: Caller<'r>,
    /// What is to be done.
    pub action: Action<'r>,
    /// What it touches.
    pub resource: Resource<'r>,
    /// The account that owns the resource; `None` when nobody knows.
    pub owner: Option<AccountId>,
    /// Whether the operation needs a caller that is known, and no permission.
    pub exempt: bool,
    /// What is special about the service.
    pub traits: Traits,
    /// Whether grants to everybody count for nothing (8.5, Block Public Access).
    pub public_blocked: bool,
    /// The condition context.
    pub attributes: &'r dyn Attributes,
}

impl fmt::Debug for AccessRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessRequest")
            .field("caller", &self.caller)
            .field("action", &self.action)
            .field("resource", &self.resource)
            .field("owner", &self.owner)
            .finish_non_exhaustive()
    }
}
