//! The tags that a request gives to what it makes.

use crate::request::{Head, Params};
use crate::strict::{Xml, XmlLimits};

use super::super::model::Operation;
use super::super::reading::Reading;
use super::super::tags::{Tags, each_once};
use super::super::{Content, Unreadable};
use super::batch::{document, unsupported};
use super::{Selector, TAGGING};

const HEADER: &str = "x-oss-tagging";
/// Whether a copy gets the tags of the header, or those of its source.
const DIRECTIVE: &str = "x-oss-tagging-directive";
/// The sub-resource whose body is a document of tags.
const SUB_RESOURCE: &str = "tagging";
/// More than the service accepts.
const TAGS_MAX: usize = 100;
const LIMITS: XmlLimits = XmlLimits { depth_max: 4, elements_max: 3 * TAGS_MAX };

/// A document of tags is read where the sub-resource is that of tags.
pub(in super::super) fn may_read(selector: &Selector, name: &str) -> bool {
    name != TAGGING || selector.requires(SUB_RESOURCE)
}

/// Whether the body is a document of tags.
pub(in super::super) fn are_in_body(operation: &Operation) -> bool {
    operation.selector.requires(SUB_RESOURCE) && operation.method == "PUT"
}

/// The tags; `None` where they are carried in a way that is not read, or in a header that the operation ignores.
pub(in super::super) fn tags(
    operation: &Operation,
    reading: Reading<'_>,
) -> Result<Option<Tags>, Unreadable> {
    let head = reading.head;
    let in_body = are_in_body(operation);
    let is_sure = reading.is_sure(if in_body { TAGGING } else { "header.x-oss-tagging" });
    match reading.content {
        _ if head.headers().contains_key("x-oss-bucket-tagging") || !is_sure => Ok(None),
        Content::Text(body) if in_body => {
            document(body, LIMITS).and_then(|root| of_document(&root))
        }
        _ if in_body => Ok(None),
        Content::Upload(form) if form.get(HEADER).is_some() => Ok(None),
        _ => Ok(match head.one(HEADER) {
            Ok(None) => Some(Tags::new()),
            Ok(Some(_)) if !reads_header(operation, head) => None,
            Ok(Some(text)) => Params::parse(text, TAGS_MAX)
                .ok()
                .and_then(|pairs| each_once(pairs.iter().map(|pair| (&*pair.name, &*pair.value)))),
            Err(_no_text) => None,
        }),
    }
}

/// Whether the header counts: the operation takes it, and a copy is told not to take the tags of its source.
fn reads_header(operation: &Operation, head: &Head) -> bool {
    let replaces = || {
        let directive = head.one(DIRECTIVE).ok().flatten();
        directive.is_some_and(|directive| directive.eq_ignore_ascii_case("replace"))
    };
    let takes = operation.used.iter().any(|name| name.strip_prefix("header.") == Some(HEADER));
    takes && (!operation.selector.takes_source() || replaces())
}

/// `<Tagging><TagSet><Tag><Key>…</Key><Value>…</Value></Tag></TagSet></Tagging>`
fn of_document(root: &Xml) -> Result<Option<Tags>, Unreadable> {
    let wrong = || unsupported("the body is not a document of tags");
    let [set] = root.elements.as_slice() else { return Err(wrong()) };
    if (&*root.name, &*set.name) != ("Tagging", "TagSet") {
        return Err(wrong());
    }
    // Some parsers drop blanks around a text.
    let plain = |text: &str| text.trim() == text;
    let mut tags = Vec::new();
    for tag in &set.elements {
        match tag.elements.as_slice() {
            [key, value]
                if (&*tag.name, &*key.name, &*value.name) == ("Tag", "Key", "Value")
                    && plain(&key.text)
                    && plain(&value.text) =>
            {
                tags.push((&*key.text, &*value.text));
            }
            _ => return Err(wrong()),
        }
    }
    Ok(each_once(tags))
}
