//! Every refusal there is: its code, status and message (signatures sheet 10.1), and whose fault it is.

use std::borrow::Cow;

use crate::catalog::{Unreadable, Word};
use crate::request::{HeadError, MultipartError};
use crate::signature::SignatureError;
use crate::sts::StsError;

/// Why a request was refused, in the words of the real service where it has words for it: SDKs depend on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// A head or body that breaks HTTP or one of our limits, or that two parsers could read differently.
    MalformedRequest,
    /// A method that no API of this kind has.
    UnsupportedHttpMethod,
    /// A mandatory element is absent; which one is in the message.
    Missing(&'static str),
    /// The key is in no file.
    AccessKeyNotFound,
    /// The key is switched off or revoked.
    AccessKeyInactive,
    /// The account of the caller is frozen.
    AccountFrozen,
    /// The key may not be used from where the caller is.
    AccessKeyPolicy,
    /// The signature is another.
    SignatureDoesNotMatch,
    /// The credentials break the grammar, or their scheme is not spoken here.
    IncompleteSignature,
    /// The nonce was seen before.
    SignatureNonceUsed,
    /// The request time is outside the window.
    TimestampExpired,
    /// A signed URL or form is over, or has not begun.
    Expired,
    /// The request time cannot be read.
    TimestampFormat,
    /// `SignatureMethod`, or its combination with `SignatureType`.
    InvalidSignatureMethod,
    /// `SignatureVersion`.
    InvalidSignatureVersion,
    /// A session key without its token.
    MissingSecurityToken,
    /// A token that cannot be opened.
    SecurityTokenMalformed,
    /// The token of a session that is over.
    SecurityTokenExpired,
    /// A token beside a key that has none.
    SecurityTokenMismatch,
    /// A parameter, header or body that cannot be accepted; the message says which.
    InvalidParameter,
    /// The body is not the one that was signed.
    BodyMismatch,
    /// The host belongs to nothing behind this gate.
    UnknownHost,
    /// No such operation.
    ActionNotFound,
    /// No such version.
    InvalidVersion,
    /// The body is over a limit.
    BodyTooLarge,
    /// The policies do not permit it.
    NoPermission,
    /// What the STS API that the gate itself serves refuses.
    Sts(StsError),
    /// Too often: failed, or called what the gate answers itself.
    Throttled,
    /// The replay guard is full, or no configuration is in force.
    ServiceUnavailable,
    /// The upstream cannot be reached or broke off.
    UpstreamUnavailable,
    /// The upstream did not answer in time.
    UpstreamTimeout,
    /// Too slow: the caller did not send what it announced.
    RequestTimeout,
    /// A fault of our own.
    InternalError,
}

/// Whose fault a refusal is: a closed label for metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The caller's request.
    Client,
    /// The policies.
    Policy,
    /// What stands behind the gate.
    Upstream,
    /// The gate.
    Ramgate,
}

impl Code {
    /// The HTTP status and the error code of the answer.
    pub fn status_and_name(self) -> (u16, Cow<'static, str>) {
        let (status, name) = match self {
            Self::MalformedRequest => (400, "MalformedRequest"),
            Self::UnsupportedHttpMethod => (405, "UnsupportedHTTPMethod"),
            Self::Missing(element) => return (400, Cow::Owned(format!("Missing{element}"))),
            Self::Sts(error) => return error.status_and_name(),
            Self::AccessKeyNotFound => (404, "InvalidAccessKeyId.NotFound"),
            Self::AccessKeyInactive => (400, "InvalidAccessKeyId.Inactive"),
            Self::AccountFrozen => (403, "Forbidden.AccountFrozen"),
            Self::AccessKeyPolicy => (403, "Forbidden.AccessKeyPolicy"),
            Self::SignatureDoesNotMatch => (400, "SignatureDoesNotMatch"),
            Self::IncompleteSignature => (400, "IncompleteSignature"),
            Self::SignatureNonceUsed => (400, "SignatureNonceUsed"),
            Self::TimestampExpired => (400, "InvalidTimeStamp.Expired"),
            Self::Expired => (403, "InvalidTimeStamp.Expired"),
            Self::TimestampFormat => (400, "InvalidTimeStamp.Format"),
            Self::InvalidSignatureMethod => (400, "InvalidSignatureMethod"),
            Self::InvalidSignatureVersion => (400, "InvalidSignatureVersion"),
            Self::MissingSecurityToken => (400, "MissingSecurityToken"),
            Self::SecurityTokenMalformed => (400, "InvalidSecurityToken.Malformed"),
            Self::SecurityTokenExpired => (400, "InvalidSecurityToken.Expired"),
            Self::SecurityTokenMismatch => (400, "InvalidSecurityToken.MismatchWithAccessKey"),
            Self::InvalidParameter | Self::BodyMismatch => (400, "InvalidParameter"),
            Self::UnknownHost => (421, "InvalidHost.NotFound"),
            Self::ActionNotFound => (404, "InvalidAction.NotFound"),
            Self::InvalidVersion => (400, "InvalidVersion"),
            Self::BodyTooLarge => (413, "RequestBodyTooLarge"),
            Self::NoPermission => (403, "NoPermission"),
            Self::Throttled => (400, "Throttling.User"),
            Self::ServiceUnavailable => (503, "ServiceUnavailable"),
            Self::UpstreamUnavailable => (502, "UpstreamUnavailable"),
            Self::UpstreamTimeout => (504, "UpstreamTimeout"),
            Self::RequestTimeout => (408, "RequestTimeout"),
            Self::InternalError => (500, "InternalError"),
        };
        (status, Cow::Borrowed(name))
    }

    /// The message of the answer. It says nothing about why a signature differs or which policy decided.
    pub fn message(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::MalformedRequest => "The request is malformed.",
            Self::UnsupportedHttpMethod => "This http method is not supported.",
            Self::Missing(element) => {
                return Cow::Owned(format!("{element} is mandatory for this action."));
            }
            Self::Sts(error) => return Cow::Owned(error.to_string()),
            Self::AccessKeyNotFound => "Specified access key is not found.",
            Self::AccessKeyInactive => "Specified access key is disabled.",
            Self::AccountFrozen => "The account is frozen.",
            Self::AccessKeyPolicy => {
                "The network policy of the access key does not allow the source address."
            }
            // SDKs look for the colon and what follows it; the text behind it stays empty (SIG-100).
            Self::SignatureDoesNotMatch => {
                "Specified signature is not matched with our calculation. server string to sign is:"
            }
            Self::IncompleteSignature => {
                "The request signature does not conform to Aliyun standards."
            }
            Self::SignatureNonceUsed => "Specified signature nonce was used already.",
            Self::TimestampExpired | Self::Expired => {
                "Specified time stamp or date value is expired."
            }
            Self::TimestampFormat => "Specified time stamp or date value is not well formatted.",
            Self::InvalidSignatureMethod => "Specified signature method is not valid.",
            Self::InvalidSignatureVersion => "Specified signature version is not valid.",
            Self::MissingSecurityToken => "SecurityToken is mandatory for this action.",
            Self::SecurityTokenMalformed => "Specified SecurityToken is malformed.",
            Self::SecurityTokenExpired => "Specified SecurityToken is expired.",
            Self::SecurityTokenMismatch => "Specified SecurityToken mismatch with the AccessKey.",
            Self::BodyMismatch => "The body is not the one that was signed.",
            Self::InvalidParameter => "The request has a parameter that cannot be accepted.",
            Self::UnknownHost => "No service behind this gate answers for the host.",
            Self::ActionNotFound => "Specified api is not found, please check your url and method.",
            Self::InvalidVersion => "Specified parameter Version is not valid.",
            Self::BodyTooLarge => "The request body is too large.",
            Self::NoPermission => {
                "You are not authorized to do this action. You should be authorized by RAM."
            }
            Self::Throttled => "Request was denied due to user flow control.",
            Self::ServiceUnavailable => {
                "The request has failed due to a temporary failure of the server."
            }
            Self::UpstreamUnavailable => "The service behind the gate cannot be reached.",
            Self::UpstreamTimeout => "The service behind the gate did not answer in time.",
            Self::RequestTimeout => "The request was not received in time.",
            Self::InternalError => "The request processing has failed due to some unknown error.",
        })
    }

    /// Whether it tells who has guessed something about a key or token (SIG-101, TOK-21).
    pub(super) fn is_about_credentials(self) -> bool {
        matches!(
            self,
            Self::AccessKeyNotFound
                | Self::AccessKeyInactive
                | Self::SignatureDoesNotMatch
                | Self::SecurityTokenMalformed
                | Self::SecurityTokenExpired
                | Self::SecurityTokenMismatch
        )
    }

    /// Whose fault it is.
    pub fn blame(self) -> Blame {
        match self {
            Self::NoPermission | Self::Sts(StsError::Untrusted) => Blame::Policy,
            Self::UpstreamUnavailable | Self::UpstreamTimeout => Blame::Upstream,
            Self::ServiceUnavailable | Self::InternalError => Blame::Ramgate,
            _ => Blame::Client,
        }
    }
}

/// A refusal: the code and its words for the caller, the reason for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What the caller gets.
    pub code: Code,
    /// More for the caller than the code's own message, about the caller's own request only.
    pub hint: Option<String>,
    /// For the audit record only.
    pub reason: Cow<'static, str>,
    /// The catalogue's word for a request that cannot be read.
    pub word: Option<&'static str>,
}

impl Refusal {
    /// A refusal whose reason is for the audit record only.
    pub fn new(code: Code, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { code, hint: None, reason: reason.into(), word: None }
    }

    /// A refusal that tells the caller what is wrong with its own request.
    pub fn told(code: Code, reason: String) -> Self {
        Self { code, hint: Some(reason.clone()), reason: Cow::Owned(reason), word: None }
    }

    fn unreadable(code: Code, unreadable: Unreadable) -> Self {
        Self { word: Some(unreadable.word.as_str()), ..Self::told(code, unreadable.detail) }
    }
}

impl From<HeadError> for Refusal {
    fn from(error: HeadError) -> Self {
        let code = match error {
            HeadError::TooMany(_) | HeadError::Escape(_) => Code::InvalidParameter,
            HeadError::Once(_) | HeadError::Host | HeadError::Target | HeadError::HeaderText(_) => {
                Code::MalformedRequest
            }
        };
        Self::unreadable(code, error.into())
    }
}

/// Denials have the code of every denial; where the API has a text of its own for one, the caller reads it.
impl From<StsError> for Refusal {
    fn from(error: StsError) -> Self {
        let code = if error.is_denial() { Code::NoPermission } else { Code::Sts(error) };
        let text = error.to_string();
        if error.is_told() { Self::told(code, text) } else { Self::new(code, text) }
    }
}

impl From<MultipartError> for Refusal {
    fn from(error: MultipartError) -> Self {
        Self::unreadable(Code::InvalidParameter, error.into())
    }
}

impl From<SignatureError> for Refusal {
    fn from(error: SignatureError) -> Self {
        let code = match &error {
            SignatureError::Missing(element) => {
                return Self::new(Code::Missing(element), error.to_string());
            }
            SignatureError::Incomplete(_) => Code::IncompleteSignature,
            SignatureError::InvalidParameter(_) => Code::InvalidParameter,
            SignatureError::TimestampFormat => Code::TimestampFormat,
            SignatureError::TimestampExpired => Code::TimestampExpired,
            SignatureError::Expired => Code::Expired,
            SignatureError::Method => Code::InvalidSignatureMethod,
            SignatureError::Version => Code::InvalidSignatureVersion,
            SignatureError::HttpMethod => Code::UnsupportedHttpMethod,
            SignatureError::MissingToken => Code::MissingSecurityToken,
            SignatureError::TokenMismatch => Code::SecurityTokenMismatch,
            SignatureError::Host => Code::UnknownHost,
            SignatureError::Body => Code::BodyMismatch,
            SignatureError::Mismatch => Code::SignatureDoesNotMatch,
            SignatureError::Head(error) => return Self::from(error.clone()),
        };
        match code {
            Code::IncompleteSignature | Code::InvalidParameter => {
                Self::told(code, error.to_string())
            }
            _ => Self::new(code, error.to_string()),
        }
    }
}

impl From<Unreadable> for Refusal {
    fn from(unreadable: Unreadable) -> Self {
        let code = match unreadable.word {
            Word::UnknownHost | Word::AccessPoint => Code::UnknownHost,
            Word::UnknownOperation => Code::ActionNotFound,
            Word::UnknownVersion => Code::InvalidVersion,
            Word::BadPath
            | Word::UnsupportedBody
            | Word::DuplicateParameter
            | Word::UnknownQuery
            | Word::ConflictingAction
            | Word::Ambiguous
            | Word::LookAlikeParameter
            | Word::AccountMismatch
            | Word::RegionMismatch
            | Word::BadValue
            | Word::MalformedList
            | Word::BadArn
            | Word::MissingParameter
            | Word::NoResource => Code::InvalidParameter,
        };
        Self::unreadable(code, unreadable)
    }
}
