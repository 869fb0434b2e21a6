//! What the limits of strangers cost: to those who fail, and when many more addresses fail than are kept.

use std::hint::black_box;
use std::net::IpAddr;
use std::time::Duration;

use ramgate::ident::UnixSeconds;
use ramgate::memory::{Holder, Rate, Throttle};
use ramgate_benches::timing::{Case, run};

const NOW: UnixSeconds = UnixSeconds(1_800_000_000);
const ROUNDS: usize = 15;
const SLICE: Duration = Duration::from_millis(20);

fn main() {
    let (busy, flooded) = (throttle(), throttle());
    let mut cases = [
        Case::new("a failure of one of 1,000 peers", |call| {
            black_box(busy.take(black_box(peer(1 + call % 1000)), NOW));
        }),
        Case::new("a failure of a peer nobody knows, each time another", |call| {
            black_box(flooded.take(black_box(peer(call)), NOW));
        }),
    ];
    run(&mut cases, ROUNDS, SLICE);
    for case in &cases {
        let [low, median, high] = case.quartiles();
        println!("{median:7.1} ns [{low:.1} to {high:.1}]  {}", case.name);
    }
    println!("{} buckets are kept of those who flooded", flooded.len());
}

fn throttle() -> Throttle {
    Throttle::new(Some(Rate::per_minute(600)))
}

fn peer(number: usize) -> Holder {
    let number = u32::try_from(number % (1 << 30)).unwrap_or(0);
    Holder::from(IpAddr::from(number.to_be_bytes()))
}
