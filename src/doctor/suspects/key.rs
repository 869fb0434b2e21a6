//! The wrong key, or the right one used in another way.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use crate::ident::SecretKey;
use crate::request::percent_decode;
use crate::signature::{Family, Scheme, encode, hex};

use super::super::{shown, signature_text};
use super::{Candidate, How, Scene};

/// The signature in the other alphabet, in the other case, escaped, without padding.
pub(super) fn spelling(scene: &Scene<'_>) -> Vec<Candidate> {
    let Some(sent) = signature_text::find(scene.request) else { return Vec::new() };
    let unescaped = percent_decode(&sent).map(Cow::into_owned);
    let base64 = [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD];
    let unspaced = sent.replace(' ', "+");
    let bytes = base64.iter().find_map(|engine| engine.decode(&unspaced).ok());
    let all = [
        ("the signature is in upper-case hex digits", Some(sent.to_ascii_lowercase())),
        (
            "the signature is in hex digits, and the scheme writes base64",
            signature_text::from_hex(&sent).map(|b| STANDARD.encode(b)),
        ),
        ("the signature is percent-encoded once more than it should be", unescaped),
        (
            "the signature has blanks where it had `+`: it was put into a URL without percent-encoding",
            Some(unspaced.clone()),
        ),
        (
            "the signature is in base64, and the scheme writes lower-case hex digits",
            bytes.as_ref().map(|b| hex(b)),
        ),
        (
            "the signature is in another base64 than the padded standard one",
            bytes.map(|b| STANDARD.encode(b)),
        ),
        (
            "the signature has blanks or quotes around it",
            Some(sent.trim_matches(|c: char| c.is_whitespace() || c == '"').to_owned()),
        ),
    ];
    all.into_iter()
        .filter_map(|(what, text)| Some((what, text.filter(|text| *text != sent)?)))
        .filter_map(|(what, text)| {
            Some(Candidate::request(what, signature_text::with(scene.request, &text)?))
        })
        .collect()
}

/// The secret with what files, variables and clipboards add to it.
pub(super) fn whitespace(scene: &Scene<'_>) -> Vec<Candidate> {
    const AROUND: [(&str, &str, &str); 9] = [
        ("", "\n", "a line feed behind it"),
        ("", "\r\n", "a carriage return and a line feed behind it"),
        ("", "\r", "a carriage return behind it"),
        ("", " ", "a blank behind it"),
        (" ", "", "a blank before it"),
        ("", "\t", "a tab behind it"),
        ("\"", "\"", "double quotes around it"),
        ("'", "'", "single quotes around it"),
        ("\u{feff}", "", "a byte order mark before it"),
    ];
    let Some(secret) = scene.question.secret else { return Vec::new() };
    let around = AROUND.iter().map(|(before, after, what)| {
        let bytes = [before.as_bytes(), secret.expose(), after.as_bytes()].concat();
        with(format!("the client's secret has {what}"), bytes)
    });
    let text = std::str::from_utf8(secret.expose()).unwrap_or_default();
    let bare =
        text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\u{feff}'));
    let trimmed = (bare != text && !bare.is_empty()).then(|| {
        let what = "the secret that was given here has blanks, a line end or quotes around it; the client's has none";
        with(what.to_owned(), bare.into())
    });
    around.chain(trimmed).collect()
}

/// The secret after a detour through an encoding.
pub(super) fn encoded(scene: &Scene<'_>) -> Vec<Candidate> {
    let text = scene.question.secret.and_then(|secret| std::str::from_utf8(secret.expose()).ok());
    let Some(text) = text else { return Vec::new() };
    let decoded = percent_decode(text).map(|text| text.as_bytes().to_vec());
    let all = [
        ("the client's secret is percent-encoded", Some(encode(text).into_bytes())),
        ("the client's secret is percent-decoded", decoded),
        ("the client's secret has a blank in place of `+`", Some(text.replace('+', " ").into())),
        ("the client's secret is the base64 of it", Some(STANDARD.encode(text).into())),
        ("the client's secret is decoded from base64", STANDARD.decode(text).ok()),
        ("the client's secret is in lower case", Some(text.to_ascii_lowercase().into())),
        ("the client's secret is in upper case", Some(text.to_ascii_uppercase().into())),
        ("the client's secret is empty", Some(Vec::new())),
    ];
    let all = all.into_iter().filter_map(|(what, bytes)| {
        Some(with(what.to_owned(), bytes.filter(|bytes| bytes != text.as_bytes())?))
    });
    all.collect()
}

/// The id in place of the secret.
pub(super) fn id_as_secret(scene: &Scene<'_>) -> Vec<Candidate> {
    let known = scene.question.access_key_id.map(str::to_owned);
    let ids = known.into_iter().chain(shown::access_key_id(scene.request));
    let what = "the client signs with the AccessKeyId in place of the secret";
    ids.map(|id| with(what.to_owned(), id.into_bytes())).collect()
}

/// `&` behind the secret, or none where it belongs.
pub(super) fn ampersand(scene: &Scene<'_>) -> Vec<Candidate> {
    let Some(secret) = scene.question.secret else { return Vec::new() };
    let bytes = [secret.expose(), b"&"].concat();
    let mut all = vec![with("the client's key is the secret followed by `&`".into(), bytes)];
    let bare =
        "the client's key is the secret alone, without the `&` that RPC signatures put behind it";
    if scene.family == Family::OpenApi {
        all.push(mixed(bare, Scheme::RpcHmacSha1, Scheme::RoaHmacSha1));
        all.push(mixed(bare, Scheme::RpcHmacSha256, Scheme::Acs3HmacSha256));
    }
    all
}

/// The right text with another MAC.
pub(super) fn algorithm(scene: &Scene<'_>) -> Vec<Candidate> {
    let own = || Scheme::ALL.into_iter().filter(|scheme| scene.family.speaks(*scheme));
    let Some(scheme) = scene.scheme else { return Vec::new() };
    // Any scheme of a family stands for its MAC: SHA-1, SHA-256, SM3, derived keys.
    let others = own().chain([Scheme::RoaHmacSha1, Scheme::Acs3HmacSha256, Scheme::RpcHmacSha256]);
    others
        .filter(|mac| *mac != scheme)
        .map(|mac| {
            let what = format!(
                "the client builds the text of {} and authenticates it as {} does",
                scheme.as_str(),
                mac.as_str()
            );
            mixed(&what, scheme, mac)
        })
        .collect()
}

/// The text of another scheme of the same hosts.
pub(super) fn scheme(scene: &Scene<'_>) -> Vec<Candidate> {
    let Some(named) = scene.scheme else { return Vec::new() };
    let others: Vec<Scheme> =
        Scheme::ALL.into_iter().filter(|other| scene.family.speaks(*other)).collect();
    let macs = |text: Scheme| [text, named];
    others
        .iter()
        .filter(|text| **text != named)
        .flat_map(|text| macs(*text).map(|mac| (*text, mac)))
        .map(|(text, mac)| {
            let what = format!(
                "the request says {}, and the client signs the text of {}",
                named.as_str(),
                text.as_str()
            );
            mixed(&what, text, mac)
        })
        .collect()
}

fn with(what: String, bytes: Vec<u8>) -> Candidate {
    let secret = SecretKey::new(Zeroizing::new(bytes.into_boxed_slice()));
    Candidate { what, how: How::Secret(secret) }
}

fn mixed(what: &str, text: Scheme, mac: Scheme) -> Candidate {
    Candidate { what: what.to_owned(), how: How::Mixed { text, mac } }
}
