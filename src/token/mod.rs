//! Session tokens: sealed, self-contained, bound to their `AccessKey` id (section 5 of the identities sheet).
//!
//! A token says who its session is. Whoever holds the key ring opens it offline, and computes the secret of its pair;
//! nothing is stored for a session. Pure: time and randomness are arguments, and what is revoked since is asked elsewhere.
//! Every failure is a typed [`OpenError`] for the log; callers see the three codes of [`Fault`] (TOK-21).

mod access_key;
mod cbor;
mod chain;
mod decode;
mod encode;
mod entry;
mod error;
mod issuer;
mod kid;
mod open;
mod payload;
mod ring;
mod ring_file;
mod seal;

pub use access_key::{ACCESS_KEY_ENTROPY_BYTES, access_key_id, is_minted};
pub use chain::{Ancestor, Chain, Federation, Source, SourceId};
pub use entry::{EntryError, EntryState, RingEntry, Times, Version};
pub use error::{Fault, OpenError, PayloadError, SealError};
pub use issuer::{IssuerKey, IssuerPublic};
pub use kid::Kid;
pub use open::{Opened, peek};
pub use payload::{LIFETIME_SECONDS_MAX, LIFETIME_SECONDS_MIN, Payload};
pub use ring::KeyRing;
pub use ring_file::{parse, write};
pub use seal::Issued;

/// The longest text that is taken for a token (5.5).
pub const TOKEN_BYTES_MAX: usize = 4096;

const MAGIC: [u8; 2] = *b"RG";
/// Magic, version, key id.
const HEADER_BYTES: usize = 11;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
const SIGNATURE_BYTES: usize = 64;
/// What an issuer signs begins with this, so that the signature is good for nothing else.
const SIGNED_PREFIX: &[u8] = b"ramgate/sts/v2/sig\0";

#[cfg(test)]
mod tests;
