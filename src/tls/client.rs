use std::fmt;
use std::sync::Arc;

use rustls::client::danger::ServerCertVerifier;
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, Error, RootCertStore, version};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{provider, since_1970};
use crate::ident::UnixSeconds;

/// An encrypted connection to a server.
pub type ClientStream = tokio_rustls::client::TlsStream<TcpStream>;

/// Speaks TLS to servers that an authority of this machine vouches for, or one that was named.
#[derive(Clone)]
pub struct Client(Arc<ClientConfig>);

/// Why there is no encrypted connection.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The certificate of no server can be for this name.
    #[error("`{0}` is no host name and no address")]
    Name(String),
    /// No authority that is trusted vouches for the server, or there is no agreement.
    #[error("no encrypted connection: {0}")]
    Handshake(std::io::Error),
    /// None of the certificates has a fingerprint that is asked for.
    #[error("no certificate that leads to the server's has one of the fingerprints")]
    Fingerprint,
}

/// Why nobody can be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// A file of certificates that is none.
    #[error("there is no certificate in it, or one that cannot be read")]
    Certificate,
    /// No authority at all.
    #[error("this machine has no certificates of authorities")]
    Nobody,
    /// The primitives failed.
    #[error("{0}")]
    Failed(String),
}

impl Client {
    /// Trusts the authorities that the machine trusts, and those in `own` (PEM).
    pub fn new(own: Option<&str>) -> Result<Self, TrustError> {
        let mut roots = RootCertStore::empty();
        // A broken file among many must not take the others with it.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        for certificate in own.map(authorities).transpose()?.into_iter().flatten() {
            roots.add(certificate).map_err(|_certificate| TrustError::Certificate)?;
        }
        if roots.is_empty() {
            return Err(TrustError::Nobody);
        }
        let settings = settings(roots).map_err(|error| TrustError::Failed(error.to_string()))?;
        Ok(Self(Arc::new(settings)))
    }

    /// Agrees on encryption with the server of this name. With fingerprints, one of them has to be that of a certificate which
    /// the server presents, and which leads to its own (FED-07): another that lies beside the chain proves nothing.
    pub async fn connect(
        &self,
        stream: TcpStream,
        host: &str,
        fingerprints: &[Box<str>],
        now: UnixSeconds,
    ) -> Result<ClientStream, ClientError> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_name| ClientError::Name(host.to_owned()))?;
        let connector = TlsConnector::from(Arc::clone(&self.0));
        let stream =
            connector.connect(name.clone(), stream).await.map_err(ClientError::Handshake)?;
        let presented = stream.get_ref().1.peer_certificates().unwrap_or_default();
        if fingerprints.is_empty() || is_known(presented, &name, fingerprints, now) {
            return Ok(stream);
        }
        Err(ClientError::Fingerprint)
    }
}

fn authorities(pem: &str) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let read = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>();
    read.ok().filter(|read| !read.is_empty()).ok_or(TrustError::Certificate)
}

fn settings(roots: RootCertStore) -> Result<ClientConfig, Error> {
    let mut settings = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&version::TLS13, &version::TLS12])?
        .with_root_certificates(roots)
        .with_no_client_auth();
    settings.alpn_protocols = vec![b"http/1.1".to_vec()];
    // Each connection is shown the certificates anew, and none is taken for another.
    settings.resumption = Resumption::disabled();
    Ok(settings)
}

fn is_known(
    presented: &[CertificateDer<'_>],
    name: &ServerName<'_>,
    fingerprints: &[Box<str>],
    now: UnixSeconds,
) -> bool {
    let Some((own, others)) = presented.split_first() else { return false };
    let has = |certificate: &CertificateDer<'_>| has_fingerprint(certificate, fingerprints);
    let leads = |from: &&CertificateDer<'_>| leads_to(from, own, others, name, now);
    has(own) || others.iter().filter(|it| has(it)).any(|it| leads(&it))
}

/// SHA-1 or SHA-256 in hexadecimal digits of either case. Whatever has another length is neither.
fn has_fingerprint(certificate: &[u8], fingerprints: &[Box<str>]) -> bool {
    let digests = [hex(&Sha1::digest(certificate)), hex(&Sha256::digest(certificate))];
    let is_one = |text: &str| digests.iter().any(|digest| digest.eq_ignore_ascii_case(text));
    fingerprints.iter().any(|text| is_one(text))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

/// Whether somebody who trusted nothing but this certificate would take the server's.
fn leads_to(
    from: &CertificateDer<'_>,
    own: &CertificateDer<'_>,
    others: &[CertificateDer<'_>],
    name: &ServerName<'_>,
    now: UnixSeconds,
) -> bool {
    let mut roots = RootCertStore::empty();
    if roots.add(from.clone().into_owned()).is_err() {
        return false;
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build();
    let now = UnixTime::since_unix_epoch(since_1970(now));
    verifier.is_ok_and(|it| it.verify_server_cert(own, others, name, &[], now).is_ok())
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client(..)")
    }
}
