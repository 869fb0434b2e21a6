//! Keys that an issuer publishes (section 4.3): the gate asks a real server for them, and every safeguard on the way.

use std::slice::from_ref;
use std::thread;
use std::time::Instant;

use serde_json::{Value, json};

use super::*;
use crate::support::issuer::{Certified, Issuer, Page, fingerprints};
use crate::support::jwt::{self, Signer};
use crate::support::wait_for;

/// The issuers of this machine may be asked, by their name.
const BY_NAME: &str = "ca_file: issuer-ca.pem, allow_hosts: [localhost]";
const BROKEN: &str = "AuthenticationFail.OIDCToken.IssuerConfigurationBroken";
const MISMATCH: &str = "AuthenticationFail.OIDCToken.PublicKeyFingerprintMismatch";
const INVALID: &str = "AuthenticationFail.OIDCToken.Invalid";

/// A provider of the directory: its name, its issuer and its fingerprints.
type Provider = (&'static str, String, String);

/// The bundle of the other tests with these providers, which may all assume the role `pods`.
fn federated(upstream: &Upstream, fetch: &str, ca: &str, providers: &[Provider]) -> Bundle {
    let bundle = bundle(upstream);
    bundle.change("ramgate.yaml", |text| {
        let key = "issuer_key: issuer/issuer.key";
        text.replace(key, &format!("{key}, {fetch}"))
    });
    bundle.write("issuer-ca.pem", ca);
    let arn = |(name, ..): &Provider| format!("acs:ram::{ACCOUNT}:oidc-provider/{name}");
    let trust = json!({"Version": "1", "Statement": [{
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Federated": providers.iter().map(arn).collect::<Vec<_>>()},
        "Condition": {"StringEquals": {
            "oidc:aud": jwt::AUDIENCE,
            "oidc:sub": "system:serviceaccount:default:app",
        }},
    }]});
    bundle.write("trust-policies/pods.json", &trust.to_string());
    bundle.change("directory.yaml", |text| {
        let role = "roles:\n  - { name: pods, id: '300000000000000079', trust: pods, policies: { custom: [reads] } }\n";
        let entry = |(name, url, more): &Provider| {
            format!("  - {{ name: {name}, issuer_url: \"{url}\", client_ids: [{}]{more} }}\n", jwt::AUDIENCE)
        };
        let entries: String = providers.iter().map(entry).collect();
        format!("{}\noidc_providers:\n{entries}", text.replace("roles:\n", role))
    });
    bundle
}

fn fetch(settings: &str) -> String {
    format!("fetch_keys: {{ {settings} }}")
}

fn provider(name: &'static str, issuer: &Issuer, fingerprints: &[&str]) -> Provider {
    let more = format!(", fingerprints: [{}]", fingerprints.join(", "));
    (name, issuer.url(name), if fingerprints.is_empty() { String::new() } else { more })
}

fn keys(of: &[&str]) -> String {
    let signer = Signer::rsa();
    jwt::set(&of.iter().map(|id| signer.named(id)).collect::<Vec<Value>>())
}

/// A call with a token that says it is signed with the key `kid` of the issuer.
fn call(provider: &Provider, kid: &str) -> Call {
    let (name, url, _) = provider;
    let claims = jwt::with(jwt::pod("default", "app", now()), &[("iss", json!(url))]);
    let header = json!({"alg": "RS256", "kid": kid}).to_string();
    let token = Signer::rsa().token_of(&header, &claims.to_string());
    let target = format!(
        "/?Action=AssumeRoleWithOIDC&Version=2015-04-01&Format=JSON&RoleSessionName=s1\
         &OIDCProviderArn=acs:ram::{ACCOUNT}:oidc-provider/{name}&RoleArn=acs:ram::{ACCOUNT}:role/pods\
         &OIDCToken={token}"
    );
    let headers = vec![("host".to_owned(), STS_HOST.to_owned())];
    Call { method: "GET".to_owned(), target, headers, body: Vec::new() }
}

#[track_caller]
fn check(gate: &Gate, provider: &Provider, kid: &str, expected: (u16, &str)) {
    let answer = call(provider, kid).send(gate.data);
    let found = told(&answer);
    assert_eq!((found.0, &*found.1), expected, "{kid}: {}\n{:#?}", answer.text(), gate.messages());
}

/// FED-05, FED-08: one fetch for all; an unknown key fetches once and not again; a key that the issuer has withdrawn is gone with it;
/// while the issuer is away its last keys count.
#[test]
fn keys_are_fetched_and_rotated() {
    let upstream = Upstream::start();
    let certified = Certified::new();
    let issuer = Issuer::start(&certified.own, &[&certified.authority]);
    let [of_authority, _] = fingerprints(&certified.authority);
    let [_, of_server] = fingerprints(&certified.own.certificate);
    let good =
        provider("good", &issuer, &["0123456789abcdef0123456789abcdef01234567", &of_authority]);
    let twin = provider("twin", &issuer, &[&of_server]);
    issuer.publish("good", Page::Late(keys(&["k1"])));
    issuer.publish("twin", Page::Json(keys(&["k1"])));
    let bundle =
        federated(&upstream, &fetch(BY_NAME), &certified.authority, &[good.clone(), twin.clone()]);
    let gate = bundle.serve();
    let asked = || issuer.asked("/good/keys");

    // Single flight: all who come meanwhile wait for the same keys.
    thread::scope(|scope| {
        let calls: Vec<_> =
            (0..8).map(|_| scope.spawn(|| call(&good, "k1").send(gate.data))).collect();
        for call in calls {
            assert_eq!(call.join().unwrap().status(), 200, "{:#?}", gate.messages());
        }
    });
    assert_eq!(asked(), 1);
    check(&gate, &twin, "k1", (200, ""));
    check(&gate, &good, "k1", (200, ""));
    assert_eq!(asked(), 1, "ten minutes without another look");

    issuer.publish("good", Page::Json(keys(&["k2"])));
    check(&gate, &good, "k1", (200, "")); // nobody has looked yet
    check(&gate, &good, "k2", (200, ""));
    assert_eq!(asked(), 2, "an unknown key");
    check(&gate, &good, "k1", (401, INVALID));
    check(&gate, &good, "k3", (401, INVALID));
    assert_eq!(asked(), 2, "not again within a minute");

    // The issuer goes away: a search fails, and what was good stays in use.
    issuer.page("/twin/.well-known/openid-configuration", Page::Raw(String::new()));
    check(&gate, &twin, "k9", (401, INVALID));
    check(&gate, &twin, "k1", (200, ""));
    let line = format!("the keys of {} cannot be fetched", twin.1);
    let said = || gate.messages().iter().any(|it| it.contains(&line));
    assert!(wait_for(Duration::from_secs(5), said), "{:#?}", gate.messages());
    let metrics = gate.page("/metrics");
    for expected in [
        "ramgate_oidc_fetches_total{result=\"ok\"} 3",
        "ramgate_oidc_fetches_total{result=\"unreachable\"} 1",
        &format!(
            "ramgate_oidc_keys_age_seconds{{provider=\"acs:ram::{ACCOUNT}:oidc-provider/good\"}} "
        ),
        &format!(
            "ramgate_oidc_keys_age_seconds{{provider=\"acs:ram::{ACCOUNT}:oidc-provider/twin\"}} "
        ),
    ] {
        assert!(metrics.contains(expected), "{expected}\n{metrics}");
    }
}

/// FED-06, FED-07: what is not to be believed leaves the provider without keys, and the log says why.
#[test]
fn every_safeguard() {
    let upstream = Upstream::start();
    let (certified, stranger) = (Certified::new(), Certified::new());
    let issuer = Issuer::start(&certified.own, &[]);
    let beside = Issuer::start(&certified.own, &[&stranger.authority]);
    let untrusted = Issuer::start(&stranger.own, &[]);
    let set = || Page::Json(keys(&["k1"]));
    let raw = |head: &str| Page::Raw(format!("HTTP/1.1 {head}\r\ncontent-length: 0\r\n\r\n"));
    let discovery = |name: &str, told: &str, keys: &str| {
        let page = Page::Json(json!({"issuer": told, "jwks_uri": keys}).to_string());
        issuer.page(&format!("/{name}/.well-known/openid-configuration"), page);
    };
    issuer.publish("good", set());
    let good = format!("{}/keys", issuer.url("good"));
    issuer.page(
        "/redirect/.well-known/openid-configuration",
        raw(&format!("302 Found\r\nlocation: {good}")),
    );
    issuer.publish("moved", raw(&format!("301 Moved Permanently\r\nlocation: {good}")));
    discovery("plain", &issuer.url("plain"), &good.replace("https://", "http://"));
    discovery("other", &issuer.url("good"), &good);
    discovery("inside", &issuer.url("inside"), &good.replace("localhost", "127.0.0.1"));
    issuer.publish("large", Page::Json(format!("{}{}", keys(&["k1"]), " ".repeat(64 * 1024))));
    issuer.publish("endless", Page::Endless);
    let ids: Vec<String> = (0..33).map(|number| format!("k{number}")).collect();
    issuer.publish("many", Page::Json(keys(&ids.iter().map(String::as_str).collect::<Vec<_>>())));
    issuer.publish("packed", raw("200 OK\r\ncontent-encoding: gzip"));
    issuer.publish("text", Page::Json("<html>".to_owned()));
    issuer.publish("slow", Page::Silent);
    for name in ["pinned", "short"] {
        issuer.publish(name, set());
    }
    beside.publish("beside", set());
    untrusted.publish("untrusted", set());
    let [other, _] = fingerprints(&stranger.authority);
    let down = ("down", "https://localhost:1/down".to_owned(), String::new());
    let cases = [
        (provider("redirect", &issuer, &[]), BROKEN, "answered with status 302"),
        (provider("moved", &issuer, &[]), BROKEN, "answered with status 301"),
        (provider("plain", &issuer, &[]), BROKEN, "`jwks_uri` is no `https` address"),
        (provider("other", &issuer, &[]), BROKEN, "the discovery document is of another issuer"),
        (provider("inside", &issuer, &[]), BROKEN, "`127.0.0.1` is a loopback address"),
        (provider("large", &issuer, &[]), BROKEN, "more than 64 KiB"),
        (provider("endless", &issuer, &[]), BROKEN, "more than 64 KiB"),
        (provider("many", &issuer, &[]), BROKEN, "more than 32 keys"),
        (provider("packed", &issuer, &[]), BROKEN, "a document that is compressed"),
        (provider("text", &issuer, &[]), BROKEN, "the keys"),
        (provider("slow", &issuer, &[]), BROKEN, "it took too long"),
        (provider("untrusted", &untrusted, &[]), BROKEN, "no encrypted connection"),
        (down, BROKEN, "`localhost` cannot be reached"),
        (provider("pinned", &issuer, &[&other]), MISMATCH, "shows no certificate"),
        (provider("short", &issuer, &["abc"]), MISMATCH, "shows no certificate"),
        // It lies beside the certificates that lead to the server's, and proves nothing.
        (provider("beside", &beside, &[&other]), MISMATCH, "shows no certificate"),
    ];
    let good = provider("good", &issuer, &[]);
    let providers: Vec<_> = cases.iter().map(|it| it.0.clone()).chain([good.clone()]).collect();
    let bundle = federated(&upstream, &fetch(BY_NAME), &certified.authority, &providers);
    let gate = bundle.serve();
    thread::scope(|scope| {
        for (provider, code, line) in &cases {
            let (gate, issuer) = (&gate, &issuer);
            scope.spawn(move || {
                let started = Instant::now();
                check(gate, provider, "k1", (401, code));
                assert!(started.elapsed() < Duration::from_secs(11), "{}", provider.0);
                let told = format!("the keys of {} cannot be fetched: ", provider.1);
                let says = |it: &String| it.contains(&told) && it.contains(line);
                let said = || gate.messages().iter().any(says);
                assert!(wait_for(Duration::from_secs(5), said), "{line}: {:#?}", gate.messages());
                // A failure is remembered: strangers cannot make the gate hammer an issuer.
                let path = format!("/{}/.well-known/openid-configuration", provider.0);
                let before = issuer.asked(&path);
                check(gate, provider, "k2", (401, code));
                assert_eq!(issuer.asked(&path), before, "{}", provider.0);
            });
        }
        // The worker serves others meanwhile.
        check(&gate, &good, "k1", (200, ""));
    });
    let answer = call(&cases[0].0, "k1").send(gate.data).text();
    assert!(answer.contains("Get public keys from OIDC Provider failed"), "{answer}");
}

/// Only an issuer that is told to fetches, and not from inside unless that is allowed.
#[test]
fn nothing_is_fetched_without_being_allowed() {
    let upstream = Upstream::start();
    let certified = Certified::new();
    let issuer = Issuer::start(&certified.own, &[]);
    issuer.publish("good", Page::Json(keys(&["k1"])));
    let good = provider("good", &issuer, &[]);
    for (settings, expected, fetches) in [
        ("max_chained_duration: 3600".to_owned(), (401, BROKEN), 0),
        (fetch("ca_file: issuer-ca.pem"), (401, BROKEN), 0),
        (fetch("ca_file: issuer-ca.pem, allow_networks: [10.0.0.0/8]"), (401, BROKEN), 0),
        (fetch("ca_file: issuer-ca.pem, allow_networks: [127.0.0.0/8]"), (200, ""), 1),
    ] {
        let bundle = federated(&upstream, &settings, &certified.authority, from_ref(&good));
        let warned = bundle.run("check").1.contains("nobody has the keys of acs:ram:");
        assert_eq!(warned, !settings.contains("fetch_keys"), "{settings}");
        let gate = bundle.serve();
        check(&gate, &good, "k1", expected);
        assert_eq!(issuer.asked("/good/keys"), fetches, "{settings}");
    }
}
