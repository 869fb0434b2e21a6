//! Canonical text, shared by verification and signing.

use std::borrow::Cow;

use crate::request::{Head, Param};

/// Whether a byte stands for itself in `enc` (SIG-06).
const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~')
}

/// Whether nothing of a text needs an escape. Every byte is looked at, so that they can be looked at together.
fn is_plain(text: &str) -> bool {
    text.bytes().fold(true, |plain, byte| plain & is_unreserved(byte))
}

/// `enc` of SIG-06: unreserved bytes stay, every other byte becomes `%XX` in upper case.
pub(super) fn encode_into(out: &mut String, text: &str) {
    if is_plain(text) {
        return out.push_str(text);
    }
    escape_into(out, text, "%");
}

/// `enc`; what needs no escape is not copied.
pub(super) fn encode(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() * 3);
    encode_into(&mut out, text);
    Cow::Owned(out)
}

/// `enc` of `enc`, in one go: an escape of an escape is `%25XX`.
pub(super) fn encode_twice_into(out: &mut String, text: &str) {
    if is_plain(text) {
        return out.push_str(text);
    }
    escape_into(out, text, "%25");
}

fn escape_into(out: &mut String, text: &str, mark: &str) {
    for byte in text.bytes() {
        if is_unreserved(byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(mark);
            out.push(digit(byte >> 4, b'A'));
            out.push(digit(byte & 0xf, b'A'));
        }
    }
}

/// `encp` of SIG-06: `enc` that keeps slashes.
pub(super) fn encode_path_into(out: &mut String, path: &str) {
    for (index, segment) in path.split('/').enumerate() {
        if index > 0 {
            out.push('/');
        }
        encode_into(out, segment);
    }
}

/// The decoded pair of a parameter.
pub(super) fn pair(param: &Param) -> (&str, &str) {
    (&param.name, &param.value)
}

/// What is written of a parameter without a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EmptyValue {
    /// `name=`
    Equals,
    /// `name`
    Bare,
}

/// `enc(name)=enc(value)`, sorted by encoded name, then value, and joined with `&` (2.5, 5.5).
pub(super) fn sorted_query<'p>(
    pairs: impl Iterator<Item = (&'p str, &'p str)>,
    empty: EmptyValue,
) -> String {
    let mut encoded: Vec<_> = pairs.map(|(name, value)| (encode(name), encode(value))).collect();
    encoded.sort_unstable();
    join(encoded, empty)
}

/// As [`sorted_query`], with the names as they are, or as `write_name` writes them, and in their order (2.5, 6.2).
pub(super) fn sorted_query_raw_names<'p>(
    pairs: impl Iterator<Item = (&'p str, &'p str)>,
    write_name: impl Fn(&'p str) -> Cow<'p, str>,
    empty: EmptyValue,
) -> String {
    let mut sorted: Vec<_> = pairs.collect();
    sorted.sort_unstable();
    join(sorted.into_iter().map(|(name, value)| (write_name(name), encode(value))), empty)
}

/// Decoded `name=value`, sorted by name, then value, and joined with `&` (5.2, 6.1).
pub(super) fn sorted_decoded_query<'p>(
    pairs: impl Iterator<Item = (&'p str, &'p str)>,
    empty: EmptyValue,
) -> String {
    let mut sorted: Vec<_> = pairs.collect();
    sorted.sort_unstable();
    join(sorted, empty)
}

/// Joins pairs with `&` in the order in which they come. A pair without a name leaves its trace: no two lists have one
/// text because of it.
pub(super) fn join<T: AsRef<str>>(
    pairs: impl IntoIterator<Item = (T, T)>,
    empty: EmptyValue,
) -> String {
    let mut out = String::with_capacity(QUERY_BYTES);
    for (index, (name, value)) in pairs.into_iter().enumerate() {
        if index > 0 {
            out.push('&');
        }
        let (name, value) = (name.as_ref(), value.as_ref());
        out.push_str(name);
        if empty == EmptyValue::Equals || name.is_empty() || !value.is_empty() {
            out.push('=');
            out.push_str(value);
        }
    }
    out
}

/// Most queries are shorter.
const QUERY_BYTES: usize = 128;

/// Whether the candidates with unescaped names have one reading: such a name is also the escaped form of another one,
/// or ends where another one begins (SIG-13).
pub(super) fn raw_names_are_plain(head: &Head) -> bool {
    !head.query().iter().any(|param| param.name.contains(['&', '=', '%', '\n']))
}

/// Whether any name needs an escape, so that unescaped names make another text.
pub(super) fn names_need_escapes(head: &Head) -> bool {
    !head.query().iter().all(|param| is_plain(&param.name))
}

/// `name:value` and a line feed for each header.
pub(super) fn push_headers(out: &mut String, headers: &[(&str, &str)]) {
    for (name, value) in headers {
        push_all(out, &[name, ":", value, "\n"]);
    }
}

pub(super) fn push_all(out: &mut String, parts: &[&str]) {
    for part in parts {
        out.push_str(part);
    }
}

/// Most canonical texts of headers are shorter.
pub(super) const HEADERS_BYTES: usize = 512;

/// The path decoded once, where that is a text of its own with one reading (4.3, SIG-13): with a percent sign it is the
/// path of another request as sent, and an escaped slash looks like one that separates.
pub(super) fn decoded_path(head: &Head) -> Option<String> {
    let decoded = head.decoded_path();
    let other = decoded != head.raw_path() && !decoded.contains('%') && !hides_slash(head);
    other.then(|| decoded.into_owned())
}

/// Whether the path has an escaped slash. Decoded it is the path of another resource.
pub(super) fn hides_slash(head: &Head) -> bool {
    let escapes = head.raw_path().as_bytes().windows(3);
    escapes.into_iter().any(|bytes| bytes.eq_ignore_ascii_case(b"%2F"))
}

/// Lower-case hex of a digest.
pub fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        out.push(digit(byte >> 4, b'a'));
        out.push(digit(byte & 0xf, b'a'));
    }
    out
}

/// A hex digit; `ten` is the letter of 10.
fn digit(value: u8, ten: u8) -> char {
    char::from(if value < 10 { b'0' + value } else { ten + value - 10 })
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

#[cfg(test)]
mod tests {
    use super::{EmptyValue, join};

    #[test]
    fn pairs_without_a_name_are_not_lost() {
        for (pairs, bare, equals) in [
            (&[][..], "", ""),
            (&[("", "")], "=", "="),
            (&[("", ""), ("a", "")], "=&a", "=&a="),
            (&[("a", ""), ("b", "1")], "a&b=1", "a=&b=1"),
        ] {
            assert_eq!(join(pairs.iter().copied(), EmptyValue::Bare), bare);
            assert_eq!(join(pairs.iter().copied(), EmptyValue::Equals), equals);
        }
    }
}
