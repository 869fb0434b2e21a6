//! Accepts connections and runs each of them on one of N workers: threads of their own, each with a current-thread runtime
//! (design: workers; rules N01 – N03, L18, L19 of the threat model).
//!
//! Between the socket and the HTTP engine sits a stage (`serial`) that releases one well-formed message at a time. What a request
//! means is the [`Handler`]'s business; nothing here looks into one.

mod accept;
mod connection;
mod handshake;
mod patience;
mod serial;
mod turn;
mod worker;

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;
use tokio::sync::watch;

use crate::framing::{FramingError, Limits};
use crate::tls::Presented;

pub use accept::bind;

/// What a handler may know about the connection a request came on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionFacts {
    /// The other end of the socket.
    pub peer: SocketAddr,
    /// Whether what goes over it is encrypted.
    pub tls: bool,
}

/// Answers the requests of one worker. It never leaves its thread, so it may own pools without locks.
pub trait Handler: 'static {
    /// The body of an answer.
    type Body: http_body::Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>
        + Unpin
        + 'static;

    /// Answers one request.
    fn handle(
        self: Rc<Self>,
        request: Request<Incoming>,
        facts: ConnectionFacts,
    ) -> impl Future<Output = Response<Self::Body>> + 'static;

    /// The complete HTTP/1.1 message that tells the peer why its bytes are no request. The connection ends after it.
    fn refused(&self, error: &FramingError, peer: SocketAddr) -> Vec<u8>;
}

/// How long a peer may take for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// From the connection to the end of the TLS handshake.
    pub handshake: Duration,
    /// From the first byte of a head to its end.
    pub head: Duration,
    /// Without a request, between two answers or at the start.
    pub idle: Duration,
    /// Without a byte of a body that has begun.
    pub body_idle: Duration,
    /// Without the peer taking a byte of the answer.
    pub write_stall: Duration,
    /// For reading and dropping what a peer still sends after the last answer, so that it can read that answer.
    pub linger: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(5),
            head: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            body_idle: Duration::from_secs(30),
            write_stall: Duration::from_secs(30),
            linger: Duration::from_secs(2),
        }
    }
}

/// Something worth counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A connection went to a worker.
    Opened,
    /// It ended.
    Closed,
    /// A connection was closed at once because there are too many.
    Shed,
    /// The system could not accept a connection, usually for want of descriptors.
    AcceptFailed,
    /// A handler panicked; its connection ended.
    Panicked,
    /// A connection ended before a request, because there was no agreement on its encryption.
    HandshakeFailed(HandshakeFailure),
}

/// Why a TLS handshake failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandshakeFailure {
    /// It took too long.
    Slow,
    /// The peer does not speak TLS, or not well.
    NotTls,
    /// No version, cipher suite or protocol that both know.
    NothingInCommon,
    /// The peer declined, usually since it does not trust the certificate.
    Declined,
    /// The connection ended, or something else went wrong.
    BrokenOff,
}

impl HandshakeFailure {
    /// The word for it in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Slow => "slow",
            Self::NotTls => "not_tls",
            Self::NothingInCommon => "nothing_in_common",
            Self::Declined => "declined",
            Self::BrokenOff => "broken_off",
        }
    }
}

/// Is told about events, from any thread.
pub type OnEvent = Arc<dyn Fn(Event) + Send + Sync>;

/// A socket that already listens (see [`bind`]), and what is spoken there.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    presented: Option<Arc<Presented>>,
}

impl Listener {
    /// HTTP.
    pub fn plain(socket: TcpListener) -> Self {
        Self { socket, presented: None }
    }

    /// HTTP over TLS, and no other.
    pub fn tls(socket: TcpListener, presented: Arc<Presented>) -> Self {
        Self { socket, presented: Some(presented) }
    }
}

/// How to serve.
pub struct ServerConfig {
    /// Where.
    pub listeners: Vec<Listener>,
    /// Threads.
    pub workers: usize,
    /// Connections of all workers together.
    pub connections_max: usize,
    /// Those of them whose TLS handshake is not done.
    pub handshakes_max: usize,
    /// Patience.
    pub timeouts: Timeouts,
    /// Size of heads.
    pub limits: Limits,
    /// How long answers may still take after [`Running::shutdown`].
    pub grace: Duration,
    /// Counts.
    pub on_event: OnEvent,
}

impl ServerConfig {
    /// The defaults.
    pub fn new(listeners: Vec<Listener>) -> Self {
        Self {
            listeners,
            workers: 1,
            connections_max: 10_000,
            handshakes_max: 512,
            timeouts: Timeouts::default(),
            limits: Limits::default(),
            grace: Duration::from_secs(20),
            on_event: Arc::new(|_event| {}),
        }
    }
}

impl fmt::Debug for ServerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerConfig")
            .field("listeners", &self.listeners)
            .field("workers", &self.workers)
            .field("connections_max", &self.connections_max)
            .finish_non_exhaustive()
    }
}

/// How far the end has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Serving,
    Draining,
    Cut,
}

/// A server at work. Dropping it drains it without waiting.
#[derive(Debug)]
pub struct Running {
    addresses: Vec<SocketAddr>,
    stage: watch::Sender<Stage>,
    threads: Vec<JoinHandle<()>>,
}

impl Running {
    /// The address of the first listener.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.addresses.first().copied()
    }

    /// The addresses of the listeners, in their order.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Stops accepting, closes idle connections, lets answers finish within the grace. May be called again.
    pub fn shutdown(&self) {
        self.advance(Stage::Draining);
    }

    /// Ends every connection at once.
    pub fn cut(&self) {
        self.advance(Stage::Cut);
    }

    /// Waits until everything has ended; for an async thread that also waits for something else.
    pub async fn drained(&self) {
        while !self.threads.iter().all(JoinHandle::is_finished) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until everything has ended, which somebody must have asked for. Not for use on an async thread.
    pub fn join(mut self) {
        for thread in self.threads.drain(..) {
            // A thread that panicked has already been reported by the panic hook, and is as ended as any other.
            drop(thread.join());
        }
    }

    fn advance(&self, to: Stage) {
        self.stage.send_if_modified(|stage| {
            let forward =
                matches!((*stage, to), (Stage::Serving, _) | (Stage::Draining, Stage::Cut));
            if forward {
                *stage = to;
            }
            forward
        });
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown();
    }
}

/// Starts the workers and accepts connections. Each worker makes its own handler, on its own thread.
pub fn serve<H, M>(config: ServerConfig, make_handler: M) -> io::Result<Running>
where
    H: Handler,
    M: Fn(usize) -> H + Send + Sync + 'static,
{
    let addresses = config
        .listeners
        .iter()
        .map(|listener| listener.socket.local_addr())
        .collect::<Result<_, _>>()?;
    let (stage, watched) = watch::channel(Stage::Serving);
    let mut running = Running { addresses, stage, threads: Vec::new() };
    let settings = Arc::new(worker::Settings {
        timeouts: config.timeouts,
        limits: config.limits,
        grace: config.grace,
        on_event: config.on_event,
    });
    let make_handler = Arc::new(make_handler);
    let mut workers = Vec::new();
    for index in 0..config.workers.max(1) {
        let make_handler = Arc::clone(&make_handler);
        let (worker, thread) =
            worker::start(index, Arc::clone(&settings), watched.clone(), move || {
                make_handler(index)
            })?;
        workers.push(worker);
        running.threads.push(thread);
    }
    let desk = accept::Desk::new(workers, config.connections_max, config.handshakes_max, settings);
    running.threads.push(accept::start(config.listeners, desk, watched)?);
    Ok(running)
}
