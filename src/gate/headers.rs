//! What a message loses on its way through: whatever is meant for one hop only, what a client could use to claim an origin
//! or an identity, what a service would take for credentials of its own, and what would change the method behind the gate
//! (rules I01, I03, I04, I09, P20; H21, H27; MD-08).
//!
//! Pure functions over header maps.

use http::header::{CONNECTION, HeaderMap, HeaderName};

/// The prefix of the headers that tell the upstream who is calling.
const RESERVED_PREFIX: &str = "x-ramgate-";

const PER_HOP: [&str; 7] =
    ["connection", "http2-settings", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"];

/// What makes some servers act on another method or path than the one that was decided.
const OVERRIDES: [&str; 8] = [
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-method",
    "x-original-uri",
    "x-original-url",
    "x-rewrite-url",
    "x-http-path-override",
];

const ORIGIN: [&str; 9] = [
    "cf-connecting-ip",
    "client-ip",
    "fastly-client-ip",
    "forwarded",
    "true-client-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-forwarded-for",
    "x-real-ip",
];

/// What a function takes for the credentials of its own role (MD-08).
const FUNCTION_CREDENTIALS: [&str; 3] =
    ["x-fc-access-key-id", "x-fc-access-key-secret", "x-fc-security-token"];

/// Takes off a request what must not reach the upstream. `Expect` goes too: it was answered here.
pub(super) fn strip_request(headers: &mut HeaderMap) {
    let named = named_by_connection(headers);
    remove_where(headers, |name| {
        is_per_hop(name)
            || is_reserved(name)
            || is_origin(name)
            || OVERRIDES.iter().chain(&FUNCTION_CREDENTIALS).any(|known| reads_as(name, known))
            || name == "expect"
            || named.iter().any(|other| other == name)
    });
}

/// Takes off an answer what must not reach the client.
pub fn strip_answer(headers: &mut HeaderMap) {
    let named = named_by_connection(headers);
    remove_where(headers, |name| {
        is_per_hop(name) || is_reserved(name) || named.iter().any(|other| other == name)
    });
}

fn remove_where(headers: &mut HeaderMap, unwanted: impl Fn(&str) -> bool) {
    let names: Vec<HeaderName> =
        headers.keys().filter(|name| unwanted(name.as_str())).cloned().collect();
    for name in names {
        headers.remove(name);
    }
}

/// The lower-case names that `Connection` lists.
fn named_by_connection(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(CONNECTION).iter();
    values
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .filter_map(|word| std::str::from_utf8(word.trim_ascii()).ok())
        .map(str::to_ascii_lowercase)
        .collect()
}

fn is_per_hop(name: &str) -> bool {
    PER_HOP.contains(&name) || name.starts_with("proxy-")
}

fn is_reserved(name: &str) -> bool {
    starts_as(name, RESERVED_PREFIX)
}

fn is_origin(name: &str) -> bool {
    starts_as(name, "x-forwarded-")
        || reads_as(name, "x-forwarded")
        || ORIGIN.iter().any(|known| reads_as(name, known))
}

/// Whether a server that cannot tell `_` from `-` would take the one name for the other.
fn reads_as(name: &str, known: &str) -> bool {
    name.len() == known.len() && starts_as(name, known)
}

fn starts_as(name: &str, prefix: &str) -> bool {
    name.len() >= prefix.len()
        && name
            .bytes()
            .zip(prefix.bytes())
            .all(|(byte, want)| byte.eq_ignore_ascii_case(&want) || (byte == b'_' && want == b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn requests() {
        for gone in [
            "connection",
            "keep-alive",
            "proxy-authorization",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "http2-settings",
            "expect",
            "x-http-method-override",
            "x_http_method_override",
            "x-forwarded-for",
            "x_forwarded_proto",
            "forwarded",
            "x-real-ip",
            "true-client-ip",
            "X-Ramgate-Principal",
            "x_ramgate_principal",
            "x-ramgate_",
            "x-fc-access-key-id", // MD-08
            "X-Fc-Access-Key-Secret",
            "x_fc_access_key_secret",
            "x-fc-security-token",
        ] {
            check(strip_request, gone, 0);
        }
        for kept in [
            "host",
            "authorization",
            "content-length",
            "x-acs-date",
            "x-ramgates",
            "ramgate-x",
            "x-forward",
            "te2",
            "cookie",
            "x-fc-account-id",
        ] {
            check(strip_request, kept, 2);
        }
    }

    #[test]
    fn answers() {
        for gone in ["connection", "x-ramgate-anything", "x_ramgate_a", "trailer", "upgrade"] {
            check(strip_answer, gone, 0);
        }
        for kept in ["content-length", "x-forwarded-for", "etag", "set-cookie"] {
            check(strip_answer, kept, 2);
        }
    }

    #[test]
    fn what_connection_names_goes_too() {
        for strip in [strip_request, strip_answer] {
            let mut headers = HeaderMap::new();
            headers.insert("connection", HeaderValue::from_static("close, X-Secret"));
            headers.insert("x-secret", HeaderValue::from_static("a"));
            headers.insert("x-secrets", HeaderValue::from_static("a"));
            strip(&mut headers);
            assert_eq!(headers.keys().collect::<Vec<_>>(), ["x-secrets"]);
        }
    }

    #[track_caller]
    fn check(strip: fn(&mut HeaderMap), name: &str, left: usize) {
        let mut headers = HeaderMap::new();
        let name: HeaderName = name.parse().unwrap();
        headers.append(&name, HeaderValue::from_static("1"));
        headers.append(&name, HeaderValue::from_static("2"));
        strip(&mut headers);
        assert_eq!(headers.len(), left, "{name}");
    }
}
