//! A JSON document as a tree with places, like the tree of a YAML file: for readers that take both.

use super::json::{Json, JsonError, JsonLimits, json};
use super::locate::{Cursor, Places};
use super::{Key, Node, Value};

/// Parses one JSON document as [`json`] does; every value knows its line and column.
pub fn json_tree(text: &str, limits: JsonLimits) -> Result<Node, JsonError> {
    let value = json(text, limits)?;
    let mut walk = Walk { cursor: Cursor { rest: text }, places: Places::new(text) };
    Ok(walk.node(value))
}

/// Goes through the text and the value that it stands for, side by side. The text is valid: it was parsed before.
struct Walk<'t> {
    cursor: Cursor<'t>,
    places: Places<'t>,
}

impl Walk<'_> {
    fn node(&mut self, value: Json) -> Node {
        self.cursor.blank();
        let at = self.places.of(self.cursor.rest);
        let value = match value {
            Json::Array(items) => self.array(items),
            Json::Object(members) => self.object(members),
            scalar => {
                self.cursor.skip_value();
                of_scalar(scalar)
            }
        };
        Node { at, value }
    }

    fn array(&mut self, items: Vec<Json>) -> Value {
        let _bracket = self.cursor.take('[');
        let mut nodes = Vec::with_capacity(items.len());
        for item in items {
            nodes.push(self.node(item));
            let _comma = self.cursor.next_item();
        }
        self.close(']');
        Value::Seq(nodes)
    }

    fn object(&mut self, members: Vec<(Box<str>, Json)>) -> Value {
        let _brace = self.cursor.take('{');
        let mut entries = Vec::with_capacity(members.len());
        for (name, value) in members {
            self.cursor.blank();
            let at = self.places.of(self.cursor.rest);
            let _name = self.cursor.string();
            self.cursor.blank();
            let _colon = self.cursor.take(':');
            let node = self.node(value);
            entries.push((Key { at, name: name.into() }, node));
            let _comma = self.cursor.next_item();
        }
        self.close('}');
        Value::Map(entries)
    }

    fn close(&mut self, bracket: char) {
        self.cursor.blank();
        let _bracket = self.cursor.take(bracket);
    }
}

fn of_scalar(value: Json) -> Value {
    let unquoted = |text: String| Value::Scalar { text, quoted: false };
    match value {
        Json::Bool(flag) => unquoted(flag.to_string()),
        Json::Number(text) => unquoted(text.into()),
        Json::String(text) => Value::Scalar { text: text.into(), quoted: true },
        Json::Null | Json::Array(_) | Json::Object(_) => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strict::Position;

    #[test]
    fn every_value_knows_its_place() {
        let text = "{\"a\\u0062\": [1, -2.5 , \"x\\\"]\"],\n \"e\": {}, \"n\": null,\n\t\"t\": true, \"l\": [ ]}";
        let root = json_tree(text, JsonLimits::default()).unwrap();
        let list = root.get("ab").unwrap().items();
        let texts: Vec<_> = list.iter().map(|node| node.text().unwrap()).collect();
        assert_eq!(texts, ["1", "-2.5", "x\"]"]);
        assert_eq!(list[1].at, Position { line: 1, column: 17 });
        assert_eq!(list[2].at, Position { line: 1, column: 24 });
        assert_eq!(root.get("e").unwrap().at, Position { line: 2, column: 7 });
        assert_eq!(root.get("t").unwrap().at, Position { line: 3, column: 7 });
        assert_eq!(root.get("n").unwrap().value, Value::Null);
        assert_eq!(root.get("l").unwrap().value, Value::Seq(Vec::new()));
    }
}
