//! The schemes, and which of them a host speaks (section 0.1, SIG-23).

use std::str::FromStr;

use super::mac::{Algorithm, Keying};

/// A signature scheme; the names are those of section 0.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scheme {
    /// `OpenAPI` V3: everything that matters is signed, the body through its digest.
    Acs3HmacSha256,
    /// `OpenAPI` V3 with SM3 in place of SHA-256.
    Acs3HmacSm3,
    /// `OpenAPI` V3 with a key pair.
    Acs3RsaSha256,
    /// `OpenAPI` V1 for RPC-style products: query and form are signed.
    RpcHmacSha1,
    /// The same with SHA-256.
    RpcHmacSha256,
    /// The same with a key pair, for the one call that makes a session key.
    RpcSha256WithRsa,
    /// `OpenAPI` V1 for ROA-style products: the body only through `Content-MD5`.
    RoaHmacSha1,
    /// OSS V1 in a header: only listed parameters are signed.
    OssV1,
    /// OSS V1 in a URL.
    OssV1Presign,
    /// OSS V4 in a header.
    OssV4,
    /// OSS V4 in a URL.
    OssV4Presign,
    /// OSS V2 in a header.
    OssV2,
    /// OSS V2 in a URL.
    OssV2Presign,
    /// A browser form that carries a signed policy, V1.
    OssPostV1,
    /// A browser form that carries a signed policy, V4.
    OssPostV4,
    /// Log Service V1.
    SlsV1,
    /// Log Service V4.
    SlsV4,
    /// Table Store V2.
    OtsV2,
    /// Table Store V4.
    OtsV4,
    /// Function Compute 2.0, the API: the query is not signed.
    Fc2HmacSha256,
    /// Function Compute 2.0, HTTP triggers: the query is signed.
    Fc2HttpTrigger,
    /// Function Compute 3.0, HTTP triggers: the body is not signed.
    Acs3FcTrigger,
    /// Message Service.
    MnsHmacSha1,
}

/// The kinds of hosts: each speaks its own schemes, and a good signature of another counts for nothing (SIG-23).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// Every product without a scheme of its own.
    OpenApi,
    /// The API of Function Compute, with its `proxy` paths.
    FunctionCompute,
    /// HTTP triggers of functions.
    FcTrigger,
    /// Object storage.
    Oss,
    /// Log Service.
    LogService,
    /// Table Store.
    TableStore,
    /// Message Service.
    MessageService,
}

/// What is the same for all requests of a scheme.
struct Row(&'static str, Family, Algorithm, Keying);

impl Scheme {
    /// Every scheme.
    pub const ALL: [Self; 23] = [
        Self::Acs3HmacSha256,
        Self::Acs3HmacSm3,
        Self::Acs3RsaSha256,
        Self::RpcHmacSha1,
        Self::RpcHmacSha256,
        Self::RpcSha256WithRsa,
        Self::RoaHmacSha1,
        Self::OssV1,
        Self::OssV1Presign,
        Self::OssV4,
        Self::OssV4Presign,
        Self::OssV2,
        Self::OssV2Presign,
        Self::OssPostV1,
        Self::OssPostV4,
        Self::SlsV1,
        Self::SlsV4,
        Self::OtsV2,
        Self::OtsV4,
        Self::Fc2HmacSha256,
        Self::Fc2HttpTrigger,
        Self::Acs3FcTrigger,
        Self::MnsHmacSha1,
    ];

    /// Whether a request of this scheme may carry a nonce and need not (SIG-20). The others must, or cannot.
    pub fn may_lack_nonce(self) -> bool {
        matches!(self, Self::RoaHmacSha1 | Self::Acs3FcTrigger)
    }

    const fn row(self) -> Row {
        use Algorithm::{HmacSha1, HmacSha256, HmacSm3, RsaSha256};
        use Family::{
            FcTrigger, FunctionCompute, LogService, MessageService, OpenApi, Oss, TableStore,
        };
        use Keying::{Ampersand, Raw, V4, V4Text};
        match self {
            Self::Acs3HmacSha256 => Row("ACS3-HMAC-SHA256", OpenApi, HmacSha256, Raw),
            Self::Acs3HmacSm3 => Row("ACS3-HMAC-SM3", OpenApi, HmacSm3, Raw),
            Self::Acs3RsaSha256 => Row("ACS3-RSA-SHA256", OpenApi, RsaSha256, Raw),
            Self::RpcHmacSha1 => Row("RPC-HMAC-SHA1", OpenApi, HmacSha1, Ampersand),
            Self::RpcHmacSha256 => Row("RPC-HMAC-SHA256", OpenApi, HmacSha256, Ampersand),
            Self::RpcSha256WithRsa => Row("RPC-SHA256withRSA", OpenApi, RsaSha256, Raw),
            Self::RoaHmacSha1 => Row("ROA-HMAC-SHA1", OpenApi, HmacSha1, Raw),
            Self::OssV1 => Row("OSS-V1", Oss, HmacSha1, Raw),
            Self::OssV1Presign => Row("OSS-V1-PRESIGN", Oss, HmacSha1, Raw),
            Self::OssV4 => Row("OSS-V4", Oss, HmacSha256, V4),
            Self::OssV4Presign => Row("OSS-V4-PRESIGN", Oss, HmacSha256, V4),
            Self::OssV2 => Row("OSS-V2", Oss, HmacSha256, Raw),
            Self::OssV2Presign => Row("OSS-V2-PRESIGN", Oss, HmacSha256, Raw),
            Self::OssPostV1 => Row("OSS-POST-V1", Oss, HmacSha1, Raw),
            Self::OssPostV4 => Row("OSS-POST-V4", Oss, HmacSha256, V4),
            Self::SlsV1 => Row("SLS-V1", LogService, HmacSha1, Raw),
            Self::SlsV4 => Row("SLS-V4", LogService, HmacSha256, V4),
            Self::OtsV2 => Row("OTS-V2", TableStore, HmacSha1, Raw),
            Self::OtsV4 => Row("OTS-V4", TableStore, HmacSha256, V4Text),
            Self::Fc2HmacSha256 => Row("FC2-HMAC-SHA256", FunctionCompute, HmacSha256, Raw),
            Self::Fc2HttpTrigger => Row("FC2-HTTP-TRIGGER", FcTrigger, HmacSha256, Raw),
            Self::Acs3FcTrigger => Row("ACS3-FC-TRIGGER", FcTrigger, HmacSha256, Raw),
            Self::MnsHmacSha1 => Row("MNS-HMAC-SHA1", MessageService, HmacSha1, Raw),
        }
    }

    /// The name in configurations, audit records and section 0.1.
    pub const fn as_str(self) -> &'static str {
        self.row().0
    }

    /// The hosts that the scheme was made for.
    pub const fn family(self) -> Family {
        self.row().1
    }

    pub(super) const fn algorithm(self) -> Algorithm {
        self.row().2
    }

    pub(super) const fn keying(self) -> Keying {
        self.row().3
    }

    /// Whether it rests on SHA-1: kept for old clients, and worth switching off (12.1).
    pub const fn is_weak(self) -> bool {
        matches!(self.algorithm(), Algorithm::HmacSha1)
    }

    /// Whether it is `OpenAPI` V3, which newer APIs of most services speak.
    fn is_acs3(self) -> bool {
        matches!(self, Self::Acs3HmacSha256 | Self::Acs3HmacSm3 | Self::Acs3RsaSha256)
    }
}

/// Each kind of hosts as catalogue files write it.
const FAMILIES: [(&str, Family); 7] = [
    ("openapi", Family::OpenApi),
    ("function-compute", Family::FunctionCompute),
    ("fc-trigger", Family::FcTrigger),
    ("oss", Family::Oss),
    ("log-service", Family::LogService),
    ("table-store", Family::TableStore),
    ("message-service", Family::MessageService),
];

/// A text that names no kind of hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write one of: {}", FAMILIES.map(|(word, _)| word).join(", "))]
pub struct UnknownFamily;

impl FromStr for Family {
    type Err = UnknownFamily;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = FAMILIES.iter().find(|(word, _)| *word == text);
        found.map(|(_, family)| *family).ok_or(UnknownFamily)
    }
}

impl Family {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        FAMILIES.iter().find(|(_, family)| *family == self).map_or("", |(word, _)| word)
    }

    /// Which schemes the hosts of a family speak (SIG-23).
    pub fn speaks(self, scheme: Scheme) -> bool {
        let own = scheme.family() == self;
        match self {
            Self::OpenApi | Self::Oss | Self::LogService | Self::TableStore => own,
            Self::FunctionCompute => own || scheme.is_acs3() || scheme == Scheme::Fc2HttpTrigger,
            Self::FcTrigger | Self::MessageService => own || scheme.is_acs3(),
        }
    }
}

/// What is known about the host of a request before its credentials are read.
#[derive(Clone, Copy, Debug)]
pub struct Site<'s> {
    /// The kind of host.
    pub family: Family,
    /// The schemes that are accepted here, of those that the family speaks.
    pub schemes: &'s [Scheme],
    /// The region of the host, which the scope of a V4 signature must name (SIG-63, SIG-82); `None`: any.
    pub region: Option<&'s str>,
    /// Custom domains of OSS, in lower case, with their buckets (SIG-50).
    pub cname: &'s [(String, String)],
    /// Whether an OSS endpoint takes the bucket from the path (SIG-51). Addresses always do.
    pub path_style: bool,
    /// Endpoints of OSS beside the public ones, in lower case, each with the product that a V4 scope must name there,
    /// `oss` for most (SIG-50, SIG-63).
    pub oss_endpoints: &'s [(String, String)],
    /// Parameters that OSS V1 signs here beside those that it signs everywhere (5.3).
    pub oss_sub_resources: &'s [String],
    /// How far the end of a signed URL of OSS V1 or V2 may lie ahead (SIG-60); `None`: as far as the signer wanted.
    pub oss_url_life_seconds_max: Option<i64>,
}

impl Site<'static> {
    /// A host of this kind that accepts every scheme of its family.
    pub const fn new(family: Family) -> Self {
        Self {
            family,
            schemes: &Scheme::ALL,
            region: None,
            cname: &[],
            path_style: false,
            oss_endpoints: &[],
            oss_sub_resources: &[],
            oss_url_life_seconds_max: None,
        }
    }
}

impl Site<'_> {
    /// Whether a scheme is accepted here.
    pub fn speaks(&self, scheme: Scheme) -> bool {
        self.family.speaks(scheme) && self.schemes.contains(&scheme)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_have_words() {
        for (word, family) in FAMILIES {
            assert_eq!(word.parse(), Ok(family));
            assert_eq!(family.as_str(), word);
        }
        assert_eq!("OSS".parse::<Family>(), Err(UnknownFamily));
        assert!(UnknownFamily.to_string().contains("log-service"));
    }
}
