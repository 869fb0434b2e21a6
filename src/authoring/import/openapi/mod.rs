//! An OpenAPI 3 document becomes a product of style roa.
//!
//! Hosts come from `servers`, operations from `paths`. No OpenAPI document says what has to be allowed: the action is the
//! operation's name, and the resource follows from the path by one rule (`resource.rs`).

mod method;
mod operation;

mod resource;
mod servers;

use crate::strict::{Node, Position};

use super::findings::Findings;
use super::tree::Document;
use super::{Options, Scope, product_name};
use crate::authoring::draft::{Draft, Source, Style};
use operation::Importer;

pub(super) fn draft(
    document: &Document<'_>,
    options: &Options,
    findings: &mut Findings,
) -> Option<Draft> {
    check_version(document, findings)?;
    let product = product_name(document, options, None, findings)?;
    let ram_code = options.ram_code.clone().unwrap_or_else(|| product.clone());
    let servers = servers::read(document, options, findings)?;
    let in_region = servers.hosts.iter().any(|host| host.contains("{region}"));
    let regional = options.scope.map_or(in_region, |scope| scope == Scope::Regional);
    let info =
        |name: &str| document.root.get("info").and_then(|info| info.get(name)).and_then(Node::text);
    let title = info("title").unwrap_or(&product).to_owned();
    let mut importer = Importer::new(document, &ram_code, regional, &servers.base_path, findings)?;
    importer.read();
    let (operations, left_out) = importer.finish();
    Some(Draft {
        origin: file_name(document.name).to_owned(),
        source: Source {
            key: "O",
            what: format!("OpenAPI document {}", file_name(document.name)),
            state: info("version").unwrap_or("-").to_owned(),
            read: "servers, paths, operations, security",
        },
        title,
        product,
        ram_code,
        style: Style::Roa,
        versions: Vec::new(),
        endpoints: servers.hosts,
        regional,
        keys: Vec::new(),
        operations,
        reviews: servers.reviews,
        left_out,
    })
}

fn check_version(document: &Document<'_>, findings: &mut Findings) -> Option<()> {
    let version = document.root.get("openapi").and_then(Node::text);
    if version.is_some_and(|version| version.starts_with("3.")) {
        return Some(());
    }
    let at = document.root.get("openapi").map_or(Position::START, |node| node.at);
    let help = "convert the document to OpenAPI 3";
    findings.error(document, at, "openapi", "this is no OpenAPI 3 document", help);
    None
}

fn file_name(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}
