//! The file of tags: which tags the resources behind the gate have, which no request tells (section 5 of the catalogue
//! sheet), and of which resources the file knows all.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::str::FromStr;
use std::sync::Arc;

use crate::policy::{AccessRequest, Attachment, Attribute, RelativeId, Resource, Truth};
use crate::strict::{Fields, Node, Problem, Reader, Value};

use super::by_resource::ByResource;

mod plain;

/// What the file says.
#[derive(Debug, Default)]
pub struct Tags {
    covers: Vec<Cover>,
    listed: ByResource<TagList>,
}

/// Keys and values of one resource. Texts that many resources share are in memory once.
type TagList = Box<[(Arc<str>, Arc<str>)]>;

/// Resources of which every one that has tags is listed.
#[derive(Clone, Debug)]
struct Cover {
    on: Attachment,
    /// Whether the pattern reaches behind a slash: one that has none is about buckets, not about the objects in them
    /// and about calls without a resource, not about instances.
    deep: bool,
}

impl Tags {
    /// The value that a requested resource has for the tag `key`. What is not listed has no tags where the file covers it;
    /// elsewhere nobody knows, and the same where the resource may be one or another.
    pub fn get(&self, access: &AccessRequest<'_>, key: &str) -> Attribute<'_> {
        if matches!(access.resource, Resource::Named { relative_id: RelativeId::Partial(_), .. }) {
            return Attribute::Undeterminable;
        }
        let mut found: Option<Option<&str>> = None;
        for (truth, tags) in self.entries_of(access) {
            let value = tags.iter().find(|(name, _)| **name == *key).map(|(_, value)| &**value);
            if truth != Truth::True || found.is_some_and(|other| other != value) {
                return Attribute::Undeterminable;
            }
            found = Some(value);
        }
        match (found, self.covers(access)) {
            (Some(Some(value)), _) => Attribute::Text(Cow::Borrowed(value)),
            (Some(None), _) | (None, Truth::True) => Attribute::Absent,
            (None, Truth::False | Truth::Indeterminate) => Attribute::Undeterminable,
        }
    }

    /// The services that it says something about.
    pub fn services(&self) -> BTreeSet<String> {
        let covered = self.covers.iter().map(|cover| &cover.on);
        let all = covered.chain(self.listed.resources());
        all.filter_map(|on| on.service().map(str::to_owned)).collect()
    }

    /// A call without a resource has no entry, so none has to be looked at.
    fn entries_of<'s>(
        &'s self,
        access: &AccessRequest<'_>,
    ) -> impl Iterator<Item = (Truth, &'s TagList)> {
        let named = matches!(access.resource, Resource::Named { .. });
        named.then(|| self.listed.matching(access)).into_iter().flatten()
    }

    fn covers(&self, access: &AccessRequest<'_>) -> Truth {
        let deep = match access.resource {
            Resource::Named { relative_id: RelativeId::Known(id), .. } => id.contains('/'),
            Resource::Named { .. } | Resource::All => false,
        };
        let covers = self.covers.iter().filter(|cover| cover.deep || !deep);
        covers.fold(Truth::False, |all, cover| all.or(cover.on.matches(access)))
    }
}

/// Reads the file. What programs write as JSON is read without places; if anything is wrong with it, once more with them.
pub fn tags(file: &str, text: &str) -> (Tags, Vec<Problem>) {
    match plain::tags(text) {
        Some(tags) => (tags, Vec::new()),
        None => with_places(file, text),
    }
}

fn with_places(file: &str, text: &str) -> (Tags, Vec<Problem>) {
    let mut reader = Reader::new(file);
    let mut tags = Tags::default();
    if let Some(root) = reader.parse(text)
        && let Some(fields) = reader.fields(&root, "", &["covers", "resources"])
    {
        tags.covers = reader.parsed_list(&fields, "covers");
        tags.listed = listed(&mut reader, &fields);
    }
    (tags, reader.into_problems())
}

fn listed(reader: &mut Reader<'_>, fields: &Fields<'_>) -> ByResource<TagList> {
    let mut lines: HashMap<&str, u32> = HashMap::new();
    let mut texts = SharedTexts::default();
    let mut found = Vec::new();
    for (index, node) in reader.list(fields, "resources").iter().enumerate() {
        let path = format!("resources[{index}]");
        let Some(entry) = reader.fields(node, &path, &["resource", "tags"]) else { continue };
        let Some(Tagged(on)) = reader.required_parsed(&entry, "resource") else { continue };
        let name = reader.text(&entry, "resource").unwrap_or_default();
        if let Some(line) = lines.insert(name, node.at.line) {
            let message = format!("`{name}` stands on line {line} already");
            reader.error(node.at, &path, message, "write all its tags in one place");
        }
        if let Some(tags) = tag_list(reader, &entry, &mut texts) {
            found.push((on, tags));
        }
    }
    found.into_iter().collect()
}

fn tag_list(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    texts: &mut SharedTexts,
) -> Option<TagList> {
    let node = reader.required(fields, "tags")?;
    let path = fields.path("tags");
    let Value::Map(entries) = &node.value else {
        let help = "write `tags: {env: prod}`, or `tags: {}` for none";
        reader.error(node.at, &path, "a mapping of keys and values is wanted here", help);
        return None;
    };
    let mut tags = Vec::with_capacity(entries.len());
    for (key, node) in entries {
        if let Some(value) = tag_value(node) {
            tags.push((texts.shared(&key.name), texts.shared(value)));
        } else {
            let help = "write `''` for an empty one";
            let path = format!("{path}.{}", key.name);
            reader.error(node.at, &path, "a tag has one value, which is a text", help);
        }
    }
    Some(tags.into_boxed_slice())
}

fn tag_value(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Scalar { text, .. } => Some(text),
        Value::Null | Value::Seq(_) | Value::Map(_) => None,
    }
}

/// Each text once.
#[derive(Default)]
struct SharedTexts(HashSet<Arc<str>>);

impl SharedTexts {
    fn shared(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = text.into();
        self.0.insert(Arc::clone(&new));
        new
    }
}

/// A resource with tags: a single one.
struct Tagged(Attachment);

impl FromStr for Tagged {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let on = Attachment::parse(text)?;
        if on.service().is_none() || relative_id(text).contains(['*', '?']) {
            return Err("tags belong to one resource, so write its ARN without a wildcard".into());
        }
        Ok(Self(on))
    }
}

impl FromStr for Cover {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let on = Attachment::parse(text)?;
        if on.service().is_none() {
            return Err("name the service, such as in acs:ecs:*:*:instance/*".into());
        }
        Ok(Self { on, deep: relative_id(text).contains('/') })
    }
}

/// The part behind the fourth colon.
fn relative_id(arn: &str) -> &str {
    arn.splitn(5, ':').nth(4).unwrap_or_default()
}

#[cfg(test)]
mod tests;
