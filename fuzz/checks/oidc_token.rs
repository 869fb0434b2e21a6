//! Tokens of an identity provider against a provider and its key, at one moment. Nobody but the owner of the key can make one
//! that is taken, so whatever is taken says what a naive reader finds in it.
#![expect(clippy::disallowed_types, reason = "the naive reader is not the one that is checked")]

use std::sync::LazyLock;

use ramgate::federation::{
    Algorithm, Fault, KeySet, KeySource, OidcProvider, TokenError, UnverifiedToken,
};
use ramgate::ident::UnixSeconds;
use serde_json::Value;

/// The public half of the pair that the tests of this repository sign with.
const KEYS: &str = include_str!("oidc_token.jwks.json");
const NOW: UnixSeconds = UnixSeconds(1_800_000_000);

static SET: LazyLock<KeySet> =
    LazyLock::new(|| KeySet::parse(KEYS.as_bytes()).expect("a set of one key"));
static PROVIDER: LazyLock<OidcProvider> = LazyLock::new(|| OidcProvider {
    account: "1234567890123456".parse().expect("an account id"),
    name: "ack".parse().expect("a name"),
    issuer: "https://oidc-ack-cn-hangzhou.example.test/c0ffee".parse().expect("a URL"),
    client_ids: vec!["sts.aliyuncs.com".parse().expect("a client id")],
    fingerprints: Vec::new(),
    issuance_limit_hours: 12,
    algorithms: Algorithm::ALL.to_vec(),
    keys: KeySource::Issuer,
});

pub fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let token = match UnverifiedToken::read(text, &PROVIDER) {
        Ok(token) => token,
        Err(error) => {
            assert!([Fault::Invalid, Fault::Issuer].contains(&error.fault()), "{error}");
            return;
        }
    };
    // A set without keys takes nothing.
    let nobody = token.verify(&KeySet::default(), &PROVIDER, NOW);
    assert_eq!(nobody, Err(TokenError::NoKey));
    let Ok(identity) = token.verify(&SET, &PROVIDER, NOW) else { return };
    let claims = text.split('.').nth(1).and_then(decoded).expect("it was read");
    let claims: Value = serde_json::from_slice(&claims).expect("it was read");
    assert_eq!(claims["sub"], *identity.subject);
    assert_eq!(claims["iss"], *PROVIDER.issuer.as_str());
    assert_eq!(claims["exp"], identity.expires.0);
    assert!(identity.expires > NOW && claims["aud"].to_string().contains("sts.aliyuncs.com"));
    // One text for one token.
    assert!(UnverifiedToken::read(&format!("{text}="), &PROVIDER).is_err());
}

/// The bytes that a text of base64url stands for.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bits = Vec::new();
    for byte in text.bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        bits.extend((0..6).rev().map(|bit| digit >> bit & 1));
    }
    let byte = |bits: &[u8]| bits.iter().fold(0, |byte, bit| byte << 1 | bit);
    Some(bits.chunks_exact(8).map(byte).collect())
}
