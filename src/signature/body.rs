//! What a signature says about the body (SIG-26, pitfall 5).

use std::fmt;

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

/// Whether the signature says what the bytes of a body are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyAuthenticity {
    /// It does: another body has another signature.
    Signed,
    /// It does not: whoever sees the request can change the body.
    Unsigned,
}

impl BodyAuthenticity {
    /// The word of the audit record.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signed => "signed",
            Self::Unsigned => "unsigned",
        }
    }
}

impl BodyRule {
    /// The rule of a `Content-MD5` header; without one the body is not authenticated.
    pub(super) fn md5_or_unsigned(text: Option<&str>, spellings: &'static [Md5Spelling]) -> Self {
        text.map_or(Self::Unsigned, |text| Self::Md5 { text: text.into(), spellings })
    }

    /// Whether the body is what the caller signed, once it fits the rule. Of a file only the size is signed.
    pub fn authenticity(&self) -> BodyAuthenticity {
        match self {
            Self::Unsigned | Self::File { .. } => BodyAuthenticity::Unsigned,
            Self::Empty | Self::Form | Self::Sha256(_) | Self::Sm3(_) | Self::Md5 { .. } => {
                BodyAuthenticity::Signed
            }
        }
    }

    /// Begins to hold a body against the rule.
    pub fn check(&self) -> BodyCheck {
        BodyCheck(Box::new(match self {
            Self::Unsigned | Self::Form => Watch::Anything,
            Self::Empty => Watch::Size { bytes: 0, least: 0, most: 0 },
            Self::File { least, most } => Watch::Size { bytes: 0, least: *least, most: *most },
            Self::Sha256(digest) => Watch::Sha256(Sha256::new(), *digest),
            Self::Sm3(digest) => Watch::Sm3(Sm3::new(), *digest),
            Self::Md5 { text, spellings } => Watch::Md5(Md5::new(), text.clone(), spellings),
        }))
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

/// A body that is held against its rule piece by piece (SIG-26): whole or as it streams, the answer is the same.
#[derive(Clone)]
pub struct BodyCheck(Box<Watch>);

/// Proof that a body was read to its end and fits its rule. Only [`BodyCheck::finish`] makes one.
#[derive(Debug)]
pub struct BodyAgreed(());

/// What has been seen so far, and what must come out.
#[derive(Clone)]
enum Watch {
    Anything,
    Size { bytes: u64, least: u64, most: u64 },
    Sha256(Sha256, [u8; 32]),
    Sm3(Sm3, [u8; 32]),
    Md5(Md5, Box<str>, &'static [Md5Spelling]),
}

impl BodyCheck {
    /// Takes the next piece. Fails at once when no further byte can mend it.
    pub fn update(&mut self, piece: &[u8]) -> Result<(), SignatureError> {
        match &mut *self.0 {
            Watch::Anything => {}
            Watch::Size { bytes, most, .. } => {
                *bytes = bytes.saturating_add(piece.len() as u64);
                if bytes > most {
                    return Err(SignatureError::Body);
                }
            }
            Watch::Sha256(hasher, _) => hasher.update(piece),
            Watch::Sm3(hasher, _) => hasher.update(piece),
            Watch::Md5(hasher, ..) => hasher.update(piece),
        }
        Ok(())
    }

    /// Says whether the body, now at its end, is the one that the signature speaks of.
    pub fn finish(self) -> Result<BodyAgreed, SignatureError> {
        let fits = match *self.0 {
            Watch::Anything => true,
            Watch::Size { bytes, least, most } => (least..=most).contains(&bytes),
            Watch::Sha256(hasher, digest) => hasher.finalize().as_slice() == digest,
            Watch::Sm3(hasher, digest) => hasher.finalize().as_slice() == digest,
            Watch::Md5(hasher, text, spellings) => {
                let digest = hasher.finalize();
                spellings.iter().any(|spelling| spelling.write(&digest) == *text)
            }
        };
        if fits { Ok(BodyAgreed(())) } else { Err(SignatureError::Body) }
    }
}

impl fmt::Debug for BodyCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BodyCheck(..)")
    }
}

/// Holds the whole body, of a browser form the file, against what the signature says about it (step 10 of SIG-25).
pub fn check_body(claim: &Claim, body: &[u8]) -> Result<BodyAgreed, SignatureError> {
    let mut check = claim.body.check();
    check.update(body)?;
    check.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY_MD5: &[Md5Spelling] =
        &[Md5Spelling::Base64, Md5Spelling::UpperHex, Md5Spelling::Base64OfHex];

    fn md5(text: &str, spellings: &'static [Md5Spelling]) -> BodyRule {
        BodyRule::md5_or_unsigned(Some(text), spellings)
    }

    /// Whole, and cut at every place: always the same answer.
    #[track_caller]
    fn check(rule: &BodyRule, body: &str, fits: bool) {
        for cut in 0..=body.len() {
            let (first, second) = body.as_bytes().split_at(cut);
            let mut check = rule.check();
            let read = check.update(first).and_then(|()| check.update(second));
            assert_eq!(read.and_then(|()| check.finish()).is_ok(), fits, "{rule:?}, {cut}");
        }
    }

    #[test]
    fn every_rule_has_a_body_that_fits_and_one_that_does_not() {
        let sha256 = BodyRule::Sha256(Sha256::digest("hello").into());
        let sm3 = BodyRule::Sm3(Sm3::digest("hello").into());
        // The MD5 of `hello` as OpenSSL prints it, in each way that clients write it.
        let base64 = "XUFAKrxLKna5cZ2REBfFkg==";
        let hex = "5D41402ABC4B2A76B9719D911017C592";
        let base64_of_hex = "NWQ0MTQwMmFiYzRiMmE3NmI5NzE5ZDkxMTAxN2M1OTI=";
        for rule in
            [sha256, sm3, md5(base64, ANY_MD5), md5(hex, ANY_MD5), md5(base64_of_hex, ANY_MD5)]
        {
            check(&rule, "hello", true);
            check(&rule, "hellp", false);
            check(&rule, "hell", false);
            check(&rule, "", false);
            assert_eq!(rule.authenticity(), BodyAuthenticity::Signed);
        }
        check(&md5(hex, &[Md5Spelling::Base64]), "hello", false);
        check(&md5(&hex.to_ascii_lowercase(), ANY_MD5), "hello", false);
        check(&md5("", ANY_MD5), "", false);
        check(&BodyRule::Empty, "", true);
        check(&BodyRule::Empty, "x", false);
        check(&BodyRule::Unsigned, "anything", true);
        check(&BodyRule::Form, "a=b", true);
    }

    #[test]
    fn a_file_has_two_borders() {
        let rule = BodyRule::File { least: 2, most: 4 };
        for (file, fits) in [("1", false), ("12", true), ("1234", true), ("12345", false)] {
            check(&rule, file, fits);
        }
        check(&BodyRule::File { least: 3, most: 2 }, "12", false);
        assert_eq!(rule.authenticity(), BodyAuthenticity::Unsigned);
        let mut check = rule.check();
        assert!(check.update(b"12345").is_err(), "what is too large is refused before its end");
    }
}
