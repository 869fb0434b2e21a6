use super::{Parser, shorten};
use crate::policy::condition::{Key, MisspeltKey, Operator, Value};
use crate::strict::{Json, pointer_token};

impl Parser<'_> {
    /// Looks at a `Condition` block.
    pub(super) fn conditions(&mut self, block: Option<&Json>, pointer: &str) {
        let Some(block) = block else { return };
        for (name, keys) in self.entries(block, pointer, "`Condition`") {
            let pointer = format!("{pointer}/{}", pointer_token(name));
            let operator = Operator::find(name);
            if operator.is_none() && !self.has_enough() {
                let message = format!("`{}` is not an operator", shorten(name));
                self.refuse("V-10", &pointer, message, &Operator::help_for(&shorten(name)));
            }
            for (key, values) in self.entries(keys, &pointer, "an operator") {
                let pointer = format!("{pointer}/{}", pointer_token(key));
                self.key(key, &pointer);
                self.values(operator, values, &pointer);
            }
        }
    }

    /// V-11: the members of an object that is not empty.
    fn entries<'j>(
        &mut self,
        value: &'j Json,
        pointer: &str,
        what: &str,
    ) -> &'j [(Box<str>, Json)] {
        match value {
            Json::Object(members) if members.is_empty() => {
                let message = format!("{what} with nothing in it");
                self.refuse("V-11", pointer, message, "remove it, or say what must hold");
                &[]
            }
            Json::Object(members) => members,
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {
                let message = format!("{what} is an object, not {}", value.kind());
                let help = "write {\"StringEquals\": {\"<key>\": \"<value>\"}}";
                self.refuse("V-11", pointer, message, help);
                &[]
            }
        }
    }

    /// V-9.
    fn key(&mut self, key: &str, pointer: &str) {
        if let Err(MisspeltKey { right }) = Key::read(key, self.kind, &mut self.scratch) {
            let message = format!("the key `{}` has the wrong letter case", shorten(key));
            self.refuse("V-9", pointer, message, &format!("write `{}`", shorten(&right)));
        }
    }

    /// V-11, V-12, V-13. Without a valid operator the values have no type to be read as.
    fn values(&mut self, operator: Option<&Operator>, values: &Json, pointer: &str) {
        for (pointer, text) in self.strings(values, pointer, "V-11") {
            let Some(operator) = operator else { continue };
            if self.has_variable(text, &pointer) {
                continue;
            }
            if let Err(bad) = Value::read(operator, text, &mut self.scratch) {
                let message = format!(
                    "`{}` is not {}, as {} needs",
                    shorten(text),
                    bad.wanted,
                    operator.name
                );
                self.refuse("V-12", &pointer, message, &bad.help);
            }
        }
    }
}
