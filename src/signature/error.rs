use crate::request::HeadError;

/// Why a signature is not accepted. Each maps to one code of section 10.1; none carries anything secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A mandatory element is absent.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// The credentials break the grammar.
    #[error("{0}")]
    Incomplete(&'static str),
    /// Two things say different things, or one says two.
    #[error("{0}")]
    InvalidParameter(String),
    /// The time cannot be read.
    #[error("the time is not of a form that the scheme has")]
    TimestampFormat,
    /// The time is outside the window.
    #[error("the time is more than 15 minutes away from ours")]
    TimestampExpired,
    /// A signed URL or policy is over, or has not begun.
    #[error("the request has expired")]
    Expired,
    /// The method of signing.
    #[error("the signature method is not accepted")]
    Method,
    /// The version of signing.
    #[error("the signature version is not 1.0")]
    Version,
    /// The HTTP method.
    #[error("RPC calls use GET or POST")]
    HttpMethod,
    /// A session's key without its token.
    #[error("a session's key needs its security token")]
    MissingToken,
    /// A token beside a permanent key.
    #[error("a permanent key has no security token")]
    TokenMismatch,
    /// A host from which the scheme cannot tell the resource (SIG-50).
    #[error("the host is no endpoint that is known here")]
    Host,
    /// The body is not the one that the signature speaks of.
    #[error("the body is not the one that was signed")]
    Body,
    /// Anything about the head itself.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// The signature is another.
    #[error("signature does not match")]
    Mismatch,
}

impl SignatureError {
    /// Another request has the same string to sign (SIG-13).
    pub fn ambiguous() -> Self {
        Self::InvalidParameter(
            "another request has the same string to sign; use a newer signature version".into(),
        )
    }
}
