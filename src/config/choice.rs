//! Fields with a few words to choose from.

use crate::strict::{Fields, Node, Reader};

/// What may be written, and what it means.
pub(super) type Choices<T> = [(&'static str, T)];

/// Reads a field; `None` when it is absent or broken.
pub(super) fn choice<T: Copy>(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    name: &str,
    choices: &Choices<T>,
) -> Option<T> {
    chosen(reader, fields.get(name)?, &fields.path(name), choices)
}

/// Reads a list of words; what is broken is left out.
pub(super) fn choice_list<T: Copy>(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    name: &str,
    choices: &Choices<T>,
) -> Vec<T> {
    let items = reader.list(fields, name).iter().enumerate();
    items
        .filter_map(|(index, node)| {
            chosen(reader, node, &format!("{}[{index}]", fields.path(name)), choices)
        })
        .collect()
}

fn chosen<T: Copy>(
    reader: &mut Reader<'_>,
    node: &Node,
    path: &str,
    choices: &Choices<T>,
) -> Option<T> {
    let text = reader.text_of(node, path)?;
    let known = choices.iter().find(|(word, _)| *word == text);
    if known.is_none() {
        let words: Vec<_> = choices.iter().map(|(word, _)| format!("`{word}`")).collect();
        let message = format!("there is no choice `{text}`");
        reader.error(node.at, path, message, &format!("write {}", words.join(" or ")));
    }
    known.map(|(_, value)| *value)
}
