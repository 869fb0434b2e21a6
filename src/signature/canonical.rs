//! Canonical text, shared by verification and signing.

use std::fmt::Write as _;

use crate::request::Head;

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
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 2);
    encode_into(&mut out, text);
    out
}

/// `encp` of SIG-06: `enc` that keeps slashes.
pub(super) fn encode_path(path: &str) -> String {
    path.split('/').map(encode).collect::<Vec<_>>().join("/")
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

/// `enc(name)=enc(value)`, the name alone when the value is empty, sorted by encoded name (5.5).
pub(super) fn bare_query<'p>(pairs: impl Iterator<Item = (&'p str, &'p str)>) -> String {
    let mut encoded: Vec<(String, String)> =
        pairs.map(|(name, value)| (encode(name), encode(value))).collect();
    encoded.sort_unstable();
    join_bare(&encoded)
}

/// As [`bare_query`], with the names as they are (6.2). `None` where a name has two readings (SIG-13).
pub(super) fn bare_query_raw_names<'p>(
    pairs: impl Iterator<Item = (&'p str, &'p str)>,
) -> Option<String> {
    let mut sorted: Vec<(&str, &str)> = pairs.collect();
    sorted.sort_unstable();
    if sorted.iter().any(|(name, _)| name.contains(['&', '=', '%', '\n'])) {
        return None;
    }
    let raw = |(name, value): (&str, &str)| (name.to_owned(), encode(value));
    let pairs: Vec<_> = sorted.into_iter().map(raw).collect();
    Some(join_bare(&pairs))
}

fn join_bare(pairs: &[(String, String)]) -> String {
    let pair = |(name, value): &(String, String)| {
        if value.is_empty() { name.clone() } else { format!("{name}={value}") }
    };
    pairs.iter().map(pair).collect::<Vec<_>>().join("&")
}

/// `name:value` and a line feed for each header.
pub(super) fn header_lines(headers: &[(&str, &str)]) -> String {
    headers.iter().fold(String::new(), |mut out, (name, value)| {
        for part in [name, ":", value, "\n"] {
            out.push_str(part);
        }
        out
    })
}

/// The path as sent, and decoded where that is another text with one reading (4.3, SIG-13).
pub(super) fn wire_and_decoded(head: &Head) -> Vec<String> {
    let mut paths = vec![head.raw_path().to_owned()];
    let decoded = head.decoded_path();
    if decoded != head.raw_path() && !decoded.contains('%') {
        paths.push(decoded.into_owned());
    }
    paths
}

/// Lower-case hex of a digest.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _infallible = write!(out, "{byte:02x}");
        out
    })
}

/// Reads lower-case hex digits; another spelling of the same bytes is refused (SIG-24).
pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    text.as_bytes().chunks(2).map(byte).collect()
}

/// Reads the digest of a hash of 32 bytes.
pub(super) fn unhex_digest(text: &str) -> Option<[u8; 32]> {
    unhex(text)?.try_into().ok()
}
