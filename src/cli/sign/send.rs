//! Sends a signed request over plain HTTP and prints the answer as `curl -i` does.

use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::cli::output;
use crate::signature::sign::Request;

/// How long a connection, the head of an answer, or the next part of its body may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Sends it to `address` and prints what comes back.
pub(super) fn send(address: &str, request: &Request<'_>) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("cannot send: {error}"))?;
    runtime.block_on(exchange(address, request))
}

async fn exchange(address: &str, request: &Request<'_>) -> Result<(), String> {
    let failed = |error: &dyn std::fmt::Display| format!("{address}: {error}");
    let message = message(request)?;
    let connecting = timeout(PATIENCE, TcpStream::connect(address)).await;
    let stream = connecting.unwrap_or_else(|_elapsed| Err(io::ErrorKind::TimedOut.into()));
    let stream = stream.map_err(|error| failed(&error))?;
    let shaken = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = shaken.map_err(|error| failed(&error))?;
    let conversation = async {
        let answer = timeout(PATIENCE, sender.send_request(message)).await;
        let answer = answer.map_err(|_elapsed| failed(&"no answer within a minute"))?;
        print(answer.map_err(|error| failed(&error))?).await.map_err(|error| failed(&error))
    };
    tokio::pin!(connection);
    tokio::pin!(conversation);
    tokio::select! {
        result = &mut conversation => result,
        // The last bytes of an answer may still wait to be read when the connection is over.
        _over = &mut connection => conversation.await,
    }
}

fn message(request: &Request<'_>) -> Result<http::Request<Full<Bytes>>, String> {
    let body = request.bytes().ok_or("the body is not here")?;
    let mut message =
        http::Request::builder().method(request.method.as_str()).uri(request.target.as_str());
    for (name, value) in &request.headers {
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|error| error.to_string())?;
        message = message.header(name.as_str(), value);
    }
    message.body(Full::new(Bytes::copy_from_slice(body))).map_err(|error| error.to_string())
}

async fn print(answer: Response<Incoming>) -> Result<(), String> {
    let status = answer.status();
    let reason = status.canonical_reason().unwrap_or_default();
    let line = format!("{:?} {} {reason}", answer.version(), status.as_u16());
    let mut head = format!("{}\r\n", line.trim_end());
    for (name, value) in answer.headers() {
        let _infallible = write!(head, "{name}: {}\r\n", String::from_utf8_lossy(value.as_bytes()));
    }
    head.push_str("\r\n");
    output::print(&head)?;
    let mut body = answer.into_body();
    loop {
        let frame = timeout(PATIENCE, body.frame()).await;
        match frame.map_err(|_elapsed| "the answer stopped in the middle".to_owned())? {
            None => return Ok(()),
            Some(Ok(frame)) => output::print_bytes(frame.data_ref().map_or(&[], |data| data))?,
            Some(Err(error)) => return Err(error.to_string()),
        }
    }
}
