use std::fmt;
use std::sync::Arc;

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{Error, InconsistentKeys, ServerConfig, version};

use super::expiry::not_after;
use super::provider;
use crate::ident::UnixSeconds;
use crate::snapshot::{KeysAccess, SourceFile};
use crate::strict::{Position, Problem};

/// Renewals that work replace a certificate weeks before its end.
const WARN_SECONDS: i64 = 14 * DAY_SECONDS;
const DAY_SECONDS: i64 = 24 * 60 * 60;
const READABLE_BY_ALL: u32 = 0o004;

/// A certificate and its key, ready to be shown.
pub struct Identity {
    settings: Arc<ServerConfig>,
    not_after: UnixSeconds,
}

impl Identity {
    /// Reads a certificate, with those behind it, and its key, both PEM; also the warnings about them. An expired certificate is a
    /// warning: callers will refuse it, and those on `listen.data` can go on.
    pub fn read(
        certificate: &SourceFile,
        key: &SourceFile,
        access: KeysAccess,
        now: UnixSeconds,
    ) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        let read = (chain(certificate), private_key(key, access));
        let (chain, end, private_key) = match read {
            (Ok((chain, end)), Ok(key)) => (chain, end, key),
            (Err(problem), Ok(_)) | (Ok(_), Err(problem)) => return Err(vec![*problem]),
            (Err(first), Err(second)) => return Err(vec![*first, *second]),
        };
        let settings = settings(chain, private_key)
            .map_err(|error| vec![unusable(certificate, key, &error)])?;
        let identity = Self { settings: Arc::new(settings), not_after: end };
        Ok((identity, about_expiry(&certificate.name, end, now).into_iter().collect()))
    }

    /// When the certificate ends.
    pub fn not_after(&self) -> UnixSeconds {
        self.not_after
    }

    pub(super) fn settings(&self) -> &Arc<ServerConfig> {
        &self.settings
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("not_after", &self.not_after).finish_non_exhaustive()
    }
}

type Chain = Vec<CertificateDer<'static>>;

/// The certificates of a file, and when the first one ends.
fn chain(file: &SourceFile) -> Result<(Chain, UnixSeconds), Box<Problem>> {
    let refuse = |message: String| {
        let help = "it begins with `-----BEGIN CERTIFICATE-----`; the server's comes first, those that signed it follow";
        Box::new(problem(file, &message).help(help))
    };
    let read = CertificateDer::pem_slice_iter(file.text.as_bytes()).collect::<Result<Chain, _>>();
    let chain = read.map_err(|error| refuse(format!("not PEM: {}", shown(&error))))?;
    let first = chain.first().ok_or_else(|| refuse("there is no certificate in it".to_owned()))?;
    let end = not_after(first)
        .map_err(|error| refuse(format!("the first certificate cannot be read: {error}")))?;
    Ok((chain, end))
}

fn private_key(
    file: &SourceFile,
    access: KeysAccess,
) -> Result<PrivateKeyDer<'static>, Box<Problem>> {
    let refuse = |message: &str, help: &str| Box::new(problem(file, message).help(help));
    let readable = file.mode.is_some_and(|mode| mode & READABLE_BY_ALL != 0);
    if readable && access == KeysAccess::Private {
        let help = "`chmod o-r` it (in Kubernetes `defaultMode: 0440` and `fsGroup`), or set \
                    `access_keys.allow_world_readable`";
        return Err(refuse("everybody on this machine can read the private key", help));
    }
    PrivateKeyDer::from_pem_slice(file.text.as_bytes()).map_err(|error| {
        let help = "it begins with `-----BEGIN PRIVATE KEY-----`, or with `RSA` or `EC` before `PRIVATE`; an encrypted key is not read";
        refuse(&format!("there is no private key in it: {}", shown(&error)), help)
    })
}

/// Without the text of the file, which may be that of a key.
fn shown(error: &pem::Error) -> &'static str {
    match error {
        pem::Error::NoItemsFound => "no item of that kind",
        pem::Error::MissingSectionEnd { .. } => "a section does not end",
        pem::Error::IllegalSectionStart { .. } => "a section does not begin well",
        pem::Error::Base64Decode(_) => "a section is not base64",
        _other => "it cannot be read",
    }
}

fn settings(chain: Chain, key: PrivateKeyDer<'static>) -> Result<ServerConfig, Error> {
    let mut settings = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&version::TLS13, &version::TLS12])?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    // What else a client proposes is not spoken here; one that insists is turned away (N16).
    settings.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(settings)
}

fn unusable(certificate: &SourceFile, key: &SourceFile, error: &Error) -> Problem {
    match error {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            let message = format!("it does not belong to the certificate of {}", certificate.name);
            problem(key, &message).help("replace both, or in a mounted volume swap them as one")
        }
        Error::InvalidCertificate(_) => problem(certificate, &error.to_string()),
        _about_the_key => problem(key, &error.to_string()),
    }
}

fn about_expiry(file: &str, end: UnixSeconds, now: UnixSeconds) -> Option<Problem> {
    let left = end.0.saturating_sub(now.0);
    let message = match left {
        ..0 => format!("the certificate expired at {end}"),
        0..WARN_SECONDS => {
            format!("the certificate expires at {end}, in {} days", left / DAY_SECONDS)
        }
        _ => return None,
    };
    let help = "renew it and put it in place of this one; no restart is needed";
    Some(Problem::warning(file, Position::START, "", message).help(help))
}

fn problem(file: &SourceFile, message: &str) -> Problem {
    Problem::error(&file.name, Position::START, "", message)
}
