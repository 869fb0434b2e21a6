//! What a request says about its signature, before anything of it is proven.

use std::fmt;

use crate::ident::{AccessKeyId, UnixSeconds};

use super::body::BodyRule;
use super::{Scheme, SignatureError};

/// How far a request's time may lie from ours, in both directions, inclusive (SIG-14).
pub const SKEW_SECONDS_MAX: i64 = 900;

/// A claim that has all its elements, well formed; nothing of it is proven.
#[derive(Clone)]
pub struct Claim {
    pub(super) scheme: Scheme,
    pub(super) access_key_id: AccessKeyId,
    pub(super) security_token: Option<Box<str>>,
    pub(super) time: Time,
    pub(super) nonce: Option<Box<str>>,
    pub(super) body: BodyRule,
    pub(super) signature: Box<[u8]>,
    /// The headers that the credentials list, joined with `;`: all that ACS3 signs, the additional ones of OSS; `host`
    /// where that of Table Store names the instance.
    pub(super) listed_headers: Box<str>,
    /// What a V4 key is derived for; empty elsewhere.
    pub(super) scope: Scope,
}

/// Neither token nor signature is shown.
impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("scheme", &self.scheme)
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// The scope of a V4 signature: `day/region/product/aliyun_v4_request` (5.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) day: Box<str>,
    pub(super) region: Box<str>,
    pub(super) product: Box<str>,
}

impl Scope {
    /// The line of the string to sign.
    pub(super) fn as_text(&self) -> String {
        [&*self.day, "/", &self.region, "/", &self.product, "/aliyun_v4_request"].concat()
    }
}

/// When a signature counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// Around the time of signing (SIG-14).
    Window(UnixSeconds),
    /// In a span of its own, both ends included (SIG-60, SIG-66, SIG-71).
    Until {
        /// From this second on.
        from: UnixSeconds,
        /// The last second.
        until: UnixSeconds,
    },
}

impl Time {
    /// When the request was signed; the span of a URL or form does not always tell.
    pub fn signed_at(self) -> Option<UnixSeconds> {
        match self {
            Self::Window(at) => Some(at),
            Self::Until { .. } => None,
        }
    }

    /// The last second in which the signature counts.
    pub fn passes_until(self) -> UnixSeconds {
        match self {
            Self::Window(at) => UnixSeconds(at.0.saturating_add(SKEW_SECONDS_MAX)),
            Self::Until { until, .. } => until,
        }
    }
}

impl Claim {
    /// A claim of what every scheme has; a scheme adds its own.
    pub(super) fn new(
        scheme: Scheme,
        access_key_id: AccessKeyId,
        time: Time,
        signature: Box<[u8]>,
    ) -> Self {
        Self {
            scheme,
            access_key_id,
            security_token: None,
            time,
            nonce: None,
            body: BodyRule::Unsigned,
            signature,
            listed_headers: Box::default(),
            scope: Scope::default(),
        }
    }

    /// The same claim in another scheme and with another signature: for asking whether a client mixed two up. It is
    /// compared with [`super::fits`] and proves nothing.
    #[must_use]
    pub fn mixed_up(&self, scheme: Scheme, signature: &[u8]) -> Self {
        Self { scheme, signature: signature.into(), ..self.clone() }
    }

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

    /// When the signature counts.
    pub fn time(&self) -> Time {
        self.time
    }

    /// The nonce, where the scheme has one.
    pub fn nonce(&self) -> Option<&str> {
        self.nonce.as_deref()
    }

    /// The signature, decoded.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// What the signature says about the body.
    pub fn body(&self) -> &BodyRule {
        &self.body
    }

    /// Whether the signature counts now.
    pub fn check_time(&self, now: UnixSeconds) -> Result<(), SignatureError> {
        match self.time {
            Time::Window(at) if at.0.abs_diff(now.0) <= SKEW_SECONDS_MAX.unsigned_abs() => Ok(()),
            Time::Window(_) => Err(SignatureError::TimestampExpired),
            Time::Until { from, until } if from <= now && now <= until => Ok(()),
            Time::Until { .. } => Err(SignatureError::Expired),
        }
    }
}
