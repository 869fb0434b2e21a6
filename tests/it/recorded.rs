//! Recorded requests of real SDKs, signed with a permanent key, through the whole gate at their recorded time; and
//! their neighbours, which differ in one byte.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request};
use ramgate::config::{CodeMerging, Limits, NonceRule, Remember};
use ramgate::gate::{Collected, Facts, Freshness, Gate, Record, Refusal, Rules, Wire};
use ramgate::ident::UnixSeconds;
use ramgate::memory::{ReplayGuard, ReplaySettings, SignedBeforeStart, Throttles};
use ramgate::reload::{self, Loaded};
use ramgate::request::HeadLimits;
use serde::Deserialize;

use crate::support::gate::Bundle;
use crate::support::upstream::Upstream;

#[derive(Clone, Deserialize)]
struct Vector {
    id: String,
    scheme: String,
    access_key_id: String,
    access_key_secret: String,
    security_token: Option<String>,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body_b64: String,
    signed_at: String,
    expect: String,
}

/// Vectors of the served schemes with a permanent key, for hosts of the built-in products.
fn vectors() -> Vec<Vector> {
    let all = include_str!("../vectors/signatures.jsonl").lines();
    let all = all.map(|line| serde_json::from_str::<Vector>(line).unwrap());
    let served = |vector: &Vector| {
        if !["ACS3-HMAC-SHA256", "RPC-HMAC-SHA1"].contains(&vector.scheme.as_str()) {
            return false;
        }
        let host =
            vector.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host")).unwrap();
        ["ecs.cn-hangzhou.aliyuncs.com", "fcv3.cn-hangzhou.aliyuncs.com"].contains(&host.1.as_str())
    };
    all.filter(|vector| {
        vector.expect == "valid" && vector.security_token.is_none() && served(vector)
    })
    .collect()
}

struct Fixture {
    loaded: Loaded,
    rules: Rules,
    _bundle: Bundle,
}

/// A world in which the vectors' key belongs to a user who may do everything.
fn fixture(vector: &Vector) -> Fixture {
    let bundle = Bundle::example(&Upstream::start());
    bundle.change("directory.yaml", |text| {
        text.replace(
            "    groups: [operators]\n",
            "    policies: { system: [AdministratorAccess] }\n",
        )
    });
    bundle.change("ramgate.yaml", |text| {
        text.replace("products: [ecs]", "products: [ecs, fc]")
            .replace("    region: cn-hangzhou", "    region: cn-hangzhou\n    literal_paths: true")
    });
    let key = format!(
        "keys:\n  - {{ id: {}, user: alice, secret: \"{}\" }}\n",
        vector.access_key_id, vector.access_key_secret
    );
    bundle.write("secrets/access-keys.yaml", &key);
    let loaded = reload::load(&bundle.path("ramgate.yaml"), UnixSeconds(0)).unwrap();
    let rules = Rules {
        account: loaded.config.account,
        head: HeadLimits::default(),
        decide_bytes_max: 1 << 20,
        code_merging: CodeMerging::Distinct,
        nonce: NonceRule::Optional,
        remember: Remember::Off,
        routes: loaded.config.routes.clone(),
        sts: None,
    };
    Fixture { loaded, rules, _bundle: bundle }
}

fn judge(fixture: &Fixture, vector: &Vector, body: &[u8]) -> (Result<(), Refusal>, Record) {
    let mut record = Record::default();
    let settings = ReplaySettings {
        signed_before_start: SignedBeforeStart::Accept,
        ..ReplaySettings::default()
    };
    let replay = ReplayGuard::new(&settings, [1; 32], UnixSeconds(0));
    let world = fixture.loaded.current.load();
    let throttles = Throttles::new(&Limits::default().throttles);
    let gate = Gate {
        world: &world,
        replay: &replay,
        throttles: &throttles,
        rules: &fixture.rules,
        freshness: Freshness::Fresh,
    };
    let mut request = Request::builder().method(vector.method.as_str()).uri(vector.target.as_str());
    for (name, value) in &vector.headers {
        let bytes: Vec<u8> = value.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        request
            .headers_mut()
            .unwrap()
            .append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_bytes(&bytes).unwrap());
    }
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let now = UnixSeconds::parse_iso8601(&vector.signed_at).unwrap();
    let facts =
        Facts { peer: IpAddr::from([127, 0, 0, 1]), tls: false, now, request_id: "R".into() };
    let collected = if body.is_empty() {
        Collected::Empty
    } else {
        Collected::Whole(Bytes::copy_from_slice(body))
    };
    let result = gate
        .open(parts, facts, !body.is_empty(), &mut Wire::default(), &mut record)
        .and_then(|opened| {
            let proven =
                gate.complete(opened, collected, now, &mut Wire::default(), &mut record)?;
            gate.decide(proven, now, &mut record).map(|_permitted| ())
        });
    (result, record)
}

#[test]
fn recorded_requests_pass_the_whole_gate() {
    let all = vectors();
    let mut permitted = 0;
    for vector in &all {
        let fixture = fixture(vector);
        let (result, record) = judge(&fixture, vector, &STANDARD.decode(&vector.body_b64).unwrap());
        // Some recordings use invented operations and parameters, which the catalogue may refuse; never the signature.
        assert!(record.principal.is_some(), "{}: {result:?}", vector.id);
        if let Err(refusal) = &result {
            assert!(refusal.word.is_some(), "{}: {refusal:?}", vector.id);
        }
        permitted += usize::from(result.is_ok());
    }
    assert!(all.len() >= 15, "{} recordings", all.len());
    assert!(permitted * 3 >= all.len() * 2, "only {permitted} of {} were permitted", all.len());
}

#[test]
fn one_byte_of_difference_is_refused() {
    for vector in vectors() {
        let fixture = fixture(&vector);
        let body = STANDARD.decode(&vector.body_b64).unwrap();
        let refused = |what: &str, changed: &Vector, body: &[u8]| {
            let (result, record) = judge(&fixture, changed, body);
            assert!(result.is_err(), "{what} of {}", vector.id);
            assert!(record.checks.is_empty(), "{what} of {} reached the policies", vector.id);
        };
        let changed = |change: &dyn Fn(&mut Vector)| {
            let mut copy = vector.clone();
            change(&mut copy);
            copy
        };
        let with = |from: &str| {
            if vector.target.contains('?') {
                format!("{}&{from}", vector.target)
            } else {
                format!("{}?{from}", vector.target)
            }
        };
        refused("query", &changed(&|v| v.target = with("x=1")), &body);
        refused("path", &changed(&|v| v.target = v.target.replacen('/', "/x", 1)), &body);
        refused(
            "method",
            &changed(&|v| v.method = if v.method == "GET" { "POST" } else { "GET" }.into()),
            &body,
        );
        let mut longer = body.clone();
        longer.push(b'x');
        refused("body", &vector, &longer);
        let headers = ["x-acs-date", "x-acs-signature-nonce", "x-acs-version"];
        for name in headers.into_iter().filter(|name| {
            vector.headers.iter().any(|(key, value)| key == name && value != "2014-05-26")
        }) {
            let flip = |v: &mut Vector| {
                let value = &mut v.headers.iter_mut().find(|(key, _)| key == name).unwrap().1;
                let last = if value.ends_with('1') { "2" } else { "1" };
                let at = value.len() - if name == "x-acs-date" { 2 } else { 1 };
                value.replace_range(at..=at, last);
            };
            refused(name, &changed(&flip), &body);
        }
    }
}
