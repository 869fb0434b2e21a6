//! The key pair of an issuer: only it signs tokens of version 2.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use super::{HEADER_BYTES, SIGNATURE_BYTES, SIGNED_PREFIX};

/// The private half: whoever has it can mint sessions. Wiped when dropped.
pub struct IssuerKey(SigningKey);

/// The public half, which verifiers hold.
#[derive(Clone, PartialEq, Eq)]
pub struct IssuerPublic(VerifyingKey);

impl IssuerKey {
    /// The pair that follows from 32 secret bytes.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// Reads the text of an issuer's file.
    pub fn from_text(text: &[u8]) -> Option<Self> {
        bytes32(text).map(|seed| Self::from_seed(&seed))
    }

    /// The text of an issuer's file.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(self.0.as_bytes()))
    }

    /// The other half.
    pub fn public(&self) -> IssuerPublic {
        IssuerPublic(self.0.verifying_key())
    }

    pub(super) fn sign(
        &self,
        header: &[u8; HEADER_BYTES],
        payload: &[u8],
    ) -> [u8; SIGNATURE_BYTES] {
        self.0.sign(&signed(header, payload)).to_bytes()
    }
}

impl IssuerPublic {
    /// Reads the public half. Keys under which a signature would say nothing are refused.
    pub fn from_text(text: &[u8]) -> Option<Self> {
        let key = VerifyingKey::from_bytes(&*bytes32(text)?).ok()?;
        (!key.is_weak()).then_some(Self(key))
    }

    /// The text of the public half.
    pub fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.as_bytes())
    }

    pub(super) fn verifies(
        &self,
        header: &[u8; HEADER_BYTES],
        payload: &[u8],
        signature: &[u8; SIGNATURE_BYTES],
    ) -> bool {
        let signature = Signature::from_bytes(signature);
        self.0.verify_strict(&signed(header, payload), &signature).is_ok()
    }
}

fn signed(header: &[u8; HEADER_BYTES], payload: &[u8]) -> Vec<u8> {
    [SIGNED_PREFIX, header, payload].concat()
}

/// 32 bytes as base64url without padding.
pub(super) fn bytes32(text: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
    <[u8; 32]>::try_from(bytes.as_slice()).ok().map(Zeroizing::new)
}

impl fmt::Debug for IssuerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IssuerKey(..)")
    }
}

impl fmt::Debug for IssuerPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IssuerPublic({})", self.to_text())
    }
}
