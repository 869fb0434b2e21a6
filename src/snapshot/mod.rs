//! The compiled world: one generation of every file, checked together, used by requests as a whole.
//!
//! Either all files compile, or the report names everything that is wrong in any of them. References inside one
//! volume are hard; from the keys to the directory, which may live in another volume, they are soft.

mod catalog;
mod compile;
mod digest;
mod lookup;
mod sources;

pub use digest::Digest;
pub use lookup::{KeyLookup, World};
pub use sources::{KeysAccess, RootKeys, Settings, SourceFile, Sources};

use std::sync::Arc;

use crate::catalog::Catalog;
use crate::credential::AccessKeys;
use crate::directory::Directory;
use crate::ident::{SecretKey, UnixSeconds};
use crate::policy::Vocabulary;

/// One generation of the world.
#[derive(Debug)]
pub struct Snapshot {
    generation: u64,
    digest: Digest,
    created: UnixSeconds,
    meaning: Arc<Meaning>,
    directory: Directory,
    keys: AccessKeys,
    custom_policies: usize,
    /// What a request with an unknown key is verified with, so that it costs the same.
    dummy: SecretKey,
}

/// What follows from the catalogue files alone. It is shared by generations with equal files.
#[derive(Debug)]
struct Meaning {
    digest: Digest,
    catalog: Arc<Catalog>,
    vocabulary: Arc<Vocabulary>,
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

    /// The actions that the catalogue names; the policies are compiled against them.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.meaning.vocabulary
    }

    /// The products of the catalogue, built in or the deployment's own.
    pub fn products(&self) -> &[String] {
        &self.meaning.products
    }

    /// Users and their policies.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The `AccessKey` pairs whose owners are known.
    pub fn keys(&self) -> &AccessKeys {
        &self.keys
    }

    /// How many custom policies were read.
    pub fn custom_policies(&self) -> usize {
        self.custom_policies
    }

    /// What tells its files from others.
    pub fn digest(&self) -> Digest {
        self.digest
    }
}
