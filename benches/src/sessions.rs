//! A deployment that issues sessions, and everything that callers send to it, ready to be judged.

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::Request;
use http::request::Parts;
use ramgate::gate::{Collected, Entropy, Facts, Freshness, Gate, Record, Rules, Supplies, Wire};
use ramgate::ident::{AccessKeyId, SecretKey, UnixSeconds};
use ramgate::memory::{ReplayGuard, ReplaySettings, ThrottleSettings, Throttles};
use ramgate::reload;
use ramgate::request::HeadLimits;
use ramgate::signature::sign::{self, Body, Credentials, Terms};
use ramgate::signature::{Family, Scheme, Site};
use ramgate::snapshot::World;
use ramgate::token::{
    ACCESS_KEY_ENTROPY_BYTES, Ancestor, Chain, IssuerKey, KeyRing, Kid, Payload, RingEntry, Source,
    SourceId, Times, access_key_id, parse, write,
};
use tempfile::TempDir;

pub const NOW: UnixSeconds = UnixSeconds(1_800_000_000);
const ACCOUNT: &str = "1234567890123456";
const KEY: &str = "LTAI5tBenchTestKey00001";
const SECRET: &str = "benchSecret+/0123456789abcdefgh";
const USER_ID: &str = "200000000000000001";
const ROLE_ID: &str = "300000000000000001";
/// Of the user, and of the role.
const POLICIES: usize = 100;
const POLICY_BYTES: usize = 2000;

static NONCES: AtomicUsize = AtomicUsize::new(0);

/// What a session is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A user has assumed a role.
    Plain,
    /// The same with a source identity and a name of 64 characters each.
    Named,
    /// Nearly the longest that there is: the fifth of a chain, bounded by a policy of 2,000 characters.
    Bounded,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    V1,
    V2,
}

/// A pair with its token.
pub struct Session {
    pub id: AccessKeyId,
    pub secret: SecretKey,
    pub token: String,
}

pub struct Deployment {
    pub world: World,
    pub ring: KeyRing,
    rules: Rules,
    replay: ReplayGuard,
    throttles: Throttles,
    issuer: IssuerKey,
    user_id: AccessKeyId,
    user_secret: SecretKey,
    folder: TempDir,
}

impl Deployment {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let issuer = IssuerKey::from_seed(&[5; 32]);
        write_bundle(folder.path(), &issuer);
        let loaded = load(folder.path());
        let config = &loaded.config;
        let rules = Rules {
            account: config.account,
            head: HeadLimits {
                headers_max: config.limits.headers,
                head_bytes_max: config.limits.head_bytes,
                target_bytes_max: config.limits.target_bytes,
                parameters_max: config.limits.parameters,
            },
            decide_bytes_max: config.limits.body_bytes,
            code_merging: config.code_merging,
            nonce: config.replay.nonce,
            remember: config.replay.remember,
            routes: config.routes.clone(),
            sts: config.sts.clone(),
        };
        Self {
            world: World::clone(&loaded.current.load()),
            ring: parse("ring.json", &ring(&issuer)).0.into_iter().collect(),
            rules,
            replay: ReplayGuard::new(&ReplaySettings::default(), [7; 32], UnixSeconds(NOW.0 - 60)),
            throttles: Throttles::new(&ThrottleSettings { calls: None, ..config.limits.throttles }),
            issuer,
            user_id: KEY.parse().expect("an id"),
            user_secret: SecretKey::from(SECRET),
            folder,
        }
    }

    /// The same files, read anew: nothing is remembered of any session.
    pub fn forgetful(&self) -> World {
        World::clone(&load(self.folder.path()).current.load())
    }

    /// Seals a session; another for each number.
    pub fn session(&self, version: Version, shape: Shape, number: usize) -> Session {
        let payload = payload(shape, number);
        self.seal(version, &payload, number)
    }

    pub fn seal(&self, version: Version, payload: &Payload, number: usize) -> Session {
        let issuer = (version == Version::V2).then_some(&self.issuer);
        let issued = self.ring.seal(payload, issuer, bytes(number)).expect("it seals");
        Session { id: payload.access_key_id.clone(), secret: issued.secret, token: issued.token }
    }

    /// A call of ECS, signed with the session, or with the user's own key.
    pub fn call(&self, session: Option<&Session>) -> Parts {
        let headers = [
            ("host", "ecs.cn-hangzhou.aliyuncs.com"),
            ("x-acs-action", "DescribeInstances"),
            ("x-acs-version", "2014-05-26"),
        ];
        let target = "/?RegionId=cn-hangzhou&InstanceIds=%5B%22i-1%22%5D";
        self.signed(session, target, &headers)
    }

    /// The user assumes the role.
    pub fn assume(&self) -> Parts {
        let headers = [
            ("host", "sts.aliyuncs.com"),
            ("x-acs-action", "AssumeRole"),
            ("x-acs-version", "2015-04-01"),
        ];
        let target = format!("/?RoleArn=acs:ram::{ACCOUNT}:role/reader&RoleSessionName=session");
        self.signed(None, &target, &headers)
    }

    fn signed(&self, session: Option<&Session>, target: &str, headers: &[(&str, &str)]) -> Parts {
        let credentials = match session {
            Some(Session { id, secret, token }) => {
                Credentials { access_key_id: id, secret, security_token: Some(token) }
            }
            None => Credentials {
                access_key_id: &self.user_id,
                secret: &self.user_secret,
                security_token: None,
            },
        };
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let request = sign::Request {
            method: "POST".to_owned(),
            target: target.to_owned(),
            headers: headers.iter().map(owned).collect(),
            body: Body::Bytes(Vec::new().into()),
        };
        let nonce = NONCES.fetch_add(1, Ordering::Relaxed).to_string();
        let terms = Terms { nonce: Some(&nonce), ..Terms::new(Scheme::Acs3HmacSha256, NOW) };
        let site = Site::new(Family::OpenApi);
        let signed = sign::sign(request, &credentials, &terms, &site).expect("it can be signed");
        let mut request = Request::builder().method("POST").uri(signed.target);
        for (name, value) in signed.headers {
            request = request.header(name, value);
        }
        request.body(()).expect("a request").into_parts().0
    }

    /// The whole way of a call through the gate; it must be permitted.
    pub fn permit(&self, parts: Parts) {
        let (gate, mut record, mut wire) = (self.gate(), Record::default(), Wire::default());
        let opened = gate.open(parts, facts(), false, &mut wire, &mut record).expect("it opens");
        let proven = gate
            .complete(opened, Collected::Empty, NOW, &mut wire, &mut record)
            .expect("its caller is proven");
        std::hint::black_box(gate.decide(proven, NOW, &mut record).expect("it is permitted"));
    }

    /// The whole way of `AssumeRole`.
    pub fn issue(&self, parts: Parts) {
        let (gate, mut record, mut wire) = (self.gate(), Record::default(), Wire::default());
        let opened = gate.open(parts, facts(), false, &mut wire, &mut record).expect("it opens");
        let proven = gate
            .complete(opened, Collected::Empty, NOW, &mut wire, &mut record)
            .expect("its caller is proven");
        let entropy = Entropy { access_key: [9; 26], nonce: [9; 24] };
        let supplies = Supplies { entropy, keys: None };
        let served = gate.serve(proven, NOW, &supplies, &mut wire, &mut record);
        std::hint::black_box(served.expect("it is answered"));
    }

    fn gate(&self) -> Gate<'_> {
        Gate {
            world: &self.world,
            replay: &self.replay,
            throttles: &self.throttles,
            rules: &self.rules,
            freshness: Freshness::Fresh,
        }
    }
}

impl Default for Deployment {
    fn default() -> Self {
        Self::new()
    }
}

fn facts() -> Facts {
    let peer = IpAddr::from(Ipv4Addr::LOCALHOST);
    Facts { peer, tls: false, now: NOW, request_id: "1D0A6C52-0000-4000-8000-00000000A001".into() }
}

/// A session of the role; another for each number.
pub fn payload(shape: Shape, number: usize) -> Payload {
    let account = ACCOUNT.parse().expect("an account");
    let user = Source { account, id: SourceId::User(USER_ID.parse().expect("an id")) };
    let plain = Payload {
        access_key_id: session_id(number),
        issued: UnixSeconds(NOW.0 - 1),
        expires: UnixSeconds(NOW.0 + 3599),
        account,
        role_id: ROLE_ID.parse().expect("an id"),
        role_name: "reader".parse().expect("a name"),
        session_name: format!("session-{number}").parse().expect("a name"),
        source: user.clone(),
        federation: None,
        source_identity: None,
        policy: None,
        chain: None,
        mfa: None,
    };
    match shape {
        Shape::Plain => plain,
        Shape::Named => Payload {
            session_name: format!("{number:064}").parse().expect("a name"),
            source_identity: Some("i".repeat(64).parse().expect("an identity")),
            ..plain
        },
        Shape::Bounded => {
            let role_id = plain.role_id.clone();
            let ancestor = |back: usize| Ancestor {
                account,
                role_id: role_id.clone(),
                issued: UnixSeconds(NOW.0 - 2),
                access_key_id: session_id(usize::MAX - back),
            };
            Payload {
                source: Source { account, id: SourceId::Role(plain.role_id.clone()) },
                policy: Some(session_policy().into()),
                chain: Some(Chain { ancestors: (0..4).map(ancestor).collect(), origin: user }),
                ..plain
            }
        }
    }
}

/// A policy of about 2,000 characters.
pub fn session_policy() -> String {
    let (start, end) = (
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["ecs:Describe*"],"Resource":["#,
        r#""*"]}]}"#,
    );
    let mut text = start.to_owned();
    for number in 0.. {
        let next = format!(r#""acs:ecs:cn-hangzhou:{ACCOUNT}:instance/i-{number:08}","#);
        if text.len() + next.len() + end.len() > POLICY_BYTES {
            break;
        }
        text.push_str(&next);
    }
    text + end
}

fn session_id(number: usize) -> AccessKeyId {
    access_key_id(bytes::<ACCESS_KEY_ENTROPY_BYTES>(number)).expect("an id")
}

/// Different for each number; five bits of each byte count in an id.
fn bytes<const N: usize>(number: usize) -> [u8; N] {
    std::array::from_fn(|at| u8::try_from(number >> (at * 5).min(60) & 31).unwrap_or(0))
}

fn ring(issuer: &IssuerKey) -> String {
    let times = Times::sealing_for(UnixSeconds(NOW.0 - 3600), 86_400);
    let account = ACCOUNT.parse().expect("an account");
    let entry = |number: u8, issuer| {
        RingEntry::new(Kid([number; 8]), account, [number; 32].into(), times, issuer)
            .expect("an entry")
    };
    write(&[entry(1, None), entry(2, Some(issuer.public()))]).to_string()
}

fn load(folder: &Path) -> reload::Loaded {
    match reload::load(&folder.join("ramgate.yaml"), NOW) {
        Ok(loaded) => loaded,
        Err(problems) => panic!("{problems:#?}"),
    }
}

fn write_bundle(folder: &Path, issuer: &IssuerKey) {
    for name in ["policies", "trust-policies", "secrets"] {
        fs::create_dir(folder.join(name)).expect("a folder");
    }
    let names: Vec<String> = (0..POLICIES).map(|number| format!("p{number}")).collect();
    let names = names.join(", ");
    let files = [
        ("ramgate.yaml", CONFIG.to_owned()),
        (
            "directory.yaml",
            format!(
                "users: [{{ name: alice, id: '{USER_ID}', policies: {{ custom: [{names}] }} }}]\n\
                 roles: [{{ name: reader, id: '{ROLE_ID}', trust: reader, policies: {{ custom: [{names}] }} }}]\n"
            ),
        ),
        ("revocations.yaml", "access_keys: []\nusers: []\n".to_owned()),
        (
            "trust-policies/reader.json",
            statement(&format!(
                r#""Action":"sts:AssumeRole","Principal":{{"RAM":"acs:ram::{ACCOUNT}:root"}}"#
            )),
        ),
        (
            "secrets/keys.yaml",
            format!("keys: [{{ id: {KEY}, user: alice, secret: '{SECRET}' }}]\n"),
        ),
        ("secrets/ring.json", ring(issuer)),
        ("secrets/issuer.key", issuer.to_text().to_string()),
    ];
    for (name, text) in files {
        write_file(folder, name, &text);
    }
    for number in 0..POLICIES {
        let actions = match number {
            0 => r#"["sts:AssumeRole","ecs:Describe*"]"#.to_owned(),
            _ => format!(r#"["ecs:Stop{number}*","oss:Get{number}"]"#),
        };
        let text = statement(&format!(r#""Action":{actions},"Resource":"*""#));
        write_file(folder, &format!("policies/p{number}.json"), &text);
    }
}

fn statement(rest: &str) -> String {
    format!(r#"{{"Version":"1","Statement":[{{"Effect":"Allow",{rest}}}]}}"#)
}

fn write_file(folder: &Path, name: &str, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.join(name);
    fs::write(&path, text).expect("a file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("its mode");
}

const CONFIG: &str = r#"
account: "1234567890123456"
listen: { data: 127.0.0.1:0, status: 127.0.0.1:0 }
files:
  directory: directory.yaml
  policies: policies
  trust_policies: trust-policies
  keys: secrets/keys.yaml
  token_ring: secrets/ring.json
  revocations: revocations.yaml
sts: { issuer_key: secrets/issuer.key }
routes:
  - { name: sts, products: [sts], upstream: local }
  - { name: ecs, products: [ecs], upstream: "http://127.0.0.1:9", region: cn-hangzhou }
"#;
