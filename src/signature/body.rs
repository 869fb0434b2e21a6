//! What a signature says about the body (SIG-26, pitfall 5).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sha2::{Digest, Sha256};
use sm3::Sm3;

use super::canonical::hex;
use super::{Claim, SignatureError};

/// What the body must be, so that the signature covers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyRule {
    /// Anything: the body is not authenticated.
    Unsigned,
    /// Nothing: the scheme covers no such body, so there must be none.
    Empty,
    /// A form whose fields are in the string to sign.
    Form,
    /// A body with this SHA-256.
    Sha256([u8; 32]),
    /// A body with this SM3.
    Sm3([u8; 32]),
    /// A file of a browser form, of so many bytes.
    File {
        /// At least.
        least: u64,
        /// At most.
        most: u64,
    },
    /// A body whose MD5, in one of these spellings, is this text.
    Md5 {
        /// The signed header.
        text: Box<str>,
        /// How the scheme's clients write it.
        spellings: &'static [Md5Spelling],
    },
}

/// How clients write an MD5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Md5Spelling {
    /// base64 of the digest.
    Base64,
    /// The digest in upper-case hex.
    UpperHex,
    /// base64 of the digest in lower-case hex.
    Base64OfHex,
}

impl BodyRule {
    /// The rule of a `Content-MD5` header; without one the body is not authenticated.
    pub(super) fn md5_or_unsigned(text: Option<&str>, spellings: &'static [Md5Spelling]) -> Self {
        text.map_or(Self::Unsigned, |text| Self::Md5 { text: text.into(), spellings })
    }
}

impl Md5Spelling {
    pub(super) fn write(self, digest: &[u8]) -> String {
        match self {
            Self::Base64 => STANDARD.encode(digest),
            Self::UpperHex => hex(digest).to_ascii_uppercase(),
            Self::Base64OfHex => STANDARD.encode(hex(digest)),
        }
    }
}

/// Holds the whole body, of a browser form the file, against what the signature says about it (step 10 of SIG-25).
pub fn check_body(claim: &Claim, body: &[u8]) -> Result<(), SignatureError> {
    let fits = match &claim.body {
        BodyRule::Unsigned | BodyRule::Form => true,
        BodyRule::Empty => body.is_empty(),
        BodyRule::Sha256(digest) => Sha256::digest(body).as_slice() == digest,
        BodyRule::Sm3(digest) => Sm3::digest(body).as_slice() == digest,
        BodyRule::File { least, most } => {
            u64::try_from(body.len()).is_ok_and(|bytes| (*least..=*most).contains(&bytes))
        }
        BodyRule::Md5 { text, spellings } => {
            let digest = Md5::digest(body);
            spellings.iter().any(|spelling| spelling.write(&digest) == **text)
        }
    };
    if fits { Ok(()) } else { Err(SignatureError::Body) }
}
