//! From a path to a resource, by one rule.
//!
//! A literal that some path of the file continues with a variable is a collection, unless it is a version (`v1`). Each
//! collection with its variable is `<singular>/{variable}`, in the order of the path; a collection without one is
//! `<singular>/*`, and ends the ARN. All other literals count for nothing. So two things never share an ARN, and the
//! children of a thing begin with the ARN of their parent.

use std::collections::HashSet;

use super::super::path::{Segment, shape};
use crate::authoring::names::singular;

/// The shapes of all collections of a file.
#[derive(Debug, Default)]
pub(super) struct Collections(HashSet<String>);

/// What a path ends in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Item,
    Collection,
    Word,
}

#[derive(Debug)]
pub(super) struct Derived {
    /// The part of the ARN behind the account; empty when the path names nothing.
    pub(super) relative: String,
    pub(super) end: End,
    pub(super) reviews: Vec<String>,
}

impl Collections {
    pub(super) fn add(&mut self, segments: &[Segment]) {
        for (index, pair) in segments.windows(2).enumerate() {
            if let [Segment::Literal(text), Segment::Variable(_)] = pair
                && !is_version(text)
            {
                let prefix = segments.get(..=index).unwrap_or_default();
                self.0.insert(shape(prefix));
            }
        }
    }

    fn has(&self, segments: &[Segment], index: usize) -> bool {
        segments.get(..=index).is_some_and(|prefix| self.0.contains(&shape(prefix)))
    }

    pub(super) fn derive(&self, segments: &[Segment]) -> Derived {
        let mut parts: Vec<String> = Vec::new();
        let mut reviews = Vec::new();
        let mut collection: Option<&str> = None;
        for (index, segment) in segments.iter().enumerate() {
            match segment {
                Segment::Literal(text) => {
                    if let Some(whole) = collection.take() {
                        parts.push(whole_of(whole));
                        break;
                    }
                    collection = self.has(segments, index).then_some(text);
                }
                Segment::Variable(name) => {
                    if let Some(text) = collection.take() {
                        parts.push(format!("{}/{{{name}}}", singular(text)));
                    } else {
                        parts.push(format!("{{{name}}}"));
                        reviews.push(format!(
                            "no collection stands before {{{name}}}: give the resource a type"
                        ));
                    }
                }
            }
        }
        parts.extend(collection.map(whole_of));
        let end = self.end(segments);
        let variables =
            segments.iter().filter(|segment| matches!(segment, Segment::Variable(_))).count();
        let ids = parts.iter().filter(|part| part.contains('{')).count();
        if ids > 1 {
            reviews.push(
                "the ARN holds the whole path; the same thing under another path has another ARN"
                    .to_owned(),
            );
        }
        match (segments.last(), end) {
            _ if ids < variables => {
                reviews.push("a variable of the path is not part of the resource".to_owned());
            }
            _ if parts.is_empty() => {
                reviews.push(
                    "the path names no resource: anyone who may do this may do it to all"
                        .to_owned(),
                );
            }
            (Some(Segment::Literal(word)), End::Word) => reviews.push(format!(
                "`{word}` is taken for a part of the resource, or for something that is done to it"
            )),
            _ => {}
        }
        Derived { relative: parts.join("/"), end, reviews }
    }

    fn end(&self, segments: &[Segment]) -> End {
        match segments.last() {
            Some(Segment::Variable(_)) => End::Item,
            Some(Segment::Literal(_)) if self.has(segments, segments.len().saturating_sub(1)) => {
                End::Collection
            }
            Some(Segment::Literal(_)) | None => End::Word,
        }
    }
}

fn whole_of(collection: &str) -> String {
    format!("{}/*", singular(collection))
}

/// `v1`, `v2.1`, `2023-03-30`
fn is_version(text: &str) -> bool {
    let digits = text.strip_prefix('v').unwrap_or(text);
    digits.starts_with(|first: char| first.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || b".-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::super::super::path::segments;
    use super::*;

    #[test]
    fn one_rule() {
        let paths = [
            ("/notes", "note/*", End::Collection),
            ("/notes/{id}", "note/{id}", End::Item),
            ("/notes/{id}/archive", "note/{id}", End::Word),
            ("/notes/search", "note/*", End::Word),
            ("/notes/{id}/comments", "note/{id}/comment/*", End::Collection),
            ("/notes/{id}/comments/{comment}", "note/{id}/comment/{comment}", End::Item),
            ("/v1/policies/{name}", "policy/{name}", End::Item),
            ("/v1/{tenant}", "{tenant}", End::Item),
            ("/{tenant}/{thing}", "{tenant}/{thing}", End::Item),
            ("/notes/comments/{id}", "note/*", End::Item),
            ("/health", "", End::Word),
            ("/", "", End::Word),
        ];
        let mut collections = Collections::default();
        for (path, ..) in paths {
            collections.add(&segments(path).unwrap());
        }
        for (path, relative, end) in paths {
            let derived = collections.derive(&segments(path).unwrap());
            assert_eq!((derived.relative.as_str(), derived.end), (relative, end), "{path}");
        }
    }

    #[test]
    fn what_the_catalogue_cannot_express() {
        for path in [
            "notes",
            "/notes/",
            "/notes//x",
            "/a/{b}.json",
            "/a/{b}-{c}",
            "/a/{}",
            "/a/{b c}",
            "/a/{RegionId}",
            "/a/ü",
            "/a b",
            "/a/%20",
            "/a/{x}/{x}",
            "/a/..",
            "/a?b",
            "/a/{b",
        ] {
            assert!(segments(path).is_err(), "{path}");
        }
    }
}
