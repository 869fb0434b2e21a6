//! Who there is and what is attached to whom: users, groups, roles and identity providers of one or more accounts (ID-11,
//! ID-13 to ID-15), the workloads that are bound to roles, the organisation above them, and the resources beside them.
//!
//! A principal's policies are one shared set: its own attachments and those of its groups, each policy once. Equal
//! attachments are the same set in memory. Every reference is resolved at load; none is left to a request.

mod book;
mod build;
mod by_resource;
mod file;
mod organization;
mod principals;
mod providers;
mod resources;
mod standing;
mod tags;
mod trust;
mod workloads;

pub use book::{Folder, Lookup, PolicyBook, PolicyFile, is_system_policy_on};
pub use build::build;
pub use file::{
    AccountEntry, Attachments, GroupEntry, Listing, Mention, PolicyNames, RoleEntry, UserEntry,
    parse,
};
pub use organization::{ControlPlace, Organization, organization};
pub use principals::{Attached, Directory, Grants, Group, Role, User};
pub use providers::{JwksBook, JwksFile, OidcProviderEntry};
pub use resources::{Resources, resources};
pub use standing::{Access, AccountStatus};
pub use tags::{Tags, tags};
pub use trust::TrustedId;
pub use workloads::{Workload, WorkloadEntry, Workloads};

#[cfg(test)]
mod tests;
