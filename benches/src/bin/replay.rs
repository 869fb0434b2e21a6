//! The replay guard under 5,000 signed calls a second for 30 minutes and more, by a clock that is driven, then by
//! several threads at once.

use std::fs;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use cpu_time::ThreadTime;
use ramgate::ident::{AccessKeyId, Principal, UnixSeconds};
use ramgate::memory::{Mark, ReplayGuard, ReplaySettings, Spending};

const START: i64 = 1_800_000_000;
const CALLS_PER_SECOND: u64 = 5_000;
/// Longer than 30 minutes, so that entries go as fast as they come: 40.
const SECONDS: i64 = 2_400;
/// Calls that are sent again in the same second, one in so many; each must be refused.
const AGAIN_EVERY: u64 = 1_000;

struct Scenario {
    name: &'static str,
    callers: usize,
    /// Seconds by which the clock of call number n is ahead.
    skew: fn(u64) -> i64,
}

const SCENARIOS: [Scenario; 5] = [
    Scenario { name: "1 caller, clocks agree", callers: 1, skew: |_| 0 },
    Scenario { name: "1 caller, 15 minutes ahead", callers: 1, skew: |_| 900 },
    Scenario { name: "1 caller, skewed by -15 to 15 minutes", callers: 1, skew: spread },
    Scenario { name: "1,000 callers, skewed by -15 to 15 minutes", callers: 1_000, skew: spread },
    Scenario { name: "1,000 callers, 15 minutes ahead", callers: 1_000, skew: |_| 900 },
];

fn spread(call: u64) -> i64 {
    i64::try_from(call.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32).unwrap_or(0) % 1_801 - 900
}

fn main() {
    // One scenario a process, or the memory of one would hide in what another has left.
    match std::env::args().nth(1) {
        Some(index) => simulate(&SCENARIOS[index.parse::<usize>().expect("a number")]),
        None => {
            let program = std::env::current_exe().expect("this program has a path");
            for index in 0..SCENARIOS.len() {
                let run = std::process::Command::new(&program).arg(index.to_string()).status();
                assert!(run.expect("it starts").success(), "scenario {index}");
            }
            for threads in [1, 2, 4, 8] {
                contend(threads);
            }
        }
    }
}

fn simulate(scenario: &Scenario) {
    let guard = guard();
    let callers: Vec<_> = (0..scenario.callers).map(caller).collect();
    let resident_before = resident_bytes();
    let (mut peak, mut estimate, mut refused, mut caught, mut again) = (0, 0, 0_u64, 0_u64, 0_u64);
    let mut slowest_second = 0.0_f64;
    let mut nonce = String::new();
    let begun = ThreadTime::now();
    for second in 0..SECONDS {
        let this_second = ThreadTime::now();
        // Far enough from the start for callers whose clocks are slow.
        let now = UnixSeconds(START + 1_000 + second);
        for call in 0..CALLS_PER_SECOND {
            let number = second.unsigned_abs() * CALLS_PER_SECOND + call;
            let signed_at = UnixSeconds(now.0 + (scenario.skew)(number));
            let (principal, key) = &callers[number as usize % callers.len()];
            write_nonce(&mut nonce, number);
            let spend = || guard.spend(&spending(principal, key, &nonce, signed_at), now);
            refused += u64::from(spend().is_err());
            if number % AGAIN_EVERY == 0 {
                again += 1;
                caught += u64::from(spend().is_err());
            }
        }
        slowest_second = slowest_second.max(this_second.elapsed().as_secs_f64());
        if guard.len() > peak {
            peak = guard.len();
            estimate = guard.memory_bytes();
        }
    }
    let calls = SECONDS.unsigned_abs() * CALLS_PER_SECOND + again;
    let each = begun.elapsed().as_secs_f64() * 1e9 / calls as f64;
    let resident = resident_peak_bytes().saturating_sub(resident_before);
    println!(
        "{}: {refused} of {} refused, {caught} of {again} replays caught; peak {peak} entries of {}, \
         {:.1} MiB by its own count ({:.2} bytes each), {:.1} MiB resident; {each:.0} ns a call, the slowest \
         second {:.0} ms",
        scenario.name,
        calls - again,
        guard.capacity(),
        mebibytes(estimate),
        estimate as f64 / peak as f64,
        mebibytes(resident),
        slowest_second * 1e3,
    );
    assert_eq!((refused, caught), (0, again), "{}", scenario.name);
}

/// All threads spend nonces of their own in one filled guard, each thread as fast as it can.
fn contend(threads: usize) {
    const CALLS: u64 = 400_000;
    let guard = guard();
    let clock = AtomicI64::new(START);
    let callers: Vec<_> = (0..8).map(caller).collect();
    let started = Instant::now();
    let nanoseconds: f64 = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|thread| {
                let (guard, clock, callers) = (&guard, &clock, &callers);
                scope.spawn(move || {
                    let begun = ThreadTime::now();
                    let mut nonce = String::new();
                    for call in 0..CALLS {
                        if call % 5_000 == 0 {
                            clock.fetch_add(1, Ordering::Relaxed);
                        }
                        let now = UnixSeconds(clock.load(Ordering::Relaxed));
                        let (principal, key) = &callers[(call % 8) as usize];
                        write_nonce(&mut nonce, thread as u64 * CALLS + call);
                        let what = spending(principal, key, &nonce, now);
                        assert!(guard.spend(&what, now).is_ok());
                    }
                    begun.elapsed().as_secs_f64() * 1e9
                })
            })
            .collect();
        running.into_iter().map(|thread| thread.join().expect("it ends")).sum()
    });
    let calls = CALLS * threads as u64;
    println!(
        "{threads} threads on {} processors: {:.0} ns of processor time a call, {:.2} million calls a second",
        std::thread::available_parallelism().map_or(1, usize::from),
        nanoseconds / calls as f64,
        calls as f64 / started.elapsed().as_secs_f64() / 1e6,
    );
}

fn guard() -> ReplayGuard {
    ReplayGuard::new(&ReplaySettings::default(), [7; 32], UnixSeconds(START))
}

fn caller(number: usize) -> (Principal, AccessKeyId) {
    let principal = Principal::User {
        account: "1234567890123456".parse().expect("an account"),
        name: format!("user-{number}").parse().expect("a name"),
        id: format!("{}", 200_000_000_000_000_000 + number).parse().expect("an id"),
    };
    (principal, format!("LTAI5tBench{number:013}").parse().expect("a key id"))
}

/// 32 hex digits, as SDKs send them.
fn write_nonce(nonce: &mut String, number: u64) {
    use std::fmt::Write;
    nonce.clear();
    write!(
        nonce,
        "{:032x}",
        u128::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)
    )
    .expect("a string takes it");
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

fn resident_bytes() -> usize {
    status("VmRSS:")
}

fn resident_peak_bytes() -> usize {
    status("VmHWM:")
}

fn status(field: &str) -> usize {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
    kibibytes.unwrap_or(0) * 1024
}

fn mebibytes(bytes: usize) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}
