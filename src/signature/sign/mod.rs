//! The same canonical text in the other direction: what a client does.
//!
//! [`sign`] adds everything that a scheme wants, puts a signature of zeros in place, and reads the result as the gate
//! would. What the gate would refuse is refused here too; of the rest, the first text is signed, and the signature takes
//! the place of the zeros. There is no second description of any scheme: a table says where its elements stand, and the
//! text comes from verification.
//!
//! Pure: time and nonce are arguments. Schemes with key pairs verify only, because this build holds no private keys.

mod answer;
mod credentials;
mod draft;
mod elements;
mod error;
mod fill;
mod form;
mod scope;

use std::fmt;

use crate::ident::{AccessKeyId, SecretKey, UnixSeconds};
use crate::request::{Head, HeadLimits, Multipart, Params};

use super::mac::{self, Algorithm};
use super::{
    Family, Form, Presented, Scheme, SignatureError, Site, check_body, check_form, identify, texts,
};

pub use answer::{Answer, answer};
pub use draft::{Body, Digests, Request, Upload};
pub use error::SignError;

/// As much as any upstream reads; what a gate allows is its own affair.
const LIMITS: HeadLimits = HeadLimits {
    headers_max: 256,
    head_bytes_max: 64 * 1024,
    target_bytes_max: 32 * 1024,
    parameters_max: 1024,
};

/// Who signs.
#[derive(Clone, Copy)]
pub struct Credentials<'k> {
    /// The public half of the pair.
    pub access_key_id: &'k AccessKeyId,
    /// The secret half.
    pub secret: &'k SecretKey,
    /// The token of a session, for ids that begin with `STS.`.
    pub security_token: Option<&'k str>,
}

/// Neither secret nor token is shown.
impl fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = &self.access_key_id;
        f.debug_struct("Credentials").field("access_key_id", id).finish_non_exhaustive()
    }
}

/// How to sign.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'t> {
    /// In which way.
    pub scheme: Scheme,
    /// The time of signing, where the request has none yet.
    pub now: UnixSeconds,
    /// A text that was never used before, where the request has none yet; a scheme that can do without has none then.
    pub nonce: Option<&'t str>,
    /// How long a signed URL or a generated policy counts.
    pub life_seconds: i64,
    /// The region of a V4 scope; `None`: the one that the host names.
    pub region: Option<&'t str>,
    /// The product of a V4 scope; `None`: the one that the host names.
    pub product: Option<&'t str>,
    /// Headers to sign beside those that the scheme always signs, in lower case. Only ACS3 and OSS V2 and V4 can.
    pub also_signed: &'t [&'t str],
    /// The policy of a browser form, as JSON; `None`: one that pins every field.
    pub policy: Option<&'t str>,
}

impl Terms<'_> {
    /// The plain case: everything that can be left to the request is.
    pub fn new(scheme: Scheme, now: UnixSeconds) -> Self {
        Self {
            scheme,
            now,
            nonce: None,
            life_seconds: 3600,
            region: None,
            product: None,
            also_signed: &[],
            policy: None,
        }
    }
}

/// Signs a request: gives it back complete.
///
/// Of what the request brings, credentials of the scheme are replaced; a date, a nonce, a digest or a version is kept,
/// and checked. [`Request::unsigned`] removes them first, for a request that was signed before.
pub fn sign<'b>(
    mut request: Request<'b>,
    credentials: &Credentials<'_>,
    terms: &Terms<'_>,
    site: &Site<'_>,
) -> Result<Request<'b>, SignError> {
    let Some(bytes) = signature_bytes(terms.scheme) else {
        return Err(SignError::PrivateKey(terms.scheme));
    };
    fill::fill(&mut request, credentials, terms, site)?;
    credentials::put(&mut request, credentials, terms, site, &vec![0; bytes])?;
    let mac = authenticate(&request, credentials.secret, terms.scheme, site)?;
    credentials::put(&mut request, credentials, terms, site, &mac)?;
    form::write(&mut request)?;
    Ok(request)
}

/// How long a signature is; `None`: the scheme has key pairs.
fn signature_bytes(scheme: Scheme) -> Option<usize> {
    match scheme.algorithm() {
        Algorithm::RsaSha256 => None,
        other => other.signature_bytes(),
    }
}

/// Reads the request as the gate would, and authenticates the first of its texts.
fn authenticate(
    request: &Request<'_>,
    secret: &SecretKey,
    scheme: Scheme,
    site: &Site<'_>,
) -> Result<Vec<u8>, SignError> {
    let mut request = request.shallow();
    form::write(&mut request)?;
    let head = request.head()?;
    let fields = fields(&request, &head, site)?;
    let upload = upload(&request, &head, site)?;
    let form = match (&fields, &upload) {
        (Some(fields), _) => Form::Read(fields),
        (None, Some((upload, _file))) => Form::Multipart(upload),
        (None, None) if request.bytes().is_none() && is_fields(&head, site) => Form::Pending,
        (None, None) => Form::None,
    };
    let claim = match identify(&head, &form, site)? {
        Presented::Signed(claim) => claim,
        Presented::AfterForm => return Err(SignError::FormElsewhere),
        Presented::Anonymous | Presented::Bearer => return Err(SignError::Scheme(scheme)),
    };
    if claim.scheme != scheme {
        return Err(SignError::Scheme(claim.scheme));
    }
    if let Some(fields) = &fields {
        check_form(&claim, fields)?;
    }
    if let Some(bytes) = upload.as_ref().map_or(request.bytes(), |(_, file)| Some(*file)) {
        check_body(&claim, bytes)?;
    }
    let texts = texts(&claim, &head, &form, site)?;
    let mac = |text: &String| mac::authenticate(scheme.algorithm(), &claim, secret, text);
    texts.first().and_then(mac).ok_or(SignError::Scheme(scheme))
}

/// Whether the body is a form that a receiver takes parameters from.
fn is_fields(head: &Head, site: &Site<'_>) -> bool {
    site.family == Family::OpenApi && head.is_form()
}

/// The fields of an urlencoded form.
fn fields(
    request: &Request<'_>,
    head: &Head,
    site: &Site<'_>,
) -> Result<Option<Params>, SignError> {
    let bytes = request.bytes().filter(|bytes| is_fields(head, site) && !bytes.is_empty());
    let Some(bytes) = bytes else { return Ok(None) };
    let text = std::str::from_utf8(bytes).map_err(|_bytes| SignError::Unwritable("form"))?;
    Ok(Some(Params::parse(text, LIMITS.parameters_max).map_err(SignatureError::from)?))
}

fn upload<'r>(
    request: &'r Request<'_>,
    head: &Head,
    site: &Site<'_>,
) -> Result<Option<(Multipart, &'r [u8])>, SignError> {
    let form = site.family == Family::Oss && head.is_multipart_post();
    let (true, Some(bytes)) = (form, request.bytes()) else { return Ok(None) };
    let kind = request.header("content-type").unwrap_or_default();
    Multipart::parse(kind, bytes).map(Some).map_err(|_form| SignError::Unwritable("form"))
}
