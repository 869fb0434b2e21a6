//! An OIDC issuer of the tests: a server that speaks TLS, has pages, and keeps count of who asks for them.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ramgate::ident::UnixSeconds;
use ramgate::tls::{Authority, Issued, Permitted};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{DEFAULT_VERSIONS, ServerConfig, ServerConnection, StreamOwned};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::caller::now;
use super::tls::DAY;

/// What is answered for a path.
#[derive(Clone, Debug)]
pub enum Page {
    /// A document.
    Json(String),
    /// The same, after a while.
    Late(String),
    /// These bytes, then the end of the connection.
    Raw(String),
    /// A document without an end.
    Endless,
    /// Nothing, however long one waits.
    Silent,
}

/// What an authority has issued, and its own certificate.
#[derive(Debug)]
pub struct Certified {
    pub authority: String,
    pub own: Issued,
}

impl Certified {
    /// For the names of this machine.
    pub fn new() -> Self {
        let at = |seconds| UnixSeconds(now().0 + seconds);
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let permitted = Permitted::new(&names, at(-DAY)..at(DAY)).unwrap();
        let (authority, issued) = Authority::create(&permitted).unwrap();
        Self { authority: issued.certificate, own: authority.issue(&permitted).unwrap() }
    }
}

/// A running issuer.
#[derive(Debug)]
pub struct Issuer {
    pub address: SocketAddr,
    pages: Arc<Mutex<HashMap<String, Page>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Issuer {
    /// Shows the certificates (PEM) in their order; the first is that of `own`.
    pub fn start(own: &Issued, more: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (pages, asked) = (Arc::default(), Arc::default());
        let settings = settings(own, more);
        let issuer = Self { address, pages: Arc::clone(&pages), asked: Arc::clone(&asked) };
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (settings, pages) = (Arc::clone(&settings), Arc::clone(&pages));
                let asked = Arc::clone(&asked);
                std::thread::spawn(move || answer(stream, settings, &pages, &asked));
            }
        });
        issuer
    }

    /// The `IssuerUrl` of the provider of this name.
    pub fn url(&self, name: &str) -> String {
        format!("https://localhost:{}/{name}", self.address.port())
    }

    pub fn page(&self, path: &str, page: Page) {
        self.pages.lock().unwrap().insert(path.to_owned(), page);
    }

    /// What a provider of this name says of itself, and its keys.
    pub fn publish(&self, name: &str, keys: Page) {
        let url = self.url(name);
        let document = format!(
            r#"{{"issuer":"{url}","jwks_uri":"{url}/keys","response_types_supported":["id_token"]}}"#
        );
        self.page(&format!("/{name}/.well-known/openid-configuration"), Page::Json(document));
        self.page(&format!("/{name}/keys"), keys);
    }

    /// How often somebody asked for a path.
    pub fn asked(&self, path: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|it| *it == path).count()
    }
}

fn settings(own: &Issued, more: &[&str]) -> Arc<ServerConfig> {
    let certificates = [own.certificate.as_str()].into_iter().chain(more.iter().copied());
    let chain = certificates.map(|pem| CertificateDer::from_pem_slice(pem.as_bytes()).unwrap());
    let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes()).unwrap();
    let settings = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(DEFAULT_VERSIONS)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain.collect(), key);
    Arc::new(settings.unwrap())
}

fn answer(
    stream: TcpStream,
    settings: Arc<ServerConfig>,
    pages: &Mutex<HashMap<String, Page>>,
    asked: &Mutex<Vec<String>>,
) {
    let connection = ServerConnection::new(settings).unwrap();
    let mut stream = StreamOwned::new(connection, stream);
    let Some(path) = path(&mut stream) else { return };
    asked.lock().unwrap().push(path.clone());
    let page = pages.lock().unwrap().get(&path).cloned();
    let _gone = match page {
        Some(Page::Json(text)) => stream.write_all(document(&text).as_bytes()),
        Some(Page::Late(text)) => {
            std::thread::sleep(Duration::from_millis(300));
            stream.write_all(document(&text).as_bytes())
        }
        Some(Page::Raw(text)) => stream.write_all(text.as_bytes()),
        Some(Page::Endless) => endless(&mut stream),
        Some(Page::Silent) => stream.read(&mut [0]).map(drop),
        None => stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"),
    };
    stream.conn.send_close_notify();
    let _gone = stream.flush();
}

fn path(stream: &mut impl std::io::Read) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.extend_from_slice(&byte);
    }
    String::from_utf8_lossy(&head).split(' ').nth(1).map(str::to_owned)
}

fn document(text: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{text}",
        text.len()
    )
}

fn endless(stream: &mut impl std::io::Write) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
    loop {
        stream.write_all(format!("1000\r\n{}\r\n", " ".repeat(0x1000)).as_bytes())?;
    }
}

/// SHA-1 and SHA-256 of a certificate (PEM) in hexadecimal digits.
pub fn fingerprints(pem: &str) -> [String; 2] {
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    [hex(&Sha1::digest(&der)).to_uppercase(), hex(&Sha256::digest(&der))]
}
