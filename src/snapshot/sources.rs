use std::fmt;

use zeroize::Zeroizing;

use super::digest::Digest;
use crate::directory::{Folder, Mention};
use crate::ident::{AccountId, PolicyName, WorkloadName};
use crate::policy::OidcRule;
use crate::strict::Position;

/// A file as it was read, once: what is hashed is what is compiled (L06 of the threat model).
#[derive(Clone)]
pub struct SourceFile {
    /// The file as the operator named it.
    pub name: String,
    /// Its content, wiped when dropped: it may hold secrets.
    pub text: Zeroizing<String>,
    /// Its permission bits, if it came from a file system that has some.
    pub mode: Option<u32>,
}

impl SourceFile {
    /// A file that came from elsewhere than a file system.
    pub fn new(name: &str, text: &str) -> Self {
        Self { name: name.to_owned(), text: Zeroizing::new(text.to_owned()), mode: None }
    }
}

impl fmt::Debug for SourceFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourceFile({}, {} bytes)", self.name, self.text.len())
    }
}

/// Every file of a generation. Revocations are not among them: they live and change by themselves.
#[derive(Clone, Debug)]
pub struct Sources {
    /// Users, groups, attachments.
    pub directory: SourceFile,
    /// Policy documents by the folder they lie in; the stem of a name is the name of the policy.
    pub policies: Vec<(Folder, SourceFile)>,
    /// The resource directory and its control policies, if there is one.
    pub organization: Option<SourceFile>,
    /// What is attached to resources, if anything is.
    pub resources: Option<SourceFile>,
    /// The buckets that are known, if anybody tells.
    pub buckets: Option<SourceFile>,
    /// The tags of resources, if anybody tells.
    pub tags: Option<SourceFile>,
    /// `AccessKey` pairs.
    pub keys: SourceFile,
    /// The keys of session tokens, if the deployment takes any.
    pub token_ring: Option<SourceFile>,
    /// JWK sets of identity providers; the stem of a name is what a provider names.
    pub jwks: Vec<SourceFile>,
    /// The key that the gate issues sessions with, if it issues any.
    pub issuer_key: Option<SourceFile>,
    /// The deployment's own products; the stem of a name is the name of the product.
    pub catalog: Vec<SourceFile>,
}

impl Sources {
    /// What tells these files from others.
    pub fn digest(&self) -> Digest {
        let one = [("directory", &self.directory), ("keys", &self.keys)];
        let organization = self.organization.iter().map(|file| ("organization", file));
        let resources = self.resources.iter().map(|file| ("resources", file));
        let buckets = self.buckets.iter().map(|file| ("buckets", file));
        let tags = self.tags.iter().map(|file| ("tags", file));
        let policies = self.policies.iter().map(|(folder, file)| (folder.field(), file));
        let jwks = self.jwks.iter().map(|file| ("jwks", file));
        let some = organization.chain(resources).chain(buckets).chain(tags).chain(policies);
        Digest::of(
            one.into_iter()
                .chain(some)
                .chain(jwks)
                .chain(self.token_files())
                .chain(self.catalog_files()),
        )
    }

    pub(super) fn token_digest(&self) -> Digest {
        Digest::of(self.token_files())
    }

    fn token_files(&self) -> impl Iterator<Item = (&'static str, &SourceFile)> {
        let ring = self.token_ring.iter().map(|file| ("token_ring", file));
        ring.chain(self.issuer_key.iter().map(|file| ("issuer_key", file)))
    }

    pub(super) fn catalog_digest(&self) -> Digest {
        Digest::of(self.catalog_files())
    }

    fn catalog_files(&self) -> impl Iterator<Item = (&'static str, &SourceFile)> {
        self.catalog.iter().map(|file| ("catalog", file))
    }
}

/// Whether root's own `AccessKey` pairs work (ID-24).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootKeys {
    /// They do not: they are left out, with a warning.
    Refused,
    /// They do, with a warning.
    Allowed,
}

/// Who may be able to read the files of secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeysAccess {
    /// Owner and group; a file that everybody can read is refused.
    Private,
    /// Everybody.
    Anybody,
}

/// What the configuration says about compiling.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The account that users and resources belong to.
    pub account: AccountId,
    /// Whether root's own pairs work.
    pub root_keys: RootKeys,
    /// Who may be able to read the keys file.
    pub keys_access: KeysAccess,
    /// Rebuilt system policies that may be used all the same (SYS-02).
    pub accepted: Vec<PolicyName>,
    /// What trust policies must say about the tokens of OIDC providers (TP-16).
    pub oidc: OidcRule,
    /// The configuration file, for problems with what it names.
    pub config_file: String,
    /// The products that routes name.
    pub routed: Vec<Mention<String>>,
    /// What routes say about object storage, each with the products of the route.
    pub of_objects: Vec<(Mention<String>, Vec<String>)>,
    /// The workloads that are given credentials.
    pub workloads: Vec<Mention<WorkloadName>>,
    /// Where the configuration makes the gate an issuer of sessions that fetches no keys of OIDC providers.
    pub fetches_no_keys: Option<Position>,
}
