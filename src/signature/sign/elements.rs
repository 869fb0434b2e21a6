//! Where each scheme keeps the elements of its signature (sections 2 – 9).

use super::super::{Md5Spelling, Scheme, oss, sls};

/// Where the elements of a signature stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Headers,
    Query,
    /// The query, or the urlencoded form (SIG-40). What is added goes to the query.
    Parameters,
    /// The fields of a browser form.
    Fields,
}

/// How a time is written (SIG-15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeForm {
    Iso,
    IsoMilliseconds,
    Basic,
    Http,
}

/// The time of signing: the first of the names, unless one of the others is there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Date(pub(super) &'static [&'static str], pub(super) TimeForm);

/// How a digest is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DigestForm {
    Sha256,
    Sm3,
    Md5(Md5Spelling),
}

/// Which bodies have a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digested {
    Every,
    NonEmpty,
}

/// The header of a body's digest.
#[derive(Clone, Copy, Debug)]
pub(super) struct DigestHeader(pub(super) &'static str, pub(super) DigestForm, pub(super) Digested);

/// When a signature that has an end of its own stops to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expiry {
    /// Unix seconds.
    At(&'static str),
    /// Seconds after the time of signing.
    After(&'static str),
}

/// Where the signature stands, and how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// A header, parameter or field of its own, base64.
    Base64(&'static str),
    /// The same in hex.
    Hex(&'static str),
    /// `Authorization: word AccessKeyId:signature`
    Word(&'static str),
    /// `Authorization` of 2.2.
    Acs3(&'static str),
    /// `Authorization` of 5.7.
    Oss2,
    /// `Authorization: word Credential=AccessKeyId/scope,…,Signature=…`
    V4(&'static str),
}

impl Slot {
    /// Whether the signature can list further headers beside it.
    pub(super) fn lists(self) -> bool {
        matches!(self, Self::Acs3(_) | Self::Oss2 | Self::V4(oss::v4::ALGORITHM))
    }
}

/// The elements of a scheme.
#[derive(Clone, Copy, Debug)]
pub(super) struct Elements {
    pub(super) place: Place,
    /// What holds the `AccessKeyId`, where the signature does not.
    pub(super) id: Option<&'static str>,
    /// The same with the scope behind it.
    pub(super) credential: Option<&'static str>,
    pub(super) token: &'static str,
    pub(super) date: Option<Date>,
    pub(super) nonce: Option<&'static str>,
    pub(super) expiry: Option<Expiry>,
    pub(super) digest: Option<DigestHeader>,
    /// What holds day and region of a V4 scope, where no credential does.
    pub(super) scope: Option<[&'static str; 2]>,
    /// A list of further headers that are signed, where the signature does not hold it.
    pub(super) listed: Option<&'static str>,
    /// What always says the same.
    pub(super) fixed: &'static [(&'static str, &'static str)],
    pub(super) signature: Slot,
}

const ACS_TOKEN: &str = "x-acs-security-token";
const OSS_TOKEN: &str = "x-oss-security-token";
const URL_TOKEN: &str = "security-token";
const HTTP_DATE: Date = Date(&["date"], TimeForm::Http);
const ACS_DATE: Date = Date(&["x-acs-date"], TimeForm::Iso);
const NONCE: Option<&str> = Some("x-acs-signature-nonce");

const fn md5(spelling: Md5Spelling) -> DigestHeader {
    DigestHeader("content-md5", DigestForm::Md5(spelling), Digested::NonEmpty)
}

const fn acs3_digest(form: DigestForm) -> DigestHeader {
    DigestHeader("x-acs-content-sha256", form, Digested::Every)
}

impl Elements {
    /// What most schemes have; each says what it has besides.
    const fn new(place: Place, token: &'static str, signature: Slot) -> Self {
        Self {
            place,
            id: None,
            credential: None,
            token,
            date: None,
            nonce: None,
            expiry: None,
            digest: None,
            scope: None,
            listed: None,
            fixed: &[],
            signature,
        }
    }

    /// The row of a scheme.
    #[expect(clippy::too_many_lines, reason = "a table, a row for each scheme")]
    pub(super) const fn of(scheme: Scheme) -> Self {
        match scheme {
            Scheme::Acs3HmacSha256 | Scheme::Acs3RsaSha256 => Self {
                digest: Some(acs3_digest(DigestForm::Sha256)),
                ..Self::acs3(scheme.as_str(), NONCE)
            },
            Scheme::Acs3HmacSm3 => Self {
                digest: Some(acs3_digest(DigestForm::Sm3)),
                ..Self::acs3(scheme.as_str(), NONCE)
            },
            Scheme::Acs3FcTrigger => Self::acs3(Scheme::Acs3HmacSha256.as_str(), None),
            Scheme::RpcHmacSha1 => Self {
                fixed: &[("SignatureMethod", "HMAC-SHA1"), ("SignatureVersion", "1.0")],
                ..Self::rpc()
            },
            Scheme::RpcHmacSha256 => Self {
                fixed: &[("SignatureMethod", "HMAC-SHA256"), ("SignatureVersion", "1.0")],
                ..Self::rpc()
            },
            Scheme::RpcSha256WithRsa => Self {
                fixed: &[
                    ("SignatureMethod", "SHA256withRSA"),
                    ("SignatureType", "PRIVATEKEY"),
                    ("SignatureVersion", "1.0"),
                ],
                ..Self::rpc()
            },
            Scheme::RoaHmacSha1 => Self {
                date: Some(HTTP_DATE),
                nonce: NONCE,
                digest: Some(md5(Md5Spelling::Base64)),
                fixed: &[
                    ("x-acs-signature-method", "HMAC-SHA1"),
                    ("x-acs-signature-version", "1.0"),
                ],
                ..Self::new(Place::Headers, ACS_TOKEN, Slot::Word("acs"))
            },
            Scheme::OssV1 => Self {
                date: Some(Date(&["date", "x-oss-date"], TimeForm::Http)),
                digest: Some(md5(Md5Spelling::Base64)),
                ..Self::new(Place::Headers, OSS_TOKEN, Slot::Word("OSS"))
            },
            Scheme::OssV2 => Self {
                date: Some(HTTP_DATE),
                digest: Some(md5(Md5Spelling::Base64)),
                ..Self::new(Place::Headers, OSS_TOKEN, Slot::Oss2)
            },
            Scheme::OssV4 => Self {
                date: Some(Date(&["x-oss-date", "date"], TimeForm::Basic)),
                digest: Some(md5(Md5Spelling::Base64)),
                fixed: &[("x-oss-content-sha256", oss::v4::UNSIGNED_PAYLOAD)],
                ..Self::new(Place::Headers, OSS_TOKEN, Slot::V4(oss::v4::ALGORITHM))
            },
            Scheme::OssV1Presign => Self {
                id: Some("OSSAccessKeyId"),
                expiry: Some(Expiry::At("Expires")),
                ..Self::new(Place::Query, URL_TOKEN, Slot::Base64("Signature"))
            },
            Scheme::OssV2Presign => Self {
                id: Some("x-oss-access-key-id"),
                expiry: Some(Expiry::At("x-oss-expires")),
                listed: Some("x-oss-additional-headers"),
                fixed: &[("x-oss-signature-version", "OSS2")],
                ..Self::new(Place::Query, URL_TOKEN, Slot::Base64("x-oss-signature"))
            },
            Scheme::OssV4Presign => Self {
                credential: Some("x-oss-credential"),
                date: Some(Date(&["x-oss-date"], TimeForm::Basic)),
                expiry: Some(Expiry::After("x-oss-expires")),
                listed: Some("x-oss-additional-headers"),
                fixed: &[("x-oss-signature-version", oss::v4::ALGORITHM)],
                ..Self::new(Place::Query, OSS_TOKEN, Slot::Hex("x-oss-signature"))
            },
            Scheme::OssPostV1 => Self {
                id: Some("OSSAccessKeyId"),
                ..Self::new(Place::Fields, OSS_TOKEN, Slot::Base64("Signature"))
            },
            Scheme::OssPostV4 => Self {
                credential: Some("x-oss-credential"),
                date: Some(Date(&["x-oss-date"], TimeForm::Basic)),
                fixed: &[("x-oss-signature-version", oss::v4::ALGORITHM)],
                ..Self::new(Place::Fields, OSS_TOKEN, Slot::Hex("x-oss-signature"))
            },
            Scheme::SlsV1 => Self {
                date: Some(Date(&["date", "x-log-date"], TimeForm::Http)),
                digest: Some(md5(Md5Spelling::UpperHex)),
                fixed: &[("x-log-apiversion", "0.6.0"), ("x-log-signaturemethod", "hmac-sha1")],
                ..Self::new(Place::Headers, ACS_TOKEN, Slot::Word("LOG"))
            },
            Scheme::SlsV4 => Self {
                date: Some(Date(&["x-log-date"], TimeForm::Basic)),
                digest: Some(DigestHeader(
                    "x-log-content-sha256",
                    DigestForm::Sha256,
                    Digested::Every,
                )),
                fixed: &[("x-log-apiversion", "0.6.0")],
                ..Self::new(Place::Headers, ACS_TOKEN, Slot::V4(sls::ALGORITHM))
            },
            Scheme::OtsV2 => Self::ots("x-ots-signature"),
            Scheme::OtsV4 => Self {
                scope: Some(["x-ots-signdate", "x-ots-signregion"]),
                ..Self::ots("x-ots-signaturev4")
            },
            Scheme::Fc2HmacSha256 | Scheme::Fc2HttpTrigger => Self {
                date: Some(HTTP_DATE),
                digest: Some(md5(Md5Spelling::Base64)),
                ..Self::new(Place::Headers, "x-fc-security-token", Slot::Word("FC"))
            },
            Scheme::MnsHmacSha1 => Self {
                date: Some(Date(&["date", "x-mns-date"], TimeForm::Http)),
                digest: Some(md5(Md5Spelling::Base64OfHex)),
                fixed: &[("x-mns-version", "2015-06-06")],
                ..Self::new(Place::Headers, URL_TOKEN, Slot::Word("MNS"))
            },
        }
    }

    const fn acs3(word: &'static str, nonce: Option<&'static str>) -> Self {
        let slot = Slot::Acs3(word);
        Self { date: Some(ACS_DATE), nonce, ..Self::new(Place::Headers, ACS_TOKEN, slot) }
    }

    const fn rpc() -> Self {
        Self {
            id: Some("AccessKeyId"),
            date: Some(Date(&["Timestamp"], TimeForm::Iso)),
            nonce: Some("SignatureNonce"),
            ..Self::new(Place::Parameters, "SecurityToken", Slot::Base64("Signature"))
        }
    }

    const fn ots(signature: &'static str) -> Self {
        Self {
            id: Some("x-ots-accesskeyid"),
            date: Some(Date(&["x-ots-date"], TimeForm::IsoMilliseconds)),
            digest: Some(DigestHeader(
                "x-ots-contentmd5",
                DigestForm::Md5(Md5Spelling::Base64),
                Digested::Every,
            )),
            fixed: &[("x-ots-apiversion", "2015-12-31")],
            ..Self::new(Place::Headers, "x-ots-ststoken", Slot::Base64(signature))
        }
    }

    /// The names of all that belongs to a signature, but its digest.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        let signature = match self.signature {
            Slot::Base64(name) | Slot::Hex(name) => Some(name),
            Slot::Word(_) | Slot::Acs3(_) | Slot::Oss2 | Slot::V4(_) => None,
        };
        let expiry = self.expiry.map(|(Expiry::At(name) | Expiry::After(name))| name);
        let dates = self.date.map_or(&[][..], |Date(names, _)| names);
        [self.id, self.credential, Some(self.token), self.nonce, expiry, self.listed, signature]
            .into_iter()
            .flatten()
            .chain(dates.iter().copied())
            .chain(self.fixed.iter().map(|(name, _)| *name))
            .chain(self.scope.into_iter().flatten())
    }

    /// Headers that speak of the body. One SDK has a name of its own for SM3 (2.1).
    pub(super) fn digest_headers(&self) -> impl Iterator<Item = &'static str> {
        let sm3 = |digest: &DigestHeader| digest.1 == DigestForm::Sm3;
        let other = self.digest.filter(sm3).map(|_| "x-acs-content-sm3");
        self.digest.map(|DigestHeader(name, ..)| name).into_iter().chain(other)
    }
}
