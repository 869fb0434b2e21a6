use super::*;

const ONE: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

#[test]
fn accepted_heads() {
    use BodyFraming::{Chunked, Length, None};
    use Persistence::{Close, KeepAlive};
    accept(ONE, None, KeepAlive);
    accept(
        "GET /a?b=c%20{}|^`~!\" HTTP/1.1\r\nHost: a\r\n\r\n".replace('"', "").as_str(),
        None,
        KeepAlive,
    );
    accept("GET / HTTP/1.0\r\nHost: a\r\n\r\n", None, Close);
    accept("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", None, KeepAlive);
    accept("GET / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n", None, Close);
    accept(&with("GET", "Content-Length: 0"), None, KeepAlive);
    accept(&with("POST", "Content-Length: 5"), Length(5), KeepAlive);
    accept(&with("DELETE", "Content-Length: 0000000000000000005"), Length(5), KeepAlive);
    accept(
        &with("POST", "content-length:\t9223372036854775807 "),
        Length(i64::MAX as u64),
        KeepAlive,
    );
    accept(&with("PUT", "Transfer-Encoding: chunked"), Chunked, KeepAlive);
    accept(&with("PATCH", "Expect: 100-Continue"), None, KeepAlive);
    accept(&with("OPTIONS", "my_name: x\tü"), None, KeepAlive);
    accept(&with("GET", "x-acs-date: 1"), None, KeepAlive);
    accept(&with("GET", "X-Empty:"), None, KeepAlive);
    for host in ["a.b:80", "127.0.0.1:8700", "[::1]:8700", "[::1]", "a_b.c-d", "A:65535"] {
        accept(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"), None, KeepAlive);
    }
}

#[test]
fn refused_request_lines() {
    for (line, status) in [
        ("", 400),
        ("GET /", 400),
        ("GET  / HTTP/1.1", 400),
        ("GET / HTTP/1.1 ", 400),
        (" GET / HTTP/1.1", 400),
        ("GET\t/\tHTTP/1.1", 400),
        ("GET / HTTP/1.2", 400),
        ("GET / HTTP/2.0", 400),
        ("GET / http/1.1", 400),
        ("PRI * HTTP/2.0", 400),
        ("get / HTTP/1.1", 405),
        ("CONNECT a:1 HTTP/1.1", 405),
        ("TRACE / HTTP/1.1", 405),
        ("TRACK / HTTP/1.1", 405),
        ("BREW / HTTP/1.1", 405),
        ("G@T / HTTP/1.1", 400),
        ("GET http://a/ HTTP/1.1", 400),
        ("GET a:1 HTTP/1.1", 400),
        ("OPTIONS * HTTP/1.1", 400),
        ("GET ?a HTTP/1.1", 400),
        ("GET /#a HTTP/1.1", 400),
        ("GET /?a#b HTTP/1.1", 400),
        ("GET /ü HTTP/1.1", 400),
        ("GET /` HTTP/1.1", 400),
        ("GET /?<a> HTTP/1.1", 400),
        ("GET /\u{7f} HTTP/1.1", 400),
    ] {
        refuse(&format!("{line}\r\nHost: a\r\n\r\n"), status);
    }
}

#[test]
fn refused_headers() {
    for (headers, status) in [
        ("Content-Length: 5\r\nTransfer-Encoding: chunked", 400),
        ("Transfer-Encoding: chunked\r\nContent-Length: 5", 400),
        ("Content-Length: 5\r\nContent-Length: 5", 400),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400),
        ("Transfer-Encoding: identity", 400),
        ("Transfer-Encoding: gzip, chunked", 400),
        ("Transfer-Encoding: chunked, chunked", 400),
        ("Transfer-Encoding: xchunked", 400),
        ("Transfer-Encoding: Chunked;q=1", 400),
        ("Transfer-Encoding: \x0bchunked", 400),
        ("Transfer-Encoding:", 400),
        ("Transfer-Encoding : chunked", 400),
        ("Content-Length: +3", 400),
        ("Content-Length: 0x3", 400),
        ("Content-Length: 3, 3", 400),
        ("Content-Length: 3 3", 400),
        ("Content-Length: -1", 400),
        ("Content-Length:", 400),
        ("Content-Length: 9223372036854775808", 400),
        ("Content-Length: 00000000000000000003", 400),
        (" X: leading", 400),
        ("X: a\r\n folded", 400),
        ("X: a\r\n\tfolded", 400),
        ("Authorization: a\r\nAuthorization: a", 400),
        (": empty", 400),
        ("no colon", 400),
        ("X\0: a", 400),
        ("X: a\0b", 400),
        ("X: a\x1bb", 400),
        ("X: a\x7f", 400),
        ("X(y): a", 400),
        ("Ü: a", 400),
        ("X: a\nY: b", 400),
        ("X: a\rY: b", 400),
        ("X: a\r\r", 400),
        ("Connection: close, x-ramgate-principal", 400),
        ("Connection: authorization", 400),
        ("Connection: Upgrade", 400),
        ("Connection: close\r\nConnection: keep-alive", 400),
        ("Connection: close,", 400),
        ("Upgrade: h2c", 400),
        ("Expect: something", 417),
        ("x_acs-date: a", 400),
        ("x-acs-signature_nonce: a", 400),
        ("Host: a", 400),
    ] {
        refuse(&with("POST", headers), status);
    }
    refuse(&with("GET", "Content-Length: 1"), 400);
    refuse(&with("HEAD", "Transfer-Encoding: chunked"), 400);
    refuse("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400);
    refuse("GET / HTTP/1.1\r\n\r\n", 400);
    refuse("GET / HTTP/1.1\nHost: a\n\n", 400);
    refuse("\x16\x03\x01\x02", 400);
    for host in [
        "",
        "a,b",
        "u@a",
        "a.",
        "a.:80",
        "a b",
        "a:",
        "a:0",
        "a:65536",
        "a:1:2",
        "a:x",
        ".a",
        "a..b",
        "[::1%25eth0]",
        "[::1",
        "[]",
        "[::1]x",
        "a/b",
        "a?b",
        "ü",
    ] {
        refuse(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"), 400);
    }
}

#[test]
fn limits() {
    let target = |bytes: usize| {
        format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(bytes.saturating_sub(1)))
    };
    accept(&target(8192), BodyFraming::None, Persistence::KeepAlive);
    refuse(&target(8193), 414);
    refuse(&target(100_000), 414);
    let headers = |count: usize| with("GET", &vec!["X: a"; count].join("\r\n"));
    accept(&headers(63), BodyFraming::None, Persistence::KeepAlive);
    refuse(&headers(64), 431);
    let head = |bytes: usize| {
        let empty = with("GET", "X: ");
        with("GET", &format!("X: {}", "a".repeat(bytes - empty.len())))
    };
    accept(&head(32 * 1024), BodyFraming::None, Persistence::KeepAlive);
    refuse(&head(32 * 1024 + 1), 431);
    refuse(&format!("GET / HTTP/1.1\r\nX: {}", "a".repeat(40_000)), 431);
}

/// What the engine behind would refuse must be refused here: its own answer would bypass ours.
#[test]
fn the_engine_accepts_every_accepted_target() {
    for byte in 0u8..=255 {
        for target in [vec![b'/', byte], vec![b'/', b'?', byte]] {
            let mut head = b"GET ".to_vec();
            head.extend_from_slice(&target);
            head.extend_from_slice(b" HTTP/1.1\r\nHost: a\r\n\r\n");
            if matches!(HeadScan::new(Limits::default()).scan(&head), Scan::Head(_)) {
                let uri = http::Uri::try_from(target.as_slice()).unwrap();
                assert_eq!(uri.path_and_query().unwrap().as_str().as_bytes(), target);
            }
        }
    }
}

#[test]
fn a_head_ends_where_it_ends() {
    let two = format!("{ONE}{ONE}");
    let Scan::Head(head) = HeadScan::new(Limits::default()).scan(two.as_bytes()) else {
        panic!("no head");
    };
    assert_eq!(head.head_len, ONE.len());
}

fn with(method: &str, headers: &str) -> String {
    format!("{method} / HTTP/1.1\r\nHost: a\r\n{headers}\r\n\r\n")
}

#[track_caller]
fn accept(text: &str, body: BodyFraming, persistence: Persistence) {
    let expected = Scan::Head(Head { head_len: text.len(), body, persistence });
    check(text, expected);
}

#[track_caller]
fn refuse(text: &str, status: u16) {
    match HeadScan::new(Limits::default()).scan(text.as_bytes()) {
        Scan::Refused(error) => {
            assert_eq!(error.status.as_u16(), status, "{text:?}: {error}");
            check(text, Scan::Refused(error));
        }
        other => panic!("{text:?}: {other:?}"),
    }
}

/// The whole at once, byte by byte, and in steps of 7: one result.
#[track_caller]
fn check(text: &str, expected: Scan) {
    for step in [text.len(), 1, 7] {
        assert_eq!(in_steps(text.as_bytes(), step), expected, "{text:?} in steps of {step}");
    }
}

fn in_steps(bytes: &[u8], step: usize) -> Scan {
    let mut scan = HeadScan::new(Limits::default());
    let mut end = 0;
    while end < bytes.len() {
        end = (end + step).min(bytes.len());
        match scan.scan(&bytes[..end]) {
            Scan::NeedMore => {}
            done => return done,
        }
    }
    Scan::NeedMore
}

mod any_split {
    use super::*;
    use proptest::prelude::*;

    fn piece() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "GET / HTTP/1.1",
            "POST /a HTTP/1.0",
            "\r\n",
            "\r\n",
            "\r\n",
            "\r",
            "\n",
            "Host: a",
            "Host: b",
            "Content-Length: 3",
            "Transfer-Encoding: chunked",
            " ",
            "X: y",
            ":",
            "\0",
            "\u{16}",
            "é",
        ])
    }

    proptest! {
        #[test]
        fn gives_the_same_result(pieces in prop::collection::vec(piece(), 0..12), step in 1usize..9) {
            let text = pieces.concat();
            prop_assert_eq!(in_steps(text.as_bytes(), step), in_steps(text.as_bytes(), usize::MAX / 2));
        }
    }
}
