//! What one would write first: a loop over the structs that serde makes.

use std::net::{IpAddr, Ipv4Addr};

use ramgate::policy::Verdict;

use crate::workload::{Document, Request, Statement, TAG};

pub fn ask(documents: &[Document], request: &Request) -> Verdict {
    let mut verdict = Verdict::ImplicitDeny;
    for statement in documents.iter().flat_map(|document| &document.statement) {
        if !matches(statement, request) {
            continue;
        }
        if statement.effect == "Deny" {
            return Verdict::ExplicitDeny;
        }
        verdict = Verdict::Allow;
    }
    verdict
}

fn matches(statement: &Statement, request: &Request) -> bool {
    let fits = |patterns: &[String], text: &str| {
        patterns.iter().any(|pattern| glob(pattern.as_bytes(), text.as_bytes()))
    };
    fits(&statement.action, &request.action)
        && fits(&statement.resource, &request.resource)
        && statement.condition.iter().all(|(operator, keys)| {
            keys.iter().all(|(key, values)| holds(operator, key, values, request))
        })
}

fn holds(operator: &str, key: &str, values: &[String], request: &Request) -> bool {
    let given = match key {
        "acs:SourceIp" => &request.address_text,
        TAG => request.tag,
        _ => return false,
    };
    match operator {
        "IpAddress" => values.iter().any(|block| is_within(block, given)),
        "StringEquals" => values.iter().any(|value| value == given),
        _ => false,
    }
}

/// The border addresses are undecided to RAM: no Allow.
fn is_within(block: &str, given: &str) -> bool {
    let Ok(IpAddr::V4(given)) = given.parse() else { return false };
    let Some((network, length)) = block.split_once('/') else { return false };
    let (Ok(network), Ok(length)) = (network.parse::<Ipv4Addr>(), length.parse::<u32>()) else {
        return false;
    };
    let hosts = u32::MAX.checked_shr(length).unwrap_or(0);
    let (network, given) = (u32::from(network), u32::from(given));
    let (first, last) = (network & !hosts, network | hosts);
    first < given && given < last
}

fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut place, mut at) = (0, 0);
    let mut star = None;
    while at < text.len() {
        match pattern.get(place) {
            Some(b'*') => {
                star = Some((place, at));
                place += 1;
            }
            Some(wanted) if *wanted == b'?' || *wanted == text[at] => {
                place += 1;
                at += 1;
            }
            _ => {
                let Some((behind, taken)) = star else { return false };
                star = Some((behind, taken + 1));
                place = behind + 1;
                at = taken + 1;
            }
        }
    }
    pattern[place..].iter().all(|rest| *rest == b'*')
}
