//! Keys of which only the public half is registered (2.8, 3.6).

use std::fmt;

use rsa::pkcs1v15::{Signature, VerifyingKey};
use rsa::pkcs8::DecodePublicKey;
use rsa::signature::Verifier;
use rsa::traits::PublicKeyParts;
use sha2::Sha256;

/// Shorter keys are refused (2.8).
const BITS_MIN: u32 = 2048;

/// The public half of an RSA key pair.
pub struct PublicKey(VerifyingKey<Sha256>);

impl PublicKey {
    /// Reads `-----BEGIN PUBLIC KEY-----`. `None`: it is no RSA key, or a short one.
    pub fn from_pem(pem: &str) -> Option<Self> {
        let key = rsa::PublicKey::from_public_key_pem(pem.trim()).ok()?;
        (key.n().bit_width() >= BITS_MIN).then(|| Self(VerifyingKey::new(key)))
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256.
    pub(super) fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        Signature::try_from(signature)
            .is_ok_and(|signature| self.0.verify(text.as_bytes(), &signature).is_ok())
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_ref() == other.0.as_ref()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey(..)")
    }
}
