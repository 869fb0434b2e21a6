//! Addresses of documents: `https` and nothing else.

use http::Uri;

/// Longer ones no issuer has.
const BYTES_MAX: usize = 2048;
const PORT: u16 = 443;

/// Where a document is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HttpsUrl {
    /// A name or address; an IPv6 address without its brackets.
    pub(super) host: Box<str>,
    pub(super) port: u16,
    /// Path and query.
    pub(super) target: Box<str>,
}

impl HttpsUrl {
    /// Refuses what a parser might pass over in silence: a fragment, a user, anything but plain characters.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"#@\\".contains(&byte));
        if !plain || text.len() > BYTES_MAX || !text.starts_with("https://") {
            return None;
        }
        let uri = text.parse::<Uri>().ok()?;
        let authority = uri.authority()?;
        let port = match authority.as_str().strip_prefix(authority.host())? {
            "" => PORT,
            text => port(text.strip_prefix(':')?)?,
        };
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        (!host.is_empty()).then(|| Self { host: host.into(), port, target: target.into() })
    }

    /// Where an issuer tells where its keys are (FED-05; `OpenID` Connect Discovery, section 4.1).
    pub(super) fn discovery(issuer: &str) -> Option<Self> {
        if issuer.contains('?') {
            return None;
        }
        let base = issuer.strip_suffix('/').unwrap_or(issuer);
        Self::parse(&format!("{base}/.well-known/openid-configuration"))
    }

    /// The value of `Host`.
    pub(super) fn authority(&self) -> String {
        let host = &self.host;
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_string() };
        if self.port == PORT { host } else { format!("{host}:{}", self.port) }
    }
}

fn port(digits: &str) -> Option<u16> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|port| plain && *port != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        for (text, expected) in [
            ("https://a.example", Some(("a.example", 443, "/", "a.example"))),
            ("https://a.example/", Some(("a.example", 443, "/", "a.example"))),
            ("https://a.example:443/k", Some(("a.example", 443, "/k", "a.example"))),
            ("https://a.example:8443/k?v=1", Some(("a.example", 8443, "/k?v=1", "a.example:8443"))),
            ("https://[::1]:8443/k", Some(("::1", 8443, "/k", "[::1]:8443"))),
            ("https://127.0.0.1/k", Some(("127.0.0.1", 443, "/k", "127.0.0.1"))),
            ("http://a.example/k", None),
            ("HTTPS://a.example/k", None),
            ("https:/a.example/k", None),
            ("https:///k", None),
            ("//a.example/k", None),
            ("/k", None),
            ("", None),
            ("https://", None),
            ("https://:443/", None),
            ("https://a.example:/k", None),
            ("https://a.example:0/k", None),
            ("https://a.example:65536/k", None),
            ("https://user@a.example/k", None),
            ("https://a.example/k#f", None),
            ("https://a.example/k\r\nX: y", None),
            ("https://a.example/\u{e9}", None),
            ("https://a.example\\@b.example/", None),
            (" https://a.example/", None),
        ] {
            let url = HttpsUrl::parse(text);
            let found = url.as_ref().map(|it| (&*it.host, it.port, &*it.target));
            assert_eq!(
                found,
                expected.map(|(host, port, target, _)| (host, port, target)),
                "{text}"
            );
            assert_eq!(url.map(|it| it.authority()).as_deref(), expected.map(|it| it.3), "{text}");
        }
        assert_eq!(HttpsUrl::parse(&format!("https://a/{}", "k".repeat(BYTES_MAX))), None);
    }

    #[test]
    fn where_an_issuer_tells() {
        for (issuer, expected) in [
            ("https://a.example", Some("/.well-known/openid-configuration")),
            ("https://a.example/", Some("/.well-known/openid-configuration")),
            ("https://a.example/realms/x", Some("/realms/x/.well-known/openid-configuration")),
            ("https://a.example/x//", Some("/x//.well-known/openid-configuration")),
            ("https://a.example?x=1", None),
            ("http://a.example", None),
        ] {
            let found = HttpsUrl::discovery(issuer).map(|it| it.target);
            assert_eq!(found.as_deref(), expected, "{issuer}");
        }
    }
}
