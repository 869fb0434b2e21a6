//! Writes a policy file so that a reader sees the old one or the new one, never half of one.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write as _};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Policies are no secrets: the gate runs as another user.
const MODE: u32 = 0o644;

/// More than any policy may have; what is longer is cut off, and then refused as a document.
const DOCUMENT_BYTES_MAX: u64 = 1024 * 1024;

/// The link that Kubernetes swaps to publish a new generation of a volume.
const DATA_LINK: &str = "..data";

/// A bundle that no other command changes meanwhile. It ends with the value.
#[derive(Debug)]
pub(super) struct Lock {
    _folder: File,
}

/// Waits until no other command changes the bundle of this configuration. The lock is on the folder itself, so nothing is
/// left behind.
pub(super) fn lock_beside(config: &Path) -> Result<Lock, String> {
    let folder = match config.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let locked = File::open(folder).and_then(|file| file.lock().map(|()| Lock { _folder: file }));
    locked.map_err(|error| format!("cannot lock {}: {error}", folder.display()))
}

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

/// Whether a file can be replaced: a link would be replaced itself, not what it leads to.
pub(super) fn check_target(path: &Path) -> Result<(), String> {
    match fs::read_link(path) {
        Ok(target) => Err(format!(
            "{} is a link to {}; change that file, or the ConfigMap that it comes from",
            path.display(),
            target.display()
        )),
        Err(_not_a_link) => Ok(()),
    }
}

/// Puts a document in its place in one step.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), String> {
    let failed = |error: io::Error| format!("cannot write {}: {error}", path.display());
    let fresh = fresh_name(path).map_err(failed)?;
    let written = write(&fresh, text).and_then(|()| fs::rename(&fresh, path));
    if let Err(error) = written {
        let _best_effort = fs::remove_file(&fresh);
        return Err(failed(error));
    }
    sync_folder(path).map_err(failed)
}

/// Removes a file.
pub(super) fn remove(path: &Path) -> Result<(), String> {
    let failed = |error: io::Error| format!("cannot remove {}: {error}", path.display());
    fs::remove_file(path).and_then(|()| sync_folder(path)).map_err(failed)
}

/// In the same folder, with a name that the reader passes over.
fn fresh_name(path: &Path) -> io::Result<PathBuf> {
    let mut random = [0_u8; 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(path.with_file_name(format!(".{name}.{:016x}.tmp", u64::from_ne_bytes(random))))
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(path)?;
    file.set_permissions(Permissions::from_mode(MODE))?; // whatever the umask says
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Makes the change of names last.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
