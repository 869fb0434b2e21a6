//! `ramgate token`: the key ring of session tokens, and what is in a token.

mod file;
mod inspect;
mod ring;

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;

use crate::ident::UnixSeconds;
use crate::token::{KeyRing, OpenError, Opened};

pub(super) use inspect::{expiry, read_token};

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

/// Opens a token with the ring of a file, also with a key that is closed.
pub(super) fn open(
    ring: &Path,
    token: &str,
    now: UnixSeconds,
) -> Result<Result<Opened, OpenError>, String> {
    let ring: KeyRing = file::RingFile::read(ring)?.entries.into_iter().collect();
    Ok(inspect::open(&ring, token, now))
}
