//! The words everything is said in: accounts, keys, names, principals, instants, secrets.
//!
//! Text becomes one of these types once, at the edge; later code cannot hold the bad form.

mod access_key;
mod account;
mod name;
mod principal;
mod secret;
mod service;
mod time;

pub use access_key::AccessKeyId;
pub use account::AccountId;
pub use name::{
    AccountAlias, GroupName, PolicyName, ProviderName, ResourceGroupId, RoleId, RoleName,
    SessionName, SourceIdentity, UserId, UserName, WorkloadName,
};
pub use principal::Principal;
pub use secret::SecretKey;
pub use service::ServicePrincipal;
pub use time::UnixSeconds;

/// Text that is not what it should be: what was wanted, and the text (shortened).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no {wanted}")]
pub struct ParseIdentError {
    wanted: &'static str,
    text: String,
}

impl ParseIdentError {
    /// How much of a bad text an error repeats.
    const ECHO_CHARS_MAX: usize = 80;

    pub(crate) fn new(wanted: &'static str, text: &str) -> Self {
        Self { wanted, text: text.chars().take(Self::ECHO_CHARS_MAX).collect() }
    }
}
