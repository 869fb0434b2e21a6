//! Where folders and files really are, asked once for a sweep, so that all files of a sweep come from one generation
//! of a volume (L03, L04 of the threat model).

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

/// The link that Kubernetes swaps to publish a new generation of a volume.
const DATA_LINK: &str = "..data";

/// A folder with all links followed.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    /// Where its files are read: the current generation in a Kubernetes volume, else the folder.
    pub(super) files: PathBuf,
    /// The folder; no file of it may lie outside.
    pub(super) root: PathBuf,
}

impl Folder {
    /// An entry. Volumes mounted inside a volume are not part of its generation.
    fn entry(&self, name: &std::ffi::OsStr) -> PathBuf {
        let inside = self.files.join(name);
        if inside.symlink_metadata().is_ok() { inside } else { self.root.join(name) }
    }

    /// The path of a file of this folder with all links followed.
    pub(super) fn file(&self, name: &std::ffi::OsStr) -> io::Result<PathBuf> {
        let real = self.entry(name).canonicalize()?;
        if real.starts_with(&self.root) { Ok(real) } else { Err(leads_outside(&self.root)) }
    }
}

/// Folders that have been resolved in this sweep. Each part of a path is resolved once, so that two files below the same
/// link come from the same target.
#[derive(Debug, Default)]
pub(super) struct Folders {
    resolved: HashMap<PathBuf, Folder>,
}

impl Folders {
    pub(super) fn folder(&mut self, path: &Path) -> io::Result<Folder> {
        if let Some(folder) = self.resolved.get(path) {
            return Ok(folder.clone());
        }
        let folder = resolve(&self.entry(path)?)?;
        self.resolved.insert(path.to_owned(), folder.clone());
        Ok(folder)
    }

    pub(super) fn file(&mut self, path: &Path) -> io::Result<PathBuf> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not the path of a file"));
        };
        self.folder(parent)?.file(name)
    }

    fn entry(&mut self, path: &Path) -> io::Result<PathBuf> {
        match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) => Ok(self.folder(parent)?.entry(name)),
            _ if path.as_os_str().is_empty() => Ok(PathBuf::from(".")),
            _ => Ok(path.to_owned()), // `/`, or a path that ends in `..`
        }
    }
}

fn resolve(path: &Path) -> io::Result<Folder> {
    let root = path.canonicalize()?;
    let link = root.join(DATA_LINK);
    if link.symlink_metadata().is_err() {
        return Ok(Folder { files: root.clone(), root });
    }
    let files = link.canonicalize()?;
    if files.starts_with(&root) { Ok(Folder { files, root }) } else { Err(leads_outside(&root)) }
}

fn leads_outside(root: &Path) -> io::Error {
    let message = format!("a link leads out of {}", root.display());
    io::Error::new(io::ErrorKind::InvalidInput, message)
}
