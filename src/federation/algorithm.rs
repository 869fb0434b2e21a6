//! The signature algorithms that a provider may be registered with (4.2, step 2). There is no `none` and no `HS256` among them,
//! so that neither can be chosen.

use std::fmt;
use std::str::FromStr;

use ring::signature::{
    self, EcdsaVerificationAlgorithm, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey,
};

use super::jwk::{Curve, Material};

/// An algorithm, as `alg` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256: the one that is taken where nothing else is said.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
}

/// What an algorithm verifies with.
enum Verifier {
    Rsa(&'static RsaParameters),
    Ec(Curve, &'static EcdsaVerificationAlgorithm),
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
        }
    }

    /// Finds one by its exact name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == name)
    }

    fn verifier(self) -> Verifier {
        match self {
            Self::Rs256 => Verifier::Rsa(&signature::RSA_PKCS1_2048_8192_SHA256),
            Self::Rs384 => Verifier::Rsa(&signature::RSA_PKCS1_2048_8192_SHA384),
            Self::Rs512 => Verifier::Rsa(&signature::RSA_PKCS1_2048_8192_SHA512),
            Self::Ps256 => Verifier::Rsa(&signature::RSA_PSS_2048_8192_SHA256),
            Self::Ps384 => Verifier::Rsa(&signature::RSA_PSS_2048_8192_SHA384),
            Self::Ps512 => Verifier::Rsa(&signature::RSA_PSS_2048_8192_SHA512),
            Self::Es256 => Verifier::Ec(Curve::P256, &signature::ECDSA_P256_SHA256_FIXED),
            Self::Es384 => Verifier::Ec(Curve::P384, &signature::ECDSA_P384_SHA384_FIXED),
        }
    }

    /// Whether it is for keys of this kind.
    pub(super) fn takes(self, material: &Material) -> bool {
        match (self.verifier(), material) {
            (Verifier::Rsa(_), Material::Rsa { .. }) => true,
            (Verifier::Ec(wanted, _), Material::Ec { curve, .. }) => wanted == *curve,
            _ => false,
        }
    }

    /// Whether the holder of the key signed the text. A key of another kind verifies nothing.
    pub(super) fn verifies(self, material: &Material, text: &[u8], signature: &[u8]) -> bool {
        match (self.verifier(), material) {
            (Verifier::Rsa(parameters), Material::Rsa { n, e }) => {
                RsaPublicKeyComponents { n, e }.verify(parameters, text, signature).is_ok()
            }
            (Verifier::Ec(wanted, algorithm), Material::Ec { curve, point }) => {
                let key = UnparsedPublicKey::new(algorithm, point);
                wanted == *curve && key.verify(text, signature).is_ok()
            }
            _ => false,
        }
    }
}

/// A name that is no algorithm here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is none of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384")]
pub struct UnknownAlgorithm;

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(text: &str) -> Result<Self, UnknownAlgorithm> {
        Self::find(text).ok_or(UnknownAlgorithm)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
