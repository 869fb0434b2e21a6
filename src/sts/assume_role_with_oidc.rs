//! The parameters of `AssumeRoleWithOIDC` (3.4).

use std::fmt;

use crate::federation::ProviderArn;
use crate::ident::SessionName;

use super::assume_role::{role_arn, seconds};
use super::{AssumeRole, Parameters, RoleArn, StsError, session_policy};

/// A request that follows the rules. What the token is worth, nobody knows yet.
#[derive(Clone, PartialEq, Eq)]
pub struct AssumeRoleWithOidc<'p> {
    /// `OIDCProviderArn`
    pub provider: ProviderArn,
    /// `OIDCToken`, without the space around it.
    pub token: &'p str,
    /// `RoleArn`
    pub role: RoleArn,
    name: SessionName,
    seconds: Option<i64>,
    policy: Option<&'p str>,
}

impl fmt::Debug for AssumeRoleWithOidc<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AssumeRoleWithOidc")
            .field("provider", &self.provider)
            .field("role", &self.role)
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
        let name = parameters.filled("RoleSessionName");
        let name = name.ok_or(StsError::Missing("RoleSessionName"))?;
        let role = role_arn(arn).ok_or(StsError::Malformed("RoleArn"))?;
        let name = name.parse().map_err(|_name| StsError::Malformed("RoleSessionName"))?;
        let seconds = parameters.get("DurationSeconds").map(seconds).transpose()?;
        let policy = parameters.filled("Policy");
        let provider = provider.parse().map_err(|_arn| StsError::ProviderArn)?;
        Ok(Self { provider, token, role, name, seconds, policy })
    }

    /// What the session is to be. To be asked once the token has been verified: reading the policy costs more than strangers
    /// may spend. There is never a source identity (STS-33).
    pub fn session(&self) -> Result<AssumeRole, StsError> {
        let policy = self.policy.map(session_policy::read).transpose()?;
        let (role, session, seconds) = (self.role.clone(), self.name.clone(), self.seconds);
        Ok(AssumeRole { role, session, seconds, policy, source_identity: None })
    }
}
