//! The parameters of `AssumeRoleWithOIDC` (3.4).

use std::fmt;

use crate::federation::ProviderArn;

use super::assume_role::{role_arn, seconds};
use super::{AssumeRole, Parameters, StsError, session_policy};

/// A request that follows the rules. What the token is worth, nobody knows yet.
#[derive(Clone, PartialEq, Eq)]
pub struct AssumeRoleWithOidc<'p> {
    /// `OIDCProviderArn`
    pub provider: ProviderArn,
    /// `OIDCToken`, without the space around it.
    pub token: &'p str,
    /// The rest. There is never a source identity in it (STS-33).
    pub session: AssumeRole,
}

impl fmt::Debug for AssumeRoleWithOidc<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AssumeRoleWithOidc")
            .field("provider", &self.provider)
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

impl<'p> AssumeRoleWithOidc<'p> {
    /// Reads what is asked for. The real service takes three parameters for optional at its gateway, and misses them itself, in
    /// other words.
    pub fn read(parameters: &Parameters<'p>) -> Result<Self, StsError> {
        let wanted = |name| parameters.filled(name).ok_or(StsError::MissingParameter(name));
        let (provider, arn) = (wanted("OIDCProviderArn")?, wanted("RoleArn")?);
        // Clients send the file of the token as it is, with the line end behind it.
        let token = wanted("OIDCToken")?.trim_ascii();
        let session = parameters.filled("RoleSessionName");
        let session = session.ok_or(StsError::Missing("RoleSessionName"))?;
        let role = role_arn(arn).ok_or(StsError::Malformed("RoleArn"))?;
        let session = session.parse().map_err(|_name| StsError::Malformed("RoleSessionName"))?;
        let seconds = parameters.get("DurationSeconds").map(seconds).transpose()?;
        let policy = parameters.get("Policy").map(session_policy::read).transpose()?;
        let provider = provider.parse().map_err(|_arn| StsError::ProviderArn)?;
        let session = AssumeRole { role, session, seconds, policy, source_identity: None };
        Ok(Self { provider, token, session })
    }
}
