//! The tags that a request gives to what it makes.

use crate::request::Params;
use crate::strict::{Xml, XmlLimits};

use super::super::attributes::Tags;
use super::super::model::Operation;
use super::super::reading::Reading;
use super::super::{Content, Unreadable};
use super::batch::{document, unsupported};
use super::{Selector, TAGGING};

const HEADER: &str = "x-oss-tagging";
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

/// The tags; `None` where they are carried in a way that is not read.
pub(in super::super) fn tags(
    operation: &Operation,
    reading: Reading<'_>,
) -> Result<Option<Tags>, Unreadable> {
    let head = reading.head;
    let elsewhere = head.headers().contains_key("x-oss-bucket-tagging")
        || matches!(reading.content, Content::Upload(form) if form.get(HEADER).is_some());
    let in_body = are_in_body(operation);
    let is_sure = reading.is_sure(if in_body { TAGGING } else { "header.x-oss-tagging" });
    match reading.content {
        _ if elsewhere || !is_sure => Ok(None),
        Content::Text(body) if in_body => {
            document(body, LIMITS).and_then(|root| of_document(&root)).map(Some)
        }
        _ if in_body => Ok(None),
        _ => Ok(match head.one(HEADER) {
            Ok(None) => Some(Tags::new()),
            Ok(Some(text)) => Params::parse(text, TAGS_MAX).ok().map(|pairs| of_pairs(&pairs)),
            Err(_no_text) => None,
        }),
    }
}

fn of_pairs(pairs: &Params) -> Tags {
    let mut tags = Tags::new();
    for pair in pairs {
        add(&mut tags, &pair.name, &pair.value);
    }
    tags
}

fn add(tags: &mut Tags, key: &str, value: &str) {
    match tags.iter_mut().find(|(known, _)| known == key) {
        Some((_, values)) => values.push(value.into()),
        None => tags.push((key.to_owned(), vec![value.into()])),
    }
}

/// `<Tagging><TagSet><Tag><Key>…</Key><Value>…</Value></Tag></TagSet></Tagging>`
fn of_document(root: &Xml) -> Result<Tags, Unreadable> {
    let wrong = || unsupported("the body is not a document of tags");
    let [set] = root.elements.as_slice() else { return Err(wrong()) };
    if (&*root.name, &*set.name) != ("Tagging", "TagSet") {
        return Err(wrong());
    }
    let mut tags = Tags::new();
    for tag in &set.elements {
        match tag.elements.as_slice() {
            [key, value] if (&*tag.name, &*key.name, &*value.name) == ("Tag", "Key", "Value") => {
                add(&mut tags, &key.text, &value.text);
            }
            _ => return Err(wrong()),
        }
    }
    Ok(tags)
}
