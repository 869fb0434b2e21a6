//! What no single field can get wrong.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use super::model::{Files, Listen, TlsListen};
use super::routes::RouteEntry;
use super::upstream::{Address, Upstream};
use crate::directory::Mention;
use crate::strict::{Fields, Position, Reader, Value};

/// No two listeners share an address.
pub(super) fn listeners(reader: &mut Reader<'_>, root: &Fields<'_>, listen: &Listen) {
    let mut before: Vec<(&str, SocketAddr)> = Vec::new();
    for (name, address) in listen.addresses() {
        if let Some((other, taken)) = before.iter().find(|(_, other)| are_one(*other, address)) {
            let at = place(root, "listen");
            let message = format!("`{other}` ({taken}) and `{name}` ({address}) are one address");
            let field = format!("listen.{name}");
            reader.error(at, &field, message, "give them different ports");
        }
        before.push((name, address));
    }
}

pub(super) fn are_one(one: SocketAddr, other: SocketAddr) -> bool {
    let either_is_any = one.ip().is_unspecified() || other.ip().is_unspecified();
    let same_port = one.port() == other.port() && one.port() != 0;
    same_port && (one.ip() == other.ip() || either_is_any)
}

/// Each file and folder is named once.
pub(super) fn files(reader: &mut Reader<'_>, fields: &Fields<'_>, files: &Files) {
    let others = [
        ("directory", Some(&files.directory)),
        ("policies", Some(&files.policies)),
        ("token_ring", files.token_ring.as_ref()),
        ("jwks", files.jwks.as_ref()),
        ("revocations", files.revocations.as_ref()),
        ("heartbeat", files.heartbeat.as_ref()),
        ("catalog", files.catalog.as_ref()),
        ("organization", files.organization.as_ref()),
        ("resources", files.resources.as_ref()),
        ("buckets", files.buckets.as_ref()),
        ("tags", files.tags.as_ref()),
        ("control_policies", files.control_policies.as_ref()),
        ("trust_policies", files.trust_policies.as_ref()),
        ("resource_policies", files.resource_policies.as_ref()),
        ("session_policies", files.session_policies.as_ref()),
    ];
    let paths = others.iter().filter_map(|(name, path)| path.map(|path| (*name, path)));
    let mut seen: HashMap<PathBuf, &str> = HashMap::from([(tidy(&files.keys), "keys")]);
    for (name, path) in paths {
        let at = place(fields, name);
        if let Some(other) = seen.get(&tidy(path)) {
            let message = format!("`{name}` and `{other}` are one path");
            reader.error(at, &fields.path(name), message, "each has a place of its own");
        } else {
            seen.insert(tidy(path), name);
        }
    }
}

/// Secrets are never in the same folder as policy.
pub(super) fn secrets(
    reader: &mut Reader<'_>,
    root: &Fields<'_>,
    files: &Files,
    tls: Option<&TlsListen>,
) {
    let secrets = [
        ("files.keys", "AccessKey secrets", Some(&files.keys)),
        ("files.token_ring", "keys of session tokens", files.token_ring.as_ref()),
        ("sts.issuer_key", "issuer's key", files.issuer_key.as_ref()),
        ("listen.tls.key", "key of the certificate", tls.map(|tls| &tls.key)),
    ];
    for (field, what, secret) in secrets {
        if let Some(secret) = secret {
            outside_policies(reader, (deep_place(root, field), field), what, secret, files);
        }
    }
}

/// A secret of the field that stands there is not in the folder of policies.
pub(super) fn outside_policies(
    reader: &mut Reader<'_>,
    (at, field): (Position, &str),
    what: &str,
    secret: &Path,
    files: &Files,
) {
    for (name, _) in files.folders().filter(|(_, folder)| tidy(secret).starts_with(tidy(folder))) {
        let message = format!("here the {what} would be in the folder of `{name}`");
        let help = "secrets have a folder of their own (a Secret, where the rest is a ConfigMap)";
        reader.error(at, field, message, help);
    }
}

/// Without `.` segments.
fn tidy(path: &Path) -> PathBuf {
    path.components().filter(|part| *part != std::path::Component::CurDir).collect()
}

/// Names are unique, each product has one route, no route leads back to the gate.
pub(super) fn routes(
    reader: &mut Reader<'_>,
    root: &Fields<'_>,
    routes: &[RouteEntry],
    listen: &Listen,
) {
    if let Some(node) = root.get("routes")
        && node.value == Value::Seq(Vec::new())
    {
        let help = "without a route every call is refused; add one";
        reader.error(node.at, "routes", "there is no route", help);
    }
    let mut names = HashMap::new();
    let mut products = HashMap::new();
    let mut hosts = HashMap::new();
    for entry in routes {
        check_name(reader, &entry.name);
        unique(reader, &mut names, &entry.name, "route name");
        if entry.products.is_empty() {
            let field = entry.name.field.replace(".name", ".products");
            let message = format!("route `{}` has no products", entry.name.value);
            reader.error(entry.name.at, &field, message, "name one, or remove the route");
        }
        for product in &entry.products {
            unique(reader, &mut products, product, "product");
        }
        for host in &entry.route.hosts {
            let name = Mention { value: host.name.clone(), ..entry.name.clone() };
            unique(reader, &mut hosts, &name, "host");
        }
        check_loop(reader, &entry.upstream, listen);
    }
}

fn check_name(reader: &mut Reader<'_>, name: &Mention<String>) {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let text = &name.value;
    if text.is_empty() || text.len() > 64 || !text.bytes().all(allowed) {
        let help = "letters, digits, `-`, `_`, `.`; at most 64";
        reader.error(name.at, &name.field, format!("`{text}` is no route name"), help);
    }
}

fn unique(
    reader: &mut Reader<'_>,
    seen: &mut HashMap<String, Position>,
    name: &Mention<String>,
    what: &str,
) {
    match seen.get(&name.value.to_ascii_lowercase()) {
        Some(first) => {
            let message = format!("the {what} `{}` is taken on line {}", name.value, first.line);
            reader.error(name.at, &name.field, message, "each belongs to one route");
        }
        None => {
            seen.insert(name.value.to_ascii_lowercase(), name.at);
        }
    }
}

fn check_loop(reader: &mut Reader<'_>, upstream: &Mention<Upstream>, listen: &Listen) {
    let Some(address) = upstream.value.address() else { return };
    for (_, own) in listen.addresses() {
        if leads_to(address, own) {
            let message = format!("{address} is the gate itself");
            reader.error(upstream.at, &upstream.field, message, "name the service behind the gate");
        }
    }
}

fn leads_to(upstream: &Address, own: SocketAddr) -> bool {
    let local = |address: IpAddr| address.is_loopback() || address.is_unspecified();
    let address = match upstream.host() {
        "localhost" => Some(IpAddr::from([127, 0, 0, 1])),
        host => host.parse::<IpAddr>().ok(),
    };
    let same =
        |address: IpAddr| address == own.ip() || (local(address) && own.ip().is_unspecified());
    upstream.port() == own.port() && address.is_some_and(same)
}

/// Where the field of a path such as `listen.tls.key` stands.
fn deep_place(root: &Fields<'_>, path: &str) -> Position {
    let mut names = path.split('.');
    let first = names.next().and_then(|name| root.get(name));
    let found = names.fold(first, |node, name| node.and_then(|node| node.get(name)));
    found.map_or(root.at, |node| node.at)
}

fn place(fields: &Fields<'_>, name: &str) -> Position {
    fields.get(name).map_or(fields.at, |node| node.at)
}
