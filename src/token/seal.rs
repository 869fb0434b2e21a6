//! Minting (5.4).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload as Message};

use crate::ident::SecretKey;

use super::access_key::secret_of;
use super::error::SealError;
use super::payload::Payload;
use super::ring::{Held, KeyRing};
use super::{HEADER_BYTES, IssuerKey, MAGIC, NONCE_BYTES, TOKEN_BYTES_MAX, Version};

/// What a caller is given besides the id that the payload names.
#[derive(Debug)]
pub struct Issued {
    /// The secret half of the pair.
    pub secret: SecretKey,
    /// The security token.
    pub token: String,
}

impl KeyRing {
    /// Seals a session with the newest key of the issuer for the account of the role. The time of issue is that of the
    /// payload; without an issuer, the token is of version 1. `nonce` is random and used once.
    pub fn seal(
        &self,
        payload: &Payload,
        issuer: Option<&IssuerKey>,
        nonce: [u8; NONCE_BYTES],
    ) -> Result<Issued, SealError> {
        let public = issuer.map(IssuerKey::public);
        let held = self.sealing(payload.account, public.as_ref(), payload.issued);
        let held = held.ok_or(SealError::NoEntry)?;
        if payload.expires > held.entry.times.open_until {
            return Err(SealError::OutlivesKey);
        }
        let header = header(held);
        let mut body = payload.encode()?;
        if let Some(issuer) = issuer {
            let signature = issuer.sign(&header, &body);
            body.extend_from_slice(&signature);
        }
        let token = seal_body(held, header, &body, nonce).ok_or(SealError::TooLong)?;
        if token.len() > TOKEN_BYTES_MAX {
            return Err(SealError::TooLong);
        }
        let secret = secret_of(&payload.access_key_id, &held.derived.secret);
        Ok(Issued { secret, token })
    }
}

pub(super) fn header(held: &Held) -> [u8; HEADER_BYTES] {
    let version = match held.entry.version() {
        Version::V1 => 1,
        Version::V2 => 2,
    };
    let mut header = [0; HEADER_BYTES];
    let bytes = MAGIC.into_iter().chain([version]).chain(held.entry.kid.0);
    for (place, byte) in header.iter_mut().zip(bytes) {
        *place = byte;
    }
    header
}

/// `None` only for bodies of many gigabytes.
pub(super) fn seal_body(
    held: &Held,
    header: [u8; HEADER_BYTES],
    body: &[u8],
    nonce: [u8; NONCE_BYTES],
) -> Option<String> {
    let cipher = XChaCha20Poly1305::new((&*held.derived.seal).into());
    let message = Message { msg: body, aad: &header };
    let sealed = cipher.encrypt((&nonce).into(), message).ok()?;
    Some(URL_SAFE_NO_PAD.encode([&header[..], &nonce, &sealed].concat()))
}
