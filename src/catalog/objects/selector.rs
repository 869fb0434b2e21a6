//! Which requests select an operation.

use crate::request::Head;

use super::super::model::Operation;
use super::key::COPY_SOURCE;

/// What a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Target {
    Service,
    Bucket,
    Object,
}

/// What the value of a sub-resource has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Expected {
    Any,
    OneOf(Vec<String>),
}

/// The conditions under which a request selects an operation.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Selector {
    pub(in super::super) targets: Vec<Target>,
    pub(in super::super) query: Vec<(String, Expected)>,
    pub(in super::super) query_absent: Vec<String>,
    pub(in super::super) query_optional: Vec<String>,
    /// Names, and what the values begin with.
    pub(in super::super) headers: Vec<(String, String)>,
    pub(in super::super) headers_absent: Vec<String>,
}

impl Target {
    pub(in super::super) fn find(name: &str) -> Option<Self> {
        match name {
            "service" => Some(Self::Service),
            "bucket" => Some(Self::Bucket),
            "object" => Some(Self::Object),
            _ => None,
        }
    }
}

impl Expected {
    /// `''` for any value, `@empty` for an empty one, else the values, with `|` between them.
    pub(in super::super) fn read(text: &str) -> Self {
        match text {
            "" => Self::Any,
            "@empty" => Self::OneOf(vec![String::new()]),
            texts => Self::OneOf(texts.split('|').map(str::to_owned).collect()),
        }
    }

    fn accepts(&self, value: &str) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(texts) => texts.iter().any(|text| text == value),
        }
    }

    /// Whether one value can be accepted by both.
    fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) | (_, Self::Any) => true,
            (Self::OneOf(texts), other) => texts.iter().any(|text| other.accepts(text)),
        }
    }
}

impl Selector {
    /// The query names that it speaks of.
    pub(in super::super) fn names(&self) -> impl Iterator<Item = &str> {
        let required = self.query.iter().map(|(name, _)| name);
        let others = self.query_absent.iter().chain(&self.query_optional);
        required.chain(others).map(String::as_str)
    }

    /// How many conditions it has: the request with more of them is meant.
    pub(super) fn weight(&self) -> usize {
        self.query.len() + self.query_absent.len() + self.headers.len() + self.headers_absent.len()
    }

    /// Whether it wants the header that names the source of a copy.
    pub(super) fn takes_source(&self) -> bool {
        self.headers.iter().any(|(name, _)| name == COPY_SOURCE)
    }

    /// Whether a sub-resource is required.
    pub(super) fn requires(&self, name: &str) -> bool {
        self.query.iter().any(|(known, _)| known == name)
    }

    /// Whether a sub-resource may be there.
    fn explains(&self, name: &str) -> bool {
        self.requires(name) || self.query_optional.iter().any(|known| known == name)
    }

    /// Whether a request with these sub-resources fits, whatever its target.
    pub(super) fn fits(&self, head: &Head, sub_resources: &[&str]) -> bool {
        let mut names = sub_resources.iter();
        let value = |name: &str| head.query().get(name);
        let has = |name: &String| head.headers().contains_key(name.as_str());
        self.query.len() <= sub_resources.len()
            && names.all(|name| self.explains(name))
            && self
                .query
                .iter()
                .all(|(name, expected)| value(name).is_some_and(|value| expected.accepts(value)))
            && self.query_absent.iter().all(|name| value(name).is_none())
            && self.headers.iter().all(|(name, prefix)| {
                has(name) && (prefix.is_empty() || begins_with(head, name, prefix))
            })
            && !self.headers_absent.iter().any(has)
    }
}

fn begins_with(head: &Head, name: &str, prefix: &str) -> bool {
    matches!(head.one(name), Ok(Some(value)) if value.starts_with(prefix))
}

/// Whether some request fits both with as many conditions, so that neither is meant more than the other.
pub(in super::super) fn overlap(left: &Operation, right: &Operation) -> bool {
    let (one, other) = (&left.selector, &right.selector);
    left.method == right.method
        && one.weight() == other.weight()
        && one.targets.iter().any(|target| other.targets.contains(target))
        && leaves_room(one, other)
        && leaves_room(other, one)
}

/// Whether what `other` requires is possible where `one` fits.
fn leaves_room(one: &Selector, other: &Selector) -> bool {
    let query = other.query.iter().all(|(name, expected)| {
        let own = one.query.iter().find(|(known, _)| known == name);
        one.explains(name) && own.is_none_or(|(_, own)| own.meets(expected))
    });
    let headers = other.headers.iter().all(|(name, prefix)| {
        let own = one.headers.iter().find(|(known, _)| known == name);
        !one.headers_absent.contains(name)
            && own.is_none_or(|(_, own)| own.starts_with(prefix) || prefix.starts_with(own))
    });
    query && headers
}
