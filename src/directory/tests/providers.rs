//! OIDC providers of a directory, and the files of their keys (4.1).

use super::*;
use crate::federation::{Algorithm, KeySource};

const KEYS: &str =
    r#"{"keys":[{"kty":"RSA","kid":"k1","n":"NNN","e":"AQAB"},{"kty":"oct","k":"AAAA"}]}"#;
const PROVIDERS: &str = "\
oidc_providers:
  - name: ack
    issuer_url: https://oidc.example.test/ack
    client_ids: [sts.aliyuncs.com, other]
    jwks: ack
  - name: github
    issuer_url: https://token.actions.example.test
    client_ids: [sts.aliyuncs.com]
    fingerprints: [0123456789ABCDEF0123456789abcdef01234567]
    issuance_limit_hours: 1
    algorithms: [ES256, PS512]
accounts:
  - id: '2000000000000002'
    oidc_providers:
      - {name: ack, issuer_url: 'https://oidc.example.test/ack', client_ids: [x]}
";

fn jwks() -> JwksBook {
    let modulus = "_".repeat(342) + "w"; // 2056 bits
    let keys = KEYS.replace("NNN", &modulus);
    JwksBook::read(&[JwksFile { name: "jwks/ack.json", text: &keys }])
}

fn read(text: &str, mut jwks: JwksBook) -> (Directory, Vec<Problem>) {
    let (listing, mut problems) = parse("d.yaml", text);
    let (directory, found) = build(&listing, account(OWN), &mut book(), &mut jwks, None);
    problems.extend(found);
    problems.extend(jwks.into_problems());
    (directory, problems)
}

#[test]
fn providers_of_each_account() {
    let (directory, problems) = read(PROVIDERS, jwks());
    assert_eq!(problems.len(), 1, "{problems:#?}");
    check_problem(&problems, Severity::Warning, "/keys/1", "the key is not used");
    let find = |of: &str, name: &str| directory.oidc_provider(account(of), &name.parse().unwrap());
    let ack = find(OWN, "ack").unwrap();
    assert_eq!(ack.arn().to_string(), "acs:ram::1000000000000001:oidc-provider/ack");
    assert_eq!((ack.issuance_limit_hours, &*ack.algorithms), (12, &[Algorithm::Rs256][..]));
    assert!(matches!(&ack.keys, KeySource::Mounted(keys) if keys.len() == 1));
    let github = find(OWN, "github").unwrap();
    assert!(matches!(github.keys, KeySource::Issuer));
    assert_eq!(github.issuance_limit_hours, 1);
    assert_eq!(github.algorithms, [Algorithm::Es256, Algorithm::Ps512]);
    assert_eq!(find(OTHER, "ack").unwrap().account, account(OTHER));
    assert!(find(OWN, "Ack").is_none() && find(OTHER, "github").is_none());
    assert_eq!(directory.oidc_providers().count(), 3);
}

#[test]
fn providers_that_are_refused() {
    let ids = |count: usize| {
        let ids: Vec<String> = (0..count).map(|index| format!("c{index}")).collect();
        format!("[{}]", ids.join(", "))
    };
    let (most, too_many) = (ids(50), ids(51));
    let longest = format!("https://{}", "i".repeat(247));
    let (too_long, id_long) = (format!("{longest}i"), "c".repeat(129));
    let six = ["f"; 6].join(", ");
    let of = |field: &str| format!("oidc_providers[0].{field}");
    for (from, to, field, message) in [
        ("https://oidc.example.test/ack", &*longest, of("issuer_url"), None),
        ("https://oidc.example.test/ack", &*too_long, of("issuer_url"), Some("no issuer URL")),
        (
            "https://oidc.example.test/ack",
            "http://oidc.example.test",
            of("issuer_url"),
            Some("no issuer URL"),
        ),
        ("https://oidc.example.test/ack", "https:///ack", of("issuer_url"), Some("no issuer URL")),
        ("https://oidc.example.test/ack", "https://a@b", of("issuer_url"), Some("no issuer URL")),
        ("https://oidc.example.test/ack", "https://a/?b", of("issuer_url"), Some("no issuer URL")),
        (
            "https://oidc.example.test/ack",
            "'https://a/#b'",
            of("issuer_url"),
            Some("no issuer URL"),
        ),
        (
            "https://oidc.example.test/ack",
            "'https://a/ b'",
            of("issuer_url"),
            Some("no issuer URL"),
        ),
        (
            "    issuer_url: https://oidc.example.test/ack\n",
            "",
            of("issuer_url"),
            Some("is missing"),
        ),
        ("name: ack", "name: -ack", of("name"), Some("no provider name")),
        ("name: ack", "name: 'ack '", of("name"), Some("no provider name")),
        ("name: github", "name: ACK", "oidc_providers[1].name".into(), Some("is taken on line 2")),
        (
            "https://token.actions.example.test",
            "https://oidc.example.test/ack",
            "oidc_providers[1].issuer_url".into(),
            Some("the provider on line 3 too"),
        ),
        ("[sts.aliyuncs.com, other]", &*most, of("client_ids"), None),
        ("[sts.aliyuncs.com, other]", &*too_many, of("client_ids"), Some("at most 50")),
        ("other]", "-x]", of("client_ids[1]"), Some("no client id")),
        ("other]", "a b]", of("client_ids[1]"), Some("no client id")),
        ("other]", &*format!("{id_long}]"), of("client_ids[1]"), Some("no client id")),
        ("jwks: ack", "jwks: ock", of("jwks"), Some("no file of `files.jwks` named `ock`")),
        ("jwks: ack", "jwks: ../ack", of("jwks"), Some("no provider name")),
        ("jwks: ack", "issuance_limit_hours: 0", of("issuance_limit_hours"), Some("out of range")),
        (
            "jwks: ack",
            "issuance_limit_hours: 169",
            of("issuance_limit_hours"),
            Some("out of range"),
        ),
        ("jwks: ack", "issuance_limit_hours: 168", of("issuance_limit_hours"), None),
        ("jwks: ack", "algorithms: [RS256, HS256]", of("algorithms[1]"), Some("none of RS256")),
        ("jwks: ack", "algorithms: [none]", of("algorithms[0]"), Some("none of RS256")),
        ("jwks: ack", "algorithms: []", of("algorithms"), Some("no algorithm")),
        ("jwks: ack", &*format!("fingerprints: [{six}]"), of("fingerprints"), Some("at most 5")),
        ("jwks: ack", "fingerprints: ['a:b']", of("fingerprints[0]"), Some("no fingerprint")),
        ("jwks: ack", "jwk: ack", of("jwk"), Some("unknown field")),
    ] {
        assert!(PROVIDERS.contains(from), "{from}");
        let (_, problems) = read(&PROVIDERS.replacen(from, to, 1), jwks());
        match message {
            Some(message) => check_problem(&problems, Severity::Error, &field, message),
            None => assert_eq!(crate::strict::count_errors(&problems), 0, "{to}: {problems:#?}"),
        }
    }
}

#[test]
fn what_a_person_should_know() {
    let with = |from: &str, to: &str| read(&PROVIDERS.replacen(from, to, 1), jwks()).1;
    let warned = |problems: Vec<Problem>, field: &str, message: &str| {
        check_problem(&problems, Severity::Warning, field, message);
    };
    let field = "oidc_providers[0].client_ids";
    warned(with("    client_ids: [sts.aliyuncs.com, other]\n", ""), field, "accepts no token");
    let twice = with("[sts.aliyuncs.com, other]", "[other, other]");
    warned(twice, "oidc_providers[0].client_ids[1]", "stands twice");
    let short = with("0123456789ABCDEF0123456789abcdef01234567", "0123");
    warned(short, "oidc_providers[1].fingerprints[0]", "never matches");
    warned(with("    jwks: ack\n", ""), "", "no provider uses `ack`");
    // TP-09: another account has a provider of this name, which does not count.
    let role = "roles: [{name: app, id: '50', trust: Pods}]\naccounts:\n";
    let trusting = |name: &str| {
        let text = PROVIDERS.replacen("accounts:\n", role, 1).replacen("name: ack", name, 1);
        read(&text, jwks()).1
    };
    assert_eq!(trusting("name: ack").len(), 1, "only the key that is not used");
    warned(trusting("name: other"), "roles[0].trust", "oidc-provider/ack`, whom the role trusts");
}

#[test]
fn files_of_keys_that_are_refused() {
    for (name, text, line, message) in [
        ("jwks/a.json", "{\"keys\":\n [}", 2, "no keys can be read"),
        ("jwks/a.json", "{\"keys\":[],\n\"keys\":[]}", 2, "stands twice"),
        ("jwks/a.json", "[]", 1, "no JWK set"),
        ("jwks/a b.json", "{\"keys\":[]}", 1, "no provider name"),
    ] {
        let mut book = JwksBook::read(&[JwksFile { name, text }]);
        let _found = book.find(&"a".parse().unwrap());
        let problems = book.into_problems();
        check_problem(&problems, Severity::Error, "", message);
        assert_eq!(problems[0].at.line, line, "{text}");
    }
    let mut empty = JwksBook::read(&[JwksFile { name: "jwks/a.json", text: "{\"keys\":[]}" }]);
    let _found = empty.find(&"a".parse().unwrap());
    check_problem(&empty.into_problems(), Severity::Warning, "/keys", "no key in it can verify");
}
