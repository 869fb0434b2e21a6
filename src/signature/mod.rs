//! Who claims to have signed what, and is it so (signatures sheet, sections 1 – 9).
//!
//! Pure: keys, time and nonces come in as arguments; nothing here remembers anything. One file a family of schemes; each
//! has `claim`, which reads what a request says about its signature, and `texts`, the strings to sign that the family's
//! clients may have signed. Everything else is the same for all: [`identify`] finds the scheme, [`verify`] compares,
//! [`check_body`] holds the body against the claim.

mod acs3;
mod body;
mod canonical;
mod claim;
mod dispatch;
mod elements;
mod error;
mod fc2;
mod mac;
mod mns;
mod oss;
mod ots;
mod public_key;
mod roa;
mod rpc;
mod scheme;
pub mod sign;
mod sls;

use crate::request::{Head, Multipart, Params};

pub use body::{BodyRule, Md5Spelling, check_body};
pub use claim::{Claim, SKEW_SECONDS_MAX, Time};
pub use dispatch::{check_form, identify};
pub use error::SignatureError;
pub use mac::Key;
pub use public_key::PublicKey;
pub use scheme::{Family, Scheme, Site, UnknownFamily};

/// The form body of a request, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub enum Form<'b> {
    /// The request has none.
    None,
    /// It has one that has not been read.
    Pending,
    /// It has this one.
    Read(&'b Params),
    /// It has this one, from a browser.
    Multipart(&'b Multipart<'b>),
}

/// What a request presents to authenticate itself.
#[derive(Debug)]
pub enum Presented {
    /// Nothing at all.
    Anonymous,
    /// A token that is no signature: it protects neither method nor query nor body (2.9).
    Bearer,
    /// A signature.
    Signed(Claim),
    /// The form decides: ask again when it is read.
    AfterForm,
}

/// Proof that a signature matched. Only [`verify`] makes one.
#[derive(Debug)]
pub struct Verified(());

/// Verifies the signature of `claim` with `key`, in constant time with regard to the signature and the key.
pub fn verify(
    claim: &Claim,
    head: &Head,
    form: &Form<'_>,
    site: &Site<'_>,
    key: Key<'_>,
) -> Result<Verified, SignatureError> {
    let texts = texts(claim, head, form, site)?;
    if mac::matches(claim, key, &texts) { Ok(Verified(())) } else { Err(SignatureError::Mismatch) }
}

/// The candidates for the string to sign: each is one that a real SDK signs for this request (SIG-12).
pub fn texts(
    claim: &Claim,
    head: &Head,
    form: &Form<'_>,
    site: &Site<'_>,
) -> Result<Vec<String>, SignatureError> {
    match claim.scheme {
        Scheme::Acs3HmacSha256
        | Scheme::Acs3HmacSm3
        | Scheme::Acs3RsaSha256
        | Scheme::Acs3FcTrigger => acs3::texts(claim, head),
        Scheme::RpcHmacSha1 | Scheme::RpcHmacSha256 | Scheme::RpcSha256WithRsa => {
            Ok(rpc::texts(head, form.params()))
        }
        Scheme::RoaHmacSha1 => roa::texts(head),
        Scheme::OssV1 | Scheme::OssV1Presign => oss::v1::texts(claim, head, site),
        Scheme::OssV2 | Scheme::OssV2Presign => oss::v2::texts(claim, head, site),
        Scheme::OssV4 | Scheme::OssV4Presign => oss::v4::texts(claim, head, site),
        Scheme::OssPostV1 | Scheme::OssPostV4 => {
            Ok(form.multipart().map(oss::post::texts).unwrap_or_default())
        }
        Scheme::SlsV1 => sls::v1_texts(head),
        Scheme::SlsV4 => sls::v4_texts(claim, head),
        Scheme::OtsV2 | Scheme::OtsV4 => ots::texts(claim, head),
        Scheme::Fc2HmacSha256 | Scheme::Fc2HttpTrigger => fc2::texts(claim, head),
        Scheme::MnsHmacSha1 => mns::texts(head),
    }
}

impl<'b> Form<'b> {
    /// The fields of an urlencoded form.
    fn params(&self) -> Option<&'b Params> {
        match self {
            Self::Read(form) => Some(form),
            Self::None | Self::Pending | Self::Multipart(_) => None,
        }
    }

    /// A browser form.
    fn multipart(&self) -> Option<&'b Multipart<'b>> {
        match self {
            Self::Multipart(form) => Some(form),
            Self::None | Self::Pending | Self::Read(_) => None,
        }
    }
}
