//! One question to the policies: may this action touch this resource, in this context?

use std::borrow::Cow;
use std::net::IpAddr;

use crate::ident::{AccountId, UnixSeconds};

/// An action such as `ecs:StopInstance`, spelled as the catalogue spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action<'r> {
    /// The RAM service code, `ecs`.
    pub service: &'r str,
    /// The operation, `StopInstance`.
    pub operation: &'r str,
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

/// A condition key as policies name it, resolved once at load (section 5 of the policy language).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ConditionKey {
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
    RequestTag(Box<str>),
    /// Any other key, in full: a product's, or one nobody knows. The context says whether it can be determined.
    Other(Box<str>),
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
    fn get(&self, key: &ConditionKey) -> Attribute<'_>;
}

/// The question.
#[derive(Clone, Copy)]
pub struct AccessRequest<'r> {
    /// What is to be done.
    pub action: Action<'r>,
    /// What it touches.
    pub resource: Resource<'r>,
    /// The account that owns the resource; `None` when nobody knows.
    pub owner: Option<AccountId>,
    /// The condition context.
    pub attributes: &'r dyn Attributes,
}

impl std::fmt::Debug for AccessRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessRequest")
            .field("action", &self.action)
            .field("resource", &self.resource)
            .field("owner", &self.owner)
            .finish_non_exhaustive()
    }
}
