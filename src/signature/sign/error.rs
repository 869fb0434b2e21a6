use super::super::{Scheme, SignatureError};

/// Why a request is not signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// Signing with an RSA key takes a time from which the key can be learnt (RUSTSEC-2023-0071).
    #[error("{} signs with a private key; this build verifies such signatures and makes none", .0.as_str())]
    PrivateKey(Scheme),
    /// A part that HTTP cannot carry as it is.
    #[error("the {0} cannot be written into a request as it is")]
    Unwritable(&'static str),
    /// A V4 scope needs a region.
    #[error("the host names no region; it must be given")]
    Region,
    /// The form's fields are signed.
    #[error("the scheme signs the fields of the form, and its bytes are not here")]
    FormElsewhere,
    /// A scheme of browser forms without a form, or a form for another one.
    #[error("fields and a file are needed for a browser form, and for nothing else")]
    NoForm,
    /// The scheme has no list of headers, or the header carries the signature itself.
    #[error("the scheme cannot sign one of the headers that were asked for")]
    Listed,
    /// It would be read as another scheme.
    #[error("a receiver reads a request like this one as {}", .0.as_str())]
    Scheme(Scheme),
    /// The receiver would refuse it, whatever the signature.
    #[error(transparent)]
    Refused(#[from] SignatureError),
}
