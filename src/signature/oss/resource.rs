//! From host and path to bucket and key (5.1). The one reading: what a signature names here is what the catalogue maps to
//! an action (SIG-11).

use std::borrow::Cow;
use std::net::IpAddr;

use crate::request::{Head, percent_decode};

use super::super::{SignatureError, Site};

/// Where a request to object storage goes.
#[derive(Debug, PartialEq, Eq)]
pub struct Place<'h> {
    bucket: Option<String>,
    /// The key as the path writes it.
    raw_key: &'h str,
    region: Option<String>,
    product: &'static str,
}

/// A place whose bucket can be one: no signature is made for another.
pub(in super::super) fn place<'h>(
    head: &'h Head,
    site: &Site<'_>,
) -> Result<Place<'h>, SignatureError> {
    let place = Place::read(head, site)?;
    if place.bucket().is_none_or(is_bucket) { Ok(place) } else { Err(SignatureError::Host) }
}

impl<'h> Place<'h> {
    /// Reads the bucket from the host or the path; an unknown host is never guessed at (SIG-50). Whether the bucket can
    /// be one is another question: [`is_bucket`].
    pub fn read(head: &'h Head, site: &Site<'_>) -> Result<Self, SignatureError> {
        let host = without_port(head.host()).to_ascii_lowercase();
        let path = head.raw_path().strip_prefix('/').unwrap_or_default();
        if let Some((_, bucket)) = site.cname.iter().find(|(domain, _)| *domain == host) {
            return Ok(Self::new(Some(bucket.clone()), path, &Endpoint::UNNAMED));
        }
        if is_address(&host) {
            return Ok(Self::by_path(path, &Endpoint::UNNAMED));
        }
        if let Some(endpoint) = Endpoint::of(&host) {
            if path.is_empty() || site.path_style {
                return Ok(Self::by_path(path, &endpoint));
            }
            return Err(SignatureError::Host);
        }
        let (bucket, rest) = host.split_once('.').ok_or(SignatureError::Host)?;
        let endpoint = Endpoint::of(rest).ok_or(SignatureError::Host)?;
        Ok(Self::new(Some(bucket.to_owned()), path, &endpoint))
    }

    /// The bucket is the first part of the path (SIG-51).
    fn by_path(path: &'h str, endpoint: &Endpoint<'_>) -> Self {
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        let bucket = (!path.is_empty()).then(|| bucket.to_owned());
        Self::new(bucket, key, endpoint)
    }

    fn new(bucket: Option<String>, raw_key: &'h str, endpoint: &Endpoint<'_>) -> Self {
        let region = endpoint.region.map(str::to_owned);
        Self { bucket, raw_key, region, product: endpoint.product }
    }

    /// The bucket as it is written; `None`: the service itself.
    pub fn bucket(&self) -> Option<&str> {
        self.bucket.as_deref()
    }

    /// The region that the host names.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// The product that a V4 scope must name (SIG-63).
    pub(in super::super) fn product(&self) -> &'static str {
        self.product
    }

    /// The key, decoded once (SIG-52).
    pub fn key(&self) -> String {
        percent_decode(self.raw_key).unwrap_or_default().into_owned()
    }

    /// The key with `+` read as a space, where the path has one (SIG-53).
    pub fn spaced_key(&self) -> Option<String> {
        let spaced = self.raw_key.contains('+').then(|| self.raw_key.replace('+', " "))?;
        percent_decode(&spaced).map(Cow::into_owned)
    }

    /// `/bucket/key`, `/bucket/` or `/`.
    pub(super) fn resource(&self, key: &str) -> String {
        self.bucket.as_ref().map_or_else(|| "/".into(), |bucket| format!("/{bucket}/{key}"))
    }
}

/// An endpoint of the service, recognised by its name (SIG-50).
#[derive(Debug)]
struct Endpoint<'h> {
    region: Option<&'h str>,
    product: &'static str,
}

impl<'h> Endpoint<'h> {
    const UNNAMED: Endpoint<'static> = Endpoint { region: None, product: PRODUCT };

    fn of(host: &'h str) -> Option<Self> {
        let name = host.strip_suffix(".aliyuncs.com")?;
        let labels: Vec<&str> = name.split('.').collect();
        if !labels.iter().all(|label| is_label(label)) {
            return None;
        }
        let (region, product) = match labels.as_slice() {
            ["oss-accelerate" | "oss-accelerate-overseas"] => (None, PRODUCT),
            [one] => {
                let region = one.strip_prefix("oss-")?;
                (Some(region.strip_suffix("-internal").unwrap_or(region)), PRODUCT)
            }
            [region, "oss"] => (Some(*region), PRODUCT),
            [cloud_box, _, "oss-cloudbox" | "oss-cloudbox-control"] => {
                (Some(*cloud_box), CLOUD_BOX_PRODUCT)
            }
            _ => return None,
        };
        Some(Self { region, product })
    }
}

const PRODUCT: &str = "oss";
const CLOUD_BOX_PRODUCT: &str = "oss-cloudbox";

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, _)) if !host.ends_with(']') => name,
        _ => host,
    }
}

fn is_address(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok()
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
            ("other.example.com", "/a", None),
            ("vec-bucket.oss-cn-hangzhou.aliyuncs.com.evil.com", "/a", None),
            ("a.b.oss-cn-hangzhou.aliyuncs.com", "/a", None),
            ("-bad.oss-cn-hangzhou.aliyuncs.com", "/a", None),
        ] {
            let request = Request::get(path).header("host", host).body(()).unwrap();
            let head = Head::parse(request.into_parts().0, &HeadLimits::default()).unwrap();
            let cname = [("img.example.com".to_owned(), "cname-bucket".to_owned())];
            let site = Site { cname: &cname, ..Site::new(Family::Oss) };
            let found = place(&head, &site).ok().map(|place| place.resource(&place.key()));
            assert_eq!(found.as_deref(), expected, "{host}{path}");
        }
    }
}
