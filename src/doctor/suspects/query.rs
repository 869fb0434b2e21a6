//! Parameters, in the query and in forms, that something on the way wrote anew.

use std::collections::BTreeSet;

use super::super::compare::excerpts;
use super::super::rewrite::{
    Place, each_replaced, escapes, pair_name, path, places, raw, with_path, with_raw,
};
use super::{Candidate, Scene};
use crate::cases::Recorded;
use crate::request::percent_decode;
use crate::signature::encode;

/// So many pairs are tried one by one, and so many in every order.
const PAIRS_MAX: usize = 64;
const PERMUTED_MAX: usize = 5;
const PLACES_MAX: usize = 24;
/// Parameters that SDKs send and gateways drop, or that carry nothing and get lost.
const DROPPED: &[&str] = &[
    "SignatureType=",
    "Format=JSON",
    "Format=json",
    "Format=XML",
    "RegionId=cn-hangzhou",
    "acl",
    "append",
    "bucketInfo",
    "comp",
    "cors",
    "delete",
    "encryption",
    "group",
    "inventory",
    "lifecycle",
    "list-type=2",
    "live",
    "location",
    "logging",
    "metaQuery",
    "objectMeta",
    "policy",
    "qos",
    "referer",
    "replication",
    "requestPayment",
    "resourceGroup",
    "restore",
    "seal",
    "stat",
    "style",
    "symlink",
    "tagging",
    "transferAcceleration",
    "uploads",
    "versioning",
    "versions",
    "vod",
    "website",
    "worm",
];

/// `%3F` that was the `?`.
pub(super) fn in_path(scene: &Scene<'_>) -> Vec<Candidate> {
    let now = path(scene.request);
    let marks = ["%3F", "%3f"].iter().filter_map(|mark| now.split_once(mark));
    marks
        .map(|(path, query)| {
            let target = format!("{path}?{query}");
            let what = format!("`?` was percent-encoded into the path: `{now}` came, and the client signed `{target}`");
            Candidate::request(what, with_path(scene.request, &target))
        })
        .collect()
}

/// `+`, `%20` and `%2B`, each in place of another.
pub(super) fn plus(scene: &Scene<'_>) -> Vec<Candidate> {
    let swaps = [("+", "%2B"), ("%20", "%2B"), ("%2B", "+"), ("%20", "+"), ("+", "%20")];
    let swapped = |text: &str| {
        swaps.iter().flat_map(|(from, to)| each_replaced(text, from, to, PLACES_MAX)).collect()
    };
    rewritten(scene, "`+` and space were taken for each other", swapped)
}

pub(super) fn double_encoded(scene: &Scene<'_>) -> Vec<Candidate> {
    let once = |text: &str| each_replaced(text, "%25", "%", PLACES_MAX);
    rewritten(scene, "escapes were percent-encoded again on the way", once)
}

/// Escapes that became characters.
pub(super) fn decoded(scene: &Scene<'_>) -> Vec<Candidate> {
    let again = |text: &str| {
        let pair = |pair: &str| match pair.split_once('=') {
            Some((name, value)) => format!("{}={}", strict(name), strict(value)),
            None => strict(pair),
        };
        let mut all = vec![text.split('&').map(pair).collect::<Vec<_>>().join("&")];
        all.extend(each_replaced(text, "%", "%25", PLACES_MAX));
        // A parameter whose value had an escaped `&`: the pair behind it is a part of the value.
        all.extend(each_replaced(text, "&", "%26", PLACES_MAX));
        for special in ["/", ":", "*", "!", "(", ")", "'", ",", "@", "~", "=", ";", "$"] {
            if let Some(escape) = special.bytes().next().map(|byte| format!("%{byte:02X}")) {
                all.extend(each_replaced(text, special, &escape, 8));
            }
        }
        all
    };
    rewritten(scene, "escapes were decoded on the way", again)
}

/// Characters that became escapes.
pub(super) fn encoded(scene: &Scene<'_>) -> Vec<Candidate> {
    let bare = |text: &str| {
        let mut all = Vec::new();
        let mut none = text.to_owned();
        for special in ["/", ":", "*", "!", "(", ")", "'", ",", "@", "~", "-", "_", ".", ";", "$"] {
            let byte = special.bytes().next().unwrap_or_default();
            for escape in [format!("%{byte:02X}"), format!("%{byte:02x}")] {
                all.extend(each_replaced(text, &escape, special, 8));
                none = none.replace(&escape, special);
            }
        }
        all.push(none);
        all
    };
    rewritten(scene, "characters were percent-encoded on the way", bare)
}

pub(super) fn case(scene: &Scene<'_>) -> Vec<Candidate> {
    let cases = [str::to_ascii_uppercase as fn(&str) -> String, str::to_ascii_lowercase];
    let changed = |text: &str| cases.iter().map(|case| escapes(text, *case)).collect();
    rewritten(scene, "the hex digits of escapes changed their case", changed)
}

/// `name` and `name=`; a lone `?`.
pub(super) fn equals(scene: &Scene<'_>) -> Vec<Candidate> {
    let changed = |text: &str| {
        let pairs: Vec<&str> = text.split('&').collect();
        let other = |pair: &str| match pair.strip_suffix('=') {
            Some(name) => name.to_owned(),
            None if pair.contains('=') => pair.to_owned(),
            None => format!("{pair}="),
        };
        let all = pairs.iter().map(|pair| other(pair)).collect::<Vec<_>>().join("&");
        let one = (0..pairs.len().min(PAIRS_MAX)).map(|index| {
            let pair = |(at, pair): (usize, &&str)| {
                if at == index { other(pair) } else { (*pair).to_owned() }
            };
            pairs.iter().enumerate().map(pair).collect::<Vec<_>>().join("&")
        });
        std::iter::once(all).chain(one).collect()
    };
    let mut all = rewritten(scene, "`=` behind a name without a value came or went", changed);
    if raw(scene.request, Place::Query).is_none() {
        let what = "a `?` with nothing behind it was dropped";
        let target = format!("{}?", scene.request.target);
        all.push(Candidate::request(what, Recorded { target, ..scene.request.clone() }));
    }
    all
}

/// The same pairs in another order.
pub(super) fn order(scene: &Scene<'_>) -> Vec<Candidate> {
    let sorted = |text: &str| {
        let pairs: Vec<&str> = text.split('&').take(PAIRS_MAX).collect();
        let mut ascending = pairs.clone();
        ascending.sort_unstable();
        let mut by_name = pairs.clone();
        by_name.sort_by(|left, right| pair_name(left).cmp(&pair_name(right)));
        let mut all = vec![ascending.clone(), by_name];
        ascending.reverse();
        all.extend([ascending, pairs.iter().rev().copied().collect()]);
        if pairs.len() <= PERMUTED_MAX {
            all.extend(permutations(&pairs));
        } else {
            all.extend((0..pairs.len()).flat_map(|from| moved(&pairs, from)));
        }
        all.into_iter().map(|pairs| pairs.join("&")).collect()
    };
    rewritten(scene, "the parameters came in another order", sorted)
}

fn permutations<'p>(pairs: &[&'p str]) -> Vec<Vec<&'p str>> {
    if pairs.len() <= 1 {
        return vec![pairs.to_vec()];
    }
    let mut all = Vec::new();
    for index in 0..pairs.len() {
        let mut rest = pairs.to_vec();
        let first = rest.remove(index);
        all.extend(permutations(&rest).into_iter().map(|rest| [&[first], &*rest].concat()));
    }
    all
}

/// One pair in each other place; only of short lists, for there are as many as pairs squared.
fn moved<'p>(pairs: &[&'p str], from: usize) -> Vec<Vec<&'p str>> {
    let places = if pairs.len() <= 16 { pairs.len() } else { 0 };
    let to = (0..places).map(|to| {
        let mut other = pairs.to_vec();
        let pair = other.remove(from);
        other.insert(to, pair);
        other
    });
    to.collect()
}

/// Each parameter in turn as if it had not come.
pub(super) fn added(scene: &Scene<'_>) -> Vec<Candidate> {
    let mut all = Vec::new();
    for (place, text) in places(scene.request) {
        let pairs: Vec<&str> = text.split('&').collect();
        for index in 0..pairs.len().min(PAIRS_MAX) {
            let mut rest = pairs.clone();
            let pair = rest.remove(index);
            let what = format!(
                "the parameter `{}` of the {} came, and the client did not sign it",
                pair_name(pair),
                place.name()
            );
            all.push(Candidate::request(what, with_raw(scene.request, place, &rest.join("&"))));
        }
    }
    all
}

/// Parameters that SDKs send as if they had come.
pub(super) fn dropped(scene: &Scene<'_>) -> Vec<Candidate> {
    let mut all = Vec::new();
    for pair in DROPPED {
        for (place, request) in each_place_with(scene.request, pair) {
            let what = format!(
                "the parameter `{pair}` did not come in the {}, and the client signed it",
                place.name()
            );
            all.push(Candidate::request(what, request));
        }
    }
    all
}

/// A request with another pair in each place that it has; in the query in any case.
pub(super) fn each_place_with<'r>(
    request: &'r Recorded,
    pair: &'r str,
) -> impl Iterator<Item = (Place, Recorded)> + 'r {
    let name = pair_name(pair);
    [Place::Query, Place::Form].into_iter().filter_map(move |place| {
        let text = raw(request, place);
        if place == Place::Form && text.is_none() {
            return None;
        }
        let text = text.unwrap_or_default();
        if text.split('&').any(|known| pair_name(known) == name) {
            return None;
        }
        let joined = if text.is_empty() { pair.to_owned() } else { format!("{text}&{pair}") };
        Some((place, with_raw(request, place, &joined)))
    })
}

/// Decoded and encoded again; a plus stays a space.
fn strict(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode(&spaced).map_or_else(|| text.to_owned(), |text| encode(&text))
}

/// Each place with each other spelling of its parameters.
fn rewritten(
    scene: &Scene<'_>,
    what: &str,
    change: impl Fn(&str) -> Vec<String>,
) -> Vec<Candidate> {
    let mut all = Vec::new();
    for (place, text) in places(scene.request) {
        let mut seen = BTreeSet::from([text.to_owned()]);
        for other in change(text) {
            if seen.insert(other.clone()) {
                let (came, signed) = excerpts(text, &other);
                let place_name = place.name();
                let what = format!(
                    "{what} in the {place_name}: `{came}` came, and the client signed `{signed}`"
                );
                all.push(Candidate::request(what, with_raw(scene.request, place, &other)));
            }
        }
    }
    all
}
