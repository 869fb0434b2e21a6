//! Several gates, one Redis: a nonce counts once for all of them, and what happens when Redis is away.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use crate::support::caller::{Answer, Call, ecs};
use crate::support::gate::{ALICE_KEY, Bundle, Gate};
use crate::support::redis::Redis;
use crate::support::upstream::Upstream;
use crate::support::wait_for;

const PASSWORD: &str = "redisTestPassword";
/// Long enough for a machine that does other things too; the tests of a silent store set their own.
const PATIENT: &str = "timeout_ms: 2000";

const ROUNDS: usize = 40;
const WORKERS: u64 = 2;

/// A gate whose nonces are shared.
struct Peer {
    gate: Gate,
    bundle: Bundle,
}

impl Peer {
    fn start(upstream: &Upstream, shared: &str) -> Self {
        let bundle = Bundle::example(upstream);
        bundle.write("secrets/redis", &format!("{PASSWORD}\n"));
        bundle.change("ramgate.yaml", |text| {
            format!("{text}\nworkers: {WORKERS}\nreplay: {{shared: {{{shared}}}}}\n")
        });
        let gate = bundle.serve();
        Self { gate, bundle }
    }

    /// One whose workers have all found the store.
    fn connected(upstream: &Upstream, shared: &str) -> Self {
        let peer = Self::start(upstream, shared);
        peer.wait_for_up(true);
        peer
    }

    #[track_caller]
    fn wait_for_up(&self, up: bool) {
        let workers = if up { WORKERS } else { 0 };
        let told = || self.metric("ramgate_replay_shared_up") == workers;
        assert!(wait_for(Duration::from_secs(10), told), "{:#?}", self.gate.messages());
    }

    fn metric(&self, name: &str) -> u64 {
        let page = self.gate.page("/metrics");
        let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name} in {page}")).parse().unwrap()
    }

    fn outcomes(&self, outcome: &str) -> u64 {
        self.metric(&format!("ramgate_replay_shared_total{{outcome=\"{outcome}\"}}"))
    }
}

fn call() -> Call {
    ecs(ALICE_KEY, "DescribeInstances", "")
}

#[track_caller]
fn check(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status(), answer.code().as_str()), (status, code), "{}", answer.text());
}

#[test]
fn of_many_copies_sent_to_two_gates_at_once_one_gets_through() {
    let (upstream, redis) = (Upstream::start(), Redis::start(Some(PASSWORD)));
    let shared = format!(
        "url: \"redis://127.0.0.1:{}/2\", password_file: secrets/redis, {PATIENT}",
        redis.port
    );
    let peers = [(); 2].map(|()| Peer::connected(&upstream, &shared));
    for round in 0..ROUNDS {
        let (call, start) = (call(), Barrier::new(4));
        let answers: Vec<Answer> = std::thread::scope(|scope| {
            let send = |copy: usize| {
                start.wait();
                call.send(peers[copy % 2].gate.data)
            };
            let sending: Vec<_> = (0..4).map(|copy| scope.spawn(move || send(copy))).collect();
            sending.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let (won, lost): (Vec<_>, Vec<_>) =
            answers.iter().partition(|answer| answer.status() == 200);
        assert_eq!(won.len(), 1, "round {round}");
        for answer in lost {
            check(answer, 400, "SignatureNonceUsed");
        }
        assert_eq!(upstream.received().len(), round + 1);
    }
    let sum = |outcome| peers.iter().map(|peer| peer.outcomes(outcome)).sum::<u64>();
    let rounds = u64::try_from(ROUNDS).unwrap();
    assert_eq!((sum("new"), sum("used")), (rounds, rounds), "each gate asks once, and one wins");
    assert_eq!(sum("refused") + sum("local"), 0);
    for peer in &peers {
        let told = format!("{}{:?}", peer.gate.audit(), peer.gate.messages());
        assert!(!told.contains(PASSWORD), "the password was told");
        assert!(peer.metric("ramgate_replay_refusals_total{reason=\"used\"}") > 0);
    }
}

#[test]
fn redis_learns_no_key_and_no_nonce_and_forgets_in_time() {
    let (upstream, redis) = (Upstream::start(), Redis::start(None));
    let url = format!("url: \"unix://{}\", prefix: \"gate/\", {PATIENT}", redis.socket().display());
    let peer = Peer::connected(&upstream, &url);
    let call = call();
    check(&call.send(peer.gate.data), 200, "");
    let keys: Vec<_> =
        redis.ask("KEYS *").into_iter().filter(|line| line.contains("gate/")).collect();
    let [key] = keys.as_slice() else { panic!("{keys:?}") };
    assert_eq!(key.len(), "gate/".len() + 22, "{key}");
    assert!(call.headers.iter().all(|(_, value)| !key.contains(value.as_str())), "{key}");
    let ttl = redis.ask(&format!("PTTL {key}"))[0].trim_start_matches(':').parse::<u64>().unwrap();
    assert!((945_000..=960_000).contains(&ttl), "window and margin: {ttl}");
}

#[test]
fn what_happens_when_redis_goes_and_comes_back() {
    let (upstream, mut redis) = (Upstream::start(), Redis::start(None));
    let url = format!("url: \"redis://127.0.0.1:{}\", {PATIENT}", redis.port);
    let refusing = Peer::connected(&upstream, &url);
    let local = Peer::connected(&upstream, &format!("{url}, on_failure: local"));
    check(&call().send(refusing.gate.data), 200, "");

    redis.kill();
    let alone = call();
    check(&call().send(refusing.gate.data), 503, "ServiceUnavailable");
    check(&alone.send(local.gate.data), 200, "");
    check(&alone.send(local.gate.data), 400, "SignatureNonceUsed");
    for peer in [&refusing, &local] {
        peer.wait_for_up(false);
    }
    let unavailable = refusing.gate.audit_line("ServiceUnavailable");
    assert!(unavailable.contains("the shared store of nonces"), "{unavailable}");
    assert_eq!((refusing.outcomes("refused"), refusing.outcomes("local")), (1, 0));
    assert_eq!((local.outcomes("refused"), local.outcomes("local")), (0, 1));

    redis.start_again();
    for peer in [&refusing, &local] {
        peer.wait_for_up(true);
    }
    let shared = call();
    check(&shared.send(local.gate.data), 200, "");
    check(&shared.send(refusing.gate.data), 400, "SignatureNonceUsed");
    check(&call().send(refusing.gate.data), 200, "");
    let messages = refusing.gate.messages().join("\n");
    assert!(messages.contains("cannot be reached") && messages.contains("is back"), "{messages}");
}

#[test]
fn a_redis_that_hangs_holds_nobody_up() {
    let (upstream, redis) = (Upstream::start(), Redis::start(None));
    let url = format!("url: \"redis://127.0.0.1:{}\", timeout_ms: 100", redis.port);
    let peer = Peer::connected(&upstream, &url);
    redis.signal("STOP");
    for _ in 0..3 {
        let started = Instant::now();
        check(&call().send(peer.gate.data), 503, "ServiceUnavailable");
        assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    }
    peer.wait_for_up(false);
    redis.signal("CONT");
    let recovered = || call().send(peer.gate.data).status() == 200;
    assert!(wait_for(Duration::from_secs(10), recovered), "{:#?}", peer.gate.messages());
    assert_eq!(peer.outcomes("used"), 0);
}

#[test]
fn a_changed_password_counts_without_a_restart() {
    let (upstream, mut redis) = (Upstream::start(), Redis::start(Some("theOldOne")));
    let url = format!("url: \"redis://127.0.0.1:{}\", password_file: secrets/redis", redis.port);
    let peer = Peer::start(&upstream, &format!("{url}, {PATIENT}"));
    check(&call().send(peer.gate.data), 503, "ServiceUnavailable");
    peer.bundle.write("secrets/redis", "theOldOne");
    peer.wait_for_up(true);
    check(&call().send(peer.gate.data), 200, "");
    redis.kill();
    peer.wait_for_up(false);
    let messages = peer.gate.messages().join("\n");
    assert!(messages.contains("cannot be reached"), "{messages}");
    assert!(!messages.contains("theOldOne") && !messages.contains(PASSWORD), "{messages}");
}

#[test]
fn a_password_that_cannot_be_read_ends_the_start() {
    let upstream = Upstream::start();
    let bundle = Bundle::example(&upstream);
    bundle.change("ramgate.yaml", |text| {
        let shared = "url: \"redis://127.0.0.1:1\", password_file: secrets/none";
        format!("{text}\nreplay: {{shared: {{{shared}}}}}\n")
    });
    let (code, _, said) = bundle.run("serve");
    assert_ne!(code, Some(0));
    assert!(said.contains("replay.shared.password_file"), "{said}");
}
