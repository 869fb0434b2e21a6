//! A deployment's changes to a built-in product: what it adds, replaces and leaves out (`extends: builtin`).

use std::collections::HashMap;

use crate::strict::{Fields, Node, Reader, nearest};

use super::super::Catalog;
use super::super::attributes::KeyRule;
use super::super::model::{Operation, Product};
use super::Loader;

/// What a file that extends a built-in product may say; the rest is the product's own.
const OVERLAY: &[&str] = &[
    "schema",
    "product",
    "extends",
    "notes",
    "sources",
    "versions",
    "endpoints",
    "condition_keys",
    "query_modifiers",
    "operations",
    "only",
    "except",
    "unlisted",
];

/// Whether the file changes a built-in product rather than describing one.
pub(super) fn is_overlay(root: &Node) -> bool {
    root.get("extends").is_some()
}

/// The built-in product with the changes of the file.
pub(super) fn product(reader: &mut Reader<'_>, root: &Node, file: &str) -> Option<Product> {
    let fields = reader.fields(root, "", OVERLAY)?;
    let base = base(reader, &fields, file)?;
    Loader::new(reader, base.style, base.keys.clone()).extend(&fields, file, base)
}

fn base(reader: &mut Reader<'_>, fields: &Fields<'_>, file: &str) -> Option<Product> {
    let node = reader.required(fields, "extends")?;
    if reader.text_of(node, "extends")? != "builtin" {
        let help =
            "write `extends: builtin`, or leave it out in a file that describes a whole product";
        reader.error(node.at, "extends", "only a built-in product can be extended", help);
        return None;
    }
    let stem = super::super::stem(file);
    let builtin = Catalog::builtin_files().iter();
    let base = builtin.clone().find(|builtin| super::super::stem(builtin.name) == stem);
    let Some(base) = base else {
        let names: Vec<&str> = builtin.map(|file| super::super::stem(file.name)).collect();
        let help = match nearest(stem, &names) {
            Some(near) => format!("a file is named after its product; did you mean `{near}`?"),
            None => format!("built in are {}", names.join(", ")),
        };
        reader.error(node.at, "extends", format!("`{stem}` is not built in"), &help);
        return None;
    };
    // The built-in files are tested to compile; should one not, its product is not served.
    super::product(base).ok()
}

impl Loader<'_, '_> {
    fn extend(mut self, fields: &Fields<'_>, file: &str, base: Product) -> Option<Product> {
        self.one_of(fields, "schema", &[super::SCHEMA])?;
        self.name(fields, file)?;
        let mut product = base;
        product.versions.extend(self.reader.parsed_list::<String>(fields, "versions"));
        self.check_once(fields, "versions", &product.versions);
        if fields.get("endpoints").is_some() {
            self.hosts(fields, &mut product.hosts);
        }
        product
            .query_modifiers
            .extend(self.reader.parsed_list::<String>(fields, "query_modifiers"));
        self.sources = std::mem::take(&mut product.sources);
        self.read_about(fields);
        let own_keys = self.condition_keys(fields);
        let nodes = self.reader.list(fields, "operations");
        let replaced = |operation: &Operation| nodes.iter().any(|node| is_named(node, operation));
        product.operations.retain(|operation| !replaced(operation));
        self.replace_keys(fields, own_keys, &mut product.operations);
        self.operations(fields, &product.versions, &product.hosts, &mut product.operations);
        self.leave_out(fields, &mut product.operations);
        self.unlisted(fields, &mut product);
        Some(self.finish(fields, product))
    }

    /// A key of the product may be formed from something else now, which its operations read then.
    fn replace_keys(
        &mut self,
        fields: &Fields<'_>,
        own: HashMap<String, KeyRule>,
        operations: &mut [Operation],
    ) {
        if own.is_empty() {
            return;
        }
        self.keys.extend(own);
        for operation in operations {
            self.collect_names(fields, operation);
        }
    }

    /// `only` and `except`: exact names, or the beginning of names before a `*`.
    fn leave_out(&mut self, fields: &Fields<'_>, operations: &mut [Operation]) {
        let only = self.names(fields, "only", operations);
        let except = self.names(fields, "except", operations).unwrap_or_default();
        let left_out = |name: &str| {
            let listed = only.as_ref().is_none_or(|only| only.iter().any(|it| fits(it, name)));
            !listed || except.iter().any(|it| fits(it, name))
        };
        for operation in operations.iter_mut().filter(|operation| left_out(&operation.name)) {
            operation.left_out = true;
        }
    }

    fn names(
        &mut self,
        fields: &Fields<'_>,
        field: &str,
        operations: &[Operation],
    ) -> Option<Vec<String>> {
        fields.get(field)?;
        let mut found = Vec::new();
        for (index, node) in self.reader.list(fields, field).iter().enumerate() {
            let path = format!("{field}[{index}]");
            let Some(name) = self.reader.text_of(node, &path) else { continue };
            if !operations.iter().any(|operation| fits(name, &operation.name)) {
                let names: Vec<&str> = operations.iter().map(|it| it.name.as_str()).collect();
                let help = nearest(name, &names)
                    .map_or_else(String::new, |near| format!("did you mean `{near}`?"));
                self.wrong(node.at, &path, format!("no operation is called `{name}`"), &help);
            }
            found.push(name.to_owned());
        }
        Some(found)
    }
}

/// Whether a name of `only` or `except` is about an operation.
pub(in crate::catalog) fn fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => pattern == name,
    }
}

/// Whether an operation of the file is the one of the built-in product that it replaces: the name says so, and the
/// version of the API where a product has several.
fn is_named(node: &Node, operation: &Operation) -> bool {
    let text = |field| node.get(field).and_then(Node::text);
    text("name") == Some(&operation.name) && text("api") == operation.api.as_deref()
}
