//! Every policy that has a say in one decision, layer by layer (section 8 of the policy language).

use super::document::Effect;
use super::set::{NO_POLICIES, PolicySet};
use super::{AccessRequest, Caller};
use crate::ident::AccountId;

/// What is asked, in this order.
#[derive(Clone, Copy, Debug)]
pub struct Layers<'s> {
    /// The control policies of the owner's account and of its folders, and then those of the caller's account, if that is
    /// another one.
    pub control: [&'s ControlChain; 2],
    /// The session policy, of a session that has one.
    pub session: Option<&'s PolicySet>,
    /// What is attached to the caller and its groups, or to its role, for the whole account.
    pub account: &'s PolicySet,
    /// What is attached to them for one resource group.
    pub groups: &'s [GroupPolicies],
    /// The group of the resource, as far as it is known.
    pub group: ResourceGroup<'s>,
    /// The resource-based policies.
    pub resource: &'s PolicySet,
    /// The trust policy, if the resource is a role.
    pub trust: Option<Trust<'s>>,
    /// What the access control list says, where there is one (8.5).
    pub acl: Option<AclAnswer>,
}

/// No control policies: the feature is off.
pub static NO_CONTROL: ControlChain = ControlChain { account: None, levels: Vec::new() };

impl Layers<'_> {
    /// No policy in any layer.
    pub fn none() -> Layers<'static> {
        Layers {
            control: [&NO_CONTROL; 2],
            session: None,
            account: &NO_POLICIES,
            groups: &[],
            group: ResourceGroup::None,
            resource: &NO_POLICIES,
            trust: None,
            acl: None,
        }
    }
}

/// The control policies on the way from an account up to the root of its resource directory. No level: the feature is off.
#[derive(Debug, Default)]
pub struct ControlChain {
    /// The account that is bound.
    pub account: Option<AccountId>,
    /// From the account up.
    pub levels: Vec<ControlLevel>,
}

/// The control policies of one level. One that is empty allows nothing.
#[derive(Debug, Default)]
pub struct ControlLevel {
    /// The account or folder, for people.
    pub name: String,
    /// All of them: they bind users and roles.
    pub all: PolicySet,
    /// Those that bind the account's own root identity too: the system policy, and custom ones whose scope is `All`.
    pub binding_root: PolicySet,
}

impl ControlLevel {
    /// What binds the caller on a level of the chain of `account`; `None` when nothing does (8.2, 8.7). The scope `RAM`
    /// leaves out the root identity of that account and nobody else (decisions, Meaning).
    pub(super) fn binding(
        &self,
        account: Option<AccountId>,
        caller: &Caller<'_>,
    ) -> Option<&PolicySet> {
        match caller {
            Caller::Session { service_linked: true, .. } => None,
            Caller::Root { account: own } if Some(*own) == account => {
                (!self.binding_root.is_empty()).then_some(&self.binding_root)
            }
            _ => Some(&self.all),
        }
    }
}

/// Policies that are attached for one resource group.
#[derive(Debug, Default)]
pub struct GroupPolicies {
    /// The id of the group.
    pub group: String,
    /// The policies.
    pub policies: PolicySet,
}

/// The resource group that a resource is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceGroup<'s> {
    /// None that anything is attached for.
    None,
    /// One of these.
    In(&'s [Box<str>]),
    /// Nobody knows: no Allow of any group, every Deny.
    Unknown,
}

impl ResourceGroup<'_> {
    /// Whether policies of a group may decide, with a statement of this effect.
    pub(super) fn admits(&self, group: &str, effect: Effect) -> bool {
        match self {
            Self::None => false,
            Self::In(groups) => groups.iter().any(|of| **of == *group),
            Self::Unknown => effect == Effect::Deny,
        }
    }
}

/// The role that is to be assumed.
#[derive(Clone, Copy, Debug)]
pub struct Trust<'s> {
    /// Its trust policy.
    pub policy: &'s PolicySet,
    /// Whether the role belongs to a service, so that nobody else may assume it.
    pub service_linked: bool,
}

/// What an access control list says about an access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AclAnswer {
    /// It admits everybody.
    Admits,
    /// It admits nobody but the owner.
    Keeps,
}

/// An access control list, of a container or of one object (8.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acl {
    /// Only the owner.
    Private,
    /// Everybody reads.
    PublicRead,
    /// Everybody reads and writes.
    PublicReadWrite,
}

/// What an operation does to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectUse {
    /// It reads one.
    Read,
    /// It writes one.
    Write,
}

impl Acl {
    /// Reads the name of a list.
    pub fn find(name: &str) -> Option<Self> {
        match name {
            "private" => Some(Self::Private),
            "public-read" => Some(Self::PublicRead),
            "public-read-write" => Some(Self::PublicReadWrite),
            _ => None,
        }
    }

    /// Whether it admits somebody who is not the owner.
    pub fn answer(self, object: ObjectUse) -> AclAnswer {
        match (self, object) {
            (Self::PublicReadWrite, _) | (Self::PublicRead, ObjectUse::Read) => AclAnswer::Admits,
            (Self::PublicRead, ObjectUse::Write) | (Self::Private, _) => AclAnswer::Keeps,
        }
    }
}

/// The questions about a role that its own policies answer otherwise than those of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OfRole {
    /// To get a session of it.
    Assume,
    /// To name the one who gets it.
    SetSourceIdentity,
}

/// Which of them is asked.
pub(super) fn asked_of_role(access: &AccessRequest<'_>) -> Option<OfRole> {
    let is = |operation| access.action.operation.eq_ignore_ascii_case(operation);
    match access.action.service.eq_ignore_ascii_case("sts") {
        true if is("AssumeRole") => Some(OfRole::Assume),
        true if is("SetSourceIdentity") => Some(OfRole::SetSourceIdentity),
        _ => None,
    }
}
