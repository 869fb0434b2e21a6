//! `ramgate token`: the key ring of session tokens, and what is in a token.

mod file;
mod inspect;
mod ring;

use std::process::ExitCode;

use clap::Subcommand;

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make, rotate and show the key ring.
    Ring {
        #[command(subcommand)]
        what: ring::Command,
    },
    /// Show what a token says, and whether it opens. The secret of its session is never printed.
    Inspect(inspect::Arguments),
}

/// Runs one of them.
pub(super) fn run(command: &Command) -> Result<ExitCode, String> {
    match command {
        Command::Ring { what } => ring::run(what),
        Command::Inspect(arguments) => inspect::run(arguments),
    }
}
