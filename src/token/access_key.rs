//! The pair of a session: a random id, and the secret that follows from it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::ident::{AccessKeyId, ParseIdentError, SecretKey};

use super::entry::{Key32, derive};

const PREFIX: &str = "STS.RG";
/// No letter that people take for a digit. 32 of them: five bits of a byte choose one, each as likely as the others.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// How many random bytes an id is made of.
pub const ACCESS_KEY_ENTROPY_BYTES: usize = 26;

/// A fresh id of a session's pair.
pub fn access_key_id(
    entropy: [u8; ACCESS_KEY_ENTROPY_BYTES],
) -> Result<AccessKeyId, ParseIdentError> {
    let letter = |byte: u8| ALPHABET.get(usize::from(byte % 32)).map_or('0', |it| char::from(*it));
    let random: String = entropy.into_iter().map(letter).collect();
    format!("{PREFIX}{random}").parse()
}

/// Whether an id has the form that [`access_key_id`] makes.
pub fn is_minted(id: &AccessKeyId) -> bool {
    let random = id.as_str().strip_prefix(PREFIX).unwrap_or_default();
    random.len() == ACCESS_KEY_ENTROPY_BYTES && random.bytes().all(|it| ALPHABET.contains(&it))
}

/// The secret that goes with an id; any holder of the key computes it again.
pub(super) fn secret_of(id: &AccessKeyId, secrets: &Key32) -> SecretKey {
    let info = [b"ak\0", id.as_str().as_bytes()].concat();
    // Its length is known beforehand, so the text is written once and never moved.
    let text = URL_SAFE_NO_PAD.encode(derive(secrets, &info).as_slice());
    SecretKey::new(Zeroizing::new(text.into_bytes().into_boxed_slice()))
}
