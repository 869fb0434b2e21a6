//! The file of a ring: read as the gate reads it, written as a secret.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use zeroize::Zeroizing;

use crate::cli::in_place;
use crate::strict::count_errors;
use crate::token::{self, RingEntry};

/// The owner alone.
pub(super) const MODE: u32 = 0o600;
const PERMISSION_BITS: u32 = 0o7777;
const READABLE_BY_ALL: u32 = 0o004;

/// A ring as its file has it.
#[derive(Debug)]
pub(super) struct RingFile {
    pub(super) entries: Vec<RingEntry>,
    mode: u32,
}

impl RingFile {
    /// Reads a ring; one that everybody can read is refused.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let shown = path.display().to_string();
        let metadata =
            fs::metadata(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
        let mode = metadata.permissions().mode() & PERMISSION_BITS;
        if mode & READABLE_BY_ALL != 0 {
            return Err(format!("everybody on this machine can read {shown}: `chmod o-r` it"));
        }
        let text = Zeroizing::new(crate::cli::read(path)?);
        let (entries, problems) = token::parse(&shown, &text);
        if count_errors(&problems) > 0 {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            return Err(lines.join("\n"));
        }
        Ok(Self { entries, mode })
    }

    /// Replaces the file in one step; its mode stays.
    pub(super) fn replace(&self, path: &Path) -> Result<(), String> {
        in_place::replace(path, &token::write(&self.entries), self.mode)
    }
}
