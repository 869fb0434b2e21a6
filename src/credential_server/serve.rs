//! Connections: few, short, and with small heads. No body is ever read.

use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Semaphore;

use crate::workload::Answer;

use super::bind::Socket;
use super::desk::Desk;

/// More than this at once on one listener are closed unanswered.
const CONNECTIONS_MAX: usize = 64;
const HEADERS_MAX: usize = 32;
/// A request line and its headers.
const HEAD_BYTES_MAX: usize = 8 * 1024;
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(60);

/// Starts the thread of all listeners.
pub(super) fn start(doors: Vec<(Socket, Desk)>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new().name("credentials".into()).spawn(move || {
        runtime.block_on(async {
            let accepting =
                doors.into_iter().map(|(socket, desk)| tokio::spawn(accept(socket, desk)));
            for task in accepting.collect::<Vec<_>>() {
                let _never_ends = task.await;
            }
        });
    })?;
    Ok(())
}

async fn accept(socket: Socket, desk: Desk) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let desk = Arc::new(desk);
    match socket {
        Socket::Tcp(listener) => {
            let Ok(listener) = TcpListener::from_std(listener) else { return };
            loop {
                match listener.accept().await {
                    Ok((stream, peer)) => {
                        let _no_delay = stream.set_nodelay(true);
                        serve(stream, Some(peer.ip().to_canonical()), &desk, &places);
                    }
                    Err(_out_of_descriptors) => pause().await,
                }
            }
        }
        Socket::Unix(listener, _) => {
            let Ok(listener) = UnixListener::from_std(listener) else { return };
            loop {
                match listener.accept().await {
                    Ok((stream, _peer)) => serve(stream, None, &desk, &places),
                    Err(_out_of_descriptors) => pause().await,
                }
            }
        }
    }
}

/// Others will close theirs.
async fn pause() {
    tokio::time::sleep(Duration::from_millis(50)).await;
}

fn serve<S>(stream: S, peer: Option<IpAddr>, desk: &Arc<Desk>, places: &Arc<Semaphore>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let Ok(place) = Arc::clone(places).try_acquire_owned() else { return };
    let desk = Arc::clone(desk);
    tokio::spawn(async move {
        let service = service_fn(move |request: Request<Incoming>| {
            let (head, _body) = request.into_parts();
            let response = response(desk.answer(&head, peer));
            async move { Ok::<_, Infallible>(response) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_headers(HEADERS_MAX)
            .max_buf_size(HEAD_BYTES_MAX)
            .serve_connection(TokioIo::new(stream), service);
        // A workload that goes away or stalls is its own problem.
        let _end = tokio::time::timeout(CONNECTION_TIMEOUT, connection).await;
        drop(place);
    });
}

fn response(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
