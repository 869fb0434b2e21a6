//! What a file says for people, and how sure it is: read as strictly as the rest, so that a mistake there is found too.

use crate::strict::{Fields, Value};

use super::super::model::{Confidence, Product, Style, Unlisted};
use super::Loader;

const LEVELS: &[&str] = &["read", "list", "write"];
const KINDS: &[&str] = &["get", "list", "create", "update", "delete"];

/// What an operation says about itself.
pub(super) struct About {
    pub(super) is_list: bool,
    pub(super) confidence: Option<Confidence>,
}

impl Loader<'_, '_> {
    /// `title`, `notes` and `sources`.
    pub(super) fn read_about(&mut self, fields: &Fields<'_>) {
        self.reader.text(fields, "title");
        let _texts: Vec<String> = self.reader.parsed_list(fields, "notes");
        let Some(node) = fields.get("sources") else { return };
        let Value::Map(entries) = &node.value else {
            let help = "sources: {DOC: {what: '...', state: '2026', read: '...'}}";
            self.wrong(node.at, "sources", "`sources` is a mapping", help);
            return;
        };
        for (key, node) in entries {
            let path = format!("sources.{}", key.name);
            if let Some(source) = self.reader.fields(node, &path, &["what", "state", "read"]) {
                self.reader.required(&source, "what");
                for field in ["what", "state", "read"] {
                    self.reader.text(&source, field);
                }
            }
            self.sources.push(key.name.clone());
        }
    }

    /// `level`, `kind`, `confidence`, `source`, `conflict` and `note` of an operation.
    pub(super) fn about(&mut self, fields: &Fields<'_>) -> About {
        let level = self.word(fields, "level", LEVELS);
        self.word(fields, "kind", KINDS);
        for field in ["conflict", "note"] {
            self.reader.text(fields, field);
        }
        if let Some(node) = fields.get("source") {
            let path = fields.path("source");
            let text = self.reader.text_of(node, &path).unwrap_or_default();
            if !self.sources.iter().any(|known| known == text) {
                let message = format!("`{text}` has no entry in sources");
                self.wrong(node.at, &path, message, "explain it there, or leave it out");
            }
        }
        let words = Confidence::ALL.map(|(word, _)| word);
        let confidence = self.word(fields, "confidence", &words).and_then(Confidence::find);
        About { is_list: level == Some("list"), confidence }
    }

    fn word<'n>(&mut self, fields: &Fields<'n>, name: &str, words: &[&str]) -> Option<&'n str> {
        fields.get(name)?;
        self.one_of(fields, name, words)
    }

    /// `unlisted` (section 3): off unless the file says so.
    pub(super) fn unlisted(&mut self, fields: &Fields<'_>, product: &mut Product) {
        if self.word(fields, "unlisted", &["refused", "by-name"]) != Some("by-name") {
            return;
        }
        product.unlisted = Unlisted::ByName;
        if product.style != Style::Rpc {
            let at = fields.get("unlisted").map_or(fields.at, |node| node.at);
            let message = "only rpc requests name their operation";
            self.wrong(at, "unlisted", message, "describe the operations one by one");
        }
    }
}
