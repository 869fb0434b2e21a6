use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

use crate::ident::SecretKey;

/// HMAC-SHA256 with the secret as it is. A key of any length is accepted, so this cannot fail.
pub(super) fn sha256(key: &SecretKey, parts: &[&[u8]]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose()).ok()?;
    for part in parts {
        mac.update(part);
    }
    Some(mac)
}

/// HMAC-SHA1 with the secret and `&` behind it (3.3).
pub(super) fn sha1_ampersand(key: &SecretKey, text: &[u8]) -> Option<Hmac<Sha1>> {
    let keyed = zeroize::Zeroizing::new([key.expose(), b"&"].concat());
    let mut mac = Hmac::<Sha1>::new_from_slice(&keyed).ok()?;
    mac.update(text);
    Some(mac)
}
