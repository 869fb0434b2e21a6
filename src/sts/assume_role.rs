//! The parameters of `AssumeRole` (3.3), read in the order in which the first that is wrong is told.

use crate::ident::{AccountId, RoleName, SessionName, SourceIdentity};
use crate::token::{LIFETIME_SECONDS_MAX, LIFETIME_SECONDS_MIN};

use super::{Parameters, StsError, session_policy};

/// Longer ARNs name nothing (ID-19).
const ARN_BYTES_MAX: usize = 512;

/// The role that is asked for. Nobody has looked it up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleArn {
    /// The account that owns it.
    pub account: AccountId,
    /// Its name, in any letter case (ID-14).
    pub name: RoleName,
}

/// A request that follows the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssumeRole {
    /// `RoleArn`
    pub role: RoleArn,
    /// `RoleSessionName`
    pub session: SessionName,
    /// `DurationSeconds`
    pub seconds: Option<i64>,
    /// `Policy`, without needless space.
    pub policy: Option<Box<str>>,
    /// `SourceIdentity`
    pub source_identity: Option<SourceIdentity>,
}

impl AssumeRole {
    /// Reads what is asked for. `ExternalId` is checked and left to the conditions.
    pub fn read(parameters: &Parameters<'_>) -> Result<Self, StsError> {
        let wanted = |name| parameters.filled(name).ok_or(StsError::Missing(name));
        let (arn, session) = (wanted("RoleArn")?, wanted("RoleSessionName")?);
        let role = role_arn(arn).ok_or(StsError::Malformed("RoleArn"))?;
        let session = session.parse().map_err(|_name| StsError::Malformed("RoleSessionName"))?;
        let seconds = parameters.get("DurationSeconds").map(seconds).transpose()?;
        let policy = parameters.filled("Policy").map(session_policy::read).transpose()?;
        if parameters.get("ExternalId").is_some_and(|id| !is_external_id(id)) {
            return Err(StsError::Malformed("ExternalId"));
        }
        let source_identity = parameters.filled("SourceIdentity").map(str::parse).transpose();
        let source_identity =
            source_identity.map_err(|_text| StsError::Malformed("SourceIdentity"))?;
        // Nobody here could verify a second factor (MFA-04).
        for name in ["SerialNumber", "TokenCode"] {
            if parameters.filled(name).is_some() {
                return Err(StsError::Malformed(name));
            }
        }
        Ok(Self { role, session, seconds, policy, source_identity })
    }
}

/// `acs:ram::ACCOUNT:role/NAME`; examples of the vendor write `*` for the region, which says the same (ID-18).
pub(super) fn role_arn(text: &str) -> Option<RoleArn> {
    let text = Some(text).filter(|text| text.len() <= ARN_BYTES_MAX)?;
    let (region, rest) = text.strip_prefix("acs:ram:")?.split_once(':')?;
    let (account, relative_id) = rest.split_once(':')?;
    let name = relative_id.strip_prefix("role/")?;
    let role = RoleArn { account: account.parse().ok()?, name: name.parse().ok()? };
    ["", "*"].contains(&region).then_some(role)
}

/// Decimal digits, in the range that any role may allow (STS-21).
pub(super) fn seconds(text: &str) -> Result<i64, StsError> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    let value = text.parse().ok().filter(|_value: &i64| plain);
    value
        .filter(|value| (LIFETIME_SECONDS_MIN..=LIFETIME_SECONDS_MAX).contains(value))
        .ok_or(StsError::Duration)
}

/// 2 to 1224 of `A-Za-z0-9_+=,.@:/-` (STS-20).
fn is_external_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&byte);
    (2..=1224).contains(&text.len()) && text.bytes().all(allowed)
}
