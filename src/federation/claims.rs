//! What a token says, held against the registration and the time (4.2, steps 6 to 10).

use super::{OidcProvider, TokenError};
use crate::ident::UnixSeconds;
use crate::strict::Json;

/// How far the clock of an issuer may be ahead.
const AHEAD_SECONDS_MAX: i64 = 60;
/// The longest subject; those of Kubernetes fit (step 10).
const SUBJECT_BYTES_MAX: usize = 512;
const SECONDS_PER_HOUR: i64 = 3600;

/// The claims of a token: an object in which no name stands twice.
pub(super) struct Claims(Json);

/// Whom a provider vouches for, proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// `iss`: the URL of the provider.
    pub issuer: Box<str>,
    /// `sub`
    pub subject: Box<str>,
    /// `aud`: everything that the token is for, in its order.
    pub audiences: Vec<Box<str>>,
    /// Those of them that are client ids of the provider; at least one. They alone are `oidc:aud` for conditions.
    pub client_ids: Vec<Box<str>>,
    /// `iat`
    pub issued: UnixSeconds,
    /// `exp`
    pub expires: UnixSeconds,
}

impl Claims {
    pub(super) fn new(object: Json) -> Self {
        Self(object)
    }

    /// `iss`, which nobody has proven.
    pub(super) fn issuer(&self) -> Option<&str> {
        self.0.get("iss").and_then(Json::as_str)
    }

    /// Whom the token is about, if it is for us and its time is now.
    pub(super) fn identity(
        &self,
        provider: &OidcProvider,
        now: UnixSeconds,
    ) -> Result<Identity, TokenError> {
        let expires = self.expiry(now)?;
        let issued = self.issue(provider, now)?;
        self.begun(now)?;
        let audiences = self.audiences().ok_or(TokenError::Audience)?;
        let client_ids = registered(&audiences, provider);
        if client_ids.is_empty() {
            return Err(TokenError::Audience);
        }
        let subject = self.subject().ok_or(TokenError::Subject)?.into();
        let issuer = provider.issuer.as_str().into();
        Ok(Identity { issuer, subject, audiences, client_ids, issued, expires })
    }

    /// A whole number of seconds. What is written as a fraction or with an exponent is none.
    fn seconds(&self, name: &str) -> Option<UnixSeconds> {
        let Some(Json::Number(digits)) = self.0.get(name) else { return None };
        digits.parse().ok().map(UnixSeconds)
    }

    /// No leeway at the end (step 6).
    fn expiry(&self, now: UnixSeconds) -> Result<UnixSeconds, TokenError> {
        self.seconds("exp").filter(|end| now < *end).ok_or(TokenError::Expired)
    }

    fn issue(&self, provider: &OidcProvider, now: UnixSeconds) -> Result<UnixSeconds, TokenError> {
        let issued = self.seconds("iat").filter(|issued| is_past(*issued, now));
        let issued = issued.ok_or(TokenError::IssuedAhead)?;
        let seconds_max = provider.issuance_limit_hours.saturating_mul(SECONDS_PER_HOUR);
        if now.0.saturating_sub(issued.0) > seconds_max {
            return Err(TokenError::TooOld);
        }
        Ok(issued)
    }

    fn begun(&self, now: UnixSeconds) -> Result<(), TokenError> {
        let begun = || self.seconds("nbf").is_some_and(|begin| is_past(begin, now));
        if self.0.get("nbf").is_none() || begun() { Ok(()) } else { Err(TokenError::NotYet) }
    }

    /// A text, or a list of nothing but texts.
    fn audiences(&self) -> Option<Vec<Box<str>>> {
        match self.0.get("aud")? {
            Json::String(one) => Some(vec![one.clone()]),
            Json::Array(items) => items.iter().map(|it| it.as_str().map(Box::from)).collect(),
            _ => None,
        }
    }

    fn subject(&self) -> Option<&str> {
        let subject = self.0.get("sub").and_then(Json::as_str)?;
        let fits = (1..=SUBJECT_BYTES_MAX).contains(&subject.len());
        (fits && !subject.contains(char::is_control)).then_some(subject)
    }
}

/// Those that are client ids of the provider.
fn registered(audiences: &[Box<str>], provider: &OidcProvider) -> Vec<Box<str>> {
    let is_registered = |it: &str| provider.client_ids.iter().any(|id| id.as_str() == it);
    audiences.iter().filter(|it| is_registered(it)).cloned().collect()
}

fn is_past(instant: UnixSeconds, now: UnixSeconds) -> bool {
    instant.0 <= now.0.saturating_add(AHEAD_SECONDS_MAX)
}
