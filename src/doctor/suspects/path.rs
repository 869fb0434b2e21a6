//! Paths that something on the way normalised.

use std::collections::BTreeSet;

use super::super::compare::excerpts;
use super::super::rewrite::{each_replaced, escapes, header, path, with_path};
use super::{Candidate, Scene};
use crate::cases::Recorded;
use crate::request::percent_decode;
use crate::signature::encode;

/// Headers in which proxies keep the target that the client sent.
const ORIGINAL: [&str; 6] = [
    "x-original-uri",
    "x-original-url",
    "x-envoy-original-path",
    "x-forwarded-uri",
    "x-rewrite-url",
    "x-forwarded-path",
];
/// So many slashes, plus signs and escapes are tried one by one.
const PLACES_MAX: usize = 24;
/// What lies between two encodings: characters that clients write in both ways.
const EITHER: &[char] = &[
    '!', '"', '$', '&', '\'', '(', ')', '*', '+', ',', ';', ':', '=', '@', '[', ']', '{', '}', '|',
    '~', '-', '_', '.', '^', '`', '<', '>',
];

/// Characters that one client leaves bare together.
const BARE: [&str; 4] = ["!()", "!'()*", "!'()*~", "!$&'()*+,;=:@~"];

/// The target that a proxy wrote down.
pub(super) fn original(scene: &Scene<'_>) -> Vec<Candidate> {
    let kept = ORIGINAL.iter().filter_map(|name| Some((name, header(scene.request, name)?)));
    kept.map(|(name, target)| {
        let what = format!(
            "the target is `{}`, and `{name}` says that the client sent `{target}`",
            scene.request.target
        );
        Candidate::request(what, Recorded { target: target.to_owned(), ..scene.request.clone() })
    })
    .collect()
}

/// Escapes that became characters: above all `%2F`.
pub(super) fn decoded(scene: &Scene<'_>) -> Vec<Candidate> {
    let now = path(scene.request);
    let segments = |text: &str| text.split('/').map(encode).collect::<Vec<_>>().join("/");
    let strict = percent_decode(now).map(|text| segments(&text));
    let mut all: Vec<String> = strict.into_iter().collect();
    for special in EITHER.iter().filter(|special| now.contains(**special)) {
        let escape = format!("%{:02X}", u32::from(*special));
        all.extend(each_replaced(now, &special.to_string(), &escape, PLACES_MAX));
    }
    all.extend(slashes_escaped(now));
    differing(scene, now, all, "escapes in the path were decoded on the way")
}

/// `%2F` in place of one slash, and of every slash from one on.
fn slashes_escaped(now: &str) -> Vec<String> {
    let cuts: Vec<usize> =
        now.match_indices('/').skip(1).take(PLACES_MAX).map(|(at, _)| at).collect();
    let from = cuts.iter().filter_map(|at| {
        let (before, rest) = now.split_at_checked(*at)?;
        Some(format!("{before}{}", rest.replace('/', "%2F")))
    });
    let one = cuts.iter().filter_map(|at| {
        let (before, rest) = now.split_at_checked(*at)?;
        Some(format!("{before}%2F{}", rest.strip_prefix('/')?))
    });
    from.chain(one).collect()
}

/// Characters that became escapes.
pub(super) fn encoded(scene: &Scene<'_>) -> Vec<Candidate> {
    let now = path(scene.request);
    let bare =
        |text: String, c: char| text.replace(&format!("%{:02X}", u32::from(c)), &c.to_string());
    let mut all: Vec<String> =
        BARE.iter().map(|set| set.chars().fold(now.to_owned(), bare)).collect();
    for special in EITHER.iter().chain(&['/']) {
        for escape in
            [format!("%{:02X}", u32::from(*special)), format!("%{:02x}", u32::from(*special))]
        {
            if now.contains(&escape) {
                all.extend(each_replaced(now, &escape, &special.to_string(), PLACES_MAX));
            }
        }
    }
    differing(scene, now, all, "characters of the path were percent-encoded on the way")
}

/// `%2520` that was `%20`.
pub(super) fn double_encoded(scene: &Scene<'_>) -> Vec<Candidate> {
    let now = path(scene.request);
    let all = each_replaced(now, "%25", "%", PLACES_MAX);
    differing(scene, now, all, "escapes in the path were percent-encoded again on the way")
}

/// `%20` that was `%2520`.
pub(super) fn decoded_twice(scene: &Scene<'_>) -> Vec<Candidate> {
    let now = path(scene.request);
    let all = each_replaced(now, "%", "%25", PLACES_MAX);
    differing(scene, now, all, "the path was decoded once on the way: the client sent `%25`")
}

/// Escapes in the other case.
pub(super) fn case(scene: &Scene<'_>) -> Vec<Candidate> {
    let now = path(scene.request);
    let all = [str::to_ascii_uppercase as fn(&str) -> String, str::to_ascii_lowercase];
    let all = all.into_iter().map(|case| escapes(now, case)).collect();
    differing(scene, now, all, "the hex digits of escapes in the path changed their case")
}

/// `+`, `%20` and `%2B`, each in place of another.
pub(super) fn plus(scene: &Scene<'_>) -> Vec<Candidate> {
    let now = path(scene.request);
    let swaps =
        [("+", "%20"), ("%20", "+"), ("%2B", "+"), ("+", "%2B"), ("%20", "%2B"), ("%2B", "%20")];
    let all = swaps.iter().flat_map(|(from, to)| each_replaced(now, from, to, 8)).collect();
    differing(scene, now, all, "`+` and space were taken for each other in the path")
}

/// Two slashes that became one.
pub(super) fn slashes(scene: &Scene<'_>) -> Vec<Candidate> {
    let now = path(scene.request);
    let mut all = each_replaced(now, "/", "//", PLACES_MAX);
    all.extend(each_replaced(now, "/", "///", 8));
    // Two places at once.
    let (once, mut twice) = (all.clone(), Vec::new());
    for changed in once.iter().take(8) {
        twice.extend(each_replaced(changed, "/", "//", 8));
        twice.extend(each_replaced(changed, "/", "///", 8));
    }
    all.extend(twice);
    differing(scene, now, all, "slashes that followed each other in the path were merged")
}

/// Dot segments that were resolved.
pub(super) fn dots(scene: &Scene<'_>) -> Vec<Candidate> {
    let now = path(scene.request);
    let mut all = each_replaced(now, "/", "/./", PLACES_MAX);
    all.push(format!("{now}/."));
    let names: BTreeSet<&str> = now.split('/').filter(|name| !name.is_empty()).take(8).collect();
    for name in names {
        all.extend(each_replaced(now, "/", &format!("/{name}/../"), 8));
    }
    differing(scene, now, all, "dot segments in the path were resolved")
}

/// A slash at the end.
pub(super) fn trailing(scene: &Scene<'_>) -> Vec<Candidate> {
    let now = path(scene.request);
    let shorter = now.strip_suffix('/').map(str::to_owned);
    let all = shorter.into_iter().chain([format!("{now}/")]).collect();
    differing(scene, now, all, "a slash at the end of the path came or went")
}

/// A part in front that a route added or removed.
pub(super) fn prefix(scene: &Scene<'_>) -> Vec<Candidate> {
    let now = path(scene.request);
    let kept = ["x-forwarded-prefix", "x-script-name"];
    let removed = kept.iter().filter_map(|name| header(scene.request, name));
    let removed = removed.map(|prefix| format!("{}{now}", prefix.trim_end_matches('/')));
    let cuts = now.match_indices('/').skip(1).take(4);
    let added = cuts.filter_map(|(at, _)| Some(now.split_at_checked(at)?.1.to_owned()));
    let all = removed.chain(added).chain([String::from("/")]).collect();
    differing(scene, now, all, "a part was put before the path or cut from it")
}

fn differing(scene: &Scene<'_>, now: &str, paths: Vec<String>, what: &str) -> Vec<Candidate> {
    let mut seen = BTreeSet::from([now.to_owned()]);
    paths
        .into_iter()
        .filter(|path| path.starts_with('/') && seen.insert(path.clone()))
        .map(|path| {
            let (came, signed) = excerpts(now, &path);
            let what = format!("{what}: `{came}` came, and the client signed `{signed}`");
            Candidate::request(what, with_path(scene.request, &path))
        })
        .collect()
}
