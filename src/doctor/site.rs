//! Where a request was meant to go.

use crate::cases::Recorded;
use crate::signature::Family;

use super::rewrite::{header, parameter, path};

/// The first word of `Authorization`, and the hosts that its scheme was made for.
const WORDS: &[(&str, Family)] = &[
    ("OSS", Family::Oss),
    ("OSS2", Family::Oss),
    ("OSS4-HMAC-SHA256", Family::Oss),
    ("LOG", Family::LogService),
    ("SLS4-HMAC-SHA256", Family::LogService),
    ("FC", Family::FunctionCompute),
    ("MNS", Family::MessageService),
    ("acs", Family::OpenApi),
];
/// Parameters of signed URLs.
const URL_MARKS: &[&str] = &["OSSAccessKeyId", "x-oss-signature", "x-oss-signature-version"];
/// Parts of host names, and the hosts that have them.
const LABELS: &[(&str, Family)] = &[
    (".fcapp.run", Family::FcTrigger),
    (".fc.aliyuncs.com", Family::FunctionCompute),
    (".log.aliyuncs.com", Family::LogService),
    (".ots.aliyuncs.com", Family::TableStore),
    (".tablestore.aliyuncs.com", Family::TableStore),
    (".oss.aliyuncs.com", Family::Oss),
];

/// The kind of host, from the credentials where they belong to one kind only, else from the name.
pub(super) fn family(request: &Recorded) -> Family {
    let host = without_port(header(request, "host").unwrap_or_default()).to_ascii_lowercase();
    let by_host = by_host(&host);
    let word = header(request, "authorization").and_then(|value| value.split(' ').next());
    let by_word = WORDS.iter().find(|(known, _)| word == Some(*known)).map(|(_, family)| *family);
    if by_host == Some(Family::FcTrigger) && by_word.is_none_or(|f| f == Family::FunctionCompute) {
        return Family::FcTrigger;
    }
    let by_table = header(request, "x-ots-date").map(|_| Family::TableStore);
    let by_url = URL_MARKS.iter().find_map(|name| parameter(request, name)).map(|_| Family::Oss);
    by_word.or(by_table).or(by_url).or(by_host).unwrap_or(Family::OpenApi)
}

fn by_host(host: &str) -> Option<Family> {
    let labelled = LABELS.iter().find(|(part, _)| host.contains(part)).map(|(_, family)| *family);
    let name = host.strip_suffix(".aliyuncs.com")?;
    let of = |label: &str, prefix: &str| label.starts_with(prefix);
    let by_label = name.split('.').find_map(|label| match label {
        label if of(label, "oss-") => Some(Family::Oss),
        label if of(label, "mns") => Some(Family::MessageService),
        _ => None,
    });
    labelled.or(by_label)
}

/// The name without its port.
pub(super) fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Endpoints of production, with the first part of the path as a bucket too.
pub(super) fn endpoints(request: &Recorded) -> Vec<String> {
    let mut names: Vec<String> = section("hosts")
        .flat_map(|pattern| regions().map(move |region| pattern.replace("{region}", region)))
        .collect();
    let bucket = path(request).split('/').nth(1).filter(|part| !part.is_empty());
    let buckets = section("buckets").flat_map(|pattern| {
        let pattern = bucket.map(|bucket| pattern.replace("{bucket}", bucket));
        regions().filter_map(move |region| Some(pattern.as_ref()?.replace("{region}", region)))
    });
    names.extend(buckets);
    names
}

/// Every region that is known.
pub(super) fn regions() -> impl Iterator<Item = &'static str> {
    section("regions")
}

/// The products that a scope can name on hosts of a kind.
pub(super) fn products(family: Family) -> impl Iterator<Item = &'static str> {
    section("scopes").filter_map(move |line| {
        let (kind, product) = line.split_once(' ')?;
        (kind == family.as_str()).then_some(product)
    })
}

/// The lines under a title.
fn section(title: &str) -> impl Iterator<Item = &'static str> {
    let lines = HOSTS.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let below = lines.skip_while(move |line| line.strip_prefix("= ") != Some(title)).skip(1);
    below.take_while(|line| !line.starts_with("= "))
}

const HOSTS: &str = include_str!("hosts.txt");
