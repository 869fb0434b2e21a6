//! Which key of a set verifies which token (4.2, step 4; 4.3).

use ramgate::federation::{KEYS_MAX, KeySetError, SET_BYTES_MAX, Unusable};

use super::*;

const NAMED: &str = r#"{"alg":"RS256","kid":"k1"}"#;
const NAMELESS: &str = r#"{"alg":"RS256"}"#;

/// What a set makes of a token of the first key with this header.
fn found(header: &str, set: &[Value]) -> Result<(), TokenError> {
    let token = Signer::rsa().token_of(header, &claims(&[]).to_string());
    verify_with(&token, &provider(), &keys(set)).map(|_identity| ())
}

#[test]
fn one_key_fits() {
    let (key, other) = (Signer::rsa(), Signer::other_rsa());
    let (ours, theirs) = (key.named("k1"), other.named("k2"));
    let changed = |changes: &[(&str, Value)]| with(ours.clone(), changes);
    let no_key = Err(TokenError::NoKey);
    for (header, set, expected) in [
        (NAMED, vec![theirs.clone(), ours.clone()], Ok(())),
        (NAMED, vec![theirs.clone()], no_key),
        (NAMED, vec![], no_key),
        (NAMED, vec![key.jwk()], no_key),
        // Two of one name are none, even if only one has signed.
        (NAMED, vec![ours.clone(), other.named("k1")], no_key),
        (NAMED, vec![ours.clone(), ours.clone()], no_key),
        // But for keys that could not have signed it.
        (NAMED, vec![ours.clone(), Signer::p256().named("k1")], Ok(())),
        (NAMELESS, vec![ours.clone()], Ok(())),
        (NAMELESS, vec![key.jwk()], Ok(())),
        (NAMELESS, vec![ours.clone(), theirs.clone()], no_key),
        (NAMELESS, vec![ours.clone(), Signer::p256().jwk()], Ok(())),
        (NAMED, vec![changed(&[("use", json!("sig"))])], Ok(())),
        (NAMED, vec![changed(&[("use", json!("enc"))])], no_key),
        (NAMED, vec![changed(&[("key_ops", json!(["verify"]))])], Ok(())),
        (NAMED, vec![changed(&[("key_ops", json!(["encrypt"]))])], no_key),
        (NAMED, vec![changed(&[("alg", json!("RS256"))])], Ok(())),
        (NAMED, vec![changed(&[("alg", json!("RS512"))])], no_key),
        (NAMED, vec![changed(&[("alg", json!("RSA-OAEP"))])], no_key),
        (NAMED, vec![changed(&[("kid", json!("K1"))])], no_key),
    ] {
        assert_eq!(found(header, &set), expected, "{header} {set:?}");
    }
}

#[test]
fn every_algorithm_verifies_its_own() {
    let (rsa, p256, p384) = (Signer::rsa(), Signer::p256(), Signer::p384());
    let set = keys(&[rsa.named("rsa"), p256.named("p256"), p384.named("p384")]);
    let all = OidcProvider { algorithms: Algorithm::ALL.to_vec(), ..provider() };
    for algorithm in Algorithm::ALL {
        for (id, signer) in [("rsa", &rsa), ("p256", &p256), ("p384", &p384)] {
            let header = format!(r#"{{"alg":"{algorithm}","kid":"{id}"}}"#);
            let token = signer.token_of(&header, &claims(&[]).to_string());
            let fits = match algorithm.as_str() {
                "ES256" => id == "p256",
                "ES384" => id == "p384",
                _ => id == "rsa",
            };
            let expected = if fits { Ok(()) } else { Err(TokenError::NoKey) };
            assert_eq!(verify_with(&token, &all, &set).map(|_| ()), expected, "{header}");
        }
        // A signature of one algorithm is none of another.
        let other = if algorithm == Algorithm::Rs256 { "PS256" } else { "RS256" };
        let token = rsa.token_of(&format!(r#"{{"alg":"{other}"}}"#), &claims(&[]).to_string());
        let claimed = encode(format!(r#"{{"alg":"{algorithm}"}}"#).as_bytes());
        let (_, rest) = token.split_once('.').unwrap();
        let forged = verify_with(&format!("{claimed}.{rest}"), &all, &set);
        assert_eq!(forged.err(), Some(TokenError::Signature), "{algorithm}");
    }
}

#[test]
fn keys_that_are_not_used() {
    let (key, curve) = (Signer::rsa().named("k1"), Signer::p256().jwk());
    let n = |bytes: usize| json!(encode(&vec![0xff; bytes]));
    let changed = |name: &str, value: Value| with(key.clone(), &[(name, value)]);
    let point = |name: &str, value: Value| with(curve.clone(), &[(name, value)]);
    let padded = format!("{}==", key["n"].as_str().unwrap());
    let zeros = encode(&[&[0_u8][..], &[0xff; 256]].concat());
    for (reason, entry) in [
        (Unusable::Form, json!("key")),
        (Unusable::Form, changed("kty", Value::Null)),
        (Unusable::Form, changed("kty", json!(1))),
        (Unusable::Form, changed("kid", json!(1))),
        (Unusable::Form, changed("use", json!(1))),
        (Unusable::Form, changed("key_ops", json!("verify"))),
        (Unusable::Form, changed("n", Value::Null)),
        (Unusable::Form, point("crv", Value::Null)),
        (Unusable::Kind, changed("kty", json!("rsa"))),
        (Unusable::Kind, changed("kty", json!("OKP"))),
        (Unusable::Kind, point("crv", json!("secp256k1"))),
        (Unusable::Secret, changed("d", json!("AQ"))),
        (Unusable::Secret, json!({"kty": "oct", "k": "AAAA"})),
        (Unusable::Purpose, changed("use", json!("enc"))),
        (Unusable::Purpose, changed("key_ops", json!([]))),
        (Unusable::Algorithm, changed("alg", json!("HS256"))),
        (Unusable::Algorithm, changed("alg", json!("none"))),
        (Unusable::Algorithm, changed("alg", json!("ES256"))),
        (Unusable::Length, changed("n", n(255))),
        (Unusable::Length, changed("n", n(1025))),
        (Unusable::Encoding, changed("n", json!(padded))),
        (Unusable::Encoding, changed("n", json!(zeros))),
        (Unusable::Encoding, changed("n", json!(""))),
        (Unusable::Exponent, changed("e", json!("AQ"))), // 1
        (Unusable::Exponent, changed("e", json!("Ag"))), // 2
        (Unusable::Exponent, changed("e", json!("AQAA"))), // 65536
        (Unusable::Exponent, changed("e", json!("____________"))),
        (Unusable::Encoding, changed("e", json!("AAM"))),
        (Unusable::Encoding, point("x", json!("AAAA"))),
        (Unusable::Encoding, point("crv", json!("P-384"))),
    ] {
        let set = keys(&[entry.clone(), key.clone()]);
        assert_eq!(set.unusable(), [(0, reason)], "{entry}");
        assert_eq!(set.len(), 1, "the rest of the set is used");
    }
    for (bytes, usable) in [(256, true), (1024, true)] {
        assert_eq!(keys(&[changed("n", n(bytes))]).len() == 1, usable, "{bytes} bytes");
    }
    // A point that is on no curve verifies nothing, and harms nothing.
    let set = keys(&[point("y", json!(encode(&[1; 32])))]);
    let elliptic = OidcProvider { algorithms: vec![Algorithm::Es256], ..provider() };
    let token = Signer::p256().token_of(r#"{"alg":"ES256"}"#, &claims(&[]).to_string());
    assert_eq!(verify_with(&token, &elliptic, &set), Err(TokenError::Signature));
}

#[test]
fn sets_that_are_none() {
    let parse = |text: &str| KeySet::parse(text.as_bytes());
    let many = |count: usize| set(&vec![json!({}); count]);
    assert_eq!(parse(&many(KEYS_MAX)).unwrap().unusable().len(), KEYS_MAX);
    assert_eq!(parse(&many(KEYS_MAX + 1)), Err(KeySetError::Count));
    let long = format!("{}{}", set(&[]), " ".repeat(SET_BYTES_MAX));
    assert_eq!(parse(&long[..SET_BYTES_MAX]), Ok(KeySet::default()));
    assert_eq!(parse(&long), Err(KeySetError::Length));
    assert_eq!(KeySet::parse(b"{\"keys\":[]}\xff"), Err(KeySetError::Text));
    for text in ["[]", "{}", "{\"keys\":{}}", "{\"keys\":null}", "null", "\"keys\""] {
        assert_eq!(parse(text), Err(KeySetError::Shape), "{text}");
    }
    let deep = format!("{{\"keys\":[],\"x\":{}1{}}}", "[".repeat(20), "]".repeat(20));
    for text in ["", "{", "{\"keys\":[],\"keys\":[]}", "{\"keys\":[{\"kty\":1,\"kty\":2}]}", &deep]
    {
        assert!(matches!(parse(text), Err(KeySetError::Json(_))), "{text}");
    }
}
