//! `--merge`: an import into a file that people have worked on. Their text stays as it is, line by line; an entry that is
//! `high`, or of which nobody said how sure it is, is never replaced, and every difference is shown.

mod lines;

use std::fmt;

use crate::catalog::{Catalog, CatalogFile};
use crate::strict::{Node, Position, Problem, yaml};

use super::flow::flow;
use super::import::{Imported, Input};
use super::write;
use lines::Lines;

/// The fields that mean something to a request.
const COMPARED: [&str; 7] = ["method", "path", "match", "auth", "level", "kind", "checks"];

/// The merged file, and what became of each operation that differs.
#[derive(Debug)]
pub struct Merged {
    /// The file.
    pub text: String,
    /// In the order of the old file, then that of the import.
    pub changes: Vec<Change>,
}

/// What became of an operation.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    /// What was done.
    pub what: Done,
    /// The operation.
    pub operation: String,
    /// Fields that differ: name, old value, new value.
    pub fields: Vec<(&'static str, String, String)>,
}

/// What was done with an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It is new.
    Added,
    /// It was not sure, and says something else now.
    Replaced,
    /// The import says something else; a person's word counts more.
    Kept,
    /// The import does not have it.
    Only,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, says) = match self.what {
            Done::Added => ('+', "added"),
            Done::Replaced => ('~', "replaced"),
            Done::Kept => ('!', "differs, and is kept"),
            Done::Only => ('=', "not in the import, and is kept"),
        };
        write!(f, "{sign} {}: {says}", self.operation)?;
        for (field, old, new) in &self.fields {
            write!(f, "\n    {field}: {old}\n      import: {new}")?;
        }
        Ok(())
    }
}

/// Merges an import into the file `old`.
pub fn merge(old: Input<'_>, imported: &Imported) -> Result<Merged, Vec<Problem>> {
    let refuse = |at: Position, message: String| vec![Problem::error(old.name, at, "", message)];
    let tree = |text: &str| yaml(text).map_err(|error| refuse(error.at, error.message));
    let (before, after) = (tree(old.text)?.root, tree(&imported.text)?.root);
    for field in ["product", "style", "ram_code"] {
        let (left, right) = (before.get(field), after.get(field));
        if left.and_then(Node::text) != right.and_then(Node::text) {
            let at = left.map_or(Position::START, |node| node.at);
            return Err(refuse(at, format!("the import has another `{field}`")));
        }
    }
    let mut lines = Lines::of(old.text, &before).map_err(|(at, message)| refuse(at, message))?;
    let changes = compare(&before, &after, imported, &mut lines);
    let takes = |change: &Change| matches!(change.what, Done::Added | Done::Replaced);
    if changes.iter().any(takes) {
        add_entries(&before, imported, &mut lines).map_err(|(at, message)| refuse(at, message))?;
    }
    let text = lines.finish();
    Catalog::compile(&[CatalogFile { name: &format!("{}.yaml", imported.product), text: &text }])?;
    Ok(Merged { text, changes })
}

fn operations(root: &Node) -> &[Node] {
    root.get("operations").map_or(&[], Node::items)
}

/// Name, and version of the API where there is one.
fn identity(operation: &Node) -> (Option<&str>, Option<&str>) {
    let text = |field| operation.get(field).and_then(Node::text);
    (text("name"), text("api"))
}

fn compare(before: &Node, after: &Node, imported: &Imported, lines: &mut Lines<'_>) -> Vec<Change> {
    let mut changes = Vec::new();
    let entry = |index: usize| {
        imported.draft.operations.get(index).map(|it| write::entry(it, &imported.draft))
    };
    for (index, old) in operations(before).iter().enumerate() {
        let same = |(_, new): &(usize, &Node)| identity(new) == identity(old);
        let name = identity(old).0.unwrap_or_default().to_owned();
        let Some((place, new)) = operations(after).iter().enumerate().find(same) else {
            changes.push(Change { what: Done::Only, operation: name, fields: Vec::new() });
            continue;
        };
        let fields = differences(old, new);
        if fields.is_empty() {
            continue;
        }
        let confidence = old.get("confidence").and_then(Node::text);
        let what = match (confidence, entry(place)) {
            (Some("low" | "medium"), Some(text)) => {
                lines.replace(index, text);
                Done::Replaced
            }
            _ => Done::Kept,
        };
        changes.push(Change { what, operation: name, fields });
    }
    for (index, new) in operations(after).iter().enumerate() {
        let known = operations(before).iter().any(|old| identity(old) == identity(new));
        if let (false, Some(text)) = (known, entry(index)) {
            lines.append(text);
            let operation = identity(new).0.unwrap_or_default().to_owned();
            changes.push(Change { what: Done::Added, operation, fields: Vec::new() });
        }
    }
    changes
}

fn differences(old: &Node, new: &Node) -> Vec<(&'static str, String, String)> {
    let shown = |node: Option<&Node>| node.map_or_else(|| "-".to_owned(), flow);
    let pairs = COMPARED.iter().map(|field| (*field, shown(old.get(field)), shown(new.get(field))));
    pairs.filter(|(_, old, new)| old != new).collect()
}

/// What entries of the import refer to and the old file does not have.
fn add_entries(
    before: &Node,
    imported: &Imported,
    lines: &mut Lines<'_>,
) -> Result<(), (Position, String)> {
    let draft = &imported.draft;
    let has = |field: &str, key: &str| {
        before.get(field).is_some_and(|node| node.entries().iter().any(|(it, _)| it.name == key))
    };
    if !has("sources", draft.source.key) {
        lines.add_entry(before, "sources", &write::source_entry(draft))?;
    }
    for key in draft.keys.iter().filter(|key| !has("condition_keys", key)) {
        lines.add_entry(before, "condition_keys", &write::key_entry(key))?;
    }
    Ok(())
}
