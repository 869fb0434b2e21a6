//! What a request turned out to mean.

use smol_str::SmolStr;

use super::{Authorization, CallAttributes, Streaming};
use crate::ident::AccountId;
use crate::policy::{ObjectUse, RelativeId, Resource, Segment};

/// A request that could be read.
#[derive(Debug)]
pub struct Call<'r> {
    /// The operation's name.
    pub operation: SmolStr,
    /// What it takes to be permitted.
    pub auth: Authorization,
    /// What the policies have to allow, all of it.
    pub checks: Vec<Check>,
    /// The condition values that it contributes.
    pub attributes: CallAttributes<'r>,
    /// Whether its body may be streamed while it is checked.
    pub streaming: Streaming,
}

/// One action on one or more resources.
#[derive(Debug)]
pub struct Check {
    /// The service code of the action.
    pub service: SmolStr,
    /// The operation of the action.
    pub operation: SmolStr,
    /// What it does to an object that has an access control list.
    pub object_use: Option<ObjectUse>,
    /// The resources; each must be allowed.
    pub resources: Vec<OwnedResource>,
}

/// A resource that a request touches.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OwnedResource {
    /// The single string `*`.
    All,
    /// An ARN.
    Named {
        /// The service segment.
        service: SmolStr,
        /// The region.
        region: OwnedSegment,
        /// The account.
        account: OwnedSegment,
        /// The rest; [`RelativeId::UNKNOWN_PART`] stands for what only a look-up could tell.
        relative_id: String,
    },
}

/// See [`Segment`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OwnedSegment {
    /// A concrete value.
    Known(SmolStr),
    /// The product is global.
    Global,
    /// There is a value that nobody knows.
    Unknown,
    /// There is a value that nobody knows, and this one is what it is taken for. Policies see it as unknown.
    Presumed(SmolStr),
}

impl OwnedSegment {
    fn as_segment(&self) -> Segment<'_> {
        match self {
            Self::Known(text) => Segment::Known(text),
            Self::Global => Segment::Global,
            Self::Unknown | Self::Presumed(_) => Segment::Unknown,
        }
    }

    fn as_text(&self) -> &str {
        match self {
            Self::Known(text) | Self::Presumed(text) => text,
            Self::Global | Self::Unknown => "*",
        }
    }
}

impl OwnedResource {
    /// Who is taken for the owner of a resource whose account is not known. It says by whose rules the call is judged; no
    /// pattern that names an account matches for it.
    pub fn presumed_owner(&self) -> Option<AccountId> {
        match self {
            Self::Named { account: OwnedSegment::Presumed(account), .. } => account.parse().ok(),
            Self::Named { .. } | Self::All => None,
        }
    }

    /// As the policies read it.
    pub fn as_resource(&self) -> Resource<'_> {
        match self {
            Self::All => Resource::All,
            Self::Named { service, region, account, relative_id } => Resource::Named {
                service,
                region: region.as_segment(),
                account: account.as_segment(),
                relative_id: if relative_id.contains(RelativeId::UNKNOWN_PART) {
                    RelativeId::Partial(relative_id)
                } else {
                    RelativeId::Known(relative_id)
                },
            },
        }
    }
}

/// Prints the ARN, with `*` for what is global or unknown.
impl std::fmt::Display for OwnedResource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::Named { service, region, account, relative_id } => {
                let relative_id = relative_id.replace(RelativeId::UNKNOWN_PART, "*");
                write!(f, "acs:{service}:{}:{}:{relative_id}", region.as_text(), account.as_text())
            }
        }
    }
}
