//! Why a token is not taken for the word of a provider: the step that failed for the log, one of six codes for the caller.

/// What a caller may know (3.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// `AuthenticationFail.OIDCToken.Invalid`
    Invalid,
    /// `AuthenticationFail.OIDCToken.Expired`
    Expired,
    /// `AuthenticationFail.OIDCToken.AudienceNotMatch`
    Audience,
    /// `AuthenticationFail.OIDCToken.IssuerNotMatch`
    Issuer,
    /// `AuthenticationFail.OIDCToken.IssuerConfigurationBroken`
    Keys,
    /// `AuthenticationFail.OIDCToken.PublicKeyFingerprintMismatch`
    Fingerprint,
}

/// Why a token is refused, by the steps of 4.2. No text of the token is repeated (STS-41).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Step 2.
    #[error("the OIDC token is longer than any, or shorter")]
    Length,
    /// Step 2.
    #[error("the OIDC token is not three parts of base64url without padding")]
    Encoding,
    /// Step 2.
    #[error("the header of the OIDC token is no JSON object that is read in one way")]
    Header,
    /// Step 2.
    #[error("the OIDC token is not signed with an algorithm that its provider is registered with")]
    Algorithm,
    /// Step 2.
    #[error("the OIDC token wants extensions (`crit`), and none is understood here")]
    Critical,
    /// Step 11, before any claim is looked at.
    #[error("the claims of the OIDC token are no JSON object that is read in one way")]
    Claims,
    /// Step 3.
    #[error("the issuer of the OIDC token is not that of the provider")]
    Issuer,
    /// Step 4.
    #[error("the keys of the provider cannot be had")]
    NoKeys,
    /// Step 4.
    #[error("no certificate of the issuer has one of the fingerprints of the provider")]
    Fingerprint,
    /// Step 4.
    #[error("no key of the provider, or more than one, fits the OIDC token")]
    NoKey,
    /// Step 5.
    #[error("the signature of the OIDC token is not by the key of the provider")]
    Signature,
    /// Step 6.
    #[error("the OIDC token has expired, or does not say when it does")]
    Expired,
    /// Step 7.
    #[error("the OIDC token was issued longer ago than the provider allows")]
    TooOld,
    /// Step 7.
    #[error("the OIDC token was issued in the future, or does not say when")]
    IssuedAhead,
    /// Step 8.
    #[error("the OIDC token is not valid yet")]
    NotYet,
    /// Step 9.
    #[error("the OIDC token is for none of the client ids of the provider")]
    Audience,
    /// Step 10.
    #[error("the subject of the OIDC token is missing, too long or has control characters")]
    Subject,
}

impl TokenError {
    /// What the caller may know.
    pub fn fault(self) -> Fault {
        match self {
            Self::Length
            | Self::Encoding
            | Self::Header
            | Self::Algorithm
            | Self::Critical
            | Self::Claims
            | Self::NoKey
            | Self::Signature
            | Self::TooOld
            | Self::IssuedAhead
            | Self::NotYet
            | Self::Subject => Fault::Invalid,
            Self::Expired => Fault::Expired,
            Self::Audience => Fault::Audience,
            Self::Issuer => Fault::Issuer,
            Self::NoKeys => Fault::Keys,
            Self::Fingerprint => Fault::Fingerprint,
        }
    }
}
