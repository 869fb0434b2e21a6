use proptest::prelude::*;

use super::*;

fn at(seconds: i64) -> UnixSeconds {
    UnixSeconds(1_000_000 + seconds)
}

fn peer(text: &str) -> Holder {
    Holder::from(text.parse::<IpAddr>().unwrap())
}

/// How many of so many uses succeed.
fn taken(throttle: &Throttle, holder: Holder, seconds: i64, uses: u32) -> u32 {
    (0..uses).map(|_| u32::from(throttle.take(holder, at(seconds)))).sum()
}

#[test]
fn a_bucket_refills_evenly() {
    let a = peer("192.0.2.1");
    for (rate, script) in [
        (Rate::per_second(100), &[(0, 101, 100), (0, 1, 0), (1, 101, 100), (1000, 1000, 100)][..]),
        (Rate::per_minute(60), &[(0, 100, 60), (1, 5, 1), (3, 5, 2), (63, 100, 60)]),
        // One in twenty seconds.
        (Rate::per_minute(3), &[(0, 9, 3), (19, 1, 0), (20, 2, 1), (39, 1, 0), (61, 9, 2)]),
        // A clock that is set back neither gives nor takes.
        (Rate::per_minute(60), &[(0, 60, 60), (-3600, 1, 0), (-3599, 2, 1), (-3598, 1, 1)]),
        (Rate { per_minute: 60, burst: 2 }, &[(0, 9, 2), (60, 9, 2)]),
    ] {
        let throttle = Throttle::new(Some(rate));
        for (seconds, uses, expected) in script {
            let found = taken(&throttle, a, *seconds, *uses);
            assert_eq!(found, *expected, "{rate:?} {script:?} at {seconds}");
        }
    }
    let off = Throttle::new(None);
    assert_eq!(taken(&off, a, 0, 10_000), 10_000);
    assert!(off.is_empty());
}

/// Who shares a bucket: one IPv4 address, one /64 of IPv6 (SIG-101), one account.
#[test]
fn holders() {
    for (one, other, same) in [
        ("192.0.2.1", "192.0.2.1", true),
        ("192.0.2.1", "192.0.2.2", false),
        ("192.0.2.1", "::ffff:192.0.2.1", true),
        ("2001:db8::1", "2001:db8::ffff:1:2:3", true),
        ("2001:db8::1", "2001:db8:0:1::1", false),
        ("::1", "::c000:201", true), // both of one /64, and no IPv4
        ("192.0.2.1", "::c000:201", false),
    ] {
        assert_eq!(peer(one) == peer(other), same, "{one} {other}");
        let throttle = Throttle::new(Some(Rate::per_minute(1)));
        assert!(throttle.take(peer(one), at(0)));
        assert_eq!(throttle.take(peer(other), at(0)), !same, "{one} {other}");
    }
    let account = Holder::from("1".parse::<AccountId>().unwrap());
    assert_ne!(account, peer("0.0.0.1"));
}

#[test]
fn memory_is_bounded_and_who_goes_on_is_not_forgotten() {
    let throttle = Throttle::new(Some(Rate::per_minute(5)));
    let flooder = peer("192.0.2.1");
    assert_eq!(taken(&throttle, flooder, 0, 9), 5);
    for number in 0..300_000_u32 {
        let other = Holder::from(IpAddr::from((0x0A00_0000 + number).to_be_bytes()));
        assert!(throttle.take(other, at(0)), "{number}: nobody else is locked out");
        if number % 100 == 0 {
            assert!(!throttle.take(flooder, at(0)), "{number}");
        }
    }
    assert!(throttle.len() <= PARTS * PART_BUCKETS_MAX, "{}", throttle.len());
}

proptest! {
    /// Buckets of several holders, against counting in fractions of one, a list a holder.
    #[test]
    fn as_a_naive_one(
        per_minute in 1_u32..200,
        burst in 1_u32..20,
        uses in proptest::collection::vec((0_i32..40, 0_usize..3, 1_u32..8), 1..60),
    ) {
        let throttle = Throttle::new(Some(Rate { per_minute, burst }));
        let holders = ["192.0.2.1", "2001:db8::1", "2001:db8:0:1::1"].map(peer);
        let mut levels = [f64::from(burst); 3];
        let mut now = 0;
        for (passes, who, count) in uses {
            now += i64::from(passes);
            for level in &mut levels {
                *level += f64::from(passes) * f64::from(per_minute) / 60.0;
                *level = level.min(f64::from(burst));
            }
            for _ in 0..count {
                let expected = levels[who] >= 1.0 - 1e-9;
                prop_assert_eq!(throttle.take(holders[who], at(now)), expected);
                levels[who] -= if expected { 1.0 } else { 0.0 };
            }
        }
    }
}
