//! Payloads of session tokens: bytes are refused, or are the one way to write what they say.

use ramgate::token::Payload;

pub fn check(input: &[u8]) {
    if let Ok(payload) = Payload::decode(input) {
        assert_eq!(payload.encode().as_deref(), Ok(input), "{payload:?}");
    }
}
