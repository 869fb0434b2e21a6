//! The STS API that the gate serves itself: the real binary, real sockets, and sessions that are used afterwards.
#![expect(clippy::disallowed_types, reason = "answers that the gate makes")]

mod effects;
mod explained;
mod fetched_keys;
mod levers;
mod matrix;
mod oidc;
mod people;
mod sessions;
mod throttles;

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use ramgate::ident::UnixSeconds;
use ramgate::signature::Scheme;
use ramgate::strict::{XmlLimits, xml};
use ramgate::token::{IssuerKey, write};
use serde_json::Value;

use crate::support::caller::{self, Answer, Call, acs3_at, sts_rpc};
use crate::support::gate::{ALICE_KEY, BOB_KEY, Bundle, Gate, SECRET};
use crate::support::tokens;
use crate::support::upstream::Upstream;
use crate::support::{ACCOUNT, ECS_HOST};

const STS_HOST: &str = "sts.aliyuncs.com";
const RING: &str = "secrets/ring.json";
const PARTNER: &str = "2000000000000002";
const ROOT_KEY: &str = "LTAI5tRootTestKey000009";
const CAROL_KEY: &str = "LTAI5tCarolTestKey00004";
const DAVE_KEY: &str = "LTAI5tDaveTestKey000005";
/// Of a user who may call instances, and assume roles.
const EVE_KEY: &str = "LTAI5tEveTestKey0000006";
const EVE: &str =
    "  - { name: eve, id: '200000000000000099', policies: { custom: [reads, assume] } }\n";

/// Roles with their trust policies. `alice`, `carol` and the role `reader` may call `sts:AssumeRole`; `bob` and `dave` not.
const ROLES: &str = r"
  - { name: Reader, id: '300000000000000071', trust: any, policies: { custom: [reads, assume] } }
  - { name: closed, id: '300000000000000072', trust: nobody }
  - { name: next, id: '300000000000000073', trust: by-reader, max_session_duration: 43200, policies: { custom: [reads, assume] } }
  - { name: shared, id: '300000000000000074', trust: by-external-id }
  - { name: named, id: '300000000000000075', trust: by-identity }
";

fn statement(principal: &str, condition: &str) -> String {
    format!(
        r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"RAM":[{principal}]}}{condition}}}]}}"#
    )
}

fn issuer() -> IssuerKey {
    IssuerKey::from_seed(&[5; 32])
}

/// The example, which issues sessions; with people of another account.
fn bundle(upstream: &Upstream) -> Bundle {
    let bundle = Bundle::example(upstream);
    bundle.change("ramgate.yaml", |text| {
        let route = "routes:\n  - { name: sts, products: [sts], upstream: local }\n";
        let text = text.replace("files:\n", "files:\n  token_ring: secrets/ring.json\n");
        let text = text.replace("routes:\n", route);
        format!("{text}\nsts: {{ issuer_key: issuer/issuer.key }}\naccess_keys: {{ allow_root: true }}\n")
    });
    std::fs::create_dir(bundle.path("issuer")).unwrap();
    bundle.write("issuer/issuer.key", &issuer().to_text());
    bundle.write(RING, &ring());
    let own = format!("\"acs:ram::{ACCOUNT}:root\"");
    let both = format!("{own},\"acs:ram::{PARTNER}:root\"");
    let reader = format!("\"acs:ram::{ACCOUNT}:role/reader\"");
    let external = r#","Condition":{"StringEquals":{"sts:ExternalId":"x-42"}}"#;
    let identity = r#","Condition":{"StringEquals":{"sts:SourceIdentity":"Alice"}}"#;
    for (name, text) in [
        ("any", statement(&both, "")),
        ("nobody", statement(&format!("\"acs:ram::{ACCOUNT}:user/nobody\""), "")),
        (
            "by-reader",
            statement(
                &format!(
                    "{reader},\"acs:ram::{ACCOUNT}:user/alice\",\"acs:ram::{ACCOUNT}:role/next\""
                ),
                "",
            ),
        ),
        ("by-external-id", statement(&both, external)),
        ("by-identity", statement(&own, identity)),
    ] {
        bundle.write(&format!("trust-policies/{name}.json"), &text);
    }
    let allow = |actions: &str| {
        format!(
            r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":[{actions}],"Resource":"*"}}]}}"#
        )
    };
    bundle.write("policies/reads.json", &allow("\"ecs:Describe*\",\"ecs:StopInstance*\""));
    bundle.write("policies/assume.json", &allow("\"sts:AssumeRole\",\"sts:SetSourceIdentity\""));
    bundle.change("directory.yaml", |text| {
        let alice = "groups: [operators]\n    policies: { custom: [assume] }\n";
        let text = text.replace("groups: [operators]\n", alice);
        let text = text.replace("users:\n", &format!("users:\n{EVE}"));
        let text = text.replace("roles:\n", &format!("roles:{ROLES}"));
        format!(
            "{text}\naccounts:\n  - id: \"{PARTNER}\"\n    users:\n      \
             - {{ name: carol, id: '200000000000000031', policies: {{ custom: [assume] }} }}\n      \
             - {{ name: dave, id: '200000000000000032' }}\n"
        )
    });
    bundle.change("secrets/access-keys.yaml", |text| {
        let of = |key: &str, name: &str| {
            format!(
                "  - {{ id: {key}, account: \"{PARTNER}\", user: {name}, secret: \"{SECRET}\" }}\n"
            )
        };
        let eve = format!("  - {{ id: {EVE_KEY}, user: eve, secret: \"{SECRET}\" }}\n");
        let root = format!("  - {{ id: {ROOT_KEY}, root: true, secret: \"{SECRET}\" }}\n");
        format!("{text}{eve}{}{}{root}", of(CAROL_KEY, "carol"), of(DAVE_KEY, "dave"))
    });
    bundle
}

fn ring() -> String {
    ring_of(1)
}

/// A ring of the key with this number.
fn ring_of(number: u8) -> String {
    write(&[tokens::entry(number, now() - 3600, Some(&issuer()))]).to_string()
}

fn now() -> i64 {
    caller::now().0
}

/// Who signs: a permanent pair, or a session.
#[derive(Clone, Debug)]
struct Pair {
    id: String,
    secret: String,
    token: Option<String>,
}

impl Pair {
    fn of(key: &str) -> Self {
        Self { id: key.into(), secret: SECRET.into(), token: None }
    }

    /// The session in an answer.
    #[track_caller]
    fn issued(answer: &Answer) -> Self {
        let body = json(answer);
        let text = |name: &str| body["Credentials"][name].as_str().unwrap().to_owned();
        Self {
            id: text("AccessKeyId"),
            secret: text("AccessKeySecret"),
            token: Some(text("SecurityToken")),
        }
    }

    fn signed(&self, host: &str, operation: &str, version: &str, query: &str) -> Call {
        let mut headers =
            vec![("host", host), ("x-acs-action", operation), ("x-acs-version", version)];
        headers.extend(self.token.as_deref().map(|token| ("x-acs-security-token", token)));
        let target = format!("/?{query}");
        acs3_at(&self.id, &self.secret, "POST", &target, &headers, b"", UnixSeconds(now()))
    }

    fn ecs(&self, operation: &str, query: &str) -> Call {
        self.signed(ECS_HOST, operation, "2014-05-26", query)
    }

    fn sts(&self, operation: &str, query: &str) -> Call {
        self.signed(STS_HOST, operation, "2015-04-01", query)
    }

    /// Asks for the role of this name, of the account behind the gate.
    fn assume(&self, role: &str, more: &str) -> Call {
        let arn = format!("acs:ram::{ACCOUNT}:role/{role}");
        let arn = arn.replace(':', "%3A").replace('/', "%2F");
        self.sts("AssumeRole", &format!("RoleArn={arn}&RoleSessionName=s1{more}"))
    }
}

struct World {
    upstream: Upstream,
    bundle: Bundle,
    gate: Gate,
}

fn world() -> World {
    let upstream = Upstream::start();
    let bundle = bundle(&upstream);
    let gate = bundle.serve();
    World { upstream, bundle, gate }
}

impl World {
    fn send(&self, call: &Call) -> (u16, String) {
        told(&call.send(self.gate.data))
    }

    #[track_caller]
    fn session(&self, by: &Pair, role: &str, more: &str) -> Pair {
        let answer = by.assume(role, more).send(self.gate.data);
        assert_eq!(answer.status(), 200, "{role} {more}: {}", answer.text());
        Pair::issued(&answer)
    }
}

/// Runs the binary on a bundle: whether it succeeded, and all that it said.
fn command(bundle: &Bundle, name: &str, arguments: &[&str], input: &str) -> (bool, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ramgate"))
        .args([name, "--config"])
        .arg(bundle.path("ramgate.yaml"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _nobody_reads = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.success(), text(&output.stdout) + &text(&output.stderr))
}

/// `ramgate explain` about assuming a role.
#[track_caller]
fn explain(bundle: &Bundle, principal: &str, role: &str, more: &[&str]) -> String {
    let question = ["--principal", principal, "--action", "sts:AssumeRole", "--resource", role];
    let (succeeded, said) = command(bundle, "explain", &[&question, more].concat(), "");
    assert!(succeeded, "{said}");
    said
}

fn told(answer: &Answer) -> (u16, String) {
    (answer.status(), answer.code())
}

#[track_caller]
fn json(answer: &Answer) -> Value {
    let text = answer.text();
    let body = text.split_once("\r\n\r\n").unwrap().1;
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_user_assumes_a_role_and_acts_as_it() {
    let world = world();
    let alice = Pair::of(ALICE_KEY);
    // The names of roles are looked up in any letter case (ID-14).
    let answer = alice.assume("READER", "").send(world.gate.data);
    assert_eq!(answer.status(), 200, "{}", answer.text());
    assert_eq!(answer.header("cache-control").as_deref(), Some("no-store"), "STS-10");
    let body = json(&answer);
    let id = body["RequestId"].as_str().unwrap();
    assert_eq!(answer.request_id(), id);
    assert!(id.len() == 36 && id.to_ascii_uppercase() == id, "STS-09 {id}");
    assert_eq!(body["AssumedRoleUser"]["AssumedRoleId"], "300000000000000071:s1");
    let arn = format!("acs:ram::{ACCOUNT}:role/reader/s1");
    assert_eq!(body["AssumedRoleUser"]["Arn"], arn.as_str());
    let expiration = body["Credentials"]["Expiration"].as_str().unwrap();
    let ends = UnixSeconds::parse_iso8601(expiration).unwrap().0 - now();
    assert!((3590..=3600).contains(&ends) && expiration.len() == 20, "STS-27 {expiration}");
    let session = Pair::issued(&answer);
    assert!(world.upstream.received().is_empty(), "the gate answers itself");
    assert_eq!(world.send(&session.ecs("DescribeInstances", "RegionId=cn-hangzhou")).0, 200);
    let denied = world.send(&session.ecs("DeleteInstance", "InstanceId=i-1"));
    assert_eq!(denied, (403, "NoPermission".to_owned()));
    let received = world.upstream.received();
    let arn = format!("acs:ram::{ACCOUNT}:assumed-role/reader/s1");
    assert_eq!(received[0].header("x-ramgate-principal"), Some(arn.as_str()));
    let line = world.gate.audit_line(id);
    assert!(
        line.contains("\"operation\":\"AssumeRole\"")
            && line.contains("sts:AssumeRole")
            && line.contains(&format!("\"issued\":\"{}\"", session.id)),
        "{line}"
    );
    let audit = format!("{}{:?}", world.gate.audit(), world.gate.messages());
    for secret in [session.token.as_deref().unwrap(), &session.secret, SECRET] {
        assert!(!audit.contains(secret));
    }
    // A policy in the request bounds the session (STS-16).
    let policy = "%7B%22Version%22%3A%221%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22ecs%3ADescribe*%22%2C%22Resource%22%3A%22*%22%7D%5D%7D";
    let bounded = world.session(&alice, "reader", &format!("&Policy={policy}"));
    let stop = |by: &Pair| world.send(&by.ecs("StopInstance", "InstanceId=i-web-1")).0;
    assert_eq!((stop(&session), stop(&bounded)), (200, 403));
    assert_eq!(world.send(&bounded.ecs("DescribeInstances", "RegionId=cn-hangzhou")).0, 200);
    // EF-5
    world.bundle.change("directory.yaml", |text| {
        text.lines().filter(|it| !it.contains("name: Reader")).map(|it| format!("{it}\n")).collect()
    });
    let gone = crate::support::wait_for(Duration::from_secs(1), || {
        let told = world.send(&session.ecs("DescribeInstances", "RegionId=cn-hangzhou"));
        told == (400, "InvalidSecurityToken.Expired".to_owned())
    });
    assert!(gone);
    assert_eq!(world.send(&alice.assume("reader", "")), (404, "EntityNotExist.Role".to_owned()));
}

#[test]
fn who_is_asking() {
    let world = world();
    // It needs no permission (STS-13): bob has none, and root may ask too.
    for (key, kind, arn) in [
        (BOB_KEY, "RAMUser", format!("acs:ram::{ACCOUNT}:user/bob")),
        (DAVE_KEY, "RAMUser", format!("acs:ram::{PARTNER}:user/dave")),
        (ROOT_KEY, "Account", format!("acs:ram::{ACCOUNT}:root")),
    ] {
        let answer = Pair::of(key).sts("GetCallerIdentity", "").send(world.gate.data);
        assert_eq!(answer.status(), 200, "{}", answer.text());
        let body = json(&answer);
        assert_eq!(
            (body["IdentityType"].as_str(), body["Arn"].as_str()),
            (Some(kind), Some(arn.as_str()))
        );
    }
    let session = world.session(&Pair::of(ALICE_KEY), "reader", "");
    let body = json(&session.sts("GetCallerIdentity", "").send(world.gate.data));
    assert_eq!(body["PrincipalId"], "300000000000000071:s1");
    assert_eq!(body["Arn"], format!("acs:ram::{ACCOUNT}:assumed-role/reader/s1").as_str());
    assert!(body.get("UserId").is_none(), "{body}");
    // RPC: JSON unless XML is asked for (STS-05), in answers and in refusals.
    let bob = |parameters: &[(&str, &str)]| {
        let usual = [("Action", "GetCallerIdentity"), ("Version", "2015-04-01")];
        let all: Vec<_> = usual.into_iter().chain(parameters.iter().copied()).collect();
        sts_rpc("GET", BOB_KEY, SECRET, &all).send(world.gate.data)
    };
    assert_eq!(json(&bob(&[]))["UserId"], "200000000000000012");
    let xml = bob(&[("Format", "XML")]).text();
    let body = xml.split_once("\r\n\r\n").unwrap().1;
    let start = "<?xml version='1.0' encoding='UTF-8'?><GetCallerIdentityResponse><IdentityType>";
    assert!(body.starts_with(start) && !body.contains("xmlns"), "{xml}");
    let refused = bob(&[("Format", "YAML")]);
    assert_eq!(told(&refused), (400, "InvalidParameter.Format".to_owned()));
    let wrong = sts_rpc(
        "GET",
        BOB_KEY,
        "another",
        &[("Action", "GetCallerIdentity"), ("Version", "2015-04-01")],
    );
    assert_eq!(json(&wrong.send(world.gate.data))["Code"], "SignatureDoesNotMatch");
}

/// As Go's client sends it: the parameters in a form, which the signature covers.
#[test]
fn a_form_says_the_same() {
    let world = world();
    let arn = format!("acs:ram::{ACCOUNT}:role/reader");
    let parameters = [
        ("Action", "AssumeRole"),
        ("Version", "2015-04-01"),
        ("RoleArn", arn.as_str()),
        ("RoleSessionName", "s1"),
        ("DurationSeconds", "900"),
    ];
    for (method, format, root) in [
        ("POST", "JSON", "{\"RequestId\""),
        ("POST", "XML", "<AssumeRoleResponse>"),
        ("GET", "XML", "<AssumeRoleResponse>"),
    ] {
        let all: Vec<_> = parameters.into_iter().chain([("Format", format)]).collect();
        let answer = sts_rpc(method, ALICE_KEY, SECRET, &all).send(world.gate.data);
        assert!(answer.status() == 200 && answer.text().contains(root), "{}", answer.text());
    }
}

/// Whoever passes a call on could take the policy out of a form that the signature does not cover, or put a role into it.
#[test]
fn a_form_that_nobody_signed_says_nothing() {
    let world = world();
    let arn = format!("acs:ram::{ACCOUNT}:role/reader");
    let call = |form: &str| {
        let headers = [
            ("host", STS_HOST),
            ("x-acs-action", "AssumeRole"),
            ("x-acs-version", "2015-04-01"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let target = format!("/?RoleArn={arn}&RoleSessionName=s1");
        let call = Call { method: "POST".into(), target, headers, body: Vec::new() };
        let signed = caller::signed(&call, Scheme::RoaHmacSha1, ALICE_KEY, SECRET, caller::now());
        world.send(&Call { body: form.as_bytes().to_vec(), ..signed })
    };
    assert_eq!(call("").0, 200);
    for form in ["DurationSeconds=900", "Policy=%7B%7D", "x=y"] {
        assert_eq!(call(form), (400, "IncompleteSignature".to_owned()), "{form}");
    }
}

/// Every answer and refusal in XML is one document without name spaces.
#[test]
fn xml_parses() {
    let world = world();
    let arn = format!("acs:ram::{ACCOUNT}:role/reader");
    let asked = [("RoleArn", arn.as_str()), ("RoleSessionName", "s1"), ("SourceIdentity", "A&B")];
    for (action, key, count, status, root) in [
        ("GetCallerIdentity", ALICE_KEY, 0, 200, "GetCallerIdentityResponse"),
        ("AssumeRole", ALICE_KEY, 2, 200, "AssumeRoleResponse"),
        ("AssumeRole", ALICE_KEY, 1, 400, "Error"),
        ("AssumeRole", ALICE_KEY, 3, 400, "Error"),
        ("AssumeRole", BOB_KEY, 2, 403, "Error"),
        ("GetCallerIdentity", "LTAI-nobody", 0, 404, "Error"),
    ] {
        let common = [("Action", action), ("Version", "2015-04-01"), ("Format", "XML")];
        let all: Vec<_> = common.into_iter().chain(asked.into_iter().take(count)).collect();
        let answer = sts_rpc("POST", key, SECRET, &all).send(world.gate.data);
        let text = answer.text();
        let body = text.split_once("\r\n\r\n").unwrap().1;
        assert!(answer.status() == status && !body.contains("xmlns"), "{action} {key}: {text}");
        let limits = XmlLimits { depth_max: 4, elements_max: 40 };
        let document = xml(body, limits).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert_eq!(&*document.name, root, "{text}");
        assert!(document.elements.iter().any(|it| &*it.name == "RequestId"), "{text}");
    }
}

#[test]
fn what_is_not_served() {
    let world = world();
    let alice = Pair::of(ALICE_KEY);
    let plain = |target: &str| {
        let headers = vec![("host".to_owned(), STS_HOST.to_owned())];
        let call = Call { method: "GET".into(), target: target.into(), headers, body: Vec::new() };
        world.send(&call)
    };
    let saml = plain("/?Action=AssumeRoleWithSAML&Version=2015-04-01&Format=JSON");
    assert_eq!(saml, (400, "InvalidAction.NotFound".to_owned()), "FED-10");
    let anonymous = plain("/?Action=AssumeRole&Version=2015-04-01&RoleArn=x");
    assert_eq!(anonymous.0, 400, "{anonymous:?}");
    let form = acs3_at(
        ALICE_KEY,
        SECRET,
        "POST",
        "/",
        &[
            ("host", STS_HOST),
            ("x-acs-action", "GetCallerIdentity"),
            ("x-acs-version", "2015-04-01"),
            ("content-type", "application/json"),
        ],
        b"{}",
        UnixSeconds(now()),
    );
    assert_eq!(world.send(&form), (400, "InvalidParameter.ContentType".to_owned()), "STS-02");
    let twice = acs3_at(
        ALICE_KEY,
        SECRET,
        "POST",
        "/?RoleArn=acs:ram::1234567890123456:role%2Freader&RoleSessionName=s1",
        &[
            ("host", STS_HOST),
            ("x-acs-action", "AssumeRole"),
            ("x-acs-version", "2015-04-01"),
            ("content-type", "application/x-www-form-urlencoded"),
        ],
        b"RoleSessionName=s2",
        UnixSeconds(now()),
    );
    let told = world.send(&twice);
    assert_eq!(told, (400, "InvalidParameter.RoleSessionName".to_owned()), "STS-01");
    for (more, code) in [
        ("&DurationSeconds=899", "InvalidParameter.DurationSeconds"),
        ("&DurationSeconds=3601", "InvalidParameter.DurationSeconds"),
        ("&Policy=%7B", "InvalidParameter.PolicyGrammar"),
        ("&policy=%7B", "InvalidParameter.Policy"),
        ("&ExternalId=x", "InvalidParameter.ExternalId"),
        ("&TokenCode=123456", "InvalidParameter.TokenCode"),
    ] {
        assert_eq!(world.send(&alice.assume("reader", more)), (400, code.to_owned()), "{more}");
    }
    let wrong = alice.sts("AssumeRole", "RoleArn=reader&RoleSessionName=s1");
    assert_eq!(world.send(&wrong), (400, "InvalidParameter.RoleArn".to_owned()));
    let without = alice.sts("AssumeRole", "RoleSessionName=s1");
    assert_eq!(world.send(&without), (400, "MissingRoleArn".to_owned()));
}

#[test]
fn settings_that_belong_together() {
    let upstream = Upstream::start();
    let complete = bundle(&upstream);
    assert_eq!(complete.run("check").0, Some(0), "{:?}", complete.run("check"));
    for (from, to, expected) in [
        ("\nsts: { issuer_key: issuer/issuer.key }\n", "\n", "nothing here can answer"),
        ("upstream: local", "upstream: http://127.0.0.1:9999", "no route leads to"),
        ("  token_ring: secrets/ring.json\n", "", "sessions need a key ring"),
        (
            "issuer/issuer.key",
            "policies/issuer.key",
            "the issuer's key would be in the folder of `policies`",
        ),
        ("issuer_key: issuer/issuer.key", "max_chained_duration: 10", "issuer_key"),
    ] {
        let bundle = bundle(&upstream);
        bundle.change("ramgate.yaml", |text| text.replace(from, to));
        let (code, out, errors) = bundle.run("check");
        let said = format!("{out}{errors}");
        assert!(code == Some(1) && said.contains(expected), "{expected}: {said}");
    }
    // STS-01: whoever listens beyond this machine is told that it does so in clear.
    let told =
        || complete.run("check").1.contains("secrets of sessions are answered here in clear");
    assert!(!told());
    complete.change("ramgate.yaml", |text| text.replacen("data: 127.0.0.1", "data: 0.0.0.0", 1));
    assert!(told() && complete.run("check").0 == Some(0));
    for seconds in [3599, 43_201] {
        complete.change("directory.yaml", |text| {
            let set = format!("trust: nobody, max_session_duration: {seconds} ");
            text.replace("trust: nobody ", &set)
        });
        let (code, out, errors) = complete.run("check");
        let said = format!("{out}{errors}");
        assert!(code == Some(1) && said.contains("max_session_duration"), "{said}");
        complete.change("directory.yaml", |text| {
            text.replace(&format!(", max_session_duration: {seconds} "), " ")
        });
    }
}
