//! Tokens of identity providers, step by step (4.2 of the identities sheet, and item 10 of its checklist), without a gate.
#![expect(clippy::disallowed_types, reason = "tokens that the tests make")]

mod keys;

use ramgate::federation::{
    Algorithm, Fault, Identity, KeySet, KeySource, OidcProvider, TokenError, UnverifiedToken,
};
use ramgate::ident::UnixSeconds;
use serde_json::{Value, json};

use crate::support::ACCOUNT;
use crate::support::jwt::{AUDIENCE, ISSUER, Signer, encode, pod, set, with};

const NOW: i64 = 1_800_000_000;
const HOUR: i64 = 3600;

fn provider() -> OidcProvider {
    OidcProvider {
        account: ACCOUNT.parse().unwrap(),
        name: "ack-rrsa-c0ffee".parse().unwrap(),
        issuer: ISSUER.parse().unwrap(),
        client_ids: vec![AUDIENCE.parse().unwrap(), "second".parse().unwrap()],
        fingerprints: Vec::new(),
        issuance_limit_hours: 12,
        algorithms: vec![Algorithm::Rs256],
        keys: KeySource::Issuer,
    }
}

fn keys(keys: &[Value]) -> KeySet {
    KeySet::parse(set(keys).as_bytes()).unwrap()
}

/// What a provider with the one key `k1` says to a token.
fn verify(token: &str) -> Result<Identity, TokenError> {
    verify_with(token, &provider(), &keys(&[Signer::rsa().named("k1")]))
}

fn verify_with(
    token: &str,
    provider: &OidcProvider,
    keys: &KeySet,
) -> Result<Identity, TokenError> {
    UnverifiedToken::read(token, provider)?.verify(keys, provider, UnixSeconds(NOW))
}

fn claims(changes: &[(&str, Value)]) -> Value {
    with(pod("default", "app", NOW), changes)
}

#[test]
fn a_pod_is_vouched_for() {
    let identity = verify(&Signer::rsa().token(&claims(&[]))).unwrap();
    assert_eq!(&*identity.issuer, ISSUER);
    assert_eq!(&*identity.subject, "system:serviceaccount:default:app");
    assert_eq!((identity.issued.0, identity.expires.0), (NOW, NOW + HOUR));
    // `oidc:aud` is what is registered, whatever else the token is for (2.3).
    let both = claims(&[("aud", json!(["other", AUDIENCE, "third"]))]);
    let identity = verify(&Signer::rsa().token(&both)).unwrap();
    assert_eq!(identity.audiences, ["other", AUDIENCE, "third"].map(Box::from));
    assert_eq!(identity.client_ids, [Box::from(AUDIENCE)]);
}

/// Steps 3 and 6 to 11: the same token with one claim changed.
#[test]
fn one_claim_fails_alone() {
    use TokenError::{Audience, Claims, Expired, IssuedAhead, Issuer, NotYet, Subject, TooOld};
    let (longest, too_long) = ("s".repeat(512), "s".repeat(513));
    let deepest = nested(15);
    let too_deep = nested(16);
    for (step, name, value, expected) in [
        (3, "iss", Value::Null, Err(Issuer)),
        (3, "iss", json!([ISSUER]), Err(Issuer)),
        (3, "iss", json!(format!("{ISSUER}/")), Err(Issuer)),
        (3, "iss", json!(ISSUER.to_uppercase()), Err(Issuer)),
        (3, "iss", json!(format!("{ISSUER}\n")), Err(Issuer)),
        (6, "exp", Value::Null, Err(Expired)),
        (6, "exp", json!(NOW), Err(Expired)),
        (6, "exp", json!(NOW - 1), Err(Expired)),
        (6, "exp", json!(NOW + 1), Ok(())),
        (6, "exp", json!((NOW + 60).to_string()), Err(Expired)),
        (6, "exp", json!(1.9e9), Err(Expired)),
        (6, "exp", json!(u64::MAX), Err(Expired)),
        (7, "iat", Value::Null, Err(IssuedAhead)),
        (7, "iat", json!(NOW + 60), Ok(())),
        (7, "iat", json!(NOW + 61), Err(IssuedAhead)),
        (7, "iat", json!(NOW - 12 * HOUR), Ok(())),
        (7, "iat", json!(NOW - 12 * HOUR - 1), Err(TooOld)),
        (7, "iat", json!(i64::MIN), Err(TooOld)),
        (7, "iat", json!("now"), Err(IssuedAhead)),
        (8, "nbf", Value::Null, Ok(())),
        (8, "nbf", json!(NOW + 60), Ok(())),
        (8, "nbf", json!(NOW + 61), Err(NotYet)),
        (8, "nbf", json!(false), Err(NotYet)),
        (9, "aud", Value::Null, Err(Audience)),
        (9, "aud", json!(AUDIENCE), Ok(())),
        (9, "aud", json!(["other", "second"]), Ok(())),
        (9, "aud", json!([]), Err(Audience)),
        (9, "aud", json!([AUDIENCE, 1]), Err(Audience)),
        (9, "aud", json!({"a": AUDIENCE}), Err(Audience)),
        (9, "aud", json!(["sts.aliyuncs.com "]), Err(Audience)),
        (9, "aud", json!("STS.aliyuncs.com"), Err(Audience)),
        (10, "sub", Value::Null, Err(Subject)),
        (10, "sub", json!(""), Err(Subject)),
        (10, "sub", json!(7), Err(Subject)),
        (10, "sub", json!(longest), Ok(())),
        (10, "sub", json!(too_long), Err(Subject)),
        (10, "sub", json!("a\nb"), Err(Subject)),
        (10, "sub", json!("a\u{85}b"), Err(Subject)),
        (11, "deep", deepest, Ok(())),
        (11, "deep", too_deep, Err(Claims)),
    ] {
        let token = Signer::rsa().token(&claims(&[(name, value.clone())]));
        let found = verify(&token).map(|_identity| ());
        assert_eq!(found, expected, "step {step}: {name} = {value}");
    }
}

fn nested(levels: usize) -> Value {
    (0..levels).fold(json!(1), |inner, _level| json!([inner]))
}

/// Step 11: what a claim says twice, it says in no way at all.
#[test]
fn claims_are_read_in_one_way() {
    let usual = claims(&[]).to_string();
    let twice = usual.replacen('{', r#"{"sub":"system:serviceaccount:kube-system:admin","#, 1);
    let escaped = usual.replacen('{', "{\"\\u0073ub\":\"x\",", 1);
    let inner = usual.replacen("\"namespace\"", "\"node\":1,\"namespace\"", 1);
    for text in [
        twice.as_str(),
        &escaped,
        &inner,
        &format!("[{usual}]"),
        &format!("{usual}{{}}"),
        "\"x\"",
        "{",
    ] {
        let token = Signer::rsa().token_of(r#"{"alg":"RS256","kid":"k1"}"#, text);
        assert_eq!(verify(&token), Err(TokenError::Claims), "{text}");
    }
}

/// Step 2: the header.
#[test]
fn headers() {
    use TokenError::{Algorithm, Critical, Header, NoKey};
    let long = format!(r#"{{"alg":"RS256","kid":"k1","x":"{}"}}"#, "x".repeat(4096));
    for (header, expected) in [
        (r#"{"alg":"RS256","kid":"k1","typ":"JWT"}"#, Ok(())),
        // Keys that a token brings along are not even looked at.
        (r#"{"alg":"RS256","kid":"k1","jku":"https://evil.test","x5c":["x"],"jwk":{}}"#, Ok(())),
        (r#"{"alg":"none","kid":"k1"}"#, Err(Algorithm)),
        (r#"{"alg":"None","kid":"k1"}"#, Err(Algorithm)),
        (r#"{"alg":"rs256","kid":"k1"}"#, Err(Algorithm)),
        (r#"{"alg":"RS384","kid":"k1"}"#, Err(Algorithm)),
        (r#"{"alg":["RS256"],"kid":"k1"}"#, Err(Algorithm)),
        (r#"{"kid":"k1"}"#, Err(Algorithm)),
        (r#"{"alg":"RS256","alg":"none","kid":"k1"}"#, Err(Header)),
        (r#"{"alg":"RS256","kid":"k1","crit":["b64"],"b64":false}"#, Err(Critical)),
        (r#"{"alg":"RS256","kid":"k1","crit":[]}"#, Err(Critical)),
        (r#"{"alg":"RS256","kid":1}"#, Err(Header)),
        (r#"{"alg":"RS256","kid":null}"#, Err(Header)),
        (r#"["RS256"]"#, Err(Header)),
        ("RS256", Err(Header)),
        (r#"{"alg":"RS256","kid":"k2"}"#, Err(NoKey)),
        (r#"{"alg":"RS256","kid":""}"#, Err(NoKey)),
        (&long, Err(TokenError::Length)),
    ] {
        let token = Signer::rsa().token_of(header, &claims(&[]).to_string());
        assert_eq!(verify(&token).map(|_identity| ()), expected, "{header}");
    }
}

/// Step 2: the compact form. There is one text for a token.
#[test]
fn compact_forms() {
    let token = Signer::rsa().token(&claims(&[]));
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else { panic!("{token}") };
    // The last letter of a signature of 256 bytes has four bits that say nothing.
    let other_last = format!("{}{}", &token[..token.len() - 1], next_letter(&token));
    for text in [
        format!("{token}\n"),
        format!(" {token}"),
        format!("{token}="),
        format!("{token}."),
        format!("{token}.{signature}"),
        format!("{header}.{claims}"),
        format!("{header}.{claims}."),
        format!("{header}..{signature}"),
        format!(".{claims}.{signature}"),
        token.replace('.', ""),
        token.replacen('.', "..", 1),
        format!("{header}.{claims}.{}+", &signature[1..]),
        format!("é{token}"),
        other_last,
    ] {
        assert_eq!(verify(&text), Err(TokenError::Encoding), "{text}");
    }
    for length in [0, 3] {
        assert_eq!(verify(&"a".repeat(length)), Err(TokenError::Length));
    }
    assert_eq!(verify(&"a".repeat(20_001)), Err(TokenError::Length));
    let padded = |bytes| Signer::rsa().token(&self::claims(&[("x", json!("x".repeat(bytes)))]));
    assert!(verify(&padded(13_000)).is_ok());
    assert_eq!(verify(&padded(15_000)), Err(TokenError::Length));
}

/// Another last letter that stands for the same byte.
fn next_letter(token: &str) -> char {
    let last = token.chars().last().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let place = alphabet.find(last).unwrap();
    alphabet.chars().nth(place ^ 1).unwrap()
}

/// Step 5, and the ways around it.
#[test]
fn signatures() {
    let (key, other) = (Signer::rsa(), Signer::other_rsa());
    let (header, claims) = (r#"{"alg":"RS256","kid":"k1"}"#, claims(&[]).to_string());
    assert_eq!(verify(&other.token_of(header, &claims)), Err(TokenError::Signature));
    let token = key.token_of(header, &claims);
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let forged = self::claims(&[("sub", json!("system:serviceaccount:kube-system:admin"))]);
    let forged = format!("{}.{}", encode(header.as_bytes()), encode(forged.to_string().as_bytes()));
    assert_eq!(verify(&format!("{forged}.{signature}")), Err(TokenError::Signature));
    for signature in ["AA", &encode(&[0; 256]), &encode(&[0xff; 256]), &signature[..340]] {
        assert_eq!(verify(&format!("{signed}.{signature}")), Err(TokenError::Signature));
    }
    // The old confusion: the public key as the secret of an HMAC.
    let public = include_str!("support/keys/invented-rsa-public.pem");
    for secret in [public, public.trim_end(), &key.jwk().to_string()] {
        let secret = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
        for header in [r#"{"alg":"HS256","kid":"k1"}"#, header] {
            let signed = format!("{}.{}", encode(header.as_bytes()), encode(claims.as_bytes()));
            let tag = ring::hmac::sign(&secret, signed.as_bytes());
            let found = verify(&format!("{signed}.{}", encode(tag.as_ref())));
            let expected = match header {
                h if h.contains("HS256") => TokenError::Algorithm,
                _ => TokenError::Signature,
            };
            assert_eq!(found, Err(expected), "{header}");
        }
    }
}

/// A failure earlier in the list is told before a later one.
#[test]
fn steps_have_an_order() {
    use TokenError::{
        Algorithm, Audience, Expired, IssuedAhead, Issuer, NoKey, NotYet, Signature, Subject,
    };
    let mut broken = claims(&[]);
    let mut told = Vec::new();
    let steps = [
        ("sub", json!("")),
        ("aud", json!("other")),
        ("nbf", json!(NOW + 100)),
        ("iat", json!(NOW + 100)),
        ("exp", json!(NOW)),
    ];
    for (name, value) in steps {
        broken = with(broken, &[(name, value)]);
        told.push(verify(&Signer::rsa().token(&broken)).unwrap_err());
    }
    told.push(verify(&Signer::other_rsa().token(&broken)).unwrap_err());
    let unknown = r#"{"alg":"RS256","kid":"k2"}"#;
    told.push(verify(&Signer::rsa().token_of(unknown, &broken.to_string())).unwrap_err());
    broken = with(broken, &[("iss", json!("https://other.example.test"))]);
    told.push(verify(&Signer::rsa().token_of(unknown, &broken.to_string())).unwrap_err());
    let none = r#"{"alg":"none","kid":"k2"}"#;
    told.push(verify(&Signer::rsa().token_of(none, &broken.to_string())).unwrap_err());
    let expected =
        [Subject, Audience, NotYet, IssuedAhead, Expired, Signature, NoKey, Issuer, Algorithm];
    assert_eq!(told, expected);
}

#[test]
fn what_callers_may_know() {
    for (error, fault) in [
        (TokenError::Claims, Fault::Invalid),
        (TokenError::NoKey, Fault::Invalid),
        (TokenError::TooOld, Fault::Invalid),
        (TokenError::Expired, Fault::Expired),
        (TokenError::Audience, Fault::Audience),
        (TokenError::Issuer, Fault::Issuer),
        (TokenError::NoKeys, Fault::Keys),
        (TokenError::Fingerprint, Fault::Fingerprint),
    ] {
        assert_eq!(error.fault(), fault, "3.7");
    }
}

/// A provider of its own algorithms, limit and audiences.
#[test]
fn registrations_differ() {
    let token = Signer::rsa().token(&claims(&[("iat", json!(NOW - 2 * HOUR))]));
    let keys = keys(&[Signer::rsa().named("k1")]);
    let found = |provider: OidcProvider| verify_with(&token, &provider, &keys).map(|_| ());
    assert_eq!(found(provider()), Ok(()));
    let shorter = OidcProvider { issuance_limit_hours: 1, ..provider() };
    assert_eq!(found(shorter), Err(TokenError::TooOld));
    let nobodys = OidcProvider { client_ids: Vec::new(), ..provider() };
    assert_eq!(found(nobodys), Err(TokenError::Audience), "step 9");
    let elliptic = OidcProvider { algorithms: vec![Algorithm::Es256], ..provider() };
    assert_eq!(found(elliptic), Err(TokenError::Algorithm));
}

/// A token that OpenSSL has signed, so that not one library alone agrees with itself.
#[test]
fn another_implementation_signs_the_same() {
    let token = include_str!("../../fuzz/corpus/oidc_token/pod");
    assert!(verify(token).is_ok());
    let expired = include_str!("../../fuzz/corpus/oidc_token/expired");
    assert_eq!(verify(expired), Err(TokenError::Expired));
}
