use std::error::Error;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{Request, Response, StatusCode};
use http_body::Body;
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::spawn_local;
use tokio::time::timeout;

use super::answer::Guarded;
use super::exchange::{Exchange, Outgoing, Sending};
use super::lease::{Connection, Lease, Shelf};
use super::{PoolSettings, UpstreamError};
use crate::gate::{Covered, PermittedRequest};

/// Keep-alive connections to one upstream, `host:port` in plain HTTP. Belongs to one worker; lives inside its `LocalSet`.
pub struct Pool<B> {
    authority: Box<str>,
    settings: PoolSettings,
    shelf: Rc<Shelf<B>>,
}

impl<B> Pool<Covered<B>>
where
    B: Body<Data = Bytes> + Unpin + 'static,
{
    /// Sends a permitted request, the only kind there is a way for, and waits for the head of its answer. Dropping the
    /// future cuts the connection.
    pub async fn send(
        &self,
        request: PermittedRequest<B>,
    ) -> Result<Response<Guarded>, UpstreamError> {
        self.forward(request.into_request()).await
    }
}

/// How an attempt ended, if not with an answer.
enum Failed<B> {
    /// The connection had closed before it took the request, which may be sent again.
    Untaken(Box<Request<Outgoing<B>>>, hyper::Error),
    /// The request may have been seen.
    Final(UpstreamError),
}

impl<B> Pool<B>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Unpin + 'static,
{
    /// A pool without connections. The name is resolved whenever one is made.
    pub fn new(authority: &str, settings: PoolSettings) -> Self {
        Self { authority: authority.into(), settings, shelf: Rc::new(Shelf::new(settings)) }
    }

    /// Connections that wait for a request.
    pub fn idle(&self) -> usize {
        self.shelf.len()
    }

    /// Closes what has been idle for too long. Happens with every request too.
    pub fn discard_stale(&self) {
        self.shelf.discard_stale();
    }

    /// How long an answer's head may take.
    pub fn head_timeout(&self) -> Duration {
        self.settings.head_timeout
    }

    pub(super) async fn forward(
        &self,
        request: Request<B>,
    ) -> Result<Response<Guarded>, UpstreamError> {
        let promised = promised(&request);
        let mut request = request.map(|body| Outgoing::new(body, promised));
        if let Some(connection) = self.shelf.take() {
            match self.exchange(connection, request).await {
                Ok(answer) => return Ok(answer),
                Err(Failed::Final(error)) => return Err(error),
                Err(Failed::Untaken(back, _closed)) => request = *back,
            }
        }
        let connection = self.connect().await?;
        self.exchange(connection, request).await.map_err(|failed| match failed {
            Failed::Final(error) => error,
            Failed::Untaken(_request, error) => UpstreamError::Broken(error),
        })
    }

    async fn connect(&self) -> Result<Connection<B>, UpstreamError> {
        let connecting = TcpStream::connect(&*self.authority);
        let stream = timeout(self.settings.connect_timeout, connecting)
            .await
            .map_err(|_elapsed| UpstreamError::ConnectTimeout)?
            .map_err(UpstreamError::ConnectRefused)?;
        stream.set_nodelay(true).map_err(UpstreamError::ConnectRefused)?;
        let (sender, engine) =
            self.engine().handshake(TokioIo::new(stream)).await.map_err(UpstreamError::Broken)?;
        let task = spawn_local(engine).abort_handle();
        Ok(Connection::new(sender, task))
    }

    fn engine(&self) -> http1::Builder {
        /// Less the engine does not take.
        const BUFFER_BYTES_MIN: usize = 8 * 1024;
        /// Up to this many headers the engine needs no allocation for them.
        const HEADERS_ON_STACK: usize = 100;
        let mut engine = http1::Builder::new();
        engine
            .max_buf_size(self.settings.head_bytes_max.max(BUFFER_BYTES_MIN))
            .max_header_size(self.settings.head_bytes_max);
        if self.settings.headers_max != HEADERS_ON_STACK {
            engine.max_headers(self.settings.headers_max);
        }
        engine
    }

    async fn exchange(
        &self,
        connection: Connection<B>,
        request: Request<Outgoing<B>>,
    ) -> Result<Response<Guarded>, Failed<B>> {
        let exchange = request.body().begin();
        let home = Rc::downgrade(&self.shelf);
        let mut lease = Lease::new(connection, Rc::clone(&exchange), home);
        let sent = lease.sender().try_send_request(request);
        let answer = tokio::select! {
            biased;
            answer = sent => answer.map_err(|error| failed(error, &exchange))?,
            () = exchange.overdue(self.settings.head_timeout) => {
                return Err(Failed::Final(UpstreamError::HeadTimeout));
            }
        };
        check(&answer).map_err(Failed::Final)?;
        let idle = self.settings.body_idle_timeout;
        Ok(answer.map(|incoming| Guarded::new(incoming, lease, idle)))
    }
}

/// What the head says about the length of the body.
fn promised<B>(request: &Request<B>) -> Option<u64> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn failed<B>(mut error: TrySendError<Request<Outgoing<B>>>, exchange: &Exchange) -> Failed<B> {
    let request = error.take_message();
    let error = error.into_error();
    if let Some(request) = request {
        return Failed::Untaken(Box::new(request), error);
    }
    Failed::Final(if exchange.sending() == Sending::Failed || error.is_body_write_aborted() {
        UpstreamError::RequestBody
    } else if error.is_parse() {
        UpstreamError::BadAnswer("its head is malformed")
    } else {
        UpstreamError::Broken(error)
    })
}

/// Refuses what the engine would repair, and a switch of protocols that nobody asked for (H26, H30).
fn check(answer: &Response<Incoming>) -> Result<(), UpstreamError> {
    let headers = answer.headers();
    let lengths = headers.get_all(CONTENT_LENGTH).iter().count();
    let encodings = headers.get_all(TRANSFER_ENCODING).iter();
    let (chunked, other) = encodings.fold((0usize, 0usize), |(chunked, other), value| {
        if value.as_bytes().eq_ignore_ascii_case(b"chunked") {
            (chunked + 1, other)
        } else {
            (chunked, other + 1)
        }
    });
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
        Err(UpstreamError::BadAnswer("it switches protocols unasked"))
    } else if other > 0 || lengths + chunked > 1 {
        Err(UpstreamError::BadAnswer("its body has more than one framing"))
    } else {
        Ok(())
    }
}

impl<B> fmt::Debug for Pool<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("authority", &self.authority)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
