//! Writes files so that a reader sees the old one or the new one, never half of one.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

/// A folder whose files no other command changes meanwhile. It ends with the value.
#[derive(Debug)]
pub(super) struct Lock {
    _folder: File,
}

/// Waits until no other command changes what lies beside this file. The lock is on the folder itself, so nothing is left
/// behind.
pub(super) fn lock_beside(file: &Path) -> Result<Lock, String> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let locked = File::open(folder).and_then(|file| file.lock().map(|()| Lock { _folder: file }));
    locked.map_err(|error| format!("cannot lock {}: {error}", folder.display()))
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

/// Puts a text in its place in one step.
pub(super) fn replace(path: &Path, text: &str, mode: u32) -> Result<(), String> {
    let failed = |error: io::Error| format!("cannot write {}: {error}", path.display());
    let fresh = fresh_name(path).map_err(failed)?;
    let written = write(&fresh, text, mode)
        .and_then(|()| keep_owner(&fresh, path))
        .and_then(|()| fs::rename(&fresh, path));
    if let Err(error) = written {
        let _best_effort = fs::remove_file(&fresh);
        return Err(failed(error));
    }
    sync_folder(path).map_err(failed)
}

/// Writes a file where there is none.
pub(super) fn create(path: &Path, text: &str, mode: u32) -> Result<(), String> {
    let failed = |error: io::Error| format!("cannot write {}: {error}", path.display());
    match write(path, text, mode) {
        Ok(()) => sync_folder(path).map_err(failed),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(format!("{} is there already, and is not overwritten", path.display()))
        }
        Err(error) => {
            let _best_effort = fs::remove_file(path);
            Err(failed(error))
        }
    }
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

fn write(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.set_permissions(Permissions::from_mode(mode))?; // whatever the umask says
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Gives a file the owner and the group of the one that it replaces: a gate that could read that one can read this one. Who
/// may not give the file away keeps it, with the group.
fn keep_owner(fresh: &Path, replaced: &Path) -> io::Result<()> {
    let is_gone = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    let wanted = match fs::symlink_metadata(replaced) {
        Err(error) if is_gone(&error) => return Ok(()),
        metadata => metadata?,
    };
    let own = fs::symlink_metadata(fresh)?;
    let (user, group) = (wanted.uid(), wanted.gid());
    if (own.uid(), own.gid()) == (user, group) {
        return Ok(());
    }
    chown(fresh, Some(user), Some(group)).or_else(|_not_allowed| chown(fresh, None, Some(group)))
}

/// Makes the change of names last.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        Some(_) => File::open(".")?.sync_all(),
        None => Ok(()),
    }
}
