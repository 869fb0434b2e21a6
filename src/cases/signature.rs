//! Recorded requests: do their signatures come out as expected? The format is that of section 13 of the signatures
//! sheet.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::Recorded;
use crate::ident::{SecretKey, UnixSeconds};
use crate::request::Head;
use crate::signature::{
    self, Claim, Family, Form, Key, Presented, PublicKey, Scheme, SignatureError, Site,
};

/// A recorded request with the credentials that made it, all of them invented, and what is expected of it.
#[derive(Clone, Deserialize)]
pub struct SignatureCase {
    /// Its name.
    pub id: String,
    /// The scheme that it must turn out to use; it also says what kind of host received it.
    pub scheme: String,
    /// The one key that exists.
    pub access_key_id: String,
    /// Its secret.
    pub access_key_secret: String,
    /// The token of the session that the key belongs to.
    pub security_token: Option<String>,
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The headers in the order of the wire; one character is one byte.
    pub headers: Vec<(String, String)>,
    /// The body, after transfer decoding.
    pub body_b64: String,
    /// The clock.
    pub signed_at: String,
    /// What must come out.
    pub expect: Expect,
    /// What the request alone does not say.
    #[serde(default)]
    pub context: Context,
}

/// What a case expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Expect {
    /// The signature verifies.
    Valid,
    /// The request is refused.
    Reject,
    /// It carries a token that is no signature.
    Bearer,
    /// It carries nothing.
    Anonymous,
}

/// What is configured beside the key.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Context {
    /// Custom domains with their buckets.
    pub cname: BTreeMap<String, String>,
    /// The public half of a key pair.
    pub public_key_pem: Option<String>,
}

/// Why a request is refused, with the strings to sign when only the signature is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The case itself is unusable.
    #[error("the case cannot be read: {0}")]
    Case(String),
    /// The request has another scheme than the case says.
    #[error("the scheme is {}", .0.as_str())]
    Scheme(Scheme),
    /// The key is another.
    #[error("the AccessKeyId or the token is another")]
    Credentials,
    /// A head, a form or a signature that is not accepted.
    #[error("{0}")]
    Signature(SignatureError),
    /// The signature fits none of these.
    #[error("the signature fits none of the strings to sign:{}", list(.0))]
    Mismatch(Vec<String>),
}

fn list(texts: &[String]) -> String {
    texts.iter().fold(String::new(), |all, text| all + &format!("\n    {text:?}"))
}

impl<E: Into<SignatureError>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Signature(error.into())
    }
}

impl fmt::Debug for SignatureCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignatureCase").field("id", &self.id).finish_non_exhaustive()
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("cname", &self.cname).finish_non_exhaustive()
    }
}

impl SignatureCase {
    /// Reads a line of a file.
    pub fn parse(line: &str) -> Result<Self, String> {
        serde_json::from_str(line).map_err(|error| error.to_string())
    }

    /// What is wrong with what came out; empty when it is what was expected.
    pub fn failure(&self) -> String {
        let outcome = UnixSeconds::parse_iso8601(&self.signed_at)
            .map_err(|error| Refused::Case(error.to_string()))
            .and_then(|now| self.judge(now));
        match (self.expect, outcome) {
            (_, Err(Refused::Case(reason))) => format!("cannot be read: {reason}"),
            (Expect::Reject, Err(Refused::Signature(_) | Refused::Mismatch(_))) => String::new(),
            (expected, Ok(found)) if expected == found => String::new(),
            (expected, Ok(found)) => format!("expected {expected:?}, found {found:?}"),
            (expected, Err(refused)) => format!("expected {expected:?}, refused: {refused}"),
        }
    }

    /// The way of the gate at a given time: head, form, claim, time, key, token, signature, body.
    pub fn judge(&self, now: UnixSeconds) -> Result<Expect, Refused> {
        let recorded = self.recorded()?;
        let head = recorded.head()?;
        let cname: Vec<(String, String)> = self.context.cname.clone().into_iter().collect();
        let site = Site { cname: &cname, path_style: true, ..Site::new(self.family()?) };
        recorded
            .with_form(&head, &site, |form, body| self.judge_form(body, &head, form, &site, now))
    }

    fn judge_form(
        &self,
        body: &[u8],
        head: &Head,
        form: &Form<'_>,
        site: &Site<'_>,
        now: UnixSeconds,
    ) -> Result<Expect, Refused> {
        let claim = match signature::identify(head, form, site)? {
            Presented::Signed(claim) => claim,
            Presented::Bearer => return Ok(Expect::Bearer),
            Presented::Anonymous => return Ok(Expect::Anonymous),
            Presented::AfterForm => return Err(Refused::Case("a form that is not read".into())),
        };
        self.check_claim(&claim, now)?;
        self.verify(&claim, head, form, site)?;
        if let Form::Read(fields) = form {
            signature::check_form(&claim, fields)?;
        }
        signature::check_body(&claim, body)?;
        Ok(Expect::Valid)
    }

    /// The request alone.
    pub fn recorded(&self) -> Result<Recorded, Refused> {
        let mut headers = Vec::with_capacity(self.headers.len());
        for (name, value) in &self.headers {
            let bytes: Option<Vec<u8>> =
                value.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
            let bytes = bytes.ok_or_else(|| Refused::Case("a header is not in bytes".into()))?;
            headers.push((name.clone(), bytes));
        }
        Ok(Recorded {
            method: self.method.clone(),
            target: self.target.clone(),
            headers,
            body: STANDARD.decode(&self.body_b64).map_err(unreadable)?.into(),
        })
    }

    /// Scheme, time, key and token.
    fn check_claim(&self, claim: &Claim, now: UnixSeconds) -> Result<(), Refused> {
        if claim.scheme().as_str() != self.scheme {
            return Err(Refused::Scheme(claim.scheme()));
        }
        claim.check_time(now)?;
        let token = match (&self.security_token, claim.security_token()) {
            (None, None) => true,
            (Some(issued), Some(given)) => SecretKey::from(issued.as_str()).is(given.as_bytes()),
            _ => false,
        };
        if claim.access_key_id().as_str() != self.access_key_id || !token {
            return Err(Refused::Credentials);
        }
        Ok(())
    }

    fn verify(
        &self,
        claim: &Claim,
        head: &Head,
        form: &Form<'_>,
        site: &Site<'_>,
    ) -> Result<(), Refused> {
        let secret = SecretKey::from(self.access_key_secret.as_str());
        let public = match &self.context.public_key_pem {
            Some(pem) => Some(PublicKey::from_pem(pem).ok_or_else(|| unreadable("no public key"))?),
            None => None,
        };
        let key = public.as_ref().map_or(Key::Secret(&secret), Key::Public);
        match signature::verify(claim, head, form, site, key) {
            Ok(_proof) => Ok(()),
            Err(SignatureError::Mismatch) => {
                Err(Refused::Mismatch(signature::texts(claim, head, form, site)?))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The kind of host that speaks the scheme of the case.
    pub fn family(&self) -> Result<Family, Refused> {
        let scheme = Scheme::ALL.into_iter().find(|scheme| scheme.as_str() == self.scheme);
        match (scheme, self.scheme.as_str()) {
            (Some(scheme), _) => Ok(scheme.family()),
            (None, "ACS3-BEARER" | "ACS3-ANONYMOUS") => Ok(Family::OpenApi),
            (None, "OSS-ANONYMOUS") => Ok(Family::Oss),
            (None, other) => Err(Refused::Case(format!("there is no scheme `{other}`"))),
        }
    }
}

fn unreadable(error: impl fmt::Display) -> Refused {
    Refused::Case(error.to_string())
}
