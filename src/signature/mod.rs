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
mod coverage;
mod dispatch;
mod elements;
mod error;
mod fc2;
mod mac;
mod mns;
mod oss;
mod ots;
mod public_key;
mod reading;
mod roa;
mod rpc;
mod scheme;
pub mod sign;
mod sls;
#[cfg(test)]
mod tests;

use crate::request::{Head, Multipart, Params};

use mac::Authenticator;
use reading::{Fits, Reading};

pub use body::{BodyAgreed, BodyAuthenticity, BodyCheck, BodyRule, Md5Spelling, check_body};
pub use canonical::hex;
pub use claim::{Claim, SKEW_SECONDS_MAX, Time};
pub use coverage::{Fact, UnsignedFact};
pub use dispatch::{check_form, identify};
pub use error::SignatureError;
pub use mac::Key;
pub use oss::post::is_credential as is_form_credential;
pub use oss::resource::{PRODUCT as OBJECT_PRODUCT, Place, is_bucket};
pub use public_key::PublicKey;
pub use reading::Verified;
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
    Multipart(&'b Multipart),
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

/// Verifies the signature of `claim` with `key`, in constant time with regard to the signature and the key. The first
/// candidate that fits ends it, so a wrong signature takes as long as one of a key that does not exist, and a right one
/// may take less (SIG-101).
pub fn verify(
    claim: &Claim,
    head: &Head,
    form: &Form<'_>,
    site: &Site<'_>,
    key: Key<'_>,
) -> Result<Verified, SignatureError> {
    let key = Authenticator::new(claim, key);
    let reading = search(claim, head, form, site, &mut |text| key.fits(text, &claim.signature))?;
    reading.map(Verified).ok_or(SignatureError::Mismatch)
}

/// Percent-encodes everything but unreserved bytes, as canonical texts do (SIG-06).
pub fn encode(text: &str) -> String {
    canonical::encode(text).into_owned()
}

/// Whether the signature of `claim` fits this text. For explaining a refusal; [`verify`] alone proves anything.
pub fn fits(claim: &Claim, key: Key<'_>, text: &str) -> bool {
    Authenticator::new(claim, key).fits(text, &claim.signature)
}

/// What stands behind each of [`texts`], in their order: the canonical request where the string to sign has only its
/// digest, else the string to sign itself.
pub fn canonical_forms(
    claim: &Claim,
    head: &Head,
    form: &Form<'_>,
    site: &Site<'_>,
) -> Result<Vec<String>, SignatureError> {
    match claim.scheme {
        Scheme::Acs3HmacSha256
        | Scheme::Acs3HmacSm3
        | Scheme::Acs3RsaSha256
        | Scheme::Acs3FcTrigger => acs3::canonical_requests(claim, head),
        Scheme::OssV4 | Scheme::OssV4Presign => {
            Ok(vec![oss::v4::canonical_request(claim, head, site)?])
        }
        Scheme::SlsV4 => sls::v4_canonical_requests(head),
        _ => texts(claim, head, form, site),
    }
}

/// The candidates for the string to sign: each is one that a real SDK signs for this request (SIG-12).
pub fn texts(
    claim: &Claim,
    head: &Head,
    form: &Form<'_>,
    site: &Site<'_>,
) -> Result<Vec<String>, SignatureError> {
    let mut all = Vec::new();
    let mut collect = |text: &str| {
        all.push(text.to_owned());
        false
    };
    search(claim, head, form, site, &mut collect)?;
    Ok(all)
}

/// Asks about one candidate after another, and gives back the reading of the first that fits.
fn search(
    claim: &Claim,
    head: &Head,
    form: &Form<'_>,
    site: &Site<'_>,
    fits: Fits<'_>,
) -> Result<Option<Reading>, SignatureError> {
    let found = match claim.scheme {
        Scheme::Acs3HmacSha256
        | Scheme::Acs3HmacSm3
        | Scheme::Acs3RsaSha256
        | Scheme::Acs3FcTrigger => acs3::search(claim, head, fits)?,
        Scheme::RpcHmacSha1 | Scheme::RpcHmacSha256 | Scheme::RpcSha256WithRsa => {
            fits(&rpc::text(head, form.params()))
        }
        Scheme::RoaHmacSha1 => roa::search(head, fits)?,
        Scheme::OssV1 | Scheme::OssV1Presign => return oss::v1::search(claim, head, site, fits),
        Scheme::OssV2 | Scheme::OssV2Presign => fits(&oss::v2::text(claim, head, site)?),
        Scheme::OssV4 | Scheme::OssV4Presign => fits(&oss::v4::text(claim, head, site)?),
        Scheme::OssPostV1 | Scheme::OssPostV4 => {
            form.multipart().and_then(oss::post::text).is_some_and(fits)
        }
        Scheme::SlsV1 => return sls::v1_search(head, fits),
        Scheme::SlsV4 => sls::v4_search(claim, head, fits)?,
        Scheme::OtsV2 | Scheme::OtsV4 => fits(&ots::text(claim, head)?),
        Scheme::Fc2HmacSha256 | Scheme::Fc2HttpTrigger => fits(&fc2::text(claim, head)?),
        Scheme::MnsHmacSha1 => fits(&mns::text(head)?),
    };
    Ok(found.then_some(Reading::Literal))
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
    fn multipart(&self) -> Option<&'b Multipart> {
        match self {
            Self::Multipart(form) => Some(form),
            Self::None | Self::Pending | Self::Read(_) => None,
        }
    }
}
