//! Reading the condition keys of a product (section 5).

use std::collections::HashMap;

use crate::strict::{Fields, Value};

use super::super::attributes::{Derive, KeyRule, TagsOf};
use super::Loader;

const CONDITION_KEY: &[&str] = &["type", "from", "derive", "only", "stored_in", "lookup"];
/// What the values of a condition key are.
const KEY_TYPES: &[&str] = &["string", "bool", "number", "date", "address"];

impl Loader<'_, '_> {
    pub(super) fn condition_keys(&mut self, fields: &Fields<'_>) -> HashMap<String, KeyRule> {
        let mut keys = HashMap::new();
        let Some(node) = fields.get("condition_keys") else { return keys };
        let Value::Map(entries) = &node.value else {
            self.wrong(node.at, "condition_keys", "`condition_keys` is a mapping", "");
            return keys;
        };
        for (key, node) in entries {
            let path = format!("condition_keys.{}", key.name);
            let Some(rule) = self.reader.fields(node, &path, CONDITION_KEY) else {
                continue;
            };
            self.one_of(&rule, "type", KEY_TYPES);
            let from = self.names_read(&rule);
            let derive = self.reader.text(&rule, "derive").map_or(Derive::Unknown, Derive::read);
            let only = self.only(&rule, &from);
            let stored_in = self.reader.parsed_list(&rule, "stored_in");
            let lookup = self.lookup(&rule);
            let rule = KeyRule { from, derive, only, stored_in, lookup };
            if keys.insert(key.name.clone(), rule).is_some() {
                self.wrong(key.at, &path, "the condition key stands twice", "");
            }
        }
        keys
    }

    /// The operations that take a parameter, for those of `from` that not all of them take.
    fn only(&mut self, rule: &Fields<'_>, from: &[String]) -> Vec<(String, Vec<String>)> {
        let mut found = Vec::new();
        let Some(node) = rule.get("only") else { return found };
        let names: Vec<&str> = from.iter().map(String::as_str).collect();
        let Some(fields) = self.reader.fields(node, &rule.path("only"), &names) else {
            return found;
        };
        for name in from.iter().filter(|name| fields.get(name).is_some()) {
            found.push((name.clone(), self.reader.parsed_list(&fields, name)));
        }
        found
    }

    /// The table that answers a condition key.
    fn lookup(&mut self, rule: &Fields<'_>) -> Option<TagsOf> {
        rule.get("lookup")?;
        let words = TagsOf::WORDS.map(|(word, _)| word);
        let word = self.one_of(rule, "lookup", &words)?;
        if rule.get("from").is_some_and(|from| from.value != Value::Seq(Vec::new())) {
            let help = "a key is in the request (`from`) or in a table (`lookup`)";
            self.wrong(rule.at, &rule.path("lookup"), "the key has a `from` too", help);
        }
        TagsOf::WORDS.into_iter().find(|(known, _)| *known == word).map(|(_, of)| of)
    }

    /// The names that a condition key is formed from.
    fn names_read(&mut self, rule: &Fields<'_>) -> Vec<String> {
        let path = rule.path("from");
        for (index, node) in self.reader.list(rule, "from").iter().enumerate() {
            if let Some(name) = node.text() {
                self.check_read_name(node.at, &format!("{path}[{index}]"), name);
            }
        }
        self.reader.parsed_list(rule, "from")
    }
}
