//! The condition values that a request contributes (section 5).

use std::cell::OnceCell;

use crate::policy::Attribute;

use super::documents::{self, Document};
use super::model::{Operation, Style};
use super::reading::{Reading, Request, is_list};
use super::tags::Tags;
use super::{Unreadable, objects};

/// How a product's condition key is formed from the request.
#[derive(Clone, Debug)]
pub(super) struct KeyRule {
    pub(super) from: Vec<String>,
    pub(super) derive: Derive,
    /// Names of `from` that some operations take and others do not know: to those, anyone can send them.
    pub(super) only: Vec<(String, Vec<String>)>,
    /// Parameters that name something stored, which has the value where the request has none.
    pub(super) stored_in: Vec<String>,
    /// Whose tags it is about, if it is about tags that no request carries.
    pub(super) lookup: Option<TagsOf>,
}

impl KeyRule {
    /// The names of `from` that this operation takes.
    pub(super) fn sources(&self, operation: &Operation) -> Vec<&str> {
        let takes = |name: &&String| {
            let limited = self.only.iter().find(|(limited, _)| limited == *name);
            limited.is_none_or(|(_, operations)| operations.iter().any(|it| *it == operation.name))
        };
        self.from.iter().filter(takes).map(String::as_str).collect()
    }

    /// Everything that is read of a request to form the key.
    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        self.from.iter().chain(&self.stored_in)
    }
}

/// Whose tags a condition key is about. A deployment may have a table of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagsOf {
    /// `lookup: tags`: those of the requested resource.
    Resource,
    /// `lookup: container-tags`: those of what the resource lies in, up to the first slash of its name.
    Container,
}

impl TagsOf {
    /// The words of the catalogue.
    pub(super) const WORDS: [(&'static str, Self); 2] =
        [("tags", Self::Resource), ("container-tags", Self::Container)];
}

/// The ways that are understood; everything else is undeterminable, which no Allow can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Derive {
    Value,
    ValueOrEmpty,
    ValueOrFalse,
    /// What the service does without the parameter depends on more than the request.
    ValueOrUnknown,
    /// One key for each tag of the request.
    Tags,
    Present,
    Absent,
    Positive,
    Required,
    UpToLastDot,
    /// Something inside a JSON document.
    Document(Document),
    Unknown,
}

impl Derive {
    /// Reads the words of the catalogue.
    pub(super) fn read(text: &str) -> Self {
        match text {
            "value" | "values" => Self::Value,
            "value, empty when absent" => Self::ValueOrEmpty,
            "value, false when absent" => Self::ValueOrFalse,
            "value, unknown when absent" => Self::ValueOrUnknown,
            "present" => Self::Present,
            "absent" => Self::Absent,
            "number greater than 0" => Self::Positive,
            "equals required" => Self::Required,
            other if other.starts_with("tags sent in the request") => Self::Tags,
            other if other.starts_with("prefix up to the last dot") => Self::UpToLastDot,
            other => Document::read(other).map_or(Self::Unknown, Self::Document),
        }
    }
}

/// What a call says about condition keys. A value is formed when the first condition asks for it.
#[derive(Debug)]
pub struct CallAttributes<'r> {
    request: Request<'r>,
    operation: &'r Operation,
    /// The values of the operation's keys, in its order; `None` where nobody knows.
    keys: Vec<OnceCell<Option<Vec<Box<str>>>>>,
    /// Request tags, where the operation's form of carrying them is understood.
    tags: OnceCell<Option<Tags>>,
}

impl<'r> CallAttributes<'r> {
    /// Tags in a body are read at once: one that cannot be read makes the request unreadable.
    pub(super) fn new(request: Request<'r>, operation: &'r Operation) -> Result<Self, Unreadable> {
        let tags = OnceCell::new();
        if objects::tags::are_in_body(operation) {
            let read = objects::tags::tags(operation, request.reading())?;
            tags.get_or_init(|| read);
        }
        Ok(Self { request, operation, keys: vec![OnceCell::new(); operation.keys.len()], tags })
    }

    /// A product's key.
    pub fn get(&self, name: &str) -> Attribute<'_> {
        if let Some(values) = self.listed(name) {
            return Attribute::Texts(values);
        }
        let reading = self.request.reading();
        let product = reading.located.product;
        let sure = |rule: &KeyRule| rule.from.iter().all(|name| reading.is_sure(name));
        match product.keys.get(name) {
            // A key that is there even without its parameter belongs to the operations that list it, and to no other.
            Some(rule) if rule.derive == Derive::ValueOrEmpty && sure(rule) => Attribute::Absent,
            Some(_) => Attribute::Undeterminable,
            None => match name.split_once('/') {
                Some((key, tag)) if product.has_tag_key(key) => self.request_tag(tag),
                _ => Attribute::Undeterminable,
            },
        }
    }

    /// The values of a key that the operation lists.
    fn listed(&self, name: &str) -> Option<&[Box<str>]> {
        let place = self.operation.keys.iter().position(|key| key == name)?;
        let formed = self.keys.get(place)?.get_or_init(|| {
            let reading = self.request.reading();
            let rule = reading.located.product.keys.get(name)?;
            // What cannot be read is as good as unknown.
            derive(rule, self.operation, reading).ok().flatten()
        });
        formed.as_deref()
    }

    /// The tags of the request; `None` where nobody reads the form that they are in.
    pub(super) fn tags(&self) -> Option<&Tags> {
        let reading = self.request.reading();
        let tags = self.tags.get_or_init(|| match reading.located.product.style {
            Style::Rpc => super::tags::of_parameters(self.operation, reading),
            Style::Roa => None,
            Style::Objects => objects::tags::tags(self.operation, reading).ok().flatten(),
        });
        tags.as_ref()
    }

    /// Whether the call is about a version of an object rather than what the object is now.
    pub fn names_version(&self) -> bool {
        self.request.objects.as_ref().is_some_and(objects::Parts::names_version)
    }

    /// `acs:RequestTag/<key>`
    pub fn request_tag(&self, key: &str) -> Attribute<'_> {
        let Some(tags) = self.tags() else { return Attribute::Undeterminable };
        tags.iter()
            .find(|(tag, _)| tag == key)
            .map_or(Attribute::Absent, |(_, values)| Attribute::Texts(values))
    }
}

/// The values; an empty list is an absent key (C-10). `None`: nobody knows.
fn derive(
    rule: &KeyRule,
    operation: &Operation,
    reading: Reading<'_>,
) -> Result<Option<Vec<Box<str>>>, Unreadable> {
    let sources = rule.sources(operation);
    let is_sure = rule.names().all(|name| reading.is_sure(name));
    if sources.is_empty() || rule.derive == Derive::Unknown || !is_sure {
        return Ok(None);
    }
    if let Derive::Document(document) = rule.derive {
        return Ok(documents::values(document, &sources, reading));
    }
    let values = carried(&sources, reading)?;
    for name in &rule.stored_in {
        if values.is_empty() && reading.has(name)? {
            return Ok(None);
        }
    }
    Ok(formed(rule.derive, values))
}

/// What the request has under these names, in their order.
fn carried(names: &[&str], reading: Reading<'_>) -> Result<Vec<Box<str>>, Unreadable> {
    let mut values = Vec::new();
    for name in names {
        if is_list(name) {
            values.extend(reading.elements_of(name)?.map(Box::from));
        } else {
            values.extend(reading.get(name)?.map(Box::from));
        }
    }
    Ok(values)
}

/// The values of the key, from those that the request has; see [`derive`].
fn formed(derive: Derive, values: Vec<Box<str>>) -> Option<Vec<Box<str>>> {
    let flag = |holds: bool| Some(vec![Box::from(if holds { "true" } else { "false" })]);
    let first = values.first().map(ToString::to_string);
    match derive {
        Derive::ValueOrEmpty if values.is_empty() => Some(vec![Box::from("")]),
        Derive::ValueOrFalse if values.is_empty() => flag(false),
        Derive::ValueOrUnknown if values.is_empty() => None,
        Derive::Value | Derive::ValueOrEmpty | Derive::ValueOrFalse | Derive::ValueOrUnknown => {
            Some(values)
        }
        Derive::Present => flag(values.iter().any(|value| !value.is_empty())),
        Derive::Absent => flag(values.is_empty()),
        Derive::Positive => match first.map(|text| text.parse::<u64>()) {
            None => flag(false),
            Some(Ok(number)) => flag(number > 0),
            Some(Err(_)) => None,
        },
        Derive::Required => flag(first.as_deref() == Some("required")),
        Derive::UpToLastDot => match first {
            None => Some(Vec::new()),
            Some(text) => text.rsplit_once('.').map(|(family, _)| vec![Box::from(family)]),
        },
        Derive::Document(_) | Derive::Tags | Derive::Unknown => None,
    }
}
