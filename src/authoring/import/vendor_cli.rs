//! The metadata of the vendor's command line: a file for each API (`name`, `method`, `pathPattern`, `parameters`), and
//! `products.json`, which has version, style and endpoints of each product. Neither says what has to be allowed.

use std::collections::HashMap;

use crate::strict::{Node, Position};

use super::findings::Findings;
use super::path::{segments, template};
use super::portal::{GUESS, check_templates, guess, guesses};
use super::tree::Document;
use super::{OPERATIONS_MAX, Options, Scope, endpoints, product_name};
use crate::authoring::draft::{Confidence, Draft, Operation, Source, Style};
use crate::authoring::names::{Kind, is_operation, kind_of_verb};

pub(super) fn draft(
    documents: &[Document<'_>],
    options: &Options,
    findings: &mut Findings,
) -> Option<Draft> {
    let is_list = |document: &&Document<'_>| document.root.get("products").is_some();
    let list = documents.iter().find(is_list);
    let apis: Vec<&Document<'_>> = documents.iter().filter(|document| !is_list(document)).collect();
    let Some(first) = apis.first() else {
        let help = "import the folder of one product, metadatas/<product>";
        let any = documents.first()?;
        findings.error(any, Position::START, "", "products.json alone has no operations", help);
        return None;
    };
    if apis.len() > OPERATIONS_MAX {
        let message = format!("more than {OPERATIONS_MAX} operations");
        findings.error(first, Position::START, "", message, "");
        return None;
    }
    let folder = first.name.rsplit('/').nth(1);
    let product = product_name(first, options, folder, findings)?;
    let entry = list.and_then(|list| entry_of(list, folder.unwrap_or(&product)));
    let style = style(entry, &apis);
    let versions = versions(first, options, entry, style, findings)?;
    let hosts = hosts(first, options, entry, findings)?;
    let code = options.ram_code.clone().unwrap_or_else(|| product.clone());
    let mut reader =
        Reader { findings, style, code, api: versions.first().cloned(), seen: HashMap::new() };
    let (mut operations, mut left_out) = (Vec::new(), Vec::new());
    for api in &apis {
        match reader.operation(api) {
            Ok(operation) => operations.extend(operation),
            Err(reason) => left_out.push(reason),
        }
    }
    let code = reader.code;
    check_templates(first, &operations, findings);
    let named = |name: &str| entry.and_then(|entry| entry.get("name")?.get(name)?.text());
    let regional = options.scope.map_or_else(
        || hosts.iter().any(|host| host.contains("{region}")),
        |scope| scope == Scope::Regional,
    );
    Some(Draft {
        origin: format!("the vendor's command line, {}", folder.unwrap_or(&product)),
        title: named("en").unwrap_or(&product).to_owned(),
        source: Source {
            key: "M",
            what: "API metadata of the vendor's command line".to_owned(),
            state: versions.first().cloned().unwrap_or_default(),
            read: "names, methods, paths",
        },
        product,
        ram_code: code,
        style,
        versions,
        endpoints: hosts,
        regional,
        keys: Vec::new(),
        reviews: vec![guesses(operations.len(), operations.len())],
        operations,
        left_out,
    })
}

/// The product in `products.json` whose folder it is.
fn entry_of<'n>(list: &'n Document<'_>, folder: &str) -> Option<&'n Node> {
    let products = list.root.get("products")?.items();
    let code = |node: &Node| node.get("code").and_then(Node::text).map(str::to_ascii_lowercase);
    products.iter().find(|node| code(node).as_deref() == Some(folder.to_ascii_lowercase().as_str()))
}

fn style(entry: Option<&Node>, apis: &[&Document<'_>]) -> Style {
    let said = entry.and_then(|entry| entry.get("api_style")).and_then(Node::text);
    let has_path = |api: &&Document<'_>| {
        api.root.get("pathPattern").and_then(Node::text).is_some_and(|path| !path.is_empty())
    };
    match said {
        Some(word) if word.eq_ignore_ascii_case("roa") => Style::Roa,
        Some(word) if word.eq_ignore_ascii_case("rpc") => Style::Rpc,
        _ if apis.iter().any(has_path) => Style::Roa,
        _ => Style::Rpc,
    }
}

fn versions(
    first: &Document<'_>,
    options: &Options,
    entry: Option<&Node>,
    style: Style,
    findings: &mut Findings,
) -> Option<Vec<String>> {
    let said = entry.and_then(|entry| entry.get("version")).and_then(Node::text);
    let versions = if options.versions.is_empty() {
        said.map(str::to_owned).into_iter().collect()
    } else {
        options.versions.clone()
    };
    if versions.is_empty() && style == Style::Rpc {
        let message = "nothing says which version of the API this is";
        let help = "--api-version 2014-05-26, or keep products.json in the folder above";
        findings.error(first, Position::START, "", message, help);
        return None;
    }
    Some(versions)
}

fn hosts(
    first: &Document<'_>,
    options: &Options,
    entry: Option<&Node>,
    findings: &mut Findings,
) -> Option<Vec<String>> {
    if !options.hosts.is_empty() {
        return Some(options.hosts.clone());
    }
    let regional = entry.and_then(|entry| entry.get("regional_endpoints"));
    let regional = regional.map_or(&[][..], Node::entries);
    let global = entry.and_then(|entry| entry.get("global_endpoint")).and_then(Node::text);
    let pairs = regional
        .iter()
        .filter_map(|(key, node)| Some((key.name.clone(), node.text()?.to_owned())))
        .chain(global.map(|endpoint| (String::new(), endpoint.to_owned())));
    let hosts = endpoints::patterns(pairs);
    if hosts.is_empty() {
        let help = "--host 'lamp.{region}.aliyuncs.com'";
        findings.error(first, Position::START, "", "nothing names an endpoint", help);
        return None;
    }
    Some(hosts)
}

struct Reader<'f> {
    findings: &'f mut Findings,
    style: Style,
    code: String,
    api: Option<String>,
    seen: HashMap<String, String>,
}

impl Reader<'_> {
    /// `Ok(None)` after an error, `Err` for what is left out.
    fn operation(&mut self, document: &Document<'_>) -> Result<Option<Operation>, String> {
        let text = |name: &str| document.root.get(name).and_then(Node::text);
        let Some(name) = text("name").filter(|name| is_operation(name)) else {
            let message = "the file has no `name` that can be the name of an action";
            self.findings.error(document, document.root.at, "name", message, "");
            return Ok(None);
        };
        if let Some(first) = self.seen.insert(name.to_owned(), document.name.to_owned()) {
            let message = format!("a second operation `{name}`, first in {first}");
            self.findings.error(
                document,
                document.root.at,
                "name",
                message,
                "remove one of the two",
            );
            return Ok(None);
        }
        let call = self.call(text("method"), text("pathPattern")).map_err(|reason| {
            let message = format!("left out: {reason}");
            self.findings.warning(document, document.root.at, name, message, "");
            format!("left out: {name}: {reason}")
        })?;
        Ok(Some(Operation {
            name: name.to_owned(),
            api: self.api.clone().filter(|_| self.style == Style::Roa),
            call,
            anonymous: false,
            kind: kind_of_verb(name).unwrap_or(Kind::Update),
            checks: vec![guess(&self.code, name)],
            confidence: Confidence::Low,
            note: Some(GUESS.to_owned()),
            reviews: Vec::new(),
        }))
    }

    /// roa: method and path; `[Id]` is a variable.
    fn call(
        &self,
        method: Option<&str>,
        path: Option<&str>,
    ) -> Result<Option<(String, String)>, String> {
        if self.style == Style::Rpc {
            return Ok(None);
        }
        let method = method.unwrap_or_default().to_ascii_uppercase();
        if !["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"].contains(&method.as_str()) {
            return Err(format!("`{method}` is not one method of the catalogue"));
        }
        let path = path.unwrap_or_default();
        if path.contains(['{', '}']) {
            return Err(format!("`{path}` has braces"));
        }
        let path = path.replace('[', "{").replace(']', "}");
        Ok(Some((method, template(&segments(&path)?))))
    }
}
