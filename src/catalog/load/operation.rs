//! Reading an operation.

use smol_str::SmolStr;

use crate::strict::{Fields, Node, Value};

use super::super::BodyNeed;
use super::super::model::{Authorization, Operation, PathPart, QueryNames, Streaming, Style};
use super::super::objects::{self, Selector};
use super::super::parameters::ReadNames;
use super::check::is_name;
use super::{Loader, path};

const OPERATION: &[&str] = &[
    "name",
    "api",
    "method",
    "path",
    "match",
    "auth",
    "level",
    "kind",
    "checks",
    "confidence",
    "source",
    "conflict",
    "note",
    "traits",
];
/// The trait of an operation that keeps bytes which it got before its body was complete.
const NO_GUARDED_BODIES: &str = "no-guarded-bodies";
/// The trait of an operation whose query belongs to a program behind the service.
const FREE_QUERY: &str = "free-query";
/// The trait of an operation that takes tags as `Tag.N.Key` and `Tag.N.Value`.
const REQUEST_TAGS: &str = "request-tags";
const ROA_METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"];
const OBJECT_METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"];

/// Whether an operation may see bytes that are not proven yet, whether its query is its own, and whether it takes tags.
struct TraitsOfOperation {
    streaming: Streaming,
    query_names: QueryNames,
    carries_tags: bool,
}

impl Loader<'_, '_> {
    pub(super) fn operation(
        &mut self,
        node: &Node,
        path: &str,
        before: &[Operation],
    ) -> Option<Operation> {
        let fields = self.reader.fields(node, path, OPERATION)?;
        let name: SmolStr = self.reader.required_parsed(&fields, "name")?;
        if !is_name(&name) {
            let message = format!("`{name}` is no name of an operation");
            self.wrong(
                fields.at,
                &fields.path("name"),
                message,
                "letters and digits, a letter first",
            );
        }
        let api: Option<String> = self.reader.parsed(&fields, "api");
        let (method, template) = self.method_and_path(&fields)?;
        let (query, selector) = match self.style {
            Style::Rpc => (Vec::new(), Selector::default()),
            Style::Roa => (self.query(&fields), Selector::default()),
            Style::Objects => (Vec::new(), self.selector(&fields)?),
        };
        let auth = self.auth(&fields)?;
        let about = self.about(&fields);
        let mut checks = Vec::new();
        for (index, node) in self.reader.list(&fields, "checks").iter().enumerate() {
            let path = format!("{}[{index}]", fields.path("checks"));
            checks.extend(self.check(node, &path));
        }
        if (auth == Authorization::Checks) == checks.is_empty() {
            self.wrong(
                fields.at,
                &fields.path("checks"),
                "an operation has checks, or `auth` says that it needs none",
                "",
            );
        }
        let traits = self.traits_of_operation(&fields);
        let mut operation = Operation {
            name,
            level_is_list: about.is_list,
            confidence: about.confidence,
            left_out: false,
            api,
            method,
            path: template,
            query,
            selector,
            auth,
            streaming: traits.streaming,
            query_names: traits.query_names,
            carries_tags: traits.carries_tags,
            checks,
            used: Vec::new(),
            read_names: ReadNames::default(),
            keys: Vec::new(),
            body_fields: Vec::new(),
            host_labels: Vec::new(),
            need: BodyNeed::None,
        };
        self.collect_names(&fields, &mut operation);
        self.check_unique(&fields, &operation, before);
        Some(operation)
    }

    /// Only the styles that select by them have them.
    fn method_and_path(&mut self, fields: &Fields<'_>) -> Option<(String, Vec<PathPart>)> {
        let (foreign, methods): (&[&str], &[&str]) = match self.style {
            Style::Rpc => (&["method", "path", "match"], &[]),
            Style::Roa => (&[], ROA_METHODS),
            Style::Objects => (&["path"], OBJECT_METHODS),
        };
        for field in foreign.iter().filter(|field| fields.get(field).is_some()) {
            let message = format!("an operation of this style has no `{field}`");
            self.wrong(fields.at, &fields.path(field), message, "");
        }
        let method = match self.style {
            Style::Rpc => String::new(),
            Style::Roa | Style::Objects => self.one_of(fields, "method", methods)?.to_owned(),
        };
        let path = match self.style {
            Style::Roa => self.path(fields)?,
            Style::Rpc | Style::Objects => Vec::new(),
        };
        Some((method, path))
    }

    fn auth(&mut self, fields: &Fields<'_>) -> Option<Authorization> {
        match self.reader.text(fields, "auth") {
            None => Some(Authorization::Checks),
            Some("signature-only") => Some(Authorization::SignatureOnly),
            Some("anonymous") => Some(Authorization::Anonymous),
            Some(other) => {
                self.wrong(
                    fields.at,
                    &fields.path("auth"),
                    format!("`{other}` is no auth"),
                    "leave it out, or write signature-only or anonymous",
                );
                None
            }
        }
    }

    /// What is special about it.
    fn traits_of_operation(&mut self, fields: &Fields<'_>) -> TraitsOfOperation {
        let mut traits = TraitsOfOperation {
            streaming: Streaming::Allowed,
            query_names: QueryNames::Once,
            carries_tags: false,
        };
        for (index, node) in self.reader.list(fields, "traits").iter().enumerate() {
            let path = format!("{}[{index}]", fields.path("traits"));
            let text = self.reader.text_of(node, &path).unwrap_or_default();
            match (text, self.style) {
                (NO_GUARDED_BODIES, _) => traits.streaming = Streaming::Forbidden,
                (FREE_QUERY, Style::Roa) => traits.query_names = QueryNames::Repeatable,
                (REQUEST_TAGS, Style::Rpc) => traits.carries_tags = true,
                _ => {
                    let help = "traits of an operation are no-guarded-bodies and, with paths, free-query, \
                        with actions in parameters, request-tags; object-read and object-write stand at a check";
                    self.wrong(node.at, &path, format!("there is no trait `{text}`"), help);
                }
            }
        }
        traits
    }

    fn check_unique(&mut self, fields: &Fields<'_>, operation: &Operation, before: &[Operation]) {
        let same_name =
            |other: &&Operation| other.name == operation.name && other.api == operation.api;
        if before.iter().find(same_name).is_some() {
            let message = format!("the operation `{}` stands twice", operation.name);
            self.wrong(fields.at, &fields.path("name"), message, "");
            return;
        }
        let (overlaps, field): (fn(&Operation, &Operation) -> bool, &str) = match self.style {
            Style::Rpc => return,
            Style::Roa => (path::tie, "path"),
            Style::Objects => (objects::overlap, "match"),
        };
        if let Some(other) = before.iter().find(|other| overlaps(other, operation)) {
            let message = format!("`{}` and `{}` fit the same request", other.name, operation.name);
            let help = "a request must select one operation";
            self.wrong(fields.at, &fields.path(field), message, help);
        }
    }

    fn path(&mut self, fields: &Fields<'_>) -> Option<Vec<PathPart>> {
        let node = self.reader.required(fields, "path")?;
        let text = self.reader.text_of(node, &fields.path("path"))?;
        let parts = path::parse_path(text);
        if let Err(message) = &parts {
            self.wrong(
                node.at,
                &fields.path("path"),
                message.clone(),
                "for instance /notes/{name} or /files/{rest...}",
            );
        }
        parts.ok()
    }

    fn query(&mut self, fields: &Fields<'_>) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let Some(node) = fields.get("match") else { return found };
        let path = fields.path("match");
        let Some(matching) = self.reader.fields(node, &path, &["query"]) else { return found };
        let Some(node) = matching.get("query") else { return found };
        let Value::Map(entries) = &node.value else {
            self.wrong(
                node.at,
                &matching.path("query"),
                "`query` is a mapping",
                "query: {type: a}",
            );
            return found;
        };
        for (key, node) in entries {
            let value = self.reader.text_of(node, &matching.path(&key.name)).unwrap_or_default();
            found.push((key.name.clone(), value.to_owned()));
        }
        found.sort();
        found
    }
}
