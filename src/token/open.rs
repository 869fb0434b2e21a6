//! Verifying (5.6, steps 2 – 9), in the order of the sheet.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload as Message};
use ctutils::CtEq as _;

use crate::ident::{AccessKeyId, SecretKey, UnixSeconds};

use super::access_key::secret_of;
use super::entry::{RingEntry, SKEW_SECONDS};
use super::error::OpenError;
use super::payload::Payload;
use super::ring::{Held, KeyRing};
use super::{
    HEADER_BYTES, Kid, MAGIC, NONCE_BYTES, SIGNATURE_BYTES, TAG_BYTES, TOKEN_BYTES_MAX, Version,
};

/// What a token says, once its seal is known to be whole. Nothing is admitted yet: that depends on the request and the
/// moment, and is asked every time with [`KeyRing::admit`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The key that it was sealed with.
    pub kid: Kid,
    /// What it says.
    pub payload: Payload,
}

/// The parts of a token.
struct Parts {
    header: [u8; HEADER_BYTES],
    version: Version,
    kid: Kid,
    nonce: [u8; NONCE_BYTES],
    sealed: Vec<u8>,
}

impl KeyRing {
    /// Opens a token for the pair that a request names: all of steps 2 to 9.
    pub fn open(
        &self,
        token: &str,
        access_key_id: &AccessKeyId,
        now: UnixSeconds,
    ) -> Result<Opened, OpenError> {
        let opened = self.unseal(token, now)?;
        self.admit(&opened, access_key_id, now)?;
        Ok(opened)
    }

    /// Steps 2 to 6. The outcome of a success stays true while the ring is the same, and may be remembered (TOK-20).
    pub fn unseal(&self, token: &str, now: UnixSeconds) -> Result<Opened, OpenError> {
        let parts = Parts::read(token)?;
        let held = self.held.get(&parts.kid).ok_or(OpenError::UnknownKey)?;
        check_not_closed(&held.entry, now)?;
        if held.entry.version() != parts.version {
            return Err(OpenError::Version);
        }
        let body = parts.unseal(held)?;
        let bytes = signed_part(&held.entry, &parts.header, &body)?;
        Ok(Opened { kid: parts.kid, payload: Payload::decode(bytes)? })
    }

    /// What may change between two requests with one token: steps 7 to 9, and whether its key is still there and open.
    pub fn admit(
        &self,
        opened: &Opened,
        access_key_id: &AccessKeyId,
        now: UnixSeconds,
    ) -> Result<(), OpenError> {
        let Opened { kid, payload } = opened;
        let entry = self.entry(*kid).ok_or(OpenError::UnknownKey)?;
        check_not_closed(entry, now)?;
        let (sealed, given) = (payload.access_key_id.as_str(), access_key_id.as_str());
        if !sealed.as_bytes().ct_eq(given.as_bytes()).to_bool() {
            return Err(OpenError::AccessKey);
        }
        if payload.account != entry.account {
            return Err(OpenError::Account);
        }
        check_times(payload, entry, now)
    }

    /// The secret half of the pair; `None` when its key has left the ring.
    pub fn secret(&self, opened: &Opened) -> Option<SecretKey> {
        let held = self.held.get(&opened.kid)?;
        Some(secret_of(&opened.payload.access_key_id, &held.derived.secret))
    }
}

/// The version and the key of a token, which stand in it in clear. Nothing of them is proven.
pub fn peek(token: &str) -> Result<(Version, Kid), OpenError> {
    Parts::read(token).map(|parts| (parts.version, parts.kid))
}

impl Parts {
    /// Step 2.
    fn read(token: &str) -> Result<Self, OpenError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(OpenError::Length);
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_where| OpenError::Encoding)?;
        let (header, rest) = bytes.split_first_chunk::<HEADER_BYTES>().ok_or(OpenError::Length)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(OpenError::Length)?;
        if sealed.len() < TAG_BYTES {
            return Err(OpenError::Length);
        }
        let [first, second, version, kid @ ..] = *header;
        let version = match (MAGIC == [first, second], version) {
            (true, 1) => Version::V1,
            (true, 2) => Version::V2,
            _ => return Err(OpenError::Magic),
        };
        Ok(Self { header: *header, version, kid: Kid(kid), nonce: *nonce, sealed: sealed.into() })
    }

    /// Step 4.
    fn unseal(&self, held: &Held) -> Result<Vec<u8>, OpenError> {
        let cipher = XChaCha20Poly1305::new((&*held.derived.seal).into());
        let message = Message { msg: &self.sealed, aad: &self.header };
        cipher.decrypt((&self.nonce).into(), message).map_err(|_opaque| OpenError::Seal)
    }
}

/// Step 5: the payload, which the issuer has signed where the key has one.
fn signed_part<'b>(
    entry: &RingEntry,
    header: &[u8; HEADER_BYTES],
    body: &'b [u8],
) -> Result<&'b [u8], OpenError> {
    let Some(issuer) = &entry.issuer else { return Ok(body) };
    let (payload, signature) =
        body.split_last_chunk::<SIGNATURE_BYTES>().ok_or(OpenError::Signature)?;
    if issuer.verifies(header, payload, signature) {
        Ok(payload)
    } else {
        Err(OpenError::Signature)
    }
}

fn check_not_closed(entry: &RingEntry, now: UnixSeconds) -> Result<(), OpenError> {
    if now < entry.times.open_until { Ok(()) } else { Err(OpenError::ClosedKey) }
}

/// Step 9. There is no grace at the end (5.2).
fn check_times(payload: &Payload, entry: &RingEntry, now: UnixSeconds) -> Result<(), OpenError> {
    let issued = payload.issued.0;
    if issued > now.0.saturating_add(SKEW_SECONDS) {
        return Err(OpenError::IssuedAhead);
    }
    if now >= payload.expires {
        return Err(OpenError::Expired);
    }
    let from = entry.times.not_before.0.saturating_sub(SKEW_SECONDS);
    let until = entry.times.seal_until.0.saturating_add(SKEW_SECONDS);
    if (from..until).contains(&issued) { Ok(()) } else { Err(OpenError::IssuedOutside) }
}
