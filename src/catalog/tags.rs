//! The tags that a request gives to what it makes or touches, or asks for (`acs:RequestTag`).

use super::model::Operation;
use super::reading::{Reading, is_index};

/// Tags of a request: each key once, with its value. What a condition compares is a list, here of one text.
pub(super) type Tags = Vec<(String, Vec<Box<str>>)>;

/// The tags; `None` where a key has two values, so that it is up to the service which of them counts.
pub(super) fn each_once(
    pairs: impl IntoIterator<Item = (impl Into<String>, impl Into<Box<str>>)>,
) -> Option<Tags> {
    let mut tags = Tags::new();
    for (key, value) in pairs {
        let key = key.into();
        if tags.iter().any(|(known, _)| *known == key) {
            return None;
        }
        tags.push((key, vec![value.into()]));
    }
    Some(tags)
}

/// `Tag.N.Key` with `Tag.N.Value`, in either spelling of the members. `None` where nobody knows: the operation carries tags
/// in another form, or is not known to look at this one, so that anyone could write what it ignores.
pub(super) fn of_parameters(operation: &Operation, reading: Reading<'_>) -> Option<Tags> {
    let mut names = reading.parameters().map(|(name, _)| name);
    if !operation.carries_tags {
        return names.all(|name| !is_about_tags(name)).then(Tags::new);
    }
    if names.any(|name| is_tag_parameter(name) && member(name).is_none()) {
        return None;
    }
    let mut elements: Vec<(&str, Option<&str>, Option<&str>)> = Vec::new();
    for (name, value) in reading.parameters() {
        let Some((index, member)) = member(name) else { continue };
        let place = elements.iter().position(|(known, ..)| *known == index);
        let place = place.unwrap_or_else(|| {
            elements.push((index, None, None));
            elements.len().saturating_sub(1)
        });
        let (_, key, its_value) = elements.get_mut(place)?;
        let slot = if member.eq_ignore_ascii_case("key") { key } else { its_value };
        // In both spellings: one of them is ignored.
        if slot.replace(value).is_some() {
            return None;
        }
    }
    let pairs = elements.into_iter().map(|(_, key, value)| Some((key?, value.unwrap_or_default())));
    each_once(pairs.collect::<Option<Vec<_>>>()?)
}

/// `Tag.1.Key` → `1` and `Key`.
fn member(name: &str) -> Option<(&str, &str)> {
    let (index, member) = name.strip_prefix("Tag.")?.split_once('.')?;
    let is_member = matches!(member, "Key" | "key" | "Value" | "value");
    (is_index(index) && is_member).then_some((index, member))
}

/// `Tag…` in any case: another form of tags, or another spelling of this one.
fn is_tag_parameter(name: &str) -> bool {
    name.trim_start().get(..3).is_some_and(|start| start.eq_ignore_ascii_case("tag"))
}

/// Whether a parameter may be about tags, such as `Tags`, `TagsJson` or `TemplateTag.1.Key`.
fn is_about_tags(name: &str) -> bool {
    is_tag_parameter(name) || name.split('.').next().is_some_and(|head| head.contains("Tag"))
}
