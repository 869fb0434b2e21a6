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

/// The key of a claim, derived once for all candidates.
pub(super) enum Authenticator<'k> {
    Sha1(Hmac<Sha1>),
    Sha256(Hmac<Sha256>),
    Sm3(Hmac<Sm3>),
    Rsa(&'k PublicKey),
    /// A key of another kind than the algorithm's: nothing fits it (SIG-27).
    Unfit,
}

impl<'k> Authenticator<'k> {
    pub(super) fn new(claim: &Claim, key: Key<'k>) -> Self {
        let made = match (key, claim.scheme.algorithm()) {
            (Key::Public(key), Algorithm::RsaSha256) => Some(Self::Rsa(key)),
            (Key::Secret(_), Algorithm::RsaSha256) | (Key::Public(_), _) => None,
            (Key::Secret(secret), Algorithm::HmacSha1) => keyed(claim, secret).map(Self::Sha1),
            (Key::Secret(secret), Algorithm::HmacSha256) => keyed(claim, secret).map(Self::Sha256),
            (Key::Secret(secret), Algorithm::HmacSm3) => keyed(claim, secret).map(Self::Sm3),
        };
        made.unwrap_or(Self::Unfit)
    }

    /// Whether `signature` is that of `text`.
    pub(super) fn fits(&self, text: &str, signature: &[u8]) -> bool {
        match self {
            Self::Sha1(mac) => mac.clone().chain_update(text).verify_slice(signature).is_ok(),
            Self::Sha256(mac) => mac.clone().chain_update(text).verify_slice(signature).is_ok(),
            Self::Sm3(mac) => mac.clone().chain_update(text).verify_slice(signature).is_ok(),
            Self::Rsa(key) => key.verifies(text, signature),
            Self::Unfit => false,
        }
    }
}

/// The MAC of the key that the scheme makes of the secret.
fn keyed<M: Mac + KeyInit>(claim: &Claim, secret: &SecretKey) -> Option<M> {
    match claim.scheme.keying() {
        Keying::Raw => start(secret.expose()),
        Keying::Ampersand => start(&with_ampersand(secret)),
        Keying::V4 => start(&*v4_key(secret, &claim.scope)),
        Keying::V4Text => {
            let text = Zeroizing::new(STANDARD.encode(*v4_key(secret, &claim.scope)));
            start(text.as_bytes())
        }
    }
}

fn with_ampersand(secret: &SecretKey) -> Zeroizing<Vec<u8>> {
    Zeroizing::new([secret.expose(), b"&"].concat())
}

/// A key of any length is accepted, so this cannot fail.
fn start<M: Mac + KeyInit>(key: &[u8]) -> Option<M> {
    <M as KeyInit>::new_from_slice(key).ok()
}

/// `k4` of 5.5: the secret, bound to a day, a region and a product.
fn v4_key(secret: &SecretKey, scope: &Scope) -> Zeroizing<[u8; 32]> {
    let first = Zeroizing::new([b"aliyun_v4", secret.expose()].concat());
    [&*scope.region, &*scope.product, "aliyun_v4_request"]
        .into_iter()
        .fold(step(&first, &scope.day), |key, part| step(&*key, part))
}

fn step(key: &[u8], part: &str) -> Zeroizing<[u8; 32]> {
    let mac = start::<Hmac<Sha256>>(key).map(|mac| mac.chain_update(part));
    Zeroizing::new(mac.map_or([0; 32], |mac| mac.finalize().into_bytes().into()))
}

/// The MAC of a text with the key of a claim, for signing. `None`: the algorithm has key pairs.
pub(super) fn authenticate(
    algorithm: Algorithm,
    claim: &Claim,
    secret: &SecretKey,
    text: &str,
) -> Option<Vec<u8>> {
    match algorithm {
        Algorithm::HmacSha1 => keyed::<Hmac<Sha1>>(claim, secret).map(|mac| tag(mac, text)),
        Algorithm::HmacSha256 => keyed::<Hmac<Sha256>>(claim, secret).map(|mac| tag(mac, text)),
        Algorithm::HmacSm3 => keyed::<Hmac<Sm3>>(claim, secret).map(|mac| tag(mac, text)),
        Algorithm::RsaSha256 => None,
    }
}

fn tag<M: Mac>(mac: M, text: &str) -> Vec<u8> {
    mac.chain_update(text).finalize().into_bytes().to_vec()
}
