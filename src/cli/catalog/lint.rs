//! `ramgate catalog lint`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::files::{as_file, own};
use crate::authoring;
use crate::catalog::{Catalog, CatalogFile};
use crate::cli::check::report;
use crate::cli::output::print;
use crate::strict::count_errors;

/// `ramgate catalog lint`
#[derive(Args, Debug)]
#[command(
    override_usage = "ramgate catalog lint [--deny-warnings] FILE...\n       ramgate catalog lint [--deny-warnings] --config CONFIG"
)]
pub(in crate::cli) struct Arguments {
    /// Catalogue files.
    #[arg(required_unless_present = "config", conflicts_with = "config")]
    file: Vec<PathBuf>,
    /// The configuration of a deployment, to look at its catalogue files.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Fail on warnings too.
    #[arg(long)]
    deny_warnings: bool,
}

/// Exits with 0, or with 1 when a file would be refused, or when there are warnings and these are denied.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let own = own(arguments.config.as_ref(), &arguments.file)?;
    let files: Vec<CatalogFile<'_>> = own.iter().map(as_file).collect();
    let problems = authoring::lint(&files, Catalog::builtin_files());
    let errors = count_errors(&problems);
    let warnings = problems.len() - errors;
    print(&format!("{}{errors} errors, {warnings} warnings\n", report(&problems)))?;
    let fails = errors > 0 || (arguments.deny_warnings && warnings > 0);
    Ok(if fails { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
