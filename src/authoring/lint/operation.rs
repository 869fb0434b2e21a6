//! What a file says about one operation.

use super::vocabulary::Vocabulary;
use super::{Findings, Lint};
use crate::authoring::names::{Kind, kind_of_verb};
use crate::strict::Node;

pub(super) fn look(
    node: &Node,
    field: &str,
    has_sources: bool,
    vocabulary: &Vocabulary,
    findings: &mut Findings<'_>,
) {
    let text = |name: &str| node.get(name).and_then(Node::text);
    let name = text("name").unwrap_or_default();
    if text("confidence") == Some("low") {
        let message = format!("`{name}` is a guess");
        let help =
            "confirm it and write how sure it is, or refuse it: `min_confidence` of the route";
        findings.add(Lint::LowConfidence, node.at, &format!("{field}.confidence"), message, help);
    }
    if has_sources && text("source").is_none() {
        let message = format!("nothing says where `{name}` comes from");
        findings.add(
            Lint::NoSource,
            node.at,
            &format!("{field}.source"),
            message,
            "name one of `sources`",
        );
    }
    if text("path").is_some_and(is_all_variables) {
        let message = format!(
            "the path of `{name}` has no word of its own, so it fits whatever nothing else fits"
        );
        let help = "describe the paths that there are";
        findings.add(Lint::NoLiteral, node.at, &format!("{field}.path"), message, help);
    }
    let deletes = text("kind") == Some("delete") || kind_of_verb(name) == Some(Kind::Delete);
    let writes = text("level") == Some("write");
    for (index, check) in node.get("checks").map_or(&[][..], Node::items).iter().enumerate() {
        let field = format!("{field}.checks[{index}]");
        action(check, &field, vocabulary, findings);
        for (index, resource) in
            check.get("resources").map_or(&[][..], Node::items).iter().enumerate()
        {
            let field = format!("{field}.resources[{index}]");
            if writes && resource.get("arn").and_then(Node::text) == Some("*") {
                let message =
                    format!("`{name}` changes something, and is asked for on all resources");
                let help = "name what it changes, so that policies can tell one from another";
                findings.add(Lint::AllResources, resource.at, &field, message, help);
            }
            if deletes && resource.get("absent").and_then(Node::text) == Some("wildcard") {
                let message = format!(
                    "`{name}` deletes, and without an id it is asked for on the type as a whole"
                );
                let help = "write `absent: deny`, unless it deletes all of them then";
                findings.add(Lint::WildcardDelete, resource.at, &field, message, help);
            }
        }
    }
}

fn action(check: &Node, field: &str, vocabulary: &Vocabulary, findings: &mut Findings<'_>) {
    let Some(node) = check.get("action") else { return };
    let action = node.text().unwrap_or_default();
    if let Some(help) = vocabulary.doubt(action) {
        let message = format!("the built-in product does not know the action `{action}`");
        findings.add(Lint::UnknownAction, node.at, &format!("{field}.action"), message, &help);
    }
}

fn is_all_variables(path: &str) -> bool {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty()).peekable();
    segments.peek().is_some() && segments.all(|segment| segment.starts_with('{'))
}
