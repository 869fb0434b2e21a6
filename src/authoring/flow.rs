//! Values of a file as people compare and read them.

use crate::strict::{Node, Value};

/// A value on one line.
pub(super) fn flow(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Scalar { text, .. } => text.clone(),
        Value::Seq(items) => format!("[{}]", join(items.iter().map(flow))),
        Value::Map(entries) => {
            format!(
                "{{{}}}",
                join(entries.iter().map(|(key, node)| format!("{}: {}", key.name, flow(node))))
            )
        }
    }
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
