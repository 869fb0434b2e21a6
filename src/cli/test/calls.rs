//! `ramgate test calls`: requests, and what they must turn out to mean.

use std::path::Path;
use std::process::ExitCode;

use super::Tally;
use crate::cases::CallFile;
use crate::cli::products::Products;

/// Prints each mismatch, and last a line `N passed, M failed`. A case that cannot be read fails alone.
pub(in crate::cli) fn run(file: &Path, config: Option<&Path>) -> Result<ExitCode, String> {
    let text = crate::cli::read(file)?;
    let cases = CallFile::parse(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    let products = Products::load(config)?;
    let terms = products.terms()?;
    let mut tally = Tally::default();
    for case in cases.cases() {
        tally.add(&case.id, &case.failure(&terms));
    }
    Ok(tally.finish())
}
