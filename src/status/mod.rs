//! The status listener: `/livez`, `/readyz`, `/startupz`, `/metrics`, `/version`, and nothing else (decisions, Listeners).
//!
//! It has a thread of its own, so that it answers while the workers are busy, and tells nothing about callers.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::Serialize;
use tokio::sync::Semaphore;

use crate::proxy::Shared;

/// More probes and scrapers than this at once are closed unanswered.
const CONNECTIONS_MAX: usize = 64;
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(60);

/// What `/version` says.
#[derive(Debug, Serialize)]
struct Version {
    #[serde(rename = "version")]
    program: &'static str,
    generation: u64,
    hash: String,
    created: String,
    age_seconds: u64,
    /// Whether some file is broken, and what the others no longer give is refused already.
    restrained: bool,
    revocations: RevocationsInForce,
}

/// What `/version` says of the revocations.
#[derive(Debug, Serialize)]
struct RevocationsInForce {
    generation: u64,
    hash: String,
    effective: String,
    entries: usize,
}

/// Starts the listener. `ready` says whether the data listener takes requests and serves them.
pub fn start(
    address: SocketAddr,
    shared: Arc<Shared>,
    ready: impl Fn() -> bool + Send + Sync + 'static,
) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let local = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ready = Arc::new(ready);
    std::thread::Builder::new().name("status".into()).spawn(move || {
        runtime.block_on(accept(listener, &shared, &ready));
    })?;
    Ok(local)
}

async fn accept<R>(listener: TcpListener, shared: &Arc<Shared>, ready: &Arc<R>)
where
    R: Fn() -> bool + Send + Sync + 'static,
{
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok((stream, _peer)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await; // out of descriptors: others will close theirs
            continue;
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
        let (shared, ready) = (Arc::clone(shared), Arc::clone(ready));
        tokio::spawn(async move {
            let service = service_fn(move |request: Request<Incoming>| {
                let response = answer(&request, &shared, ready());
                async move { Ok::<_, Infallible>(response) }
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIMEOUT)
                .serve_connection(TokioIo::new(stream), service);
            // A probe that goes away or stalls is its own problem.
            let _end = tokio::time::timeout(CONNECTION_TIMEOUT, connection).await;
            drop(place);
        });
    }
}

fn answer(request: &Request<Incoming>, shared: &Shared, ready: bool) -> Response<Full<Bytes>> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return text(StatusCode::METHOD_NOT_ALLOWED, "only GET\n");
    }
    match request.uri().path() {
        "/livez" => text(StatusCode::OK, "alive\n"),
        "/readyz" | "/startupz" if ready => text(StatusCode::OK, "ready\n"),
        "/readyz" | "/startupz" => text(StatusCode::SERVICE_UNAVAILABLE, "not ready\n"),
        "/metrics" => metrics(shared),
        "/version" => version(shared),
        _ => text(StatusCode::NOT_FOUND, "/livez /readyz /startupz /metrics /version\n"),
    }
}

fn metrics(shared: &Shared) -> Response<Full<Bytes>> {
    refresh(shared);
    match shared.metrics.render() {
        Ok(body) => {
            let mut response = text(StatusCode::OK, body);
            let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
            response.headers_mut().insert(CONTENT_TYPE, kind);
            response
        }
        Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
    }
}

/// Gauges that are cheaper to read when asked than to keep up to date.
fn refresh(shared: &Shared) {
    let world = shared.current.load();
    let metrics = &shared.metrics;
    let gauge = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
    metrics.generation.set(i64::try_from(world.snapshot.generation()).unwrap_or(i64::MAX));
    metrics.created_timestamp.set(world.snapshot.created().0);
    let age = shared.age().as_secs();
    metrics.age_seconds.set(i64::try_from(age).unwrap_or(i64::MAX));
    let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    metrics.revocations.generation.set(number(world.revoked.generation));
    metrics.revocations.effective_timestamp.set(world.revoked.effective.0);
    metrics.revocations.restrained.set(i64::from(world.restraint.is_some()));
    for (kind, count) in world.revocations.counts().iter() {
        metrics.revocations.set_entries(kind.field(), gauge(count));
    }
    shared.forget();
    metrics.replay.entries.set(gauge(shared.replay.len()));
    metrics.replay.capacity.set(gauge(shared.replay.capacity()));
    metrics.replay.bytes.set(gauge(shared.replay.memory_bytes()));
    metrics.oidc.set_ages(shared.key_ages().into_iter());
}

fn version(shared: &Shared) -> Response<Full<Bytes>> {
    let world = shared.current.load();
    let version = Version {
        program: env!("CARGO_PKG_VERSION"),
        generation: world.snapshot.generation(),
        hash: world.snapshot.hash(),
        created: world.snapshot.created().to_string(),
        age_seconds: shared.age().as_secs(),
        restrained: world.restraint.is_some(),
        revocations: RevocationsInForce {
            generation: world.revoked.generation,
            hash: format!("{:016x}", world.revoked.hash),
            effective: world.revoked.effective.to_string(),
            entries: world.revocations.counts().iter().map(|(_, count)| count).sum(),
        },
    };
    let mut response = text(StatusCode::OK, serde_json::to_vec(&version).unwrap_or_default());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn text(status: StatusCode, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}
