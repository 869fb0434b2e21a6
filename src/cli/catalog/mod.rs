//! `ramgate catalog`: catalogue files as people make, read and review them.

mod files;
mod import;
mod lint;
mod list;
mod show;

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;

/// What to do with catalogue files.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a catalogue file of an OpenAPI 3 document, or of the vendor's published API metadata.
    Import(import::Arguments),
    /// List the products that the gate can read, or the operations of one.
    List(list::Arguments),
    /// Report what loading refuses, and what a reviewer should look at.
    Lint(lint::Arguments),
    /// Show a product or an operation: how it is selected, what has to be allowed on what, and how sure that is.
    Show(show::Arguments),
}

/// Runs one of the commands.
pub(super) fn run(command: &Command) -> Result<ExitCode, String> {
    match command {
        Command::Import(arguments) => import::run(arguments),
        Command::List(arguments) => list::run(arguments),
        Command::Lint(arguments) => lint::run(arguments),
        Command::Show(arguments) => show::run(arguments),
    }
}

/// The largest file that is read.
const BYTES_MAX: u64 = 32 * 1024 * 1024;

/// A file that a command was given, and its name as it was given.
struct Text {
    name: String,
    text: String,
}

fn read(path: &Path) -> Result<Text, String> {
    let name = path.display().to_string();
    let size = path.metadata().map_or(0, |metadata| metadata.len());
    if size > BYTES_MAX {
        return Err(format!("{name} is larger than {BYTES_MAX} bytes"));
    }
    Ok(Text { text: super::read(path)?, name })
}
