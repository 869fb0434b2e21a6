use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use super::{BodyRules, CredentialListener, Limits, Replay, SpoolSettings, StsSettings, Upstream};
use crate::catalog::{Callbacks, Confidence};
use crate::directory::{Folder, Mention};
use crate::ident::{AccountId, PolicyName, WorkloadName};
use crate::policy::OidcRule;
use crate::signature::Scheme;
use crate::snapshot::{KeysAccess, RootKeys, Settings};

/// A deployment's configuration, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The configuration file as the operator named it.
    pub file: String,
    /// `account`: the account that owns the resources behind the gate.
    pub account: AccountId,
    /// `listen`
    pub listen: Listen,
    /// `files`
    pub files: Files,
    /// `routes`: where the calls of each product go. A product without a route is refused.
    pub routes: Vec<Route>,
    /// `audit.file`: where a line for each call goes; `-`, the default, is standard output.
    pub audit: AuditSink,
    /// `workers`: threads that serve calls; `None` means one for each processor.
    pub workers: Option<NonZeroUsize>,
    /// `limits`
    pub limits: Limits,
    /// `spool`, optional: where bodies wait on disk.
    pub spool: Option<SpoolSettings>,
    /// `replay`
    pub replay: Replay,
    /// `sts`, optional: the gate issues sessions itself.
    pub sts: Option<StsSettings>,
    /// `credentials`: where workloads next door are given sessions.
    pub credentials: Vec<CredentialListener>,
    /// `access_keys.allow_root` (ID-24)
    pub root_keys: RootKeys,
    /// `access_keys.allow_world_readable`
    pub keys_access: KeysAccess,
    /// `access_keys.merge_codes`
    pub code_merging: CodeMerging,
    /// `accept_reconstructed_policies`: system policies whose rebuilt documents may be used (SYS-02).
    pub accepted_policies: Vec<PolicyName>,
    /// `require_oidc_sub`: whether a trust policy must name the subjects of an OIDC provider (TP-16). Default: it must.
    pub oidc: OidcRule,
    /// `reload`
    pub reload: Reload,
}

/// `reload`: how the files are followed, and what becomes of calls while nobody can say that they are recent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reload {
    /// `reload.interval_ms`: time between two looks at the files. Default 150.
    pub interval: Duration,
    /// `reload.max_snapshot_age`: how long ago the files may have been confirmed, in seconds (TOK-31). Default 300.
    pub age_max: Duration,
    /// `reload.stale_policy`: what is refused after that. Default `deny_all`.
    pub stale: StalePolicy,
}

/// `reload.stale_policy`: what is refused while the files are older than they may be (TOK-31).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StalePolicy {
    /// Everything.
    DenyAll,
    /// Sessions; permanent keys continue.
    DenySessions,
}

/// `listen`: the addresses that the gate answers on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// `listen.data`: calls. Default `127.0.0.1:8700`.
    pub data: SocketAddr,
    /// `listen.status`: health and metrics. Default `127.0.0.1:8701`.
    pub status: SocketAddr,
    /// `listen.tls`, optional: calls that come encrypted, beside `listen.data`.
    pub tls: Option<TlsListen>,
}

/// `listen.tls`: a listener that speaks TLS and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsListen {
    /// `listen.tls.address`. Default `127.0.0.1:8743`.
    pub address: SocketAddr,
    /// `listen.tls.certificate`: the certificate and those that lead to its authority, PEM. Followed while the gate runs.
    pub certificate: PathBuf,
    /// `listen.tls.key`: its private key, PEM; as private as the keys file.
    pub key: PathBuf,
}

impl Listen {
    /// Every address with the name of its key.
    pub fn addresses(&self) -> impl Iterator<Item = (&'static str, SocketAddr)> {
        let tls = self.tls.iter().map(|tls| ("tls.address", tls.address));
        [("data", self.data), ("status", self.status)].into_iter().chain(tls)
    }
}

/// `files`: the files that are followed while the gate runs. A path in the configuration is relative to its folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// `files.directory`: users, groups, attachments.
    pub directory: PathBuf,
    /// `files.policies`: a folder of custom policies; `Name.json` is the document of policy `Name`.
    pub policies: PathBuf,
    /// `files.organization`, optional: the resource directory and its control policies.
    pub organization: Option<PathBuf>,
    /// `files.resources`, optional: resource groups, resource-based policies and access control lists.
    pub resources: Option<PathBuf>,
    /// `files.buckets`, optional: regions and owners of buckets.
    pub buckets: Option<PathBuf>,
    /// `files.tags`, optional: tags of resources.
    pub tags: Option<PathBuf>,
    /// `files.control_policies`, optional: a folder of control policies.
    pub control_policies: Option<PathBuf>,
    /// `files.trust_policies`, optional: a folder of trust policies.
    pub trust_policies: Option<PathBuf>,
    /// `files.resource_policies`, optional: a folder of resource-based policies.
    pub resource_policies: Option<PathBuf>,
    /// `files.session_policies`, optional: a folder of session policies.
    pub session_policies: Option<PathBuf>,
    /// `files.keys`: `AccessKey` pairs.
    pub keys: PathBuf,
    /// `files.token_ring`, optional: the keys that session tokens are opened with.
    pub token_ring: Option<PathBuf>,
    /// `files.jwks`, optional: a folder of the keys of identity providers; `Name.json` is a JWK set.
    pub jwks: Option<PathBuf>,
    /// `sts.issuer_key`, optional: the key that signs tokens.
    pub issuer_key: Option<PathBuf>,
    /// `files.revocations`, optional: what is refused at once.
    pub revocations: Option<PathBuf>,
    /// `files.heartbeat`, optional: the instant at which whoever distributes the files last did so.
    pub heartbeat: Option<PathBuf>,
    /// `files.catalog`, optional: a folder of own products; a file named like a built-in product replaces it.
    pub catalog: Option<PathBuf>,
}

impl Files {
    /// The folders that there are, by the fields that name them: none is a place for secrets.
    pub(super) fn folders(&self) -> impl Iterator<Item = (&'static str, &PathBuf)> + Clone {
        let others = [("jwks", self.jwks.as_ref()), ("catalog", self.catalog.as_ref())];
        let others = others.into_iter().filter_map(|(name, path)| Some((name, path?)));
        self.policy_folders().map(|(folder, path)| (folder.field(), path)).chain(others)
    }

    /// The folders of policy documents that there are.
    pub fn policy_folders(&self) -> impl Iterator<Item = (Folder, &PathBuf)> + Clone {
        let identity = (Folder::Identity, Some(&self.policies));
        let others = [
            (Folder::Control, self.control_policies.as_ref()),
            (Folder::Trust, self.trust_policies.as_ref()),
            (Folder::Resource, self.resource_policies.as_ref()),
            (Folder::Session, self.session_policies.as_ref()),
        ];
        let all = [identity].into_iter().chain(others);
        all.filter_map(|(folder, path)| Some((folder, path?)))
    }
}

/// One of `routes`: where the calls of some products go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// `name`: unique; in logs and metrics.
    pub name: String,
    /// `products`: as the catalogue names them. A product has one route.
    pub products: Vec<String>,
    /// `upstream`: `http://host:port`, or `local`.
    pub upstream: Upstream,
    /// `region`, optional: the region that is behind the upstream. Without it, the region of a resource is unknown.
    pub region: Option<String>,
    /// `schemes`: the signatures that are accepted. Default: all that the hosts of the product speak. Those that rest on
    /// SHA-1 are left out where `weak_schemes` is `false`.
    pub schemes: Vec<Scheme>,
    /// `require_signed_host`: whether the signature must cover the host (SIG-32).
    pub require_signed_host: bool,
    /// `hosts`: names beside those of the catalogue under which the products are reached.
    pub hosts: Vec<HostName>,
    /// `hosts[].bucket`: custom domains of object storage with the bucket that each stands for (SIG-50).
    pub domains: Vec<(String, String)>,
    /// `hosts[].buckets`: endpoints of object storage, each with the product that a V4 scope names there (SIG-63).
    pub endpoints: Vec<(String, String)>,
    /// `signed_parameters`: parameters that OSS V1 signs here beside those that it signs everywhere (5.3).
    pub signed_parameters: Vec<String>,
    /// `signed_url_seconds_max`: how far the end of a signed URL of OSS V1 or V2 may lie ahead (SIG-60). Default: any.
    pub signed_url_seconds_max: Option<i64>,
    /// `path_style`: whether an endpoint of object storage takes the bucket from the path (SIG-51).
    pub path_style: bool,
    /// `callbacks`: whether a call may make object storage call an address that the caller names. Default: it may.
    pub callbacks: Callbacks,
    /// `min_confidence`: operations that the catalogue describes less surely are refused as if it did not know them.
    pub min_confidence: Option<Confidence>,
    /// `literal_paths`: whether `.`, `..`, empty and encoded segments are ordinary text to the upstream.
    pub literal_paths: bool,
    /// `large_bodies`, `unsigned_bodies`, `accept_unsigned`
    pub bodies: BodyRules,
    /// `answer_timeout_seconds`: how long the upstream may take to begin its answer. Default 30.
    pub answer_timeout: Duration,
    /// `connect_timeout_ms`: how long a connection may take to come about. Default 2000.
    pub connect_timeout: Duration,
}

/// One of `routes[].hosts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName {
    /// `name`: in lower case, without a port.
    pub name: String,
    /// `product`: which of the route's products answers there.
    pub product: String,
    /// `buckets`: whether names of buckets stand before it.
    pub takes_buckets: bool,
}

impl HostName {
    /// Whether a host is meant by the entry.
    pub fn matches(&self, host: &str) -> bool {
        let below = |(_, parent): (&str, &str)| parent.eq_ignore_ascii_case(&self.name);
        self.name.eq_ignore_ascii_case(host)
            || (self.takes_buckets && host.split_once('.').is_some_and(below))
    }
}

/// `audit.file`: where audit lines go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditSink {
    /// `-`
    Stdout,
    /// A file, appended to.
    File(PathBuf),
}

/// `access_keys.merge_codes`: whether callers can tell an unknown key from a wrong secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeMerging {
    /// Each has the code of the real service; SDKs depend on them.
    Distinct,
    /// Both get one code.
    Merged,
}

impl Config {
    /// What compiling the other files depends on. `routed` says where each product of a route stands in the file, and
    /// `of_objects` where it speaks of object storage, `workloads` which workloads are served.
    pub(super) fn settings(
        &self,
        routed: Vec<Mention<String>>,
        of_objects: Vec<(Mention<String>, Vec<String>)>,
        workloads: Vec<Mention<WorkloadName>>,
    ) -> Settings {
        Settings {
            account: self.account,
            root_keys: self.root_keys,
            keys_access: self.keys_access,
            accepted: self.accepted_policies.clone(),
            oidc: self.oidc,
            config_file: self.file.clone(),
            routed,
            of_objects,
            workloads,
            fetches_no_keys: None,
        }
    }

    /// The route of a product.
    pub fn route_of(&self, product: &str) -> Option<&Route> {
        self.routes.iter().find(|route| route.products.iter().any(|it| it == product))
    }

    /// The sections that differ between two configurations, as the file names them.
    pub fn changed(&self, other: &Self) -> Vec<&'static str> {
        let sections = [
            ("account", self.account == other.account),
            ("listen", self.listen == other.listen),
            ("files", self.files == other.files),
            ("routes", self.routes == other.routes),
            ("audit", self.audit == other.audit),
            ("workers", self.workers == other.workers),
            ("limits", self.limits == other.limits),
            ("spool", self.spool == other.spool),
            ("replay", self.replay == other.replay),
            ("sts", self.sts == other.sts),
            ("credentials", self.credentials == other.credentials),
            ("access_keys", self.access_keys() == other.access_keys()),
            ("accept_reconstructed_policies", self.accepted_policies == other.accepted_policies),
            ("require_oidc_sub", self.oidc == other.oidc),
            ("reload", self.reload == other.reload),
        ];
        sections.into_iter().filter(|(_, same)| !same).map(|(name, _)| name).collect()
    }

    fn access_keys(&self) -> (RootKeys, KeysAccess, CodeMerging) {
        (self.root_keys, self.keys_access, self.code_merging)
    }
}
