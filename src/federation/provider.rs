//! A provider as it is registered (4.1).

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::{Algorithm, KeySet};
use crate::ident::{AccountId, ParseIdentError, ProviderName};

/// How old a token may be where nobody says it.
pub const ISSUANCE_HOURS_DEFAULT: i64 = 12;
/// How old a token may be at most.
pub const ISSUANCE_HOURS_MAX: i64 = 168;

/// An OIDC provider of an account.
#[derive(Debug)]
pub struct OidcProvider {
    /// The account that it is registered in.
    pub account: AccountId,
    /// Its name.
    pub name: ProviderName,
    /// What `iss` of its tokens says, byte for byte.
    pub issuer: IssuerUrl,
    /// The audiences that tokens for this account are made for. Without any, no token is accepted.
    pub client_ids: Vec<ClientId>,
    /// What the certificates of the issuer are held against when its keys are fetched (FED-07).
    pub fingerprints: Vec<Fingerprint>,
    /// How many hours ago a token may have been issued.
    pub issuance_limit_hours: i64,
    /// What its tokens may be signed with.
    pub algorithms: Vec<Algorithm>,
    /// Where its keys are.
    pub keys: KeySource,
}

/// Where the keys of a provider are.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// In a file of the deployment.
    Mounted(Arc<KeySet>),
    /// Where the issuer publishes them (4.3).
    Issuer,
}

impl OidcProvider {
    /// Its ARN, as trust policies name it.
    pub fn arn(&self) -> ProviderArn {
        ProviderArn { account: self.account, name: self.name.clone() }
    }
}

/// The ARN of an OIDC provider: `acs:ram::ACCOUNT:oidc-provider/NAME`. Nobody has looked it up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderArn {
    /// The account.
    pub account: AccountId,
    /// The name.
    pub name: ProviderName,
}

impl FromStr for ProviderArn {
    type Err = ParseIdentError;

    fn from_str(text: &str) -> Result<Self, ParseIdentError> {
        let wrong = || ParseIdentError::new("ARN of an OIDC provider", text);
        let rest = text.strip_prefix("acs:ram::").ok_or_else(wrong)?;
        let (account, id) = rest.split_once(':').ok_or_else(wrong)?;
        let name = id.strip_prefix("oidc-provider/").ok_or_else(wrong)?;
        Ok(Self { account: account.parse()?, name: name.parse()? })
    }
}

impl fmt::Display for ProviderArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "acs:ram::{}:oidc-provider/{}", self.account, self.name)
    }
}

/// The URL of an issuer: `https`, at most 255 characters, without `?`, `#` or `@`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IssuerUrl(Box<str>);

/// A registered audience: `^[A-Za-z0-9][A-Za-z0-9._:/-]*$`, at most 128 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(Box<str>);

/// The digest of a certificate: letters and digits, at most 128. Only 40 hex digits (SHA-1) or 64 (SHA-256) ever match.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(Box<str>);

impl IssuerUrl {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ClientId {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Fingerprint {
    /// As it was written, in any letter case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it has the form of a digest of a certificate.
    pub fn can_match(&self) -> bool {
        [40, 64].contains(&self.0.len()) && self.0.bytes().all(|byte| byte.is_ascii_hexdigit())
    }
}

impl FromStr for IssuerUrl {
    type Err = ParseIdentError;

    fn from_str(text: &str) -> Result<Self, ParseIdentError> {
        let host = text.strip_prefix("https://").and_then(|rest| rest.split('/').next());
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#@\\".contains(&byte));
        if text.len() > 255 || !plain || host.is_none_or(str::is_empty) {
            let wanted = "issuer URL (https://, without ?, # and @; at most 255 characters)";
            return Err(ParseIdentError::new(wanted, text));
        }
        Ok(Self(text.into()))
    }
}

impl FromStr for ClientId {
    type Err = ParseIdentError;

    fn from_str(text: &str) -> Result<Self, ParseIdentError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:/-".contains(&byte);
        let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        if !begins || text.len() > 128 || !text.bytes().all(allowed) {
            let wanted = "client id (letters, digits, `.`, `_`, `:`, `/`, `-`; at most 128; begins with a \
                 letter or digit)";
            return Err(ParseIdentError::new(wanted, text));
        }
        Ok(Self(text.into()))
    }
}

impl FromStr for Fingerprint {
    type Err = ParseIdentError;

    fn from_str(text: &str) -> Result<Self, ParseIdentError> {
        let fits = (1..=128).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !fits {
            return Err(ParseIdentError::new("fingerprint (letters, digits; at most 128)", text));
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for IssuerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
