//! Every scheme over a real socket with the real binary: what passes, what is refused and in
//! whose words, what the upstream is not told, and what a policy may believe.

mod readings;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use ramgate::ident::SecretKey;
use ramgate::signature::Scheme;
use ramgate::signature::sign::{self, Body, Credentials, Terms, Upload};
use ramgate::token::{Issued, KeyRing};
use rsa::PrivateKey;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::signature::{SignatureEncoding, Signer};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::support::caller::{Answer, Call, nonce, now};
use crate::support::gate::{Bundle, Gate, SECRET};
use crate::support::tokens;
use crate::support::upstream::Upstream;

const KEY: &str = "LTAI5tServedTestKey0001";
/// A key whose caller holds the private half.
const PAIR: &str = "LTAI5tServedPairKey0001";
const SESSION: &str = "STS.NServedTestKey000001";
const TOKEN: &str = "CAISserved/0123456789+abcdefghijklmnop==";
const BUCKET: &str = "served-bucket.oss-cn-hangzhou.aliyuncs.com";
const LOGS: &str = "served.cn-hangzhou.log.aliyuncs.com";
const TABLES: &str = "served.cn-hangzhou.ots.aliyuncs.com";
const QUEUES: &str = "1234567890123456.mns.cn-hangzhou.aliyuncs.com";
const FUNCTIONS: &str = "1234567890123456.cn-hangzhou.fc.aliyuncs.com";
const TRIGGER: &str = "fn-served.cn-hangzhou.fcapp.run";
const CLUSTERS: &str = "cs.cn-hangzhou.aliyuncs.com";
const ECS: &str = "ecs.cn-hangzhou.aliyuncs.com";

/// A call of one scheme, and the code that its SDK looks for when the secret is another.
struct Sample {
    scheme: Scheme,
    method: &'static str,
    host: &'static str,
    target: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
    mismatch: (u16, &'static str),
}

const fn sample(
    scheme: Scheme,
    method: &'static str,
    host: &'static str,
    target: &'static str,
    mismatch: (u16, &'static str),
) -> Sample {
    Sample { scheme, method, host, target, headers: &[], body: "", mismatch }
}

const ACTION: &[(&str, &str)] =
    &[("x-acs-action", "DescribeRegions"), ("x-acs-version", "2014-05-26")];
const VERSION: &[(&str, &str)] = &[("x-acs-version", "2015-12-15")];
const OPEN_API: (u16, &str) = (400, "SignatureDoesNotMatch");
const OBJECTS: (u16, &str) = (403, "SignatureDoesNotMatch");
const LOG: (u16, &str) = (401, "SignatureNotMatch");
const TABLE: (u16, &str) = (403, "OTSAuthFailed");
const FUNCTION: (u16, &str) = (403, "SignatureNotMatch");
const KEY_PATH: &str = "/a%20b/%E6%96%87%2B%2A~";

fn samples() -> Vec<Sample> {
    use Scheme as S;
    vec![
        Sample {
            headers: ACTION,
            ..sample(S::Acs3HmacSha256, "POST", ECS, "/?RegionId=cn-hangzhou", OPEN_API)
        },
        Sample {
            headers: ACTION,
            ..sample(S::Acs3HmacSm3, "POST", ECS, "/?RegionId=cn-hangzhou", OPEN_API)
        },
        sample(
            S::RpcHmacSha1,
            "GET",
            ECS,
            "/?Action=DescribeRegions&Version=2014-05-26&Format=JSON",
            OPEN_API,
        ),
        sample(
            S::RpcHmacSha256,
            "GET",
            ECS,
            "/?Action=DescribeRegions&Version=2014-05-26&Format=JSON",
            OPEN_API,
        ),
        Sample {
            headers: VERSION,
            ..sample(S::RoaHmacSha1, "GET", CLUSTERS, "/clusters?name=a%20b", OPEN_API)
        },
        Sample { body: "hello", ..sample(S::OssV1, "PUT", BUCKET, KEY_PATH, OBJECTS) },
        sample(S::OssV1Presign, "GET", BUCKET, KEY_PATH, OBJECTS),
        Sample { body: "hello", ..sample(S::OssV2, "PUT", BUCKET, KEY_PATH, OBJECTS) },
        sample(S::OssV2Presign, "GET", BUCKET, KEY_PATH, OBJECTS),
        Sample { body: "hello", ..sample(S::OssV4, "PUT", BUCKET, KEY_PATH, OBJECTS) },
        sample(S::OssV4Presign, "GET", BUCKET, KEY_PATH, OBJECTS),
        sample(S::OssPostV1, "POST", BUCKET, "/", OBJECTS),
        sample(S::OssPostV4, "POST", BUCKET, "/", OBJECTS),
        sample(S::SlsV1, "GET", LOGS, "/logstores?offset=0&size=10", LOG),
        sample(S::SlsV4, "GET", LOGS, "/logstores?offset=0&size=10", LOG),
        sample(S::OtsV2, "POST", TABLES, "/ListTable", TABLE),
        sample(S::OtsV4, "POST", TABLES, "/ListTable", TABLE),
        sample(S::Fc2HmacSha256, "GET", FUNCTIONS, "/2021-04-06/services?limit=1", FUNCTION),
        sample(S::Fc2HttpTrigger, "GET", TRIGGER, "/hello?a=1&a=2", FUNCTION),
        sample(S::Acs3FcTrigger, "GET", TRIGGER, "/hello?a=1", FUNCTION),
        sample(S::MnsHmacSha1, "GET", QUEUES, "/queues/q1/messages?waitseconds=1", OBJECTS),
    ]
}

impl Sample {
    fn is_form(&self) -> bool {
        matches!(self.scheme, Scheme::OssPostV1 | Scheme::OssPostV4)
    }

    fn signed(&self, id: &str, secret: &str, token: Option<&str>) -> Call {
        let (id, secret, nonce) = (id.parse().unwrap(), SecretKey::from(secret), nonce());
        let credentials =
            Credentials { access_key_id: &id, secret: &secret, security_token: token };
        let terms = Terms { nonce: Some(&nonce), ..Terms::new(self.scheme, now()) };
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let host = [("host".to_owned(), self.host.to_owned())];
        let body = if self.is_form() {
            Body::Form(Upload {
                fields: vec![("key".into(), "up/f.txt".into())],
                file_name: "f.txt".into(),
                file: b"hello".as_slice().into(),
            })
        } else {
            Body::Bytes(self.body.as_bytes().into())
        };
        let request = sign::Request {
            method: self.method.into(),
            target: self.target.into(),
            headers: host.into_iter().chain(self.headers.iter().map(own)).collect(),
            body,
        };
        let site = ramgate::signature::Site::new(self.scheme.family());
        let signed = sign::sign(request, &credentials, &terms, &site).unwrap();
        let body = match signed.body {
            Body::Bytes(bytes) => bytes.into_owned(),
            _ => panic!("the signer left the body out"),
        };
        Call { method: self.method.into(), target: signed.target, headers: signed.headers, body }
    }
}

struct World {
    upstream: Upstream,
    gate: Gate,
}

/// A gate in front of everything, for a user who may do what `policy` says.
fn world(policy: &str, route: &str) -> World {
    world_with(policy, route, |_bundle| {})
}

fn world_with(policy: &str, route: &str, change: impl Fn(&Bundle)) -> World {
    let upstream = Upstream::start();
    let bundle = Bundle::example(&upstream);
    for name in ["cs", "ots", "mns", "fc-trigger"] {
        let source = format!("{}/tests/sdk/catalog/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
        std::fs::copy(source, bundle.path(&format!("catalog/{name}.yaml"))).unwrap();
    }
    bundle.change("ramgate.yaml", |text| {
        let (start, _) = text.split_once("routes:").unwrap();
        let products = ["ecs", "oss", "sls", "fc", "cs", "ots", "mns", "fc-trigger"];
        let routes: Vec<String> = products
            .iter()
            .map(|name| {
                let upstream = upstream.address;
                format!("  - {{ name: {name}, products: [{name}], upstream: 'http://{upstream}', region: cn-hangzhou{route} }}")
            })
            .collect();
        let kept = start.lines().filter(|line| !line.contains("organization:"));
        let kept: Vec<&str> = kept.filter(|line| !line.contains("control_policies:")).collect();
        format!("{}\nroutes:\n{}\naudit:\n  file: audit.jsonl\n", kept.join("\n"), routes.join("\n"))
    });
    bundle.write("policies/served.json", policy);
    bundle.change("directory.yaml", |text| {
        text.replace("users:\n", "users:\n  - { name: served, id: '200000000000000077', policies: { custom: [served] } }\n")
            .replace("roles:\n", "roles:\n  - { name: served, id: '300000000000000077', trust: deployer, policies: { custom: [served] } }\n")
    });
    bundle.write(
        "secrets/access-keys.yaml",
        &format!(
            "keys:\n  - {{ id: {KEY}, user: served, secret: '{SECRET}' }}\nsessions:\n  - {{ id: {SESSION}, secret: '{SECRET}', token: '{TOKEN}', role: served, name: served, expires: '2099-01-01T00:00:00Z' }}\n"
        ),
    );
    bundle.write("secrets/ring.json", &tokens::ring_file(now().0 - 60, None));
    bundle.change("ramgate.yaml", |text| {
        text.replace("files:\n", "files:\n  token_ring: secrets/ring.json\n")
    });
    let public = include_str!("support/keys/invented-rsa-public.pem").trim();
    bundle.change("secrets/access-keys.yaml", |text| {
        let lines: String = public.lines().map(|line| format!("      {line}\n")).collect();
        let pair = format!("keys:\n  - id: {PAIR}\n    user: served\n    public_key: |\n{lines}");
        text.replace("keys:\n", &pair)
    });
    change(&bundle);
    let gate = bundle.serve();
    World { upstream, gate }
}

/// A session that an issuer of the ring sealed just now.
fn minted() -> Issued {
    let ring: KeyRing = [tokens::entry(1, now().0 - 60, None)].into_iter().collect();
    ring.seal(&tokens::payload(now().0), None, [3; 24]).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const EVERYTHING: &str =
    r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

#[test]
fn every_scheme_passes_and_leaves_no_credential_behind() {
    let world = world(EVERYTHING, "");
    let minted = minted();
    let minted_secret = String::from_utf8(minted.secret.expose().to_vec()).unwrap();
    for sample in samples() {
        for (id, secret, token) in [
            (KEY, SECRET, None),
            (SESSION, SECRET, Some(TOKEN)),
            (tokens::ID, minted_secret.as_str(), Some(minted.token.as_str())),
        ] {
            world.upstream.forget();
            let call = sample.signed(id, secret, token);
            let answer = call.send(world.gate.data);
            let scheme = sample.scheme.as_str();
            assert_eq!(answer.status(), 200, "{scheme}: {}", answer.text());
            let received = world.upstream.received();
            let [received] = received.as_slice() else { panic!("{scheme}: {received:?}") };
            let principal = received.header("x-ramgate-principal").unwrap();
            assert!(principal.contains("served"), "{scheme}: {principal}");
            let seen = format!("{received:?}{}", String::from_utf8_lossy(&received.body));
            let seen = seen.replace(&format!("\"x-ramgate-access-key-id\", \"{id}\""), "");
            assert!(!seen.contains(id), "{scheme}: {seen}");
            assert!(!seen.contains("CAISserved"), "{scheme}: {seen}");
            assert!(!seen.contains(&minted.token), "{scheme}: {seen}");
            assert!(received.header("authorization").is_none(), "{scheme}");
            assert!(!received.line.to_ascii_lowercase().contains("signature"), "{scheme}");
        }
    }
    let metrics = world.gate.page("/metrics");
    for sample in samples() {
        let line = format!("ramgate_signatures_total{{scheme=\"{}\"}} 3", sample.scheme.as_str());
        assert!(metrics.contains(&line), "{line} in {metrics}");
    }
    let weak = "ramgate_weak_signatures_total{principal=\"acs:ram::1234567890123456:user/served\",scheme=\"OSS-V1\"} 1";
    assert!(metrics.contains(weak), "{metrics}");
}

#[test]
fn every_scheme_refuses_in_the_words_of_its_service() {
    let world = world(EVERYTHING, "");
    for sample in samples() {
        let scheme = sample.scheme.as_str();
        let wrong = sample.signed(KEY, "another secret", None);
        let mut elsewhere = sample.signed(KEY, SECRET, None);
        if sample.is_form() {
            let text = String::from_utf8(elsewhere.body.clone()).unwrap();
            elsewhere.body = text.replace("up/f.txt", "up/g.txt").into_bytes();
        } else {
            elsewhere.method = if elsewhere.method == "POST" { "PUT" } else { "POST" }.into();
            elsewhere.headers.retain(|(name, _)| name != "content-length");
        }
        let token = sample.signed(SESSION, SECRET, Some("CAISanother/0123456789+abcdefghijkl=="));
        for (what, call) in [("secret", wrong), ("request", elsewhere), ("token", token)] {
            world.upstream.forget();
            let answer = call.send(world.gate.data);
            assert!((400..500).contains(&answer.status()), "{scheme} {what}: {}", answer.text());
            assert!(world.upstream.received().is_empty(), "{scheme} {what}");
            let (status, code) = sample.mismatch;
            if what == "secret" {
                assert_eq!(answer.status(), status, "{scheme}: {}", answer.text());
                assert!(answer.text().contains(code), "{scheme}: {}", answer.text());
            }
        }
    }
}

#[test]
fn nonces_count_once_where_there_are_some() {
    let world = world(EVERYTHING, "");
    for sample in samples() {
        let call = sample.signed(KEY, SECRET, None);
        let first = call.send(world.gate.data).status();
        let second = call.send(world.gate.data);
        let has_nonce = matches!(
            sample.scheme,
            Scheme::Acs3HmacSha256
                | Scheme::Acs3HmacSm3
                | Scheme::RpcHmacSha1
                | Scheme::RpcHmacSha256
                | Scheme::RoaHmacSha1
        );
        let expected = if has_nonce { 400..500 } else { 200..201 };
        assert_eq!(first, 200, "{}", sample.scheme.as_str());
        let found = second.status();
        assert!(expected.contains(&found), "{}: {}", sample.scheme.as_str(), second.text());
    }
}

#[test]
fn weak_schemes_can_be_switched_off() {
    let world = world(EVERYTHING, ", weak_schemes: false");
    for sample in samples() {
        let answer = sample.signed(KEY, SECRET, None).send(world.gate.data);
        let passes = !sample.scheme.is_weak();
        assert_eq!(answer.status() == 200, passes, "{}", sample.scheme.as_str());
    }
}

#[test]
fn a_route_can_insist_on_a_signed_host() {
    let world = world(EVERYTHING, ", require_signed_host: true");
    for sample in samples() {
        let answer = sample.signed(KEY, SECRET, None).send(world.gate.data);
        let covers = matches!(
            sample.scheme,
            Scheme::Acs3HmacSha256
                | Scheme::Acs3HmacSm3
                | Scheme::SlsV4
                | Scheme::OtsV2
                | Scheme::OtsV4
        );
        assert_eq!(answer.status() == 200, covers, "{}", sample.scheme.as_str());
    }
}

/// No action covers what the service calls then, so a route can refuse it (decisions, OSS callbacks).
#[test]
fn callbacks_can_be_refused() {
    for (route, status) in [("", 200), (", callbacks: pass", 200), (", callbacks: refuse", 403)] {
        let world = world(EVERYTHING, route);
        let headers = &[("x-oss-callback", "eyJjYWxsYmFja1VybCI6Imh0dHA6Ly9hIn0=")];
        let asking = Sample { headers, ..sample(Scheme::OssV4, "PUT", BUCKET, KEY_PATH, OBJECTS) };
        let answer = asking.signed(KEY, SECRET, None).send(world.gate.data);
        assert_eq!(answer.status(), status, "{route}: {}", answer.text());
        let plain = sample(Scheme::OssV4, "PUT", BUCKET, KEY_PATH, OBJECTS);
        assert_eq!(plain.signed(KEY, SECRET, None).send(world.gate.data).status(), 200, "{route}");
    }
}

/// What a scheme leaves open satisfies no Allow: whoever passed the request on may have written it.
#[test]
fn unsigned_facts_satisfy_no_allow() {
    const BY_PREFIX: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:ListObjects","Resource":"*",
        "Condition":{"StringEquals":{"oss:Prefix":"mine/"}}}]}"#;
    const BY_PROJECT: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"log:ListLogStores",
        "Resource":"acs:log:*:*:project/served/logstore/*"}]}"#;
    const BY_AGENT: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:ListObjects","Resource":"*",
        "Condition":{"StringEquals":{"acs:UserAgent":"curl/8"}}}]}"#;
    let named = |scheme| Sample {
        headers: &[("user-agent", "curl/8")],
        ..sample(scheme, "GET", BUCKET, "/", OBJECTS)
    };
    let list = |scheme| sample(scheme, "GET", BUCKET, "/?prefix=mine/", OBJECTS);
    let logs = |scheme| sample(scheme, "GET", LOGS, "/logstores", LOG);
    for (policy, route, sample, status) in [
        (BY_PREFIX, "", list(Scheme::OssV1), 403),
        (BY_PREFIX, "", list(Scheme::OssV1Presign), 403),
        (BY_PREFIX, "", list(Scheme::OssV4), 200),
        (BY_PREFIX, ", accept_unsigned: [query]", list(Scheme::OssV1), 200),
        (BY_AGENT, "", named(Scheme::OssV4), 403),
        (BY_AGENT, ", accept_unsigned: [headers]", named(Scheme::OssV4), 200),
        (BY_PROJECT, "", logs(Scheme::SlsV1), 403),
        (BY_PROJECT, "", logs(Scheme::SlsV4), 200),
        (BY_PROJECT, ", accept_unsigned: [host]", logs(Scheme::SlsV1), 200),
    ] {
        let world = world(policy, route);
        let answer = sample.signed(KEY, SECRET, None).send(world.gate.data);
        let scheme = sample.scheme.as_str();
        assert_eq!(answer.status(), status, "{scheme}{route}: {}", answer.text());
    }
}

/// An answer of Table Store is verified by its caller, who shares no key with the upstream.
#[test]
fn answers_are_signed_for_callers_that_verify_them() {
    let world = world(EVERYTHING, "");
    let minted = minted();
    let minted_secret = String::from_utf8(minted.secret.expose().to_vec()).unwrap();
    let callers =
        [(KEY, SECRET, None), (tokens::ID, minted_secret.as_str(), Some(minted.token.as_str()))];
    for scheme in [Scheme::OtsV2, Scheme::OtsV4] {
        for (id, secret, token) in callers {
            let call =
                sample(scheme, "POST", TABLES, "/ListTable", TABLE).signed(id, secret, token);
            let answer = call.send(world.gate.data);
            let authorization = answer.header("authorization").unwrap_or_default();
            assert!(authorization.starts_with(&format!("OTS {id}:")), "{}", answer.text());
            for name in ["x-ots-contentmd5", "x-ots-date", "x-ots-requestid"] {
                assert!(answer.header(name).is_some(), "{name}: {}", answer.text());
            }
            if scheme == Scheme::OtsV2 {
                let tag = table_tag(&answer, "/ListTable", secret);
                assert_eq!(authorization, format!("OTS {id}:{tag}"), "{}", answer.text());
            }
        }
    }
}

/// What a client of Table Store computes over the answer with its own secret.
fn table_tag(answer: &Answer, path: &str, secret: &str) -> String {
    let text = answer.text();
    let head = text.split("\r\n\r\n").next().unwrap().to_ascii_lowercase();
    let names = head.lines().filter_map(|line| line.split_once(": ")).map(|(name, _)| name);
    let mut names: Vec<&str> = names.filter(|name| name.starts_with("x-ots-")).collect();
    names.sort_unstable();
    let line = |name: &&str| format!("{name}:{}\n", answer.header(name).unwrap());
    let signed = names.iter().map(line).collect::<String>() + path;
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// ACS3 with a key pair: the gate has the public half and nothing else.
fn with_key_pair(id: &str, action: &str) -> Call {
    let private = include_str!("support/keys/invented-rsa.pem");
    let key = SigningKey::<Sha256>::new(PrivateKey::from_pkcs8_pem(private).unwrap());
    let digest = hex(&Sha256::digest(b""));
    let signed = [
        ("host", ECS.to_owned()),
        ("x-acs-action", action.to_owned()),
        ("x-acs-content-sha256", digest.clone()),
        ("x-acs-date", now().to_string()),
        ("x-acs-signature-nonce", nonce()),
        ("x-acs-version", "2014-05-26".to_owned()),
    ];
    let names = signed.each_ref().map(|(name, _)| *name).join(";");
    let lines: String = signed.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let request = format!("POST\n/\nRegionId=cn-hangzhou\n{lines}\n{names}\n{digest}");
    let text = format!("ACS3-RSA-SHA256\n{}", hex(&Sha256::digest(request)));
    let signature = hex(&key.sign(text.as_bytes()).to_vec());
    let credentials =
        format!("ACS3-RSA-SHA256 Credential={id},SignedHeaders={names},Signature={signature}");
    let own = signed.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    let headers = own.chain([("authorization".to_owned(), credentials)]).collect();
    let target = "/?RegionId=cn-hangzhou".to_owned();
    Call { method: "POST".into(), target, headers, body: Vec::new() }
}

#[test]
fn a_key_pair_is_verified_with_its_public_half() {
    let world = world(EVERYTHING, "");
    let passes = with_key_pair(PAIR, "DescribeRegions");
    assert_eq!(passes.send(world.gate.data).status(), 200);
    let mut changed = with_key_pair(PAIR, "DescribeRegions");
    changed.target = "/?RegionId=cn-beijing".into();
    let of_another_kind = with_key_pair(KEY, "DescribeRegions");
    let mut hmac = samples().remove(0).signed(PAIR, SECRET, None);
    hmac.headers.retain(|(name, _)| name != "connection");
    for call in [changed, of_another_kind, hmac] {
        let answer = call.send(world.gate.data);
        assert_eq!((answer.status(), answer.code().as_str()), OPEN_API, "{}", answer.text());
    }
}
