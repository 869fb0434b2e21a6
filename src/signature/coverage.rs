//! What of a request a signature covers, and what anybody on the way could have changed (12.2).

use super::{Claim, Scheme, oss};

/// A part of a request that policies may ask about. Path and method are signed by every scheme but browser forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact<'f> {
    /// A parameter of the query, by its decoded name.
    Query(&'f str),
    /// A header, by its name in lower case.
    Header(&'f str),
    /// What the host says beside the bucket, which is signed as part of the resource.
    Host,
}

/// A kind of facts that may be believed without a signature, where somebody says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnsignedFact {
    /// Bodies, and what is read in them.
    Bodies,
    /// Parameters of the query.
    Query,
    /// Headers.
    Headers,
    /// The host.
    Host,
}

impl Fact<'_> {
    /// The kind that it is of.
    pub fn kind(self) -> UnsignedFact {
        match self {
            Self::Query(_) => UnsignedFact::Query,
            Self::Header(_) => UnsignedFact::Headers,
            Self::Host => UnsignedFact::Host,
        }
    }
}

/// Headers that the classic schemes sign by their place in the string to sign.
const CLASSIC: &[&str] = &["content-md5", "content-type", "date"];

impl Claim {
    /// Whether the signature covers a part of the request.
    pub fn covers(&self, fact: Fact<'_>) -> bool {
        match fact {
            Fact::Query(name) => self.covers_query(name),
            Fact::Header(name) => self.covers_header(name),
            Fact::Host => self.covers_host(),
        }
    }

    fn covers_query(&self, name: &str) -> bool {
        match self.scheme {
            Scheme::OssV1 | Scheme::OssV1Presign => oss::v1::is_signed_everywhere(name),
            Scheme::OssPostV1 | Scheme::OssPostV4 | Scheme::Fc2HmacSha256 => false,
            Scheme::Acs3HmacSha256
            | Scheme::Acs3HmacSm3
            | Scheme::Acs3RsaSha256
            | Scheme::Acs3FcTrigger
            | Scheme::RpcHmacSha1
            | Scheme::RpcHmacSha256
            | Scheme::RpcSha256WithRsa
            | Scheme::RoaHmacSha1
            | Scheme::OssV2
            | Scheme::OssV2Presign
            | Scheme::OssV4
            | Scheme::OssV4Presign
            | Scheme::SlsV1
            | Scheme::SlsV4
            | Scheme::OtsV2
            | Scheme::OtsV4
            | Scheme::Fc2HttpTrigger
            | Scheme::MnsHmacSha1 => true,
        }
    }

    fn covers_header(&self, name: &str) -> bool {
        let listed = self.listed_headers.split(';').any(|known| known == name);
        let classic = CLASSIC.contains(&name);
        match self.scheme {
            Scheme::Acs3HmacSha256
            | Scheme::Acs3HmacSm3
            | Scheme::Acs3RsaSha256
            | Scheme::Acs3FcTrigger => listed,
            Scheme::RpcHmacSha1 | Scheme::RpcHmacSha256 | Scheme::RpcSha256WithRsa => false,
            Scheme::RoaHmacSha1 => classic || name == "accept" || name.starts_with("x-acs-"),
            Scheme::OssV1 | Scheme::OssV2 => listed || classic || name.starts_with(oss::PREFIX),
            Scheme::OssV1Presign | Scheme::OssV2Presign | Scheme::OssV4 | Scheme::OssV4Presign => {
                listed || (classic && name != "date") || name.starts_with(oss::PREFIX)
            }
            Scheme::OssPostV1 | Scheme::OssPostV4 => false,
            Scheme::SlsV1 => classic || is_of_log_service(name),
            Scheme::SlsV4 => matches!(name, "content-type" | "host") || is_of_log_service(name),
            Scheme::OtsV2 | Scheme::OtsV4 => name.starts_with("x-ots-"),
            Scheme::Fc2HmacSha256 | Scheme::Fc2HttpTrigger => classic || name.starts_with("x-fc-"),
            Scheme::MnsHmacSha1 => classic || name.starts_with("x-mns-"),
        }
    }

    fn covers_host(&self) -> bool {
        match self.scheme {
            // Where the instance in a signed header equals the label, it is as good as listed (SIG-90).
            Scheme::OtsV2 | Scheme::OtsV4 => &*self.listed_headers == "host",
            _ => self.covers_header("host"),
        }
    }
}

fn is_of_log_service(name: &str) -> bool {
    let own = name.starts_with("x-log-") || name.starts_with("x-acs-");
    own && !name.starts_with("x-log-meta-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ident::UnixSeconds;
    use crate::signature::Time;

    fn claim(scheme: Scheme, listed: &str) -> Claim {
        let time = Time::Window(UnixSeconds(0));
        let mut claim = Claim::new(scheme, "LTAI5tTest".parse().unwrap(), time, Box::default());
        claim.listed_headers = listed.into();
        claim
    }

    #[test]
    fn facts() {
        use Fact::{Header, Host, Query};
        for (scheme, listed, fact, covered) in [
            (Scheme::Acs3HmacSha256, "host;user-agent", Header("user-agent"), true),
            (Scheme::Acs3HmacSha256, "host", Header("user-agent"), false),
            (Scheme::Acs3HmacSha256, "host", Host, true),
            (Scheme::Acs3HmacSha256, "x-acs-date", Host, false),
            (Scheme::Acs3HmacSha256, "host", Query("a"), true),
            (Scheme::RpcHmacSha1, "", Query("a"), true),
            (Scheme::RpcHmacSha1, "", Header("x-acs-action"), false),
            (Scheme::RoaHmacSha1, "", Header("x-acs-action"), true),
            (Scheme::RoaHmacSha1, "", Host, false),
            (Scheme::OssV1, "", Query("prefix"), false),
            (Scheme::OssV1, "", Query("acl"), true),
            (Scheme::OssV1Presign, "", Query("prefix"), false),
            (Scheme::OssV1, "", Header("x-oss-acl"), true),
            (Scheme::OssV1, "", Header("range"), false),
            (Scheme::OssV4, "range", Header("range"), true),
            (Scheme::OssV4Presign, "", Query("prefix"), true),
            (Scheme::OssV4, "host", Host, true),
            (Scheme::SlsV1, "", Host, false),
            (Scheme::SlsV4, "", Host, true),
            (Scheme::SlsV4, "", Header("x-log-meta-a"), false),
            (Scheme::OtsV2, "host", Host, true),
            (Scheme::OtsV2, "", Host, false),
            (Scheme::Fc2HmacSha256, "", Query("qualifier"), false),
            (Scheme::Fc2HttpTrigger, "", Query("qualifier"), true),
            (Scheme::MnsHmacSha1, "", Header("security-token"), false),
            (Scheme::OssPostV4, "", Header("content-type"), false),
        ] {
            let found = claim(scheme, listed).covers(fact);
            assert_eq!(found, covered, "{} {listed} {fact:?}", scheme.as_str());
        }
    }
}
