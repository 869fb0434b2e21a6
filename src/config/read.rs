//! From the text of `ramgate.yaml` to a [`Config`], with every problem on the way.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use super::limits::{self, Limits, size};
use super::model::{AuditSink, CodeMerging, Config, Files, Listen, TlsListen};
use super::reload;
use super::replay;
use super::routes::{RouteEntry, routes};
use super::{bodies, check, credentials, sts};
use crate::ident::AccountId;
use crate::policy::OidcRule;
use crate::snapshot::{KeysAccess, RootKeys, Settings};
use crate::strict::{Fields, Node, Problem, Reader, count_errors};

const SECTIONS: [&str; 15] = [
    "account",
    "listen",
    "files",
    "routes",
    "audit",
    "workers",
    "limits",
    "spool",
    "replay",
    "sts",
    "credentials",
    "access_keys",
    "accept_reconstructed_policies",
    "require_oidc_sub",
    "reload",
];

/// A configuration that cannot be used, and why.
#[derive(Debug)]
pub struct Refused {
    /// Everything that is wrong with it.
    pub problems: Vec<Problem>,
    /// As much as could be read, so that the files it names can be checked in the same report. Never to be run.
    pub(crate) rest: Option<Box<(Config, Settings)>>,
}

/// Reads a configuration: the configuration, what the other files are compiled with, and the warnings. `file` is its
/// path as the operator named it; other paths are relative to its folder.
pub fn parse(file: &str, text: &str) -> Result<(Config, Settings, Vec<Problem>), Refused> {
    let mut reader = Reader::new(file);
    let rest = reader.parse(text).and_then(|root| whole(&mut reader, file, &root));
    let problems = reader.into_problems();
    match rest {
        Some((config, settings)) if count_errors(&problems) == 0 => {
            Ok((config, settings, problems))
        }
        rest => Err(Refused { problems, rest: rest.map(Box::new) }),
    }
}

/// `None` only when the file says nothing about the other files; any other gap is filled so that the check can go on.
fn whole(reader: &mut Reader<'_>, file: &str, root: &Node) -> Option<(Config, Settings)> {
    let fields = reader.fields(root, "", &SECTIONS)?;
    let account = reader.required_parsed::<AccountId>(&fields, "account");
    let base = Path::new(file).parent().unwrap_or(Path::new(""));
    let listen = listen(reader, &fields, base);
    let issuing = sts::read(reader, &fields, base);
    let files = files(reader, &fields, base);
    let files = files
        .map(|files| Files { issuer_key: issuing.as_ref().map(|(_, key)| key.clone()), ..files });
    let spool = bodies::spool(reader, &fields, base);
    let entries = routes(reader, &fields, spool.as_ref());
    check::listeners(reader, &fields, &listen);
    check::routes(reader, &fields, &entries, &listen);
    sts::check(reader, &fields, files.as_ref(), &entries, &listen);
    if let Some(files) = &files {
        check::secrets(reader, &fields, files, listen.tls.as_ref());
    }
    let doors = credentials::read(reader, &fields, base);
    credentials::check(reader, &fields, &doors, files.as_ref(), &listen);
    let workloads = doors.iter().flat_map(|door| door.workloads.clone()).collect();
    let routed = entries.iter().flat_map(|entry| entry.products.clone()).collect();
    let of_objects = entries.iter().flat_map(RouteEntry::of_objects).collect();
    let (root_keys, keys_access, code_merging) = access_keys(reader, &fields);
    let defaults = if issuing.is_some() { Limits::of_issuer() } else { Limits::default() };
    let config = Config {
        file: file.to_owned(),
        account: account.or_else(|| "1".parse().ok())?,
        listen,
        files: files?,
        routes: entries.into_iter().map(|entry| entry.route).collect(),
        audit: audit(reader, &fields, base),
        workers: workers(reader, &fields),
        limits: limits::read(reader, &fields, defaults),
        spool,
        replay: replay::read(reader, &fields, base),
        sts: issuing.map(|(settings, _)| settings),
        credentials: doors.into_iter().map(|door| door.listener).collect(),
        root_keys,
        keys_access,
        code_merging,
        accepted_policies: reader.parsed_list(&fields, "accept_reconstructed_policies"),
        oidc: oidc_rule(reader, &fields),
        reload: reload::read(reader, &fields),
    };
    let issuer = config.sts.as_ref().filter(|sts| sts.fetch_keys.is_none());
    let fetches_no_keys = issuer.and(fields.get("sts")).map(|node| node.at);
    let settings = config.settings(routed, of_objects, workloads);
    Some((config, Settings { fetches_no_keys, ..settings }))
}

/// A section that may be absent.
pub(super) fn section<'n>(
    reader: &mut Reader<'_>,
    root: &Fields<'n>,
    name: &str,
    known: &[&str],
) -> Option<Fields<'n>> {
    let node = root.get(name)?;
    reader.fields(node, name, known)
}

fn listen(reader: &mut Reader<'_>, root: &Fields<'_>, base: &Path) -> Listen {
    let mut listen = Listen { data: local(8700), status: local(8701), tls: None };
    if let Some(fields) = section(reader, root, "listen", &["data", "status", "tls"]) {
        listen.data = reader.parsed(&fields, "data").unwrap_or(listen.data);
        listen.status = reader.parsed(&fields, "status").unwrap_or(listen.status);
        listen.tls = fields.get("tls").and_then(|node| tls(reader, node, base));
    }
    listen
}

fn tls(reader: &mut Reader<'_>, node: &Node, base: &Path) -> Option<TlsListen> {
    let fields = reader.fields(node, "listen.tls", &["address", "certificate", "key"])?;
    let address = reader.parsed(&fields, "address").unwrap_or_else(|| local(8743));
    let certificate = required_path(reader, &fields, "certificate", base);
    let key = required_path(reader, &fields, "key", base);
    Some(TlsListen { address, certificate: certificate?, key: key? })
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

fn files(reader: &mut Reader<'_>, root: &Fields<'_>, base: &Path) -> Option<Files> {
    let node = reader.required(root, "files")?;
    let known = [
        "directory",
        "policies",
        "keys",
        "token_ring",
        "jwks",
        "revocations",
        "heartbeat",
        "catalog",
        "organization",
        "resources",
        "buckets",
        "tags",
        "control_policies",
        "trust_policies",
        "resource_policies",
        "session_policies",
    ];
    let fields = reader.fields(node, "files", &known)?;
    let directory = required_path(reader, &fields, "directory", base);
    let policies = required_path(reader, &fields, "policies", base);
    let keys = required_path(reader, &fields, "keys", base);
    let files = Files {
        directory: directory?,
        policies: policies?,
        keys: keys?,
        token_ring: path(reader, &fields, "token_ring", base),
        jwks: path(reader, &fields, "jwks", base),
        issuer_key: None,
        revocations: path(reader, &fields, "revocations", base),
        heartbeat: path(reader, &fields, "heartbeat", base),
        catalog: path(reader, &fields, "catalog", base),
        organization: path(reader, &fields, "organization", base),
        resources: path(reader, &fields, "resources", base),
        buckets: path(reader, &fields, "buckets", base),
        tags: path(reader, &fields, "tags", base),
        control_policies: path(reader, &fields, "control_policies", base),
        trust_policies: path(reader, &fields, "trust_policies", base),
        resource_policies: path(reader, &fields, "resource_policies", base),
        session_policies: path(reader, &fields, "session_policies", base),
    };
    check::files(reader, &fields, &files);
    Some(files)
}

pub(super) fn required_path(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    name: &str,
    base: &Path,
) -> Option<PathBuf> {
    reader.required(fields, name)?;
    path(reader, fields, name, base)
}

pub(super) fn path(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    name: &str,
    base: &Path,
) -> Option<PathBuf> {
    let node = fields.get(name)?;
    let text = reader.text_of(node, &fields.path(name))?;
    if text.is_empty() || text.contains('\0') {
        reader.error(node.at, &fields.path(name), "a path is wanted here", "");
        return None;
    }
    Some(base.join(text))
}

fn audit(reader: &mut Reader<'_>, root: &Fields<'_>, base: &Path) -> AuditSink {
    let Some(fields) = section(reader, root, "audit", &["file"]) else { return AuditSink::Stdout };
    let Some(node) = fields.get("file") else { return AuditSink::Stdout };
    match reader.text_of(node, &fields.path("file")) {
        None | Some("-") => AuditSink::Stdout,
        Some(_) => path(reader, &fields, "file", base).map_or(AuditSink::Stdout, AuditSink::File),
    }
}

fn workers(reader: &mut Reader<'_>, root: &Fields<'_>) -> Option<NonZeroUsize> {
    root.get("workers")?;
    NonZeroUsize::new(size(reader, root, "workers", 1, (1, 1024)))
}

fn access_keys(reader: &mut Reader<'_>, root: &Fields<'_>) -> (RootKeys, KeysAccess, CodeMerging) {
    let known = ["allow_root", "allow_world_readable", "merge_codes"];
    let (mut allow_root, mut allow_all, mut merge) = (false, false, false);
    if let Some(fields) = section(reader, root, "access_keys", &known) {
        allow_root = reader.switch(&fields, "allow_root", false);
        allow_all = reader.switch(&fields, "allow_world_readable", false);
        merge = reader.switch(&fields, "merge_codes", false);
    }
    (
        if allow_root { RootKeys::Allowed } else { RootKeys::Refused },
        if allow_all { KeysAccess::Anybody } else { KeysAccess::Private },
        if merge { CodeMerging::Merged } else { CodeMerging::Distinct },
    )
}

fn oidc_rule(reader: &mut Reader<'_>, root: &Fields<'_>) -> OidcRule {
    if reader.switch(root, "require_oidc_sub", true) {
        return OidcRule::Subject;
    }
    let at = root.get("require_oidc_sub").map_or(root.at, |node| node.at);
    let message = "a trust policy may open its role to every workload that a provider knows";
    let help = "name the subjects (`oidc:sub`), and remove this";
    reader.warning(at, "require_oidc_sub", message, help);
    OidcRule::SubjectOrAudience
}
