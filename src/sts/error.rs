//! What the API refuses by itself (3.7).

use std::borrow::Cow;

use crate::federation::Fault;

/// Why a request is refused. The text is for the caller where [`Self::is_told`], for the audit record otherwise; it never
/// repeats what the caller sent (STS-41).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
pub enum StsError {
    /// A parameter that must be there is not.
    #[error("{0} is mandatory for this action.")]
    Missing(&'static str),
    /// One that the real service itself misses, rather than its gateway (3.4).
    #[error("Parameter {0} is required.")]
    MissingParameter(&'static str),
    /// A parameter breaks its rule, or is there twice (STS-01).
    #[error("The parameter {0} is wrongly formed.")]
    Malformed(&'static str),
    /// A body that is no form (STS-02). The text names JSON too, as that of the real service does.
    #[error(
        "The ContentType request header must be either \"application/json\" or \"application/x-www-form-urlencoded\"."
    )]
    ContentType,
    /// Too short, or longer than the role or the chain allows (STS-14, STS-21).
    #[error("The Min/Max value of DurationSeconds is 15min/1hr.")]
    Duration,
    /// The session policy is over its limit, or makes the token too long (STS-22, 5.5).
    #[error("The size of Policy must be smaller than 2048 bytes.")]
    PolicySize,
    /// The session policy is none (STS-23).
    #[error("The parameter Policy has not passed grammar check.")]
    PolicyGrammar,
    /// No such role, of a caller in its account.
    #[error("The specified Role not exists .")]
    RoleNotFound,
    /// An operation of the API that nobody answers here.
    #[error("Specified api is not found, please check your url and method.")]
    NotServed,
    /// The caller is an account (STS-11).
    #[error("Roles may not be assumed by root accounts.")]
    Root,
    /// `OIDCProviderArn` is none.
    #[error("Parameter OIDCProviderArn is not valid")]
    ProviderArn,
    /// Nobody registered the provider.
    #[error("No such OIDC Provider registered.")]
    NoProvider,
    /// The provider is of another account than the role (TP-09), or the role does not trust it.
    #[error("There is no permission")]
    Untrusted,
    /// The token is not the word of its provider, or not for us, or not now.
    #[error("{}", oidc_message(*.0))]
    OidcToken(Fault),
    /// Another source identity than the session already has (STS-24).
    #[error("the session has a source identity already, and it is another one")]
    SourceIdentity,
    /// A session at the end of the longest chain (STS-14).
    #[error("the session is the last of a chain of the greatest length")]
    Depth,
}

impl StsError {
    /// The HTTP status and the error code.
    pub fn status_and_name(self) -> (u16, Cow<'static, str>) {
        let (status, name) = match self {
            Self::Missing(name) => return (400, format!("Missing{name}").into()),
            Self::MissingParameter(name) => {
                return (400, format!("MissingParameter.{name}").into());
            }
            Self::Malformed(name) => return (400, format!("InvalidParameter.{name}").into()),
            Self::ContentType => (400, "InvalidParameter.ContentType"),
            Self::Duration => (400, "InvalidParameter.DurationSeconds"),
            Self::PolicySize => (400, "InvalidParameter.PolicySize"),
            Self::PolicyGrammar => (400, "InvalidParameter.PolicyGrammar"),
            Self::NotServed => (400, "InvalidAction.NotFound"),
            Self::RoleNotFound => (404, "EntityNotExist.Role"),
            Self::ProviderArn | Self::NoProvider | Self::Untrusted => {
                (403, "AuthenticationFail.NoPermission")
            }
            Self::OidcToken(fault) => (401, oidc_code(fault)),
            Self::Root | Self::SourceIdentity | Self::Depth => (403, "NoPermission"),
        };
        (status, name.into())
    }

    /// Whether it says that the caller may not, rather than that the request is wrong.
    pub fn is_denial(self) -> bool {
        matches!(self, Self::Root | Self::SourceIdentity | Self::Depth)
    }

    /// Whether the caller may read the text.
    pub fn is_told(self) -> bool {
        !matches!(self, Self::SourceIdentity | Self::Depth)
    }
}

fn oidc_code(fault: Fault) -> &'static str {
    match fault {
        Fault::Invalid => "AuthenticationFail.OIDCToken.Invalid",
        Fault::Expired => "AuthenticationFail.OIDCToken.Expired",
        Fault::Audience => "AuthenticationFail.OIDCToken.AudienceNotMatch",
        Fault::Issuer => "AuthenticationFail.OIDCToken.IssuerNotMatch",
        Fault::Keys => "AuthenticationFail.OIDCToken.IssuerConfigurationBroken",
        Fault::Fingerprint => "AuthenticationFail.OIDCToken.PublicKeyFingerprintMismatch",
    }
}

fn oidc_message(fault: Fault) -> &'static str {
    match fault {
        Fault::Invalid => "This JsonWebToken is invalid.",
        Fault::Expired => "This JsonWebToken is expired.",
        Fault::Audience => "Invalid audience.",
        Fault::Issuer => "The issuer in the OIDC Token doesn't match the OIDC Provider registered.",
        Fault::Keys => "Get public keys from OIDC Provider failed.",
        Fault::Fingerprint => {
            "The certificate of the issuer doesn't match the fingerprints of the OIDC Provider."
        }
    }
}
