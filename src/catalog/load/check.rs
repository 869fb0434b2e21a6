//! Reading the checks of an operation.

use crate::policy::ObjectUse;
use crate::strict::{Fields, Node, Position, Value};

use super::super::model::{Absent, CheckRule, ResourceRule, Shape, Test, When};
use super::super::template::Template;
use super::Loader;

/// What a check says about an object that has an access control list.
const CHECK_TRAITS: &[(&str, ObjectUse)] =
    &[("object-read", ObjectUse::Read), ("object-write", ObjectUse::Write)];

impl Loader<'_, '_> {
    pub(super) fn check(&mut self, node: &Node, path: &str) -> Option<CheckRule> {
        let fields = self.reader.fields(
            node,
            path,
            &["action", "traits", "when", "resources", "conditions"],
        )?;
        let action: String = self.reader.required_parsed(&fields, "action")?;
        let Some((service, operation)) = action
            .split_once(':')
            .filter(|(service, operation)| is_code(service) && is_name(operation))
        else {
            self.wrong(
                fields.at,
                &fields.path("action"),
                format!("`{action}` is no action"),
                "an action is <ram code>:<Operation>, with letters and digits",
            );
            return None;
        };
        let when = self.when(&fields);
        let mut resources = Vec::new();
        for (index, node) in self.reader.list(&fields, "resources").iter().enumerate() {
            let path = format!("{}[{index}]", fields.path("resources"));
            resources.extend(self.resource(node, &path));
        }
        if resources.is_empty() {
            self.wrong(
                fields.at,
                &fields.path("resources"),
                "a check names its resources",
                "`- {arn: '*', required: true}` for all of them",
            );
        }
        let conditions: Vec<String> = self.reader.parsed_list(&fields, "conditions");
        for name in &conditions {
            let family = name.split('/').next().unwrap_or_default();
            if !self.keys.contains_key(name.as_str())
                && !self.keys.contains_key(family)
                && !name.starts_with("acs:")
            {
                self.wrong(
                    fields.at,
                    &fields.path("conditions"),
                    format!("`{name}` has no entry in condition_keys"),
                    "",
                );
            }
        }
        Some(CheckRule {
            service: service.into(),
            operation: operation.into(),
            when,
            object_use: self.object_use(&fields),
            resources,
            conditions,
            per_element: false,
        })
    }

    fn when(&mut self, fields: &Fields<'_>) -> Vec<When> {
        let mut found = Vec::new();
        let Some(node) = fields.get("when") else { return found };
        let path = fields.path("when");
        let Value::Map(entries) = &node.value else {
            self.wrong(node.at, &path, "`when` is a mapping", "when: {Name: {present: true}}");
            return found;
        };
        for (key, node) in entries {
            let path = format!("{path}.{}", key.name);
            self.check_read_name(node.at, &path, &key.name);
            let Some(test) = self.reader.fields(node, &path, &["present", "equals", "not", "in"])
            else {
                continue;
            };
            let tests = [
                self.reader.parsed(&test, "present").map(Test::Present),
                self.reader.parsed(&test, "equals").map(|text| Test::In(vec![text])),
                self.reader.parsed(&test, "not").map(Test::Not),
                test.get("in").map(|_| Test::In(self.reader.parsed_list(&test, "in"))),
            ];
            let mut tests = tests.into_iter().flatten();
            match (tests.next(), tests.next()) {
                (Some(Test::In(texts)), None) if texts.is_empty() => {
                    self.wrong(node.at, &path, "no value is in an empty list", "name the values");
                }
                (Some(test), None) => found.push(When { name: key.name.clone(), test }),
                _ => self.wrong(
                    node.at,
                    &path,
                    "a condition has exactly one test",
                    "present, equals, not or in",
                ),
            }
        }
        found
    }

    fn resource(&mut self, node: &Node, path: &str) -> Option<ResourceRule> {
        let known = [
            "arn",
            "required",
            "absent",
            "when",
            "must_match",
            "switch",
            "fold",
            "cases",
            "default",
        ];
        let fields = self.reader.fields(node, path, &known)?;
        let required = self.reader.required_parsed(&fields, "required")?;
        let absent = match self.reader.text(&fields, "absent") {
            None if required => Absent::Deny,
            None | Some("skip") => Absent::Skip,
            Some("deny") => Absent::Deny,
            Some("wildcard") => Absent::Wildcard,
            Some("caller") => Absent::Caller,
            Some(other) => {
                self.wrong(
                    fields.at,
                    &fields.path("absent"),
                    format!("`{other}` is no way to read an absent value"),
                    "deny, skip, wildcard or caller",
                );
                return None;
            }
        };
        let when = self.when(&fields);
        self.check_foreign(&fields);
        let shape = match (fields.get("arn"), fields.get("switch")) {
            (Some(node), None) => {
                let must_match: Option<String> = self.reader.parsed(&fields, "must_match");
                let text = self.reader.text_of(node, &fields.path("arn"))?;
                Shape::Arn(self.template(
                    text,
                    must_match.as_deref(),
                    node.at,
                    &fields.path("arn"),
                )?)
            }
            (None, Some(_)) => self.switch(&fields)?,
            _ => {
                self.wrong(fields.at, path, "a resource is an `arn` or a `switch`", "");
                return None;
            }
        };
        self.check_absent(&fields, &shape, absent);
        Some(ResourceRule { shape, required, absent, when })
    }

    /// What goes with a switch does nothing beside an ARN, and the other way round.
    fn check_foreign(&mut self, fields: &Fields<'_>) {
        let (foreign, of): (&[&str], &str) = match fields.get("switch") {
            Some(_) => (&["must_match"], "`arn`"),
            None => (&["fold", "cases", "default"], "`switch`"),
        };
        for name in foreign {
            if let Some(node) = fields.get(name) {
                self.wrong(
                    node.at,
                    &fields.path(name),
                    format!("it goes with {of}"),
                    "leave it out",
                );
            }
        }
    }

    /// An ARN without a value of the request has nothing that can be absent; and the calling user is one value.
    fn check_absent(&mut self, fields: &Fields<'_>, shape: &Shape, absent: Absent) {
        let Shape::Arn(template) = shape else { return };
        let values = template.sources().len();
        let wrong = match absent {
            Absent::Wildcard if values == 0 && !template.looks_up() => {
                "no value of it can be absent"
            }
            Absent::Caller if values != 1 => "the calling user stands for exactly one value",
            Absent::Deny | Absent::Skip | Absent::Wildcard | Absent::Caller => return,
        };
        let at = fields.get("absent").map_or(fields.at, |node| node.at);
        self.wrong(at, &fields.path("absent"), wrong, "leave it out");
    }

    fn switch(&mut self, fields: &Fields<'_>) -> Option<Shape> {
        let parameter: String = self.reader.required_parsed(fields, "switch")?;
        self.check_read_name(fields.at, &fields.path("switch"), &parameter);
        let fold = self.reader.switch(fields, "fold", false);
        let deny = self.one_of(fields, "default", &["*", "deny"])? == "deny";
        let Some(Node { value: Value::Map(entries), .. }) = fields.get("cases") else {
            self.wrong(
                fields.at,
                &fields.path("cases"),
                "a switch has cases",
                "cases: {value: arn}",
            );
            return None;
        };
        let mut cases: Vec<(String, Template)> = Vec::new();
        for (key, node) in entries {
            let path = format!("{}.{}", fields.path("cases"), key.name);
            let text = self.reader.text_of(node, &path)?;
            let folded = |(case, _): &(String, Template)| case.eq_ignore_ascii_case(&key.name);
            if fold && cases.iter().any(folded) {
                let message = format!("`{}` is another spelling of a case before it", key.name);
                self.wrong(key.at, &path, message, "keep one of the two");
            }
            cases.push((key.name.clone(), self.template(text, None, node.at, &path)?));
        }
        Some(Shape::Switch { parameter, fold, cases, deny })
    }

    fn template(
        &mut self,
        text: &str,
        must_match: Option<&str>,
        at: Position,
        path: &str,
    ) -> Option<Template> {
        match Template::parse(text, must_match) {
            Ok(template) => {
                for source in template.sources() {
                    self.check_read_name(at, path, &source.name);
                }
                Some(template)
            }
            Err(message) => {
                self.wrong(at, path, format!("`{text}` is no ARN template: {message}"), "");
                None
            }
        }
    }

    /// The traits of a check: at most one, and it says what is done to an object.
    fn object_use(&mut self, fields: &Fields<'_>) -> Option<ObjectUse> {
        let mut found = None;
        for (index, node) in self.reader.list(fields, "traits").iter().enumerate() {
            let path = format!("{}[{index}]", fields.path("traits"));
            let text = self.reader.text_of(node, &path).unwrap_or_default();
            match CHECK_TRAITS.iter().find(|(name, _)| *name == text) {
                Some((_, object)) if found.is_none() => found = Some(*object),
                Some(_) => {
                    self.wrong(
                        node.at,
                        &path,
                        "a check is about reading an object or about writing it",
                        "",
                    );
                }
                None => {
                    let help = "traits of a check are object-read, object-write";
                    self.wrong(node.at, &path, format!("there is no trait `{text}`"), help);
                }
            }
        }
        found
    }
}

/// The name of an operation or an action.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

pub(super) fn is_code(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
