//! Canonical text, shared by verification and signing.

use std::fmt::Write as _;

/// `enc` of SIG-06: unreserved bytes stay, every other byte becomes `%XX` in upper case.
pub(super) fn encode_into(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _infallible = write!(out, "%{byte:02X}");
        }
    }
}

/// `enc` as a new text.
pub(super) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 2);
    encode_into(&mut out, text);
    out
}

/// `name=value` pairs joined with `&`, encoded and sorted by encoded name, then value.
pub(super) fn sorted_query<'p>(pairs: impl Iterator<Item = (&'p str, &'p str)>) -> String {
    let mut encoded: Vec<(String, String)> =
        pairs.map(|(name, value)| (encode(name), encode(value))).collect();
    encoded.sort_unstable();
    join(&encoded)
}

/// As [`sorted_query`], with the names as they are (2.5, candidates 2 and 3).
pub(super) fn sorted_query_raw_names<'p>(
    pairs: impl Iterator<Item = (&'p str, &'p str)>,
    write_name: impl Fn(&str) -> String,
) -> String {
    let mut sorted: Vec<(&str, &str)> = pairs.collect();
    sorted.sort_unstable();
    let encoded: Vec<_> =
        sorted.into_iter().map(|(name, value)| (write_name(name), encode(value))).collect();
    join(&encoded)
}

fn join(pairs: &[(String, String)]) -> String {
    let mut out = String::new();
    for (name, value) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(name);
        out.push('=');
        out.push_str(value);
    }
    out
}

/// Lower-case hex of a digest.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _infallible = write!(out, "{byte:02x}");
        out
    })
}

/// Reads 64 lower-case hex digits; another spelling of the same digest is refused (SIG-24).
pub(super) fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut digest = [0_u8; 32];
    if text.len() != 64 || !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    for (byte, digits) in digest.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(digest)
}
