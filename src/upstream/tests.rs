use std::collections::VecDeque;
use std::error::Error;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use tokio::task::LocalSet;

use super::{BodyError, Guarded, Pool, PoolSettings, UpstreamError};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// What a connection does each time it has read a head (and nothing more).
#[derive(Clone)]
enum Act {
    Say(&'static str),
    /// Reads the rest until the other side is done, then ends.
    Swallow,
    /// Says something, then reads on until the other side ends.
    SayAndSwallow(&'static str),
    End,
}

/// An upstream: each connection follows its script; what it read is kept.
struct Upstream {
    address: SocketAddr,
    read: Arc<Mutex<Vec<String>>>,
}

impl Upstream {
    fn start(scripts: Vec<Vec<Act>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let read = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&read);
        thread::spawn(move || {
            for script in scripts {
                let (stream, _) = listener.accept().unwrap();
                let index = kept.lock().unwrap().len();
                kept.lock().unwrap().push(String::new());
                let kept = Arc::clone(&kept);
                thread::spawn(move || {
                    follow(stream, script, |text| kept.lock().unwrap()[index] += text);
                });
            }
        });
        Self { address, read }
    }

    fn read(&self) -> Vec<String> {
        self.read.lock().unwrap().clone()
    }
}

fn follow(mut stream: TcpStream, script: Vec<Act>, mut keep: impl FnMut(&str)) {
    for act in script {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            if stream.read(&mut byte).unwrap_or(0) == 0 {
                return;
            }
            head.push(byte[0]);
        }
        keep(&String::from_utf8(head).unwrap());
        let (text, swallow) = match act {
            Act::Say(text) => (text, false),
            Act::SayAndSwallow(text) => (text, true),
            Act::Swallow => ("", true),
            Act::End => return,
        };
        stream.write_all(text.as_bytes()).unwrap();
        if swallow {
            while stream.read(&mut byte).unwrap_or(0) == 1 {
                keep(std::str::from_utf8(&byte).unwrap());
            }
            keep("|");
        }
    }
    thread::sleep(Duration::from_millis(50));
}

/// A body of given pieces; then it ends, or hangs.
struct Pieces {
    pieces: VecDeque<Result<&'static str, &'static str>>,
    hang: bool,
}

impl Pieces {
    fn empty() -> Self {
        Self { pieces: VecDeque::new(), hang: false }
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match self.pieces.pop_front() {
            Some(Ok(text)) => Poll::Ready(Some(Ok(Frame::data(Bytes::from(text))))),
            Some(Err(error)) => Poll::Ready(Some(Err(error.into()))),
            None if self.hang => Poll::Pending,
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty() && !self.hang
    }
}

fn get() -> Request<Pieces> {
    Request::get("/a").header("host", "a").body(Pieces::empty()).unwrap()
}

fn post(pieces: &[Result<&'static str, &'static str>], length: Option<u64>) -> Request<Pieces> {
    let body = Pieces { pieces: pieces.iter().copied().collect(), hang: false };
    let mut request = Request::post("/a").header("host", "a").body(body).unwrap();
    if let Some(length) = length {
        request.headers_mut().insert("content-length", length.into());
    }
    request
}

fn hasty() -> PoolSettings {
    PoolSettings {
        head_timeout: Duration::from_millis(200),
        body_idle_timeout: Duration::from_millis(200),
        ..PoolSettings::default()
    }
}

fn run(upstream: &Upstream, settings: PoolSettings, test: impl AsyncFnOnce(Pool<Pieces>)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let pool = Pool::new(&upstream.address.to_string(), settings);
    LocalSet::new().block_on(&runtime, test(pool));
}

async fn text(answer: Response<Guarded>) -> Result<String, BodyError> {
    let body = answer.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8(body.to_vec()).unwrap())
}

async fn pause() {
    tokio::time::sleep(Duration::from_millis(100)).await;
}

#[test]
fn a_connection_is_used_again() {
    let upstream = Upstream::start(vec![vec![
        Act::Say(OK),
        Act::Say("HTTP/1.1 204 No Content\r\n\r\n"),
        Act::Say(
            "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n",
        ),
        Act::Say(OK),
    ]]);
    run(&upstream, PoolSettings::default(), async |pool| {
        for expected in ["ok", "", "ok", "ok"] {
            assert_eq!(text(pool.forward(get()).await.unwrap()).await.unwrap(), expected);
            tokio::task::yield_now().await;
            assert_eq!(pool.idle(), 1);
        }
    });
    assert_eq!(upstream.read().len(), 1);
}

#[test]
fn an_answer_that_is_not_read_to_its_end_ends_the_connection() {
    let upstream = Upstream::start(vec![vec![Act::Say(OK), Act::Say(OK)], vec![Act::Say(OK)]]);
    run(&upstream, PoolSettings::default(), async |pool| {
        drop(pool.forward(get()).await.unwrap());
        assert_eq!(pool.idle(), 0);
        assert_eq!(text(pool.forward(get()).await.unwrap()).await.unwrap(), "ok");
    });
    assert_eq!(upstream.read().len(), 2);
}

#[test]
fn an_early_answer_ends_the_connection() {
    let upstream = Upstream::start(vec![vec![Act::SayAndSwallow(OK)]]);
    run(&upstream, PoolSettings::default(), async |pool| {
        let mut request = post(&[Ok("abc")], Some(9));
        request.body_mut().hang = true;
        assert_eq!(text(pool.forward(request).await.unwrap()).await.unwrap(), "ok");
        assert_eq!(pool.idle(), 0);
        pause().await;
    });
    let read = upstream.read().concat();
    assert!(read.ends_with("\r\n\r\nabc|"), "{read}");
}

#[test]
fn a_pooled_connection_that_has_closed_is_no_failure() {
    let upstream = Upstream::start(vec![vec![Act::Say(OK)], vec![Act::Say(OK)]]);
    run(&upstream, PoolSettings::default(), async |pool| {
        assert_eq!(text(pool.forward(get()).await.unwrap()).await.unwrap(), "ok");
        // The upstream's end and this timer are noticed in the same moment, so the engine learns of both at once.
        let nap = tokio::time::sleep(Duration::from_millis(10));
        thread::sleep(Duration::from_millis(200));
        nap.await;
        assert_eq!(pool.idle(), 1);
        assert_eq!(text(pool.forward(get()).await.unwrap()).await.unwrap(), "ok");
    });
    assert_eq!(upstream.read().len(), 2);
}

/// Once it may have been seen, a request is not sent again.
#[test]
fn a_request_that_was_taken_is_not_sent_twice() {
    let upstream = Upstream::start(vec![vec![Act::Say(OK), Act::End], vec![Act::Say(OK)]]);
    run(&upstream, PoolSettings::default(), async |pool| {
        assert_eq!(text(pool.forward(get()).await.unwrap()).await.unwrap(), "ok");
        tokio::task::yield_now().await;
        let second = pool.forward(get()).await;
        assert!(matches!(second, Err(UpstreamError::Broken(_))), "{second:?}");
    });
    assert_eq!(upstream.read().len(), 1);
}

#[test]
fn idle_connections_are_discarded() {
    let upstream = Upstream::start(vec![vec![Act::Say(OK), Act::Swallow], vec![Act::Say(OK)]]);
    let settings =
        PoolSettings { idle_timeout: Duration::from_millis(50), ..PoolSettings::default() };
    run(&upstream, settings, async |pool| {
        assert_eq!(text(pool.forward(get()).await.unwrap()).await.unwrap(), "ok");
        pause().await;
        assert_eq!(text(pool.forward(get()).await.unwrap()).await.unwrap(), "ok");
    });
    assert_eq!(upstream.read().len(), 2);
}

#[test]
fn no_connection() {
    let upstream = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Upstream { address: listener.local_addr().unwrap(), read: Arc::default() }
    };
    run(&upstream, PoolSettings::default(), async |pool| {
        let answer = pool.forward(get()).await;
        assert!(matches!(answer, Err(UpstreamError::ConnectRefused(_))), "{answer:?}");
    });
}

#[test]
fn bad_answers() {
    for bad in [
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX\0: y\r\n\r\n",
        "SSH-2.0-OpenSSH\r\n",
    ] {
        let upstream = Upstream::start(vec![vec![Act::Say(bad)]]);
        run(&upstream, PoolSettings::default(), async |pool| {
            let answer = pool.forward(get()).await;
            assert!(matches!(answer, Err(UpstreamError::BadAnswer(_))), "{bad:?}: {answer:?}");
            assert_eq!(pool.idle(), 0);
        });
    }
}

#[test]
fn an_upstream_that_ends_early() {
    let upstream = Upstream::start(vec![vec![Act::End]]);
    run(&upstream, PoolSettings::default(), async |pool| {
        let answer = pool.forward(get()).await;
        assert!(matches!(answer, Err(UpstreamError::Broken(_))), "{answer:?}");
    });
    let upstream =
        Upstream::start(vec![vec![Act::Say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok")]]);
    run(&upstream, PoolSettings::default(), async |pool| {
        let answer = text(pool.forward(get()).await.unwrap()).await;
        assert!(matches!(answer, Err(BodyError::Broken(_))), "{answer:?}");
        assert_eq!(pool.idle(), 0);
    });
}

#[test]
fn an_upstream_that_stalls() {
    let upstream = Upstream::start(vec![
        vec![Act::Swallow],
        vec![Act::SayAndSwallow("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok")],
    ]);
    run(&upstream, hasty(), async |pool| {
        let answer = pool.forward(get()).await;
        assert!(matches!(answer, Err(UpstreamError::HeadTimeout)), "{answer:?}");
        let answer = text(pool.forward(get()).await.unwrap()).await;
        assert!(matches!(answer, Err(BodyError::Idle)), "{answer:?}");
        assert_eq!(pool.idle(), 0);
        pause().await;
    });
    assert!(upstream.read().iter().all(|read| read.ends_with('|')), "{:?}", upstream.read());
}

/// While the client is slow, the upstream is not to blame.
#[test]
fn a_slow_client_is_no_slow_upstream() {
    let upstream = Upstream::start(vec![vec![Act::Swallow]]);
    run(&upstream, hasty(), async |pool| {
        let mut request = post(&[Ok("abc")], Some(9));
        request.body_mut().hang = true;
        let answer = tokio::time::timeout(Duration::from_millis(600), pool.forward(request)).await;
        assert!(answer.is_err());
        pause().await;
    });
    assert!(upstream.read().concat().ends_with("\r\n\r\nabc|"));
}

#[test]
fn a_body_that_fails_leaves_an_unfinished_request() {
    type Pieces = &'static [Result<&'static str, &'static str>];
    let cases: [(Pieces, Option<u64>); 5] = [
        (&[Ok("abc"), Err("digest")], Some(6)),
        (&[Ok("abc"), Err("digest")], None),
        (&[Ok("abc")], Some(6)),
        (&[Ok("abc"), Ok("defg")], Some(6)),
        (&[Err("digest")], Some(6)),
    ];
    for (pieces, length) in cases {
        let upstream = Upstream::start(vec![vec![Act::Swallow]]);
        run(&upstream, PoolSettings::default(), async |pool| {
            let answer = pool.forward(post(pieces, length)).await;
            assert!(matches!(answer, Err(UpstreamError::RequestBody)), "{pieces:?}: {answer:?}");
            pause().await;
        });
        let read = upstream.read().concat();
        let finished = read.contains("\r\n0\r\n") || read.ends_with("abcdef|");
        assert!(!finished, "{pieces:?}: {read}");
    }
}
