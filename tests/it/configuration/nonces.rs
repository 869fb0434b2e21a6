use std::sync::atomic::{AtomicUsize, Ordering};

use ramgate::ident::{Principal, UnixSeconds};
use ramgate::memory::{ReplayError, ReplayGuard, ReplaySettings, SignedBeforeStart};

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
                    if guard.admit(&principal, &key, &format!("n{round}"), at, at).is_ok() {
                        won.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    assert_eq!(won.into_inner(), 2000);
    assert_eq!(guard.len(), 2000);
}

#[test]
fn the_default_has_room_for_1500_calls_a_second() {
    let settings = ReplaySettings::default();
    let kept_seconds = 900 + 60 + 300 + 15;
    assert!(settings.capacity >= 1500 * (kept_seconds + 900));
    assert!(settings.capacity / 100 * usize::from(settings.share_percent) >= 1500 * kept_seconds);
    let guard = guard(settings.capacity, settings.share_percent);
    assert!(guard.memory_bytes() < 1024, "an idle guard is small");
    for index in 0..10_000 {
        check(&guard, "alice", "K1", &index.to_string(), (1, 1), Ok(()));
    }
    assert!(guard.memory_bytes() < 10_000 * 40, "{}", guard.memory_bytes());
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
    let found = guard.admit(&user(principal), &key.parse().unwrap(), nonce, signed, now);
    assert_eq!(found, expected, "{principal} {key} {nonce} {times:?}");
}
