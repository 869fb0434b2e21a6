//! Users, groups and what is attached to them (ID-11, ID-13, ID-15), and who has been revoked.
//!
//! A principal's policies are one shared slice: its own attachments and those of its groups, each policy once. Equal
//! sets are the same slice in memory. Every reference is resolved at load; none is left to a request.

mod build;
mod file;
mod policies;
mod revocations;
mod users;

pub use build::build;
pub use file::{Attachments, GroupEntry, Listing, Mention, UserEntry, parse};
pub use policies::{PolicyBook, PolicyFile};
pub use revocations::Revocations;
pub use users::{Directory, User};
