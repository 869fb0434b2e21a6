use super::fixture::{entry_of, issuer, nonce, payload, times, vectors};
use crate::ident::UnixSeconds;
use crate::strict::{Severity, count_errors};
use crate::token::{EntryState, KeyRing, Kid, SealError, Times, parse, write};

const FILE: &str = r#"{ "v": 1,
  "entries": [
    { "kid": "a1b2c3d4e5f60718", "account": "1234567890123456",
      "key": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
      "not_before": 1767200000, "seal_until": 1767286400, "open_until": 1767333200,
      "issuer_pub": null } ] }
"#;

#[test]
fn files() {
    let (entries, problems) = parse("ring.json", FILE);
    assert!(problems.is_empty(), "{problems:?}");
    let entry = &entries[0];
    assert_eq!(entry.kid.to_string(), "a1b2c3d4e5f60718");
    assert_eq!(super::fixture::hex(entry.key()), vectors().key);
    let written = write(&entries);
    let (again, problems) = parse("ring.json", &written);
    assert!(problems.is_empty() && again.len() == 1, "{problems:?}");
    assert_eq!(*write(&again), *written);
    let signed = entry_of(Kid([1; 8]), "1", times(), Some(issuer().public()));
    let (again, problems) = parse("ring.json", &write([entry, &signed]));
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(again[1].issuer, signed.issuer);
}

#[test]
fn files_that_are_refused() {
    let second = FILE.replace("null } ]", "null },\n    { \"kid\": \"a1b2c3d4e5f60718\", \"account\": \"1\", \"key\": \"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\", \"not_before\": 1, \"seal_until\": 2, \"open_until\": 99999 } ]");
    for (from, to, field, line) in [
        ("\"v\": 1", "\"v\": 2", "v", 1),
        ("\"v\": 1,", "", "v", 1),
        ("entries", "entires", "entries", 1),
        ("a1b2c3d4e5f60718", "a1b2c3d4e5f6071", "entries[0].kid", 3),
        ("a1b2c3d4e5f60718", "A1B2C3D4E5F60718", "entries[0].kid", 3),
        ("a1b2c3d4e5f60718", "+1b2c3d4e5f60718", "entries[0].kid", 3),
        ("1234567890123456", "x", "entries[0].account", 3),
        ("GxwdHh8", "GxwdHg", "entries[0].key", 4),
        ("GxwdHh8", "GxwdHh8=", "entries[0].key", 4),
        ("GxwdHh8", "GxwdHh9", "entries[0].key", 4), // bits that say nothing
        ("1767200000", "1767286401", "entries[0].not_before", 5),
        ("1767333200", "1767286400", "entries[0].seal_until", 5),
        ("1767200000", "-1", "entries[0].not_before", 5),
        ("1767333200", "9223372036854775807", "entries[0].open_until", 5),
        ("1767333200", "1e9", "entries[0].open_until", 5),
        ("null", "\"AAAA\"", "entries[0].issuer_pub", 6),
        // A point of small order verifies anything.
        ("null", "\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"", "entries[0].issuer_pub", 6),
        ("issuer_pub", "issuer_pb", "entries[0]", 6),
    ] {
        check_refused(&FILE.replacen(from, to, 1), field, line);
    }
    check_refused(&second, "entries[1].kid", 7);
}

#[track_caller]
fn check_refused(text: &str, field: &str, line: u32) {
    let (_, problems) = parse("ring.json", text);
    let found = problems.iter().find(|it| it.severity == Severity::Error && it.field == field);
    let found = found.unwrap_or_else(|| panic!("{field}: {problems:#?}\n{text}"));
    assert_eq!((found.file.as_str(), found.at.line), ("ring.json", line), "{found}");
    let shown = format!("{problems:?}");
    assert!(!shown.contains("AAECAwQF") && !shown.contains("AQAAAA"), "{shown}");
}

#[test]
fn a_ring_that_closes_early_is_a_warning() {
    let (entries, problems) = parse("ring.json", &FILE.replace("1767333200", "1767286500"));
    assert_eq!((entries.len(), count_errors(&problems), problems.len()), (1, 0, 1));
    assert_eq!(problems[0].field, "entries[0].open_until");
}

#[test]
fn states() {
    let times = Times::sealing_for(UnixSeconds(100), 50);
    assert!(times.outlast_tokens());
    for (now, state) in [
        (99, EntryState::Future),
        (100, EntryState::Sealing),
        (149, EntryState::Sealing),
        (150, EntryState::Open),
        (150 + 43_319, EntryState::Open),
        (150 + 43_320, EntryState::Closed),
    ] {
        assert_eq!(times.state(UnixSeconds(now)), state, "{now}");
    }
}

#[test]
fn the_newest_key_of_the_issuer_and_the_account_seals() {
    let issued = payload().issued;
    let from = |seconds: i64| Times::sealing_for(UnixSeconds(issued.0 + seconds), 1000);
    let public = issuer().public();
    let entry = |kid, account, times, signed: bool| {
        entry_of(Kid([kid; 8]), account, times, signed.then(|| public.clone()))
    };
    let ring: KeyRing = [
        entry(1, "1234567890123456", from(-900), false),
        entry(2, "1234567890123456", from(0), false),
        entry(3, "1234567890123456", from(1), false),
        entry(4, "2", from(0), false),
        entry(5, "1234567890123456", from(-900), true),
        entry(6, "1234567890123456", from(-1000), true),
    ]
    .into_iter()
    .collect();
    let kid = |sealed: &str| ring.unseal(sealed, issued).unwrap().kid;
    let by = |issuer| ring.seal(&payload(), issuer, nonce()).unwrap().token;
    assert_eq!(kid(&by(None)), Kid([2; 8]));
    assert_eq!(kid(&by(Some(&issuer()))), Kid([5; 8]));
    let error = ring.seal(&payload(), Some(&crate::token::IssuerKey::from_seed(&[9; 32])), nonce());
    assert_eq!(error.unwrap_err(), SealError::NoEntry);
    let mut short = payload();
    short.account = "3".parse().unwrap();
    assert_eq!(ring.seal(&short, None, nonce()).unwrap_err(), SealError::NoEntry);
    let closing = Times { open_until: UnixSeconds(payload().expires.0 - 1), ..from(0) };
    let ring: KeyRing = [entry(1, "1234567890123456", closing, false)].into_iter().collect();
    assert_eq!(ring.seal(&payload(), None, nonce()).unwrap_err(), SealError::OutlivesKey);
}

#[test]
fn nothing_shows_a_key() {
    let ring = super::fixture::v2();
    let shown = format!("{ring:?} {:?}", issuer());
    for secret in ["0, 1, 2, 3", "00010203", "32, 33, 34"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
