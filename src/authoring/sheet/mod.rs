//! What a catalogue says, for people: the pages of `ramgate catalog list` and `show`.
//!
//! They are made from the text of the files each time. A gate drops what only people read, and would have to carry it for
//! every operation of every product otherwise.

mod operation;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::catalog::{CatalogFile, names_operation};
use crate::strict::{Node, Value, yaml};

use super::flow::flow;
pub use operation::{CheckSheet, ConditionSheet, OperationSheet};

/// Where a product is described.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// With the program.
    BuiltIn,
    /// In a file of the deployment.
    File,
    /// With the program, and changed by a file of the deployment.
    Changed,
}

/// A product.
#[derive(Clone, Debug, Serialize)]
pub struct ProductSheet {
    /// Its name.
    pub product: String,
    /// Where it is described.
    pub origin: Origin,
    /// The file of the deployment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// What it is called.
    pub title: String,
    /// What its actions begin with.
    pub ram_code: String,
    /// How requests are laid out.
    pub style: String,
    /// Versions of the API.
    pub versions: Vec<String>,
    /// Host patterns.
    pub hosts: Vec<String>,
    /// `regional` or `global`.
    pub scope: String,
    /// What a reader should know.
    pub notes: Vec<String>,
    /// Where entries come from, by their keys.
    pub sources: BTreeMap<String, String>,
    /// How product keys are formed.
    pub condition_keys: BTreeMap<String, String>,
    /// The operations, in the order of the file.
    pub operations: Vec<OperationSheet>,
}

/// The pages of files that compile. `own` replaces or changes built-in products of the same name.
pub fn sheets(builtin: &[CatalogFile<'_>], own: &[CatalogFile<'_>]) -> Vec<ProductSheet> {
    let mut sheets: Vec<ProductSheet> =
        builtin.iter().filter_map(|file| read(file, Origin::BuiltIn)).collect();
    for file in own {
        let Some(sheet) = read(file, Origin::File) else { continue };
        let base = sheets.iter().position(|known| known.product == sheet.product);
        let base = base.map(|index| sheets.remove(index));
        match (base, root(file).filter(|root| root.get("extends").is_some())) {
            (Some(base), Some(root)) => sheets.push(changed(base, sheet, &root)),
            (_, _) => sheets.push(sheet),
        }
    }
    sheets.sort_by(|left, right| left.product.cmp(&right.product));
    sheets
}

fn root(file: &CatalogFile<'_>) -> Option<Node> {
    yaml(file.text).ok().map(|document| document.root)
}

fn read(file: &CatalogFile<'_>, origin: Origin) -> Option<ProductSheet> {
    let root = root(file)?;
    let text = |name: &str| root.get(name).and_then(Node::text).unwrap_or_default().to_owned();
    let sources = entries(&root, "sources");
    let condition_keys = entries(&root, "condition_keys");
    let operations = root.get("operations").map_or(&[][..], Node::items);
    let operations =
        operations.iter().map(|node| operation::read(node, &sources, &condition_keys)).collect();
    Some(ProductSheet {
        product: text("product"),
        file: (origin != Origin::BuiltIn).then(|| file.name.to_owned()),
        origin,
        title: text("title"),
        ram_code: text("ram_code"),
        style: text("style"),
        versions: list(&root, "versions"),
        hosts: list(&root, "endpoints"),
        scope: text("scope"),
        notes: list(&root, "notes"),
        sources,
        condition_keys,
        operations,
    })
}

fn list(node: &Node, name: &str) -> Vec<String> {
    let items = node.get(name).map_or(&[][..], Node::items);
    items.iter().filter_map(Node::text).map(str::to_owned).collect()
}

/// The entries of a mapping, each as one line.
fn entries(root: &Node, name: &str) -> BTreeMap<String, String> {
    let entries = root.get(name).map_or(&[][..], Node::entries);
    entries.iter().map(|(key, node)| (key.name.clone(), sentence(node))).collect()
}

/// The texts of a mapping, one after the other; `from` and other lists in brackets, if anything is in them.
fn sentence(node: &Node) -> String {
    let entries = node.entries().iter().filter(|(_, node)| node.value != Value::Seq(Vec::new()));
    let parts = entries.map(|(key, node)| match (key.name.as_str(), node.text()) {
        ("what", Some(text)) => text.to_owned(),
        (name, _) => format!("{name} {}", flow(node)),
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// A built-in product with the changes of a file (`extends: builtin`).
fn changed(base: ProductSheet, file: ProductSheet, root: &Node) -> ProductSheet {
    let same = |left: &OperationSheet, right: &OperationSheet| {
        left.operation == right.operation && left.api == right.api
    };
    let replaced = |it: &OperationSheet| file.operations.iter().any(|other| same(it, other));
    let mut operations: Vec<OperationSheet> =
        base.operations.into_iter().filter(|operation| !replaced(operation)).collect();
    operations.extend(file.operations.clone());
    let fits = |patterns: &[String], name: &str| {
        patterns.iter().any(|pattern| names_operation(pattern, name))
    };
    let only = root.get("only").map(|_| list(root, "only"));
    let except = list(root, "except");
    for operation in &mut operations {
        let name = &operation.operation;
        operation.left_out =
            only.as_ref().is_some_and(|only| !fits(only, name)) || fits(&except, name);
    }
    let both = |mut left: Vec<String>, right: Vec<String>| {
        left.extend(right);
        left
    };
    ProductSheet {
        origin: Origin::Changed,
        file: file.file,
        versions: both(base.versions, file.versions),
        hosts: both(base.hosts, file.hosts),
        notes: both(base.notes, file.notes),
        sources: base.sources.into_iter().chain(file.sources).collect(),
        condition_keys: base.condition_keys.into_iter().chain(file.condition_keys).collect(),
        operations,
        product: base.product,
        title: base.title,
        ram_code: base.ram_code,
        style: base.style,
        scope: base.scope,
    }
}
