//! From host and path to bucket and key (5.1). The one reading: what a signature names here is what the catalogue maps to
//! an action (SIG-11).

use std::borrow::Cow;
use std::net::IpAddr;

use crate::request::{Head, percent_decode};

use super::super::{SignatureError, Site};

/// Where a request to object storage goes.
#[derive(Debug, PartialEq, Eq)]
pub struct Place<'h> {
    bucket: Option<&'h str>,
    /// The key as the path writes it.
    raw_key: &'h str,
    region: Option<&'h str>,
    product: &'h str,
}

/// A place whose bucket can be one: no signature is made for another.
pub(in super::super) fn place<'h>(
    head: &'h Head,
    site: &Site<'h>,
) -> Result<Place<'h>, SignatureError> {
    let place = Place::read(head, site)?;
    if place.bucket().is_none_or(is_bucket) { Ok(place) } else { Err(SignatureError::Host) }
}

impl<'h> Place<'h> {
    /// Reads the bucket from the host or the path; an unknown host is never guessed at (SIG-50). Whether the bucket can
    /// be one is another question: [`is_bucket`].
    pub fn read(head: &'h Head, site: &Site<'h>) -> Result<Self, SignatureError> {
        let host = head.host_name();
        let path = head.raw_path().strip_prefix('/').unwrap_or_default();
        if let Some((_, bucket)) = site.cname.iter().find(|(domain, _)| domain == host) {
            return Ok(Self::new(Some(bucket), path, &Endpoint::UNNAMED));
        }
        if is_address(host) {
            return Ok(Self::by_path(path, &Endpoint::UNNAMED));
        }
        if let Some(endpoint) = Endpoint::of(host, site) {
            if path.is_empty() || site.path_style {
                return Ok(Self::by_path(path, &endpoint));
            }
            return Err(SignatureError::Host);
        }
        let (bucket, rest) = host.split_once('.').ok_or(SignatureError::Host)?;
        let endpoint = Endpoint::of(rest, site).ok_or(SignatureError::Host)?;
        Ok(Self::new(Some(bucket), path, &endpoint))
    }

    /// The bucket is the first part of the path (SIG-51).
    fn by_path(path: &'h str, endpoint: &Endpoint<'h>) -> Self {
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        Self::new((!path.is_empty()).then_some(bucket), key, endpoint)
    }

    fn new(bucket: Option<&'h str>, raw_key: &'h str, endpoint: &Endpoint<'h>) -> Self {
        Self { bucket, raw_key, region: endpoint.region, product: endpoint.product }
    }

    /// The bucket as it is written; `None`: the service itself.
    pub fn bucket(&self) -> Option<&'h str> {
        self.bucket
    }

    /// The region that the host names.
    pub fn region(&self) -> Option<&'h str> {
        self.region
    }

    /// The product that a V4 scope must name (SIG-63).
    pub(in super::super) fn product(&self) -> &'h str {
        self.product
    }

    /// The key, decoded once (SIG-52).
    pub fn key(&self) -> Cow<'h, str> {
        percent_decode(self.raw_key).unwrap_or_default()
    }

    /// The key with `+` read as a space, where the path has one (SIG-53).
    pub fn spaced_key(&self) -> Option<String> {
        let spaced = self.raw_key.contains('+').then(|| self.raw_key.replace('+', " "))?;
        percent_decode(&spaced).map(Cow::into_owned)
    }

    /// What stands before the key in a resource: `/bucket/`, or `/` alone.
    pub(super) fn prefix(&self) -> Cow<'static, str> {
        match self.bucket {
            Some(bucket) => ["/", bucket, "/"].concat().into(),
            None => "/".into(),
        }
    }
}

/// An endpoint of the service, recognised by its name (SIG-50).
#[derive(Debug)]
struct Endpoint<'h> {
    region: Option<&'h str>,
    product: &'h str,
}

impl<'h> Endpoint<'h> {
    const UNNAMED: Endpoint<'static> = Endpoint { region: None, product: PRODUCT };

    fn of(host: &'h str, site: &Site<'h>) -> Option<Self> {
        if let Some((_, product)) = site.oss_endpoints.iter().find(|(own, _)| own == host) {
            return Some(Self { region: None, product });
        }
        let mut labels = host.strip_suffix(".aliyuncs.com")?.split('.');
        let labels = [(); 4].map(|()| labels.next());
        if !labels.iter().flatten().all(|label| is_label(label)) {
            return None;
        }
        let (region, product) = match labels {
            [Some("oss-accelerate" | "oss-accelerate-overseas"), None, ..] => (None, PRODUCT),
            [Some(one), None, ..] => {
                let region = one.strip_prefix("oss-")?;
                (Some(region.strip_suffix("-internal").unwrap_or(region)), PRODUCT)
            }
            [Some(region), Some("oss"), None, _] => (Some(region), PRODUCT),
            [Some(cloud_box), Some(_), Some("oss-cloudbox" | "oss-cloudbox-control"), None] => {
                (Some(cloud_box), CLOUD_BOX_PRODUCT)
            }
            _ => return None,
        };
        Some(Self { region, product })
    }
}

/// The product that a V4 scope names at most endpoints (SIG-63).
pub const PRODUCT: &str = "oss";
const CLOUD_BOX_PRODUCT: &str = "oss-cloudbox";

fn is_address(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    // No other label begins with a bracket, and most hosts with a letter.
    let digit = bare.starts_with(|first: char| first.is_ascii_digit() || first == ':');
    host == "localhost" || ((digit || host != bare) && bare.parse::<IpAddr>().is_ok())
}

fn is_label(label: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !label.is_empty() && label.bytes().all(allowed)
}

/// Whether a name can be that of a bucket: 3 – 63 of `[a-z0-9-]`, no dash at the ends.
pub fn is_bucket(name: &str) -> bool {
    let dashed = name.starts_with('-') || name.ends_with('-');
    (3..=63).contains(&name.len()) && is_label(name) && !dashed
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::place;
    use crate::request::{Head, HeadLimits};
    use crate::signature::{Family, Site};

    #[test]
    fn buckets_and_keys() {
        for (host, path, expected) in [
            ("vec-bucket.oss-cn-hangzhou.aliyuncs.com", "/a%2Fb", Some("/vec-bucket/a/b")),
            ("VEC-bucket.oss-cn-hangzhou-internal.aliyuncs.com:80", "/", Some("/vec-bucket/")),
            ("vec-bucket.cn-hangzhou.oss.aliyuncs.com", "/a//b", Some("/vec-bucket/a//b")),
            ("oss-cn-hangzhou.aliyuncs.com", "/", Some("/")),
            ("oss-cn-hangzhou.aliyuncs.com", "/vec-bucket/a", None),
            ("127.0.0.1:8080", "/vec-bucket/a", Some("/vec-bucket/a")),
            ("localhost", "/vec-bucket", Some("/vec-bucket/")),
            ("localhost", "//vec-bucket", None),
            ("img.example.com", "/a", Some("/cname-bucket/a")),
            ("vec-bucket.oss.example.com", "/a", Some("/vec-bucket/a")),
            ("oss.example.com", "/", Some("/")),
            ("vec-bucket.x.oss.example.com", "/a", None),
            ("a.b.c.d.aliyuncs.com", "/a", None),
            ("vec-bucket.oss-.aliyuncs.com.aliyuncs.com", "/a", None),
            ("other.example.com", "/a", None),
            ("vec-bucket.oss-cn-hangzhou.aliyuncs.com.evil.com", "/a", None),
            ("a.b.oss-cn-hangzhou.aliyuncs.com", "/a", None),
            ("-bad.oss-cn-hangzhou.aliyuncs.com", "/a", None),
        ] {
            let request = Request::get(path).header("host", host).body(()).unwrap();
            let head = Head::parse(request.into_parts().0, &HeadLimits::default()).unwrap();
            let cname = [("img.example.com".to_owned(), "cname-bucket".to_owned())];
            let own = [("oss.example.com".to_owned(), "oss".to_owned())];
            let site = Site { cname: &cname, oss_endpoints: &own, ..Site::new(Family::Oss) };
            let found =
                place(&head, &site).ok().map(|place| place.prefix().into_owned() + &place.key());
            assert_eq!(found.as_deref(), expected, "{host}{path}");
        }
    }
}
