//! Hostile heads as raw bytes against the real binary; targets are in `hostile`. The judgement is what the upstream saw.

use crate::support::caller::{Answer, Call, ecs, notes, raw, raw_and_end};
use crate::support::gate::{ALICE_KEY, BOB_KEY, Bundle, Gate};
use crate::support::upstream::Upstream;
use crate::support::{NOTES_HOST, wait_for};
use std::time::Duration;

struct Target {
    upstream: Upstream,
    _bundle: Bundle,
    gate: Gate,
}

fn target() -> Target {
    let upstream = Upstream::start();
    let bundle = Bundle::example(&upstream);
    let gate = bundle.serve();
    Target { upstream, _bundle: bundle, gate }
}

impl Target {
    /// Sends bytes; exactly one answer with one of the statuses comes back, the connection closes, and the upstream has
    /// seen nothing.
    #[track_caller]
    fn refused(&self, what: &str, bytes: &[u8], statuses: &[u16]) -> Answer {
        self.upstream.forget();
        let answer = raw(self.gate.data, bytes);
        assert!(statuses.contains(&answer.status()), "{what}: {}", answer.text());
        assert_eq!(answer.count(), 1, "{what}: {}", answer.text());
        assert!(
            self.upstream.received().is_empty(),
            "{what}: the upstream saw {:?}",
            self.upstream.received()
        );
        answer
    }
}

/// A permitted request whose head is changed as text after signing; framing is not signed.
fn changed(call: &Call, from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(call.bytes()).unwrap();
    assert!(text.contains(from), "{from:?} is not in {text}");
    text.replacen(from, to, 1).into_bytes()
}

fn describe() -> Call {
    ecs(ALICE_KEY, "DescribeInstances", "")
}

/// A second request that the upstream must never see.
const SMUGGLED: &str = "GET /smuggled HTTP/1.1\r\nHost: ecs.cn-hangzhou.aliyuncs.com\r\n\r\n";

#[test]
fn h01_length_and_chunks_together() {
    let target = target();
    for order in [
        "content-length: 4\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 4\r\n",
    ] {
        let mut bytes = changed(&describe(), "connection: close\r\n", order);
        bytes.extend_from_slice(format!("0\r\n\r\n{SMUGGLED}").as_bytes());
        target.refused("CL.TE", &bytes, &[400]);
    }
}

#[test]
fn h04_h05_transfer_encodings() {
    let target = target();
    for coding in [
        "transfer-encoding: identity\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ntransfer-encoding: chunked",
        "transfer-encoding: gzip, chunked",
        "transfer-encoding: chunked, chunked",
        "transfer-encoding: xchunked",
        "transfer-encoding: Chunked;q=1",
    ] {
        let mut bytes = changed(&describe(), "connection: close", coding);
        bytes.extend_from_slice(format!("0\r\n\r\n{SMUGGLED}").as_bytes());
        target.refused(coding, &bytes, &[400, 501]);
    }
}

#[test]
fn h08_two_lengths() {
    let target = target();
    for lengths in [
        "content-length: 0\r\ncontent-length: 0",
        "content-length: 0\r\ncontent-length: 5",
        "content-length: 0, 0",
        "content-length: +0",
        "content-length: 0x0",
        "content-length: ",
    ] {
        let mut bytes = changed(&describe(), "connection: close", lengths);
        bytes.extend_from_slice(SMUGGLED.as_bytes());
        target.refused(lengths, &bytes, &[400]);
    }
}

#[test]
fn h13_bare_line_feeds_and_carriage_returns() {
    let target = target();
    let call = describe();
    target.refused("bare LF", &changed(&call, "HTTP/1.1\r\n", "HTTP/1.1\n"), &[400]);
    target.refused(
        "bare LF between headers",
        &changed(&call, "connection: close\r\n", "connection: close\nx: y\r\n"),
        &[400],
    );
    target.refused("bare CR in a value", &changed(&call, "connection: close", "x: a\rb"), &[400]);
    let all = String::from_utf8(call.bytes()).unwrap().replace("\r\n", "\n");
    target.refused("only LF", all.as_bytes(), &[400]);
}

#[test]
fn h18_nothing_behind_a_refused_request_is_read() {
    let target = target();
    let mut bytes = changed(&describe(), "connection: close", "transfer-encoding: identity");
    for _ in 0..3 {
        bytes.extend_from_slice(&describe().bytes());
    }
    target.refused("refused, then pipelined", &bytes, &[400]);
}

#[test]
fn pipelined_requests_are_judged_one_by_one() {
    let target = target();
    let keep = |call: Call| {
        String::from_utf8(call.bytes()).unwrap().replace("connection: close\r\n", "").into_bytes()
    };
    let mut bytes = keep(describe());
    bytes.extend_from_slice(&keep(ecs(BOB_KEY, "DescribeInstances", "")));
    bytes.extend_from_slice(&describe().bytes());
    let answer = raw(target.gate.data, &bytes);
    assert_eq!(answer.count(), 3, "{}", answer.text());
    assert_eq!(answer.text().matches("\"Code\":\"NoPermission\"").count(), 1);
    assert_eq!(target.upstream.received().len(), 2);
}

#[test]
fn h22_connect_is_never_dialled() {
    let target = target();
    for line in [
        "CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n",
        "TRACE / HTTP/1.1\r\nHost: ecs.cn-hangzhou.aliyuncs.com\r\n\r\n",
        "get / HTTP/1.1\r\nHost: ecs.cn-hangzhou.aliyuncs.com\r\n\r\n",
    ] {
        target.refused(line, line.as_bytes(), &[400, 405, 501]);
    }
}

#[test]
fn http2_is_refused_for_now() {
    let target = target();
    target.refused("preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", &[400, 505]);
}

#[test]
fn i01_identity_headers_are_ours_alone() {
    let target = target();
    let call = notes(BOB_KEY, "GET", "/notes/team/x", b"")
        .with("X-RamGate-Principal", "acs:ram::1234567890123456:root")
        .with("x-ramgate-user-id", "1")
        .with("x-ramgate-user-id", "2")
        .with("x-ramgate-anything", "y");
    let answer = call.send(target.gate.data);
    assert_eq!(answer.status(), 200, "{}", answer.text());
    assert_eq!(
        answer.header("x-ramgate-principal"),
        None,
        "an upstream's claim reached the caller"
    );
    let received = &target.upstream.received()[0];
    let ours: Vec<_> = received
        .headers
        .iter()
        .filter(|(name, _)| name.to_lowercase().replace('_', "-").starts_with("x-ramgate-"))
        .collect();
    assert_eq!(received.header("x-ramgate-principal"), Some("acs:ram::1234567890123456:user/bob"));
    assert_eq!(
        ours.iter().filter(|(name, _)| name.eq_ignore_ascii_case("x-ramgate-user-id")).count(),
        1
    );
    assert!(!ours.iter().any(|(_, value)| value == "y" || value.ends_with(":root")), "{ours:?}");

    let underscores =
        notes(BOB_KEY, "GET", "/notes/team/x", b"").with("x_ramgate_principal", "acs:ram::1:root");
    target.upstream.forget();
    let answer = underscores.send(target.gate.data);
    assert!(matches!(answer.status(), 200 | 400), "{}", answer.text());
    assert!(
        target
            .upstream
            .received()
            .iter()
            .all(|received| received.header("x_ramgate_principal").is_none())
    );
}

#[test]
fn i02_a_connection_header_removes_nothing() {
    let target = target();
    for named in
        ["close, x-ramgate-principal", "authorization", "x-acs-date", "keep-alive, host", "upgrade"]
    {
        let call = describe().with("Connection", named);
        target.refused(named, &call.bytes(), &[400]);
    }
}

#[test]
fn limits_on_heads() {
    let target = target();
    let long = "a".repeat(10_000);
    let line = format!("GET /notes/{long} HTTP/1.1\r\nHost: {NOTES_HOST}\r\n\r\n");
    target.refused("long target", line.as_bytes(), &[414]);
    let many = (0..200).fold(String::new(), |all, n| format!("{all}x-{n}: 1\r\n"));
    target.refused("many headers", &changed(&describe(), "connection: close\r\n", &many), &[431]);
    let big = format!("x-big: {}\r\n", "b".repeat(100_000));
    target.refused("large head", &changed(&describe(), "connection: close\r\n", &big), &[431]);
}

#[test]
fn unfinished_requests_end_without_an_upstream() {
    let target = target();
    let bytes = describe().bytes();
    for cut in [1, 20, bytes.len() / 2, bytes.len() - 1] {
        let answer = raw_and_end(target.gate.data, &bytes[..cut]);
        assert!(matches!(answer.status(), 0 | 400 | 408), "{}", answer.text());
    }
    assert!(target.upstream.received().is_empty());
    assert!(target.gate.page("/livez").starts_with("HTTP/1.1 200"));
}

#[test]
fn a_chunked_body_is_read_strictly() {
    let target = target();
    let call =
        notes(BOB_KEY, "PUT", "/notes/team/x", b"hello").with("transfer-encoding", "chunked");
    let text = String::from_utf8(call.bytes()).unwrap();
    let head = text.split_once("\r\n\r\n").unwrap().0.to_owned() + "\r\n\r\n";
    let good = format!("{head}5\r\nhello\r\n0\r\n\r\n");
    let answer = raw(target.gate.data, good.as_bytes());
    assert_eq!(answer.status(), 200, "{}", answer.text());
    target.upstream.forget();
    for bad in [
        "5\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "5;a\nb\r\nhello\r\n0\r\n\r\n",
        "6\r\nhello\r\n0\r\n\r\n",
        "FFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n",
        "+5\r\nhello\r\n0\r\n\r\n",
    ] {
        let fresh =
            notes(BOB_KEY, "PUT", "/notes/team/x", b"hello").with("transfer-encoding", "chunked");
        let text = String::from_utf8(fresh.bytes()).unwrap();
        let head = text.split_once("\r\n\r\n").unwrap().0;
        let answer = raw_and_end(target.gate.data, format!("{head}\r\n\r\n{bad}").as_bytes());
        assert_ne!(answer.status(), 200, "{bad:?}: {}", answer.text());
    }
    wait_for(Duration::from_millis(100), || false);
    assert!(target.upstream.received().iter().all(|received| !received.complete));
}
