//! `ramActions`: what has to be allowed. Both shapes are read, `{ramAction: {action, …}}` and `{action, …}`; a member or a
//! value that is not known is an error, because it may say that more has to be allowed.

use crate::strict::{Node, Value};

use super::super::findings::Findings;
use super::super::tree::Document;
use super::arn::{convert, merge_pairs};
use super::parameter::Parameter;
use crate::authoring::draft::{Check, Resource};

const NESTED: [&str; 2] = ["operationType", "ramAction"];
const FLAT: [&str; 4] = ["operationType", "action", "authResources", "conditionKeys"];
const INNER: [&str; 3] = ["action", "authResources", "conditionKeys"];
const RESOURCE: [&str; 4] = ["validationType", "product", "resourceType", "arn"];
/// More than any action has.
const RESOURCES_MAX: usize = 256;
/// Whether a resource is mandatory.
const VALIDATION: [(&str, bool); 2] = [("always", true), ("conditional", false)];

/// What the elements say.
#[derive(Debug, Default)]
pub(super) struct Ram {
    pub(super) checks: Vec<Check>,
    pub(super) reviews: Vec<String>,
    pub(super) kind: Option<String>,
}

pub(super) struct Reader<'d, 'f> {
    pub(super) document: &'d Document<'d>,
    pub(super) findings: &'f mut Findings,
    pub(super) parameters: &'d [Parameter],
}

impl Reader<'_, '_> {
    /// Reads the list; `None` after an error.
    pub(super) fn read(&mut self, node: &Node, field: &str) -> Option<Ram> {
        let Value::Seq(items) = &node.value else {
            return self.refuse(node, field, "a list is wanted here");
        };
        let mut ram = Ram::default();
        for (index, item) in items.iter().enumerate() {
            let field = format!("{field}[{index}]");
            let (inner, field, known) = match item.get("ramAction") {
                Some(inner) => {
                    self.known(item, &field, &NESTED)?;
                    (inner, format!("{field}.ramAction"), &INNER[..])
                }
                None => (item, field, &FLAT[..]),
            };
            self.known(inner, &field, known)?;
            let kind = item.get("operationType").and_then(Node::text);
            ram.kind = ram.kind.take().or_else(|| kind.map(str::to_owned));
            let check = self.check(inner, &field, &mut ram.reviews)?;
            ram.checks.push(check);
        }
        Some(ram)
    }

    fn check(&mut self, node: &Node, field: &str, reviews: &mut Vec<String>) -> Option<Check> {
        let action = node.get("action").and_then(Node::text);
        let is_action = |text: &&str| {
            let (code, name) = text.split_once(':').unwrap_or_default();
            code == crate::authoring::names::code(code)
                && !code.is_empty()
                && crate::authoring::names::is_operation(name)
        };
        let Some(action) = action.filter(is_action) else {
            let field = format!("{field}.action");
            return self.refuse(node, &field, "an action is <ram code>:<operation>");
        };
        let resources = self.resources(node, field, reviews)?;
        let mut conditions = Vec::new();
        for key in self.list(node, "conditionKeys", field)? {
            let Some(text) = key.text().filter(|text| is_key(text)) else {
                let field = format!("{field}.conditionKeys");
                return self.refuse(key, &field, "a condition key is <service>:<name>");
            };
            conditions.push(text.to_owned());
        }
        Some(Check { action: action.to_owned(), resources, conditions })
    }

    fn resources(
        &mut self,
        node: &Node,
        field: &str,
        reviews: &mut Vec<String>,
    ) -> Option<Vec<Resource>> {
        let mut found = Vec::new();
        let listed = self.list(node, "authResources", field)?;
        if listed.len() > RESOURCES_MAX {
            return self.refuse(node, field, &format!("more than {RESOURCES_MAX} resources"));
        }
        for (index, item) in listed.iter().enumerate() {
            let field = format!("{field}.authResources[{index}]");
            self.known(item, &field, &RESOURCE)?;
            let required = self.required(item, &field)?;
            let Some(arn) = item.get("arn").and_then(Node::text) else {
                return self.refuse(item, &field, "the resource has no `arn`");
            };
            match convert(arn, self.parameters) {
                Ok(converted) => {
                    reviews.extend(converted.reviews);
                    found.push(Resource { arn: converted.arn, required, wildcard: false });
                }
                Err(reason) => {
                    let message = format!("`{arn}` cannot be read: {reason}");
                    return self.refuse(item, &format!("{field}.arn"), &message);
                }
            }
        }
        if found.is_empty() {
            found.push(Resource::all());
        }
        Some(merge_pairs(found))
    }

    fn required(&mut self, item: &Node, field: &str) -> Option<bool> {
        let word = item.get("validationType").and_then(Node::text);
        let Some((_, required)) = VALIDATION.iter().find(|(known, _)| word == Some(*known)) else {
            let field = format!("{field}.validationType");
            let message = "known are `always` and `conditional`; whether the resource is mandatory is not clear";
            return self.refuse(item, &field, message);
        };
        Some(*required)
    }

    /// A list that may be left out; anything else in its place is refused.
    fn list<'n>(&mut self, node: &'n Node, name: &str, field: &str) -> Option<&'n [Node]> {
        match node.get(name).map(|node| (node, &node.value)) {
            None => Some(&[]),
            Some((_, Value::Seq(items))) => Some(items),
            Some((node, _)) => {
                self.refuse(node, &format!("{field}.{name}"), "a list is wanted here")
            }
        }
    }

    /// Nothing that is not known may be there.
    fn known(&mut self, node: &Node, field: &str, known: &[&str]) -> Option<()> {
        if !matches!(node.value, Value::Map(_)) {
            return self.refuse(node, field, "an object is wanted here");
        }
        let mut strange =
            node.entries().iter().filter(|(key, _)| !known.contains(&key.name.as_str()));
        match strange.next() {
            None => Some(()),
            Some((key, _)) => {
                let message =
                    format!("`{}` is not known here: known are {}", key.name, known.join(", "));
                self.findings.error(self.document, key.at, field, message, HELP);
                None
            }
        }
    }

    fn refuse<T>(&mut self, node: &Node, field: &str, message: &str) -> Option<T> {
        self.findings.error(self.document, node.at, field, message, HELP);
        None
    }
}

const HELP: &str =
    "remove the API from the input and describe it by hand, or tell us about this form";

fn is_key(text: &str) -> bool {
    text.split_once(':').is_some_and(|(code, name)| !code.is_empty() && !name.is_empty())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":._/-".contains(&byte))
}
