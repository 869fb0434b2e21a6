//! The scope of V4 signatures: `day/region/product`.

use super::super::rewrite::{header, parameter, with_header, with_parameter};
use super::super::site;
use super::{Candidate, Scene};
use crate::cases::Recorded;
use crate::ident::UnixSeconds;
use crate::signature::encode;

const END: &str = "/aliyun_v4_request";
/// Where a credential with a scope stands in a URL.
const PARAMETER: &str = "x-oss-credential";

/// Each part of the scope in turn, as the host and the date of the request would have it.
pub(super) fn scope(scene: &Scene<'_>) -> Vec<Candidate> {
    let Some((place, credential)) = credential(scene.request) else { return table_store(scene) };
    let parts: Vec<&str> = credential.split('/').collect();
    let [id, day, region, product, _] = parts.as_slice() else { return Vec::new() };
    let mut all = Vec::new();
    let mut push = |what: &str, now: &str, other: &str, text: String| {
        if now != other {
            let what = format!(
                "the scope names the {what} `{now}`, and the client derived its key for `{other}`"
            );
            let request = place(scene.request, &text);
            all.extend(request.map(|request| Candidate::request(what, request)));
        }
    };
    for other in days(scene.request) {
        push("day", day, &other, format!("{id}/{other}/{region}/{product}{END}"));
    }
    for other in regions(scene.request) {
        push("region", region, &other, format!("{id}/{day}/{other}/{product}{END}"));
    }
    for other in site::products(scene.family) {
        push("product", product, other, format!("{id}/{day}/{region}/{other}{END}"));
    }
    all
}

type Put = fn(&Recorded, &str) -> Option<Recorded>;

/// The credential, and how to put another one in its place.
fn credential(request: &Recorded) -> Option<(Put, String)> {
    if let Some((_, value)) = parameter(request, PARAMETER) {
        let put: Put = |request, text| with_parameter(request, PARAMETER, &encode(text));
        return Some((put, value.into_owned()));
    }
    let value = header(request, "authorization")?;
    let (_, text) = between(value)?;
    let put: Put = |request, text| {
        let value = header(request, "authorization")?;
        let (before, old) = between(value)?;
        let after = value.strip_prefix(before)?.strip_prefix(old)?;
        Some(with_header(request, "authorization", &format!("{before}{text}{after}")))
    };
    text.contains('/').then(|| (put, text.to_owned()))
}

/// What stands before the credential, and the credential.
fn between(value: &str) -> Option<(&str, &str)> {
    let at = value.find("Credential=")?;
    let (before, rest) = value.split_at_checked(at + "Credential=".len())?;
    Some((before, rest.split(',').next()?))
}

/// Table Store has the scope in headers of its own.
fn table_store(scene: &Scene<'_>) -> Vec<Candidate> {
    let mut all = Vec::new();
    for (name, others) in
        [("x-ots-signdate", days(scene.request)), ("x-ots-signregion", regions(scene.request))]
    {
        let Some(now) = header(scene.request, name) else { continue };
        for other in others.iter().filter(|other| *other != now) {
            let what = format!("`{name}` is `{now}`, and the client derived its key for `{other}`");
            all.push(Candidate::request(what, with_header(scene.request, name, other)));
        }
    }
    all
}

/// The day of the request, the one before and the one after.
fn days(request: &Recorded) -> Vec<String> {
    let dates = ["x-oss-date", "x-log-date", "x-ots-date", "date"];
    let in_header = dates.iter().find_map(|name| header(request, name)).map(str::to_owned);
    let date = parameter(request, "x-oss-date").map(|(_, date)| date.into_owned()).or(in_header);
    let date = date.unwrap_or_default();
    let at = UnixSeconds::parse_basic_iso8601(&date)
        .or_else(|_other| UnixSeconds::parse_iso8601(&date))
        .or_else(|_other| UnixSeconds::parse_http_date(&date));
    at.map(|at| [0, -86_400, 86_400].map(|s| UnixSeconds(at.0.saturating_add(s)).day()).to_vec())
        .unwrap_or_default()
}

/// The region that the host names, then every other.
fn regions(request: &Recorded) -> Vec<String> {
    let host = header(request, "host").unwrap_or_default();
    let own = site::regions().filter(|region| host.contains(region));
    own.chain(site::regions()).map(str::to_owned).collect()
}
