//! Rings and sessions that tests mint themselves.

use ramgate::ident::UnixSeconds;
use ramgate::token::{IssuerKey, Kid, Payload, RingEntry, Source, SourceId, Times, write};
use zeroize::Zeroizing;

use super::ACCOUNT;

pub const ID: &str = "STS.RG0000000000000000000000TEST";

/// A ring of one key that seals for a day from `from` on.
pub fn ring_file(from: i64, issuer: Option<&IssuerKey>) -> Zeroizing<String> {
    write(&[entry(1, from, issuer)])
}

/// The same with another key.
pub fn other_ring_file(from: i64) -> Zeroizing<String> {
    write(&[entry(2, from, None)])
}

pub fn entry(number: u8, from: i64, issuer: Option<&IssuerKey>) -> RingEntry {
    let times = Times::sealing_for(UnixSeconds(from), 86_400);
    let key = Zeroizing::new([number; 32]);
    let account = ACCOUNT.parse().unwrap();
    let issuer = issuer.map(IssuerKey::public);
    RingEntry::new(Kid([number; 8]), account, key, times, issuer).unwrap()
}

/// An hour of the role `served`, obtained by the user `served`.
pub fn payload(issued: i64) -> Payload {
    let account = ACCOUNT.parse().unwrap();
    let user = SourceId::User("200000000000000077".parse().unwrap());
    Payload {
        access_key_id: ID.parse().unwrap(),
        issued: UnixSeconds(issued),
        expires: UnixSeconds(issued + 3600),
        account,
        role_id: "300000000000000077".parse().unwrap(),
        role_name: "served".parse().unwrap(),
        session_name: "alice".parse().unwrap(),
        source: Source { account, id: user },
        federation: None,
        source_identity: None,
        policy: None,
        chain: None,
        mfa: None,
    }
}
