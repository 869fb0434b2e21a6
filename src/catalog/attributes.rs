//! The condition values that a request contributes (section 5).

use crate::policy::Attribute;

use super::Unreadable;
use super::model::{Operation, Product, Style};
use super::reading::{Reading, fits_indexed};

/// How a product's condition key is formed from the request.
#[derive(Clone, Debug)]
pub(super) struct KeyRule {
    pub(super) from: Vec<String>,
    pub(super) derive: Derive,
}

/// The ways that are understood; everything else is undeterminable, which no Allow can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Derive {
    Value,
    Present,
    Absent,
    Positive,
    Required,
    UpToLastDot,
    Unknown,
}

impl Derive {
    /// Reads the words of the catalogue.
    pub(super) fn read(text: &str) -> Self {
        match text {
            "value" | "values" => Self::Value,
            "present" => Self::Present,
            "absent" => Self::Absent,
            "number greater than 0" => Self::Positive,
            "equals required" => Self::Required,
            other if other.starts_with("prefix up to the last dot") => Self::UpToLastDot,
            _ => Self::Unknown,
        }
    }
}

/// What a call says about condition keys.
#[derive(Clone, Debug, Default)]
pub struct CallAttributes {
    keys: Vec<(String, Vec<Box<str>>)>,
    /// Request tags, where the operation's form of carrying them is understood.
    tags: Option<Vec<(String, Vec<Box<str>>)>>,
}

impl CallAttributes {
    pub(super) fn read(
        product: &Product,
        operation: &Operation,
        reading: &Reading<'_>,
    ) -> Result<Self, Unreadable> {
        let mut keys: Vec<(String, Vec<Box<str>>)> = Vec::new();
        for name in operation.checks.iter().flat_map(|check| &check.conditions) {
            let Some(rule) = product.keys.get(name) else { continue };
            if keys.iter().all(|(known, _)| known != name)
                && let Some(values) = derive(rule, reading)?
            {
                keys.push((name.clone(), values));
            }
        }
        Ok(Self { keys, tags: request_tags(product, reading) })
    }

    /// A product's key.
    pub fn get(&self, name: &str) -> Attribute<'_> {
        self.keys
            .iter()
            .find(|(key, _)| key == name)
            .map_or(Attribute::Undeterminable, |(_, values)| Attribute::Texts(values))
    }

    /// `acs:RequestTag/<key>`
    pub fn request_tag(&self, key: &str) -> Attribute<'_> {
        let Some(tags) = &self.tags else { return Attribute::Undeterminable };
        tags.iter()
            .find(|(tag, _)| tag == key)
            .map_or(Attribute::Absent, |(_, values)| Attribute::Texts(values))
    }
}

/// The values; an empty list is an absent key (C-10). `None`: nobody knows.
fn derive(rule: &KeyRule, reading: &Reading<'_>) -> Result<Option<Vec<Box<str>>>, Unreadable> {
    if rule.from.is_empty() || rule.derive == Derive::Unknown {
        return Ok(None);
    }
    let mut values: Vec<Box<str>> = Vec::new();
    for name in &rule.from {
        if name.split('.').any(|token| token == "N") {
            let indexed = reading.parameters().filter(|(key, _)| fits_indexed(key, name));
            values.extend(indexed.map(|(_, value)| Box::from(value)));
        } else {
            values.extend(reading.get(name)?.map(Box::from));
        }
    }
    let flag = |holds: bool| Some(vec![Box::from(if holds { "true" } else { "false" })]);
    let first = values.first().map(ToString::to_string);
    Ok(match rule.derive {
        Derive::Value => Some(values),
        Derive::Present => flag(!values.is_empty()),
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
        Derive::Unknown => None,
    })
}

/// `Tag.N.Key` with `Tag.N.Value`, in either spelling of the members.
fn request_tags(product: &Product, reading: &Reading<'_>) -> Option<Vec<(String, Vec<Box<str>>)>> {
    let otherwise = reading.parameters().any(|(name, _)| {
        matches!(name.to_ascii_lowercase().as_str(), "tag" | "tags" | "tagsjson")
            || name.starts_with("Tags.")
    });
    if product.style != Style::Rpc || otherwise {
        return None;
    }
    let mut tags: Vec<(String, Vec<Box<str>>)> = Vec::new();
    for (name, key) in reading.parameters() {
        let (Some(rest), true) = (
            name.strip_prefix("Tag."),
            fits_indexed(name, "Tag.N.Key") || fits_indexed(name, "Tag.N.key"),
        ) else {
            continue;
        };
        let index = rest.split('.').next().unwrap_or_default();
        let wanted = [format!("Tag.{index}.Value"), format!("Tag.{index}.value")];
        let values =
            reading.parameters().filter(|(name, _)| wanted.iter().any(|want| want == name));
        let values: Vec<Box<str>> = values.map(|(_, value)| Box::from(value)).collect();
        let values = if values.is_empty() { vec![Box::from("")] } else { values };
        match tags.iter_mut().find(|(tag, _)| tag == key) {
            Some((_, all)) => all.extend(values),
            None => tags.push((key.to_owned(), values)),
        }
    }
    Some(tags)
}
