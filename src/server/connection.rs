use std::convert::Infallible;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

use super::serial::{Refuse, SerialIo};
use super::turn::{Answer, Turn};
use super::worker::Settings;
use super::{ConnectionFacts, Handler, Stage};

/// Serves one connection to its end.
pub(super) async fn serve<H: Handler, T: AsyncRead + AsyncWrite + Unpin + 'static>(
    stream: T,
    handler: Rc<H>,
    facts: ConnectionFacts,
    settings: Arc<Settings>,
    mut stage: watch::Receiver<Stage>,
) {
    let turn = Rc::new(Turn::default());
    let refuse: Refuse = {
        let handler = Rc::clone(&handler);
        Box::new(move |error| handler.refused(error, facts.peer))
    };
    let io = SerialIo::new(stream, settings.limits, settings.timeouts, Rc::clone(&turn), refuse);
    let service = service_fn(|request| {
        let answer = Rc::clone(&handler).handle(request, facts);
        let turn = Rc::clone(&turn);
        async move { Ok::<_, Infallible>(answer.await.map(|body| Answer::new(body, turn))) }
    });
    let mut connection = pin!(engine(&settings).serve_connection(TokioIo::new(io), service));
    // How a connection ended is of no consequence: each request has had its own end by now.
    tokio::select! {
        biased;
        _ = stage.wait_for(|stage| *stage != Stage::Serving) => {}
        _ended = connection.as_mut() => return,
    }
    connection.as_mut().graceful_shutdown();
    drop(connection.await);
}

fn engine(settings: &Settings) -> http1::Builder {
    const BUFFER_BYTES_MIN: usize = 64 * 1024;
    /// Up to this many headers the engine needs no allocation for them.
    const HEADERS_ON_STACK: usize = 100;
    let mut engine = http1::Builder::new();
    engine
        .timer(TokioTimer::new())
        .header_read_timeout(None) // Timed by `serial`, which also knows an idle connection from a slow head.
        .keep_alive(true)
        .half_close(false)
        .pipeline_flush(false)
        .auto_date_header(true)
        .max_buf_size(settings.limits.head_bytes_max.saturating_mul(2).max(BUFFER_BYTES_MIN));
    if settings.limits.headers_max > HEADERS_ON_STACK {
        engine.max_headers(settings.limits.headers_max);
    }
    engine
}
