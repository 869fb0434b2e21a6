//! Whom a request was meant for, and whether it came straight from the workload (MD-25). A browser that was led here by a name
//! that resolves to loopback, and anything that passes on requests of others, is told from a client of the credentials by these.

use std::net::{IpAddr, Ipv6Addr};

use http::header::{FORWARDED, HOST, ORIGIN, VIA};
use http::request::Parts;
use http::{HeaderMap, HeaderName};

/// Beside these, whatever begins with `sec-fetch-`.
const NOT_DIRECT: [HeaderName; 4] =
    [HeaderName::from_static("x-forwarded-for"), FORWARDED, VIA, ORIGIN];

/// The names under which a listener is reached.
#[derive(Clone, Debug)]
pub(super) struct Names {
    /// Where it is bound; a socket has no address.
    pub(super) bound: Option<IpAddr>,
    /// More of them, in lower case.
    pub(super) more: Vec<String>,
}

impl Names {
    /// Whether a request names this listener. One with two hosts, or with one in its target, is for a proxy.
    pub(super) fn are_meant(&self, head: &Parts) -> bool {
        let mut hosts = head.headers.get_all(HOST).iter();
        let (Some(host), None, None) = (hosts.next(), hosts.next(), head.uri.authority()) else {
            return false;
        };
        host.to_str().ok().and_then(without_port).is_some_and(|host| self.include(host))
    }

    fn include(&self, host: &str) -> bool {
        let bracketed = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let is_bound = match (self.bound, bracketed) {
            (Some(IpAddr::V6(bound)), Some(text)) => text.parse() == Ok::<Ipv6Addr, _>(bound),
            (Some(IpAddr::V4(bound)), None) => host == bound.to_string(),
            _ => false,
        };
        let host = host.to_ascii_lowercase();
        is_bound || host == "localhost" || self.more.contains(&host)
    }
}

/// The host of a `Host` header.
fn without_port(text: &str) -> Option<&str> {
    let name_bytes = match text.find(']') {
        Some(at) => at.saturating_add(1),
        None => text.find(':').unwrap_or(text.len()),
    };
    let (name, rest) = text.split_at_checked(name_bytes)?;
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    (rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port)).then_some(name)
}

/// The header by which a request gives away that the workload did not send it itself.
pub(super) fn passed_on(headers: &HeaderMap) -> bool {
    NOT_DIRECT.iter().any(|name| headers.contains_key(name))
        || headers.keys().any(|name| name.as_str().starts_with("sec-fetch-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        let names = |bound: &str| Names {
            bound: bound.parse().ok(),
            more: vec!["sidecar.internal".to_owned()],
        };
        for (bound, host, meant) in [
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.1:8702", true),
            ("127.0.0.1", "LocalHost:1", true),
            ("127.0.0.1", "Sidecar.Internal", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("127.0.0.1", "127.1", false),
            ("127.0.0.1", "localhost.", false),
            ("127.0.0.1", "localhost.attacker.test", false),
            ("127.0.0.1", "attacker.test", false),
            ("127.0.0.1", "attacker.test:80@127.0.0.1", false),
            ("127.0.0.1", "127.0.0.1:", false),
            ("127.0.0.1", "127.0.0.1:80:80", false),
            ("127.0.0.1", "127.0.0.1:x", false),
            ("127.0.0.1", "[::1]", false),
            ("127.0.0.1", "", false),
            ("::1", "[::1]:8702", true),
            ("::1", "[0:0::1]", true),
            ("::1", "::1", false),
            ("::1", "[::2]", false),
            ("::1", "[::1]x", false),
            ("socket", "localhost", true),
            ("socket", "127.0.0.1", false),
        ] {
            let request = http::Request::builder().uri("/").header(HOST, host).body(()).unwrap();
            assert_eq!(names(bound).are_meant(&request.into_parts().0), meant, "{bound} {host}");
        }
    }
}
