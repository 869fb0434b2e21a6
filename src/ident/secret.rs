use std::fmt;

use ctutils::CtEq;
use zeroize::Zeroizing;

/// A secret, wiped from memory when dropped. It cannot be printed, copied, compared or serialised.
pub struct SecretKey(Zeroizing<Box<[u8]>>);

impl SecretKey {
    /// Takes over the bytes of a secret.
    pub fn new(bytes: Zeroizing<Box<[u8]>>) -> Self {
        Self(bytes)
    }

    /// Whether these are the same bytes, in a time that does not depend on where they differ.
    pub fn is(&self, given: &[u8]) -> bool {
        self.0.ct_eq(given).to_bool()
    }

    /// The bytes, for keying a MAC and nothing else.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

/// In a time that does not depend on where they differ.
impl PartialEq for SecretKey {
    fn eq(&self, other: &Self) -> bool {
        self.is(&other.0)
    }
}

impl From<&str> for SecretKey {
    fn from(text: &str) -> Self {
        Self(Zeroizing::new(text.as_bytes().into()))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}
