//! The files of a deployment: which there are, what marks them, what they say.

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::folders::Folders;
use super::reader::{self, Stamp};
use crate::config::{self, Files};
use crate::directory::Folder;
use crate::snapshot::{SourceFile, Sources};
use crate::strict::{Position, Problem};

/// An account has at most 1,500 custom policies; ten thousand of them still load.
const FILES_PER_FOLDER_MAX: usize = 16_384;
const BYTES_MAX: usize = 64 * 1024 * 1024;
const CATALOG_ENDINGS: &[&str] = &[".yaml", ".yml"];

/// Where the files of a deployment are.
#[derive(Clone, Debug)]
pub struct Source {
    config: PathBuf,
    files: Files,
}

/// Tells contents of one file apart.
pub(super) type ContentHash = [u8; 32];

/// The hash of a file, or of its absence.
pub(super) fn content_hash(file: Option<&SourceFile>) -> ContentHash {
    let text = file.map_or("", |file| &file.text);
    Sha256::digest(text).into()
}

/// A file that is there: what the operator calls it, and its real path.
#[derive(Debug)]
struct Found {
    name: String,
    path: PathBuf,
}

/// The files of one generation, found but not read. `None` has been reported.
#[derive(Debug)]
struct Inventory {
    directory: Option<Found>,
    keys: Option<Found>,
    organization: Option<Found>,
    resources: Option<Found>,
    buckets: Option<Found>,
    tags: Option<Found>,
    token_ring: Option<Found>,
    issuer_key: Option<Found>,
    policies: Vec<(Folder, Found)>,
    jwks: Vec<Found>,
    catalog: Vec<Found>,
}

/// What marks the files of one generation. While it stays the same, so do the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Marks(Vec<Stamp>);

impl Source {
    /// The files that the configuration at `config` names.
    pub fn new(config: &Path, files: &Files) -> Self {
        Self { config: config.to_owned(), files: files.clone() }
    }

    /// Reads as much as can be read, for a report: what is missing is empty, and said.
    pub(super) fn read_what_is_there(&self) -> (Sources, Vec<Problem>) {
        let (inventory, mut problems) = self.survey();
        let (sources, more) = inventory.read(&self.files);
        problems.extend(more);
        (sources, problems)
    }

    /// What marks the files now, without reading them.
    pub(super) fn marks(&self) -> Result<Marks, Vec<Problem>> {
        twice(|| self.inventory()?.marks())
    }

    /// The marks are taken first: a change during the read shows at the next look.
    pub(super) fn read_marked(&self) -> Result<(Marks, Sources), Vec<Problem>> {
        twice(|| {
            let inventory = self.inventory()?;
            let marks = inventory.marks()?;
            match inventory.read(&self.files) {
                (sources, problems) if problems.is_empty() => Ok((marks, sources)),
                (_, problems) => Err(problems),
            }
        })
    }

    /// Reads the catalogue files alone: whoever writes them needs neither keys nor policies.
    fn read_catalog(&self) -> Result<Vec<SourceFile>, Vec<Problem>> {
        let mut look = Look::default();
        let found = self.files.catalog.as_ref().map(|folder| look.list(folder, CATALOG_ENDINGS));
        let mut read = Read { room: BYTES_MAX, problems: look.problems };
        let files = found.unwrap_or_default().iter().filter_map(|found| read.one(found)).collect();
        if read.problems.is_empty() { Ok(files) } else { Err(read.problems) }
    }

    /// Reads the configuration.
    pub(super) fn read_config(&self) -> Result<SourceFile, Vec<Problem>> {
        read_config(&self.config)
    }

    /// Reads the revocations; `None` when the deployment has no such file.
    pub(super) fn read_revocations(&self) -> Result<Option<SourceFile>, Vec<Problem>> {
        self.files.revocations.as_deref().map(read_one).transpose()
    }

    /// Reads the heartbeat; `None` when the deployment has no such file.
    pub(super) fn read_heartbeat(&self) -> Result<Option<SourceFile>, Vec<Problem>> {
        self.files.heartbeat.as_deref().map(read_one).transpose()
    }

    /// The folder of policies as the operator named it.
    pub(super) fn policies_name(&self) -> String {
        self.files.policies.display().to_string()
    }

    fn inventory(&self) -> Result<Inventory, Vec<Problem>> {
        match self.survey() {
            (inventory, problems) if problems.is_empty() => Ok(inventory),
            (_, problems) => Err(problems),
        }
    }

    fn survey(&self) -> (Inventory, Vec<Problem>) {
        let mut look = Look::default();
        let directory = look.file(&self.files.directory);
        let keys = look.file(&self.files.keys);
        let organization = self.files.organization.as_ref().and_then(|path| look.file(path));
        let resources = self.files.resources.as_ref().and_then(|path| look.file(path));
        let buckets = self.files.buckets.as_ref().and_then(|path| look.file(path));
        let tags = self.files.tags.as_ref().and_then(|path| look.file(path));
        let token_ring = self.files.token_ring.as_ref().and_then(|path| look.file(path));
        let issuer_key = self.files.issuer_key.as_ref().and_then(|path| look.file(path));
        let mut policies = Vec::new();
        for (folder, path) in self.files.policy_folders() {
            let found = look.list(path, &[".json"]);
            policies.extend(found.into_iter().map(|found| (folder, found)));
        }
        let jwks = self.files.jwks.as_ref().map(|folder| look.list(folder, &[".json"]));
        let jwks = jwks.unwrap_or_default();
        let catalog = self.files.catalog.as_ref().map(|folder| look.list(folder, CATALOG_ENDINGS));
        let catalog = catalog.unwrap_or_default();
        let inventory = Inventory {
            directory,
            keys,
            organization,
            resources,
            buckets,
            tags,
            token_ring,
            issuer_key,
            policies,
            jwks,
            catalog,
        };
        (inventory, look.problems)
    }
}

/// The catalogue files of the deployment that the configuration at `path` describes.
pub fn catalog_files(path: &Path) -> Result<Vec<SourceFile>, Vec<Problem>> {
    let file = read_config(path)?;
    let (config, ..) = config::parse(&file.name, &file.text).map_err(|refused| refused.problems)?;
    twice(|| Source::new(path, &config.files).read_catalog())
}

/// Reads the configuration file.
pub(super) fn read_config(path: &Path) -> Result<SourceFile, Vec<Problem>> {
    read_one(path)
}

fn read_one(path: &Path) -> Result<SourceFile, Vec<Problem>> {
    twice(|| read_in(&mut Folders::default(), path))
}

/// Reads two files that belong together; those of one volume come from one generation of it.
pub(super) fn read_pair(
    first: &Path,
    second: &Path,
) -> Result<(SourceFile, SourceFile), Vec<Problem>> {
    twice(|| {
        let mut folders = Folders::default();
        let first = read_in(&mut folders, first);
        both(first, read_in(&mut folders, second))
    })
}

fn read_in(folders: &mut Folders, path: &Path) -> Result<SourceFile, Vec<Problem>> {
    let name = path.display().to_string();
    let read = folders.file(path).and_then(|real| reader::read(&real, &name));
    read.map_err(|error| vec![unreadable(&name, &error)])
}

/// Both, or all that is wrong with either.
pub(super) fn both<A, B>(
    first: Result<A, Vec<Problem>>,
    second: Result<B, Vec<Problem>>,
) -> Result<(A, B), Vec<Problem>> {
    match (first, second) {
        (Ok(first), Ok(second)) => Ok((first, second)),
        (Err(problems), Ok(_)) | (Ok(_), Err(problems)) => Err(problems),
        (Err(mut problems), Err(more)) => {
            problems.extend(more);
            Err(problems)
        }
    }
}

/// A volume may be swapped between the look and the read, and the old generation is gone then.
fn twice<T>(attempt: impl Fn() -> Result<T, Vec<Problem>>) -> Result<T, Vec<Problem>> {
    attempt().or_else(|_first| attempt())
}

impl Inventory {
    fn all(&self) -> impl Iterator<Item = &Found> {
        let one = self.directory.iter().chain(&self.keys);
        let some = self.organization.iter().chain(&self.resources);
        let tables = self.buckets.iter().chain(&self.tags);
        let policies = self.policies.iter().map(|(_, found)| found);
        let tokens = self.token_ring.iter().chain(&self.issuer_key).chain(&self.jwks);
        one.chain(some).chain(tables).chain(tokens).chain(policies).chain(&self.catalog)
    }

    fn marks(&self) -> Result<Marks, Vec<Problem>> {
        let stamp = |found: &Found| {
            Stamp::of(&found.path).map_err(|error| vec![unreadable(&found.name, &error)])
        };
        self.all().map(stamp).collect::<Result<_, _>>().map(Marks)
    }

    fn read(&self, files: &Files) -> (Sources, Vec<Problem>) {
        let mut read = Read { room: BYTES_MAX, problems: Vec::new() };
        let empty = |path: &Path, text| SourceFile::new(&path.display().to_string(), text);
        let directory = self.directory.as_ref().and_then(|found| read.one(found));
        let keys = self.keys.as_ref().and_then(|found| read.one(found));
        let sources = Sources {
            directory: directory.unwrap_or_else(|| empty(&files.directory, "{}")),
            keys: keys.unwrap_or_else(|| empty(&files.keys, "keys: []")),
            organization: self.organization.as_ref().and_then(|found| read.one(found)),
            resources: self.resources.as_ref().and_then(|found| read.one(found)),
            buckets: self.buckets.as_ref().and_then(|found| read.one(found)),
            tags: self.tags.as_ref().and_then(|found| read.one(found)),
            token_ring: self.token_ring.as_ref().and_then(|found| read.one(found)),
            issuer_key: self.issuer_key.as_ref().and_then(|found| read.one(found)),
            policies: self
                .policies
                .iter()
                .filter_map(|(folder, found)| Some((*folder, read.one(found)?)))
                .collect(),
            jwks: self.jwks.iter().filter_map(|found| read.one(found)).collect(),
            catalog: self.catalog.iter().filter_map(|found| read.one(found)).collect(),
        };
        (sources, read.problems)
    }
}

/// One reading of all files, with the room that is left.
struct Read {
    room: usize,
    problems: Vec<Problem>,
}

impl Read {
    fn one(&mut self, found: &Found) -> Option<SourceFile> {
        let error = match reader::read(&found.path, &found.name) {
            Ok(file) if file.text.len() <= self.room => {
                self.room -= file.text.len();
                return Some(file);
            }
            Ok(_) => io::Error::other(format!("all files together exceed {BYTES_MAX} bytes")),
            Err(error) => error,
        };
        self.problems.push(unreadable(&found.name, &error));
        None
    }
}

/// One look at the file system, with what is wrong there.
#[derive(Default)]
struct Look {
    folders: Folders,
    problems: Vec<Problem>,
}

impl Look {
    fn file(&mut self, path: &Path) -> Option<Found> {
        let name = path.display().to_string();
        match self.folders.file(path) {
            Ok(path) => Some(Found { name, path }),
            Err(error) => {
                self.problems.push(unreadable(&name, &error));
                None
            }
        }
    }

    fn list(&mut self, folder: &Path, endings: &[&str]) -> Vec<Found> {
        match self.try_list(folder, endings) {
            Ok(found) => found,
            Err(error) => {
                self.problems.push(unreadable(&folder.display().to_string(), &error));
                Vec::new()
            }
        }
    }

    fn try_list(&mut self, path: &Path, endings: &[&str]) -> io::Result<Vec<Found>> {
        let folder = self.folders.folder(path)?;
        let mut names = Vec::new();
        for entry in folder.files.read_dir()? {
            let name = entry?.file_name();
            if name.to_str().is_some_and(|name| is_meant(name, endings)) {
                names.push(name);
            }
            if names.len() > FILES_PER_FOLDER_MAX {
                return Err(io::Error::other(format!("more than {FILES_PER_FOLDER_MAX} files")));
            }
        }
        names.sort();
        let mut found = Vec::new();
        for name in names {
            let shown = path.join(&name).display().to_string();
            match folder.file(&name) {
                Ok(path) => found.push(Found { name: shown, path }),
                Err(error) => self.problems.push(unreadable(&shown, &error)),
            }
        }
        Ok(found)
    }
}

/// Editors and file copies leave files that nobody meant (L07 of the threat model).
fn is_meant(name: &str, endings: &[&str]) -> bool {
    let left_over = name.starts_with(['.', '#']);
    !left_over && endings.iter().any(|ending| name.ends_with(ending))
}

fn unreadable(name: &str, error: &io::Error) -> Problem {
    Problem::error(name, Position::START, "", format!("cannot be read: {error}"))
}
