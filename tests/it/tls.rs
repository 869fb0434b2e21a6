//! The encrypted listener of the real binary: who gets in, what is refused, and certificates that change while it runs.

use std::fs::Permissions;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use rustls::version;

use crate::support::caller::{self, ecs};
use crate::support::gate::{ALICE_KEY, Bundle, Gate};
use crate::support::tls::{DAY, Trust, der, mount, present, read_all, shown};
use crate::support::upstream::Upstream;
use crate::support::{ECS_HOST, wait_for};

const ONE_SECOND: Duration = Duration::from_secs(1);

struct World {
    upstream: Upstream,
    bundle: Bundle,
    trust: Trust,
    gate: Gate,
}

fn world() -> World {
    changed(|_| {})
}

/// A running gate whose bundle was changed before.
fn changed(change: impl FnOnce(&Bundle)) -> World {
    of(Trust::new(), change)
}

fn of(trust: Trust, change: impl FnOnce(&Bundle)) -> World {
    let upstream = Upstream::start();
    let bundle = Bundle::example(&upstream);
    present(&bundle, &trust.issue(-DAY..30 * DAY));
    change(&bundle);
    let gate = bundle.serve();
    World { upstream, bundle, trust, gate }
}

fn limits(bundle: &Bundle, limits: &str) {
    bundle.change("ramgate.yaml", |text| format!("{text}\nlimits: {{{limits}}}\n"));
}

fn failed(reason: &str) -> String {
    format!("ramgate_tls_handshakes_failed_total{{reason=\"{reason}\"}} 1\n")
}

impl World {
    #[track_caller]
    fn expect_metric(&self, text: &str) {
        let there = wait_for(ONE_SECOND, || self.gate.page("/metrics").contains(text));
        assert!(there, "{text}: {}", self.gate.page("/metrics"));
    }

    fn describe(&self) -> u16 {
        self.trust.send(self.gate.tls(), &ecs(ALICE_KEY, "DescribeInstances", "")).status()
    }
}

#[test]
fn a_signed_call_passes_in_both_versions() {
    for version in [&version::TLS13, &version::TLS12] {
        let world = of(Trust::of_version(version), |_| {});
        let answer = world.trust.send(world.gate.tls(), &ecs(ALICE_KEY, "DescribeInstances", ""));
        assert_eq!(answer.status(), 200, "{}", answer.text());
        assert!(world.gate.audit_line("DescribeInstances").contains("127.0.0.1"));
        let refused =
            world.trust.send(world.gate.tls(), &ecs(ALICE_KEY, "DeleteInstance", "InstanceId=i-1"));
        assert_eq!(refused.status(), 403, "{}", refused.text());
        // The plain listener is where it was.
        assert_eq!(ecs(ALICE_KEY, "DescribeInstances", "").send(world.gate.data).status(), 200);
        assert_eq!(world.upstream.received().len(), 2);
    }
}

#[test]
fn whether_it_is_encrypted_is_known_to_policies() {
    let world = changed(|bundle| {
        bundle.change("policies/ecs-operators.json", |text| {
            let condition = "\"Condition\": {\"Bool\": {\"acs:SecureTransport\": \"true\"}}";
            text.replace("instance/*\"\n", &format!("instance/*\",\n      {condition}\n"))
        });
    });
    let call = || ecs(ALICE_KEY, "DescribeInstances", "");
    assert_eq!(world.trust.send(world.gate.tls(), &call()).status(), 200);
    let plain = call().send(world.gate.data);
    assert_eq!(plain.status(), 403, "{}", plain.text());
    assert_eq!(world.upstream.received().len(), 1);
}

#[test]
fn a_client_that_trusts_somebody_else_goes_away() {
    let world = world();
    let stranger = Trust::new();
    let error = stranger.try_connect(world.gate.tls()).unwrap_err();
    assert!(error.to_string().contains("invalid peer certificate"), "{error}");
    world.expect_metric(&failed("declined"));
}

#[test]
fn nothing_in_common() {
    let mut world = world();
    world.trust.client.alpn_protocols = vec![b"h2".to_vec()];
    let error = world.trust.try_connect(world.gate.tls()).unwrap_err();
    assert!(error.to_string().contains("NoApplicationProtocol"), "{error}");
    world.expect_metric(&failed("nothing_in_common"));
    world.trust.client.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let stream = world.trust.connect(world.gate.tls());
    assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
}

/// A hello as clients of the time sent it: no extension says that they know more than TLS 1.x.
fn old_hello(minor: u8) -> Vec<u8> {
    const GROUPS: [u8; 10] = [0, 10, 0, 6, 0, 4, 0, 29, 0, 23];
    const SIGNATURES: [u8; 8] = [0, 13, 0, 4, 0, 2, 4, 3]; // ECDSA with SHA-256
    const POINTS: [u8; 6] = [0, 11, 0, 2, 1, 0];
    let extensions = [&GROUPS[..], &SIGNATURES, &POINTS].concat();
    let mut body = vec![3, minor];
    body.extend([7; 32]); // random
    body.push(0); // no session
    body.extend([0, 4, 0xc0, 0x09, 0xc0, 0x2b]); // ECDHE-ECDSA with AES-128, CBC and GCM
    body.extend([1, 0]); // no compression
    body.extend([0, u8::try_from(extensions.len()).unwrap()]);
    body.extend(extensions);
    let mut hello = vec![1, 0, 0, u8::try_from(body.len()).unwrap()];
    hello.extend(body);
    let mut record = vec![22, 3, 1, 0, u8::try_from(hello.len()).unwrap()];
    record.extend(hello);
    record
}

#[test]
fn old_versions_are_told_so() {
    const ALERT: u8 = 21;
    const HANDSHAKE: u8 = 22;
    const FATAL: u8 = 2;
    const PROTOCOL_VERSION: u8 = 70;
    let world = changed(|bundle| limits(bundle, "handshake_seconds: 1"));
    for minor in [0, 1, 2] {
        let answer = caller::raw(world.gate.tls(), &old_hello(minor)).bytes;
        assert_eq!(answer.first(), Some(&ALERT), "{minor}: {answer:?}");
        assert_eq!(answer[5..7], [FATAL, PROTOCOL_VERSION], "{minor}: {answer:?}");
    }
    // One bit more, and the server goes on.
    let answer = caller::raw(world.gate.tls(), &old_hello(3)).bytes;
    assert_eq!(answer[..3], [HANDSHAKE, 3, 3], "{answer:?}");
    assert_eq!(world.describe(), 200);
}

#[test]
fn what_is_no_tls_is_closed_and_named_nowhere() {
    let world = world();
    let secret = "Authorization: acs LTAI5tMarker:c2VjcmV0LW1hcmtlcg==";
    let plain = format!("GET /marker HTTP/1.1\r\nHost: {ECS_HOST}\r\n{secret}\r\n\r\n");
    let huge_record = [&[22, 3, 1, 0xff, 0xff][..], &vec![1; 70_000]].concat();
    // A handshake message that claims 16 MiB, in records of the usual size.
    let huge_hello = [&[22, 3, 1, 0x40, 0, 1, 0xff, 0xff, 0xff][..], &[0; 16_380]].concat();
    let sslv2 = [0x80, 0x2e, 1, 0, 2, 0, 0x15, 0, 0, 0, 0x10];
    let garbage: Vec<u8> = (0..4096_u32).map(|n| (n * 7919 % 251) as u8).collect();
    for bytes in [plain.as_bytes(), &huge_record, &huge_hello, &sslv2, &garbage, b"\0", b"\x16"] {
        let answer = caller::raw_and_end(world.gate.tls(), bytes);
        assert!(!answer.text().contains("HTTP"), "{}", answer.text());
    }
    assert_eq!(world.describe(), 200);
    world.expect_metric("ramgate_connections 0\n");
    let metrics = world.gate.page("/metrics");
    assert!(metrics.contains("reason=\"not_tls\""), "{metrics}");
    assert!(metrics.contains("ramgate_panics_total 0"), "{metrics}");
    let told = format!("{}{:?}{metrics}", world.gate.audit(), world.gate.messages());
    assert!(!told.to_lowercase().contains("marker"), "{told}");
}

#[test]
fn a_slow_handshake_is_closed() {
    let world = changed(|bundle| limits(bundle, "handshake_seconds: 1"));
    let started = Instant::now();
    let mut drip = TcpStream::connect(world.gate.tls()).unwrap();
    drip.set_read_timeout(Some(Duration::from_millis(250))).unwrap();
    let closed = old_hello(3).iter().any(|byte| {
        let _reset = drip.write_all(&[*byte]);
        matches!(drip.read(&mut [0]), Ok(0)) || started.elapsed() > Duration::from_secs(10)
    });
    let took = started.elapsed();
    assert!(
        closed && took > Duration::from_millis(900) && took < Duration::from_secs(3),
        "{took:?}"
    );
    world.expect_metric(&failed("slow"));
}

#[test]
fn handshakes_have_places_of_their_own() {
    let world = changed(|bundle| limits(bundle, "handshakes: 2, handshake_seconds: 1"));
    let idle: Vec<_> = (0..2).map(|_| TcpStream::connect(world.gate.tls()).unwrap()).collect();
    world.expect_metric("ramgate_connections 2\n");
    assert!(world.trust.try_connect(world.gate.tls()).is_err());
    assert_eq!(ecs(ALICE_KEY, "DescribeInstances", "").send(world.gate.data).status(), 200);
    assert!(wait_for(Duration::from_secs(3), || world.trust.try_connect(world.gate.tls()).is_ok()));
    drop(idle);
    // A connection that is served takes no such place.
    let served: Vec<_> = (0..4).map(|_| world.trust.connect(world.gate.tls())).collect();
    assert_eq!(world.describe(), 200);
    drop(served);
}

#[test]
fn a_new_certificate_is_shown_within_a_second_and_open_connections_live_on() {
    let world = world();
    let call = || ecs(ALICE_KEY, "DescribeInstances", "").with("connection", "keep-alive");
    let mut open = world.trust.connect(world.gate.tls());
    exchange(&mut open, &call().bytes());
    let renewed = world.trust.issue(-DAY..60 * DAY);
    mount(&world.bundle, &renewed);
    let mounted = Instant::now();
    let seen = wait_for(Duration::from_secs(3), || {
        shown(&world.trust.connect(world.gate.tls())) == der(&renewed)
    });
    let took = mounted.elapsed();
    assert!(seen && took <= ONE_SECOND, "{took:?} {:#?}", world.gate.messages());
    exchange(&mut open, &call().bytes());
    let end = caller::now().0 + 60 * DAY;
    let metrics = world.gate.page("/metrics");
    let expiry = metrics
        .lines()
        .find_map(|line| line.strip_prefix("ramgate_tls_certificate_expiry_timestamp_seconds "))
        .unwrap();
    assert!((end - expiry.parse::<i64>().unwrap()).abs() < 60, "{expiry}");
}

/// Sends a call and reads one answer, on a connection that stays.
fn exchange(stream: &mut (impl Read + Write), bytes: &[u8]) {
    stream.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        answer.push(byte[0]);
    }
    let head = String::from_utf8(answer).unwrap().to_lowercase();
    assert!(head.starts_with("http/1.1 200"), "{head}");
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
    let mut body = vec![0; length.unwrap().parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
}

#[test]
fn a_broken_certificate_keeps_the_old_one() {
    let world = world();
    let before = shown(&world.trust.connect(world.gate.tls()));
    let good = (world.bundle.read("server.pem"), world.bundle.read("secrets/server.key"));
    let other = world.trust.issue(-DAY..DAY);
    let cases = [
        ("server.pem", other.certificate.as_str(), "does not belong to the certificate"),
        ("server.pem", "", "there is no certificate in it"),
        ("server.pem", &good.0[..good.0.len() / 2], "not PEM"),
        (
            "secrets/server.key",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            "server.key:1:1: error",
        ),
        ("secrets/server.key", "", "there is no private key in it"),
    ];
    for (file, text, told) in cases {
        let known = world.gate.messages().len();
        world.bundle.write(file, text);
        let reported = wait_for(ONE_SECOND, || {
            world.gate.messages()[known..].iter().any(|line| line.contains(told))
        });
        assert!(reported, "{told}: {:#?}", world.gate.messages());
        world.expect_metric("ramgate_tls_certificate_problems 1\n");
        assert_eq!(shown(&world.trust.connect(world.gate.tls())), before, "{told}");
        world.bundle.write("server.pem", &good.0);
        world.bundle.write("secrets/server.key", &good.1);
        world.expect_metric("ramgate_tls_certificate_problems 0\n");
    }
    std::fs::remove_file(world.bundle.path("secrets/server.key")).unwrap();
    world.expect_metric("ramgate_tls_certificate_problems 1\n");
    assert_eq!(world.describe(), 200);
    assert!(world.gate.messages().iter().all(|line| !line.contains("PRIVATE KEY-----\n")));
}

#[test]
fn a_renewal_does_not_wait_for_a_broken_policy() {
    let world = world();
    world.bundle.write("policies/ecs-operators.json", "{");
    let renewed = world.trust.issue(-DAY..60 * DAY);
    mount(&world.bundle, &renewed);
    assert!(wait_for(ONE_SECOND, || {
        shown(&world.trust.connect(world.gate.tls())) == der(&renewed)
    }));
}

#[test]
fn check_tells_what_is_wrong_with_a_certificate() {
    let (upstream, trust) = (Upstream::start(), Trust::new());
    let bundle = Bundle::example(&upstream);
    present(&bundle, &trust.issue(-DAY..30 * DAY));
    let checked = |expected: &str, code: i32| {
        let (exit, output, _) = bundle.run("check");
        assert!(output.contains(expected), "{expected}: {output}");
        assert_eq!(exit, Some(code), "{output}");
    };
    checked("0 errors, 0 warnings", 0);
    mount(&bundle, &trust.issue(-DAY..13 * DAY));
    checked("server.pem:1:1: warning: the certificate expires at", 0);
    mount(&bundle, &trust.issue(-2 * DAY..-DAY));
    checked("server.pem:1:1: warning: the certificate expired at", 0);
    mount(&bundle, &trust.issue(-DAY..30 * DAY));
    let key = bundle.path("secrets/server.key");
    std::fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    checked("server.key:1:1: error: everybody on this machine can read the private key", 1);
    std::fs::remove_file(key).unwrap();
    checked("server.key:1:1: error: cannot be read", 1);
    bundle.change("ramgate.yaml", |text| text.replace("key: secrets/server.key", "kee: x"));
    checked("unknown field `kee`", 1);
    checked("`key` is missing", 1);
}

#[test]
fn one_message_at_a_time_over_tls_too() {
    let world = world();
    let keep =
        |operation| ecs(ALICE_KEY, operation, "InstanceId=i-1").with("connection", "keep-alive");
    let last = ecs(ALICE_KEY, "DescribeInstances", "");
    let pipelined =
        [keep("DescribeInstances").bytes(), keep("DeleteInstance").bytes(), last.bytes()].concat();
    let answers = world.trust.raw(world.gate.tls(), &pipelined);
    assert_eq!(answers.count(), 3, "{}", answers.text());
    assert_eq!(world.upstream.received().len(), 2);
    let smuggled = last.bytes();
    for bad in [
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /a\nHost: a\n\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\x16\x03\x01",
    ] {
        let answer = world.trust.raw(world.gate.tls(), &[bad.as_bytes(), &smuggled].concat());
        assert_eq!((answer.status(), answer.count()), (400, 1), "{bad:?}: {}", answer.text());
    }
    assert_eq!(world.upstream.received().len(), 2);
}

/// Without the alert that ends a session, an end may be somebody else's work: what came before is no whole request.
#[test]
fn a_body_that_is_cut_off_reaches_nobody() {
    let world = world();
    let call = ecs(ALICE_KEY, "DescribeInstances", "").with("content-length", "100");
    let mut stream = world.trust.connect(world.gate.tls());
    stream.write_all(&call.bytes()).unwrap();
    stream.sock.shutdown(std::net::Shutdown::Write).unwrap();
    let answer = read_all(stream);
    assert_ne!(answer.status(), 200, "{}", answer.text());
    assert!(world.upstream.received().is_empty());
}

#[test]
fn large_answers_and_bodies_come_through_whole() {
    let world = world();
    let body = vec![b'x'; 512 * 1024];
    let call = caller::notes(crate::support::gate::BOB_KEY, "PUT", "/notes/team/x", &body);
    let answer = world.trust.send(world.gate.tls(), &call);
    assert_eq!(answer.status(), 200, "{}", answer.text());
    assert_eq!(world.upstream.received()[0].body.len(), body.len());
}

#[test]
fn stopping_ends_handshakes_and_idle_connections() {
    let mut world = world();
    let idle = TcpStream::connect(world.gate.tls()).unwrap(); // in its handshake
    let kept = world.trust.connect(world.gate.tls());
    world.gate.signal("TERM");
    assert_eq!(world.gate.ended(Duration::from_secs(5)), Some(0));
    drop((idle, kept));
}

#[test]
fn an_address_is_taken_once() {
    let bundle = Bundle::example(&Upstream::start());
    let at: SocketAddr = ([127, 0, 0, 1], 4711).into();
    bundle.change("ramgate.yaml", |text| {
        text.replacen(
            "listen:\n",
            &format!("listen:\n  tls: {{address: {at}, certificate: c, key: k}}\n"),
            1,
        )
        .replace("data: 127.0.0.1:0", &format!("data: {at}"))
    });
    let (_, output, _) = bundle.run("check");
    assert!(output.contains("`data` (127.0.0.1:4711) and `tls.address`"), "{output}");
}
