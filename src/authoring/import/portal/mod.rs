//! The API metadata that the vendor's portal publishes: one object for a product version (`apis`), or for one API.
//!
//! Field names of the envelope, the parameters and the endpoints are those of published files. No published file with
//! `ramActions` could be found: what is inside is read as it is described, and anything else is refused.

mod api;
mod arn;
mod parameter;
mod ram;

use std::collections::HashMap;

use crate::strict::{Node, Position};

use super::findings::Findings;
use super::path::shape;
use super::tree::Document;
use super::{OPERATIONS_MAX, Options, Scope, endpoints, product_name};
use crate::authoring::draft::{Draft, Operation, Source, Style};
pub(super) use api::{GUESS, guess};
use api::{Read, Reader};

/// What the envelope says.
struct Envelope<'n> {
    product: Option<&'n str>,
    version: Option<&'n str>,
    style: Style,
    apis: Vec<(&'n str, &'n Node)>,
}

pub(super) fn draft(
    document: &Document<'_>,
    options: &Options,
    findings: &mut Findings,
) -> Option<Draft> {
    let envelope = envelope(document, findings)?;
    let product = product_name(document, options, envelope.product, findings)?;
    let versions = versions(document, &envelope, options, findings)?;
    let hosts = hosts(document, options, findings)?;
    let mut reader = Reader {
        document,
        findings,
        style: envelope.style,
        api: versions.first().cloned().filter(|_| envelope.style == Style::Roa),
        fallback_code: options.ram_code.clone().unwrap_or_else(|| product.clone()),
    };
    let read: Vec<Read> = envelope.apis.iter().map(|(name, node)| reader.api(name, node)).collect();
    let (mut operations, mut left_out, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for one in read {
        operations.extend(one.operation);
        left_out.extend(one.left_out);
        keys.extend(one.keys);
    }
    keys.sort();
    keys.dedup();
    check_templates(document, &operations, findings);
    let ram_code = options
        .ram_code
        .clone()
        .or_else(|| code_of(&operations))
        .unwrap_or_else(|| product.clone());
    let regional = options
        .scope
        .map_or_else(|| is_regional(&operations, &hosts), |scope| scope == Scope::Regional);
    let unnamed = operations.iter().filter(|it| it.note.as_deref() == Some(GUESS)).count();
    let reviews = (unnamed > 0).then(|| guesses(unnamed, operations.len()));
    Some(Draft {
        origin: document.name.rsplit('/').next().unwrap_or_default().to_owned(),
        source: Source {
            key: "P",
            what: format!("published API metadata of {}", envelope.product.unwrap_or(&product)),
            state: versions.first().cloned().unwrap_or_default(),
            read: "all operations of the file",
        },
        title: envelope.product.unwrap_or(&product).to_owned(),
        product,
        ram_code,
        style: envelope.style,
        versions,
        endpoints: hosts,
        regional,
        keys,
        operations,
        reviews: reviews.into_iter().collect(),
        left_out,
    })
}

/// What stands above a file with operations of which nothing says what has to be allowed.
pub(super) fn guesses(unnamed: usize, all: usize) -> String {
    format!(
        "for {unnamed} of {all} operations the metadata names neither action nor resource: they are guessed by name, on all resources, with confidence low"
    )
}

fn envelope<'n>(document: &'n Document<'_>, findings: &mut Findings) -> Option<Envelope<'n>> {
    let root = &document.root;
    let Some(apis) = root.get("apis") else {
        // The object of one API: it has a name of its own, or that of its file.
        let stem = document.name.rsplit('/').next().and_then(|name| name.split('.').next());
        let name = root.get("name").and_then(Node::text).or(stem)?;
        let path = root.get("path").and_then(Node::text);
        let style = if path.is_none_or(|path| path == "/") { Style::Rpc } else { Style::Roa };
        return Some(Envelope { product: None, version: None, style, apis: vec![(name, root)] });
    };
    let info = |name: &str| root.get("info").and_then(|info| info.get(name));
    let text = |name: &str| info(name).and_then(Node::text);
    let style = match text("style").map(str::to_ascii_uppercase).as_deref() {
        Some("RPC") => Style::Rpc,
        Some("ROA") => Style::Roa,
        _ => {
            let at = info("style").map_or(Position::START, |node| node.at);
            let message = "only products of the styles RPC and ROA can be imported";
            findings.error(document, at, "info.style", message, "describe this one by hand");
            return None;
        }
    };
    let entries = apis.entries();
    if entries.len() > OPERATIONS_MAX {
        let message = format!("more than {OPERATIONS_MAX} operations");
        findings.error(document, apis.at, "apis", message, "");
        return None;
    }
    let apis = entries.iter().map(|(key, node)| (key.name.as_str(), node)).collect();
    Some(Envelope { product: text("product"), version: text("version"), style, apis })
}

fn versions(
    document: &Document<'_>,
    envelope: &Envelope<'_>,
    options: &Options,
    findings: &mut Findings,
) -> Option<Vec<String>> {
    let versions = if options.versions.is_empty() {
        envelope.version.map(str::to_owned).into_iter().collect()
    } else {
        options.versions.clone()
    };
    if versions.is_empty() && envelope.style == Style::Rpc {
        let message = "the file does not say which version of the API it describes";
        findings.error(
            document,
            Position::START,
            "info.version",
            message,
            "--api-version 2014-05-26",
        );
        return None;
    }
    Some(versions)
}

fn hosts(
    document: &Document<'_>,
    options: &Options,
    findings: &mut Findings,
) -> Option<Vec<String>> {
    if !options.hosts.is_empty() {
        return Some(options.hosts.clone());
    }
    let listed = document.root.get("endpoints").map_or(&[][..], Node::items);
    let text = |node: &'_ Node, name: &str| node.get(name).and_then(Node::text).map(str::to_owned);
    let pairs =
        listed.iter().filter_map(|node| Some((text(node, "regionId")?, text(node, "endpoint")?)));
    let hosts = endpoints::patterns(pairs);
    if hosts.is_empty() {
        let message = "the file names no endpoint";
        findings.error(
            document,
            Position::START,
            "endpoints",
            message,
            "--host 'lamp.{region}.aliyuncs.com'",
        );
        return None;
    }
    Some(hosts)
}

/// Rule 8 of the importer: a request selects one operation.
pub(super) fn check_templates(
    document: &Document<'_>,
    operations: &[Operation],
    findings: &mut Findings,
) {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for operation in operations {
        let Some((method, path)) = &operation.call else { continue };
        let segments = super::path::segments(path).unwrap_or_default();
        if let Some(first) = seen.insert(format!("{method} {}", shape(&segments)), &operation.name)
        {
            let message =
                format!("`{first}` and `{}` have the same method and path", operation.name);
            findings.error(
                document,
                Position::START,
                "apis",
                message,
                "a request must select one operation",
            );
        }
    }
}

/// The service that most actions belong to.
fn code_of(operations: &[Operation]) -> Option<String> {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    let named = operations.iter().filter(|operation| operation.note.as_deref() != Some(GUESS));
    for check in named.flat_map(|operation| &operation.checks) {
        let (code, _) = check.action.split_once(':')?;
        match counts.iter_mut().find(|(known, _)| *known == code) {
            Some((_, count)) => *count += 1,
            None => counts.push((code, 1)),
        }
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(code, _)| code.to_owned())
}

/// As the ARNs say; where none is named, as the hosts do.
fn is_regional(operations: &[Operation], hosts: &[String]) -> bool {
    let checks = operations.iter().flat_map(|operation| &operation.checks);
    let mut arns = checks.flat_map(|check| &check.resources).map(|resource| resource.arn.as_str());
    let named: Vec<&str> = arns.by_ref().filter(|arn| *arn != "*").collect();
    if named.is_empty() {
        return hosts.iter().any(|host| host.contains("{region}"));
    }
    named.iter().any(|arn| arn.contains(":{RegionId}:"))
}
