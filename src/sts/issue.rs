//! From a request that is permitted to the session that it is given (3.2, 5.4).

use std::fmt;

use crate::federation::{Identity, ProviderArn};
use crate::ident::{AccessKeyId, AccountId, RoleId, RoleName, SourceIdentity, UnixSeconds, UserId};
use crate::token::{
    ACCESS_KEY_ENTROPY_BYTES, Ancestor, Chain, Federation, Payload, Source, SourceId,
};

use super::{AssumeRole, StsError};

/// How many sessions may go before one (STS-14).
const DEPTH_MAX: usize = 4;
/// `DurationSeconds` where nobody says it.
const SECONDS_DEFAULT: i64 = 3600;

/// The chance that one session takes.
pub struct Entropy {
    /// Makes its id.
    pub access_key: [u8; ACCESS_KEY_ENTROPY_BYTES],
    /// Seals its token.
    pub nonce: [u8; 24],
}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entropy(..)")
    }
}

/// Who asks for a session.
#[derive(Clone, Copy, Debug)]
pub enum Caller<'c> {
    /// A user.
    User(AccountId, &'c UserId),
    /// A session, as its token describes it.
    Session(&'c Payload),
    /// Somebody whom a provider vouches for.
    Federated(&'c ProviderArn, &'c Identity),
    /// A service that acts for the account; only a workload that is bound to the role comes as one (TP-13).
    Service(AccountId, &'c str),
}

/// The role, as the directory has it now.
#[derive(Clone, Copy, Debug)]
pub struct Target<'r> {
    /// The account that owns it.
    pub account: AccountId,
    /// Its id.
    pub id: &'r RoleId,
    /// Its name in lower case.
    pub name: &'r RoleName,
    /// How long its sessions last at most.
    pub seconds_max: i64,
}

/// The source identity that a session gets: the one that the caller's session has cannot be changed (STS-24).
pub fn effective_source_identity<'s>(
    inherited: Option<&'s SourceIdentity>,
    requested: Option<&'s SourceIdentity>,
) -> Result<Option<&'s SourceIdentity>, StsError> {
    match (inherited, requested) {
        (Some(own), Some(other)) if own != other => Err(StsError::SourceIdentity),
        (own, other) => Ok(own.or(other)),
    }
}

impl Caller<'_> {
    /// The session that a permitted request is given.
    pub fn session(
        &self,
        request: &AssumeRole,
        target: Target<'_>,
        chained_seconds_max: i64,
        access_key_id: AccessKeyId,
        now: UnixSeconds,
    ) -> Result<Payload, StsError> {
        let (source, chain, inherited) = match self {
            Self::User(account, id) => {
                (Source { account: *account, id: SourceId::User((*id).clone()) }, None, None)
            }
            Self::Service(account, name) => {
                (Source { account: *account, id: SourceId::Service((*name).into()) }, None, None)
            }
            Self::Session(parent) => {
                let id = SourceId::Role(parent.role_id.clone());
                let source = Source { account: parent.account, id };
                (source, Some(chain(parent)?), parent.source_identity.as_ref())
            }
            Self::Federated(provider, _) => {
                let id = SourceId::Oidc(provider.to_string().into());
                (Source { account: provider.account, id }, None, None)
            }
        };
        let chained_max = chain.as_ref().map_or(i64::MAX, |_chain| chained_seconds_max);
        let seconds = lifetime(request.seconds, target.seconds_max.min(chained_max))?;
        let source_identity =
            effective_source_identity(inherited, request.source_identity.as_ref())?;
        Ok(Payload {
            access_key_id,
            issued: now,
            expires: UnixSeconds(now.0.saturating_add(seconds)),
            account: target.account,
            role_id: target.id.clone(),
            role_name: target.name.clone(),
            session_name: request.session.clone(),
            source,
            federation: self.federation(),
            source_identity: source_identity.cloned(),
            policy: request.policy.clone(),
            chain,
            mfa: None,
        })
    }

    fn federation(&self) -> Option<Federation> {
        match self {
            Self::Federated(_, identity) => Some(Federation {
                issuer: identity.issuer.clone(),
                subject: identity.subject.clone(),
            }),
            Self::User(..) | Self::Session(_) | Self::Service(..) => None,
        }
    }
}

/// What goes before a session that `parent` obtains (TOK-11).
fn chain(parent: &Payload) -> Result<Chain, StsError> {
    let before = parent.chain.as_ref();
    let mut ancestors = before.map(|chain| chain.ancestors.clone()).unwrap_or_default();
    if ancestors.len() >= DEPTH_MAX {
        return Err(StsError::Depth);
    }
    ancestors.push(Ancestor {
        account: parent.account,
        role_id: parent.role_id.clone(),
        issued: parent.issued,
        access_key_id: parent.access_key_id.clone(),
    });
    let origin = before.map_or(&parent.source, |chain| &chain.origin).clone();
    Ok(Chain { ancestors, origin })
}

/// What is over the maximum is refused, not cut (STS-21).
fn lifetime(requested: Option<i64>, max: i64) -> Result<i64, StsError> {
    match requested {
        Some(seconds) if seconds > max => Err(StsError::Duration),
        Some(seconds) => Ok(seconds),
        None => Ok(SECONDS_DEFAULT.min(max)),
    }
}
