//! Where a request carries its signature, as text: for reading it in another spelling than the scheme's.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::cases::Recorded;

use super::rewrite::{header, parameter, with_header, with_parameter};

/// Headers that hold a signature and nothing else.
const HEADERS: [&str; 2] = ["x-ots-signature", "x-ots-signaturev4"];
/// Parameters that do.
const PARAMETERS: [&str; 2] = ["Signature", "x-oss-signature"];

/// The signature as it was sent.
pub(super) fn find(request: &Recorded) -> Option<String> {
    if let Some(value) = header(request, "authorization") {
        return in_authorization(value).map(|(_, signature, _)| signature.to_owned());
    }
    let header = HEADERS.iter().find_map(|name| header(request, name)).map(str::to_owned);
    header.or_else(|| {
        let mut values = PARAMETERS.iter().filter_map(|name| parameter(request, name));
        values.next().map(|(_, value)| value.into_owned())
    })
}

/// The request with another signature.
pub(super) fn with(request: &Recorded, signature: &str) -> Option<Recorded> {
    if let Some(value) = header(request, "authorization") {
        let (before, _, after) = in_authorization(value)?;
        let value = format!("{before}{signature}{after}");
        return Some(with_header(request, "authorization", &value));
    }
    if let Some(name) = HEADERS.iter().find(|name| header(request, name).is_some()) {
        return Some(with_header(request, name, signature));
    }
    let value = crate::signature::encode(signature);
    PARAMETERS.iter().find_map(|name| with_parameter(request, name, &value))
}

/// Signatures of the right form for every scheme, one of which is of the right length.
pub(super) fn blanks() -> impl Iterator<Item = &'static str> {
    const BLANKS: [&str; 3] = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    ];
    BLANKS.into_iter()
}

/// The bytes of the signature, in whichever spelling.
pub(super) fn bytes(request: &Recorded) -> Option<Vec<u8>> {
    let text = find(request)?;
    from_hex(&text).or_else(|| STANDARD.decode(&text).ok())
}

/// Reads hex digits of either case.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|value| u8::try_from(value).ok()))
        .collect();
    let pairs = digits.filter(|digits| digits.len() % 2 == 0 && !digits.is_empty())?;
    pairs.chunks(2).map(|pair| if let [a, b] = pair { Some(a << 4 | b) } else { None }).collect()
}

/// How many bytes of a body are parsed for the signature: those of forms.
pub(super) fn form_bytes(request: &Recorded) -> usize {
    let kind = header(request, "content-type").unwrap_or_default().to_ascii_lowercase();
    let parsed = kind.contains("form");
    if parsed { request.body.len() } else { 0 }
}

/// What stands before the signature, the signature, and what stands behind it.
fn in_authorization(value: &str) -> Option<(&str, &str, &str)> {
    for mark in ["Signature=", "Signature:"] {
        if let Some(at) = value.find(mark) {
            let (before, rest) = value.split_at_checked(at + mark.len())?;
            let end = rest.find(',').unwrap_or(rest.len());
            let (signature, after) = rest.split_at_checked(end)?;
            return Some((before, signature, after));
        }
    }
    let at = value.rfind(':')?;
    let (before, signature) = value.split_at_checked(at + 1)?;
    Some((before, signature, ""))
}
