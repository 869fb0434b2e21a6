//! One key of a set (RFC 7517, RFC 7518), or why it is not used (4.2, step 4).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Algorithm;
use crate::strict::Json;

/// RSA keys have at least this many bits.
const RSA_BITS_MIN: usize = 2048;
/// And at most this many: a longer one only costs time.
const RSA_BITS_MAX: usize = 8192;
/// The longest public exponent that is taken.
const EXPONENT_BITS_MAX: usize = 33;
/// What stands before the coordinates of a point that is not compressed.
const UNCOMPRESSED: u8 = 4;

/// A public key that may verify tokens.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    id: Option<Box<str>>,
    algorithm: Option<Algorithm>,
    material: Material,
}

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Material {
    /// Modulus and exponent, big-endian, without leading zeros.
    Rsa { n: Box<[u8]>, e: Box<[u8]> },
    /// A point that is not compressed.
    Ec { curve: Curve, point: Box<[u8]> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
}

/// Why a key of a set is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Not an object, or a member has another type than the standard says.
    #[error("it is not written as a key")]
    Form,
    /// `kty` or `crv`.
    #[error("it is neither an RSA key nor one on P-256 or P-384")]
    Kind,
    /// A key that anybody can sign with who reads the set.
    #[error("its secret half is in the set, so whoever reads the set can sign with it")]
    Secret,
    /// `use` or `key_ops`.
    #[error("it is not meant for verifying signatures")]
    Purpose,
    /// `alg`
    #[error("its `alg` is not one that tokens may be signed with")]
    Algorithm,
    /// The modulus.
    #[error("its modulus is shorter than 2048 bits or longer than 8192")]
    Length,
    /// The public exponent.
    #[error("its public exponent is even, smaller than 3 or very large")]
    Exponent,
    /// The numbers of a key.
    #[error("its numbers are not base64url of the right length without padding or leading zeros")]
    Encoding,
}

impl Key {
    /// Reads an entry of `keys`.
    pub(super) fn read(entry: &Json) -> Result<Self, Unusable> {
        let Json::Object(_) = entry else { return Err(Unusable::Form) };
        let kind = text(entry, "kty")?.ok_or(Unusable::Form)?;
        if ["d", "k", "p", "q", "dp", "dq", "qi", "oth"].iter().any(|it| entry.get(it).is_some()) {
            return Err(Unusable::Secret);
        }
        for_verifying(entry)?;
        let algorithm = text(entry, "alg")?.map(Algorithm::find);
        let algorithm = algorithm.map(|it| it.ok_or(Unusable::Algorithm)).transpose()?;
        let material = match kind {
            "RSA" => rsa(entry)?,
            "EC" => ec(entry)?,
            _ => return Err(Unusable::Kind),
        };
        if algorithm.is_some_and(|algorithm| !algorithm.takes(&material)) {
            return Err(Unusable::Algorithm);
        }
        Ok(Self { id: text(entry, "kid")?.map(Box::from), algorithm, material })
    }

    /// `kid`
    pub(super) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Whether it may verify signatures of this algorithm.
    pub(super) fn is_for(&self, algorithm: Algorithm) -> bool {
        self.algorithm.is_none_or(|own| own == algorithm) && algorithm.takes(&self.material)
    }

    /// Whether its holder signed the text.
    pub(super) fn verifies(&self, algorithm: Algorithm, text: &[u8], signature: &[u8]) -> bool {
        self.is_for(algorithm) && algorithm.verifies(&self.material, text, signature)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The text of a member that may be missing.
fn text<'j>(entry: &'j Json, name: &str) -> Result<Option<&'j str>, Unusable> {
    entry.get(name).map(|value| value.as_str().ok_or(Unusable::Form)).transpose()
}

fn for_verifying(entry: &Json) -> Result<(), Unusable> {
    if text(entry, "use")?.is_some_and(|it| it != "sig") {
        return Err(Unusable::Purpose);
    }
    match entry.get("key_ops") {
        None => Ok(()),
        Some(Json::Array(items)) if items.iter().any(|it| it.as_str() == Some("verify")) => Ok(()),
        Some(Json::Array(_)) => Err(Unusable::Purpose),
        Some(_other) => Err(Unusable::Form),
    }
}

fn bytes(entry: &Json, name: &str) -> Result<Box<[u8]>, Unusable> {
    let text = text(entry, name)?.ok_or(Unusable::Form)?;
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_text| Unusable::Encoding)?;
    Ok(bytes.into())
}

/// A number as RFC 7518 wants it: no zeros before it.
fn number(entry: &Json, name: &str) -> Result<Box<[u8]>, Unusable> {
    let bytes = bytes(entry, name)?;
    if bytes.first().is_none_or(|first| *first == 0) { Err(Unusable::Encoding) } else { Ok(bytes) }
}

fn bits(number: &[u8]) -> usize {
    let zeros = number.first().map_or(0, |first| first.leading_zeros() as usize);
    (8 * number.len()).saturating_sub(zeros)
}

fn rsa(entry: &Json) -> Result<Material, Unusable> {
    let (n, e) = (number(entry, "n")?, number(entry, "e")?);
    if !(RSA_BITS_MIN..=RSA_BITS_MAX).contains(&bits(&n)) {
        return Err(Unusable::Length);
    }
    let odd = e.last().is_some_and(|last| last % 2 == 1);
    let one = *e == [1];
    if !odd || one || bits(&e) > EXPONENT_BITS_MAX {
        return Err(Unusable::Exponent);
    }
    Ok(Material::Rsa { n, e })
}

fn ec(entry: &Json) -> Result<Material, Unusable> {
    let (curve, length) = match text(entry, "crv")?.ok_or(Unusable::Form)? {
        "P-256" => (Curve::P256, 32),
        "P-384" => (Curve::P384, 48),
        _ => return Err(Unusable::Kind),
    };
    let (x, y) = (bytes(entry, "x")?, bytes(entry, "y")?);
    if x.len() != length || y.len() != length {
        return Err(Unusable::Encoding);
    }
    Ok(Material::Ec { curve, point: [&[UNCOMPRESSED], &*x, &*y].concat().into() })
}
