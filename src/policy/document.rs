//! Strict parse of identity policies (V-1 – V-14): every problem of a document is reported at once.

use crate::strict::{
    Json, JsonFault, JsonLimits, Position, Problem, json, locate, nearest, pointer_token,
};

use super::condition::{Condition, ConditionError, OPERATORS, misspelt};
use super::pattern::{ActionPattern, ResourcePattern};

/// Whether a statement allows or denies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
}

/// A list of patterns, or everything outside it.
#[derive(Clone, Debug)]
pub(super) struct Set<P> {
    pub(super) complement: bool,
    pub(super) patterns: Vec<P>,
    /// As written, for explanations.
    pub(super) texts: Vec<Box<str>>,
}

#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub(super) sid: Option<String>,
    pub(super) effect: Effect,
    pub(super) actions: Set<ActionPattern>,
    pub(super) resources: Set<ResourcePattern>,
    pub(super) conditions: Vec<Condition>,
    pub(super) line: u32,
}

/// A valid identity policy.
#[derive(Clone, Debug)]
pub struct Document {
    pub(super) file: String,
    pub(super) statements: Vec<Statement>,
}

const STATEMENT: &[&str] =
    &["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "Condition"];

/// Parses an identity policy (system or custom). `file` names it in problems and explanations.
pub fn parse(text: &str, file: &str) -> Result<Document, Vec<Problem>> {
    let mut parser = Parser { text, file, problems: Vec::new() };
    let statements = match json(text, JsonLimits::default()) {
        Ok(root) => parser.document(&root),
        Err(error) => {
            let rule = if error.fault == JsonFault::Repeated { "V-2" } else { "V-1" };
            parser.problems.push(Problem::error(file, error.at, "", error.message).rule(rule));
            Vec::new()
        }
    };
    if parser.problems.is_empty() {
        Ok(Document { file: file.to_owned(), statements })
    } else {
        Err(parser.problems)
    }
}

struct Parser<'t> {
    text: &'t str,
    file: &'t str,
    problems: Vec<Problem>,
}

impl Parser<'_> {
    fn at(&self, pointer: &str) -> Position {
        locate(self.text, pointer).unwrap_or(Position::START)
    }

    fn wrong(&mut self, rule: &'static str, pointer: &str, message: impl Into<String>, help: &str) {
        let problem = Problem::error(self.file, self.at(pointer), pointer, message).rule(rule);
        self.problems.push(if help.is_empty() { problem } else { problem.help(help) });
    }

    fn document(&mut self, root: &Json) -> Vec<Statement> {
        let Json::Object(members) = root else {
            self.wrong("V-1", "", format!("a policy is an object, not {}", root.kind()), "");
            return Vec::new();
        };
        for (name, _) in
            members.iter().filter(|(name, _)| !["Version", "Statement"].contains(&&**name))
        {
            self.unknown_member("", name, &["Version", "Statement"]);
        }
        if root.get("Version").and_then(Json::as_str) != Some("1") {
            let pointer = if root.get("Version").is_some() { "/Version" } else { "" };
            self.wrong("V-4", pointer, "`Version` is the text \"1\"", "write \"Version\": \"1\"");
        }
        match root.get("Statement") {
            Some(Json::Array(statements)) if !statements.is_empty() => {
                let each = statements.iter().enumerate();
                each.filter_map(|(index, statement)| self.statement(index, statement)).collect()
            }
            Some(_) => {
                self.wrong(
                    "V-4",
                    "/Statement",
                    "`Statement` is a list of at least one object",
                    "write \"Statement\": [{ … }]",
                );
                Vec::new()
            }
            None => {
                self.wrong("V-4", "", "`Statement` is missing", "write \"Statement\": [{ … }]");
                Vec::new()
            }
        }
    }

    fn unknown_member(&mut self, pointer: &str, name: &str, known: &[&str]) {
        let member = format!("{pointer}/{}", pointer_token(name));
        let help = nearest(name, known).map_or_else(
            || format!("known here: {}", known.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        self.wrong("V-3", &member, format!("unknown member `{name}`"), &help);
    }

    fn statement(&mut self, index: usize, statement: &Json) -> Option<Statement> {
        let pointer = format!("/Statement/{index}");
        let Json::Object(members) = statement else {
            self.wrong(
                "V-4",
                &pointer,
                format!("a statement is an object, not {}", statement.kind()),
                "",
            );
            return None;
        };
        for (name, _) in members.iter().filter(|(name, _)| !STATEMENT.contains(&&**name)) {
            let rule_14 = &**name == "NotPrincipal";
            if rule_14 {
                self.wrong(
                    "V-14",
                    &format!("{pointer}/NotPrincipal"),
                    "`NotPrincipal` is not part of the language",
                    "",
                );
            } else {
                self.unknown_member(&pointer, name, STATEMENT);
            }
        }
        if statement.get("Principal").is_some() {
            let help = "a policy applies to whom it is attached; remove `Principal`";
            self.wrong(
                "V-14",
                &format!("{pointer}/Principal"),
                "an identity policy has no `Principal`",
                help,
            );
        }
        let sid = self.sid(&pointer, statement);
        let effect = self.effect(&pointer, statement);
        let actions = self.set(&pointer, statement, ["Action", "NotAction"], |parser, at, text| {
            parser.action(at, text)
        });
        let resources =
            self.set(&pointer, statement, ["Resource", "NotResource"], |parser, at, text| {
                parser.resource(at, text)
            });
        let conditions = self.conditions(&pointer, statement);
        let line = self.at(&pointer).line;
        Some(Statement {
            sid,
            effect: effect?,
            actions: actions?,
            resources: resources?,
            conditions,
            line,
        })
    }

    fn sid(&mut self, pointer: &str, statement: &Json) -> Option<String> {
        let sid = statement.get("Sid")?;
        if sid.as_str().is_none() {
            self.wrong(
                "V-3",
                &format!("{pointer}/Sid"),
                format!("`Sid` is a text, not {}", sid.kind()),
                "",
            );
        }
        sid.as_str().map(str::to_owned)
    }

    fn effect(&mut self, pointer: &str, statement: &Json) -> Option<Effect> {
        match statement.get("Effect").map(Json::as_str) {
            Some(Some("Allow")) => Some(Effect::Allow),
            Some(Some("Deny")) => Some(Effect::Deny),
            Some(_) => {
                self.wrong(
                    "V-5",
                    &format!("{pointer}/Effect"),
                    "`Effect` is \"Allow\" or \"Deny\", in this case",
                    "",
                );
                None
            }
            None => {
                self.wrong(
                    "V-5",
                    pointer,
                    "`Effect` is missing",
                    "write \"Effect\": \"Allow\" or \"Deny\"",
                );
                None
            }
        }
    }

    /// Exactly one of the two members, a text or a list of texts.
    fn set<P>(
        &mut self,
        pointer: &str,
        statement: &Json,
        [plain, negated]: [&str; 2],
        read: impl Fn(&mut Self, &str, &str) -> Option<P>,
    ) -> Option<Set<P>> {
        let (name, value, complement) = match (statement.get(plain), statement.get(negated)) {
            (Some(value), None) => (plain, value, false),
            (None, Some(value)) => (negated, value, true),
            (Some(_), Some(_)) => {
                self.wrong(
                    "V-5",
                    &format!("{pointer}/{negated}"),
                    format!("both `{plain}` and `{negated}`"),
                    "keep one of the two",
                );
                return None;
            }
            (None, None) => {
                self.wrong(
                    "V-5",
                    pointer,
                    format!("neither `{plain}` nor `{negated}`"),
                    "write one of the two",
                );
                return None;
            }
        };
        let member = format!("{pointer}/{name}");
        let texts = self.texts("V-6", &member, value)?;
        let mut patterns = Vec::new();
        for (at, text) in &texts {
            if text.contains("${") {
                self.wrong(
                    "V-13",
                    at,
                    "`${` would be a variable, and the language has none",
                    "write the value out",
                );
            } else if let Some(pattern) = read(self, at, text) {
                patterns.push(pattern);
            }
        }
        let texts = texts.into_iter().map(|(_, text)| text.into()).collect();
        Some(Set { complement, patterns, texts })
    }

    /// A text or a list of texts, none empty, each with its pointer.
    fn texts<'j>(
        &mut self,
        rule: &'static str,
        pointer: &str,
        value: &'j Json,
    ) -> Option<Vec<(String, &'j str)>> {
        let items: Vec<(String, &Json)> = match value {
            Json::Array(items) if items.is_empty() => {
                self.wrong(rule, pointer, "the list is empty", "write at least one value");
                return None;
            }
            Json::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| (format!("{pointer}/{index}"), item))
                .collect(),
            other => vec![(pointer.to_owned(), other)],
        };
        let mut texts = Vec::new();
        for (at, item) in items {
            match item.as_str() {
                Some("") if rule == "V-6" => self.wrong(rule, &at, "the text is empty", ""),
                Some(text) => texts.push((at, text)),
                None => {
                    let help =
                        "values are texts, also numbers and booleans: write \"true\", \"10\"";
                    self.wrong(
                        rule,
                        &at,
                        format!("a text is wanted here, not {}", item.kind()),
                        help,
                    );
                }
            }
        }
        Some(texts)
    }

    fn action(&mut self, at: &str, text: &str) -> Option<ActionPattern> {
        let pattern = ActionPattern::parse(text);
        if pattern.is_none() {
            self.wrong(
                "V-7",
                at,
                format!("`{text}` is no action"),
                "an action is <service>:<Operation>, such as ecs:DescribeInstances, or `*`",
            );
        }
        pattern
    }

    fn resource(&mut self, at: &str, text: &str) -> Option<ResourcePattern> {
        match ResourcePattern::parse(text) {
            Ok(pattern) => Some(pattern),
            Err(why) => {
                self.wrong(
                    "V-8",
                    at,
                    format!("`{text}` is no resource: {why}"),
                    "for instance acs:ecs:*:*:instance/*, or `*`",
                );
                None
            }
        }
    }

    fn conditions(&mut self, pointer: &str, statement: &Json) -> Vec<Condition> {
        let mut found = Vec::new();
        let pointer = format!("{pointer}/Condition");
        let operators = match statement.get("Condition") {
            None => return found,
            Some(Json::Object(operators)) if !operators.is_empty() => operators,
            Some(_) => {
                self.wrong(
                    "V-11",
                    &pointer,
                    "`Condition` is an object with at least one operator",
                    "remove it, or write {\"operator\": {\"key\": \"value\"}}",
                );
                return found;
            }
        };
        for (operator, keys) in operators {
            let pointer = format!("{pointer}/{}", pointer_token(operator));
            let keys = match keys {
                Json::Object(keys) if !keys.is_empty() => keys,
                _ => {
                    self.wrong(
                        "V-11",
                        &pointer,
                        "an operator has an object with at least one key",
                        "",
                    );
                    continue;
                }
            };
            if !OPERATORS.contains(&&**operator) {
                self.unknown_operator(&pointer, operator);
                continue;
            }
            for (key, values) in keys {
                let pointer = format!("{pointer}/{}", pointer_token(key));
                found.extend(self.condition(&pointer, operator, key, values));
            }
        }
        found
    }

    fn unknown_operator(&mut self, pointer: &str, operator: &str) {
        let help = match nearest(operator, OPERATORS) {
            _ if operator.ends_with("IfExists") || operator == "Null" || operator.contains(':') => {
                "RAM has no `…IfExists`, `Null` or set operators".to_owned()
            }
            Some(near) => format!("did you mean `{near}`?"),
            None => String::new(),
        };
        self.wrong(
            "V-10",
            pointer,
            format!("The condition operator '{operator}' is not supported"),
            &help,
        );
    }

    fn condition(
        &mut self,
        pointer: &str,
        operator: &str,
        key: &str,
        values: &Json,
    ) -> Option<Condition> {
        if let Some(right) = misspelt(key) {
            self.wrong(
                "V-9",
                pointer,
                format!("`{key}` is spelled `{right}`"),
                "keys are compared with their case",
            );
        }
        let texts = self.texts("V-11", pointer, values)?;
        if let Some((at, _)) = texts.iter().find(|(_, text)| text.contains("${")) {
            self.wrong(
                "V-13",
                &at.clone(),
                "`${` would be a variable, and the language has none",
                "write the value out",
            );
            return None;
        }
        let plain: Vec<&str> = texts.iter().map(|(_, text)| *text).collect();
        match Condition::new(operator, key, &plain) {
            Ok(condition) => Some(condition),
            Err(ConditionError::Operator) => None, // reported with its operator
            Err(ConditionError::Value(value, wanted)) => {
                let at = texts
                    .iter()
                    .find(|(_, text)| *text == value)
                    .map_or(pointer, |(at, _)| at.as_str())
                    .to_owned();
                self.wrong(
                    "V-12",
                    &at,
                    format!("`{value}` is not {wanted}, which `{operator}` compares"),
                    "",
                );
                None
            }
        }
    }
}
