//! A captured request as cases write it, without credentials, to be pasted into a file of them.

use serde::Serialize;

use crate::cases::Recorded;
use crate::request::percent_decode;

/// Headers that only authenticate, or that only the transport reads.
const LEFT_OUT_HEADERS: [&str; 12] = [
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "host",
    "transfer-encoding",
    "user-agent",
    "x-acs-security-token",
    "x-fc-security-token",
    "x-oss-security-token",
];

/// Parameters that only authenticate, in lower case.
const LEFT_OUT_PARAMETERS: [&str; 5] =
    ["signature", "securitytoken", "security-token", "x-oss-signature", "x-oss-security-token"];

/// `request` of a case.
#[derive(Debug, Serialize)]
pub(super) struct Pasted {
    method: String,
    host: String,
    path: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    headers: Vec<(String, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
}

impl Pasted {
    /// `None`: it has bytes that JSON cannot hold.
    pub(super) fn of(request: &Recorded) -> Option<Self> {
        let mut host = None;
        let mut headers = Vec::new();
        for (name, value) in &request.headers {
            let value = String::from_utf8(value.clone()).ok()?;
            let lower = name.to_ascii_lowercase();
            if lower == "host" && host.is_none() {
                host = Some(value);
            } else if lower == "host" || !LEFT_OUT_HEADERS.contains(&lower.as_str()) {
                headers.push((name.clone(), value));
            }
        }
        let body = match request.body.as_ref() {
            b"" => None,
            bytes => Some(String::from_utf8(bytes.to_vec()).ok()?),
        };
        Some(Self {
            method: request.method.clone(),
            host: host.unwrap_or_default(),
            path: without_credentials(&request.target),
            headers,
            body,
        })
    }
}

fn without_credentials(target: &str) -> String {
    let Some((path, query)) = target.split_once('?') else { return target.to_owned() };
    let kept = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default();
        let name = percent_decode(name).unwrap_or_default().to_ascii_lowercase();
        !LEFT_OUT_PARAMETERS.contains(&name.as_str())
    };
    let kept: Vec<&str> = query.split('&').filter(kept).collect();
    if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) }
}
