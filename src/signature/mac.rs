//! The one comparison of all schemes: derive the key, authenticate the text, compare in constant time.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;
use sm3::Sm3;
use zeroize::Zeroizing;

use crate::ident::SecretKey;

use super::claim::{Claim, Scope};
use super::public_key::PublicKey;

/// What authenticates the string to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    HmacSha1,
    HmacSha256,
    HmacSm3,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaSha256,
}

impl Algorithm {
    /// How long a signature is; `None`: as long as the key.
    pub(super) const fn signature_bytes(self) -> Option<usize> {
        match self {
            Self::HmacSha1 => Some(20),
            Self::HmacSha256 | Self::HmacSm3 => Some(32),
            Self::RsaSha256 => None,
        }
    }
}

/// How the key of the MAC comes from the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keying {
    /// It is the secret.
    Raw,
    /// The secret with `&` behind it (3.3).
    Ampersand,
    /// `k4` of the chain over the scope (5.5).
    V4,
    /// The base64 text of `k4` (7).
    V4Text,
}

/// A key to verify with.
#[derive(Clone, Copy, Debug)]
pub enum Key<'k> {
    /// The secret of a pair, for every HMAC.
    Secret(&'k SecretKey),
    /// The public half of a key pair, for RSA alone.
    Public(&'k PublicKey),
}

/// Whether the signature of a claim fits one of the texts. A key of another kind never fits (SIG-27).
pub(super) fn matches(claim: &Claim, key: Key<'_>, texts: &[String]) -> bool {
    match (key, claim.scheme.algorithm()) {
        (Key::Public(key), Algorithm::RsaSha256) => {
            texts.iter().any(|text| key.verifies(text, &claim.signature))
        }
        (Key::Secret(_), Algorithm::RsaSha256) | (Key::Public(_), _) => false,
        (Key::Secret(secret), Algorithm::HmacSha1) => fits::<Hmac<Sha1>>(claim, secret, texts),
        (Key::Secret(secret), Algorithm::HmacSha256) => fits::<Hmac<Sha256>>(claim, secret, texts),
        (Key::Secret(secret), Algorithm::HmacSm3) => fits::<Hmac<Sm3>>(claim, secret, texts),
    }
}

fn fits<M: Mac + KeyInit>(claim: &Claim, secret: &SecretKey, texts: &[String]) -> bool {
    let key = mac_key(claim, secret);
    texts.iter().any(|text| {
        keyed::<M>(&key, text.as_bytes())
            .is_some_and(|mac| mac.verify_slice(&claim.signature).is_ok())
    })
}

/// The key of the MAC.
fn mac_key(claim: &Claim, secret: &SecretKey) -> Zeroizing<Vec<u8>> {
    let scope = &claim.scope;
    match claim.scheme.keying() {
        Keying::Raw => Zeroizing::new(secret.expose().to_vec()),
        Keying::Ampersand => Zeroizing::new([secret.expose(), b"&"].concat()),
        Keying::V4 => v4_key(secret, scope),
        Keying::V4Text => Zeroizing::new(STANDARD.encode(&*v4_key(secret, scope)).into_bytes()),
    }
}

/// The MAC of a text with the key of a claim, for signing. `None`: the algorithm has key pairs.
pub(super) fn authenticate(
    algorithm: Algorithm,
    claim: &Claim,
    secret: &SecretKey,
    text: &str,
) -> Option<Vec<u8>> {
    let key = mac_key(claim, secret);
    match algorithm {
        Algorithm::HmacSha1 => finish::<Hmac<Sha1>>(&key, text),
        Algorithm::HmacSha256 => finish::<Hmac<Sha256>>(&key, text),
        Algorithm::HmacSm3 => finish::<Hmac<Sm3>>(&key, text),
        Algorithm::RsaSha256 => None,
    }
}

fn finish<M: Mac + KeyInit>(key: &[u8], text: &str) -> Option<Vec<u8>> {
    keyed::<M>(key, text.as_bytes()).map(|mac| mac.finalize().into_bytes().to_vec())
}

/// A key of any length is accepted, so this cannot fail.
fn keyed<M: Mac + KeyInit>(key: &[u8], text: &[u8]) -> Option<M> {
    let mut mac = <M as KeyInit>::new_from_slice(key).ok()?;
    mac.update(text);
    Some(mac)
}

/// `k4` of 5.5: the secret, bound to a day, a region and a product.
fn v4_key(secret: &SecretKey, scope: &Scope) -> Zeroizing<Vec<u8>> {
    let first = Zeroizing::new([b"aliyun_v4", secret.expose()].concat());
    [&*scope.day, &*scope.region, &*scope.product, "aliyun_v4_request"]
        .into_iter()
        .fold(first, |key, part| step(&key, part))
}

fn step(key: &[u8], part: &str) -> Zeroizing<Vec<u8>> {
    let mac = keyed::<Hmac<Sha256>>(key, part.as_bytes());
    Zeroizing::new(mac.map_or_else(Vec::new, |mac| mac.finalize().into_bytes().to_vec()))
}
