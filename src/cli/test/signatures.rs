//! `ramgate test signatures`: recorded requests, one JSON object a line.

use std::path::Path;
use std::process::ExitCode;

use super::Tally;
use crate::cases::SignatureCase;

/// Prints each mismatch, and last a line `N passed, M failed`. A line that cannot be read fails alone.
pub(in crate::cli) fn run(file: &Path) -> Result<ExitCode, String> {
    let text = crate::cli::read(file)?;
    let mut tally = Tally::default();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        match SignatureCase::parse(line) {
            Ok(case) => tally.add(&case.id, &case.failure()),
            Err(error) => tally.add(&format!("line {number}"), &format!("cannot be read: {error}")),
        }
    }
    Ok(tally.finish())
}
