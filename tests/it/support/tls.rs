//! A client that speaks TLS, and certificates made for one test.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use ramgate::ident::UnixSeconds;
use ramgate::tls::{Authority, Issued, Permitted};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, DEFAULT_VERSIONS, RootCertStore, StreamOwned,
    SupportedProtocolVersion,
};

use super::caller::{Answer, Call, now};
use super::gate::Bundle;

pub type Stream = StreamOwned<ClientConnection, TcpStream>;

pub const DAY: i64 = 24 * 60 * 60;

/// A client's trust in an authority, and the authority if the test made it.
pub struct Trust {
    authority: Option<Authority>,
    pub client: ClientConfig,
}

impl Trust {
    pub fn new() -> Self {
        let (authority, issued) = Authority::create(&permitted(-DAY..365 * DAY)).unwrap();
        Self { authority: Some(authority), ..Self::in_authority(&issued.certificate) }
    }

    pub fn in_authority(certificate: &str) -> Self {
        Self { authority: None, client: client(certificate, DEFAULT_VERSIONS) }
    }

    /// With one version only.
    pub fn of_version(version: &'static SupportedProtocolVersion) -> Self {
        let (authority, issued) = Authority::create(&permitted(-DAY..365 * DAY)).unwrap();
        let client = client(&issued.certificate, &[version]);
        Self { authority: Some(authority), client }
    }

    /// A certificate for localhost; the times count from now.
    pub fn issue(&self, time: Range<i64>) -> Issued {
        self.authority.as_ref().unwrap().issue(&permitted(time)).unwrap()
    }

    pub fn connect(&self, address: SocketAddr) -> Stream {
        self.try_connect(address).unwrap()
    }

    pub fn try_connect(&self, address: SocketAddr) -> std::io::Result<Stream> {
        self.try_connect_as(address, "localhost")
    }

    /// A connection whose handshake is done, to a server that must have this name.
    pub fn try_connect_as(&self, address: SocketAddr, name: &str) -> std::io::Result<Stream> {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let connection = ClientConnection::new(Arc::new(self.client.clone()), name).unwrap();
        let socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut stream = StreamOwned::new(connection, socket);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(stream)
    }

    pub fn send(&self, address: SocketAddr, call: &Call) -> Answer {
        self.raw(address, &call.bytes())
    }

    pub fn raw(&self, address: SocketAddr, bytes: &[u8]) -> Answer {
        let mut stream = self.connect(address);
        let _refused_early = stream.write_all(bytes);
        read_all(stream)
    }
}

fn client(authority: &str, versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

fn permitted(time: Range<i64>) -> Permitted {
    let at = |seconds| UnixSeconds(now().0 + seconds);
    Permitted::new(&["localhost".to_owned()], at(time.start)..at(time.end)).unwrap()
}

/// The certificate that the server has shown.
pub fn shown(stream: &Stream) -> Vec<u8> {
    stream.conn.peer_certificates().unwrap()[0].to_vec()
}

pub fn der(issued: &Issued) -> Vec<u8> {
    CertificateDer::from_pem_slice(issued.certificate.as_bytes()).unwrap().to_vec()
}

pub fn read_all(mut stream: impl Read) -> Answer {
    let mut bytes = Vec::new();
    let _until_closed = stream.read_to_end(&mut bytes);
    Answer { bytes }
}

/// The example bundle with an encrypted listener that shows this certificate.
pub fn present(bundle: &Bundle, issued: &Issued) {
    mount(bundle, issued);
    bundle.change("ramgate.yaml", |text| {
        text.replacen(
            "listen:\n",
            "listen:\n  tls: {address: 127.0.0.1:0, certificate: server.pem, key: secrets/server.key}\n",
            1,
        )
    });
}

/// Replaces the certificate and its key, one after the other.
pub fn mount(bundle: &Bundle, issued: &Issued) {
    bundle.write("server.pem", &issued.certificate);
    bundle.write("secrets/server.key", &issued.key);
}
