//! Everything that has a say in one decision, from one generation: the gate and explanations share it.

use super::Snapshot;
use crate::directory::Grants;
use crate::ident::{AccountId, Principal};
use crate::policy::{
    AccessRequest, Action, Attributes, Caller, ControlChain, Layers, NO_CONTROL, ObjectUse,
    PolicySet, RelativeId, Resource, ResourceGroup, Segment, Trust,
};

impl Snapshot {
    /// The layers that decide about `access`. `principal` is who `access.caller` is, `session` the policy that bounds its
    /// session, `group` the group of the resource, and `object` what the operation does to an object.
    pub fn layers<'s>(
        &'s self,
        principal: Option<&Principal>,
        session: Option<&'s PolicySet>,
        access: &AccessRequest<'_>,
        group: ResourceGroup<'s>,
        object: Option<ObjectUse>,
    ) -> Layers<'s> {
        let grants = principal.and_then(|principal| self.directory.grants_of(principal));
        let (account, groups) = Grants::sets(grants);
        let object = object.filter(|_| access.traits.acl);
        Layers {
            control: self.control(access),
            session,
            account,
            groups,
            group,
            resource: self.resources.policies(),
            trust: self.trust(&access.resource),
            acl: object.and_then(|object| self.resources.acl_of(access, object)),
        }
    }

    /// A question as the policies are asked it. What is special about the service is that of the resource's, which need not
    /// be the one that the request was sent to; of an action without resources, the action's.
    pub fn question<'r>(
        &self,
        caller: Caller<'r>,
        action: Action<'r>,
        resource: Resource<'r>,
        attributes: &'r dyn Attributes,
    ) -> AccessRequest<'r> {
        let service = match resource {
            Resource::All => action.service,
            Resource::Named { service, .. } => service,
        };
        AccessRequest {
            caller,
            action,
            resource,
            owner: owner_of(&resource, self.directory.account()),
            exempt: false,
            traits: self.catalog().traits(service),
            public_blocked: self.resources.blocks_public(),
            attributes,
        }
    }

    /// The chain of the owner's account, and of the caller's if that is another one. The account that manages the
    /// organisation is free on its own resources (OP-13).
    fn control(&self, access: &AccessRequest<'_>) -> [&ControlChain; 2] {
        let organization = &self.organization;
        let (owner, caller) = (access.owner, access.caller.account());
        let chain = |account: Option<AccountId>| {
            account.map_or(&NO_CONTROL, |account| organization.chain(account))
        };
        match (owner, caller) {
            (Some(owner), Some(caller)) if owner == caller => {
                let free = organization.management() == Some(owner);
                [if free { &NO_CONTROL } else { chain(Some(owner)) }, &NO_CONTROL]
            }
            (owner, caller) => [chain(owner), chain(caller)],
        }
    }

    /// The trust policy of a role that is the resource.
    fn trust(&self, resource: &Resource<'_>) -> Option<Trust<'_>> {
        let Resource::Named {
            service: "ram",
            account: Segment::Known(account),
            relative_id: RelativeId::Known(id),
            ..
        } = *resource
        else {
            return None;
        };
        let name = id.strip_prefix("role/")?;
        let role = self.directory.role_of(account.parse().ok()?, name)?;
        Some(Trust { policy: &role.trust, service_linked: role.service_linked })
    }
}

/// The owner of a resource: its account segment; `account`, the one behind the gate, where the resource names none. 8.7 of
/// the policy language takes the caller's account then, which is the same for callers of this account; callers of another
/// one must not become the owner of what stands behind the gate.
fn owner_of(resource: &Resource<'_>, account: AccountId) -> Option<AccountId> {
    match resource {
        Resource::All => Some(account),
        Resource::Named { account: segment, .. } => match segment {
            Segment::Known("" | "*" | "system") | Segment::Global => Some(account),
            Segment::Known(text) => text.parse().ok(),
            Segment::Unknown => None,
        },
    }
}

/// A principal as policies match it; nobody is an anonymous caller.
pub fn caller_of(principal: Option<&Principal>) -> Caller<'_> {
    let Some(principal) = principal else { return Caller::Anonymous };
    match principal {
        Principal::Root { account } => Caller::Root { account: *account },
        Principal::User { account, name, id } => {
            Caller::User { account: *account, name: name.as_str(), id: id.as_str() }
        }
        Principal::Session { account, role, role_id, session, service_linked } => Caller::Session {
            account: *account,
            role: role.as_str(),
            role_id: role_id.as_str(),
            session: session.as_str(),
            service_linked: *service_linked,
        },
    }
}
