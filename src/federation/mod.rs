//! Identities that an OIDC provider vouches for (section 4 of the identities sheet): its registration, its keys,
//! and whether a token that is shown is its word.
//!
//! Pure: keys and time are arguments. A token is read once and strictly; nothing of a claim is believed before the signature
//! has matched, and no text of a token is repeated in an error (STS-41).

mod algorithm;
mod claims;
mod error;
mod jwk;
mod key_set;
mod provider;
mod token;
mod wanted;

pub use algorithm::Algorithm;
pub use claims::Identity;
pub use error::{Fault, TokenError};
pub use jwk::{Key, Unusable};
pub use key_set::{KEYS_MAX, KeySet, KeySetError, SET_BYTES_MAX};
pub use provider::{
    ClientId, Fingerprint, ISSUANCE_HOURS_DEFAULT, ISSUANCE_HOURS_MAX, IssuerUrl, KeySource,
    OidcProvider, ProviderArn,
};
pub use token::{KeyName, TOKEN_BYTES_MAX, UnverifiedToken};
pub use wanted::{Fetched, KeysWanted};
