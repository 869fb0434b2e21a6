//! One listener: which requests it answers (MD-22 to MD-27).

use std::net::IpAddr;

use http::Method;
use http::request::Parts;

use crate::ident::{SecretKey, UnixSeconds, WorkloadName};

use super::TOKEN_SECONDS_MAX;
use super::answer::Refused;
use super::host::{Names, passed_on};
use super::path::{self, Metadata};
use super::tokens::{TokenRule, TokenTable};

const TOKEN: &str = "x-aliyun-ecs-metadata-token";
const TOKEN_TTL: &str = "x-aliyun-ecs-metadata-token-ttl-seconds";

/// What a listener speaks.
#[derive(Debug)]
pub enum Form {
    /// A URI of its own for each workload.
    Uri(Vec<UriSecret>),
    /// The instance metadata of ECS, for one workload.
    Metadata {
        /// Whose.
        workload: WorkloadName,
        /// Whether a token has to be fetched first.
        tokens: TokenRule,
    },
}

/// What the URI of a workload ends with.
#[derive(Debug)]
pub struct UriSecret {
    pub(super) workload: WorkloadName,
    pub(super) secret: SecretKey,
}

impl UriSecret {
    /// What a secret is, for people.
    pub const WANTED: &str = "a secret is 32 to 128 of letters, digits, `-` and `_`, and random; \
        `ramgate workload secret` makes one";

    /// The secret of a workload. Shorter ones cannot have 128 random bits, whether they are written in base64 or in hex (MD-23).
    pub fn new(workload: WorkloadName, secret: SecretKey) -> Option<Self> {
        let text = secret.expose();
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
        let fits = (32..=128).contains(&text.len()) && text.iter().all(allowed);
        fits.then_some(Self { workload, secret })
    }
}

/// What a request asks for that may have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A session of the workload.
    Credentials {
        /// Whose.
        workload: WorkloadName,
        /// The name of its role, where the request has to know it.
        role: Option<String>,
    },
    /// The name of its role.
    RoleName(WorkloadName),
    /// A token that lives this many seconds.
    Token(i64),
}

/// A listener.
#[derive(Debug)]
pub struct Door {
    names: Names,
    form: Form,
}

impl Door {
    /// A listener that is bound to an address, or to a socket; `more` are the names under which it is reached besides.
    pub fn new(bound: Option<IpAddr>, more: &[String], form: Form) -> Self {
        let more = more.iter().map(|name| name.to_ascii_lowercase()).collect();
        Self { names: Names { bound, more }, form }
    }

    /// The workloads that are served here.
    pub fn workloads(&self) -> Vec<&WorkloadName> {
        match &self.form {
            Form::Uri(secrets) => secrets.iter().map(|it| &it.workload).collect(),
            Form::Metadata { workload, .. } => vec![workload],
        }
    }

    /// What a request asks for.
    pub fn read(
        &self,
        head: &Parts,
        tokens: &TokenTable,
        now: UnixSeconds,
    ) -> Result<Asked, Refused> {
        if passed_on(&head.headers) {
            return Err(Refused::PassedOn);
        }
        if !self.names.are_meant(head) {
            return Err(Refused::Host);
        }
        if ![Method::GET, Method::PUT].contains(&head.method) {
            return Err(Refused::Method);
        }
        match &self.form {
            _ if head.uri.query().is_some() => Err(Refused::NotFound),
            Form::Uri(secrets) => of_uri(head, secrets),
            Form::Metadata { workload, tokens: rule } => {
                of_metadata(head, workload, *rule, tokens, now)
            }
        }
    }
}

fn of_uri(head: &Parts, secrets: &[UriSecret]) -> Result<Asked, Refused> {
    let workload = path::uri(head.uri.path(), secrets).filter(|_found| head.method == Method::GET);
    let workload = workload.ok_or(Refused::NotFound)?.clone();
    Ok(Asked::Credentials { workload, role: None })
}

fn of_metadata(
    head: &Parts,
    workload: &WorkloadName,
    rule: TokenRule,
    tokens: &TokenTable,
    now: UnixSeconds,
) -> Result<Asked, Refused> {
    let named = path::metadata(head.uri.path());
    if head.method == Method::PUT {
        return match named {
            Some(Metadata::Token) => ttl(head).map(Asked::Token).ok_or(Refused::Ttl),
            _ => Err(Refused::NotFound),
        };
    }
    let mut shown = head.headers.get_all(TOKEN).iter();
    let admitted = match (shown.next(), shown.next()) {
        (None, _) => rule == TokenRule::Optional,
        (Some(token), None) => token.to_str().is_ok_and(|token| tokens.knows(token, now)),
        (Some(_), Some(_)) => false,
    };
    match named {
        _ if !admitted => Err(Refused::Token),
        Some(Metadata::RoleName) => Ok(Asked::RoleName(workload.clone())),
        Some(Metadata::Credentials(role)) => {
            Ok(Asked::Credentials { workload: workload.clone(), role: Some(role.to_owned()) })
        }
        Some(Metadata::Token) | None => Err(Refused::NotFound),
    }
}

/// How long a token is to live: digits, once, in the range of the real service (MD-24).
fn ttl(head: &Parts) -> Option<i64> {
    let mut values = head.headers.get_all(TOKEN_TTL).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let text = value.to_str().ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    text.parse().ok().filter(|seconds| (1..=TOKEN_SECONDS_MAX).contains(seconds))
}

#[cfg(test)]
mod tests;
