//! One document from one host: an address that was checked, encryption, one request, a short answer.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONNECTION, CONTENT_ENCODING, HOST, USER_AGENT};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::address::admit;
use super::error::FetchError;
use super::url::HttpsUrl;
use crate::clock;
use crate::config::FetchKeys;
use crate::tls::{Client, ClientError, ClientStream};

/// For a name, and for a connection with its encryption (FED-06).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Further addresses of a host are not tried.
const ADDRESSES_MAX: usize = 4;
/// What a document may have (FED-06).
pub(super) const DOCUMENT_BYTES_MAX: usize = 64 * 1024;
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// Asks for a document.
pub(super) async fn get(
    client: &Client,
    settings: &FetchKeys,
    url: &HttpsUrl,
    fingerprints: &[Box<str>],
) -> Result<Bytes, FetchError> {
    let stream = reach(settings, url).await?;
    let host = || url.host.clone();
    let shaking = client.connect(stream, &url.host, fingerprints, clock::now());
    let stream = timeout(CONNECT_TIMEOUT, shaking)
        .await
        .map_err(|_elapsed| FetchError::Slow)?
        .map_err(|error| match error {
            ClientError::Fingerprint => FetchError::Fingerprint(host()),
            ClientError::Name(_) | ClientError::Handshake(_) => {
                FetchError::Tls { host: host(), why: error.to_string().into() }
            }
        })?;
    ask(stream, url).await
}

/// A connection to one of the addresses that the name has, of those that are admitted. The name is resolved once, and what was
/// checked is what is connected to: a name that changes its address in between gains nothing.
async fn reach(settings: &FetchKeys, url: &HttpsUrl) -> Result<TcpStream, FetchError> {
    let addresses = addresses(settings, url).await?;
    let mut why: Box<str> = "it has no address".into();
    for address in addresses.into_iter().take(ADDRESSES_MAX) {
        match timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => why = error.to_string().into(),
            Err(_elapsed) => why = "it took too long".into(),
        }
    }
    Err(FetchError::Connect { host: url.host.clone(), why })
}

async fn addresses(settings: &FetchKeys, url: &HttpsUrl) -> Result<Vec<SocketAddr>, FetchError> {
    let host = || url.host.clone();
    let resolve =
        |error: io::Error| FetchError::Resolve { host: host(), why: error.to_string().into() };
    let found = timeout(CONNECT_TIMEOUT, tokio::net::lookup_host((&*url.host, url.port)))
        .await
        .map_err(|_elapsed| FetchError::Slow)?
        .map_err(resolve)?;
    let (mut admitted, mut refused) = (Vec::new(), None);
    for address in found {
        match admit(settings, &url.host, address.ip()) {
            Ok(()) => admitted.push(address),
            Err(what) => refused = Some(what),
        }
    }
    match refused {
        Some(what) if admitted.is_empty() => Err(FetchError::Address { host: host(), what }),
        _ => Ok(admitted),
    }
}

async fn ask(stream: ClientStream, url: &HttpsUrl) -> Result<Bytes, FetchError> {
    let broken = || FetchError::Broken(url.host.clone());
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(HEAD_BYTES_MAX)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|_error| broken())?;
    // Ends with this call, whatever is under way.
    let mut engine = JoinSet::new();
    engine.spawn(connection);
    let request = request(url).map_err(|_error| FetchError::Url("the address"))?;
    let answer = sender.send_request(request).await.map_err(|_error| broken())?;
    read(answer, url).await
}

fn request(url: &HttpsUrl) -> http::Result<Request<Empty<Bytes>>> {
    Request::get(&*url.target)
        .header(HOST, url.authority())
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, concat!("ramgate/", env!("CARGO_PKG_VERSION")))
        .header(CONNECTION, "close")
        .body(Empty::new())
}

async fn read(answer: Response<Incoming>, url: &HttpsUrl) -> Result<Bytes, FetchError> {
    let host = || url.host.clone();
    if answer.status() != StatusCode::OK {
        return Err(FetchError::Status { host: host(), status: answer.status().as_u16() });
    }
    let refused = |what| FetchError::Answer { host: host(), what };
    if is_encoded(answer.headers()) {
        return Err(refused("a document that is compressed"));
    }
    let body = answer.into_body();
    let announced = body.size_hint().lower();
    if announced > DOCUMENT_BYTES_MAX as u64 {
        return Err(refused(TOO_LARGE));
    }
    let collected = Limited::new(body, DOCUMENT_BYTES_MAX).collect().await;
    match collected {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<hyper::Error>() => Err(FetchError::Broken(host())),
        Err(_limit) => Err(refused(TOO_LARGE)),
    }
}

const TOO_LARGE: &str = "more than 64 KiB";

fn is_encoded(headers: &HeaderMap) -> bool {
    let mut encodings = headers.get_all(CONTENT_ENCODING).iter();
    encodings.any(|it| !it.as_bytes().eq_ignore_ascii_case(b"identity"))
}
