//! Who claims to have signed what, and is it so (signatures sheet, sections 1 – 3).
//!
//! Pure: keys, time and nonces come in as arguments; nothing here remembers anything. The order inside each scheme is
//! that of the sheet: parse, canonical form, string to sign, MAC.

mod acs3;
mod canonical;
mod dispatch;
mod mac;
mod rpc;
pub mod sign;

use crate::ident::{AccessKeyId, SecretKey, UnixSeconds};
use crate::request::{Head, HeadError, Params};

pub use dispatch::identify;

/// How far a request's time may lie from ours, in both directions, inclusive (SIG-14).
pub const SKEW_SECONDS_MAX: i64 = 900;
/// Nonces may have this many visible ASCII bytes (SIG-18).
const NONCE_BYTES_MAX: usize = 128;

/// The schemes that are verified here; the names are those of section 0.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scheme {
    /// `OpenAPI` V3: everything that matters is signed, the body through its digest.
    Acs3HmacSha256,
    /// `OpenAPI` V1 for RPC-style products: query and form are signed.
    RpcHmacSha1,
}

impl Scheme {
    /// Every scheme.
    pub const ALL: [Self; 2] = [Self::Acs3HmacSha256, Self::RpcHmacSha1];

    /// The name in configurations, audit records and section 0.1.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Acs3HmacSha256 => "ACS3-HMAC-SHA256",
            Self::RpcHmacSha1 => "RPC-HMAC-SHA1",
        }
    }
}

/// The form body of a request, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub enum Form<'b> {
    /// The request has none.
    None,
    /// It has one that has not been read.
    Pending,
    /// It has this one.
    Read(&'b Params),
}

/// What a request presents to authenticate itself.
#[derive(Debug)]
pub enum Presented {
    /// Nothing at all.
    Anonymous,
    /// A signature.
    Signed(Claim),
    /// The form decides: ask again when it is read.
    AfterForm,
}

/// A claim that has all its elements, well formed; nothing of it is proven.
#[derive(Clone, Debug)]
pub struct Claim {
    scheme: Scheme,
    access_key_id: AccessKeyId,
    security_token: Option<Box<str>>,
    signed_at: UnixSeconds,
    nonce: Box<str>,
    detail: Detail,
}

/// What each scheme needs besides.
#[derive(Clone, Debug)]
enum Detail {
    Acs3 {
        signed_headers: Box<str>,
        signature: [u8; 32],
        body_digest: [u8; 32],
        body_hex: Box<str>,
    },
    Rpc {
        signature: [u8; 20],
    },
}

impl Claim {
    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The key that the caller claims to hold.
    pub fn access_key_id(&self) -> &AccessKeyId {
        &self.access_key_id
    }

    /// The token of a session; only ids that begin with `STS.` have one.
    pub fn security_token(&self) -> Option<&str> {
        self.security_token.as_deref()
    }

    /// When the caller says that it signed.
    pub fn signed_at(&self) -> UnixSeconds {
        self.signed_at
    }

    /// The nonce.
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// The SHA-256 that the body must have; `None` when the scheme covers forms only.
    pub fn body_digest(&self) -> Option<[u8; 32]> {
        match &self.detail {
            Detail::Acs3 { body_digest, .. } => Some(*body_digest),
            Detail::Rpc { .. } => None,
        }
    }

    /// Whether the signature covers the header `name` (lower case).
    pub fn signs(&self, name: &str) -> bool {
        match &self.detail {
            Detail::Acs3 { signed_headers, .. } => {
                signed_headers.split(';').any(|signed| signed == name)
            }
            Detail::Rpc { .. } => false,
        }
    }

    /// The time window (SIG-14).
    pub fn check_time(&self, now: UnixSeconds) -> Result<(), SignatureError> {
        if self.signed_at.0.abs_diff(now.0) <= SKEW_SECONDS_MAX.unsigned_abs() {
            return Ok(());
        }
        Err(SignatureError::TimestampExpired)
    }
}

/// A form beside a signature in the head must not carry credentials of its own (SIG-22).
pub fn check_form(claim: &Claim, form: &Params) -> Result<(), SignatureError> {
    let marks: &[&str] = match claim.scheme {
        Scheme::Acs3HmacSha256 => &["Signature", "SignatureMethod", "BearerToken"],
        Scheme::RpcHmacSha1 => &["BearerToken"],
    };
    if dispatch::has_any(form, marks) { Err(dispatch::two_credentials()) } else { Ok(()) }
}

/// Proof that a signature matched. Only [`verify`] makes one.
#[derive(Debug)]
pub struct Verified(());

/// Verifies the signature of `claim` with `key`, in constant time with regard to the signature and the key.
pub fn verify(
    claim: &Claim,
    head: &Head,
    form: Option<&Params>,
    key: &SecretKey,
) -> Result<Verified, SignatureError> {
    let matches = match &claim.detail {
        Detail::Acs3 { signed_headers, signature, body_hex, .. } => {
            acs3::matches(head, signed_headers, body_hex, key, signature)
        }
        Detail::Rpc { signature } => rpc::matches(head, form, key, signature),
    };
    if matches { Ok(Verified(())) } else { Err(SignatureError::Mismatch) }
}

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
    #[error("the time is not of the form YYYY-MM-DDThh:mm:ssZ")]
    TimestampFormat,
    /// The time is outside the window.
    #[error("the time is more than 15 minutes away from ours")]
    TimestampExpired,
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
    /// Anything about the head itself.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// The signature is another.
    #[error("signature does not match")]
    Mismatch,
}

/// An id and its token belong together (step 1 of 5.6 of the identities sheet).
fn check_token(id: &AccessKeyId, token: Option<&str>) -> Result<(), SignatureError> {
    match (id.is_session(), token.filter(|token| !token.is_empty())) {
        (true, None) => Err(SignatureError::MissingToken),
        (false, Some(_)) => Err(SignatureError::TokenMismatch),
        (true, Some(_)) | (false, None) => Ok(()),
    }
}

fn check_nonce(nonce: &str) -> Result<(), SignatureError> {
    let visible = nonce.bytes().all(|byte| (0x21..=0x7e).contains(&byte));
    if nonce.is_empty() || nonce.len() > NONCE_BYTES_MAX || !visible {
        let reason = format!("the nonce must be 1 to {NONCE_BYTES_MAX} visible ASCII characters");
        return Err(SignatureError::InvalidParameter(reason));
    }
    Ok(())
}
