//! The threat model's rows about targets, and the catalogue's hostile list, as raw bytes against the real binary. What
//! can be signed is signed well, by a caller who may do everything, so that nothing but the rule under test refuses it.
//! The judgement is what the upstream saw.

mod readings;
mod targets;

use ramgate::ident::SecretKey;
use ramgate::signature::sign::{self, Body, Credentials, SignError, Terms, Upload};
use ramgate::signature::{Family, Scheme, Site};

use crate::support::caller::{Answer, nonce, now, raw};
use crate::support::gate::{Bundle, Gate, SECRET};
use crate::support::upstream::{Received, Upstream};
use crate::support::{ECS_HOST, NOTES_HOST};

/// May do everything.
const EVERYTHING: &str = "LTAI5tHostileAllKey0001";
/// May do a little, see `LITTLE`.
const LITTLE_KEY: &str = "LTAI5tHostileFewKey0002";
const BUCKET: &str = "team-bucket";
const BUCKET_HOST: &str = "team-bucket.oss-cn-hangzhou.aliyuncs.com";
const FC_HOST: &str = "fcv3.cn-hangzhou.aliyuncs.com";
const TRIGGER_HOST: &str = "fn.cn-hangzhou.fcapp.run";
const FORM: &str = "application/x-www-form-urlencoded";

const ALL: &str =
    r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
const LITTLE: &str = r#"{"Version":"1","Statement":[
    {"Effect":"Allow","Action":"notes:*","Resource":["acs:notes:*:*:note/team/*","acs:notes:*:*:note/caf\u00e9"]},
    {"Effect":"Allow","Action":"oss:Get*","Resource":"acs:oss:*:*:team-bucket/team/?"},
    {"Effect":"Allow","Action":"oss:DeleteObject","Resource":"acs:oss:*:*:team-bucket/team/*"},
    {"Effect":"Allow","Action":["oss:PutObject","oss:PostProcessTask"],"Resource":"acs:oss:*:*:team-bucket/team/*"},
    {"Effect":"Allow","Action":"ecs:Describe*","Resource":"acs:ecs:*:*:instance/i-team-*"}]}"#;

/// How a request is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
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

    fn host(self) -> &'static str {
        match self {
            Self::Rpc | Self::RpcV1 => ECS_HOST,
            Self::Roa => NOTES_HOST,
            Self::Fc => FC_HOST,
            Self::Trigger => TRIGGER_HOST,
            Self::Oss | Self::Url | Self::UrlV4 | Self::Nobody => BUCKET_HOST,
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
struct Sent {
    style: Style,
    key: &'static str,
    method: String,
    target: Vec<u8>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Sent {
    fn new(style: Style, method: &str, target: impl AsRef<[u8]>) -> Self {
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

    fn by(self, key: &'static str) -> Self {
        Self { key, ..self }
    }

    /// Sets a header in place of what was there.
    fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self
    }

    fn body(self, kind: &str, body: &str) -> Self {
        Self { body: body.into(), ..self.with("content-type", kind) }
    }

    /// Signs what can be signed. A target that no client can read is sent with the signature of another.
    fn bytes(&self) -> Vec<u8> {
        let Some(scheme) = self.style.scheme() else {
            return wire(&self.method, &self.target, &self.headers, &self.body);
        };
        let target = String::from_utf8_lossy(&self.target).into_owned();
        match self.signed(scheme, &target) {
            Ok((target, headers)) => wire(&self.method, target.as_bytes(), &headers, &self.body),
            // No client can sign what nobody can read; the reason of the refusal shows that the signature is not it.
            Err(_unreadable) => {
                let (_, headers) = self.signed(scheme, "/").unwrap();
                wire(&self.method, &self.target, &headers, &self.body)
            }
        }
    }

    fn signed(&self, scheme: Scheme, target: &str) -> Result<Parts, SignError> {
        let (id, secret, nonce) = (self.key.parse().unwrap(), SecretKey::from(SECRET), nonce());
        let credentials = Credentials { access_key_id: &id, secret: &secret, security_token: None };
        let terms = Terms { nonce: Some(&nonce), ..Terms::new(scheme, now()) };
        let request = sign::Request {
            method: self.method.clone(),
            target: target.to_owned(),
            headers: self.headers.clone(),
            body: Body::Bytes(self.body.as_slice().into()),
        };
        let signed = sign::sign(request, &credentials, &terms, &site(scheme))?;
        Ok((signed.target, signed.headers))
    }
}

type Parts = (String, Vec<(String, String)>);

/// What a client knows of where it calls.
fn site(scheme: Scheme) -> Site<'static> {
    Site { path_style: true, ..Site::new(scheme.family()) }
}

fn wire(method: &str, target: &[u8], headers: &[(String, String)], body: &[u8]) -> Vec<u8> {
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

/// A browser form of OSS V4, signed with this policy; `None`: one that pins each field.
fn browser_form(fields: &[(&str, &str)], policy: Option<&str>) -> (Vec<(String, String)>, Vec<u8>) {
    let (id, secret) = (EVERYTHING.parse().unwrap(), SecretKey::from(SECRET));
    let credentials = Credentials { access_key_id: &id, secret: &secret, security_token: None };
    let terms = Terms { policy, ..Terms::new(Scheme::OssPostV4, now()) };
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

struct World {
    upstream: Upstream,
    _bundle: Bundle,
    gate: Gate,
}

/// A gate in front of each style of service. `more` goes into every route.
fn world(more: &str) -> World {
    let upstream = Upstream::start();
    let bundle = Bundle::example(&upstream);
    let trigger = format!("{}/tests/sdk/catalog/fc-trigger.yaml", env!("CARGO_MANIFEST_DIR"));
    std::fs::copy(trigger, bundle.path("catalog/fc-trigger.yaml")).unwrap();
    bundle.change("ramgate.yaml", |text| {
        let (start, _) = text.split_once("routes:").unwrap();
        let kept = start.lines().filter(|line| !line.contains("organization:"));
        let kept: Vec<&str> = kept.filter(|line| !line.contains("control_policies:")).collect();
        let route = |name: &str, own: &str| {
            let upstream = upstream.address;
            format!("  - {{ name: {name}, products: [{name}], upstream: 'http://{upstream}'{own}{more} }}\n")
        };
        let region = ", region: cn-hangzhou";
        let objects = ", region: cn-hangzhou, callbacks: refuse, accept_unsigned: [bodies], \
                       hosts: [{ name: files.example.test, bucket: team-bucket }]";
        let routes = [
            route("ecs", region),
            route("fc", region),
            route("fc-trigger", region),
            route("oss", objects),
            route("notes", ""),
        ];
        format!("{}\nroutes:\n{}audit:\n  file: audit.jsonl\n", kept.join("\n"), routes.concat())
    });
    bundle.write("policies/all.json", ALL);
    bundle.write("policies/little.json", LITTLE);
    bundle.change("directory.yaml", |text| {
        text.replace(
            "users:\n",
            "users:\n  - { name: all, id: '200000000000000071', policies: { custom: [all] } }\n  \
             - { name: little, id: '200000000000000072', policies: { custom: [little] } }\n",
        )
    });
    bundle.write(
        "secrets/access-keys.yaml",
        &format!(
            "keys:\n  - {{ id: {EVERYTHING}, user: all, secret: '{SECRET}' }}\n  \
             - {{ id: {LITTLE_KEY}, user: little, secret: '{SECRET}' }}\n"
        ),
    );
    let gate = bundle.serve();
    World { upstream, _bundle: bundle, gate }
}

impl World {
    /// Sends bytes: the answer, the audit line of it, and what the upstream saw.
    fn send(&self, bytes: &[u8]) -> (Answer, String, Vec<Received>) {
        self.upstream.forget();
        let answer = raw(self.gate.data, bytes);
        let line = self.gate.audit_line(&answer.request_id());
        (answer, line, self.upstream.received())
    }

    /// Refused with this status and for this reason: the catalogue's word, or a part of the record's text. One answer,
    /// and the upstream saw nothing.
    #[track_caller]
    fn refused(&self, what: &str, bytes: &[u8], status: u16, because: &str) {
        let (answer, line, received) = self.send(bytes);
        assert!(received.is_empty(), "{what}: the upstream saw {received:?}");
        assert_eq!(answer.status(), status, "{what}: {}\n{line}", answer.text());
        assert_eq!(answer.count(), 1, "{what}: {}", answer.text());
        assert!(line.contains(because), "{what}: {because} is not in {line}");
    }

    /// Passes, and the upstream got one request with this target.
    #[track_caller]
    fn passes(&self, what: &str, bytes: &[u8], target: &str) -> (String, Received) {
        let (answer, line, received) = self.send(bytes);
        assert_eq!(answer.status(), 200, "{what}: {}\n{line}", answer.text());
        let [received] = received.as_slice() else { panic!("{what}: {received:?}") };
        let (_, rest) = received.line.split_once(' ').unwrap();
        assert_eq!(rest, format!("{target} HTTP/1.1"), "{what}");
        (line, received.clone())
    }
}
