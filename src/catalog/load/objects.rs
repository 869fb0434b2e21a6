//! Reading how an operation of object storage is selected (`match`).

use crate::strict::{Fields, Node, Value};

use super::super::model::{Product, Style};
use super::super::objects::{Expected, Selector, Target};
use super::super::parameters::repeated;
use super::Loader;

const MATCH: &[&str] =
    &["target", "query", "query_absent", "query_optional", "headers", "headers_absent"];

impl Loader<'_, '_> {
    pub(super) fn selector(&mut self, fields: &Fields<'_>) -> Option<Selector> {
        let node = self.reader.required(fields, "match")?;
        let fields = self.reader.fields(node, &fields.path("match"), MATCH)?;
        let selector = Selector {
            targets: self.targets(&fields)?,
            query: self.expected(&fields),
            query_absent: self.reader.parsed_list(&fields, "query_absent"),
            query_optional: self.reader.parsed_list(&fields, "query_optional"),
            headers: self.headers(&fields),
            headers_absent: self.reader.parsed_list(&fields, "headers_absent"),
        };
        self.check_selector(&fields, &selector);
        Some(selector)
    }

    /// One target, or a list of them.
    fn targets(&mut self, fields: &Fields<'_>) -> Option<Vec<Target>> {
        let node = self.reader.required(fields, "target")?;
        let one = std::slice::from_ref(node);
        let nodes: &[Node] = match &node.value {
            Value::Seq(nodes) => nodes,
            Value::Null | Value::Scalar { .. } | Value::Map(_) => one,
        };
        let path = fields.path("target");
        let mut targets = Vec::new();
        for node in nodes {
            let text = self.reader.text_of(node, &path)?;
            let target = Target::find(text);
            if target.is_none() {
                let message = format!("`{text}` is no target");
                self.wrong(node.at, &path, message, "service, bucket or object");
            }
            targets.extend(target);
        }
        (!targets.is_empty()).then_some(targets)
    }

    fn expected(&mut self, fields: &Fields<'_>) -> Vec<(String, Expected)> {
        let Some(node) = fields.get("query") else { return Vec::new() };
        let path = fields.path("query");
        let Value::Map(entries) = &node.value else {
            self.wrong(node.at, &path, "`query` is a mapping", "query: {acl: ''}");
            return Vec::new();
        };
        let mut found = Vec::new();
        for (key, node) in entries {
            let text = self.reader.text_of(node, &format!("{path}.{}", key.name));
            found.extend(text.map(|text| (key.name.clone(), Expected::read(text))));
        }
        found
    }

    /// `name`, or `name: prefix of the value`.
    fn headers(&mut self, fields: &Fields<'_>) -> Vec<(String, String)> {
        let texts: Vec<String> = self.reader.parsed_list(fields, "headers");
        let split = |text: &String| {
            let (name, prefix) = text.split_once(':').unwrap_or((text, ""));
            (name.trim().to_owned(), prefix.trim().to_owned())
        };
        texts.iter().map(split).collect()
    }

    fn check_selector(&mut self, fields: &Fields<'_>, selector: &Selector) {
        if let Some(name) = repeated(selector.names()) {
            let message = format!("`{name}` stands in more than one place");
            self.wrong(fields.at, &fields.path("query"), message, "");
        }
        let required = selector.headers.iter().map(|(name, _)| name);
        for name in required.chain(&selector.headers_absent) {
            let fits =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            if name.is_empty() || !name.bytes().all(fits) {
                let message = format!("`{name}` is no name of a header in lower case");
                self.wrong(fields.at, &fields.path("headers"), message, "");
            }
        }
    }

    /// A query name selects an operation, or it does not; and what is read of the query has to be let in.
    pub(super) fn check_query_names(&mut self, fields: &Fields<'_>, product: &Product) {
        if product.style != Style::Objects {
            if let Some(node) = fields.get("query_modifiers") {
                let message = "only the style oss has query modifiers";
                self.wrong(node.at, "query_modifiers", message, "");
            }
            return;
        }
        let at = fields.get("query_modifiers").map_or(fields.at, |node| node.at);
        for name in product.query_modifiers.iter().filter(|name| product.selects_by(name)) {
            let message = format!("`{name}` selects an operation of this file");
            self.wrong(at, "query_modifiers", message, "leave it out");
        }
        let used = product.operations.iter().flat_map(|operation| &operation.used);
        for name in used.filter_map(|name| name.strip_prefix("query.")) {
            if !product.selects_by(name) && !product.query_modifiers.iter().any(|it| it == name) {
                let message = format!("`query.{name}` is read, and no request may carry it");
                self.wrong(at, "query_modifiers", message, "add it");
            }
        }
    }
}
