use std::fmt;
use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SanType,
    date_time_ymd,
};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use zeroize::Zeroizing;

use super::{pem, provider, since_1970};
use crate::ident::UnixSeconds;

/// An authority for trying things out. It is limited to the names it was made for, so that whoever finds its key can
/// pose as nobody else.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its private key, both PEM.
pub struct Issued {
    /// The certificate.
    pub certificate: String,
    /// The key.
    pub key: Zeroizing<String>,
}

/// Why there is no certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthorityError {
    /// Neither a host name nor an address.
    #[error("`{0}` is no host name and no address")]
    Name(String),
    /// The file of the authority's key holds something else.
    #[error("there is no private key of an authority in it")]
    Key,
    /// The file of the authority's certificate holds something else.
    #[error("there is no certificate in it")]
    Certificate,
    /// A client that trusts the authority would not take the certificate.
    #[error("a client that trusts the authority would refuse the certificate: {0}")]
    Refused(String),
    /// The primitives failed.
    #[error("{0}")]
    Failed(String),
}

/// The names of a certificate, and when it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permitted {
    names: Vec<ServerName<'static>>,
    time: Range<UnixSeconds>,
}

impl Permitted {
    /// Host names and addresses, from the start of the range to its end.
    pub fn new(names: &[String], time: Range<UnixSeconds>) -> Result<Self, AuthorityError> {
        let parse = |name: &String| {
            ServerName::try_from(name.clone()).map_err(|_syntax| AuthorityError::Name(name.clone()))
        };
        Ok(Self { names: names.iter().map(parse).collect::<Result<_, _>>()?, time })
    }

    fn parameters(&self) -> CertificateParams {
        let instant = |time| date_time_ymd(1970, 1, 1) + since_1970(time);
        let mut parameters = CertificateParams::default();
        parameters.not_before = instant(self.time.start);
        parameters.not_after = instant(self.time.end);
        parameters
    }
}

impl Authority {
    /// Makes an authority for these names.
    pub fn create(permitted: &Permitted) -> Result<(Self, Issued), AuthorityError> {
        let key = KeyPair::generate()?;
        let mut parameters = authority_parameters(permitted);
        let subtrees = permitted.names.iter().filter_map(subtree).collect();
        parameters.name_constraints =
            Some(NameConstraints { permitted_subtrees: subtrees, excluded_subtrees: Vec::new() });
        let issued = issued(parameters.self_signed(&key)?.der(), &key);
        Ok((Self { issuer: Issuer::new(parameters, key) }, issued))
    }

    /// The authority whose key this is: all that its signatures need beside the key is alike in every one.
    pub fn reopen(key: &str) -> Result<Self, AuthorityError> {
        let der =
            PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_pem| AuthorityError::Key)?;
        let key = KeyPair::try_from(&der).map_err(|_key| AuthorityError::Key)?;
        let nobody = Permitted { names: Vec::new(), time: UnixSeconds(0)..UnixSeconds(0) };
        Ok(Self { issuer: Issuer::new(authority_parameters(&nobody), key) })
    }

    /// Makes a server's certificate for these names.
    pub fn issue(&self, permitted: &Permitted) -> Result<Issued, AuthorityError> {
        let key = KeyPair::generate()?;
        let mut parameters = permitted.parameters();
        parameters.distinguished_name.push(DnType::CommonName, "ramgate, for trying out");
        parameters.subject_alt_names = permitted.names.iter().filter_map(alternative).collect();
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        parameters.use_authority_key_identifier_extension = true;
        Ok(issued(parameters.signed_by(&key, &self.issuer)?.der(), &key))
    }

    /// Whether a client that trusts the authority with this certificate would take the server's certificate for each of the
    /// names. Asking as a client does finds everything at once: another key, other names, an end that has come.
    pub fn verify(
        authority: &str,
        server: &str,
        permitted: &Permitted,
        now: UnixSeconds,
    ) -> Result<(), AuthorityError> {
        let read = |text: &str| {
            CertificateDer::from_pem_slice(text.as_bytes())
                .map_err(|_pem| AuthorityError::Certificate)
        };
        let mut roots = RootCertStore::empty();
        roots.add(read(authority)?).map_err(|_certificate| AuthorityError::Certificate)?;
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
            .build()
            .map_err(|error| AuthorityError::Failed(error.to_string()))?;
        let server = read(server)?;
        let now = UnixTime::since_unix_epoch(since_1970(now));
        for name in &permitted.names {
            verifier
                .verify_server_cert(&server, &[], name, &[], now)
                .map_err(|error| AuthorityError::Refused(error.to_string()))?;
        }
        Ok(())
    }
}

fn authority_parameters(permitted: &Permitted) -> CertificateParams {
    let mut parameters = permitted.parameters();
    parameters.distinguished_name.push(DnType::CommonName, "ramgate authority, for trying out");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters
}

fn issued(certificate: &[u8], key: &KeyPair) -> Issued {
    Issued {
        certificate: pem::write("CERTIFICATE", certificate),
        key: Zeroizing::new(pem::write("PRIVATE KEY", key.serialized_der())),
    }
}

fn subtree(name: &ServerName<'_>) -> Option<GeneralSubtree> {
    match name {
        ServerName::DnsName(name) => Some(GeneralSubtree::DnsName(name.as_ref().to_owned())),
        ServerName::IpAddress(address) => {
            let address = IpAddr::from(*address);
            let bits = if address.is_ipv4() { 32 } else { 128 };
            Some(GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(address, bits)))
        }
        _unknown => None,
    }
}

fn alternative(name: &ServerName<'_>) -> Option<SanType> {
    match name {
        ServerName::DnsName(name) => name.as_ref().try_into().ok().map(SanType::DnsName),
        ServerName::IpAddress(address) => Some(SanType::IpAddress(IpAddr::from(*address))),
        _unknown => None,
    }
}

impl From<rcgen::Error> for AuthorityError {
    fn from(error: rcgen::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authority(..)")
    }
}

impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Issued(..)")
    }
}
