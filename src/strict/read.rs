//! Turning a YAML tree into types while collecting every problem on the way.

use std::fmt::Display;
use std::str::FromStr;

use super::{Key, Node, Position, Problem, Value, yaml};

/// Reads one file and remembers what is wrong with it. Values that cannot be read come back as `None` or a default,
/// so that reading goes on; the caller refuses the file when [`Reader::into_problems`] holds an error.
#[derive(Debug)]
pub struct Reader<'f> {
    file: &'f str,
    problems: Vec<Problem>,
    /// Whether a text of the file may stand in a message.
    repeats: bool,
}

/// A mapping whose keys are all known.
#[derive(Clone, Debug)]
pub struct Fields<'n> {
    /// Where the mapping starts.
    pub at: Position,
    path: String,
    entries: &'n [(Key, Node)],
}

impl<'n> Fields<'n> {
    /// The value of a field, if the file has it and it is not null.
    pub fn get(&self, name: &str) -> Option<&'n Node> {
        let (_, node) = self.entries.iter().find(|(key, _)| key.name == name)?;
        (node.value != Value::Null).then_some(node)
    }

    /// The path of a field for messages, such as `users[2].name`.
    pub fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}

impl<'f> Reader<'f> {
    /// Starts reading `file`, named as the operator knows it.
    pub fn new(file: &'f str) -> Self {
        Self { file, problems: Vec::new(), repeats: true }
    }

    /// Starts reading a file with secrets: no message repeats a text of it, not even the name of a field that nobody knows.
    pub fn of_secrets(file: &'f str) -> Self {
        Self { repeats: false, ..Self::new(file) }
    }

    /// Everything found so far.
    pub fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    /// Parses the text of the file. `None` when it is not YAML.
    pub fn parse(&mut self, text: &str) -> Option<Node> {
        match yaml(text) {
            Ok(document) => {
                for duplicate in document.duplicates {
                    let message = if self.repeats {
                        duplicate.message
                    } else {
                        "a field stands twice".to_owned()
                    };
                    self.error(duplicate.at, "", message, "keep one of the two");
                }
                Some(document.root)
            }
            Err(error) => {
                self.problems.push(Problem::error(self.file, error.at, "", error.message));
                None
            }
        }
    }

    /// Reports an error at a place of the file, with what to do about it.
    pub fn error(&mut self, at: Position, field: &str, message: impl Into<String>, help: &str) {
        let problem = Problem::error(self.file, at, field, message);
        self.problems.push(if help.is_empty() { problem } else { problem.help(help) });
    }

    /// Reports something a person should know that does not stop the load.
    pub fn warning(&mut self, at: Position, field: &str, message: impl Into<String>, help: &str) {
        let problem = Problem::warning(self.file, at, field, message);
        self.problems.push(if help.is_empty() { problem } else { problem.help(help) });
    }

    /// The fields of a mapping. Keys outside `known` are reported, with the nearest known one.
    pub fn fields<'n>(&mut self, node: &'n Node, path: &str, known: &[&str]) -> Option<Fields<'n>> {
        let Value::Map(entries) = &node.value else {
            self.error(node.at, path, "a mapping (`field: value`) is wanted here", "");
            return None;
        };
        let fields = Fields { at: node.at, path: path.to_owned(), entries };
        for (key, _) in entries.iter().filter(|(key, _)| !known.contains(&key.name.as_str())) {
            let help = match nearest(&key.name, known) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("known fields here: {}", known.join(", ")),
            };
            let (field, message) = if self.repeats {
                (fields.path(&key.name), format!("unknown field `{}`", key.name))
            } else {
                (path.to_owned(), "unknown field; a value with a comma needs quotes".to_owned())
            };
            self.error(key.at, &field, message, &help);
        }
        Some(fields)
    }

    /// A field that must be there.
    pub fn required<'n>(&mut self, fields: &Fields<'n>, name: &str) -> Option<&'n Node> {
        let found = fields.get(name);
        if found.is_none() {
            self.error(fields.at, &fields.path(name), format!("the field `{name}` is missing"), "");
        }
        found
    }

    /// The text of a scalar.
    pub fn text_of<'n>(&mut self, node: &'n Node, path: &str) -> Option<&'n str> {
        match &node.value {
            Value::Scalar { text, .. } => Some(text),
            Value::Null | Value::Seq(_) | Value::Map(_) => {
                self.error(node.at, path, "one value is wanted here, not a list or a mapping", "");
                None
            }
        }
    }

    /// An optional text field.
    pub fn text<'n>(&mut self, fields: &Fields<'n>, name: &str) -> Option<&'n str> {
        let node = fields.get(name)?;
        self.text_of(node, &fields.path(name))
    }

    /// An optional field read as `T`.
    pub fn parsed<T>(&mut self, fields: &Fields<'_>, name: &str) -> Option<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        let node = fields.get(name)?;
        self.parsed_of(node, &fields.path(name))
    }

    /// A field that must be there, read as `T`.
    pub fn required_parsed<T>(&mut self, fields: &Fields<'_>, name: &str) -> Option<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        let node = self.required(fields, name)?;
        self.parsed_of(node, &fields.path(name))
    }

    /// A scalar read as `T`.
    pub fn parsed_of<T>(&mut self, node: &Node, path: &str) -> Option<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        let text = self.text_of(node, path)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) if self.repeats => {
                self.error(node.at, path, format!("`{text}` cannot be read: {error}"), "");
                None
            }
            Err(_repeats_the_text) => {
                let message =
                    "the value cannot be read; it is not repeated, since secrets are in this file";
                self.error(node.at, path, message, "");
                None
            }
        }
    }

    /// An optional switch: `true` or `false`, unquoted or not, nothing else.
    pub fn switch(&mut self, fields: &Fields<'_>, name: &str, default: bool) -> bool {
        self.parsed(fields, name).unwrap_or(default)
    }

    /// The items of an optional list; empty when the field is absent.
    pub fn list<'n>(&mut self, fields: &Fields<'n>, name: &str) -> &'n [Node] {
        let Some(node) = fields.get(name) else { return &[] };
        let Value::Seq(items) = &node.value else {
            self.error(node.at, &fields.path(name), "a list (`- item`) is wanted here", "");
            return &[];
        };
        items
    }

    /// A list whose items are each read as `T`. Items that cannot be read are reported and left out.
    pub fn parsed_list<T>(&mut self, fields: &Fields<'_>, name: &str) -> Vec<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        let items = self.list(fields, name);
        let path = fields.path(name);
        let read = |(index, node)| self.parsed_of(node, &format!("{path}[{index}]"));
        items.iter().enumerate().filter_map(read).collect()
    }
}

/// The known name that a misspelt one most likely stands for.
pub(crate) fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let close = |candidate: &&str| distance(name, candidate) <= 1 + name.len() / 4;
    known.iter().copied().filter(close).min_by_key(|candidate| distance(name, candidate))
}

/// Levenshtein distance, ignoring ASCII case, over bytes.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (above, from) in left.bytes().enumerate() {
        let mut diagonal = above;
        let mut last = above + 1;
        let mut next = vec![last];
        for (to, old) in right.bytes().zip(row.iter().skip(1)) {
            let substitution = diagonal + usize::from(!from.eq_ignore_ascii_case(&to));
            last = substitution.min(old + 1).min(last + 1);
            diagonal = *old;
            next.push(last);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_of_a_file_is_reported() {
        let mut reader = Reader::new("d.yaml");
        let root = reader.parse("usres: 1\nlist: 3\nflag: maybe\nflag: no\nmap: x\n").unwrap();
        let fields = reader.fields(&root, "", &["users", "list", "flag", "map"]).unwrap();
        reader.list(&fields, "list");
        reader.switch(&fields, "flag", false);
        reader.fields(fields.get("map").unwrap(), "map", &[]);
        let problems = reader.into_problems();
        let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(shown.len(), 5, "{shown:#?}");
        assert!(shown[0].starts_with("d.yaml:4:1: error: `flag` stands twice"), "{}", shown[0]);
        assert!(shown[1].contains("did you mean `users`?"), "{}", shown[1]);
    }

    #[test]
    fn distances() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(nearest("statsu", &["status", "secret"]), Some("status"));
        assert_eq!(nearest("zzz", &["status", "secret"]), None);
    }
}
