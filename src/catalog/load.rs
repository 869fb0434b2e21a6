//! Reading a `ramgate-catalog/1` file; everything that is wrong with it is reported at once.

use std::collections::HashMap;

use crate::policy::{ForeignCallers, ObjectUse, PrincipalForm, Traits};
use crate::signature::Family;
use crate::strict::{Fields, Node, Position, Problem, Reader, Value, count_errors};

use super::CatalogFile;
use super::attributes::{Derive, KeyRule};
use super::host::HostPattern;
use super::model::{
    Absent, Authorization, CheckRule, Operation, PathPart, Product, ResourceRule, Shape, Style,
    Test, When,
};
use super::template::{Source, Template};

const SCHEMA: &str = "ramgate-catalog/1";
/// Rules that belong to one product and that its file switches on.
const TRAITS: &[&str] =
    &["principal-list", "principal-optional", "resource-policy-suffices", "unknown-region", "acl"];
/// And those of an operation: what it does to an object that has an access control list.
const OPERATION_TRAITS: &[(&str, ObjectUse)] =
    &[("object-read", ObjectUse::Read), ("object-write", ObjectUse::Write)];
/// How requests are laid out; the last is named after its only product.
const STYLES: [&str; 3] = ["rpc", "roa", "oss"];
const TOP: &[&str] = &[
    "schema",
    "product",
    "title",
    "ram_code",
    "style",
    "signatures",
    "versions",
    "endpoints",
    "scope",
    "notes",
    "sources",
    "condition_keys",
    "operations",
    "query_modifiers",
    "traits",
];
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

/// Compiles one file.
pub(super) fn product(file: &CatalogFile<'_>) -> Result<Product, Vec<Problem>> {
    let mut reader = Reader::new(file.name);
    let loaded = reader.parse(file.text).and_then(|root| {
        let fields = reader.fields(&root, "", TOP)?;
        Loader { reader: &mut reader, style: Style::Rpc, keys: HashMap::new() }
            .product(&fields, file.name)
    });
    let problems = reader.into_problems();
    match loaded {
        Some(product) if count_errors(&problems) == 0 => Ok(product),
        _ => Err(problems),
    }
}

struct Loader<'l, 'f> {
    reader: &'l mut Reader<'f>,
    style: Style,
    keys: HashMap<String, KeyRule>,
}

impl Loader<'_, '_> {
    fn wrong(&mut self, at: Position, field: &str, message: impl Into<String>, help: &str) {
        self.reader.error(at, field, message, help);
    }

    fn product(mut self, fields: &Fields<'_>, file: &str) -> Option<Product> {
        self.one_of(fields, "schema", &[SCHEMA])?;
        let name: String = self.reader.required_parsed(fields, "product")?;
        let stem =
            file.rsplit('/').next().and_then(|file| file.split('.').next()).unwrap_or_default();
        if stem != name {
            self.wrong(
                fields.at,
                "product",
                format!("the file `{stem}` describes the product `{name}`"),
                "a file is named after its product",
            );
        }
        let code: Option<String> = self.reader.required_parsed(fields, "ram_code");
        if code.as_ref().is_some_and(|code| !is_code(code)) {
            let at = fields.get("ram_code").map_or(fields.at, |node| node.at);
            self.wrong(at, "ram_code", "a RAM code has lower-case letters, digits and dashes", "");
        }
        let for_decisions_only =
            fields.get("endpoints").is_none() && fields.get("operations").is_none();
        let [rpc, _, oss] = STYLES;
        let style = self.one_of(fields, "style", &STYLES)?;
        let usual = if style == oss { Family::Oss } else { Family::OpenApi };
        let signatures = self.reader.parsed(fields, "signatures").unwrap_or(usual);
        self.style = match style {
            style if style == rpc => Style::Rpc,
            style if style == oss && !for_decisions_only => {
                let at = fields.get("style").map_or(fields.at, |node| node.at);
                let help =
                    "leave `endpoints` and `operations` out: the file then serves decisions only";
                self.wrong(at, "style", "requests of this style cannot be read yet", help);
                Style::Roa
            }
            _ => Style::Roa,
        };
        let versions: Vec<String> = self.reader.parsed_list(fields, "versions");
        if versions.is_empty() && self.style == Style::Rpc && !for_decisions_only {
            self.wrong(
                fields.at,
                "versions",
                "an rpc product lists its versions",
                "versions: ['2014-05-26']",
            );
        }
        let hosts = if for_decisions_only { Vec::new() } else { self.hosts(fields) };
        let regional = self.one_of(fields, "scope", &["regional", "global"])? == "regional";
        let traits = self.traits(fields);
        self.keys = self.condition_keys(fields);
        let mut operations = Vec::new();
        for (index, node) in self.reader.list(fields, "operations").iter().enumerate() {
            let path = format!("operations[{index}]");
            if let Some(operation) = self.operation(node, &path, &operations) {
                operations.push(operation);
            }
        }
        if operations.is_empty() && !for_decisions_only {
            self.wrong(fields.at, "operations", "a product has operations", "");
        }
        let mut product = self.finish(name, versions, hosts, regional, operations);
        product.ram_code = code?;
        product.signatures = signatures;
        product.traits = traits;
        Some(product)
    }

    fn traits(&mut self, fields: &Fields<'_>) -> Traits {
        let mut traits = Traits::default();
        for (index, node) in self.reader.list(fields, "traits").iter().enumerate() {
            let path = format!("traits[{index}]");
            match self.reader.text_of(node, &path).unwrap_or_default() {
                "principal-list" => traits.principals = PrincipalForm::List,
                "principal-optional" => traits.principals = PrincipalForm::OptionalObject,
                "resource-policy-suffices" => {
                    traits.foreign = ForeignCallers::NeedTheResource;
                }
                "unknown-region" => traits.unknown_region = true,
                "acl" => traits.acl = true,
                other => {
                    let help = format!("traits of a product are {}", TRAITS.join(", "));
                    self.wrong(node.at, &path, format!("there is no trait `{other}`"), &help);
                }
            }
        }
        traits
    }

    /// The traits of an operation: at most one, and it says what is done to an object.
    fn object_use(&mut self, fields: &Fields<'_>) -> Option<ObjectUse> {
        let mut found = None;
        for (index, node) in self.reader.list(fields, "traits").iter().enumerate() {
            let path = format!("{}[{index}]", fields.path("traits"));
            let text = self.reader.text_of(node, &path).unwrap_or_default();
            match OPERATION_TRAITS.iter().find(|(name, _)| *name == text) {
                Some((_, object)) if found.is_none() => found = Some(*object),
                Some(_) => {
                    self.wrong(node.at, &path, "an operation reads an object or writes it", "");
                }
                None => {
                    let help = "traits of an operation are object-read, object-write";
                    self.wrong(node.at, &path, format!("there is no trait `{text}`"), help);
                }
            }
        }
        found
    }

    fn finish(
        self,
        name: String,
        versions: Vec<String>,
        hosts: Vec<HostPattern>,
        regional: bool,
        operations: Vec<Operation>,
    ) -> Product {
        let mut by_name = HashMap::new();
        let mut by_length: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut open_ended = Vec::new();
        let mut selecting: Vec<String> = Vec::new();
        for (index, operation) in operations.iter().enumerate() {
            by_name.insert(operation.name.clone(), index);
            match operation.path.last() {
                Some(PathPart::Rest(_)) => open_ended.push(index),
                _ => by_length.entry(operation.path.len()).or_default().push(index),
            }
            selecting.extend(operation.query.iter().map(|(name, _)| name.clone()));
        }
        selecting.sort();
        selecting.dedup();
        Product {
            name,
            ram_code: String::new(),
            traits: Traits::default(),
            style: self.style,
            signatures: Family::OpenApi,
            versions,
            hosts,
            regional,
            keys: self.keys,
            operations,
            by_name,
            by_length,
            open_ended,
            selecting,
        }
    }

    fn one_of<'n>(&mut self, fields: &Fields<'n>, name: &str, words: &[&str]) -> Option<&'n str> {
        let node = self.reader.required(fields, name)?;
        let text = self.reader.text_of(node, &fields.path(name))?;
        if words.contains(&text) {
            return Some(text);
        }
        let help = format!("write one of: {}", words.join(", "));
        self.wrong(node.at, &fields.path(name), format!("`{text}` is no {name}"), &help);
        None
    }

    fn hosts(&mut self, fields: &Fields<'_>) -> Vec<HostPattern> {
        let mut hosts = Vec::new();
        for (index, node) in self.reader.list(fields, "endpoints").iter().enumerate() {
            let path = format!("endpoints[{index}]");
            let Some(text) = self.reader.text_of(node, &path) else { continue };
            match HostPattern::parse(text) {
                Some(pattern) => hosts.push(pattern),
                None => self.wrong(
                    node.at,
                    &path,
                    format!("`{text}` is no host pattern"),
                    "lower-case text with `{name}` for a part of one label",
                ),
            }
        }
        if hosts.is_empty() {
            self.wrong(
                fields.at,
                "endpoints",
                "a product has at least one host",
                "endpoints: ['notes.example.com']",
            );
        }
        hosts
    }

    fn condition_keys(&mut self, fields: &Fields<'_>) -> HashMap<String, KeyRule> {
        let mut keys = HashMap::new();
        let Some(Node { value: Value::Map(entries), .. }) = fields.get("condition_keys") else {
            return keys;
        };
        for (key, node) in entries {
            let path = format!("condition_keys.{}", key.name);
            let Some(rule) = self.reader.fields(node, &path, &["type", "from", "derive"]) else {
                continue;
            };
            let from = self.reader.parsed_list(&rule, "from");
            let derive = self.reader.text(&rule, "derive").map_or(Derive::Unknown, Derive::read);
            if keys.insert(key.name.clone(), KeyRule { from, derive }).is_some() {
                self.wrong(key.at, &path, "the condition key stands twice", "");
            }
        }
        keys
    }

    fn operation(&mut self, node: &Node, path: &str, before: &[Operation]) -> Option<Operation> {
        let fields = self.reader.fields(node, path, OPERATION)?;
        let name: String = self.reader.required_parsed(&fields, "name")?;
        let api: Option<String> = self.reader.parsed(&fields, "api");
        let (method, template) = match self.style {
            Style::Rpc => {
                for field in ["method", "path", "match"] {
                    if fields.get(field).is_some() {
                        self.wrong(
                            fields.at,
                            &fields.path(field),
                            format!("an rpc operation has no `{field}`"),
                            "",
                        );
                    }
                }
                (String::new(), Vec::new())
            }
            Style::Roa => (
                self.one_of(&fields, "method", &["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"])?
                    .to_owned(),
                self.path(&fields)?,
            ),
        };
        let query = self.query(&fields);
        let auth = match self.reader.text(&fields, "auth") {
            None => Authorization::Checks,
            Some("signature-only") => Authorization::SignatureOnly,
            Some("anonymous") => Authorization::Anonymous,
            Some(other) => {
                self.wrong(
                    fields.at,
                    &fields.path("auth"),
                    format!("`{other}` is no auth"),
                    "leave it out, or write signature-only or anonymous",
                );
                return None;
            }
        };
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
        let object_use = self.object_use(&fields);
        let level_is_list = self.reader.text(&fields, "level") == Some("list");
        let mut operation = Operation {
            name,
            object_use,
            level_is_list,
            api,
            method,
            path: template,
            query,
            auth,
            checks,
            used: Vec::new(),
            body_fields: Vec::new(),
            host_labels: Vec::new(),
        };
        self.collect_names(&mut operation);
        self.check_unique(&fields, &operation, before);
        Some(operation)
    }

    fn check_unique(&mut self, fields: &Fields<'_>, operation: &Operation, before: &[Operation]) {
        let same_template = |other: &Operation| {
            self.style == Style::Roa
                && other.method == operation.method
                && shape(&other.path) == shape(&operation.path)
                && other.query == operation.query
                && other.host_labels == operation.host_labels
        };
        let same_name =
            |other: &Operation| other.name == operation.name && other.api == operation.api;
        if before.iter().any(same_name) {
            self.wrong(
                fields.at,
                &fields.path("name"),
                format!("the operation `{}` stands twice", operation.name),
                "",
            );
        } else if let Some(other) = before.iter().find(|other| same_template(other)) {
            let message =
                format!("`{}` and `{}` have the same method and path", other.name, operation.name);
            self.wrong(
                fields.at,
                &fields.path("path"),
                message,
                "a request must select one operation",
            );
        }
    }

    fn path(&mut self, fields: &Fields<'_>) -> Option<Vec<PathPart>> {
        let node = self.reader.required(fields, "path")?;
        let text = self.reader.text_of(node, &fields.path("path"))?;
        let parts = parse_path(text);
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
        if let Some(Node { value: Value::Map(entries), .. }) = matching.get("query") {
            for (key, node) in entries {
                let value =
                    self.reader.text_of(node, &matching.path(&key.name)).unwrap_or_default();
                found.push((key.name.clone(), value.to_owned()));
            }
        }
        found.sort();
        found
    }

    fn check(&mut self, node: &Node, path: &str) -> Option<CheckRule> {
        let fields =
            self.reader.fields(node, path, &["action", "when", "resources", "conditions"])?;
        let action: String = self.reader.required_parsed(&fields, "action")?;
        let Some((service, operation)) = action.split_once(':').filter(|(service, operation)| {
            is_code(service) && !operation.is_empty() && !action.contains('*')
        }) else {
            self.wrong(
                fields.at,
                &fields.path("action"),
                format!("`{action}` is no action"),
                "an action is <ram code>:<operation>",
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
            service: service.to_owned(),
            operation: operation.to_owned(),
            when,
            resources,
            conditions,
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
        Some(ResourceRule { shape, required, absent, when })
    }

    fn switch(&mut self, fields: &Fields<'_>) -> Option<Shape> {
        let parameter = self.reader.required_parsed(fields, "switch")?;
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
        let mut cases = Vec::new();
        for (key, node) in entries {
            let path = format!("{}.{}", fields.path("cases"), key.name);
            let text = self.reader.text_of(node, &path)?;
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
            Ok(template) => Some(template),
            Err(message) => {
                self.wrong(at, path, format!("`{text}` is no ARN template: {message}"), "");
                None
            }
        }
    }

    /// Everything that the operation reads, for look-alikes and to know whether the body is needed.
    fn collect_names(&self, operation: &mut Operation) {
        let mut names: Vec<String> = Vec::new();
        for check in &operation.checks {
            names.extend(check.when.iter().map(|when| when.name.clone()));
            for resource in &check.resources {
                names.extend(resource.when.iter().map(|when| when.name.clone()));
                let templates: Vec<&Template> = match &resource.shape {
                    Shape::Arn(template) => vec![template],
                    Shape::Switch { parameter, cases, .. } => {
                        names.push(parameter.clone());
                        cases.iter().map(|(_, template)| template).collect()
                    }
                };
                names.extend(
                    templates
                        .iter()
                        .flat_map(|template| template.sources())
                        .map(|Source { name, .. }| name.clone()),
                );
            }
            for key in &check.conditions {
                names.extend(
                    self.keys.get(key).into_iter().flat_map(|rule| rule.from.iter().cloned()),
                );
            }
        }
        names.sort();
        names.dedup();
        let variables: Vec<&String> = operation
            .path
            .iter()
            .filter_map(|part| match part {
                PathPart::Variable(name) | PathPart::Rest(name) => Some(name),
                PathPart::Literal(_) => None,
            })
            .collect();
        for name in names {
            if let Some(field) = name.strip_prefix("body.") {
                operation.body_fields.push(field.to_owned());
            } else if let Some(label) = name.strip_prefix("host.") {
                operation.host_labels.push(label.to_owned());
            } else if !variables.contains(&&name) {
                operation.used.push(name);
            }
        }
    }
}

fn is_code(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn parse_path(text: &str) -> Result<Vec<PathPart>, String> {
    let rest = text.strip_prefix('/').ok_or("a path template begins with `/`")?;
    if rest.is_empty() {
        return Ok(Vec::new());
    }
    let segments: Vec<&str> = rest.split('/').collect();
    let last = segments.len() - 1;
    let mut parts = Vec::new();
    for (index, segment) in segments.into_iter().enumerate() {
        let variable = segment.strip_prefix('{').and_then(|inner| inner.strip_suffix('}'));
        let part = match variable {
            None if segment.is_empty() || segment.contains(['{', '}']) => {
                return Err(format!("`{segment}` is neither text nor one variable"));
            }
            None => PathPart::Literal(segment.to_owned()),
            Some(name) => match name.strip_suffix("...") {
                Some(_) if index != last => {
                    return Err("`{x...}` takes the rest, so it stands last".into());
                }
                Some(name) => PathPart::Rest(name.to_owned()),
                None => PathPart::Variable(name.to_owned()),
            },
        };
        parts.push(part);
    }
    Ok(parts)
}

/// A template without the names of its variables.
fn shape(path: &[PathPart]) -> Vec<String> {
    let word = |part: &PathPart| match part {
        PathPart::Literal(text) => format!("={text}"),
        PathPart::Variable(_) => "{}".to_owned(),
        PathPart::Rest(_) => "{...}".to_owned(),
    };
    path.iter().map(word).collect()
}
