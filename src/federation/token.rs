//! A token as it comes: a compact JWS (RFC 7515), read strictly (4.2, steps 2 to 5).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::claims::Claims;
use super::{Algorithm, Identity, KeySet, OidcProvider, TokenError};
use crate::ident::UnixSeconds;
use crate::strict::{self, Json, JsonLimits};

/// The longest text that is taken for a token.
pub const TOKEN_BYTES_MAX: usize = 20_000;
const TOKEN_BYTES_MIN: usize = 4;
const HEADER_BYTES_MAX: usize = 4 * 1024;
const DEPTH_MAX: usize = 16;

/// The key that a token says it is signed with. Names are the issuer's choice, and nothing is known of them yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyName {
    /// `kid`
    pub id: Option<Box<str>>,
    /// `alg`
    pub algorithm: Algorithm,
}

/// A token of the right form, which says that it is of its provider. Nobody has proven it.
pub struct UnverifiedToken<'t> {
    key: KeyName,
    /// Header and claims as they are signed.
    signed: &'t str,
    signature: Vec<u8>,
    claims: Claims,
}

impl<'t> UnverifiedToken<'t> {
    /// Reads a token that is shown as one of `provider` (steps 2, 3 and 11). That claims are read before the signature is
    /// checked decides nothing: they are only held against the issuer, so that strangers cannot have signatures verified or
    /// keys fetched.
    pub fn read(text: &'t str, provider: &OidcProvider) -> Result<Self, TokenError> {
        if !(TOKEN_BYTES_MIN..=TOKEN_BYTES_MAX).contains(&text.len()) {
            return Err(TokenError::Length);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(TokenError::Encoding)?;
        let (header, claims) = signed.split_once('.').ok_or(TokenError::Encoding)?;
        let (header, claims, signature) = (decode(header)?, decode(claims)?, decode(signature)?);
        let key = key_name(&header, provider)?;
        let claims = Claims::new(object(&claims).ok_or(TokenError::Claims)?);
        if claims.issuer() != Some(provider.issuer.as_str()) {
            return Err(TokenError::Issuer);
        }
        Ok(Self { key, signed, signature, claims })
    }

    /// The key that it says it is signed with.
    pub fn key(&self) -> &KeyName {
        &self.key
    }

    /// Whom the provider vouches for (steps 4 to 10).
    pub fn verify(
        &self,
        keys: &KeySet,
        provider: &OidcProvider,
        now: UnixSeconds,
    ) -> Result<Identity, TokenError> {
        let key = keys.find(&self.key).ok_or(TokenError::NoKey)?;
        if !key.verifies(self.key.algorithm, self.signed.as_bytes(), &self.signature) {
            return Err(TokenError::Signature);
        }
        self.claims.identity(provider, now)
    }
}

impl fmt::Debug for UnverifiedToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnverifiedToken(..)")
    }
}

/// The one text for these bytes: no padding, no other alphabet, no bits left over. A second dot is no letter of the alphabet.
fn decode(part: &str) -> Result<Vec<u8>, TokenError> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_text| TokenError::Encoding)?;
    if bytes.is_empty() { Err(TokenError::Encoding) } else { Ok(bytes) }
}

fn object(bytes: &[u8]) -> Option<Json> {
    let limits = JsonLimits { bytes_max: TOKEN_BYTES_MAX, depth_max: DEPTH_MAX };
    let json = strict::json(std::str::from_utf8(bytes).ok()?, limits).ok()?;
    matches!(json, Json::Object(_)).then_some(json)
}

/// What the header says of the key. Keys and addresses of keys in it are ignored: who brings a key has not shown that it is
/// the provider's.
fn key_name(header: &[u8], provider: &OidcProvider) -> Result<KeyName, TokenError> {
    if header.len() > HEADER_BYTES_MAX {
        return Err(TokenError::Length);
    }
    let header = object(header).ok_or(TokenError::Header)?;
    let named = header.get("alg").and_then(Json::as_str).and_then(Algorithm::find);
    let algorithm = named.filter(|algorithm| provider.algorithms.contains(algorithm));
    let algorithm = algorithm.ok_or(TokenError::Algorithm)?;
    if header.get("crit").is_some() {
        return Err(TokenError::Critical);
    }
    let id = match header.get("kid") {
        None => None,
        Some(Json::String(id)) => Some(id.clone()),
        Some(_other) => return Err(TokenError::Header),
    };
    Ok(KeyName { id, algorithm })
}
