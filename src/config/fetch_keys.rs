//! `sts.fetch_keys`: the keys of OIDC providers may be fetched from their issuers (FED-06).

use std::path::{Path, PathBuf};

use ipnet::IpNet;

use super::hosts::is_host;
use super::read::path;
use crate::strict::{Fields, Reader};

/// `sts.fetch_keys`: where keys may be fetched from. Without the section none are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FetchKeys {
    /// `allow_networks`: networks that are not public and may be asked all the same.
    pub networks: Vec<IpNet>,
    /// `allow_hosts`: names that may have any address.
    pub hosts: Vec<String>,
    /// `ca_file`: authorities that are trusted beside those of the machine, PEM.
    pub ca_file: Option<PathBuf>,
}

/// Reads the section.
pub(super) fn read(reader: &mut Reader<'_>, sts: &Fields<'_>, base: &Path) -> Option<FetchKeys> {
    let node = sts.get("fetch_keys")?;
    let known = ["allow_networks", "allow_hosts", "ca_file"];
    let fields = reader.fields(node, "sts.fetch_keys", &known)?;
    Some(FetchKeys {
        networks: reader.parsed_list(&fields, "allow_networks"),
        hosts: hosts(reader, &fields),
        ca_file: path(reader, &fields, "ca_file", base),
    })
}

fn hosts(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Vec<String> {
    let mut hosts = Vec::new();
    for (index, node) in reader.list(fields, "allow_hosts").iter().enumerate() {
        let field = format!("{}[{index}]", fields.path("allow_hosts"));
        let Some(host) = reader.text_of(node, &field) else { continue };
        if !is_host(host) {
            let help = "write the name in lower case, without a port";
            reader.error(node.at, &field, format!("`{host}` is no host name or address"), help);
        }
        hosts.push(host.to_owned());
    }
    hosts
}
