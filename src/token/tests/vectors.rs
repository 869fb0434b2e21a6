use super::fixture::{bytes, entry, hex, id, issuer, nonce, now, payload, v1, v2, vectors};
use crate::token::{Payload, access_key_id};

#[test]
fn derived_keys() {
    let derived = entry(None).derived();
    assert_eq!(hex(&*derived.seal), vectors().seal_key);
    assert_eq!(hex(&*derived.secret), vectors().secret_key);
}

#[test]
fn payloads() {
    let expected = bytes(&vectors().payload);
    assert_eq!(payload().encode().unwrap(), expected);
    assert_eq!(Payload::decode(&expected).unwrap(), payload());
}

#[test]
fn tokens() {
    let vectors = vectors();
    assert_eq!(hex(issuer().public().to_text().as_bytes()).len(), 86);
    for (ring, issuer, token) in
        [(v1(), None, &vectors.v1_token), (v2(), Some(issuer()), &vectors.v2_token)]
    {
        let issued = ring.seal(&payload(), issuer.as_ref(), nonce()).unwrap();
        assert_eq!(issued.token, *token);
        assert_eq!(issued.secret.expose(), vectors.secret.as_bytes());
        let opened = ring.open(token, &id(), now()).unwrap();
        assert_eq!(opened.payload, payload());
        assert_eq!(ring.secret(&opened).unwrap().expose(), vectors.secret.as_bytes());
    }
}

#[test]
fn issuer_keys() {
    use base64::Engine as _;
    let text = issuer().public().to_text();
    let public = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap();
    assert_eq!(hex(&public), vectors().issuer_public);
}

/// Five bits of each byte choose a letter, whatever the other three are.
#[test]
fn access_key_ids() {
    let id = |entropy| access_key_id(entropy).unwrap().to_string();
    assert_eq!(id([0; 26]), "STS.RG00000000000000000000000000");
    assert_eq!(id([0xff; 26]), "STS.RGZZZZZZZZZZZZZZZZZZZZZZZZZZ");
    assert_eq!(id([0xe9; 26]), id([9; 26]));
}
