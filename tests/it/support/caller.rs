//! A caller: signs as an SDK does, and sends bytes.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ramgate::ident::{SecretKey, UnixSeconds};
use ramgate::signature::sign::{self, Body, Credentials, Terms};
use ramgate::signature::{Family, Scheme, SignatureError, Site};

use super::gate::SECRET;
use super::{ECS_HOST, NOTES_HOST};

/// A whole HTTP request as bytes.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// Everything that came back until the connection closed.
#[derive(Clone, Debug)]
pub struct Answer {
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// 0: the connection was closed without an answer.
    pub fn status(&self) -> u16 {
        self.text().split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    /// How many answers came: a second one means that a second request was read out of the first.
    pub fn count(&self) -> usize {
        self.text().matches("HTTP/1.1 ").count()
    }

    pub fn header(&self, name: &str) -> Option<String> {
        let text = self.text();
        let head = text.split("\r\n\r\n").next()?;
        head.lines()
            .filter_map(|line| line.split_once(": "))
            .find_map(|(key, value)| key.eq_ignore_ascii_case(name).then(|| value.to_owned()))
    }

    pub fn request_id(&self) -> String {
        self.header("x-acs-request-id")
            .or_else(|| self.header("x-ramgate-request-id"))
            .unwrap_or_default()
    }

    /// The error code, in JSON or XML.
    pub fn code(&self) -> String {
        let text = self.text();
        let between = |start: &str, end: &str| {
            text.split_once(start)
                .and_then(|(_, rest)| rest.split_once(end))
                .map(|(code, _)| code.to_owned())
        };
        between("\"Code\":\"", "\"").or_else(|| between("<Code>", "</Code>")).unwrap_or_default()
    }
}

/// Sends bytes, closes the writing side when asked to by `Connection: close`, and reads to the end.
pub fn raw(address: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let _refused_early = stream.write_all(bytes);
    read_all(stream)
}

/// Sends bytes and says that there will be no more.
pub fn raw_and_end(address: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let _refused_early = stream.write_all(bytes);
    let _closed = stream.shutdown(Shutdown::Write);
    read_all(stream)
}

pub fn read_all(mut stream: TcpStream) -> Answer {
    let mut bytes = Vec::new();
    let _until_closed = stream.read_to_end(&mut bytes);
    Answer { bytes }
}

impl Call {
    pub fn bytes(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !self.body.is_empty() && !self.has("transfer-encoding") && !self.has("content-length") {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        if !self.has("connection") {
            head.push_str("connection: close\r\n");
        }
        head.push_str("\r\n");
        [head.as_bytes(), &self.body_bytes()].concat()
    }

    /// The same request, whose head does not say how long the body is.
    #[must_use]
    pub fn chunked(self) -> Self {
        self.with("transfer-encoding", "chunked")
    }

    /// The body as it goes on the wire; in two chunks where it is chunked.
    fn body_bytes(&self) -> Vec<u8> {
        if !self.has("transfer-encoding") {
            return self.body.clone();
        }
        let (first, second) = self.body.split_at(self.body.len() / 2);
        let mut bytes = Vec::new();
        for chunk in [first, second].into_iter().filter(|chunk| !chunk.is_empty()) {
            bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(b"\r\n");
        }
        [&bytes[..], b"0\r\n\r\n"].concat()
    }

    fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(key, _)| key.eq_ignore_ascii_case(name))
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn send(&self, address: SocketAddr) -> Answer {
        raw(address, &self.bytes())
    }
}

pub fn now() -> UnixSeconds {
    ramgate::clock::now()
}

pub fn nonce() -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    format!("test-{}-{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed))
}

/// Signs a call of a product without a scheme of its own.
pub fn signed(call: &Call, scheme: Scheme, key: &str, secret: &str, now: UnixSeconds) -> Call {
    let (id, secret, nonce) = (key.parse().unwrap(), SecretKey::from(secret), nonce());
    let is_token = |name: &str| name == "x-acs-security-token";
    let (tokens, headers): (Vec<_>, Vec<_>) =
        call.headers.iter().cloned().partition(|(name, _)| is_token(name));
    let token = tokens.first().map(|(_, token)| token.as_str());
    let credentials = Credentials { access_key_id: &id, secret: &secret, security_token: token };
    let terms = Terms { nonce: Some(&nonce), ..Terms::new(scheme, now) };
    let sign = |target: &str| {
        let request = sign::Request {
            method: call.method.clone(),
            target: target.to_owned(),
            headers: headers.clone(),
            body: Body::Bytes(call.body.as_slice().into()),
        };
        sign::sign(request, &credentials, &terms, &Site::new(Family::OpenApi))
    };
    match sign(&call.target) {
        Ok(signed) => Call { target: signed.target, headers: signed.headers, ..call.clone() },
        // No client can sign a target that nobody can read; it is sent all the same.
        Err(sign::SignError::Refused(SignatureError::Head(_))) => {
            Call { headers: sign("/").unwrap().headers, ..call.clone() }
        }
        Err(error) => panic!("{error}"),
    }
}

/// An ACS3 request of `key` at `now`.
pub fn acs3_at(
    key: &str,
    secret: &str,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    now: UnixSeconds,
) -> Call {
    let headers =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let mut call =
        Call { method: method.into(), target: target.into(), headers, body: body.to_vec() };
    if !call.has("x-acs-version") {
        call = call.with("x-acs-version", "1");
    }
    signed(&call, Scheme::Acs3HmacSha256, key, secret, now)
}

/// An ECS operation, ACS3, parameters in the query.
pub fn ecs(key: &str, operation: &str, query: &str) -> Call {
    let target = if query.is_empty() { "/".to_owned() } else { format!("/?{query}") };
    let headers =
        [("host", ECS_HOST), ("x-acs-action", operation), ("x-acs-version", "2014-05-26")];
    acs3_at(key, SECRET, "POST", &target, &headers, b"", now())
}

/// An operation of the notes service, ACS3.
pub fn notes(key: &str, method: &str, path: &str, body: &[u8]) -> Call {
    acs3_at(key, SECRET, method, path, &[("host", NOTES_HOST)], body, now())
}

/// An ECS operation, RPC V1, everything in the query.
pub fn rpc_at(key: &str, secret: &str, parameters: &[(&str, &str)], now: UnixSeconds) -> Call {
    signed(&rpc("GET", ECS_HOST, parameters), Scheme::RpcHmacSha1, key, secret, now)
}

/// An ECS operation, RPC V1, everything in a form.
pub fn rpc_form(key: &str, parameters: &[(&str, &str)]) -> Call {
    in_form(signed(&rpc("POST", ECS_HOST, parameters), Scheme::RpcHmacSha1, key, SECRET, now()))
}

/// A call of the STS API, RPC V1: everything in the query of a GET, or in the form of a POST.
pub fn sts_rpc(method: &str, key: &str, secret: &str, parameters: &[(&str, &str)]) -> Call {
    let call = rpc(method, "sts.aliyuncs.com", parameters);
    let call = signed(&call, Scheme::RpcHmacSha1, key, secret, now());
    if method == "POST" { in_form(call) } else { call }
}

/// What was signed is the same wherever the parameters stand.
fn in_form(call: Call) -> Call {
    let body = call.target.split_once('?').unwrap().1.as_bytes().to_vec();
    let call = Call { target: "/".into(), body, ..call };
    call.with("content-type", "application/x-www-form-urlencoded")
}

fn rpc(method: &str, host: &str, parameters: &[(&str, &str)]) -> Call {
    let escape = |text: &str| -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let write = |byte: u8| {
            if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
        };
        text.bytes().map(write).collect()
    };
    let pairs: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("{}={}", escape(name), escape(value)))
        .collect();
    let headers = vec![("host".to_owned(), host.to_owned())];
    let target = format!("/?{}", pairs.join("&"));
    Call { method: method.into(), target, headers, body: Vec::new() }
}
