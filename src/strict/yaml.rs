//! The one place that names the YAML parser.
//!
//! A file becomes a tree in which every node knows its line and column. The subset is what people write by hand:
//! one document, no anchors, aliases, tags or merge keys, no key twice, bounded size and depth.

use std::collections::HashMap;

use granit_parser::{Event, Marker, Parser, ScalarStyle, Span};

use super::Position;

/// Files over this size are refused before parsing.
const FILE_BYTES_MAX: usize = 32 * 1024 * 1024;
const DEPTH_MAX: usize = 32;

/// A value of a YAML file and where it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Where the value starts.
    pub at: Position,
    /// The value.
    pub value: Value,
}

impl Node {
    /// The value of a field of a mapping; `None` for other values too.
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.entries().iter().find(|(key, _)| key.name == name).map(|(_, node)| node)
    }

    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            Value::Null | Value::Seq(_) | Value::Map(_) => None,
        }
    }

    /// The items of a list; none for other values.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::Seq(items) => items,
            Value::Null | Value::Scalar { .. } | Value::Map(_) => &[],
        }
    }

    /// The fields of a mapping in the order of the file; none for other values.
    pub fn entries(&self) -> &[(Key, Self)] {
        match &self.value {
            Value::Map(entries) => entries,
            Value::Null | Value::Scalar { .. } | Value::Seq(_) => &[],
        }
    }
}

/// What a YAML file can hold here. Scalars stay text: the reader of a field decides its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing after the colon, `~` or `null`.
    Null,
    /// A scalar as written, without its quotes. `quoted` tells `"true"` from `true`.
    Scalar {
        /// The text.
        text: String,
        /// Whether it stood in quotes or was a block scalar.
        quoted: bool,
    },
    /// A list.
    Seq(Vec<Node>),
    /// A mapping in file order.
    Map(Vec<(Key, Node)>),
}

/// A key of a mapping and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Where the key starts.
    pub at: Position,
    /// The key.
    pub name: String,
}

/// Text that is not YAML of the accepted subset.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// Where.
    pub at: Position,
    /// What is wrong.
    pub message: String,
}

/// A YAML file that could be read, and the keys that stand twice in it (the first one is kept).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The content; [`Value::Null`] for an empty file.
    pub root: Node,
    /// One entry for each key that repeats an earlier one of the same mapping. A caller must refuse these.
    pub duplicates: Vec<SyntaxError>,
}

/// Reads one YAML document.
pub fn parse(text: &str) -> Result<Document, SyntaxError> {
    if text.len() > FILE_BYTES_MAX {
        let message = format!("the file is larger than {FILE_BYTES_MAX} bytes");
        return Err(SyntaxError { at: Position::START, message });
    }
    let mut builder = Builder::default();
    for next in Parser::new_from_str(text) {
        let (event, span) = next.map_err(|error| SyntaxError {
            at: position(error.marker()),
            message: format!("not YAML: {}", error.info()),
        })?;
        builder.take(event, span)?;
    }
    let root = builder.root.unwrap_or(Node { at: Position::START, value: Value::Null });
    Ok(Document { root, duplicates: builder.duplicates })
}

fn position(marker: &Marker) -> Position {
    let line = u32::try_from(marker.line()).unwrap_or(u32::MAX);
    let column = u32::try_from(marker.col()).unwrap_or(u32::MAX);
    Position { line, column: column.saturating_add(1) }
}

/// A collection whose end has not been seen.
enum Open {
    Seq { at: Position, items: Vec<Node> },
    Map { at: Position, entries: Vec<(Key, Node)>, key: Option<Key>, known: Known },
}

/// Finds a key that stands in a mapping already. Small mappings are looked through; what is known of a large one is kept,
/// so that the time for a file grows with its size and not faster.
#[derive(Default)]
struct Known {
    lines: HashMap<String, u32>,
    entries: usize,
}

impl Known {
    const LOOKED_THROUGH_MAX: usize = 32;

    fn line_of(&mut self, name: &str, entries: &[(Key, Node)]) -> Option<u32> {
        if entries.len() <= Self::LOOKED_THROUGH_MAX {
            return entries.iter().find(|(key, _)| key.name == name).map(|(key, _)| key.at.line);
        }
        for (key, _) in entries.get(self.entries..).unwrap_or_default() {
            self.lines.entry(key.name.clone()).or_insert(key.at.line);
        }
        self.entries = entries.len();
        self.lines.get(name).copied()
    }
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
    duplicates: Vec<SyntaxError>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), SyntaxError> {
        let at = position(&span.start);
        if event.tag().is_some() {
            return Err(refused(at, "tags (`!name`)"));
        }
        match event {
            Event::Scalar(text, style, anchor, _tag) => {
                refuse_anchor(at, anchor)?;
                self.scalar(at, text.into_owned(), style)
            }
            Event::SequenceStart(_style, anchor, _tag) => {
                refuse_anchor(at, anchor)?;
                self.start(at, Open::Seq { at, items: Vec::new() })
            }
            Event::MappingStart(_style, anchor, _tag) => {
                refuse_anchor(at, anchor)?;
                self.start(
                    at,
                    Open::Map { at, entries: Vec::new(), key: None, known: Known::default() },
                )
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(at),
            Event::Alias(_) => Err(refused(at, "aliases (`*name`)")),
            Event::DocumentStart(..) if self.root.is_some() => {
                Err(refused(at, "several documents (`---`)"))
            }
            _ => Ok(()),
        }
    }

    fn start(&mut self, at: Position, collection: Open) -> Result<(), SyntaxError> {
        if self.open.len() >= DEPTH_MAX {
            let message = format!("nested deeper than {DEPTH_MAX} levels");
            return Err(SyntaxError { at, message });
        }
        if self.expects_key() {
            return Err(refused(at, "keys that are lists or mappings"));
        }
        self.open.push(collection);
        Ok(())
    }

    fn end(&mut self, at: Position) -> Result<(), SyntaxError> {
        match self.open.pop() {
            Some(Open::Seq { at, items }) => self.place(Node { at, value: Value::Seq(items) }),
            Some(Open::Map { at, entries, .. }) => {
                self.place(Node { at, value: Value::Map(entries) })
            }
            None => Err(SyntaxError { at, message: "not YAML: an end without a start".into() }),
        }
    }

    fn scalar(
        &mut self,
        at: Position,
        text: String,
        style: ScalarStyle,
    ) -> Result<(), SyntaxError> {
        if self.expects_key() {
            return self.key(Key { at, name: text });
        }
        let quoted = style != ScalarStyle::Plain;
        let null = !quoted && matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL");
        let value = if null { Value::Null } else { Value::Scalar { text, quoted } };
        self.place(Node { at, value })
    }

    fn expects_key(&self) -> bool {
        matches!(self.open.last(), Some(Open::Map { key: None, .. }))
    }

    fn key(&mut self, new: Key) -> Result<(), SyntaxError> {
        let Some(Open::Map { entries, key, known, .. }) = self.open.last_mut() else {
            return Ok(());
        };
        if let Some(line) = known.line_of(&new.name, entries) {
            let message = format!("`{}` stands twice, first on line {line}", new.name);
            self.duplicates.push(SyntaxError { at: new.at, message });
        }
        if new.name == "<<" {
            return Err(refused(new.at, "merge keys (`<<`)"));
        }
        *key = Some(new);
        Ok(())
    }

    fn place(&mut self, node: Node) -> Result<(), SyntaxError> {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::Seq { items, .. }) => items.push(node),
            Some(Open::Map { entries, key, .. }) => match key.take() {
                Some(key) => entries.push((key, node)), // a repeated key is found first by its first entry
                None => return Err(refused(node.at, "values without a key")),
            },
        }
        Ok(())
    }
}

fn refuse_anchor(at: Position, anchor: usize) -> Result<(), SyntaxError> {
    if anchor == 0 { Ok(()) } else { Err(refused(at, "anchors (`&name`)")) }
}

fn refused(at: Position, what: &str) -> SyntaxError {
    SyntaxError { at, message: format!("{what} are not accepted here; write the value out") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Small mappings and large ones are searched in two ways.
    #[test]
    fn a_key_that_stands_twice_is_found_in_mappings_of_any_size() {
        for size in [1, 31, 32, 33, 34, 100, 5000] {
            let mut text: String =
                (1..=size).flat_map(|number| [format!("k{number}: 1"), "\n".to_owned()]).collect();
            for twice in [1, size / 2 + 1, size] {
                text = format!("{text}k{twice}: again\n");
            }
            let document = parse(&text).unwrap();
            let expected = [1, size / 2 + 1, size]
                .map(|line| format!("`k{line}` stands twice, first on line {line}"));
            let found: Vec<&str> =
                document.duplicates.iter().map(|twice| twice.message.as_str()).collect();
            assert_eq!(found, expected, "{size}");
        }
    }
}
