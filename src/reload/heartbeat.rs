//! The heartbeat: a file in which whoever distributes the others writes the time, so that a distribution that stands still
//! does not look like one that has nothing new (TOK-31).

use crate::ident::UnixSeconds;
use crate::snapshot::SourceFile;
use crate::strict::{Position, Problem};

/// Clocks differ.
const AHEAD_SECONDS_MAX: i64 = 60;

/// The instant in the file. One that is still to come would make the files fresh for as long.
pub(super) fn read(file: &SourceFile, now: UnixSeconds) -> Result<UnixSeconds, Vec<Problem>> {
    let refused = |message: String, help: &str| {
        vec![Problem::error(&file.name, Position::START, "", message).help(help)]
    };
    let text = file.text.trim_ascii();
    let written = UnixSeconds::parse_iso8601(text).map_err(|error| {
        refused(error.to_string(), "write the time alone: `date -u +%Y-%m-%dT%H:%M:%SZ`")
    })?;
    if written.0 > now.0.saturating_add(AHEAD_SECONDS_MAX) {
        let message = format!("{written} is still to come");
        return Err(refused(message, "the clock here or that of the distributor is wrong"));
    }
    Ok(written)
}
