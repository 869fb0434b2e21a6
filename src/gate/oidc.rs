//! `AssumeRoleWithOIDC`: callers without credentials, for whom an identity provider vouches (section 4 of the identities
//! sheet). It is the one call of the STS API that needs no signature; what it is granted rests on the token, and on the trust
//! policy of the role.

use std::borrow::Cow;
use std::sync::Arc;

use crate::config::Upstream;
use crate::federation::{
    Fetched, Identity, KeySource, KeysWanted, OidcProvider, ProviderArn, TokenError,
    UnverifiedToken,
};
use crate::ident::UnixSeconds;
use crate::policy::{Attribute, Attributes, Caller, ConditionKey, Verdict};
use crate::request::Head;
use crate::signature::{Form, Presented};
use crate::sts::{AssumeRoleWithOidc, RoleArn, StsError};

use super::{Code, Facts, Gate, Place, Proven, Record, Refusal, sts};

/// The action that callers without credentials may name.
pub(super) const ACTION: &str = "AssumeRoleWithOIDC";

/// Who a caller without credentials is, as its provider says.
#[derive(Clone, Debug)]
pub struct Federated {
    /// The provider.
    pub provider: ProviderArn,
    /// Whom it vouches for, proven by its token.
    pub identity: Identity,
}

impl Gate<'_> {
    /// What a call shows that no signature belongs to: nothing, whatever it carries of one all the same (STS-04). It is answered
    /// here, and every action that it names is this one. Where a form may still name it, the form is read first.
    pub(super) fn presented_unsigned(
        &self,
        place: &Place<'_>,
        head: &Head,
        form: &Form<'_>,
    ) -> Option<Presented> {
        if self.rules.sts.is_none() || place.route.upstream != Upstream::Local {
            return None;
        }
        let read = if let Form::Read(form) = form { Some(*form) } else { None };
        let mut named = sts::actions(head, read).peekable();
        match named.peek() {
            None => matches!(form, Form::Pending).then_some(Presented::AfterForm),
            Some(_) => named.all(|action| action == ACTION).then_some(Presented::Anonymous),
        }
    }

    /// The keys that have to be fetched before the call can be served. A stranger gets so far with a token that has the issuer
    /// of a registered provider, and no further.
    pub fn keys_wanted(&self, proven: &Proven) -> Option<KeysWanted> {
        if !self.answers(proven) || sts::action(proven) != Some(ACTION) {
            return None;
        }
        let request = AssumeRoleWithOidc::read(&sts::parameters(proven).ok()?).ok()?;
        let provider = self.provider(&request).ok()?;
        let token = UnverifiedToken::read(request.token, provider).ok()?;
        let key = token.key().clone();
        match provider.keys {
            KeySource::Mounted(_) => None,
            KeySource::Issuer => Some(KeysWanted { provider: Arc::clone(provider), key }),
        }
    }

    /// Step 1: the provider is registered, in the account of the role (TP-09).
    fn provider(&self, request: &AssumeRoleWithOidc<'_>) -> Result<&Arc<OidcProvider>, StsError> {
        let ProviderArn { account, name } = &request.provider;
        let provider = self.world.snapshot.directory().oidc_provider(*account, name);
        let provider = provider.ok_or(StsError::NoProvider)?;
        if *account == request.role.account { Ok(provider) } else { Err(StsError::Untrusted) }
    }

    /// Who the caller is (steps 1 to 11). Nothing is said about the role before (STS-40).
    pub(super) fn vouched(
        &self,
        request: &AssumeRoleWithOidc<'_>,
        fetched: Option<&Fetched>,
        now: UnixSeconds,
    ) -> Result<Federated, Refusal> {
        let provider = self.provider(request)?;
        let verify = || {
            let token = UnverifiedToken::read(request.token, provider)?;
            let keys = match &provider.keys {
                KeySource::Mounted(keys) => keys,
                KeySource::Issuer => fetched.ok_or(TokenError::NoKeys)?.keys()?,
            };
            token.verify(keys, provider, now)
        };
        let identity = verify().map_err(|error| refused(error, provider))?;
        Ok(Federated { provider: request.provider.clone(), identity })
    }

    /// Step 12: the role is there, the control policies of its account bear the call, and its trust policy wants the caller.
    pub(super) fn trusts(
        &self,
        role: &RoleArn,
        caller: &Federated,
        facts: &Facts,
        record: &mut Record,
    ) -> Result<(), Refusal> {
        if self.world.snapshot.directory().role_of(role.account, role.name.as_str()).is_none() {
            return Err(StsError::RoleNotFound.into());
        }
        let provider = caller.provider.to_string();
        let who = Caller::Federated { provider: &provider, account: Some(caller.provider.account) };
        let context = Claims { facts, identity: &caller.identity };
        let checked = self.ask_for_role(who, role, &context);
        let allowed = checked.verdict == Verdict::Allow;
        let reason = checked.explanation.clone().unwrap_or_default();
        record.checks.push(checked);
        if allowed { Ok(()) } else { Err(Refusal::new(Code::Sts(StsError::Untrusted), reason)) }
    }
}

/// The caller reads the code, and the operator the step. The issuer of a registered provider is no secret (STS-41).
fn refused(error: TokenError, provider: &OidcProvider) -> Refusal {
    let refusal = Refusal::new(Code::Sts(StsError::OidcToken(error.fault())), error.to_string());
    let hint = (error == TokenError::NoKeys).then(|| {
        format!("Get public keys from OIDC Provider failed, the issuer is {}.", provider.issuer)
    });
    Refusal { hint, ..refusal }
}

/// The condition context of the call (2.3). Claims that it does not list select nothing (FED-04).
struct Claims<'c> {
    facts: &'c Facts,
    identity: &'c Identity,
}

impl Attributes for Claims<'_> {
    fn get(&self, key: &ConditionKey<'_>) -> Attribute<'_> {
        let text = |text| Attribute::Text(Cow::Borrowed(text));
        match key {
            ConditionKey::CurrentTime => Attribute::Instant(self.facts.now),
            ConditionKey::SecureTransport => Attribute::Flag(self.facts.tls),
            ConditionKey::SourceIp => Attribute::Address(self.facts.peer),
            ConditionKey::MfaPresent | ConditionKey::PrincipalArn | ConditionKey::AccessId => {
                Attribute::Absent
            }
            ConditionKey::Other("oidc:iss") => text(&self.identity.issuer),
            ConditionKey::Other("oidc:sub") => text(&self.identity.subject),
            ConditionKey::Other("oidc:aud") => Attribute::Texts(&self.identity.client_ids),
            // These are for other ways to a role.
            ConditionKey::Other("sts:ExternalId" | "sts:SourceIdentity" | "saml:recipient") => {
                Attribute::Absent
            }
            // Nobody signed a header, and nobody knows the rest.
            ConditionKey::UserAgent | ConditionKey::RequestTag(_) | ConditionKey::Other(_) => {
                Attribute::Undeterminable
            }
        }
    }
}
