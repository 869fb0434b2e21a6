//! The same canonical text in the other direction: what a client does.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::ident::{SecretKey, UnixSeconds};
use crate::request::Params;

use super::canonical::{EmptyValue, encode, hex, pair, sorted_query};
use super::{Scheme, acs3, mac, rpc};

/// Signs an ACS3 request: gives back `headers` with everything that has to be sent besides, `Authorization` last.
/// Names must be lower case. Every header is signed.
#[expect(clippy::too_many_arguments, reason = "each is a different part of the request")]
pub fn acs3_headers(
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    access_key_id: &str,
    secret: &SecretKey,
    nonce: &str,
    now: UnixSeconds,
) -> Vec<(String, String)> {
    let body_hex = hex(&Sha256::digest(body));
    let mut all: Vec<(String, String)> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    for (name, value) in [
        ("x-acs-date", now.to_string()),
        ("x-acs-signature-nonce", nonce.to_owned()),
        ("x-acs-content-sha256", body_hex.clone()),
    ] {
        all.push((name.to_owned(), value));
    }
    if !all.iter().any(|(name, _)| name == "x-acs-version") {
        all.push(("x-acs-version".to_owned(), "1".to_owned()));
    }
    all.sort();
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    let names = names.join(";");
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query = Params::parse(query, usize::MAX).unwrap_or_default();
    let query = sorted_query(query.iter().map(pair), EmptyValue::Equals);
    let pairs = all.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let tail = acs3::join_tail(pairs, &names, &body_hex);
    let scheme = Scheme::Acs3HmacSha256;
    let path = acs3::canonical_path(path);
    let text = acs3::string_to_sign(scheme, method, &path, &query, &tail);
    let signature = hex(&mac::sha256(secret, &text));
    let value = format!(
        "{} Credential={access_key_id},SignedHeaders={names},Signature={signature}",
        scheme.as_str()
    );
    all.push(("authorization".to_owned(), value));
    all
}

/// Signs an RPC V1 request: the whole query (or form) with the common parameters, encoded, `Signature` last.
pub fn rpc_query(
    method: &str,
    parameters: &[(&str, &str)],
    access_key_id: &str,
    secret: &SecretKey,
    nonce: &str,
    now: UnixSeconds,
) -> String {
    let timestamp = now.to_string();
    let common = [
        ("AccessKeyId", access_key_id),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureVersion", "1.0"),
        ("SignatureNonce", nonce),
        ("Timestamp", timestamp.as_str()),
    ];
    let all = || parameters.iter().chain(&common).copied();
    let text = rpc::string_to_sign(method, all());
    let signature = STANDARD.encode(mac::sha1_ampersand(secret, &text));
    let signed = all().chain(std::iter::once(("Signature", signature.as_str())));
    let pairs: Vec<String> =
        signed.map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}
