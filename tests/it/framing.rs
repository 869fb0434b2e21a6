//! Real sockets against the server: one message at a time, refusals, bodies, time limits, the end.

#![cfg(test)] // Tells the linter that helpers are tests too.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use ramgate::framing::FramingError;
use ramgate::server::{
    ConnectionFacts, Event, Handler, Listener, Running, ServerConfig, Timeouts, bind, serve,
};
use tokio::time::Instant;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn add(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

struct Echo(Log);

impl Handler for Echo {
    type Body = Full<Bytes>;

    async fn handle(
        self: Rc<Self>,
        request: Request<Incoming>,
        _facts: ConnectionFacts,
    ) -> Response<Full<Bytes>> {
        let path = request.uri().path().to_owned();
        self.0.add(format!("{} {path}", request.method()));
        match path.as_str() {
            "/slow" => tokio::time::sleep(Duration::from_millis(300)).await,
            "/panic" => panic!("on purpose"),
            "/early" => return Response::builder().status(403).body(Full::default()).unwrap(),
            "/large" => return Response::new(Full::from(vec![b'a'; 64 << 20])),
            _ => {}
        }
        let body = request.into_body().collect().await;
        self.0.add(format!("answer {path}"));
        match body {
            Ok(body) => Response::new(Full::from(body.to_bytes())),
            Err(_) => Response::builder().status(400).body(Full::from("body")).unwrap(),
        }
    }

    fn refused(&self, error: &FramingError, _peer: SocketAddr) -> Vec<u8> {
        self.0.add(format!("refused {}", error.status.as_u16()));
        format!(
            "HTTP/1.1 {} refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            error.status.as_u16()
        )
        .into_bytes()
    }
}

struct Fixture {
    running: Running,
    log: Log,
    events: Arc<Mutex<Vec<Event>>>,
}

fn start(change: impl FnOnce(&mut ServerConfig)) -> Fixture {
    let log = Log::default();
    let events = Arc::new(Mutex::new(Vec::new()));
    let mut config =
        ServerConfig::new(vec![Listener::plain(bind(([127, 0, 0, 1], 0).into()).unwrap())]);
    config.workers = 2;
    let seen = Arc::clone(&events);
    config.on_event = Arc::new(move |event| seen.lock().unwrap().push(event));
    change(&mut config);
    let handlers = log.clone();
    let running = serve(config, move |_index| Echo(handlers.clone())).unwrap();
    Fixture { running, log, events }
}

impl Fixture {
    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.running.local_addr().unwrap()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream
    }

    fn count(&self, event: Event) -> usize {
        self.events.lock().unwrap().iter().filter(|seen| **seen == event).count()
    }

    #[track_caller]
    fn expect(&self, event: Event, count: usize) {
        let waited = Instant::now();
        while self.count(event) < count && waited.elapsed() < Duration::from_secs(5) {
            thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(self.count(event), count, "{event:?}");
    }

    fn stop(self) {
        self.running.shutdown();
        self.running.join();
    }
}

fn short(config: &mut ServerConfig) {
    config.timeouts = Timeouts {
        handshake: Duration::from_millis(200),
        head: Duration::from_millis(200),
        idle: Duration::from_millis(400),
        body_idle: Duration::from_millis(200),
        write_stall: Duration::from_millis(300),
        linger: Duration::from_millis(200),
    };
}

fn send(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).unwrap();
}

/// All until the server closes. A reset counts as an end only if the caller expects no answer.
fn rest(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    stream.read_to_end(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}

/// One answer with a Content-Length.
fn answer(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let mut byte = [0];
    while !text.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        text.push(byte[0]);
    }
    let head = String::from_utf8(text).unwrap();
    let length = head.to_ascii_lowercase();
    let length = length
        .split("content-length: ")
        .nth(1)
        .map_or(0, |rest| rest.split("\r\n").next().unwrap().parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    head + &String::from_utf8(body).unwrap()
}

#[test]
fn requests_take_turns() {
    let fixture = start(|_| {});
    let mut stream = fixture.connect();
    send(
        &mut stream,
        "POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nabPOST /b HTTP/1.1\r\nHost: a\r\n\
         Transfer-Encoding: chunked\r\n\r\n3;x\r\ncde\r\n0\r\nT: a\r\n\r\nGET /c HTTP/1.1\r\nHost: a\r\n\r\n",
    );
    assert!(answer(&mut stream).ends_with("\r\n\r\nab"));
    assert!(answer(&mut stream).ends_with("\r\n\r\ncde"));
    assert!(answer(&mut stream).starts_with("HTTP/1.1 200"));
    assert_eq!(
        fixture.log.lines(),
        ["POST /slow", "answer /slow", "POST /b", "answer /b", "GET /c", "answer /c"]
    );
    fixture.stop();
}

#[test]
fn the_next_request_waits_for_the_answer_to_be_out() {
    let fixture = start(|_| {});
    let mut stream = fixture.connect();
    send(
        &mut stream,
        "GET /large HTTP/1.1\r\nHost: a\r\n\r\nGET /second HTTP/1.1\r\nHost: a\r\n\r\n",
    );
    thread::sleep(Duration::from_millis(300));
    assert_eq!(fixture.log.lines(), ["GET /large"]); // 64 MiB fit no socket buffer.
    let mut some = vec![0; 8 << 20];
    stream.read_exact(&mut some).unwrap();
    thread::sleep(Duration::from_millis(300));
    assert_eq!(fixture.log.lines(), ["GET /large"]);
    let mut left = vec![0; 56 << 20];
    stream.read_exact(&mut left).unwrap();
    let mut end = Vec::new();
    while !end.ends_with(b"HTTP/1.1 200 OK\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        end.push(byte[0]);
    }
    assert_eq!(fixture.log.lines(), ["GET /large", "GET /second", "answer /second"]);
    fixture.stop();
}

#[test]
fn a_refusal_ends_the_connection_and_what_follows_is_not_read() {
    let fixture = start(|_| {});
    for bad in [
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
        "\x16\x03\x01",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET /a\nHost: a\n\n",
    ] {
        let mut stream = fixture.connect();
        send(&mut stream, "GET /first HTTP/1.1\r\nHost: a\r\n\r\n");
        send(&mut stream, bad);
        send(&mut stream, "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
        assert!(answer(&mut stream).starts_with("HTTP/1.1 200"));
        assert!(rest(&mut stream).starts_with("HTTP/1.1 400 refused"), "{bad:?}");
    }
    let lines = fixture.log.lines();
    assert!(lines.iter().all(|line| !line.contains("smuggled")), "{lines:?}");
    assert_eq!(lines.iter().filter(|line| *line == "refused 400").count(), 4);
    fixture.stop();
}

/// The refusal arrives although the client has much more under way, which a plain close would turn into a reset.
#[test]
fn a_refusal_can_be_read() {
    let fixture = start(|_| {});
    let mut stream = fixture.connect();
    send(&mut stream, "BREW / HTTP/1.1\r\n\r\n");
    let body = "a".repeat(200_000);
    send(&mut stream, &body);
    thread::sleep(Duration::from_millis(100));
    assert!(rest(&mut stream).starts_with("HTTP/1.1 405 refused"));
    fixture.stop();
}

#[test]
fn after_close_nothing_is_read() {
    let fixture = start(|_| {});
    let mut stream = fixture.connect();
    send(
        &mut stream,
        "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n",
    );
    assert!(rest(&mut stream).contains("connection: close"));
    assert_eq!(fixture.log.lines(), ["GET /a", "answer /a"]);
    fixture.stop();
}

#[test]
fn bad_chunks_fail_the_body() {
    let fixture = start(|_| {});
    for bad in ["3\nabc\r\n0\r\n\r\n", "3\r\nabcX", "0\r\n\n", "FFFFFFFFFFFFFFFFF\r\n"] {
        let mut stream = fixture.connect();
        send(
            &mut stream,
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
        );
        send(&mut stream, bad);
        send(&mut stream, "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
        let answer = rest(&mut stream);
        assert!(
            answer.starts_with("HTTP/1.1 400") && answer.ends_with("body"),
            "{bad:?}: {answer}"
        );
    }
    assert!(fixture.log.lines().iter().all(|line| !line.contains("smuggled")));
    fixture.stop();
}

#[test]
fn an_early_answer_ends_the_connection() {
    let fixture = start(|_| {});
    let mut stream = fixture.connect();
    send(
        &mut stream,
        "POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n",
    );
    let answer = rest(&mut stream);
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    assert!(!answer.contains("100"), "{answer}");
    fixture.stop();
}

/// The answer arrives although the client has much more under way.
#[test]
fn an_early_answer_can_be_read() {
    let fixture = start(|_| {});
    let mut stream = fixture.connect();
    send(&mut stream, "POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
    for _ in 0..3 {
        send(&mut stream, &"a".repeat(100_000));
        thread::sleep(Duration::from_millis(50));
    }
    assert!(rest(&mut stream).starts_with("HTTP/1.1 403"));
    fixture.stop();
}

#[test]
fn continue_is_said_when_the_body_is_wanted() {
    let fixture = start(|_| {});
    let mut stream = fixture.connect();
    send(
        &mut stream,
        "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n",
    );
    assert!(answer(&mut stream).starts_with("HTTP/1.1 100"));
    send(&mut stream, "ab");
    assert!(answer(&mut stream).ends_with("ab"));
    send(&mut stream, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(answer(&mut stream).starts_with("HTTP/1.1 200"));
    fixture.stop();
}

#[test]
fn slow_peers() {
    let fixture = start(short);
    let mut idle = fixture.connect();
    assert_eq!(rest(&mut idle), "");
    let mut dripping = fixture.connect();
    send(&mut dripping, "GET / HT");
    assert!(rest(&mut dripping).starts_with("HTTP/1.1 408"));
    let mut between = fixture.connect();
    send(&mut between, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(answer(&mut between).starts_with("HTTP/1.1 200"));
    assert_eq!(rest(&mut between), "");
    let mut body = fixture.connect();
    send(&mut body, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab");
    assert!(rest(&mut body).starts_with("HTTP/1.1 400"));
    let mut reader = fixture.connect();
    send(&mut reader, "GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    thread::sleep(Duration::from_secs(1));
    let mut text = Vec::new();
    let length = reader.read_to_end(&mut text).unwrap_or(text.len());
    assert!(length < 64 << 20);
    fixture.stop();
}

/// A head that comes byte by byte in time is as good as any.
#[test]
fn a_head_in_pieces() {
    let fixture = start(|_| {});
    let mut stream = fixture.connect();
    stream.set_nodelay(true).unwrap();
    for byte in
        "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"
            .chars()
    {
        send(&mut stream, &byte.to_string());
        thread::sleep(Duration::from_millis(1));
    }
    assert!(answer(&mut stream).ends_with("ab"));
    fixture.stop();
}

#[test]
fn a_client_that_leaves_is_noticed() {
    let fixture = start(|_| {});
    let mut stream = fixture.connect();
    send(&mut stream, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    thread::sleep(Duration::from_millis(100));
    drop(stream);
    thread::sleep(Duration::from_millis(400));
    assert_eq!(fixture.log.lines(), ["GET /slow"]);
    fixture.expect(Event::Closed, 1);
    fixture.stop();
}

#[test]
fn a_panic_ends_its_connection_only() {
    let fixture = start(|config| config.workers = 1);
    let mut other = fixture.connect();
    let mut stream = fixture.connect();
    send(&mut stream, "GET /panic HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut text = String::new();
    let ended = stream.read_to_string(&mut text);
    assert!(ended.is_ok() || ended.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset));
    assert_eq!(text, "");
    send(&mut other, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(answer(&mut other).starts_with("HTTP/1.1 200"));
    fixture.expect(Event::Panicked, 1);
    fixture.stop();
}

#[test]
fn too_many_connections_are_shed() {
    let fixture = start(|config| config.connections_max = 2);
    let mut first = fixture.connect();
    let _second = fixture.connect();
    let mut third = fixture.connect();
    assert_eq!(rest(&mut third), "");
    fixture.expect(Event::Shed, 1);
    send(&mut first, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(answer(&mut first).starts_with("HTTP/1.1 200"));
    drop(first);
    fixture.expect(Event::Closed, 1);
    let mut fourth = fixture.connect();
    send(&mut fourth, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(answer(&mut fourth).starts_with("HTTP/1.1 200"));
    fixture.stop();
}

#[test]
fn draining() {
    let fixture = start(|_| {});
    let address = fixture.running.local_addr().unwrap();
    let mut idle = fixture.connect();
    let mut used = fixture.connect();
    send(&mut used, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
    answer(&mut used);
    let mut busy = fixture.connect();
    send(&mut busy, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET /late HTTP/1.1\r\nHost: a\r\n\r\n");
    thread::sleep(Duration::from_millis(100));
    fixture.running.shutdown();
    fixture.running.shutdown();
    assert_eq!(rest(&mut idle), "");
    assert_eq!(rest(&mut used), "");
    let last = rest(&mut busy);
    assert!(last.starts_with("HTTP/1.1 200") && last.contains("connection: close"), "{last}");
    fixture.running.join();
    assert!(TcpStream::connect(address).is_err());
    assert!(fixture.log.lines().iter().all(|line| !line.contains("late")));
}

#[test]
fn the_grace_ends() {
    let fixture = start(|config| config.grace = Duration::from_millis(100));
    let mut stream = fixture.connect();
    send(&mut stream, "GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    thread::sleep(Duration::from_millis(100));
    let began = Instant::now();
    fixture.stop();
    assert!(began.elapsed() < Duration::from_secs(5));
}
