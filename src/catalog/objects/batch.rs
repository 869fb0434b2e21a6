//! The body of a batch: the keys that it deletes.

use crate::strict::{Xml, XmlLimits, xml};

use super::super::{Context, Unreadable, Word};
use super::key::{bad_value, checked_key};

/// What the service accepts.
const OBJECTS_MAX: usize = 1000;
/// `Delete`, `Quiet`, and each object with its key and version.
const LIMITS: XmlLimits = XmlLimits { depth_max: 3, elements_max: 3 * OBJECTS_MAX + 2 };

/// One object of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Element {
    pub(super) key: String,
    pub(super) version: Option<String>,
}

/// Reads `<Delete><Object><Key>…`: 1 – 1000 objects, each with exactly one key and at most one version.
pub(super) fn elements(body: &[u8], context: &Context<'_>) -> Result<Vec<Element>, Unreadable> {
    let root = document(body, LIMITS)?;
    if &*root.name != "Delete" {
        return Err(unsupported("the body of a batch is a `Delete` document"));
    }
    let mut found = Vec::new();
    let mut quiet = 0;
    for element in root.elements {
        match &*element.name {
            "Object" => found.push(object(element, context)?),
            "Quiet" if element.elements.is_empty() => quiet += 1,
            _ => return Err(unsupported("a batch has objects and `Quiet`, nothing else")),
        }
    }
    if quiet > 1 || found.is_empty() || found.len() > OBJECTS_MAX {
        return Err(unsupported("a batch has 1 to 1000 objects"));
    }
    Ok(found)
}

fn object(object: Xml, context: &Context<'_>) -> Result<Element, Unreadable> {
    let (mut key, mut version) = (None, None);
    for field in object.elements {
        let slot = match &*field.name {
            "Key" => &mut key,
            "VersionId" => &mut version,
            _ => return Err(unsupported("an object of a batch has a key and a version")),
        };
        if !field.elements.is_empty() || slot.replace(field.text).is_some() {
            return Err(unsupported("an object of a batch has one key and one version, as text"));
        }
    }
    let key = key.ok_or_else(|| unsupported("an object of a batch has no key"))?;
    // Some parsers drop blanks around a text, so such a key has two readings.
    if key.trim() != key || version.as_ref().is_some_and(|version| !is_version(version)) {
        return Err(bad_value("a key or version of a batch is empty or has blanks around it"));
    }
    checked_key(&key, context)?;
    Ok(Element { key, version })
}

fn is_version(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A document in the body.
pub(super) fn document(body: &[u8], limits: XmlLimits) -> Result<Xml, Unreadable> {
    let text = std::str::from_utf8(body).map_err(|_bytes| unsupported("the body is not UTF-8"))?;
    xml(text, limits).map_err(|error| Unreadable::new(Word::UnsupportedBody, error.to_string()))
}

pub(super) fn unsupported(detail: &str) -> Unreadable {
    Unreadable::new(Word::UnsupportedBody, detail)
}
