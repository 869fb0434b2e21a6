//! Signing: a second description of every text agrees, our own verification agrees, and nothing that is covered can be
//! changed.

mod generate;
mod more;
mod reference;
mod vectors;

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use ramgate::cases::{Context, Expect, SignatureCase};
use ramgate::ident::{SecretKey, UnixSeconds};
use ramgate::request::percent_decode;
use ramgate::signature::sign::{self, Body, Credentials, Request, SignError, Terms};
use ramgate::signature::{Scheme, Site};

use reference::{EXTRA, ISO, LIFE, NONCE, Plain, SECONDS, enc};

fn scheme(name: &str) -> Scheme {
    Scheme::ALL.into_iter().find(|scheme| scheme.as_str() == name).unwrap()
}

/// The signature as the request carries it: behind the last mark in `Authorization`, or in a place of its own.
fn signature_of(request: &Request<'_>, scheme: Scheme) -> String {
    if let Some(value) = request.header("authorization") {
        let at = value.rfind("Signature=").map(|at| at + 10);
        let at = at.or_else(|| value.rfind(':').map(|at| at + 1)).unwrap();
        return value[at..].split(',').next().unwrap().to_owned();
    }
    let headers = ["x-ots-signature", "x-ots-signaturev4"];
    if let Some(value) = headers.iter().find_map(|name| request.header(name)) {
        return value.to_owned();
    }
    let body = String::from_utf8_lossy(request.bytes().unwrap_or_default()).into_owned();
    if scheme.as_str().starts_with("OSS-POST") {
        let marks = ["name=\"x-oss-signature\"\r\n\r\n", "name=\"Signature\"\r\n\r\n"];
        let rest = marks.iter().find_map(|mark| body.split_once(mark)).unwrap().1;
        return rest.split("\r\n").next().unwrap().to_owned();
    }
    let query = request.target.split_once('?').map_or("", |(_, query)| query);
    let mut pairs = query.split('&').chain(body.split('&')).filter_map(|pair| pair.split_once('='));
    let is_signature = |(name, _): &(&str, &str)| ["Signature", "x-oss-signature"].contains(name);
    let value = pairs.find(is_signature).unwrap().1;
    value.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=")
}

/// Signs what a client means.
fn sign(plain: &Plain) -> Result<Request<'static>, SignError> {
    let scheme = scheme(plain.scheme);
    let mut headers = vec![("Host".to_owned(), plain.host.clone())];
    headers.extend(plain.content_type.iter().map(|kind| ("Content-Type".to_owned(), kind.clone())));
    headers.extend(plain.headers.clone());
    headers.extend(plain.extra.iter().map(|value| (EXTRA.to_owned(), value.clone())));
    let query = if plain.raw_query.is_empty() { "" } else { "?" };
    let request = Request {
        method: plain.method.clone(),
        target: format!("{}{query}{}", plain.raw_path, plain.raw_query),
        headers,
        body: Body::Bytes(plain.body.clone().into()),
    };
    let (id, secret) = (plain.id.parse().unwrap(), SecretKey::from(plain.secret.as_str()));
    let security_token = plain.token.as_deref();
    let credentials = Credentials { access_key_id: &id, secret: &secret, security_token };
    let also_signed: &[&str] = if plain.extra.is_some() { &[EXTRA] } else { &[] };
    let terms = Terms {
        nonce: Some(NONCE),
        life_seconds: LIFE,
        also_signed,
        ..Terms::new(scheme, UnixSeconds(SECONDS))
    };
    sign::sign(request, &credentials, &terms, &Site::new(scheme.family()))
}

/// The request in the form of the recorded ones, whose judge walks the way of the gate.
fn case(plain: &Plain, signed: &Request<'_>) -> SignatureCase {
    let bytes = |text: &str| text.bytes().map(char::from).collect::<String>();
    let headers = signed.headers.iter().map(|(name, value)| (name.clone(), bytes(value))).collect();
    SignatureCase {
        id: "generated".into(),
        scheme: plain.scheme.into(),
        access_key_id: plain.id.clone(),
        access_key_secret: plain.secret.clone(),
        security_token: plain.token.clone(),
        method: signed.method.clone(),
        target: signed.target.clone(),
        headers,
        body_b64: STANDARD.encode(signed.bytes().unwrap()),
        signed_at: ISO.into(),
        expect: Expect::Valid,
        context: Context::default(),
    }
}

/// Where something is changed.
#[derive(Clone, Copy, Debug)]
enum Part {
    Method,
    Path,
    Query,
    Header,
    Body,
    Signature,
    Token,
}

const PARTS: [Part; 7] =
    [Part::Method, Part::Path, Part::Query, Part::Header, Part::Body, Part::Signature, Part::Token];

/// Changes one bit of a text; nothing where there is none, or where it would be no text.
fn flip(text: &str, at: Index, bit: u8) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    if bytes.is_empty() {
        return None;
    }
    let at = at.index(bytes.len());
    bytes[at] ^= 1 << bit;
    String::from_utf8(bytes).ok()
}

/// Changes a bit of a part that the signature covers. `None`: it has no such part, or the text means what it meant.
fn change(
    plain: &Plain,
    case: &SignatureCase,
    part: Part,
    at: Index,
    bit: u8,
) -> Option<SignatureCase> {
    let mut changed = case.clone();
    let (path, query) = case.target.split_once('?').unwrap_or((&case.target, ""));
    match part {
        Part::Method => changed.method = flip(&case.method, at, bit)?,
        Part::Path => {
            let other = flip(path, at, bit)?;
            if !other.starts_with('/') || meaning(plain, &other) == meaning(plain, path) {
                return None;
            }
            changed.target = [&other, &case.target[path.len()..]].concat();
        }
        Part::Query => {
            let other = flip(query, at, bit)?;
            if plain.scheme == "FC2-HMAC-SHA256" || pairs(&other) == pairs(query) {
                return None;
            }
            changed.target = format!("{path}?{other}");
        }
        Part::Header => {
            let signed = |(name, _): &&mut (String, String)| {
                plain.headers.iter().any(|(known, _)| known == name)
            };
            let mut headers: Vec<_> = changed.headers.iter_mut().filter(signed).collect();
            let header = headers.get_mut(at.index(plain.headers.len().max(1)))?;
            let other = flip(&header.1, at, bit)?;
            if other.trim_matches([' ', '\t']) == header.1 {
                return None;
            }
            header.1 = other;
        }
        Part::Body => {
            let mut body = plain.body.clone();
            let free = ["ACS3-FC-TRIGGER", "OSS-V1-PRESIGN", "OSS-V2-PRESIGN", "OSS-V4-PRESIGN"];
            if body.is_empty() || free.contains(&plain.scheme) {
                return None;
            }
            let at = at.index(body.len());
            body[at] ^= 1 << bit;
            let text = |body: &[u8]| String::from_utf8_lossy(body).into_owned();
            if !plain.form.is_empty() && pairs(&text(&body)) == pairs(&text(&plain.body)) {
                return None;
            }
            changed.body_b64 = STANDARD.encode(body);
        }
        Part::Signature => replace(&mut changed, SIGNATURES, &plain.signature(), at, bit)?,
        Part::Token => replace(&mut changed, TOKENS, plain.token.as_ref()?, at, bit)?,
    }
    Some(changed)
}

/// Headers and parameters that end with a signature.
const SIGNATURES: &[&str] =
    &["authorization", "x-ots-signature", "x-ots-signaturev4", "Signature", "x-oss-signature"];
/// Headers and parameters that hold a token.
const TOKENS: &[&str] = &[
    "x-acs-security-token",
    "x-oss-security-token",
    "x-ots-ststoken",
    "x-fc-security-token",
    "security-token",
    "SecurityToken",
];

/// Changes a bit of a value that stands at the end of one of these headers, or in one of these parameters.
fn replace(
    case: &mut SignatureCase,
    names: &[&str],
    value: &str,
    at: Index,
    bit: u8,
) -> Option<()> {
    let other = flip(value, at, bit)?;
    let mut headers = case.headers.iter_mut();
    if let Some((_, text)) = headers.find(|(name, _)| names.contains(&name.as_str())) {
        let start = text.len() - value.len();
        text.replace_range(start.., &other);
        return (other.trim() == other).then_some(());
    }
    let pair = |name: &str, value: &str| format!("&{name}={}", enc(value));
    let name = names.iter().find(|name| case.target.contains(&pair(name, value))).unwrap();
    case.target = case.target.replace(&pair(name, value), &pair(name, &other));
    Some(())
}

/// What a path means to those who sign it decoded; others sign it as sent, or segment by segment.
fn meaning(plain: &Plain, path: &str) -> Vec<String> {
    let whole = plain.scheme.starts_with("OSS") || plain.scheme.starts_with("FC2");
    let decoded =
        |text: &str| percent_decode(text).map_or_else(|| text.to_owned(), Cow::into_owned);
    let segments: Vec<String> = path.split('/').map(decoded).collect();
    if whole { vec![segments.join("/")] } else { segments }
}

/// What a query means, in any order.
fn pairs(query: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| {
        percent_decode(&text.replace('+', " ")).map_or_else(|| text.to_owned(), Cow::into_owned)
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let mut all: Vec<_> = pairs.map(|(name, value)| (decoded(name), decoded(value))).collect();
    all.sort();
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_we_sign_is_what_the_sheet_says_and_what_we_verify(plain in generate::plain()) {
        let signed = sign(&plain).unwrap();
        prop_assert_eq!(signature_of(&signed, scheme(plain.scheme)), plain.signature());
        let case = case(&plain, &signed);
        prop_assert_eq!(case.failure(), "");
    }

    #[test]
    fn no_covered_bit_can_be_changed(
        plain in generate::plain(),
        part in select(&PARTS[..]),
        at in any::<Index>(),
        bit in 0_u8..8,
    ) {
        let case = case(&plain, &sign(&plain).unwrap());
        if let Some(changed) = change(&plain, &case, part, at, bit) {
            let judged = changed.judge(UnixSeconds(SECONDS));
            prop_assert!(judged.is_err(), "{part:?}: {judged:?}: {}", changed.target);
        }
    }
}

/// Every change is made in every scheme that has the part; otherwise the property above would say nothing.
#[test]
fn every_scheme_that_signs_with_a_secret_is_generated() {
    let generated = generate::SCHEMES.iter().map(|name| scheme(name));
    let mut all: Vec<Scheme> = generated.collect();
    all.extend(["OSS-POST-V1", "OSS-POST-V4", "ACS3-RSA-SHA256", "RPC-SHA256withRSA"].map(scheme));
    all.sort_unstable();
    let mut expected = Scheme::ALL;
    expected.sort_unstable();
    assert_eq!(all, expected);
}
