//! The answers, in JSON and XML (STS-25, STS-26, STS-36).

use std::fmt;

use serde::Serialize;

use crate::federation::Identity;
use crate::ident::{Principal, SessionName, SourceIdentity};
use crate::token::{Issued, Payload};

use super::StsError;

/// How an answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Every real client asks for it (STS-05).
    #[default]
    Json,
    /// An element without a namespace.
    Xml,
}

impl Format {
    /// Reads the parameter `Format`.
    pub fn of(parameter: Option<&str>) -> Result<Self, StsError> {
        match parameter {
            None => Ok(Self::default()),
            Some(text) if text.eq_ignore_ascii_case("json") => Ok(Self::Json),
            Some(text) if text.eq_ignore_ascii_case("xml") => Ok(Self::Xml),
            Some(_other) => Err(StsError::Malformed("Format")),
        }
    }

    /// The media type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json;charset=utf-8",
            Self::Xml => "text/xml;charset=utf-8",
        }
    }

    /// `None`: it cannot be written, which does not happen to the answers here.
    fn write(self, root: &str, answer: &impl Serialize) -> Option<Vec<u8>> {
        match self {
            Self::Json => serde_json::to_vec(answer).ok(),
            Self::Xml => {
                let body = quick_xml::se::to_string_with_root(root, answer).ok()?;
                Some(format!("<?xml version='1.0' encoding='UTF-8'?>{body}").into_bytes())
            }
        }
    }
}

/// The answer to `AssumeRole`, and to `AssumeRoleWithOIDC`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AssumedRole<'a> {
    request_id: &'a str,
    #[serde(rename = "AssumedRoleUser")]
    user: AssumedRoleUser,
    credentials: Credentials<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_identity: Option<&'a str>,
    #[serde(rename = "OIDCTokenInfo", skip_serializing_if = "Option::is_none")]
    token: Option<TokenInfo<'a>>,
}

/// What the token says that the session was obtained with (STS-30).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct TokenInfo<'a> {
    subject: &'a str,
    issuer: &'a str,
    client_ids: String,
    expiration_time: String,
    issuance_time: String,
    verification_info: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AssumedRoleUser {
    assumed_role_id: String,
    arn: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Credentials<'a> {
    security_token: &'a str,
    expiration: String,
    access_key_secret: &'a str,
    access_key_id: &'a str,
}

impl fmt::Debug for AssumedRole<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AssumedRole(..)")
    }
}

impl<'a> AssumedRole<'a> {
    /// What a session is handed over with; `None` only for a secret that is no text.
    pub fn new(payload: &'a Payload, issued: &'a Issued, request_id: &'a str) -> Option<Self> {
        let Payload { account, role_id, role_name, session_name, .. } = payload;
        Some(Self {
            request_id,
            user: AssumedRoleUser {
                assumed_role_id: format!("{role_id}:{session_name}"),
                arn: format!("acs:ram::{account}:role/{role_name}/{session_name}"),
            },
            credentials: Credentials {
                security_token: &issued.token,
                expiration: payload.expires.to_string(),
                access_key_secret: std::str::from_utf8(issued.secret.expose()).ok()?,
                access_key_id: payload.access_key_id.as_str(),
            },
            source_identity: payload.source_identity.as_ref().map(SourceIdentity::as_str),
            token: None,
        })
    }

    /// The same to a caller whom a provider vouches for (STS-31).
    #[must_use]
    pub fn to_federated(self, identity: &'a Identity) -> Self {
        let token = TokenInfo {
            subject: &identity.subject,
            issuer: &identity.issuer,
            client_ids: identity.audiences.join(","),
            expiration_time: identity.expires.to_string(),
            issuance_time: identity.issued.to_string(),
            verification_info: "Success",
        };
        Self { token: Some(token), ..self }
    }

    /// The bytes of the body.
    pub fn write(&self, format: Format) -> Option<Vec<u8>> {
        let root = match self.token {
            Some(_) => "AssumeRoleWithOIDCResponse",
            None => "AssumeRoleResponse",
        };
        format.write(root, self)
    }
}

/// The answer to `GetCallerIdentity`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CallerIdentity<'a> {
    identity_type: &'static str,
    account_id: String,
    principal_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role_id: Option<&'a str>,
    arn: String,
    request_id: &'a str,
}

impl<'a> CallerIdentity<'a> {
    /// Who a caller is (3.6).
    pub fn new(principal: &'a Principal, request_id: &'a str) -> Self {
        let account_id = principal.account().to_string();
        let (identity_type, principal_id, user_id, role_id) = match principal {
            Principal::Root { .. } => {
                ("Account", account_id.clone(), Some(account_id.clone()), None)
            }
            Principal::User { id, .. } => ("RAMUser", id.to_string(), Some(id.to_string()), None),
            Principal::Session { role_id, session, .. } => {
                let id = principal_id(role_id.as_str(), session);
                ("AssumedRoleUser", id, None, Some(role_id.as_str()))
            }
        };
        let arn = principal.arn();
        Self { identity_type, account_id, principal_id, user_id, role_id, arn, request_id }
    }

    /// The bytes of the body.
    pub fn write(&self, format: Format) -> Option<Vec<u8>> {
        format.write("GetCallerIdentityResponse", self)
    }
}

fn principal_id(role_id: &str, session: &SessionName) -> String {
    format!("{role_id}:{session}")
}
