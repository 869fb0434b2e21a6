//! One operation, for people.

use std::collections::BTreeMap;

use serde::Serialize;

use super::list;
use crate::authoring::flow::flow;
use crate::strict::Node;

/// An operation.
#[derive(Clone, Debug, Serialize)]
pub struct OperationSheet {
    /// Its name.
    pub operation: String,
    /// The version of the API, where a file has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api: Option<String>,
    /// The requests that select it, where their name alone does not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub selected_by: Vec<String>,
    /// `checks`, `signature-only` or `anonymous`.
    pub auth: String,
    /// `read`, `list` or `write`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// The finer word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What has to be allowed.
    pub checks: Vec<CheckSheet>,
    /// `high`, `medium` or `low`; nobody said, without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<String>,
    /// The key of its source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// What that source is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_text: Option<String>,
    /// What sources say differently, and which was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflict: Option<String>,
    /// What a reader should know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Rules that are special about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub traits: Vec<String>,
    /// Whether the deployment refuses it as if nobody knew it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub left_out: bool,
}

/// One thing that has to be allowed.
#[derive(Clone, Debug, Serialize)]
pub struct CheckSheet {
    /// The action.
    pub action: String,
    /// When it is asked; always, without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// The resources, as the file writes them.
    pub resources: Vec<String>,
    /// Product keys that policies may use.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<ConditionSheet>,
    /// What it does to an object that has an access control list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub traits: Vec<String>,
}

/// A product key.
#[derive(Clone, Debug, Serialize)]
pub struct ConditionSheet {
    /// Its name.
    pub key: String,
    /// How its value is formed.
    pub formed: String,
}

/// Reads an item of `operations`.
pub(super) fn read(
    node: &Node,
    sources: &BTreeMap<String, String>,
    keys: &BTreeMap<String, String>,
) -> OperationSheet {
    let text = |name: &str| node.get(name).and_then(Node::text).map(str::to_owned);
    let source = text("source");
    let checks = node.get("checks").map_or(&[][..], Node::items);
    OperationSheet {
        operation: text("name").unwrap_or_default(),
        api: text("api"),
        selected_by: selected_by(node),
        auth: text("auth").unwrap_or_else(|| "checks".to_owned()),
        level: text("level"),
        kind: text("kind"),
        checks: checks.iter().map(|check| of_check(check, keys)).collect(),
        confidence: text("confidence"),
        source_text: source.as_ref().and_then(|key| sources.get(key)).cloned(),
        source,
        conflict: text("conflict"),
        note: text("note"),
        traits: list(node, "traits"),
        left_out: false,
    }
}

/// `GET /notes/{name}`, and one line for each further condition.
fn selected_by(node: &Node) -> Vec<String> {
    let text = |name: &str| node.get(name).and_then(Node::text);
    let line: Vec<&str> = ["method", "path"].into_iter().filter_map(text).collect();
    let mut found = if line.is_empty() { Vec::new() } else { vec![line.join(" ")] };
    let conditions = node.get("match").map_or(&[][..], Node::entries);
    found.extend(conditions.iter().map(|(key, node)| format!("{} {}", key.name, flow(node))));
    found
}

fn of_check(node: &Node, keys: &BTreeMap<String, String>) -> CheckSheet {
    let resources = node.get("resources").map_or(&[][..], Node::items);
    let formed = |key: &String| {
        let family = key.split('/').next().unwrap_or_default();
        let known = keys.get(key).or_else(|| keys.get(family)).cloned();
        known.unwrap_or_else(|| "a key of every service".to_owned())
    };
    CheckSheet {
        action: node.get("action").and_then(Node::text).unwrap_or_default().to_owned(),
        when: node.get("when").map(flow),
        resources: resources.iter().map(resource).collect(),
        conditions: list(node, "conditions")
            .into_iter()
            .map(|key| ConditionSheet { formed: formed(&key), key })
            .collect(),
        traits: list(node, "traits"),
    }
}

/// `acs:…: required`, or a switch as it stands in the file.
fn resource(node: &Node) -> String {
    let text = |name: &str| node.get(name).and_then(Node::text);
    let Some(arn) = text("arn") else { return flow(node) };
    let required = if text("required") == Some("true") { "required" } else { "optional" };
    let absent = text("absent").map(|word| format!("absent: {word}"));
    let must_match = text("must_match").map(|pattern| format!("must match {pattern}"));
    let when = node.get("when").map(|when| format!("when {}", flow(when)));
    let parts = [Some(required.to_owned()), absent, must_match, when];
    format!("{arn} ({})", parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}
