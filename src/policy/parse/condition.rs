use super::{FINDINGS_MAX, Parser, shorten};
use crate::policy::ConditionKey;
use crate::policy::condition::{Clause, KeyName, MisspeltKey, Operator, Value};
use crate::strict::{Json, pointer_token};

impl Parser<'_> {
    /// Reads a `Condition` block; what has a problem is left out.
    pub(super) fn conditions(&mut self, block: Option<&Json>, pointer: &str) -> Vec<Clause> {
        let Some(block) = block else { return Vec::new() };
        let mut clauses = Vec::new();
        for (name, keys) in self.entries(block, pointer, "`Condition`") {
            let pointer = format!("{pointer}/{}", pointer_token(name));
            let operator = Operator::find(name);
            if operator.is_none() && !self.has_enough() {
                let message = format!("`{}` is not an operator", shorten(name));
                self.refuse("V-10", &pointer, message, &Operator::help_for(&shorten(name)));
            }
            for (key, values) in self.entries(keys, &pointer, "an operator") {
                let pointer = format!("{pointer}/{}", pointer_token(key));
                let resolved = self.key(key, &pointer);
                let values = self.values(operator, values, &pointer);
                if let (Some(operator), Some(resolved)) = (operator, resolved) {
                    clauses.push(Clause::new(operator, (resolved, key), values));
                }
            }
        }
        clauses
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
    fn key(&mut self, key: &str, pointer: &str) -> Option<ConditionKey> {
        match KeyName::parse(key) {
            Ok(KeyName::Known(key)) => Some(key),
            Ok(KeyName::Unheard(resolved)) if self.findings.len() >= FINDINGS_MAX => Some(resolved),
            Ok(KeyName::Unheard(resolved)) => {
                let help = match KeyName::near(&shorten(key)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "an Allow that needs it never applies, a Deny always does, unless the \
                             catalogue defines it"
                        .to_owned(),
                };
                let message = format!("`{}` is no key that RAM is known to have", shorten(key));
                self.note("C-11", pointer, message, &help);
                Some(resolved)
            }
            Err(MisspeltKey { right }) => {
                let message = format!("the key `{}` has the wrong letter case", shorten(key));
                self.refuse("V-9", pointer, message, &format!("write `{}`", shorten(&right)));
                None
            }
        }
    }

    /// V-11, V-12, V-13. Without a valid operator the values have no type to be read as.
    fn values(
        &mut self,
        operator: Option<&Operator>,
        values: &Json,
        pointer: &str,
    ) -> Vec<(Box<str>, Value)> {
        let mut read = Vec::new();
        for (pointer, text) in self.strings(values, pointer, "V-11") {
            let Some(operator) = operator else { continue };
            if !self.has_variable(text, &pointer) {
                read.extend(self.value(operator, text, &pointer));
            }
        }
        read
    }

    fn value(
        &mut self,
        operator: &Operator,
        text: &str,
        pointer: &str,
    ) -> Option<(Box<str>, Value)> {
        match Value::parse(operator, text) {
            Ok(value) => {
                if operator.leaves_borders_undecided() && value.has_only_border_addresses() {
                    self.note_border(operator, text, pointer);
                }
                Some((text.into(), value))
            }
            Err(bad) => {
                let message = format!(
                    "`{}` is not {}, as {} needs",
                    shorten(text),
                    bad.wanted,
                    operator.name
                );
                self.refuse("V-12", pointer, message, &bad.help);
                None
            }
        }
    }

    fn note_border(&mut self, operator: &Operator, text: &str, pointer: &str) {
        let message = format!(
            "`{}` has only border addresses, which {} does not decide: an Allow never applies to them, a Deny always",
            shorten(text),
            operator.name
        );
        let address = text.split('/').next().unwrap_or_default();
        let help =
            format!("write the one address `{address}`, or use {}IncludeBorder", operator.name);
        self.note("C-15", pointer, message, &help);
    }
}
