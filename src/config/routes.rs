//! `routes`: what leads where, and what is accepted there.

use std::time::Duration;

use super::choice::{Choices, choice};
use super::limits::number;
use super::model::Route;
use super::{SpoolSettings, Upstream, bodies, hosts};
use crate::catalog::{Callbacks, Confidence};
use crate::directory::Mention;
use crate::signature::Scheme;
use crate::strict::{Fields, Node, Reader};

const CALLBACKS: &Choices<Callbacks> = &[("pass", Callbacks::Pass), ("refuse", Callbacks::Refuse)];

/// Fields that do nothing without object storage behind the route.
const OF_OBJECTS: [&str; 4] =
    ["path_style", "signed_parameters", "signed_url_seconds_max", "callbacks"];

/// A route and where its parts stand.
pub(super) struct RouteEntry {
    pub(super) route: Route,
    pub(super) name: Mention<String>,
    pub(super) products: Vec<Mention<String>>,
    pub(super) upstream: Mention<Upstream>,
    /// Fields that only object storage has.
    of_objects: Vec<Mention<String>>,
}

impl RouteEntry {
    /// Fields that only object storage has, each with the products that they are for.
    pub(super) fn of_objects(&self) -> impl Iterator<Item = (Mention<String>, Vec<String>)> {
        self.of_objects.iter().map(|field| (field.clone(), self.route.products.clone()))
    }
}

/// Reads the section.
pub(super) fn routes(
    reader: &mut Reader<'_>,
    root: &Fields<'_>,
    spool: Option<&SpoolSettings>,
) -> Vec<RouteEntry> {
    reader.required(root, "routes");
    let items = reader.list(root, "routes").iter().enumerate();
    items
        .filter_map(|(index, node)| route(reader, node, &format!("routes[{index}]"), spool))
        .collect()
}

fn route(
    reader: &mut Reader<'_>,
    node: &Node,
    path: &str,
    spool: Option<&SpoolSettings>,
) -> Option<RouteEntry> {
    const OWN: [&str; 16] = [
        "name",
        "products",
        "upstream",
        "region",
        "schemes",
        "weak_schemes",
        "require_signed_host",
        "hosts",
        "path_style",
        "signed_parameters",
        "signed_url_seconds_max",
        "callbacks",
        "min_confidence",
        "literal_paths",
        "answer_timeout_seconds",
        "connect_timeout_ms",
    ];
    let known = [OWN.as_slice(), &bodies::ROUTE_FIELDS].concat();
    let fields = reader.fields(node, path, &known)?;
    let name = Mention::<String>::required(reader, &fields, "name");
    reader.required(&fields, "products");
    let products = Mention::<String>::list(reader, &fields, "products");
    let upstream = Mention::<Upstream>::required(reader, &fields, "upstream");
    let region = region(reader, &fields);
    let schemes = schemes(reader, &fields);
    let hosts = hosts::read(reader, &fields, &products);
    let signed_parameters = reader.parsed_list(&fields, "signed_parameters");
    let signed_url_seconds_max = url_seconds(reader, &fields);
    let require_signed_host = reader.switch(&fields, "require_signed_host", false);
    let callbacks = choice(reader, &fields, "callbacks", CALLBACKS).unwrap_or_default();
    let min_confidence = choice(reader, &fields, "min_confidence", &Confidence::ALL);
    let path_style = reader.switch(&fields, "path_style", false);
    let literal_paths = reader.switch(&fields, "literal_paths", false);
    let bodies = bodies::route(reader, &fields, spool);
    let answer_seconds = number(reader, &fields, "answer_timeout_seconds", 30, (1, 3600));
    let connect_ms = number(reader, &fields, "connect_timeout_ms", 2000, (1, 60_000));
    let (name, upstream) = (name?, upstream?);
    let route = Route {
        name: name.value.clone(),
        products: products.iter().map(|product| product.value.clone()).collect(),
        upstream: upstream.value.clone(),
        region,
        schemes,
        require_signed_host,
        domains: hosts.domains,
        endpoints: hosts.endpoints,
        signed_parameters,
        signed_url_seconds_max,
        hosts: hosts.names,
        path_style,
        callbacks,
        min_confidence,
        literal_paths,
        bodies,
        answer_timeout: Duration::from_secs(answer_seconds),
        connect_timeout: Duration::from_millis(connect_ms),
    };
    Some(RouteEntry { route, name, products, upstream, of_objects: of_objects(&fields) })
}

fn of_objects(fields: &Fields<'_>) -> Vec<Mention<String>> {
    let found = OF_OBJECTS.iter().filter_map(|name| Some((*name, fields.get(name)?.at)));
    let mention =
        |(name, at): (&str, _)| Mention { value: name.to_owned(), at, field: fields.path(name) };
    found.map(mention).collect()
}

fn region(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<String> {
    let node = fields.get("region")?;
    let path = fields.path("region");
    let text = reader.text_of(node, &path)?;
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if text.is_empty() || text.len() > 64 || !text.bytes().all(allowed) {
        let help =
            "a region is written like `cn-hangzhou`; leave it out if the upstream serves several";
        reader.error(node.at, &path, format!("`{text}` is no region"), help);
        return None;
    }
    Some(text.to_owned())
}

fn url_seconds(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<i64> {
    const YEAR: u64 = 366 * 24 * 3600;
    fields.get("signed_url_seconds_max")?;
    i64::try_from(number(reader, fields, "signed_url_seconds_max", YEAR, (1, YEAR))).ok()
}

/// Those that are listed, or all; less the weak ones where they are switched off.
fn schemes(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Vec<Scheme> {
    let listed = fields.get("schemes").map(|_node| listed_schemes(reader, fields));
    let mut schemes = listed.unwrap_or_else(|| Scheme::ALL.to_vec());
    if !reader.switch(fields, "weak_schemes", true) {
        schemes.retain(|scheme| !scheme.is_weak());
    }
    if schemes.is_empty() {
        let help = "name one that is accepted, or leave the field out to accept all";
        let at = fields.get("schemes").map_or(fields.at, |node| node.at);
        reader.error(at, &fields.path("schemes"), "no scheme is accepted", help);
    }
    schemes
}

fn listed_schemes(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Vec<Scheme> {
    let mut schemes = Vec::new();
    for name in Mention::<String>::list(reader, fields, "schemes") {
        match Scheme::ALL.into_iter().find(|scheme| scheme.as_str() == name.value) {
            Some(scheme) if schemes.contains(&scheme) => {}
            Some(scheme) => schemes.push(scheme),
            None => {
                let help = format!("known schemes: {}", Scheme::ALL.map(Scheme::as_str).join(", "));
                let message = format!("there is no scheme `{}`", name.value);
                reader.error(name.at, &name.field, message, &help);
            }
        }
    }
    schemes
}
