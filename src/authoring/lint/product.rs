//! What a file says about the product as a whole.

use super::{Findings, Lint};
use crate::catalog::is_derivation;
use crate::strict::Node;

pub(super) fn look(root: &Node, findings: &mut Findings<'_>) {
    let operations = root.get("operations").map_or(&[][..], Node::items);
    if let (None, Some(first)) = (root.get("sources"), operations.first()) {
        let message = "nothing says where the entries come from";
        let help =
            "sources: {DOC: {what: 'our API guide, section 4'}}, and `source: DOC` at each entry";
        findings.add(Lint::NoSource, first.at, "sources", message, help);
    }
    let checks = operations.iter().flat_map(|node| node.get("checks").map_or(&[][..], Node::items));
    let used: Vec<&str> = checks
        .flat_map(|check| check.get("conditions").map_or(&[][..], Node::items))
        .filter_map(Node::text)
        .collect();
    for (key, node) in root.get("condition_keys").map_or(&[][..], Node::entries) {
        let field = format!("condition_keys.{}", key.name);
        // A table of the deployment has the value, whatever the operation.
        if node.get("lookup").is_some() {
            continue;
        }
        let is_used = |name: &&str| {
            *name == key.name
                || name.strip_prefix(key.name.as_str()).is_some_and(|rest| rest.starts_with('/'))
        };
        // A file that changes a built-in product may replace a key that the product's own checks list.
        if root.get("extends").is_none() && !used.iter().any(is_used) {
            let message = format!("no check lists `{}`, so it has a value nowhere", key.name);
            findings.add(
                Lint::UnusedKey,
                key.at,
                &field,
                message,
                "list it in `conditions`, or remove it",
            );
        }
        let derive = node.get("derive").and_then(Node::text);
        if !derive.is_some_and(is_derivation) {
            let word = derive.unwrap_or("nothing");
            let message = format!(
                "`{word}` says no way to form the value: no Allow can use the key, every Deny does"
            );
            let help = "write `value`, `present`, … (docs/catalog.md), if the request has it";
            findings.add(Lint::UnknownDerive, key.at, &field, message, help);
        }
    }
}
