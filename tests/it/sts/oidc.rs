//! `AssumeRoleWithOIDC`: pods with a token and no key, in the requests that real clients send (3.4, 3.9, 4.4).

mod refused;

use serde_json::json;

use super::*;
use crate::support::jwt::{AUDIENCE, ISSUER, Signer, pod, set, with};
use crate::support::wait_for;

const SECOND: Duration = Duration::from_secs(1);
const PROVIDER: &str = "ack-rrsa-c0ffee";

/// Roles that the pods of a cluster may become. `app` wants one service account, `team` any of a namespace.
const ROLES_OF_PODS: &str = r"
  - { name: app, id: '300000000000000081', trust: app, max_session_duration: 43200, policies: { custom: [reads, assume] } }
  - { name: team, id: '300000000000000082', trust: team }
  - { name: other-provider, id: '300000000000000083', trust: other-provider }
  - { name: after-app, id: '300000000000000084', trust: after-app, policies: { custom: [reads] } }
";

fn federated(provider: &str, condition: &str) -> String {
    format!(
        r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"Federated":["acs:ram::{ACCOUNT}:oidc-provider/{provider}"]}},"Condition":{condition}}}]}}"#
    )
}

/// An issuer of sessions that knows a cluster, whose keys are in a file.
pub(super) fn bundle_of_pods(upstream: &Upstream) -> Bundle {
    let bundle = bundle(upstream);
    bundle.change("ramgate.yaml", |text| text.replace("files:\n", "files:\n  jwks: jwks\n"));
    std::fs::create_dir(bundle.path("jwks")).unwrap();
    bundle.write("jwks/ack.json", &set(&[Signer::rsa().named("k1")]));
    let equals = format!(
        r#"{{"StringEquals":{{"oidc:iss":"{ISSUER}","oidc:aud":"{AUDIENCE}","oidc:sub":"system:serviceaccount:default:app"}}}}"#
    );
    let alike = r#"{"StringLike":{"oidc:sub":"system:serviceaccount:team:*"}}"#;
    for (name, text) in [
        ("app", federated(PROVIDER, &equals)),
        ("team", federated(PROVIDER, alike)),
        ("other-provider", federated("github", alike)),
        ("after-app", statement(&format!("\"acs:ram::{ACCOUNT}:role/app\""), "")),
    ] {
        bundle.write(&format!("trust-policies/{name}.json"), &text);
    }
    bundle.change("directory.yaml", |text| {
        let text = text.replace("roles:\n", &format!("roles:{ROLES_OF_PODS}"));
        let provider = format!(
            "oidc_providers:\n  - name: {PROVIDER}\n    issuer_url: {ISSUER}\n    \
             client_ids: [{AUDIENCE}]\n    jwks: ack\n"
        );
        text.replacen("users:\n", &format!("{provider}users:\n"), 1)
    });
    bundle
}

pub(super) fn world_of_pods() -> World {
    let upstream = Upstream::start();
    let bundle = bundle_of_pods(&upstream);
    let gate = bundle.serve();
    World { upstream, bundle, gate }
}

/// The token of the pod that may become `app`.
pub(super) fn token() -> String {
    Signer::rsa().token(&pod("default", "app", now()))
}

/// The parameters of a pod, some of them changed; an empty value leaves one out.
pub(super) fn asked(token: &str, changes: &[(&str, &str)]) -> Vec<(String, String)> {
    let usual = [
        ("Action", "AssumeRoleWithOIDC".to_owned()),
        ("Format", "JSON".to_owned()),
        ("Version", "2015-04-01".to_owned()),
        ("DurationSeconds", "3600".to_owned()),
        ("RoleArn", format!("acs:ram::{ACCOUNT}:role/app")),
        ("OIDCProviderArn", format!("acs:ram::{ACCOUNT}:oidc-provider/{PROVIDER}")),
        ("OIDCToken", token.to_owned()),
        ("RoleSessionName", "credentials-python-1795345504".to_owned()),
        ("Timestamp", UnixSeconds(now()).to_string()),
    ];
    let is_changed = |name: &str| changes.iter().any(|(other, _)| *other == name);
    let kept = usual.into_iter().filter(|(name, _)| !is_changed(name));
    let kept = kept.map(|(name, value)| (name.to_owned(), value));
    let changed = changes.iter().filter(|(_, value)| !value.is_empty());
    kept.chain(changed.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).collect()
}

fn encoded(pairs: &[(String, String)]) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let escape = |text: &str| -> String {
        text.bytes()
            .map(|byte| if plain(byte) { char::from(byte).into() } else { format!("%{byte:02X}") })
            .collect()
    };
    let pairs = pairs.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value)));
    pairs.collect::<Vec<String>>().join("&")
}

/// As the Python client asks: GET, everything in the query, no nonce, and the file of the token with its line end.
pub(super) fn get(pairs: &[(String, String)]) -> Call {
    let headers = [
        ("host", STS_HOST),
        ("accept-encoding", "identity"),
        ("user-agent", "AlibabaCloud (linux; x86_64) Python/3.12 Credentials/1.0.3"),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let target = format!("/?{}", encoded(pairs));
    Call { method: "GET".into(), target, headers, body: Vec::new() }
}

/// As the Go client asks: POST, the common parameters in the query, the others in a form.
pub(super) fn post(pairs: &[(String, String)]) -> Call {
    const COMMON: [&str; 4] = ["Action", "Format", "Version", "Timestamp"];
    let (mut query, form): (Vec<_>, Vec<_>) =
        pairs.iter().cloned().partition(|(name, _)| COMMON.contains(&name.as_str()));
    query.push(("SignatureNonce".into(), caller::nonce()));
    let headers = [
        ("host", STS_HOST),
        ("accept-encoding", "gzip"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("user-agent", "AlibabaCloud (linux; amd64) Golang/1.23 Core/1.0"),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let target = format!("/?{}", encoded(&query));
    Call { method: "POST".into(), target, headers, body: encoded(&form).into_bytes() }
}

fn describe(session: &Pair) -> Call {
    session.ecs("DescribeInstances", "RegionId=cn-hangzhou")
}

#[test]
fn a_pod_becomes_a_role_and_acts_as_it() {
    let world = world_of_pods();
    let token = token();
    let answer = get(&asked(&format!("{token}\n"), &[])).send(world.gate.data);
    assert_eq!(answer.status(), 200, "{}", answer.text());
    assert_eq!(answer.header("cache-control").as_deref(), Some("no-store"), "STS-10");
    let body = json(&answer);
    let user = &body["AssumedRoleUser"];
    assert_eq!(user["AssumedRoleId"], "300000000000000081:credentials-python-1795345504", "STS-32");
    let arn = format!("acs:ram::{ACCOUNT}:role/app/credentials-python-1795345504");
    assert_eq!(user["Arn"], arn.as_str());
    assert!(body.get("SourceIdentity").is_none(), "STS-33");
    let info = &body["OIDCTokenInfo"];
    let claims = pod("default", "app", now());
    assert_eq!(info["Subject"], claims["sub"], "STS-30");
    assert_eq!((&info["Issuer"], &info["ClientIds"]), (&json!(ISSUER), &json!(AUDIENCE)));
    assert_eq!(info["VerificationInfo"], "Success");
    let time = |name: &str| UnixSeconds::parse_iso8601(info[name].as_str().unwrap()).unwrap().0;
    assert_eq!(time("ExpirationTime") - time("IssuanceTime"), 3600);
    let session = Pair::issued(&answer);
    assert!(world.upstream.received().is_empty(), "the gate answers itself");
    assert_eq!(world.send(&describe(&session)).0, 200);
    assert_eq!(world.send(&session.ecs("DeleteInstance", "InstanceId=i-1")).0, 403);
    // The record names who called, and never with what (STS-41).
    let line = world.gate.audit_line(&answer.request_id());
    for part in [
        format!("\"principal\":\"acs:ram::{ACCOUNT}:oidc-provider/{PROVIDER}\""),
        "\"principal_type\":\"Federated\"".into(),
        format!("\"issuer\":\"{ISSUER}\",\"subject\":\"system:serviceaccount:default:app\""),
        "\"action\":\"sts:AssumeRole\"".into(),
    ] {
        assert!(line.contains(&part), "{part} in {line}");
    }
    let told = format!("{}{:?}", world.gate.audit(), world.gate.messages());
    let signature = token.rsplit('.').next().unwrap();
    for secret in [signature, session.token.as_deref().unwrap(), &session.secret] {
        assert!(!told.contains(secret));
    }
    // What the provider vouched for is not enough any more when nobody knows the provider (step 12 of 5.6).
    let chained = world.session(&session, "after-app", "");
    assert_eq!(world.send(&describe(&chained)).0, 200);
    world.bundle.change("directory.yaml", |text| text.replace(PROVIDER, "another-name"));
    for session in [&session, &chained] {
        let ended = || world.send(&describe(session)).1 == "InvalidSecurityToken.Expired";
        assert!(wait_for(SECOND, ended), "{:?}", world.send(&describe(session)));
    }
    let gone = world.send(&get(&asked(&token, &[])));
    assert_eq!(gone, (403, "AuthenticationFail.NoPermission".to_owned()));
}

#[test]
fn clients_ask_in_their_ways() {
    let world = world_of_pods();
    let token = token();
    let policy =
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"ecs:Start*","Resource":"*"}]}"#;
    for (rule, changes) in [
        ("3.9", vec![]),
        ("STS-05", vec![("Format", "")]),
        ("3.4", vec![("DurationSeconds", "")]),
        ("STS-21", vec![("DurationSeconds", "43200")]),
        ("ID-14", vec![("RoleArn", "acs:ram::1234567890123456:role/APP")]),
        // STS-04: no signature belongs to the call; what looks like one is not looked at.
        ("STS-04", vec![("AccessKeyId", ALICE_KEY), ("Signature", "x")]),
        ("STS-04", vec![("SignatureMethod", "HMAC-SHA1"), ("SignatureVersion", "9")]),
        ("STS-04", vec![("SecurityToken", "x"), ("BearerToken", "x")]),
        ("STS-33", vec![("SourceIdentity", "Mallory"), ("ExternalId", "x")]),
    ] {
        for call in [get(&asked(&token, &changes)), post(&asked(&token, &changes))] {
            let answer = call.send(world.gate.data);
            assert_eq!(answer.status(), 200, "{rule} {changes:?}: {}", answer.text());
            assert!(json(&answer).get("SourceIdentity").is_none(), "{rule}");
        }
    }
    let header = |name, value| get(&asked(&token, &[])).with(name, value).send(world.gate.data);
    for (name, value) in [
        ("authorization", "ACS3-HMAC-SHA256 Credential=x,SignedHeaders=host,Signature=00"),
        ("authorization", "Bearer x"),
        ("x-acs-action", "AssumeRoleWithOIDC"),
    ] {
        assert_eq!(header(name, value).status(), 200, "STS-04 {name}: {value}");
    }
    // Everything in the form, as some clients do.
    let mut form = post(&asked(&token, &[]));
    form.body = encoded(&asked(&token, &[])).into_bytes();
    form.target = "/".into();
    assert_eq!(form.send(world.gate.data).status(), 200);
    let xml = get(&asked(&token, &[("Format", "XML")])).send(world.gate.data).text();
    assert!(xml.contains("<AssumeRoleWithOIDCResponse><RequestId>"), "STS-31 {xml}");
    for name in ["Subject", "Issuer", "ClientIds", "ExpirationTime", "IssuanceTime"] {
        assert!(xml.contains(&format!("<{name}>")) && !xml.contains("xmlns"), "STS-31 {xml}");
    }
    assert!(xml.contains("<VerificationInfo>Success</VerificationInfo></OIDCTokenInfo>"), "{xml}");
    let bounded = post(&asked(&token, &[("Policy", policy)])).send(world.gate.data);
    assert_eq!(world.send(&describe(&Pair::issued(&bounded))).0, 403, "STS-16");
}

/// STS-07: the Python client sends a token of any size in the query.
#[test]
fn tokens_may_be_long() {
    let world = world_of_pods();
    let long = |bytes: usize| {
        let more = with(pod("default", "app", now()), &[("groups", json!("g".repeat(bytes)))]);
        Signer::rsa().token(&more)
    };
    let most = long(14_000);
    assert!((19_000..=20_000).contains(&most.len()), "{}", most.len());
    for call in [get(&asked(&most, &[])), post(&asked(&most, &[]))] {
        let answer = call.send(world.gate.data);
        assert_eq!(answer.status(), 200, "{}", answer.text());
    }
    let told = world.send(&get(&asked(&long(15_000), &[])));
    assert_eq!(told, (401, "AuthenticationFail.OIDCToken.Invalid".to_owned()));
    let form = post(&asked(&"x".repeat(300_000), &[]));
    assert_eq!(world.send(&form).0, 413, "STS-07");
}

/// Both keys are known for a while, then the old one is not; sessions go on (EF-15).
#[test]
fn an_issuer_rotates_its_key() {
    let world = world_of_pods();
    let old = token();
    let claims = pod("default", "app", now()).to_string();
    let new = Signer::other_rsa().token_of(r#"{"alg":"RS256","kid":"k2"}"#, &claims);
    let told = |token: &str| world.send(&get(&asked(token, &[])));
    let invalid = (401, "AuthenticationFail.OIDCToken.Invalid".to_owned());
    assert_eq!((told(&old).0, told(&new)), (200, invalid.clone()));
    let session = Pair::issued(&get(&asked(&old, &[])).send(world.gate.data));
    let both = set(&[Signer::rsa().named("k1"), Signer::other_rsa().named("k2")]);
    world.bundle.write("jwks/ack.json", &both);
    assert!(wait_for(SECOND, || told(&new).0 == 200));
    assert_eq!(told(&old).0, 200);
    // A file that is no set changes nothing.
    world.bundle.write("jwks/ack.json", "{\"keys\": [");
    let refused = || world.gate.messages().iter().any(|it| it.contains("no keys can be read"));
    assert!(wait_for(Duration::from_secs(3), refused), "{:?}", world.gate.messages());
    assert_eq!((told(&old).0, told(&new).0), (200, 200));
    world.bundle.write("jwks/ack.json", &set(&[Signer::other_rsa().named("k2")]));
    assert!(wait_for(SECOND, || told(&old) == invalid));
    assert_eq!(told(&new).0, 200);
    assert_eq!(world.send(&describe(&session)).0, 200, "EF-15");
}
