use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use ramgate::ident::{AccessKeyId, Principal, UnixSeconds};
use ramgate::memory::{
    Mark, Peers, ReplayError, ReplayGuard, ReplaySettings, SharedMark, SignedBeforeStart, Spending,
};

const START: i64 = 1_800_000_000;
const OLD: Result<(), ReplayError> = Err(ReplayError::SignedBeforeStart);
const USED: Result<(), ReplayError> = Err(ReplayError::Used);

#[test]
fn a_nonce_counts_once() {
    let guard = guard(1000, 100);
    check(&guard, "alice", "K1", "n", (0, 0), Ok(()));
    check(&guard, "alice", "K1", "n", (0, 0), USED);
    check(&guard, "alice", "K1", "n", (600, 600), USED); // signed again later: still the same nonce
    check(&guard, "alice", "K1", "N", (0, 0), Ok(()));
    check(&guard, "alice", "K2", "n", (0, 0), Ok(()));
    check(&guard, "alice", "K1n", "", (0, 0), Ok(())); // where the key ends is part of the question
    assert_eq!(guard.len(), 4);
}

#[test]
fn a_nonce_is_kept_for_as_long_as_its_request_could_come_again() {
    for signed in [1, 299, 300, 301, 899] {
        let guard = guard(1000, 100);
        check(&guard, "alice", "K1", "n", (signed, 0), Ok(()));
        for now in [0, signed, signed + 600, signed + 899, signed + 900] {
            check(&guard, "alice", "K1", "n", (signed, now), USED);
        }
        check(&guard, "alice", "K1", "m", (signed + 5000, signed + 5000), Ok(()));
        assert_eq!(guard.len(), 1, "what is over has been dropped");
    }
}

#[test]
fn requests_from_before_the_start() {
    let refusing = guard(1000, 100);
    check(&refusing, "alice", "K1", "n", (-1, 5), OLD);
    check(&refusing, "alice", "K1", "n", (0, 5), Ok(()));
    let settings = ReplaySettings {
        signed_before_start: SignedBeforeStart::Accept,
        ..ReplaySettings::default()
    };
    let accepting = ReplayGuard::new(&settings, [7; 32], UnixSeconds(START));
    check(&accepting, "alice", "K1", "n", (-1, 5), Ok(()));
    check(&accepting, "alice", "K1", "n", (-1, 5), USED);
}

#[test]
fn a_clock_that_jumps_ahead_and_back_opens_nothing() {
    let guard = guard(1000, 100);
    for index in 0..500 {
        check(&guard, "alice", "K1", &format!("n{index}"), (100, 100), Ok(()));
    }
    check(&guard, "bob", "K9", "later", (9000, 9000), Ok(())); // an hour ahead: everything is over
    assert_eq!(guard.len(), 1);
    for index in 0..500 {
        check(&guard, "alice", "K1", &format!("n{index}"), (100, 101), OLD);
    }
    check(&guard, "alice", "K1", "new", (400, 400), Ok(())); // no longer than that is anybody shut out
}

#[test]
fn one_caller_cannot_crowd_out_another() {
    let guard = guard(100, 40);
    for index in 0..40 {
        check(&guard, "alice", &format!("K{}", index % 2), &format!("n{index}"), (1, 1), Ok(()));
    }
    let over = Err(ReplayError::FullForCaller);
    check(&guard, "alice", "K1", "one more", (1, 1), over);
    check(&guard, "alice", "K2", "a fresh key", (1, 1), over);
    check(&guard, "alice", "K1", "n1", (1, 1), USED);
    for index in 0..40 {
        check(&guard, "bob", "K3", &format!("n{index}"), (1, 1), Ok(()));
    }
    for index in 0..20 {
        check(&guard, "carol", "K4", &format!("n{index}"), (1, 1), Ok(()));
    }
    check(&guard, "carol", "K4", "n", (1, 1), Err(ReplayError::Full));
    assert_eq!((guard.len(), guard.capacity()), (100, 100));
    check(&guard, "carol", "K4", "n", (3000, 3000), Ok(()));
    assert_eq!(guard.len(), 1, "room comes back");
    check(&guard, "alice", "K1", "n", (3000, 3000), Ok(()));
}

#[test]
fn eight_threads_one_nonce_one_winner() {
    let guard = guard(100_000, 100);
    let won = AtomicUsize::new(0);
    let principal = user("alice");
    let key = "K1".parse().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for round in 0..2000 {
                    let at = UnixSeconds(START + 1 + round / 10);
                    let nonce = format!("n{round}");
                    if guard.spend(&spending(&principal, &key, &nonce, at), at).is_ok() {
                        won.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    assert_eq!(won.into_inner(), 2000);
    assert_eq!(guard.len(), 2000);
}

/// From the arrival of a request whose clock agrees until its entry is gone: window, margin, bucket, sweep.
const KEPT_SECONDS: i64 = 900 + 60 + 120 + 5;

#[test]
fn the_default_has_room_for_5000_calls_a_second() {
    let settings = ReplaySettings::default();
    let entries = |seconds: i64| 5000 * usize::try_from(seconds).unwrap();
    let share = settings.capacity / 100 * usize::from(settings.share_percent);
    assert!(share >= entries(KEPT_SECONDS + 900), "one caller 15 minutes ahead makes all calls");
    assert!(settings.capacity - share >= entries(KEPT_SECONDS + 900), "and others find room");
    let guard = guard(settings.capacity, settings.share_percent);
    assert!(guard.memory_bytes() < 4096, "an idle guard is small: {}", guard.memory_bytes());
    for index in 0..100_000 {
        check(&guard, "alice", "K1", &index.to_string(), (1, 1), Ok(()));
    }
    assert!(guard.memory_bytes() < 100_000 * 13, "{}", guard.memory_bytes());
    guard.sweep(UnixSeconds(START + 1 + KEPT_SECONDS));
    assert_eq!(guard.len(), 0);
    assert!(guard.memory_bytes() < 100_000, "{}", guard.memory_bytes());
}

const DAY: i64 = 24 * 3600;

#[test]
fn a_signature_counts_once_for_as_long_as_it_passes() {
    let guard = guard(1000, 100);
    let (principal, key) = (user("alice"), "K1".parse().unwrap());
    let check = |signature: &[u8], until: i64, now: i64, expected: Result<(), ReplayError>| {
        let what = Spending {
            principal: &principal,
            access_key_id: &key,
            mark: Mark::Signature(signature),
            signed_at: None,
            passes_until: UnixSeconds(START + until),
        };
        let found = guard.spend(&what, UnixSeconds(START + now)).map(|_told| ());
        assert_eq!(found, expected, "{signature:?} until {until} at {now}");
    };
    check(b"one", 6 * DAY, 0, Ok(()));
    check(b"two", 6 * DAY, 0, Ok(()));
    for now in [0, DAY, 6 * DAY] {
        check(b"one", 6 * DAY, now, USED);
    }
    assert_eq!(guard.len(), 2);
    check(b"three", 8 * DAY, 6 * DAY + 1000, Ok(()));
    assert_eq!(guard.len(), 1, "what is over has been dropped");
    check(b"one", 6 * DAY, 6 * DAY, OLD); // the clock was set back
    check(b"four", 6 * DAY + 1 + 7 * DAY, 6 * DAY, Err(ReplayError::TooFarAhead));
    check(b"four", 6 * DAY + 7 * DAY, 6 * DAY, Ok(()));
}

#[test]
fn other_processes_are_told_the_same_mark_whatever_their_seeds() {
    let settings = ReplaySettings { peers: Peers::Told, ..ReplaySettings::default() };
    let (alice, bob) = (user("alice"), user("bob"));
    let keys: [AccessKeyId; 2] = ["K1", "K2"].map(|key| key.parse().unwrap());
    let at = UnixSeconds(START + 5);
    let told = |seed: u8, what: Spending<'_>| -> SharedMark {
        let guard = ReplayGuard::new(&settings, [seed; 32], UnixSeconds(START));
        guard.spend(&what, at).unwrap().unwrap()
    };
    let mark = told(1, spending(&alice, &keys[0], "n", at));
    assert_eq!(mark.passes_until, UnixSeconds(START + 905));
    assert_eq!(mark, told(2, spending(&bob, &keys[0], "n", at)), "the key and the nonce decide");
    assert_ne!(mark.fingerprint, told(1, spending(&alice, &keys[1], "n", at)).fingerprint);
    assert_ne!(mark.fingerprint, told(1, spending(&alice, &keys[0], "m", at)).fingerprint);
    let signature = Spending { mark: Mark::Signature(b"n"), ..spending(&alice, &keys[0], "", at) };
    assert_ne!(mark.fingerprint, told(1, signature).fingerprint);
    let alone = guard(1000, 100).spend(&spending(&alice, &keys[0], "n", at), at);
    assert_eq!(alone, Ok(None), "nobody else is told");
}

/// A call: who makes it, with which nonce, how far the caller's clock is off, and how long after the call before.
type Call = (u8, u8, i64, i64);

/// The caller, the nonce, when it was signed, and when it was admitted.
type Admitted = (u8, u8, i64, i64);

proptest! {
    /// Against a list of everything that was ever admitted. What may still be held for the sake of buckets and sweeps
    /// leaves the guard a choice; nothing else does.
    #[test]
    fn agrees_with_a_list(
        calls in proptest::collection::vec((0u8..3, 0u8..40, -900i64..=900, 0i64..200), 1..300),
        capacity in 5usize..60,
        share_percent in 20u8..=100,
    ) {
        let settings = ReplaySettings {
            capacity,
            share_percent,
            signed_before_start: SignedBeforeStart::Accept,
            ..ReplaySettings::default()
        };
        let guard = ReplayGuard::new(&settings, [9; 32], UnixSeconds(START));
        let share = (capacity * usize::from(share_percent) / 100).max(1);
        let mut admitted: Vec<Admitted> = Vec::new();
        let mut now = 10_000;
        for (who, nonce, skew, later) in calls {
            now += later;
            let found = spend_at(&guard, (who, nonce, skew, later), now);
            let alike = |it: &&Admitted| (it.0, it.1) == (who, nonce);
            // Held for certain, and held at most.
            let surely = || admitted.iter().filter(|it| it.2 + 960 >= now);
            let perhaps = || admitted.iter().filter(|it| it.2 + KEPT_SECONDS >= now);
            let (of_caller, of_caller_perhaps) = (
                surely().filter(|it| it.0 == who).count(),
                perhaps().filter(|it| it.0 == who).count(),
            );
            match found {
                Ok(()) => {
                    prop_assert_eq!(surely().find(alike), None);
                    prop_assert!(surely().count() < capacity && of_caller < share);
                    admitted.push((who, nonce, now + skew, now));
                }
                Err(ReplayError::Used) => prop_assert!(perhaps().any(|it| alike(&it))),
                Err(ReplayError::FullForCaller) => prop_assert!(of_caller_perhaps >= share),
                Err(ReplayError::Full) => prop_assert!(perhaps().count() >= capacity),
                Err(error) => prop_assert!(false, "{error}"),
            }
            prop_assert!(guard.len() <= capacity);
        }
    }
}

fn spend_at(guard: &ReplayGuard, (who, nonce, skew, _): Call, now: i64) -> Result<(), ReplayError> {
    let principal = user(["alice", "bob", "carol"][usize::from(who)]);
    let key = format!("K{who}").parse().unwrap();
    let signed_at = UnixSeconds(START + now + skew);
    let nonce = format!("n{nonce}");
    let what = spending(&principal, &key, &nonce, signed_at);
    guard.spend(&what, UnixSeconds(START + now)).map(|_told| ())
}

fn spending<'s>(
    principal: &'s Principal,
    access_key_id: &'s AccessKeyId,
    nonce: &'s str,
    signed_at: UnixSeconds,
) -> Spending<'s> {
    let passes_until = UnixSeconds(signed_at.0 + 900);
    let mark = Mark::Nonce(nonce);
    Spending { principal, access_key_id, mark, signed_at: Some(signed_at), passes_until }
}

fn guard(capacity: usize, share_percent: u8) -> ReplayGuard {
    let settings = ReplaySettings { capacity, share_percent, ..ReplaySettings::default() };
    ReplayGuard::new(&settings, [7; 32], UnixSeconds(START))
}

fn user(name: &str) -> Principal {
    Principal::User {
        account: "1234567890123456".parse().unwrap(),
        name: name.parse().unwrap(),
        id: name.bytes().map(|byte| byte.to_string()).collect::<String>().parse().unwrap(),
    }
}

/// `times`: when the request was signed and when it came, both in seconds after the start.
#[track_caller]
fn check(
    guard: &ReplayGuard,
    principal: &str,
    key: &str,
    nonce: &str,
    times: (i64, i64),
    expected: Result<(), ReplayError>,
) {
    let (signed, now) = (UnixSeconds(START + times.0), UnixSeconds(START + times.1));
    let (principal_of, key_of) = (user(principal), key.parse().unwrap());
    let what = spending(&principal_of, &key_of, nonce, signed);
    let found = guard.spend(&what, now).map(|_told| ());
    assert_eq!(found, expected, "{principal} {key} {nonce} {times:?}");
}
