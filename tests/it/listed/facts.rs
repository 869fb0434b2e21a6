//! The facts of a catalogue file as a plain tree.

use ramgate::catalog::Catalog;
use ramgate::strict::{Node, Value as Yaml, yaml};
use serde_json::Value;

/// The built-in files, by product.
pub fn products() -> Vec<Value> {
    Catalog::builtin_files().iter().map(|file| plain(&yaml(file.text).unwrap().root)).collect()
}

/// One of them.
pub fn product(name: &str) -> Value {
    products().into_iter().find(|product| product["product"] == name).unwrap()
}

/// A tree whose scalars are all texts.
fn plain(node: &Node) -> Value {
    match &node.value {
        Yaml::Null => Value::Null,
        Yaml::Scalar { text, .. } => Value::String(text.clone()),
        Yaml::Seq(items) => items.iter().map(plain).collect(),
        Yaml::Map(entries) => Value::Object(
            entries.iter().map(|(key, node)| (key.name.clone(), plain(node))).collect(),
        ),
    }
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

pub fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

pub fn entries(value: &Value) -> Vec<(String, Value)> {
    let map = value.as_object().into_iter().flatten();
    map.map(|(name, value)| (name.clone(), value.clone())).collect()
}

pub fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

pub fn placeholders(arn: &str) -> Vec<String> {
    arn.split('{').skip(1).map(|part| part.split('}').next().unwrap().to_owned()).collect()
}

/// The ARN templates of a resource.
pub fn templates(resource: &Value) -> Vec<String> {
    match resource["arn"].as_str() {
        Some(arn) => vec![arn.to_owned()],
        None => entries(&resource["cases"]).iter().map(|(_, arn)| text(arn).to_owned()).collect(),
    }
}

/// The names and forms in a placeholder: `A|B:json`.
pub fn sources(placeholder: &str) -> Vec<(String, String)> {
    let one = |text: &str| {
        let (name, form) = text.split_once(':').unwrap_or((text, ""));
        (name.to_owned(), form.to_owned())
    };
    placeholder.split('|').map(one).collect()
}
