//! What an issuer says about itself.

use super::error::FetchError;
use super::get::DOCUMENT_BYTES_MAX;
use super::url::HttpsUrl;
use crate::strict::{Json, JsonLimits, json};

const LIMITS: JsonLimits = JsonLimits { bytes_max: DOCUMENT_BYTES_MAX, depth_max: 16 };

/// Where the keys are, by the discovery document of that very issuer (FED-05). They may lie at another host.
pub(super) fn keys_url(document: &[u8], issuer: &str) -> Result<HttpsUrl, FetchError> {
    let document = parse(document).ok_or(FetchError::Discovery("is no JSON document"))?;
    let text = |name: &str| document.get(name).and_then(Json::as_str);
    match text("issuer") {
        Some(told) if told == issuer => {}
        Some(_) => return Err(FetchError::Discovery("is of another issuer")),
        None => return Err(FetchError::Discovery("has no `issuer`")),
    }
    let url = text("jwks_uri").ok_or(FetchError::Discovery("has no `jwks_uri`"))?;
    HttpsUrl::parse(url).ok_or(FetchError::Url("`jwks_uri`"))
}

fn parse(document: &[u8]) -> Option<Json> {
    json(std::str::from_utf8(document).ok()?, LIMITS).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://a.example/x";

    #[test]
    fn documents() {
        let of = |rest: &str| format!(r#"{{"issuer":"{ISSUER}"{rest}}}"#);
        for (document, expected) in [
            (of(r#","jwks_uri":"https://b.example/k""#), Ok("/k")),
            (of(r#","jwks_uri":"https://a.example/k","more":[1,{"x":2}]"#), Ok("/k")),
            (of(r#","jwks_uri":"http://a.example/k""#), Err(FetchError::Url("`jwks_uri`"))),
            (of(r#","jwks_uri":"file:///etc/passwd""#), Err(FetchError::Url("`jwks_uri`"))),
            (of(r#","jwks_uri":7"#), Err(FetchError::Discovery("has no `jwks_uri`"))),
            (of(""), Err(FetchError::Discovery("has no `jwks_uri`"))),
            (
                r#"{"issuer":"https://a.example/x/","jwks_uri":"https://a.example/k"}"#.to_owned(),
                Err(FetchError::Discovery("is of another issuer")),
            ),
            (
                r#"{"jwks_uri":"https://a.example/k"}"#.to_owned(),
                Err(FetchError::Discovery("has no `issuer`")),
            ),
            (
                of(r#","issuer":"https://a.example/x","jwks_uri":"https://a.example/k""#),
                Err(FetchError::Discovery("is no JSON document")),
            ),
            ("<html>".to_owned(), Err(FetchError::Discovery("is no JSON document"))),
        ] {
            let found = keys_url(document.as_bytes(), ISSUER);
            let found = found.as_ref().map(|url| &*url.target).map_err(Clone::clone);
            assert_eq!(found, expected, "{document}");
        }
    }
}
