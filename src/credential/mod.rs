//! `AccessKey` pairs (ID-20, ID-21, ID-24) and the credentials of sessions: what the keys file says, and the look-up of a
//! request.
//!
//! The text of a secret goes into a [`SecretKey`](crate::ident::SecretKey) and never into a message. Who owns a key is
//! decided when the keys meet the directory; a key without an owner is left out and warned about.

mod access_key;
mod keys_file;
mod networks;

pub use access_key::{AccessKey, AccessKeys, KeyMaterial, Session, Status};
pub use keys_file::{KeyEntries, KeyEntry, KeyOwner, SessionEntry, parse};
pub use networks::Network;
