//! Session tokens against two rings, one for each version. What opens is the one text for what it says: sealing that again
//! gives the same token.

use std::sync::LazyLock;

use ramgate::ident::UnixSeconds;
use ramgate::token::{Fault, IssuerKey, KeyRing, parse};

const RING: &str = r#"{"v": 1, "entries": [{"kid": "a1b2c3d4e5f60718", "account": "1234567890123456",
    "key": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "issuer_pub": null,
    "not_before": 1767200000, "seal_until": 1767286400, "open_until": 1767333200}]}"#;

static ISSUER: LazyLock<IssuerKey> = LazyLock::new(|| {
    let seed = b"ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8";
    IssuerKey::from_text(seed).expect("32 bytes")
});
static V1: LazyLock<KeyRing> = LazyLock::new(|| ring("null"));
static V2: LazyLock<KeyRing> =
    LazyLock::new(|| ring(&format!("\"{}\"", ISSUER.public().to_text())));

fn ring(issuer: &str) -> KeyRing {
    let (entries, problems) = parse("ring.json", &RING.replace("null", issuer));
    assert!(problems.is_empty(), "{problems:?}");
    entries.into_iter().collect()
}

pub fn check(input: &[u8]) {
    let Ok(token) = std::str::from_utf8(input) else { return };
    let now = UnixSeconds(1_767_225_600);
    for (ring, issuer) in [(&*V1, None), (&*V2, Some(&*ISSUER))] {
        match ring.unseal(token, now) {
            Ok(opened) => {
                let nonce = nonce(token).expect("it opened");
                let issued = ring.seal(&opened.payload, issuer, nonce).expect("it opened");
                assert_eq!(issued.token, token);
            }
            Err(error) => assert_eq!(error.fault(), Fault::Malformed, "{error}"),
        }
    }
}

/// Bytes 11 to 34 of what the text stands for.
fn nonce(token: &str) -> Option<[u8; 24]> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'-' => Some(62),
        b'_' => Some(63),
        _ => None,
    };
    let digits: Option<Vec<u8>> = token.bytes().take(48).map(digit).collect();
    let bits = |four: &[u8]| four.iter().fold(0_u32, |bits, it| bits << 6 | u32::from(*it));
    let groups = digits?
        .chunks(4)
        .flat_map(|four| bits(four).to_be_bytes()[1..].to_vec())
        .collect::<Vec<u8>>();
    groups.get(11..35)?.try_into().ok()
}
