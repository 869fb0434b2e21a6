//! The list of 5.9: each token differs from a good one in one thing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::fixture::{
    Vectors, bytes, entry_of, id, issuer, kid, nonce, now, payload, times, v1, v2, vectors,
};
use crate::ident::UnixSeconds;
use crate::token::seal::{header, seal_body};
use crate::token::{Fault, IssuerKey, KeyRing, Kid, OpenError, Payload, PayloadError, Times};

fn both() -> [(KeyRing, String); 2] {
    [(v1(), vectors().v1_token), (v2(), vectors().v2_token)]
}

/// Magic and version, key id, then nonce, ciphertext, tag.
#[test]
fn every_single_bit() {
    for (ring, token) in both() {
        let good = URL_SAFE_NO_PAD.decode(&token).unwrap();
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            let error = ring.open(&URL_SAFE_NO_PAD.encode(&bad), &id(), now()).unwrap_err();
            let expected = match bit / 8 {
                0 | 1 => OpenError::Magic,
                2 if matches!(bad[2], 1 | 2) => OpenError::Version,
                2 => OpenError::Magic,
                3..11 => OpenError::UnknownKey,
                _ => OpenError::Seal,
            };
            assert_eq!((error, error.fault()), (expected, Fault::Malformed), "bit {bit}");
        }
    }
}

#[test]
fn every_length() {
    for (ring, token) in both() {
        for length in 0..token.len() {
            let error = ring.open(token.get(..length).unwrap(), &id(), now()).unwrap_err();
            let fits = matches!(error, OpenError::Length | OpenError::Encoding | OpenError::Seal);
            assert!(fits && error.fault() == Fault::Malformed, "{length}: {error:?}");
        }
        let mut bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        while bytes.pop().is_some() {
            let text = URL_SAFE_NO_PAD.encode(&bytes);
            let expected = if bytes.len() < 51 { OpenError::Length } else { OpenError::Seal };
            assert_eq!(ring.open(&text, &id(), now()).unwrap_err(), expected, "{}", bytes.len());
        }
    }
    assert_eq!(v1().open(&"A".repeat(4097), &id(), now()).unwrap_err(), OpenError::Length);
    assert_eq!(v1().open(&"A".repeat(4096), &id(), now()).unwrap_err(), OpenError::Magic);
}

#[test]
fn spellings_of_base64() {
    let Vectors { v1_token, v2_token, .. } = vectors();
    let last = v1_token.chars().last().unwrap();
    assert_eq!(last, 'A', "266 characters end in four bits that say nothing");
    for (ring, bad) in [
        (v1(), format!("{v1_token}=")),
        (v1(), format!("{v1_token}==")),
        (v1(), v1_token.replacen('-', "+", 1)),
        (v1(), v1_token.replacen('_', "/", 1)),
        (v1(), format!("{}B", v1_token.get(..265).unwrap())),
        (v1(), format!(" {v1_token}")),
        (v1(), format!("{v1_token}\n")),
        (v2(), v2_token.replacen('-', "+", 1)),
        (v2(), format!("{v2_token}=")),
    ] {
        assert_eq!(ring.open(&bad, &id(), now()).unwrap_err(), OpenError::Encoding, "{bad}");
    }
}

/// TOK-04, also where somebody holds the key and seals the other version himself.
#[test]
fn versions() {
    check(&v2(), &vectors().v1_token, OpenError::Version);
    check(&v1(), &vectors().v2_token, OpenError::Version);
    let (ring, payload) = (v2(), payload().encode().unwrap());
    let held = &ring.held[&kid()];
    let mut down = header(held);
    down[2] = 1;
    check(&ring, &seal_body(held, down, &payload, nonce()).unwrap(), OpenError::Version);
}

#[test]
fn signatures() {
    let ring = v2();
    let held = &ring.held[&kid()];
    let (header, payload) = (header(held), payload().encode().unwrap());
    let sealed = |body: &[u8]| seal_body(held, header, body, nonce()).unwrap();
    let signed = |key: &IssuerKey, header| [&payload[..], &key.sign(header, &payload)].concat();
    ring.open(&sealed(&signed(&issuer(), &header)), &id(), now()).unwrap();
    check(&ring, &sealed(&payload), OpenError::Signature);
    check(&ring, &sealed(&[0; 63]), OpenError::Signature);
    check(&ring, &sealed(&[]), OpenError::Signature);
    let other = IssuerKey::from_seed(&[7; 32]);
    check(&ring, &sealed(&signed(&other, &header)), OpenError::Signature);
    // Of the same payload under another key of the ring.
    let mut elsewhere = header;
    elsewhere[3] ^= 1;
    check(&ring, &sealed(&signed(&issuer(), &elsewhere)), OpenError::Signature);
    let mut flipped = signed(&issuer(), &header);
    *flipped.last_mut().unwrap() ^= 0x80;
    check(&ring, &sealed(&flipped), OpenError::Signature);
}

#[test]
fn payloads_under_a_good_seal() {
    let good = bytes(&vectors().payload);
    let ring = v1();
    let held = &ring.held[&kid()];
    let sealed = |body: &[u8]| seal_body(held, header(held), body, nonce()).unwrap();
    ring.open(&sealed(&good), &id(), now()).unwrap();
    let trailing = [&good[..], &[0]].concat();
    check(&ring, &sealed(&trailing), OpenError::Payload(PayloadError::Encoding));
    let mut unknown = [&good[..], &[19, 0]].concat();
    unknown[0] += 1;
    check(&ring, &sealed(&unknown), OpenError::Payload(PayloadError::Encoding));
    check(&ring, &sealed(&[]), OpenError::Payload(PayloadError::Encoding));
}

#[test]
fn the_access_key_of_the_request() {
    for other in [
        "STS.RG0000000000000000000000TESU",
        "STS.RG",
        "LTAI5tExample",
        "STS.RG0000000000000000000000TEST0",
    ] {
        let error = v1().open(&vectors().v1_token, &other.parse().unwrap(), now()).unwrap_err();
        assert_eq!((error, error.fault()), (OpenError::AccessKey, Fault::Mismatch), "{other}");
    }
}

#[test]
fn accounts() {
    let entry = entry_of(kid(), "1234567890123457", times(), None);
    let ring: KeyRing = [entry].into_iter().collect();
    check(&ring, &vectors().v1_token, OpenError::Account);
}

#[test]
fn times_of_tokens() {
    let (issued, expires) = (vectors().issued, vectors().expires);
    let at = |now: i64| v1().open(&vectors().v1_token, &id(), UnixSeconds(now)).map(|_opened| ());
    assert_eq!(at(issued - 60), Ok(()));
    assert_eq!(at(issued - 61), Err(OpenError::IssuedAhead));
    assert_eq!(at(expires - 1), Ok(()));
    assert_eq!(at(expires), Err(OpenError::Expired));
    assert_eq!(
        (OpenError::Expired.fault(), OpenError::IssuedAhead.fault()),
        (Fault::Expired, Fault::Malformed)
    );
}

#[test]
fn times_of_keys() {
    let issued = vectors().issued;
    let opens = |not_before: i64, seal_until: i64, open_until: i64| {
        let second = |offset: i64| UnixSeconds(issued + offset);
        let times = Times {
            not_before: second(not_before),
            seal_until: second(seal_until),
            open_until: second(open_until),
        };
        let ring: KeyRing =
            [entry_of(kid(), "1234567890123456", times, None)].into_iter().collect();
        ring.open(&vectors().v1_token, &id(), now()).map(|_opened| ())
    };
    assert_eq!(opens(0, 1, 99_999), Ok(()));
    assert_eq!(opens(60, 61, 99_999), Ok(()));
    assert_eq!(opens(61, 62, 99_999), Err(OpenError::IssuedOutside));
    assert_eq!(opens(-100, -59, 99_999), Ok(()));
    assert_eq!(opens(-100, -60, 99_999), Err(OpenError::IssuedOutside));
    assert_eq!(opens(0, 1, 61), Ok(()));
    assert_eq!(opens(0, 1, 60), Err(OpenError::ClosedKey));
    assert_eq!(OpenError::ClosedKey.fault(), Fault::Expired);
    assert_eq!(OpenError::IssuedOutside.fault(), Fault::Malformed);
}

/// What a cache remembers is admitted again for every request.
#[test]
fn a_remembered_token_is_no_pass() {
    let opened = v1().unseal(&vectors().v1_token, now()).unwrap();
    let admit = |ring: &KeyRing, now| ring.admit(&opened, &id(), now);
    assert_eq!(admit(&v1(), now()), Ok(()));
    assert_eq!(admit(&KeyRing::default(), now()), Err(OpenError::UnknownKey));
    assert_eq!(admit(&v1(), times().open_until), Err(OpenError::ClosedKey));
    assert_eq!(admit(&v1(), payload().expires), Err(OpenError::Expired));
    assert!(KeyRing::default().secret(&opened).is_none());
}

#[test]
fn tokens_of_another_ring() {
    let ring: KeyRing =
        [entry_of(Kid([1; 8]), "1234567890123456", times(), None)].into_iter().collect();
    check(&ring, &vectors().v1_token, OpenError::UnknownKey);
    check(&KeyRing::default(), &vectors().v1_token, OpenError::UnknownKey);
    // Real tokens of the cloud begin with this.
    check(&v1(), &format!("CAIS{}", "A".repeat(300)), OpenError::Magic);
}

/// A token that says little opens: the smallest body there can be.
#[test]
fn sizes() {
    let sealed = v1().seal(&payload(), None, nonce()).unwrap().token;
    assert_eq!(sealed.len(), 266);
    let sealed = v2().seal(&payload(), Some(&issuer()), nonce()).unwrap().token;
    assert_eq!(sealed.len(), 351);
    let _readable: Payload = v2().unseal(&sealed, now()).unwrap().payload;
}

#[track_caller]
fn check(ring: &KeyRing, token: &str, expected: OpenError) {
    let error = ring.open(token, &id(), now()).unwrap_err();
    assert_eq!((error, error.fault()), (expected, Fault::Malformed));
}
