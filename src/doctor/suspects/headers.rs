//! Headers and the method.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};

use crate::cases::Recorded;
use crate::ident::UnixSeconds;
use crate::request::percent_decode;
use crate::signature::{self, encode};

use super::super::rewrite::{
    each_replaced, header, parameter, raw, with_header, with_parameter, with_raw, without_header,
};
use super::super::shown;
use super::{Candidate, Scene};

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"];
/// What clients put there, and what proxies put in its place.
const CONTENT_TYPES: [&str; 14] = [
    "application/json",
    "application/json; charset=utf-8",
    "application/json;charset=utf-8",
    "application/json; charset=UTF-8",
    "application/octet-stream",
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-8",
    "application/x-www-form-urlencoded;charset=utf-8",
    "application/x-protobuf",
    "application/xml",
    "text/xml",
    "text/xml;charset=utf-8",
    "text/plain",
    "text/plain; charset=utf-8",
];
const ACCEPTS: [&str; 5] = ["application/json", "*/*", "application/xml", "text/xml", ""];
/// Headers with a token, and parameters with one.
pub(crate) const TOKEN_HEADERS: [&str; 5] = [
    "x-acs-security-token",
    "x-oss-security-token",
    "x-ots-ststoken",
    "x-fc-security-token",
    "security-token",
];
pub(crate) const TOKEN_PARAMETERS: [&str; 3] =
    ["SecurityToken", "x-oss-security-token", "security-token"];
/// `Date` is tried so many seconds to each side.
const DATE_SECONDS_MAX: i64 = 120;
const NAMES_MAX: usize = 64;

pub(super) fn method(scene: &Scene<'_>) -> Vec<Candidate> {
    let now = &scene.request.method;
    let others = METHODS.iter().filter(|method| *method != now);
    others
        .map(|method| {
            let what = format!("the method is {now}, and the client signed {method}");
            let request = Recorded { method: (*method).to_owned(), ..scene.request.clone() };
            Candidate::request(what, request)
        })
        .collect()
}

/// A header that came twice: one of the two is the client's.
pub(super) fn repeated(scene: &Scene<'_>) -> Vec<Candidate> {
    let mut all = Vec::new();
    for name in names(scene.request) {
        let values: Vec<&[u8]> = scene
            .request
            .headers
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(&name))
            .map(|(_, value)| &**value)
            .collect();
        if values.len() < 2 {
            continue;
        }
        for value in values.iter().filter_map(|value| std::str::from_utf8(value).ok()) {
            let what =
                format!("`{name}` came {} times, and the client signed one of them", values.len());
            let request = with_header(&without_header(scene.request, &name), &name, value);
            all.push(Candidate::request(what, request));
        }
    }
    all
}

pub(super) fn token_encoded(scene: &Scene<'_>) -> Vec<Candidate> {
    let respelled = |token: &str| {
        let decoded = percent_decode(token).map(Cow::into_owned);
        let all = [
            decoded,
            Some(token.replace(' ', "+")),
            Some(encode(token)),
            Some(token.trim().to_owned()),
        ];
        let token = token.to_owned();
        all.into_iter().flatten().filter(move |other| *other != token)
    };
    let what = |name: &str| {
        format!(
            "the token in `{name}` is spelled otherwise than the client signed it: percent-encoded, or with blanks for `+`"
        )
    };
    let in_headers =
        TOKEN_HEADERS.iter().filter_map(|name| Some((name, header(scene.request, name)?)));
    let headers = in_headers.flat_map(|(name, token)| {
        respelled(token).map(move |other| {
            Candidate::request(what(name), with_header(scene.request, name, &other))
        })
    });
    let in_parameters =
        TOKEN_PARAMETERS.iter().filter_map(|name| Some((name, parameter(scene.request, name)?.1)));
    let parameters = in_parameters.flat_map(|(name, token)| {
        respelled(&token)
            .filter_map(|other| {
                let request = with_parameter(scene.request, name, &encode(&other))?;
                Some(Candidate::request(what(name), request))
            })
            .collect::<Vec<_>>()
    });
    headers.chain(parameters).collect()
}

pub(super) fn token_extra(scene: &Scene<'_>) -> Vec<Candidate> {
    let what = |name: &str| format!("a token came in `{name}`, and the client signed without one");
    let headers = TOKEN_HEADERS.iter().filter(|name| header(scene.request, name).is_some());
    let headers =
        headers.map(|name| Candidate::request(what(name), without_header(scene.request, name)));
    let parameters = TOKEN_PARAMETERS.iter().filter_map(|name| {
        let (place, _) = parameter(scene.request, name)?;
        let raw = raw(scene.request, place)?;
        let kept: Vec<&str> =
            raw.split('&').filter(|pair| super::super::rewrite::pair_name(pair) != *name).collect();
        Some(Candidate::request(what(name), with_raw(scene.request, place, &kept.join("&"))))
    });
    headers.chain(parameters).collect()
}

/// The token that belongs to the key, where it was left out or is another one.
pub(super) fn token_missing(scene: &Scene<'_>) -> Vec<Candidate> {
    let Some(token) = scene.question.security_token else { return Vec::new() };
    let what = |name: &str| {
        format!("the client signed the session's token in `{name}`, and it did not come")
    };
    let headers = TOKEN_HEADERS
        .iter()
        .map(|name| Candidate::request(what(name), with_header(scene.request, name, token)));
    let parameters = TOKEN_PARAMETERS.iter().flat_map(|name| {
        let pair = format!("{name}={}", encode(token));
        super::query::each_place_with(scene.request, &pair)
            .map(|(_, request)| Candidate::request(what(name), request))
            .collect::<Vec<_>>()
    });
    headers.chain(parameters).collect()
}

pub(super) fn content_type_added(scene: &Scene<'_>) -> Vec<Candidate> {
    let Some(kind) = header(scene.request, "content-type") else { return Vec::new() };
    let what = format!("`content-type: {kind}` came, and the client signed without one");
    vec![Candidate::request(what, without_header(scene.request, "content-type"))]
}

pub(super) fn content_type_changed(scene: &Scene<'_>) -> Vec<Candidate> {
    let Some(kind) = header(scene.request, "content-type") else { return Vec::new() };
    let bare = kind.split(';').next().unwrap_or_default().trim();
    let own = ["", "; charset=utf-8", ";charset=utf-8", "; charset=UTF-8", ";charset=UTF-8"]
        .map(|settings| format!("{bare}{settings}"));
    let own = own.into_iter().chain([
        kind.to_ascii_lowercase(),
        kind.replace("; ", ";"),
        kind.replace(';', "; "),
    ]);
    own.chain(CONTENT_TYPES.map(str::to_owned))
        .filter(|other| other != kind)
        .map(|other| {
            let what = format!("`content-type` is `{kind}`, and the client signed `{other}`");
            Candidate::request(what, with_header(scene.request, "content-type", &other))
        })
        .collect()
}

pub(super) fn content_type_dropped(scene: &Scene<'_>) -> Vec<Candidate> {
    if header(scene.request, "content-type").is_some() {
        return Vec::new();
    }
    CONTENT_TYPES
        .iter()
        .map(|kind| {
            let what = format!("no `content-type` came, and the client signed `{kind}`");
            Candidate::request(what, with_header(scene.request, "content-type", kind))
        })
        .collect()
}

/// The MD5 of the body, in each spelling.
pub(super) fn content_md5(scene: &Scene<'_>) -> Vec<Candidate> {
    if header(scene.request, "content-md5").is_some() {
        return Vec::new();
    }
    let digest = Md5::digest(&scene.request.body);
    let hex = |upper: bool| -> String {
        let text = signature::hex(&digest);
        if upper { text.to_ascii_uppercase() } else { text }
    };
    [STANDARD.encode(digest), hex(true), STANDARD.encode(hex(false))]
        .iter()
        .map(|md5| {
            let what = "`content-md5` did not come, and the client signed it";
            Candidate::request(what, with_header(scene.request, "content-md5", md5))
        })
        .collect()
}

pub(super) fn accept(scene: &Scene<'_>) -> Vec<Candidate> {
    let now = header(scene.request, "accept");
    let told = now.map_or("no `accept` came".to_owned(), |now| format!("`accept` is `{now}`"));
    let others = ACCEPTS.iter().filter(|other| now != Some(*other));
    let mut all: Vec<Candidate> = others
        .map(|other| {
            let what = format!("{told}, and the client signed `{other}`");
            Candidate::request(what, with_header(scene.request, "accept", other))
        })
        .collect();
    if now.is_some() {
        let what = format!("{told}, and the client signed without one");
        all.push(Candidate::request(what, without_header(scene.request, "accept")));
    }
    all
}

/// What a proxy appended, or what it kept elsewhere.
pub(super) fn user_agent(scene: &Scene<'_>) -> Vec<Candidate> {
    const KEPT: [&str; 3] =
        ["x-original-user-agent", "x-forwarded-user-agent", "x-device-user-agent"];
    let now = header(scene.request, "user-agent");
    let kept = KEPT.iter().filter_map(|name| header(scene.request, name)).map(str::to_owned);
    let cuts = now.unwrap_or_default().match_indices([' ', ',', ';']).take(32);
    let shorter = cuts.flat_map(|(at, _)| {
        let text = now.unwrap_or_default();
        let (before, after) = text.split_at_checked(at).unwrap_or_default();
        [before.to_owned(), after.trim_matches([' ', ',', ';']).to_owned()]
    });
    kept.chain(shorter)
        .map(|other| {
            let now = now.unwrap_or_default();
            let what = format!("`user-agent` is `{now}`, and the client signed `{other}`");
            Candidate::request(what, with_header(scene.request, "user-agent", &other))
        })
        .collect()
}

/// Each header in turn as if it had not come.
pub(super) fn added(scene: &Scene<'_>) -> Vec<Candidate> {
    names(scene.request)
        .into_iter()
        .filter(|name| !["host", "authorization"].contains(&name.as_str()))
        .map(|name| {
            let what = format!("`{name}` came, and the client did not sign it");
            let request = without_header(scene.request, &name);
            Candidate::request(what, request)
        })
        .collect()
}

/// Two blanks that became one.
pub(super) fn blanks(scene: &Scene<'_>) -> Vec<Candidate> {
    let mut all = Vec::new();
    for name in names(scene.request) {
        let Some(value) = header(scene.request, &name).filter(|value| value.contains(' ')) else {
            continue;
        };
        for other in each_replaced(value, " ", "  ", 8) {
            let what = format!("blanks inside `{name}` were merged");
            all.push(Candidate::request(what, with_header(scene.request, &name, &other)));
        }
    }
    all
}

/// Headers that the credentials list, or that SDKs send, and that did not come.
pub(super) fn dropped(scene: &Scene<'_>) -> Vec<Candidate> {
    const KNOWN: [(&str, &str); 9] = [
        ("x-acs-credentials-provider", "static_ak"),
        ("x-acs-credentials-provider", "static_sts"),
        ("x-acs-signature-method", "HMAC-SHA1"),
        ("x-acs-signature-version", "1.0"),
        ("x-log-bodyrawsize", "0"),
        ("x-log-compresstype", "lz4"),
        ("x-oss-content-sha256", "UNSIGNED-PAYLOAD"),
        ("x-mns-version", "2015-06-06"),
        ("x-ots-apiversion", "2015-12-31"),
    ];
    let size = scene.request.body.len().to_string();
    let own = [("content-length", size.as_str()), ("x-log-bodyrawsize", size.as_str())];
    let id = shown::access_key_id(scene.request).unwrap_or_default();
    let id = ["x-acs-accesskey-id", "x-ots-accesskeyid"].map(|name| (name, id.as_str()));
    KNOWN
        .iter()
        .chain(&own)
        .chain(&id)
        .filter(|(name, _)| header(scene.request, name).is_none())
        .map(|(name, value)| {
            let what = format!("`{name}` did not come, and the client signed `{value}`");
            Candidate::request(what, with_header(scene.request, name, value))
        })
        .collect()
}

/// `Date` of another second.
pub(super) fn date(scene: &Scene<'_>) -> Vec<Candidate> {
    let Some(now) = header(scene.request, "date") else { return Vec::new() };
    let Ok(UnixSeconds(at)) = UnixSeconds::parse_http_date(now) else { return Vec::new() };
    let nearest = (1..=DATE_SECONDS_MAX).flat_map(|seconds| [at - seconds, at + seconds]);
    nearest
        .map(|at| {
            let date = UnixSeconds(at).http_date();
            let what = format!("`date` is `{now}`, and the client signed `{date}`");
            Candidate::request(what, with_header(scene.request, "date", &date))
        })
        .collect()
}

/// The names in lower case, each once.
fn names(request: &Recorded) -> Vec<String> {
    let mut names: Vec<String> =
        request.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    names.sort_unstable();
    names.dedup();
    names.truncate(NAMES_MAX);
    names
}
