//! The old file as lines, of which some are replaced.

use crate::strict::{Node, Position};

/// Which lines belong to which operation.
#[derive(Debug)]
pub(super) struct Lines<'t> {
    old: Vec<&'t str>,
    /// First line of each operation with the comments above it, from 0.
    starts: Vec<usize>,
    /// The line behind the last operation.
    end: usize,
    /// The line of `operations:`.
    operations: usize,
    replaced: Vec<(usize, String)>,
    appended: Vec<String>,
    /// Entries for other mappings, each with the line that it goes before.
    inserted: Vec<(usize, String)>,
}

impl<'t> Lines<'t> {
    pub(super) fn of(text: &'t str, root: &Node) -> Result<Self, (Position, String)> {
        let lines: Vec<&str> = text.lines().collect();
        let key = root.entries().iter().position(|(key, _)| key.name == "operations");
        let entry = key.and_then(|index| root.entries().get(index));
        let Some((key, node)) = entry else {
            return Err((Position::START, "the file has no operations".to_owned()));
        };
        let operations = index_of(key.at);
        let mut starts = Vec::new();
        for item in node.items() {
            let line = index_of(item.at);
            if !lines.get(line).is_some_and(|text| text.trim_start().starts_with("- ")) {
                let message = "an operation does not begin on a line of its own (`- name: …`)";
                return Err((item.at, message.to_owned()));
            }
            starts.push(above_comments(&lines, line, operations));
        }
        let lines_below = root.entries().iter().map(|(key, _)| index_of(key.at));
        let next = lines_below.filter(|line| *line > operations).min();
        let end = next.map_or(lines.len(), |line| above_comments(&lines, line, operations));
        Ok(Self {
            old: lines,
            starts,
            end,
            operations,
            replaced: Vec::new(),
            appended: Vec::new(),
            inserted: Vec::new(),
        })
    }

    /// Puts `text` in the place of an operation.
    pub(super) fn replace(&mut self, operation: usize, text: String) {
        self.replaced.push((operation, text));
    }

    /// Puts `text` behind the last operation.
    pub(super) fn append(&mut self, text: String) {
        self.appended.push(text);
    }

    /// Adds an entry to a mapping of the file, which may not be there yet.
    pub(super) fn add_entry(
        &mut self,
        root: &Node,
        field: &str,
        entry: &str,
    ) -> Result<(), (Position, String)> {
        let first = root.get(field).and_then(|node| node.entries().first());
        let Some((key, _)) = first else {
            let title = format!("{field}:\n");
            let begun = self.inserted.iter().any(|(_, text)| text.starts_with(&title));
            let text = if begun { format!("  {entry}\n") } else { format!("{title}  {entry}\n") };
            self.inserted.push((self.operations, text));
            return Ok(());
        };
        let line = index_of(key.at);
        let indent = usize::try_from(key.at.column).unwrap_or(1).saturating_sub(1);
        let is_own = self.old.get(line).is_some_and(|text| {
            text.get(..indent).is_some_and(|before| !before.is_empty() && before.trim().is_empty())
        });
        if !is_own {
            let message =
                format!("`{field}` is written on one line; give each entry a line of its own");
            return Err((key.at, message));
        }
        self.inserted.push((line, format!("{:indent$}{entry}\n", "")));
        Ok(())
    }

    pub(super) fn finish(self) -> String {
        let mut text = String::new();
        let mut skip_to = 0;
        for (number, line) in self.old.iter().enumerate() {
            if number == self.end {
                self.appended.iter().for_each(|entry| text.push_str(entry));
            }
            for (_, entry) in self.inserted.iter().filter(|(at, _)| *at == number) {
                text.push_str(entry);
            }
            if let Ok(index) = self.starts.binary_search(&number)
                && let Some((_, entry)) = self.replaced.iter().find(|(place, _)| *place == index)
            {
                text.push_str(entry);
                skip_to = self.starts.get(index + 1).copied().unwrap_or(self.end);
            }
            if number >= skip_to {
                text.push_str(line);
                text.push('\n');
            }
        }
        if self.end >= self.old.len() {
            self.appended.iter().for_each(|entry| text.push_str(entry));
        }
        text
    }
}

fn index_of(at: Position) -> usize {
    usize::try_from(at.line).unwrap_or(usize::MAX).saturating_sub(1)
}

/// The first of the comment lines directly above a line, but not above `floor`.
fn above_comments(lines: &[&str], mut line: usize, floor: usize) -> usize {
    while let Some(above) = line.checked_sub(1).filter(|above| *above > floor) {
        if !lines.get(above).is_some_and(|text| text.trim_start().starts_with('#')) {
            break;
        }
        line = above;
    }
    line
}
