//! Small changes to a captured request. Each gives back a new one.

use std::borrow::Cow;

use crate::cases::Recorded;
use crate::request::percent_decode;

/// Larger forms are not rewritten: each trial would copy them.
const FORM_BYTES_MAX: usize = 64 * 1024;

/// Where parameters stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Query,
    Form,
}

impl Place {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Form => "form",
        }
    }
}

/// The first header of this name, as text.
pub(super) fn header<'r>(request: &'r Recorded, name: &str) -> Option<&'r str> {
    let (_, value) = request.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    std::str::from_utf8(value).ok()
}

/// The header with this value, in the place of the first of its name or at the end.
pub(super) fn with_header(request: &Recorded, name: &str, value: &str) -> Recorded {
    let mut changed = request.clone();
    let found = changed.headers.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name));
    match found {
        Some((_, old)) => *old = value.as_bytes().to_vec(),
        None => changed.headers.push((name.to_owned(), value.as_bytes().to_vec())),
    }
    changed
}

/// No header of this name.
pub(super) fn without_header(request: &Recorded, name: &str) -> Recorded {
    let mut changed = request.clone();
    changed.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    changed
}

/// The path as sent.
pub(super) fn path(request: &Recorded) -> &str {
    request.target.split_once('?').map_or(&*request.target, |(path, _)| path)
}

/// Another path before the same query.
pub(super) fn with_path(request: &Recorded, path: &str) -> Recorded {
    let target = match request.target.split_once('?') {
        Some((_, query)) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    Recorded { target, ..request.clone() }
}

/// The places in which a request has parameters.
pub(super) fn places(request: &Recorded) -> impl Iterator<Item = (Place, &str)> {
    [Place::Query, Place::Form].into_iter().filter_map(|place| Some((place, raw(request, place)?)))
}

/// The parameters of a place as sent.
pub(super) fn raw(request: &Recorded, place: Place) -> Option<&str> {
    match place {
        Place::Query => request.target.split_once('?').map(|(_, query)| query),
        Place::Form => {
            let kind = header(request, "content-type")?.to_ascii_lowercase();
            let form = kind.starts_with("application/x-www-form-urlencoded");
            let short = (1..=FORM_BYTES_MAX).contains(&request.body.len());
            (form && short).then(|| std::str::from_utf8(&request.body).ok())?
        }
    }
}

/// Other parameters in a place; an empty query is none.
pub(super) fn with_raw(request: &Recorded, place: Place, text: &str) -> Recorded {
    match place {
        Place::Query => {
            let path = path(request);
            let target = if text.is_empty() { path.to_owned() } else { format!("{path}?{text}") };
            Recorded { target, ..request.clone() }
        }
        Place::Form => Recorded { body: text.as_bytes().to_vec().into(), ..request.clone() },
    }
}

/// The decoded name of a `name=value` pair.
pub(super) fn pair_name(pair: &str) -> Cow<'_, str> {
    decoded(pair.split_once('=').map_or(pair, |(name, _)| name))
}

/// The decoded value of the first parameter of this name, with its place.
pub(super) fn parameter<'r>(request: &'r Recorded, name: &str) -> Option<(Place, Cow<'r, str>)> {
    places(request).find_map(|(place, raw)| {
        let pair = raw.split('&').find(|pair| pair_name(pair) == name)?;
        Some((place, decoded(pair.split_once('=').map_or("", |(_, value)| value))))
    })
}

/// Another raw value for a parameter that is there.
pub(super) fn with_parameter(request: &Recorded, name: &str, value: &str) -> Option<Recorded> {
    let (place, _) = parameter(request, name)?;
    let changed: Vec<String> = raw(request, place)?
        .split('&')
        .map(|pair| if pair_name(pair) == name { format!("{name}={value}") } else { pair.into() })
        .collect();
    Some(with_raw(request, place, &changed.join("&")))
}

/// Each text that has one occurrence of `from` replaced, then the one with all, at most `most` of them.
pub(super) fn each_replaced(text: &str, from: &str, to: &str, most: usize) -> Vec<String> {
    let mut all: Vec<String> = text
        .match_indices(from)
        .take(most)
        .filter_map(|(at, _)| {
            Some(format!("{}{to}{}", text.get(..at)?, text.get(at + from.len()..)?))
        })
        .collect();
    if all.len() > 1 {
        all.insert(0, text.replace(from, to));
    }
    all
}

/// Percent escapes in the other case.
pub(super) fn escapes(text: &str, case: fn(&str) -> String) -> String {
    let mut parts = text.split('%');
    let mut changed = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        changed.push('%');
        match part.split_at_checked(2) {
            Some((digits, rest)) => changed.extend([case(digits).as_str(), rest]),
            None => changed.push_str(part),
        }
    }
    changed
}

fn decoded(text: &str) -> Cow<'_, str> {
    let spaced = text.replace('+', " ");
    percent_decode(&spaced).map_or(Cow::Borrowed(text), |text| Cow::Owned(text.into_owned()))
}
