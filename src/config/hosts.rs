//! `routes[].hosts`: names beside those of the catalogue: inner names, addresses, custom domains.

use super::model::HostName;
use crate::directory::Mention;
use crate::signature::{OBJECT_PRODUCT, is_bucket};
use crate::strict::{Fields, Node, Reader};

/// What the section says.
#[derive(Default)]
pub(super) struct Hosts {
    pub(super) names: Vec<HostName>,
    pub(super) domains: Vec<(String, String)>,
    pub(super) endpoints: Vec<(String, String)>,
}

/// Reads the section. A host may leave out its product where the route has only one.
pub(super) fn read(
    reader: &mut Reader<'_>,
    route: &Fields<'_>,
    products: &[Mention<String>],
) -> Hosts {
    let mut hosts = Hosts::default();
    for (index, node) in reader.list(route, "hosts").iter().enumerate() {
        host(reader, node, &format!("{}[{index}]", route.path("hosts")), products, &mut hosts);
    }
    hosts
}

fn host(
    reader: &mut Reader<'_>,
    node: &Node,
    path: &str,
    products: &[Mention<String>],
    hosts: &mut Hosts,
) -> Option<()> {
    let fields =
        reader.fields(node, path, &["name", "product", "bucket", "buckets", "signing_product"])?;
    let name = Mention::<String>::required(reader, &fields, "name")?;
    if !is_host(&name.value) {
        let help = "write the name in lower case, without a port";
        let message = format!("`{}` is no host name or address", name.value);
        reader.error(name.at, &name.field, message, help);
        return None;
    }
    if hosts.names.iter().any(|known| known.name == name.value) {
        let message = format!("the host `{}` stands twice", name.value);
        reader.error(name.at, &name.field, message, "remove one of the two");
        return None;
    }
    let product = product(reader, &fields, products)?;
    let takes_buckets = endpoint(reader, &fields, &name.value, hosts);
    if let Some(node) = fields.get("bucket") {
        let bucket_path = fields.path("bucket");
        let bucket = reader.text_of(node, &bucket_path)?;
        if !is_bucket(bucket) {
            let help = "3 to 63 of `a` to `z`, digits and `-`, no `-` at the ends";
            reader.error(node.at, &bucket_path, format!("`{bucket}` is no bucket name"), help);
            return None;
        }
        hosts.domains.push((name.value.clone(), bucket.to_owned()));
    }
    hosts.names.push(HostName { name: name.value, product, takes_buckets });
    Some(())
}

/// Whether it is an endpoint of object storage, with the names of buckets before it.
fn endpoint(reader: &mut Reader<'_>, fields: &Fields<'_>, name: &str, hosts: &mut Hosts) -> bool {
    let takes_buckets = reader.switch(fields, "buckets", false);
    let product = reader.text(fields, "signing_product").unwrap_or(OBJECT_PRODUCT).to_owned();
    let (bucket, signing) = (fields.get("bucket"), fields.get("signing_product"));
    if let (true, Some(node)) = (takes_buckets, bucket) {
        let help = "a custom domain stands for one `bucket`, an endpoint has `buckets: true`";
        reader.error(node.at, &fields.path("bucket"), "one bucket, or names of buckets", help);
    }
    if let (false, Some(node)) = (takes_buckets, signing) {
        let help = "only an endpoint with `buckets: true` has one";
        reader.error(node.at, &fields.path("signing_product"), "nothing is signed for it", help);
    }
    if takes_buckets {
        hosts.endpoints.push((name.to_owned(), product));
    }
    takes_buckets
}

fn product(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    products: &[Mention<String>],
) -> Option<String> {
    let path = fields.path("product");
    match (fields.get("product"), products) {
        (Some(node), _) => {
            let name = reader.text_of(node, &path)?;
            if products.iter().any(|product| product.value == name) {
                return Some(name.to_owned());
            }
            let message = format!("the route does not serve the product `{name}`");
            reader.error(node.at, &path, message, "name one of the route's `products`");
            None
        }
        (None, [only]) => Some(only.value.clone()),
        (None, _) => {
            let help = "the route has several products: add `product: <name>`";
            reader.error(fields.at, &path, "nobody knows which product answers here", help);
            None
        }
    }
}

/// A name in lower case, or an address; an IPv6 address in brackets, as `Host` has it.
pub(super) fn is_host(name: &str) -> bool {
    let address = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if let Some(address) = address {
        return address.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let allowed = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_')
    };
    let label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(allowed);
    name.len() <= 253 && name.split('.').all(label)
}
