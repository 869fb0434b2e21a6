//! The STS API: what a request asks for, what comes of it, and how the answer is written (section 3 of the identities sheet).
//!
//! Pure. Whether a caller may assume a role is asked elsewhere, of the policies; here is what the API itself wants.

mod answer;
mod assume_role;
mod assume_role_with_oidc;
mod error;
mod issue;
mod parameters;
mod session_policy;

pub use answer::{AssumedRole, CallerIdentity, Format};
pub use assume_role::{AssumeRole, RoleArn};
pub use assume_role_with_oidc::AssumeRoleWithOidc;
pub use error::StsError;
pub use issue::{Caller, Entropy, Target, effective_source_identity};
pub use parameters::Parameters;

#[cfg(test)]
mod tests;
