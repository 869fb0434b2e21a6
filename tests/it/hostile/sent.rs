//! Requests as a hostile client writes them, signed as well as they can be.

use ramgate::ident::SecretKey;
use ramgate::signature::sign::{self, Body, Credentials, SignError, Terms, Upload};
use ramgate::signature::{Family, Scheme, Site};

use super::{BUCKET, BUCKET_HOST, EVERYTHING, FC_HOST, OWN_DOMAIN, SERVICE_HOST, TRIGGER_HOST};
use crate::support::caller::{nonce, now};
use crate::support::gate::SECRET;
use crate::support::{ECS_HOST, NOTES_HOST};

/// How a request is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// ACS3 with `x-acs-action: DescribeInstances` at ECS.
    Rpc,
    /// RPC V1 at ECS; the action is a parameter.
    RpcV1,
    /// ACS3 at a service of one's own.
    Roa,
    /// ACS3 at Function Compute.
    Fc,
    /// An HTTP trigger, whose query is the function's own.
    Trigger,
    /// OSS V4.
    Oss,
    /// An URL of OSS V1, whose query is signed in part.
    Url,
    /// An URL of OSS V4.
    UrlV4,
    /// Nobody signed it.
    Nobody,
}

impl Style {
    fn scheme(self) -> Option<Scheme> {
        match self {
            Self::Rpc | Self::Roa | Self::Fc => Some(Scheme::Acs3HmacSha256),
            Self::RpcV1 => Some(Scheme::RpcHmacSha1),
            Self::Trigger => Some(Scheme::Fc2HttpTrigger),
            Self::Oss => Some(Scheme::OssV4),
            Self::Url => Some(Scheme::OssV1Presign),
            Self::UrlV4 => Some(Scheme::OssV4Presign),
            Self::Nobody => None,
        }
    }

    pub(super) fn host(self) -> &'static str {
        match self {
            Self::Rpc | Self::RpcV1 => ECS_HOST,
            Self::Roa => NOTES_HOST,
            Self::Fc => FC_HOST,
            Self::Trigger => TRIGGER_HOST,
            Self::Oss | Self::Url | Self::UrlV4 | Self::Nobody => BUCKET_HOST,
        }
    }

    /// What is signed in place of a target that cannot be read.
    fn plain(self) -> &'static str {
        match self {
            Self::RpcV1 => "/?Action=DescribeRegions&Version=2014-05-26",
            _ => "/",
        }
    }

    fn headers(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Rpc => &[("x-acs-action", "DescribeInstances"), ("x-acs-version", "2014-05-26")],
            Self::Roa => &[("x-acs-version", "1")],
            Self::Fc => &[("x-acs-version", "2023-03-30")],
            _ => &[],
        }
    }
}

/// A request on its way to the wire. `target` may hold bytes that no client can sign.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    style: Style,
    key: &'static str,
    method: String,
    pub(super) target: Vec<u8>,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Sent {
    pub(super) fn new(style: Style, method: &str, target: impl AsRef<[u8]>) -> Self {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let host = ("host".to_owned(), style.host().to_owned());
        Self {
            style,
            key: EVERYTHING,
            method: method.to_owned(),
            target: target.as_ref().to_vec(),
            headers: std::iter::once(host).chain(style.headers().iter().map(own)).collect(),
            body: Vec::new(),
        }
    }

    pub(super) fn by(self, key: &'static str) -> Self {
        Self { key, ..self }
    }

    /// Sets a header in place of what was there.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn body(self, kind: &str, body: &str) -> Self {
        Self { body: body.into(), ..self.with("content-type", kind) }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let Some(scheme) = self.style.scheme() else {
            return wire(&self.method, &self.target, &self.headers, &self.body);
        };
        let target = String::from_utf8_lossy(&self.target);
        let signed = self.signed(scheme, &target);
        let (target, headers) = signed.unwrap_or_else(|_unreadable| self.signed_as_another(scheme));
        wire(&self.method, &target, &headers, &self.body)
    }

    /// What no client can read, and so sign, carries the signature of a plain call: the reason of the refusal shows that
    /// the signature is not it.
    fn signed_as_another(&self, scheme: Scheme) -> Parts {
        let mut plain = Self { body: Vec::new(), ..self.clone() };
        plain.headers = Self::new(self.style, "", "").headers;
        let kind = self.headers.iter().find(|(name, _)| name == "content-type");
        plain.headers.extend(kind.cloned());
        let (target, mut added) = plain.signed(scheme, self.style.plain()).unwrap();
        added.retain(|header| !plain.headers.contains(header));
        let pairs = target.strip_prefix(self.style.plain().as_bytes()).unwrap();
        ([&self.target, pairs].concat(), [&self.headers[..], &added].concat())
    }

    fn signed(&self, scheme: Scheme, target: &str) -> Result<Parts, SignError> {
        let (id, secret, nonce) = (self.key.parse().unwrap(), SecretKey::from(SECRET), nonce());
        let credentials = Credentials { access_key_id: &id, secret: &secret, security_token: None };
        let is_at = |host: &str| self.headers.contains(&("host".to_owned(), host.to_owned()));
        // A custom domain names no region.
        let region = is_at(OWN_DOMAIN).then_some("cn-hangzhou");
        let terms = Terms { nonce: Some(&nonce), region, ..Terms::new(scheme, now()) };
        let request = sign::Request {
            method: self.method.clone(),
            target: target.to_owned(),
            headers: self.headers.clone(),
            body: Body::Bytes(self.body.as_slice().into()),
        };
        let cname = [(OWN_DOMAIN.to_owned(), BUCKET.to_owned())];
        let site =
            Site { path_style: is_at(SERVICE_HOST), cname: &cname, ..Site::new(scheme.family()) };
        let signed = sign::sign(request, &credentials, &terms, &site)?;
        Ok((signed.target.into_bytes(), signed.headers))
    }
}

/// A target and the headers.
type Parts = (Vec<u8>, Vec<(String, String)>);

pub(super) fn wire(
    method: &str,
    target: &[u8],
    headers: &[(String, String)],
    body: &[u8],
) -> Vec<u8> {
    let mut bytes = [method.as_bytes(), b" ", target, b" HTTP/1.1\r\n"].concat();
    let has = |name: &str| headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
    for (name, value) in headers {
        bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    if !body.is_empty() && !has("content-length") {
        bytes.extend_from_slice(format!("content-length: {}\r\n", body.len()).as_bytes());
    }
    bytes.extend_from_slice(b"connection: close\r\n\r\n");
    [&bytes[..], body].concat()
}

/// A browser form of OSS V4, whose policy pins each field: its headers and its body.
pub(super) fn browser_form(key: &str, fields: &[(&str, &str)]) -> (Vec<(String, String)>, Vec<u8>) {
    let (id, secret) = (key.parse().unwrap(), SecretKey::from(SECRET));
    let credentials = Credentials { access_key_id: &id, secret: &secret, security_token: None };
    let terms = Terms::new(Scheme::OssPostV4, now());
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let request = sign::Request {
        method: "POST".into(),
        target: "/".into(),
        headers: vec![("host".into(), BUCKET_HOST.into())],
        body: Body::Form(Upload {
            fields: fields.iter().map(own).collect(),
            file_name: "f.txt".into(),
            file: b"hello".as_slice().into(),
        }),
    };
    let signed = sign::sign(request, &credentials, &terms, &Site::new(Family::Oss)).unwrap();
    let Body::Bytes(body) = signed.body else { panic!("the signer left the body out") };
    let headers = signed.headers.into_iter().filter(|(name, _)| name != "content-length").collect();
    (headers, body.into_owned())
}
