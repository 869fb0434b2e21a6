//! Reads one regular file, whatever stands in its place.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use zeroize::Zeroizing;

use crate::ident::SecretKey;
use crate::snapshot::{KeysAccess, SourceFile};

const FILE_BYTES_MAX: u64 = 32 * 1024 * 1024;
const PERMISSION_BITS: u32 = 0o7777;
const READABLE_BY_ALL: u32 = 0o004;

/// What tells a file from what was in its place before. Not the content, but a change of content changes the times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    path: std::path::PathBuf,
    place: (u64, u64),
    size: u64,
    mode: u32,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let metadata = path.symlink_metadata()?;
        Ok(Self {
            path: path.to_owned(),
            place: (metadata.dev(), metadata.ino()),
            size: metadata.size(),
            mode: metadata.mode(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}

/// Reads a file. `path` has no links left in it; `name` is what the operator calls it.
pub(super) fn read(path: &Path, name: &str) -> io::Result<SourceFile> {
    let (file, metadata) = open_regular(path)?;
    let size = metadata.len();
    if size > FILE_BYTES_MAX {
        return Err(too_large());
    }
    // One spare byte: a buffer that never grows leaves no copy of a secret behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1));
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(too_large());
    }
    let text = String::from_utf8(std::mem::take(&mut *bytes)).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        drop(Zeroizing::new(error.into_bytes()));
        let message = format!("not UTF-8 text: byte {at} is wrong");
        io::Error::new(io::ErrorKind::InvalidData, message)
    })?;
    let mode = Some(metadata.mode() & PERMISSION_BITS);
    Ok(SourceFile { name: name.to_owned(), text: Zeroizing::new(text), mode })
}

/// Reads a text that is no secret.
pub fn read_text(path: &Path) -> io::Result<String> {
    let source = read(&path.canonicalize()?, &path.display().to_string())?;
    Ok(source.text.to_string())
}

/// Reads a secret that stands alone in its file, but for the line's end that editors add.
pub fn read_secret(path: &Path, access: KeysAccess) -> io::Result<SecretKey> {
    let source = read(&path.canonicalize()?, &path.display().to_string())?;
    let text = source.text.strip_suffix('\n').unwrap_or(&source.text);
    if text.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "empty"));
    }
    match (access, source.mode) {
        (KeysAccess::Private, Some(mode)) if mode & READABLE_BY_ALL != 0 => {
            Err(io::Error::new(io::ErrorKind::PermissionDenied, "readable by everybody"))
        }
        (KeysAccess::Private | KeysAccess::Anybody, _) => Ok(SecretKey::from(text)),
    }
}

/// A pipe must not block the reader and a link must not be followed (L04 of the threat model): the path was resolved
/// before, and what is open is looked at again.
fn open_regular(path: &Path) -> io::Result<(File, Metadata)> {
    let flags = libc::O_NONBLOCK | libc::O_NOFOLLOW | libc::O_CLOEXEC | libc::O_NOCTTY;
    let refused = || io::Error::new(io::ErrorKind::InvalidInput, "not a regular file");
    if !path.symlink_metadata()?.is_file() {
        return Err(refused());
    }
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_file() { Ok((file, metadata)) } else { Err(refused()) }
}

fn too_large() -> io::Error {
    let message = format!("larger than {FILE_BYTES_MAX} bytes");
    io::Error::new(io::ErrorKind::FileTooLarge, message)
}
