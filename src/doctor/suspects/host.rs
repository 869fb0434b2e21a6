//! The host by another name, with or without a port, with or without the bucket.

use std::collections::BTreeSet;

use super::super::rewrite::{header, path, with_header, with_path};
use super::super::site;
use super::{Candidate, Scene};
use crate::signature::Family;

/// Headers in which proxies keep the name that the client used.
const FORWARDED: [&str; 6] = [
    "x-forwarded-host",
    "x-original-host",
    "x-host",
    "x-forwarded-server",
    "x-envoy-original-host",
    "x-real-host",
];
const PORTS: [&str; 7] = ["80", "443", "8080", "8443", "8000", "8700", "3128"];

/// The same name with another port, or with none.
pub(super) fn port(scene: &Scene<'_>) -> Vec<Candidate> {
    let Some(host) = header(scene.request, "host") else { return Vec::new() };
    let bare = site::without_port(host);
    let known = header(scene.request, "x-forwarded-port").into_iter().chain(PORTS);
    let ports = known.map(|port| format!("{bare}:{port}"));
    std::iter::once(bare.to_owned())
        .chain(ports)
        .filter(|name| name != host)
        .map(|name| renamed(scene, host, &name))
        .collect()
}

/// Another name: one that a proxy wrote down, one that was given, or an endpoint of production.
pub(super) fn name(scene: &Scene<'_>) -> Vec<Candidate> {
    let now = header(scene.request, "host").unwrap_or_default();
    let mut names: Vec<String> = FORWARDED
        .iter()
        .filter_map(|name| header(scene.request, name))
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_owned())
        .collect();
    names.extend(header(scene.request, "forwarded").and_then(forwarded));
    names.extend(scene.question.hosts.iter().cloned());
    names.extend([now.to_ascii_lowercase(), now.trim_end_matches('.').to_owned()]);
    names.extend(scene.question.cname.iter().map(|(domain, _)| domain.clone()));
    names.extend(site::endpoints(scene.request));
    let mut seen = BTreeSet::from([now.to_owned(), String::new()]);
    names.retain(|name| seen.insert(name.clone()));
    names.iter().map(|name| renamed(scene, now, name)).collect()
}

/// The bucket in the host and in the path, or in one of them only.
pub(super) fn bucket(scene: &Scene<'_>) -> Vec<Candidate> {
    let Some(host) = header(scene.request, "host") else { return Vec::new() };
    if scene.family != Family::Oss {
        return Vec::new();
    }
    let mut all = Vec::new();
    let key = path(scene.request);
    let Some((label, endpoint)) = host.split_once('.') else { return all };
    let rest = key.strip_prefix('/').and_then(|key| key.strip_prefix(label));
    if let Some(rest) = rest.filter(|rest| rest.is_empty() || rest.starts_with('/')) {
        let what = format!(
            "the bucket `{label}` stands in the host and in the path; the client signed it once"
        );
        let rest = if rest.is_empty() { "/" } else { rest };
        all.push(Candidate::request(what, with_path(scene.request, rest)));
    }
    let what = format!(
        "the host names the bucket `{label}`, and the client signed the bucket that begins the path"
    );
    all.push(Candidate::request(what, with_header(scene.request, "host", endpoint)));
    all
}

fn renamed(scene: &Scene<'_>, now: &str, name: &str) -> Candidate {
    let what = format!("Host is `{now}`, and the client signed `{name}`");
    Candidate::request(what, with_header(scene.request, "host", name))
}

/// `host=…` of a `Forwarded` header (RFC 7239).
fn forwarded(value: &str) -> Option<String> {
    let mut settings = value.split([';', ',']).map(str::trim);
    let host = settings.find_map(|setting| {
        let (name, value) = setting.split_once('=')?;
        name.eq_ignore_ascii_case("host").then_some(value)
    })?;
    Some(host.trim_matches('"').to_owned())
}
