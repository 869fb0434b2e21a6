//! The files of policies: read as documents, and written where a gate takes them from.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::cli::in_place;

/// Policies are no secrets: the gate runs as another user.
const MODE: u32 = 0o644;

/// More than any policy may have; what is longer is cut off, and then refused as a document.
const DOCUMENT_BYTES_MAX: u64 = 1024 * 1024;

/// The link that Kubernetes swaps to publish a new generation of a volume.
const DATA_LINK: &str = "..data";

/// Reads the document that a command was given; `-` is standard input.
pub(super) fn read_document(path: &Path) -> Result<String, String> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        io::stdin().take(DOCUMENT_BYTES_MAX).read_to_string(&mut text)
    } else {
        File::open(path).and_then(|file| file.take(DOCUMENT_BYTES_MAX).read_to_string(&mut text))
    };
    read.map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    Ok(text)
}

/// Whether files of a folder can be changed one by one. The error says what to do instead.
pub(super) fn check_folder(folder: &Path) -> Result<(), String> {
    let shown = folder.display();
    let failed = |error: io::Error| format!("cannot read {shown}: {error}");
    let entries = folder.read_dir().map_err(failed)?;
    let real = folder.canonicalize().map_err(failed)?;
    let swapped = real.components().any(|part| is_generation(part.as_os_str()))
        || folder.join(DATA_LINK).symlink_metadata().is_ok()
        || entries.flatten().any(|entry| {
            fs::read_link(entry.path()).is_ok_and(|target| target.starts_with(DATA_LINK))
        });
    if swapped {
        return Err(format!(
            "{shown} is a mounted volume that is replaced as a whole (its files are links into `{DATA_LINK}`), so nothing can be changed in it; change the ConfigMap that it comes from"
        ));
    }
    Ok(())
}

/// Whether this is one of the folders that `..data` leads to, one after the other.
fn is_generation(name: &OsStr) -> bool {
    name.as_bytes().starts_with(b"..")
}

/// Puts a document in its place in one step.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), String> {
    in_place::replace(path, text, MODE)
}
