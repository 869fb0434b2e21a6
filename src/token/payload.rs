//! What a token says (5.4), and the rules that hold for it wherever it comes from.

use crate::ident::{
    AccessKeyId, AccountId, RoleId, RoleName, SessionName, SourceIdentity, UnixSeconds,
};

use super::access_key::is_minted;
use super::chain::{Ancestor, Chain, Federation, Source, SourceId};
use super::error::PayloadError;

/// A session lasts at least this long.
pub const LIFETIME_SECONDS_MIN: i64 = 900;
/// A session lasts at most this long.
pub const LIFETIME_SECONDS_MAX: i64 = 43_200;

pub(super) const ID_DIGITS_MAX: usize = 20;
pub(super) const SOURCE_ID_BYTES_MAX: usize = 192;
pub(super) const POLICY_BYTES_MAX: usize = 2048;
pub(super) const FEDERATION_BYTES_MAX: usize = 512;
pub(super) const ANCESTORS_MAX: usize = 4;

/// A session, as its token describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// The public half of its pair.
    pub access_key_id: AccessKeyId,
    /// When it was issued.
    pub issued: UnixSeconds,
    /// When it ends.
    pub expires: UnixSeconds,
    /// The account of its role.
    pub account: AccountId,
    /// Its role.
    pub role_id: RoleId,
    /// The name of the role at the time, in lower case: for people, never to look anything up.
    pub role_name: RoleName,
    /// Its name.
    pub session_name: SessionName,
    /// Who obtained it.
    pub source: Source,
    /// Whom a provider vouched for, if one did.
    pub federation: Option<Federation>,
    /// The name that persists through all chaining.
    pub source_identity: Option<SourceIdentity>,
    /// The policy that bounds it, as JSON. Nobody has compiled it yet.
    pub policy: Option<Box<str>>,
    /// What went before, of a session that a session obtained.
    pub chain: Option<Chain>,
    /// Whether a second factor was used; `None` where nobody knows.
    pub mfa: Option<bool>,
}

impl Payload {
    /// How many sessions went before.
    pub fn depth(&self) -> usize {
        self.chain.as_ref().map_or(0, |chain| chain.ancestors.len())
    }

    /// What the types do not say already. Fields are named by their numbers.
    pub(super) fn check(&self) -> Result<(), PayloadError> {
        let lifetime = self.expires.0.checked_sub(self.issued.0);
        let lasts = |it: i64| (LIFETIME_SECONDS_MIN..=LIFETIME_SECONDS_MAX).contains(&it);
        let lower = !self.role_name.as_str().bytes().any(|byte| byte.is_ascii_uppercase());
        let rules = [
            (2, is_minted(&self.access_key_id)),
            (3, self.issued.0 >= 0),
            (4, lifetime.is_some_and(lasts)),
            (6, is_role_id(&self.role_id)),
            (7, lower),
            (11, is_source_id(&self.source.id)),
            (13, self.policy.as_deref().is_none_or(|it| fits(it, POLICY_BYTES_MAX))),
            (16, self.follows_chain()),
            (17, self.is_federated_as_said()),
            (18, self.chain.as_ref().is_none_or(|chain| is_origin(&chain.origin.id))),
        ];
        match rules.into_iter().find(|(_, holds)| !holds) {
            Some((field, _)) => Err(PayloadError::Rule(field)),
            None => Ok(()),
        }
    }

    /// A session is the source of exactly those that have ancestors, and the last of them is that session (TOK-11).
    fn follows_chain(&self) -> bool {
        match (&self.source.id, &self.chain) {
            (SourceId::Role(parent), Some(chain)) => {
                let is_parent =
                    |it: &Ancestor| it.account == self.source.account && it.role_id == *parent;
                let last = chain.ancestors.last();
                last.is_some_and(is_parent) && are_ancestors(&chain.ancestors)
            }
            (SourceId::Role(_), None) => false,
            (_, chain) => chain.is_none(),
        }
    }

    fn is_federated_as_said(&self) -> bool {
        let federated = matches!(self.source.id, SourceId::Oidc(_) | SourceId::Saml(_));
        let fit = |it: &Federation| {
            fits(&it.issuer, FEDERATION_BYTES_MAX) && fits(&it.subject, FEDERATION_BYTES_MAX)
        };
        self.federation.is_some() == federated && self.federation.as_ref().is_none_or(fit)
    }
}

fn are_ancestors(ancestors: &[Ancestor]) -> bool {
    let is_session =
        |it: &Ancestor| is_minted(&it.access_key_id) && is_role_id(&it.role_id) && it.issued.0 >= 0;
    ancestors.len() <= ANCESTORS_MAX && ancestors.iter().all(is_session)
}

fn is_role_id(id: &RoleId) -> bool {
    id.as_str().len() <= ID_DIGITS_MAX
}

fn is_source_id(id: &SourceId) -> bool {
    match id {
        SourceId::Role(id) => is_role_id(id),
        SourceId::User(_) | SourceId::Oidc(_) | SourceId::Saml(_) | SourceId::Service(_) => {
            fits(id.as_str(), SOURCE_ID_BYTES_MAX)
        }
    }
}

fn is_origin(id: &SourceId) -> bool {
    !matches!(id, SourceId::Role(_)) && is_source_id(id)
}

fn fits(text: &str, bytes_max: usize) -> bool {
    (1..=bytes_max).contains(&text.len())
}
