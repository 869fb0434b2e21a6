//! What can be wrong with a token: the step that failed for the log, one of three codes for the caller.

/// What a caller may know about a token that is refused (3.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `InvalidSecurityToken.Malformed`
    Malformed,
    /// `InvalidSecurityToken.Expired`
    Expired,
    /// `InvalidSecurityToken.MismatchWithAccessKey`
    Mismatch,
}

/// Why a token is not accepted, by the steps of 5.6. No text of the token is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Step 2.
    #[error("it is longer than any token, or shorter")]
    Length,
    /// Step 2.
    #[error("it is not base64url without padding")]
    Encoding,
    /// Step 2.
    #[error("it does not begin like a token of ramgate")]
    Magic,
    /// Step 3.
    #[error("its key is not in the ring")]
    UnknownKey,
    /// Step 3.
    #[error("its key takes another version of tokens")]
    Version,
    /// Step 3.
    #[error("its key is closed")]
    ClosedKey,
    /// Step 4.
    #[error("its seal is broken")]
    Seal,
    /// Step 5.
    #[error("it is not signed by the issuer of its key")]
    Signature,
    /// Step 6.
    #[error("its payload cannot be accepted: {0}")]
    Payload(#[from] PayloadError),
    /// Step 7.
    #[error("it was issued with another AccessKey")]
    AccessKey,
    /// Step 8.
    #[error("its role is in another account than its key is for")]
    Account,
    /// Step 9.
    #[error("it was issued in the future")]
    IssuedAhead,
    /// Step 9.
    #[error("its session is over")]
    Expired,
    /// Step 9.
    #[error("it was issued while its key was not used for sealing")]
    IssuedOutside,
}

impl OpenError {
    /// The step of 5.6 that refuses the token.
    pub fn step(&self) -> u8 {
        match self {
            Self::Length | Self::Encoding | Self::Magic => 2,
            Self::UnknownKey | Self::Version | Self::ClosedKey => 3,
            Self::Seal => 4,
            Self::Signature => 5,
            Self::Payload(_) => 6,
            Self::AccessKey => 7,
            Self::Account => 8,
            Self::IssuedAhead | Self::Expired | Self::IssuedOutside => 9,
        }
    }

    /// What the caller may know.
    pub fn fault(&self) -> Fault {
        match self {
            Self::ClosedKey | Self::Expired => Fault::Expired,
            Self::AccessKey => Fault::Mismatch,
            Self::Length
            | Self::Encoding
            | Self::Magic
            | Self::UnknownKey
            | Self::Version
            | Self::Seal
            | Self::Signature
            | Self::Payload(_)
            | Self::Account
            | Self::IssuedAhead
            | Self::IssuedOutside => Fault::Malformed,
        }
    }
}

/// What is wrong with a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// It is not the one CBOR text that says what it says (TOK-10), or has fields that nobody knows.
    #[error("not the one encoding of a map of known fields")]
    Encoding,
    /// A field that must be there is not.
    #[error("field {0} is missing")]
    Missing(u8),
    /// A field is there and breaks its rule.
    #[error("field {0} breaks its rule")]
    Rule(u8),
}

/// Why an issuer does not seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// No entry may seal for the account and the issuer at the time of issue (TOK-03).
    #[error("no entry of the ring seals for the account at this time")]
    NoEntry,
    /// The token would outlive its key (TOK-03).
    #[error("the session would outlive the key of the ring")]
    OutlivesKey,
    /// The payload breaks a rule.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// Callers could not send it (5.5).
    #[error("the token would be longer than {} characters", super::TOKEN_BYTES_MAX)]
    TooLong,
}
