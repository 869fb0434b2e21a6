//! The stand-in for the services behind the gate: answers everything with 200 and remembers what it received.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;

/// One request as it arrived.
#[derive(Clone, Debug)]
pub(super) struct Received {
    pub(super) request_id: String,
    pub(super) principal: String,
    pub(super) line: String,
    pub(super) carries_credentials: bool,
}

/// A running stand-in.
#[derive(Clone, Debug, Default)]
pub(super) struct Upstream {
    received: Arc<Mutex<Vec<Received>>>,
}

impl Upstream {
    /// Listens on `address` until the program ends.
    pub(super) fn start(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let upstream = Self::default();
        let serving = upstream.clone();
        std::thread::Builder::new()
            .name("upstream".into())
            .spawn(move || runtime.block_on(serving.accept(listener)))?;
        Ok(upstream)
    }

    /// Everything that arrived so far.
    pub(super) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn accept(self, listener: TcpListener) {
        let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
        while let Ok((stream, _peer)) = listener.accept().await {
            let upstream = self.clone();
            let service = service_fn(move |request| upstream.clone().answer(request));
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection);
        }
    }

    async fn answer(self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        let (parts, body) = request.into_parts();
        let header = |name: &str| {
            parts
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned()
        };
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let body =
            body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let text = String::from_utf8_lossy(&body);
        let marks = ["Signature", "AccessKeyId", "SecurityToken"];
        let received = Received {
            request_id: header("x-ramgate-request-id"),
            principal: header("x-ramgate-principal"),
            line: format!("{} {target}", parts.method),
            carries_credentials: parts.headers.contains_key("authorization")
                || marks.iter().any(|mark| target.contains(mark) || text.contains(mark)),
        };
        let answer = format!(
            "{{\"RequestId\":\"{}\",\"Service\":\"stand-in\",\"You\":\"{}\"}}\n",
            received.request_id, received.principal
        );
        self.received.lock().unwrap_or_else(PoisonError::into_inner).push(received);
        let mut response = Response::new(Full::new(Bytes::from(answer)));
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(http::header::CONTENT_TYPE, json);
        Ok(response)
    }
}
