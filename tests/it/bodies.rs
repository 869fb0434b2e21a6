//! What becomes of a body that the signature covers: small and large, right and wrong, in each way a route may want.

mod covered;

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use crate::support::caller::{self, Answer, Call, notes, raw_and_end};
use crate::support::gate::{BOB_KEY, Bundle, Gate};
use crate::support::upstream::{Manner, Upstream};
use crate::support::wait_for;

struct World {
    upstream: Upstream,
    bundle: Bundle,
    gate: Gate,
}

/// A gate whose route for notes has more settings, and whose configuration has more sections.
fn world(route: &str, sections: &str) -> World {
    world_of(route, sections, "traits: []")
}

fn world_of(route: &str, sections: &str, traits: &str) -> World {
    let upstream = Upstream::start();
    let bundle = Bundle::example(&upstream);
    std::fs::create_dir(bundle.path("spool")).unwrap();
    bundle.change("ramgate.yaml", |text| {
        let route = format!("    products: [notes]\n{route}");
        format!("{}\n{sections}", text.replace("    products: [notes]\n", &route))
    });
    bundle.change("catalog/notes.yaml", |text| {
        text.replace("  - name: WriteNote\n", &format!("  - name: WriteNote\n    {traits}\n"))
    });
    let gate = bundle.serve();
    World { upstream, bundle, gate }
}

const GUARDED: &str = "    large_bodies: guarded\n";
const SPOOL: &str = "    large_bodies: spool\n";
const REFUSE: &str = "    large_bodies: refuse\n";
const SPOOL_HERE: &str = "spool: { folder: spool }\n";

fn note(body: &[u8]) -> Call {
    notes(BOB_KEY, "PUT", "/notes/team/large", body)
}

/// The same request with another last byte than the one that was signed.
fn forged(mut call: Call) -> Call {
    *call.body.last_mut().unwrap() ^= 1;
    call
}

impl World {
    #[track_caller]
    fn passes(&self, call: &Call) {
        self.upstream.forget();
        let answer = call.send(self.gate.data);
        assert_eq!(answer.status(), 200, "{}", answer.text());
        // What was broken off before may still be on its way to the record.
        let mut received = self.upstream.received();
        received.retain(|received| received.complete);
        let [received] = received.as_slice() else { panic!("{} arrived", received.len()) };
        assert!(received.body == call.body, "another body arrived");
        let line = self.gate.audit_line(&answer.request_id());
        assert!(line.contains("\"body\":\"signed\""), "{line}");
    }

    /// Refused, and the upstream has no complete request.
    #[track_caller]
    fn refused(&self, call: &Call, status: u16, code: &str) -> Answer {
        self.upstream.forget();
        let answer = call.send(self.gate.data);
        assert_eq!((answer.status(), answer.code().as_str()), (status, code), "{}", answer.text());
        assert!(self.upstream.received().iter().all(|received| !received.complete));
        answer
    }

    #[track_caller]
    fn upstream_saw_nothing(&self) {
        assert!(self.upstream.received().is_empty(), "{:?}", self.upstream.received().len());
    }

    fn spooled_files(&self) -> usize {
        std::fs::read_dir(self.bundle.path("spool")).unwrap().count()
    }
}

#[test]
fn large_bodies_in_each_way() {
    for (route, sections) in [(GUARDED, ""), (SPOOL, SPOOL_HERE), (SPOOL, "")] {
        let world = world(route, sections);
        world.passes(&note(&vec![b'x'; 400_000]));
        world.passes(&note(&vec![b'y'; 400_000]).chunked());
        world.refused(&forged(note(&vec![b'x'; 400_000])), 400, "InvalidParameter");
        if route == SPOOL {
            world.upstream_saw_nothing();
        }
        let metrics = world.gate.page("/metrics");
        assert!(metrics.contains("ramgate_body_mismatches_total 1"), "{metrics}");
    }
    let world = world(REFUSE, "");
    world.refused(&note(&vec![b'x'; 400_000]), 413, "RequestBodyTooLarge");
    world.upstream_saw_nothing();
    world.passes(&note(&vec![b'x'; 32 * 1024]));
    world.refused(&note(&vec![b'x'; 32 * 1024 + 1]), 413, "RequestBodyTooLarge");
}

#[test]
fn a_small_body_is_proven_before_the_upstream_is_contacted() {
    for (route, sections) in [(GUARDED, ""), (SPOOL, SPOOL_HERE), (REFUSE, "")] {
        let world = world(route, sections);
        for bytes in [1, 32 * 1024] {
            world.passes(&note(&vec![b'x'; bytes]));
            world.refused(&forged(note(&vec![b'x'; bytes])), 400, "InvalidParameter");
            world.upstream_saw_nothing();
        }
    }
}

#[test]
fn what_must_not_be_guarded_goes_to_disk_or_nowhere() {
    let traits = "traits: [no-guarded-bodies]";
    let body = vec![b'x'; 100_000];
    let without = world_of(GUARDED, "", traits);
    without.refused(&note(&body), 413, "RequestBodyTooLarge");
    without.upstream_saw_nothing();
    without.passes(&note(b"small"));
    let with = world_of(GUARDED, SPOOL_HERE, traits);
    with.passes(&note(&body));
    with.refused(&forged(note(&body)), 400, "InvalidParameter");
    with.upstream_saw_nothing();
}

#[test]
fn an_answer_before_the_end_is_believed_only_after_it() {
    let world = world(GUARDED, "");
    for manner in [Manner::AnswerEarly, Manner::AnswerAndClose] {
        world.upstream.behave(manner);
        let answer = note(&vec![b'x'; 400_000]).send(world.gate.data);
        assert_eq!(answer.status(), 200, "{manner:?}: {}", answer.text());
        assert!(answer.text().contains("UPSTREAM"), "{manner:?}: {}", answer.text());
        world.refused(&forged(note(&vec![b'x'; 400_000])), 400, "InvalidParameter");
    }
}

#[test]
fn an_upstream_that_breaks_off_is_told() {
    for (route, sections) in [(GUARDED, ""), (SPOOL, SPOOL_HERE)] {
        let world = world(route, sections);
        world.upstream.behave(Manner::HangUpInBody);
        world.refused(&note(&vec![b'x'; 4_000_000]), 502, "UpstreamUnavailable");
        world.upstream.behave(Manner::Answer);
        world.passes(&note(&vec![b'x'; 400_000]));
    }
}

#[test]
fn a_caller_that_breaks_off_leaves_nothing_behind() {
    for (route, sections) in [(GUARDED, ""), (SPOOL, SPOOL_HERE)] {
        let world = world(route, sections);
        let bytes = note(&vec![b'x'; 400_000]).bytes();
        let answer = raw_and_end(world.gate.data, &bytes[..bytes.len() - 1]);
        assert!(matches!(answer.status(), 0 | 408), "{}", answer.text());
        wait_for(Duration::from_millis(200), || false);
        assert!(world.upstream.received().iter().all(|received| !received.complete));
        if route == SPOOL {
            world.upstream_saw_nothing();
        }
        assert_eq!(world.spooled_files(), 0);
        world.passes(&note(&vec![b'x'; 400_000]));
    }
}

/// Sends a request in two parts and looks at the world in between.
fn halfway(world: &World, call: &Call, meanwhile: impl Fn()) -> Answer {
    let bytes = call.bytes();
    let (first, last) = bytes.split_at(bytes.len() - 1000);
    let mut open = TcpStream::connect(world.gate.data).unwrap();
    open.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    open.write_all(first).unwrap();
    std::thread::sleep(Duration::from_millis(300)); // what was sent must have been read
    meanwhile();
    let _refused_early = open.write_all(last);
    caller::read_all(open)
}

#[test]
fn a_spooled_body_has_no_name_and_meets_no_upstream_before_its_end() {
    let world = world(SPOOL, SPOOL_HERE);
    let answer = halfway(&world, &note(&vec![b'x'; 400_000]), || {
        assert_eq!(world.spooled_files(), 0, "a crash would leave a file");
        world.upstream_saw_nothing();
    });
    assert_eq!(answer.status(), 200, "{}", answer.text());
    // A change that comes while the body is written counts.
    let answer = halfway(&world, &note(&vec![b'x'; 400_000]), || {
        world.bundle.write("revocations.yaml", &format!("access_keys: [{BOB_KEY}]\nusers: []\n"));
        assert!(
            wait_for(Duration::from_secs(2), || note(b"x").send(world.gate.data).status() == 400)
        );
    });
    assert_eq!(answer.code(), "InvalidAccessKeyId.Inactive", "{}", answer.text());
}

#[test]
fn a_body_that_nobody_may_write_is_not_written_to_disk() {
    let world = world(SPOOL, SPOOL_HERE);
    let call = notes(BOB_KEY, "PUT", "/notes/board/large", &vec![b'x'; 400_000]);
    let bytes = call.bytes();
    // All but the last byte: the answer cannot have waited for the end.
    let answer = raw_and_end(world.gate.data, &bytes[..bytes.len() - 1]);
    assert_eq!(
        (answer.status(), answer.code().as_str()),
        (403, "NoPermission"),
        "{}",
        answer.text()
    );
}

#[test]
fn room_on_disk_is_bounded() {
    let sections = "spool: { folder: spool, bytes_max: 100000, total_bytes_max: 150000 }\n";
    let world = world(SPOOL, sections);
    world.passes(&note(&vec![b'x'; 100_000]));
    world.refused(&note(&vec![b'x'; 100_001]), 413, "RequestBodyTooLarge");
    let chunked = note(&vec![b'x'; 100_001]).chunked();
    world.refused(&chunked, 413, "RequestBodyTooLarge");
    let answer = halfway(&world, &note(&vec![b'x'; 100_000]), || {
        world.refused(&note(&vec![b'y'; 100_000]), 503, "ServiceUnavailable");
    });
    assert_eq!(answer.status(), 200, "{}", answer.text());
    world.passes(&note(&vec![b'x'; 100_000])); // The room was given back.
}

#[test]
fn a_slow_body_arrives_all_the_same() {
    for (route, sections) in [(GUARDED, ""), (SPOOL, SPOOL_HERE)] {
        let world = world(route, sections);
        let call = note(&vec![b'x'; 60_000]);
        let mut open = TcpStream::connect(world.gate.data).unwrap();
        for piece in call.bytes().chunks(2000) {
            open.write_all(piece).unwrap();
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(caller::read_all(open).status(), 200);
        assert_eq!(world.upstream.received()[0].body, call.body);
    }
}

#[test]
fn a_spool_that_cannot_be_written_to_is_told_at_the_start() {
    let upstream = Upstream::start();
    let bundle = Bundle::example(&upstream);
    bundle.change("ramgate.yaml", |text| {
        let text = text
            .replace("    products: [notes]\n", "    products: [notes]\n    large_bodies: spool\n");
        format!("{text}\nspool: {{ folder: nowhere }}\n")
    });
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_ramgate"))
        .args(["serve", "--config"])
        .arg(bundle.path("ramgate.yaml"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && told.contains("(spool.folder)"), "{told}");
}
