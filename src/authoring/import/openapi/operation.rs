//! `paths`: one operation for each method of each path.

use std::collections::HashMap;

use crate::strict::{Key, Node, Position};

use super::super::OPERATIONS_MAX;
use super::super::findings::Findings;
use super::super::path::{Segment, segments, shape, template};
use super::super::tree::Document;
use super::method::{doubt, is_anonymous, kind, name_of_path};
use super::resource::{Collections, Derived};
use crate::authoring::draft::{Check, Confidence, Operation, Resource};
use crate::authoring::names::{Kind, is_operation, pascal};

/// Fields of a path item that are operations the catalogue can name.
const METHODS: [&str; 6] = ["get", "head", "post", "put", "delete", "patch"];
/// Fields that are operations it cannot.
const OTHER_METHODS: [&str; 3] = ["options", "trace", "query"];

/// A path of the document that the catalogue can express.
struct PathItem<'n> {
    path: &'n str,
    segments: Vec<Segment>,
    node: &'n Node,
}

pub(super) struct Importer<'n, 'f> {
    document: &'n Document<'n>,
    findings: &'f mut Findings,
    ram_code: String,
    regional: bool,
    collections: Collections,
    items: Vec<PathItem<'n>>,
    /// `components.parameters`
    parameters: HashMap<&'n str, &'n Node>,
    /// Segments that every path begins with.
    base_segments: usize,
    operations: Vec<Operation>,
    names: HashMap<String, Position>,
    templates: HashMap<String, Position>,
    left_out: Vec<String>,
}

impl<'n, 'f> Importer<'n, 'f> {
    pub(super) fn new(
        document: &'n Document<'n>,
        ram_code: &str,
        regional: bool,
        base_path: &str,
        findings: &'f mut Findings,
    ) -> Option<Self> {
        let Some(paths) = document.root.get("paths") else {
            findings.error(document, Position::START, "paths", "the document has no paths", "");
            return None;
        };
        let parameters = document.root.get("components").and_then(|node| node.get("parameters"));
        let parameters = parameters.map_or(&[][..], Node::entries);
        let mut importer = Self {
            document,
            findings,
            ram_code: ram_code.to_owned(),
            regional,
            collections: Collections::default(),
            items: Vec::new(),
            parameters: parameters.iter().map(|(key, node)| (key.name.as_str(), node)).collect(),
            base_segments: base_path.matches('/').count(),
            operations: Vec::new(),
            names: HashMap::new(),
            templates: HashMap::new(),
            left_out: Vec::new(),
        };
        for (key, node) in paths.entries().iter().filter(|(key, _)| !key.name.starts_with("x-")) {
            importer.path_item(key, node, base_path);
        }
        Some(importer)
    }

    fn path_item(&mut self, key: &'n Key, node: &'n Node, base_path: &str) {
        if node.get("$ref").is_some() {
            return self.leave_out(key.at, &key.name, "the path is described in another file");
        }
        if node.get("servers").is_some() {
            return self.leave_out(key.at, &key.name, "the path has servers of its own");
        }
        match segments(&format!("{base_path}{}", key.name)) {
            Ok(segments) => {
                self.collections.add(&segments);
                self.items.push(PathItem { path: &key.name, segments, node });
            }
            Err(reason) => self.leave_out(key.at, &key.name, &reason),
        }
    }

    fn leave_out(&mut self, at: Position, what: &str, reason: &str) {
        let field = format!("paths.{what}");
        let message = format!("left out: {reason}");
        self.findings.warning(self.document, at, &field, message, "");
        self.left_out.push(format!("left out: {what}: {reason}"));
    }

    /// Reads every operation of every path.
    pub(super) fn read(&mut self) {
        for item in std::mem::take(&mut self.items) {
            for (key, node) in item.node.entries() {
                let what = format!("{} {}", key.name.to_ascii_uppercase(), item.path);
                if OTHER_METHODS.contains(&key.name.as_str()) {
                    self.leave_out(key.at, &what, "the catalogue does not know the method");
                } else if METHODS.contains(&key.name.as_str()) {
                    if node.get("servers").is_some() {
                        self.leave_out(key.at, &what, "the operation has servers of its own");
                    } else {
                        self.operation(&item, key, node);
                    }
                }
            }
        }
    }

    pub(super) fn finish(self) -> (Vec<Operation>, Vec<String>) {
        (self.operations, self.left_out)
    }

    fn operation(&mut self, item: &PathItem<'n>, method: &Key, node: &Node) {
        if self.operations.len() >= OPERATIONS_MAX {
            let message = format!("more than {OPERATIONS_MAX} operations");
            self.findings.error(self.document, method.at, "paths", message, "");
            return;
        }
        let mut reviews = Vec::new();
        let field = format!("paths.{}.{}", item.path, method.name);
        let Some(name) = self.name(item, method, node, &mut reviews) else { return };
        let derived = self.collections.derive(&item.segments);
        let kind = kind(&method.name, derived.end, &name);
        reviews.extend(doubt(kind, &name));
        if !kind.only_looks() && kind != Kind::Create && derived.relative.ends_with("/*") {
            reviews.push("this is done to the collection as a whole".to_owned());
        }
        self.parameters_of(item, node, &field, &mut reviews);
        let anonymous = is_anonymous(node);
        if anonymous {
            reviews.push(
                "`security: []`: nobody has to sign this call, and no policy is asked".to_owned(),
            );
        }
        self.check_unique(&name, method, item);
        let deprecated = node.get("deprecated").and_then(Node::text) == Some("true");
        reviews.extend(derived.reviews.iter().filter(|_| !anonymous).cloned());
        let confidence = if reviews.is_empty() { Confidence::Medium } else { Confidence::Low };
        let checks = if anonymous { Vec::new() } else { vec![self.check(&name, &derived)] };
        self.operations.push(Operation {
            api: None,
            call: Some((method.name.to_ascii_uppercase(), template(&item.segments))),
            anonymous,
            kind,
            checks,
            confidence,
            note: deprecated.then(|| "deprecated".to_owned()),
            reviews,
            name,
        });
    }

    fn check(&self, name: &str, derived: &Derived) -> Check {
        let region = if self.regional { "{RegionId}" } else { "*" };
        let code = &self.ram_code;
        let resource = if derived.relative.is_empty() {
            Resource::all()
        } else {
            let arn = format!("acs:{code}:{region}:{{AccountId}}:{}", derived.relative);
            Resource { arn, required: true, wildcard: false }
        };
        Check {
            action: format!("{code}:{name}"),
            resources: vec![resource],
            conditions: Vec::new(),
        }
    }

    /// `operationId`, else method and path; as the names of actions are written.
    fn name(
        &mut self,
        item: &PathItem<'_>,
        method: &Key,
        node: &Node,
        reviews: &mut Vec<String>,
    ) -> Option<String> {
        let id = node.get("operationId").and_then(Node::text);
        let name = id.map_or_else(
            || {
                let own = item.segments.get(self.base_segments..).unwrap_or_default();
                name_of_path(&method.name, own)
            },
            pascal,
        );
        if id.is_none() {
            let why = "there is no operationId: the name is made of method and path";
            reviews.push(why.to_owned());
        }
        if is_operation(&name) {
            return Some(name);
        }
        let field = format!("paths.{}.{}.operationId", item.path, method.name);
        let message = format!("`{}` cannot be the name of an action", id.unwrap_or(&name));
        self.findings.error(
            self.document,
            method.at,
            &field,
            message,
            "letters and digits, a letter first",
        );
        None
    }

    fn check_unique(&mut self, name: &str, method: &Key, item: &PathItem<'_>) {
        let field = format!("paths.{}.{}", item.path, method.name);
        if let Some(first) = self.names.insert(name.to_owned(), method.at) {
            let message = format!("a second operation `{name}`, first on line {}", first.line);
            self.findings.error(
                self.document,
                method.at,
                &field,
                message,
                "give each an operationId of its own",
            );
        }
        let template = format!("{} {}", method.name, shape(&item.segments));
        if let Some(first) = self.templates.insert(template, method.at) {
            let message =
                format!("the operation on line {} has the same method and path", first.line);
            let help = "a request must select one operation";
            self.findings.error(self.document, method.at, &field, message, help);
        }
    }

    /// What parameters say about reading the path.
    fn parameters_of(
        &mut self,
        item: &PathItem<'n>,
        node: &Node,
        field: &str,
        reviews: &mut Vec<String>,
    ) {
        let variables: Vec<&str> = item.segments.iter().filter_map(variable).collect();
        let lists = [item.node.get("parameters"), node.get("parameters")];
        for parameter in lists.into_iter().flatten().flat_map(Node::items) {
            let parameter = self.resolve(parameter);
            let text = |name: &str| parameter.get(name).and_then(Node::text);
            let Some(name) = text("name").filter(|name| variables.contains(name)) else { continue };
            if text("in") == Some("query") {
                let message =
                    format!("the query parameter `{name}` is called like a variable of the path");
                let help = "the gate refuses a call that sends it";
                self.findings.warning(self.document, parameter.at, field, message, help);
            }
            if text("in") == Some("path") && text("style").is_some_and(|style| style != "simple") {
                reviews.push(format!("{{{name}}} is written in a style of its own; the ARN takes the segment as it is"));
            }
        }
    }

    fn resolve<'a>(&self, parameter: &'a Node) -> &'a Node
    where
        'n: 'a,
    {
        let name = parameter.get("$ref").and_then(Node::text);
        let name = name.and_then(|text| text.strip_prefix("#/components/parameters/"));
        name.and_then(|name| self.parameters.get(name)).copied().unwrap_or(parameter)
    }
}

fn variable(segment: &Segment) -> Option<&str> {
    match segment {
        Segment::Variable(name) => Some(name),
        Segment::Literal(_) => None,
    }
}
