//! One API of the metadata.

use crate::strict::{Node, Value};

use super::super::findings::Findings;
use super::super::path::{segments, template};
use super::super::tree::Document;
use super::parameter::{self, Parameter};
use super::ram::{self, Ram};
use crate::authoring::draft::{Check, Confidence, Operation, Resource, Style};
use crate::authoring::names::{Kind, is_operation, kind_of_verb};

/// The note of an entry that nothing but its name supports.
pub(crate) const GUESS: &str = "action and resource are not in the metadata";

/// What became of an API.
#[derive(Default)]
pub(super) struct Read {
    pub(super) operation: Option<Operation>,
    pub(super) left_out: Option<String>,
    pub(super) keys: Vec<String>,
}

pub(super) struct Reader<'d, 'f> {
    pub(super) document: &'d Document<'d>,
    pub(super) findings: &'f mut Findings,
    pub(super) style: Style,
    pub(super) api: Option<String>,
    /// What the actions of APIs without `ramActions` begin with.
    pub(super) fallback_code: String,
}

impl Reader<'_, '_> {
    pub(super) fn api(&mut self, name: &str, node: &Node) -> Read {
        let field = format!("apis.{name}");
        if !is_operation(name) {
            let message = format!("`{}` cannot be the name of an action", name.escape_debug());
            self.findings.error(self.document, node.at, &field, message, "");
            return Read::default();
        }
        let call = match self.call(node) {
            Ok(call) => call,
            Err(reason) => return self.leave_out(name, node, &field, &reason),
        };
        let list = node.get("parameters").map_or(&[][..], Node::items);
        let parameters = parameter::read(list, self.style);
        let Some(ram) = self.ram(node, &field, &parameters) else { return Read::default() };
        let keys = ram.checks.iter().flat_map(|check| &check.conditions);
        let keys = keys.filter(|key| !key.starts_with("acs:")).cloned().collect();
        let operation = self.operation(name, node, call, ram);
        Read { operation: Some(operation), left_out: None, keys }
    }

    fn leave_out(&mut self, name: &str, node: &Node, field: &str, reason: &str) -> Read {
        self.findings.warning(self.document, node.at, field, format!("left out: {reason}"), "");
        Read { left_out: Some(format!("left out: {name}: {reason}")), ..Read::default() }
    }

    /// roa: method and path.
    fn call(&self, node: &Node) -> Result<Option<(String, String)>, String> {
        if self.style == Style::Rpc {
            return Ok(None);
        }
        let path = node.get("path").and_then(Node::text).ok_or("it has no path")?;
        let methods = node.get("methods").map_or(&[][..], Node::items);
        let [method] = methods else {
            return Err(format!("it has {} methods, and an operation has one", methods.len()));
        };
        let method = method.text().unwrap_or_default().to_ascii_uppercase();
        if !METHODS.contains(&method.as_str()) {
            return Err(format!("`{method}` is no method of the catalogue"));
        }
        Ok(Some((method, template(&segments(path)?))))
    }

    fn ram(&mut self, node: &Node, field: &str, parameters: &[Parameter]) -> Option<Ram> {
        let Some(list) = node.get("ramActions") else { return Some(Ram::default()) };
        let mut reader =
            ram::Reader { document: self.document, findings: self.findings, parameters };
        reader.read(list, &format!("{field}.ramActions"))
    }

    fn operation(
        &self,
        name: &str,
        node: &Node,
        call: Option<(String, String)>,
        ram: Ram,
    ) -> Operation {
        let mut reviews = ram.reviews;
        let printed = node.get("systemTags").and_then(|tags| tags.get("operationType"));
        let printed = printed.and_then(Node::text).map(str::to_owned).or(ram.kind);
        let kind = kind(name, printed.as_deref(), &mut reviews);
        let open = Open::of(node);
        let named = !ram.checks.is_empty();
        let anonymous = open == Open::Anonymous && !named;
        match open {
            Open::Anonymous if named => reviews.push(
                "the metadata says Anonymous and names actions: the actions were taken".to_owned(),
            ),
            Open::Anonymous => reviews
                .push("Anonymous: nobody has to sign this call, and no policy is asked".to_owned()),
            Open::Either => reviews.push(
                "the metadata lists Anonymous beside a signature: a signature was taken".to_owned(),
            ),
            Open::Signed => {}
        }
        let checks = match (named, anonymous) {
            (true, _) => ram.checks,
            (false, true) => Vec::new(),
            (false, false) => vec![guess(&self.fallback_code, name)],
        };
        let guessed = !named && !anonymous;
        Operation {
            name: name.to_owned(),
            api: self.api.clone(),
            call,
            anonymous,
            kind,
            checks,
            confidence: if guessed { Confidence::Low } else { Confidence::Medium },
            note: guessed.then(|| GUESS.to_owned()),
            reviews,
        }
    }
}

const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"];

/// The action that has the name of the operation, on everything.
pub(crate) fn guess(code: &str, name: &str) -> Check {
    Check {
        action: format!("{code}:{name}"),
        resources: vec![Resource::all()],
        conditions: Vec::new(),
    }
}

/// Rule 5 of the importer.
fn kind(name: &str, printed: Option<&str>, reviews: &mut Vec<String>) -> Kind {
    let verb = kind_of_verb(name);
    let word = printed.filter(|word| *word != "none");
    let Some(kind) = word.and_then(Kind::read) else {
        if let Some(word) = word {
            reviews.push(format!("`{}` is no kind that is known", word.escape_debug()));
        }
        return verb.unwrap_or(Kind::Update);
    };
    if let Some(verb) = verb.filter(|verb| verb.only_looks() != kind.only_looks()) {
        reviews.push(format!(
            "the metadata says {}, the name says {}: some printed kinds are wrong",
            kind.word(),
            verb.word()
        ));
    }
    kind
}

/// Who may call it, by `security`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Signed,
    Anonymous,
    Either,
}

impl Open {
    fn of(node: &Node) -> Self {
        let ways = node.get("security").map_or(&[][..], Node::items);
        let is_open = |way: &&Node| match &way.value {
            Value::Map(entries) => entries.iter().any(|(key, _)| key.name == "Anonymous"),
            _ => way.text() == Some("Anonymous"),
        };
        match ways.iter().filter(is_open).count() {
            0 => Self::Signed,
            open if open == ways.len() => Self::Anonymous,
            _ => Self::Either,
        }
    }
}
