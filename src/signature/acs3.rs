//! `OpenAPI` V3, `ACS3-HMAC-SHA256` (section 2).

use hmac::Mac;
use sha2::{Digest, Sha256};

use crate::ident::{AccessKeyId, SecretKey, UnixSeconds};
use crate::request::{Head, percent_decode};

use super::canonical::{encode, encode_into, hex, sorted_query, sorted_query_raw_names, unhex};
use super::{Claim, Detail, Scheme, SignatureError, check_nonce, check_token, mac};

pub(super) const ALGORITHM: &str = "ACS3-HMAC-SHA256";
const SIGNED_HEADERS_MAX: usize = 64;

/// Reads the claim from the head (SIG-30 – SIG-36).
pub(super) fn claim(head: &Head, authorization: &str) -> Result<Claim, SignatureError> {
    let fields = Fields::parse(authorization)?;
    let access_key_id: AccessKeyId = fields
        .credential
        .parse()
        .map_err(|_text| SignatureError::Incomplete("`Credential` is no AccessKeyId"))?;
    let signature = unhex(fields.signature)
        .ok_or(SignatureError::Incomplete("`Signature` is not 64 lower-case hex digits"))?;
    let required = |header, element| head.one(header)?.ok_or(SignatureError::Missing(element));
    let date = required("x-acs-date", "Timestamp")?;
    let nonce = required("x-acs-signature-nonce", "SignatureNonce")?;
    let body_hex = required("x-acs-content-sha256", "ContentSha256")?;
    required("x-acs-version", "Version")?;
    check_signed_headers(head, fields.signed_headers)?;
    let body_digest = unhex(body_hex).ok_or_else(|| {
        SignatureError::InvalidParameter(
            "x-acs-content-sha256 is not 64 lower-case hex digits".into(),
        )
    })?;
    let signed_at =
        UnixSeconds::parse_iso8601(date).map_err(|_text| SignatureError::TimestampFormat)?;
    check_nonce(nonce)?;
    let token = head.one("x-acs-security-token")?;
    check_token(&access_key_id, token)?;
    check_repeated(head, &access_key_id)?;
    Ok(Claim {
        scheme: Scheme::Acs3HmacSha256,
        access_key_id,
        security_token: token.filter(|token| !token.is_empty()).map(Into::into),
        signed_at,
        nonce: nonce.into(),
        detail: Detail::Acs3 {
            signed_headers: fields.signed_headers.into(),
            signature,
            body_digest,
            body_hex: body_hex.into(),
        },
    })
}

/// What other places say about the same facts must agree (SIG-36, 2.1).
fn check_repeated(head: &Head, id: &AccessKeyId) -> Result<(), SignatureError> {
    let disagree = |what: &str| {
        Err(SignatureError::InvalidParameter(format!(
            "{what} differs from what is signed in the head"
        )))
    };
    if head.one("x-acs-accesskey-id")?.is_some_and(|other| other != id.as_str()) {
        return disagree("x-acs-accesskey-id");
    }
    let action = head.one("x-acs-action")?;
    let version = head.one("x-acs-version")?;
    for (name, header) in [("Action", action), ("Version", version)] {
        let mut given = head.query().iter().filter(|param| &*param.name == name);
        if given.any(|param| Some(&*param.value) != header) {
            return disagree(name);
        }
    }
    let mut names: Vec<&str> = head.query().iter().map(|param| &*param.name).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| matches!(pair, [left, right] if left == right)) {
        return Err(SignatureError::InvalidParameter("a query parameter is given twice".into()));
    }
    Ok(())
}

/// The three fields of the `Authorization` value, in any order (SIG-30).
struct Fields<'a> {
    credential: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

impl<'a> Fields<'a> {
    fn parse(authorization: &'a str) -> Result<Self, SignatureError> {
        let wrong = SignatureError::Incomplete(
            "Authorization is not `ACS3-HMAC-SHA256 Credential=…,SignedHeaders=…,Signature=…`",
        );
        let Some(rest) = authorization.strip_prefix(ALGORITHM).filter(|rest| rest.starts_with(' '))
        else {
            return Err(wrong);
        };
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for field in rest.trim_start_matches(' ').split(',') {
            let Some((name, value)) = field.trim_matches(' ').split_once('=') else {
                return Err(wrong);
            };
            let slot = match name {
                "Credential" => &mut credential,
                "SignedHeaders" => &mut signed_headers,
                "Signature" => &mut signature,
                _ => return Err(wrong),
            };
            if value.is_empty() || slot.replace(value).is_some() {
                return Err(wrong);
            }
        }
        match (credential, signed_headers, signature) {
            (Some(credential), Some(signed_headers), Some(signature)) => {
                Ok(Self { credential, signed_headers, signature })
            }
            _ => Err(wrong),
        }
    }
}

/// Lower case, ascending, each there exactly once; every `x-acs-*` header and `content-type` among them (SIG-31, 32).
fn check_signed_headers(head: &Head, list: &str) -> Result<(), SignatureError> {
    let names: Vec<&str> = list.split(';').collect();
    let ascending = names.windows(2).all(|pair| matches!(pair, [left, right] if left < right));
    let lower = names
        .iter()
        .all(|name| !name.is_empty() && !name.bytes().any(|byte| byte.is_ascii_uppercase()));
    if !ascending || !lower || names.len() > SIGNED_HEADERS_MAX {
        return Err(SignatureError::Incomplete(
            "`SignedHeaders` is not a sorted list of lower-case names",
        ));
    }
    for name in &names {
        if head.one(name)?.is_none() {
            return Err(SignatureError::Incomplete(
                "`SignedHeaders` names a header that is absent",
            ));
        }
    }
    for name in head.headers().keys().map(http::HeaderName::as_str) {
        let must = name.starts_with("x-acs-") || name == "content-type";
        if must && names.binary_search(&name).is_err() {
            return Err(SignatureError::Incomplete(
                "an `x-acs-` header or `content-type` is not signed",
            ));
        }
    }
    Ok(())
}

/// Compares the signature with each candidate text of 2.4 and 2.5. Every text is one reading of the same request.
pub(super) fn matches(
    head: &Head,
    signed_headers: &str,
    body_hex: &str,
    key: &SecretKey,
    signature: &[u8; 32],
) -> bool {
    let tail = tail(head, signed_headers, body_hex);
    let paths = paths(head);
    let queries = queries(head);
    paths.iter().flat_map(|path| queries.iter().map(move |query| (path, query))).any(
        |(path, query)| {
            let text = string_to_sign(head.method().as_str(), path, query, &tail);
            mac::sha256(key, &[text.as_bytes()])
                .is_some_and(|mac| mac.verify_slice(signature).is_ok())
        },
    )
}

/// `HEADERS`, `SignedHeaders` and `PAYLOAD` of 2.3.
fn tail(head: &Head, signed_headers: &str, body_hex: &str) -> String {
    let headers = signed_headers.split(';').filter_map(|name| Some((name, head.one(name).ok()??)));
    join_tail(headers, signed_headers, body_hex)
}

pub(super) fn join_tail<'h>(
    headers: impl Iterator<Item = (&'h str, &'h str)>,
    signed_headers: &str,
    body_hex: &str,
) -> String {
    let mut out = String::with_capacity(512);
    for (name, value) in headers {
        out.push_str(name);
        out.push(':');
        out.push_str(value);
        out.push('\n');
    }
    out.push('\n');
    out.push_str(signed_headers);
    out.push('\n');
    out.push_str(body_hex);
    out
}

pub(super) fn string_to_sign(method: &str, path: &str, query: &str, tail: &str) -> String {
    let mut hasher = Sha256::new();
    for part in [method, "\n", path, "\n", query, "\n", tail] {
        hasher.update(part);
    }
    format!("{ALGORITHM}\n{}", hex(&hasher.finalize()))
}

/// Strict: each segment decoded and encoded again. Wire: as sent (2.4).
fn paths(head: &Head) -> Vec<String> {
    let raw = head.raw_path();
    let strict = canonical_path(raw);
    if strict == raw { vec![strict] } else { vec![strict, raw.to_owned()] }
}

pub(super) fn canonical_path(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for (index, segment) in raw.split('/').enumerate() {
        if index > 0 {
            out.push('/');
        }
        encode_into(&mut out, &percent_decode(segment).unwrap_or_default());
    }
    out
}

/// Strict, raw names, raw names as Go writes them (2.5), the last two only where they differ and SIG-13 lets them.
fn queries(head: &Head) -> Vec<String> {
    let pairs = || head.query().iter().map(|param| (&*param.name, &*param.value));
    let mut all = vec![sorted_query(pairs())];
    let differ = pairs().any(|(name, _)| encode(name) != name);
    let ambiguous = pairs().any(|(name, _)| name.contains(['&', '=', '%', '\n']));
    if differ && !ambiguous {
        all.push(sorted_query_raw_names(pairs(), str::to_owned));
        all.push(sorted_query_raw_names(pairs(), |name| {
            name.replace('+', "%20").replace('*', "%2A")
        }));
    }
    all
}
