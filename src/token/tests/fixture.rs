//! The ring, the session and the numbers of `tests/vectors/session-tokens.json`.

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::ident::{AccessKeyId, UnixSeconds};
use crate::token::{
    IssuerKey, IssuerPublic, KeyRing, Kid, Payload, RingEntry, Source, SourceId, Times,
};

#[derive(Deserialize)]
pub(super) struct Vectors {
    pub(super) key: String,
    pub(super) kid: String,
    pub(super) nonce: String,
    pub(super) seal_key: String,
    pub(super) secret_key: String,
    pub(super) access_key_id: String,
    pub(super) secret: String,
    pub(super) payload: String,
    pub(super) v1_token: String,
    pub(super) v2_token: String,
    pub(super) issuer_seed: String,
    pub(super) issuer_public: String,
    pub(super) issued: i64,
    pub(super) expires: i64,
}

pub(super) fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../../../tests/vectors/session-tokens.json")).unwrap()
}

pub(super) fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        hex.chars().map(|it| u8::try_from(it.to_digit(16).unwrap()).unwrap()).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

pub(super) fn array<const N: usize>(hex: &str) -> [u8; N] {
    bytes(hex).try_into().unwrap()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from_digit(digit.into(), 16).unwrap()).collect()
}

pub(super) fn kid() -> Kid {
    vectors().kid.parse().unwrap()
}

pub(super) fn nonce() -> [u8; 24] {
    array(&vectors().nonce)
}

pub(super) fn issuer() -> IssuerKey {
    IssuerKey::from_seed(&array(&vectors().issuer_seed))
}

pub(super) fn id() -> AccessKeyId {
    vectors().access_key_id.parse().unwrap()
}

/// While the session of the vectors lives.
pub(super) fn now() -> UnixSeconds {
    UnixSeconds(vectors().issued + 60)
}

pub(super) fn times() -> Times {
    let issued = vectors().issued;
    Times::sealing_for(UnixSeconds(issued - 25_600), 86_400)
}

pub(super) fn entry(issuer: Option<IssuerPublic>) -> RingEntry {
    entry_of(kid(), "1234567890123456", times(), issuer)
}

pub(super) fn entry_of(
    kid: Kid,
    account: &str,
    times: Times,
    issuer: Option<IssuerPublic>,
) -> RingEntry {
    let key = Zeroizing::new(array(&vectors().key));
    RingEntry::new(kid, account.parse().unwrap(), key, times, issuer).unwrap()
}

pub(super) fn v1() -> KeyRing {
    [entry(None)].into_iter().collect()
}

pub(super) fn v2() -> KeyRing {
    [entry(Some(issuer().public()))].into_iter().collect()
}

pub(super) fn payload() -> Payload {
    let vectors = vectors();
    Payload {
        access_key_id: id(),
        issued: UnixSeconds(vectors.issued),
        expires: UnixSeconds(vectors.expires),
        account: "1234567890123456".parse().unwrap(),
        role_id: "300000000000000001".parse().unwrap(),
        role_name: "adminrole".parse().unwrap(),
        session_name: "alice".parse().unwrap(),
        source: Source {
            account: "1234567890123456".parse().unwrap(),
            id: SourceId::User("200000000000000001".parse().unwrap()),
        },
        federation: None,
        source_identity: None,
        policy: None,
        chain: None,
        mfa: None,
    }
}
