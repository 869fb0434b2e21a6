//! The compiled world: one generation of every file, checked together, used by requests as a whole.
//!
//! Either all files compile, or the report names everything that is wrong in any of them. References inside one
//! volume are hard; from the keys to the directory, which may live in another volume, they are soft.

mod catalog;
mod compile;
mod digest;
mod layers;
mod lineage;
mod lint;
mod lookup;
mod restraint;
mod sessions;
mod sources;
mod tables;

pub use crate::catalog::Routed;
pub use digest::Digest;
pub use layers::caller_of;
pub use lineage::Lineage;
pub use lint::lint_document;
pub use lookup::{KeyLookup, Revoked, World};
pub use restraint::Restraint;
pub use sessions::{SessionError, TokenSession};
pub use sources::{KeysAccess, RootKeys, Settings, SourceFile, Sources};

use std::sync::Arc;

use crate::catalog::Catalog;
use crate::credential::AccessKeys;
use crate::directory::{Directory, Organization, Resources};
use crate::ident::{SecretKey, UnixSeconds};
use crate::policy::{DocumentKind, Policy};

use sessions::Tokens;
use tables::Tables;

/// One generation of the world.
#[derive(Debug)]
pub struct Snapshot {
    generation: u64,
    digest: Digest,
    created: UnixSeconds,
    meaning: Arc<Meaning>,
    directory: Directory,
    organization: Organization,
    resources: Resources,
    tables: Tables,
    keys: AccessKeys,
    sessions: Option<Arc<Tokens>>,
    policies: Vec<(DocumentKind, Arc<Policy>)>,
    /// What a request with an unknown key is verified with, so that it costs the same.
    dummy: SecretKey,
}

/// What follows from the catalogue files alone. It is shared by generations with equal files.
#[derive(Debug)]
struct Meaning {
    digest: Digest,
    catalog: Arc<Catalog>,
    products: Vec<String>,
}

impl Snapshot {
    /// The number of this generation in this process, from 1.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The first 16 hex digits of the SHA-256 over the names and contents of all files.
    pub fn hash(&self) -> String {
        self.digest.shown()
    }

    /// When it was compiled.
    pub fn created(&self) -> UnixSeconds {
        self.created
    }

    /// What requests mean.
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.meaning.catalog
    }

    /// The products of the catalogue, built in or the deployment's own.
    pub fn products(&self) -> &[String] {
        &self.meaning.products
    }

    /// Users and their policies.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Control policies and whom they bind.
    pub fn organization(&self) -> &Organization {
        &self.organization
    }

    /// What is attached to resources.
    pub fn resources(&self) -> &Resources {
        &self.resources
    }

    /// The `AccessKey` pairs whose owners are known.
    pub fn keys(&self) -> &AccessKeys {
        &self.keys
    }

    /// The documents of the deployment's own files, attached or not, by kind and name.
    pub fn policies(&self) -> impl Iterator<Item = (DocumentKind, &Arc<Policy>)> {
        self.policies.iter().map(|(kind, policy)| (*kind, policy))
    }

    /// How many custom policies were read.
    pub fn custom_policies(&self) -> usize {
        self.policies().filter(|(kind, _)| *kind == DocumentKind::Identity).count()
    }

    /// What tells its files from others.
    pub fn digest(&self) -> Digest {
        self.digest
    }
}
