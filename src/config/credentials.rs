//! The section `credentials`: where workloads next door are given sessions (7.5 of the identities sheet).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::check::{are_one, outside_policies};
use super::model::{Files, Listen};
use super::read::required_path;
use crate::directory::Mention;
use crate::ident::WorkloadName;
use crate::strict::{Fields, Node, Reader};
use crate::workload::TokenRule;

/// Where ECS serves the metadata of an instance; the address is written into the SDKs (MD-22).
const METADATA_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200));
/// What the system takes for the path of a socket.
const SOCKET_PATH_BYTES_MAX: usize = 107;

/// One of `credentials`: a listener for workloads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialListener {
    /// `address`
    pub address: CredentialAddress,
    /// `hosts`: names under which it is reached besides its address and `localhost`, in lower case.
    pub hosts: Vec<String>,
    /// `uri` or `metadata`
    pub form: CredentialForm,
}

/// `credentials[].address`: where nobody but the neighbours can call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialAddress {
    /// An address of this machine or pod alone.
    Tcp(SocketAddr),
    /// A socket in the file system.
    Unix(PathBuf),
}

/// What is spoken on a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialForm {
    /// `uri`: workloads with a URI each.
    Uri(Vec<UriWorkload>),
    /// `metadata`: the instance metadata of ECS.
    Metadata {
        /// `metadata.workload`: whose credentials they are.
        workload: WorkloadName,
        /// `metadata.allow_v1`: whether clients without a token are answered.
        tokens: TokenRule,
    },
}

/// One of `credentials[].uri`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UriWorkload {
    /// `workload`
    pub workload: WorkloadName,
    /// `secret_file`: the file of what its URI ends with.
    pub secret_file: PathBuf,
}

/// Why a text is no address of such a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialAddressError {
    /// Neither of the two forms.
    #[error("write `127.0.0.1:8702`, or `unix:///path/of/the/socket`")]
    Form,
    /// Others than the neighbours could call.
    #[error(
        "others than the workloads next door could call there; take a loopback address such as `127.0.0.1:8702`, or a \
         socket (`unix:///path`)"
    )]
    Open,
    /// A path that no socket can have.
    #[error("the path of a socket is absolute and has at most {SOCKET_PATH_BYTES_MAX} bytes")]
    Path,
}

impl FromStr for CredentialAddress {
    type Err = CredentialAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(path) = text.strip_prefix("unix://") {
            let fits = path.starts_with('/')
                && (2..=SOCKET_PATH_BYTES_MAX).contains(&path.len())
                && !path.contains('\0');
            return if fits {
                Ok(Self::Unix(path.into()))
            } else {
                Err(CredentialAddressError::Path)
            };
        }
        let address: SocketAddr = text.parse().map_err(|_form| CredentialAddressError::Form)?;
        let near = address.ip().is_loopback() || address.ip() == METADATA_ADDRESS;
        if near { Ok(Self::Tcp(address)) } else { Err(CredentialAddressError::Open) }
    }
}

impl fmt::Display for CredentialAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
        }
    }
}

/// A listener and where its parts stand.
pub(super) struct CredentialEntry {
    pub(super) listener: CredentialListener,
    address: Mention<CredentialAddress>,
    /// The workloads that it names.
    pub(super) workloads: Vec<Mention<WorkloadName>>,
}

/// Reads the section.
pub(super) fn read(
    reader: &mut Reader<'_>,
    root: &Fields<'_>,
    base: &Path,
) -> Vec<CredentialEntry> {
    let items = reader.list(root, "credentials").iter().enumerate();
    items
        .filter_map(|(index, node)| entry(reader, node, &format!("credentials[{index}]"), base))
        .collect()
}

fn entry(reader: &mut Reader<'_>, node: &Node, path: &str, base: &Path) -> Option<CredentialEntry> {
    let fields = reader.fields(node, path, &["address", "hosts", "uri", "metadata"])?;
    let address = Mention::<CredentialAddress>::required(reader, &fields, "address");
    let hosts = hosts(reader, &fields);
    let read = match (fields.get("uri"), fields.get("metadata")) {
        (Some(_), None) => Some(uri(reader, &fields, base)),
        (None, Some(node)) => metadata(reader, node, &fields.path("metadata")),
        (None, None) | (Some(_), Some(_)) => {
            let help = "write `uri` with workloads, or `metadata` with one workload";
            reader.error(node.at, path, "a listener speaks one of two forms", help);
            None
        }
    };
    let (address, (form, workloads)) = (address?, read?);
    check_metadata_address(reader, &address, &form);
    let listener = CredentialListener { address: address.value.clone(), hosts, form };
    Some(CredentialEntry { listener, address, workloads })
}

fn hosts(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Vec<String> {
    let mut hosts = Vec::new();
    for Mention { value, at, field } in Mention::<String>::list(reader, fields, "hosts") {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if value.is_empty() || !value.bytes().all(allowed) {
            let message = format!("`{value}` is no name of a host");
            reader.error(at, &field, message, "write the name without a port");
        }
        hosts.push(value.to_ascii_lowercase());
    }
    hosts
}

fn uri(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    base: &Path,
) -> (CredentialForm, Vec<Mention<WorkloadName>>) {
    let path = fields.path("uri");
    let mut workloads = Vec::new();
    let mut names: Vec<Mention<WorkloadName>> = Vec::new();
    for (index, node) in reader.list(fields, "uri").iter().enumerate() {
        let path = format!("{path}[{index}]");
        let Some(fields) = reader.fields(node, &path, &["workload", "secret_file"]) else {
            continue;
        };
        let name = Mention::<WorkloadName>::required(reader, &fields, "workload");
        let secret_file = required_path(reader, &fields, "secret_file", base);
        let (Some(name), Some(secret_file)) = (name, secret_file) else { continue };
        if let Some(first) = names.iter().find(|other| other.value == name.value) {
            let message = format!("`{}` is served on line {} already", name.value, first.at.line);
            reader.error(name.at, &name.field, message, "a workload has one URI on a listener");
        }
        workloads.push(UriWorkload { workload: name.value.clone(), secret_file });
        names.push(name);
    }
    if workloads.is_empty() {
        let at = fields.get("uri").map_or(fields.at, |node| node.at);
        reader.error(at, &path, "no workload is served here", "name one with its `secret_file`");
    }
    (CredentialForm::Uri(workloads), names)
}

fn metadata(
    reader: &mut Reader<'_>,
    node: &Node,
    path: &str,
) -> Option<(CredentialForm, Vec<Mention<WorkloadName>>)> {
    let fields = reader.fields(node, path, &["workload", "allow_v1"])?;
    let name = Mention::<WorkloadName>::required(reader, &fields, "workload");
    let allow_v1 = reader.switch(&fields, "allow_v1", false);
    let tokens = if allow_v1 { TokenRule::Optional } else { TokenRule::Required };
    let name = name?;
    Some((CredentialForm::Metadata { workload: name.value.clone(), tokens }, vec![name]))
}

/// The address of the metadata service means nothing to clients of a URI.
fn check_metadata_address(
    reader: &mut Reader<'_>,
    address: &Mention<CredentialAddress>,
    form: &CredentialForm,
) {
    let CredentialAddress::Tcp(bound) = &address.value else { return };
    if bound.ip() == METADATA_ADDRESS && matches!(form, CredentialForm::Uri(_)) {
        let message = format!("{METADATA_ADDRESS} is for `metadata` alone");
        let help = "take a loopback address such as `127.0.0.1:8702`";
        reader.error(address.at, &address.field, message, help);
    }
}

/// Sessions need an issuer's key, secrets a folder of their own, listeners an address each.
pub(super) fn check(
    reader: &mut Reader<'_>,
    root: &Fields<'_>,
    entries: &[CredentialEntry],
    files: Option<&Files>,
    listen: &Listen,
) {
    if let (Some(section), None) = (root.get("credentials"), root.get("sts")) {
        let message = "nothing here can issue the sessions of workloads";
        let help = "add the section `sts` with its `issuer_key`; a gate that only verifies cannot serve credentials";
        reader.error(section.at, "credentials", message, help);
    }
    let mut taken: Vec<(String, &CredentialAddress)> = Vec::new();
    let own: Vec<(String, CredentialAddress)> = listen
        .addresses()
        .map(|(name, address)| (format!("listen.{name}"), CredentialAddress::Tcp(address)))
        .collect();
    taken.extend(own.iter().map(|(name, address)| (name.clone(), address)));
    for CredentialEntry { listener, address, .. } in entries {
        let Mention { value, at, field } = address;
        if let Some((other, _)) = taken.iter().find(|(_, other)| clash(other, value)) {
            let message = format!("`{other}` has this address already");
            reader.error(*at, field, message, "give each listener its own");
        }
        taken.push((field.clone(), value));
        if let (CredentialForm::Uri(workloads), Some(files)) = (&listener.form, files) {
            for workload in workloads {
                let what = "secret of a workload's URI";
                outside_policies(reader, (*at, "credentials"), what, &workload.secret_file, files);
            }
        }
    }
}

fn clash(one: &CredentialAddress, other: &CredentialAddress) -> bool {
    match (one, other) {
        (CredentialAddress::Tcp(one), CredentialAddress::Tcp(other)) => are_one(*one, *other),
        (CredentialAddress::Unix(one), CredentialAddress::Unix(other)) => one == other,
        (CredentialAddress::Tcp(_), CredentialAddress::Unix(_))
        | (CredentialAddress::Unix(_), CredentialAddress::Tcp(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// MD-22
    #[test]
    fn addresses() {
        for text in [
            "127.0.0.1:8702",
            "127.3.2.1:1",
            "[::1]:80",
            "100.100.100.200:80",
            "unix:///run/c.sock",
        ] {
            assert_eq!(text.parse::<CredentialAddress>().unwrap().to_string(), text);
        }
        let long = format!("unix:///{}", "x".repeat(107));
        for (text, error) in [
            ("0.0.0.0:8702", CredentialAddressError::Open),
            ("[::]:8702", CredentialAddressError::Open),
            ("10.0.0.7:8702", CredentialAddressError::Open),
            ("100.100.100.201:80", CredentialAddressError::Open),
            ("[::ffff:127.0.0.1]:80", CredentialAddressError::Open),
            ("[::ffff:100.100.100.200]:80", CredentialAddressError::Open),
            ("localhost:8702", CredentialAddressError::Form),
            ("127.0.0.1", CredentialAddressError::Form),
            ("", CredentialAddressError::Form),
            ("unix://c.sock", CredentialAddressError::Path),
            ("unix:///", CredentialAddressError::Path),
            (&long, CredentialAddressError::Path),
        ] {
            assert_eq!(text.parse::<CredentialAddress>(), Err(error), "{text}");
        }
    }
}
