//! The command line.

mod check;
mod demo;
mod serve;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A sidecar authorization proxy for services that speak Alibaba-Cloud-style APIs.
#[derive(Debug, Parser)]
#[command(name = "ramgate", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the gate.
    Serve {
        /// The configuration file, `ramgate.yaml`; the paths in it are relative to its folder.
        #[arg(long)]
        config: PathBuf,
    },
    /// Read every file as `serve` would and print what is wrong with them, and what policies may not mean.
    Check(check::CheckArguments),
    /// Run the gate on the example bundle and show what it permits and refuses.
    Demo {
        /// The bundle; it is copied, never changed.
        #[arg(long, default_value = "policies/example")]
        bundle: PathBuf,
        /// Stop after the table; exit with 0 only if every row came out as it should.
        #[arg(long)]
        once: bool,
    },
}

/// Runs the program and says how it should exit: 0, or 1 after a message on stderr.
pub fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Serve { config } => serve::run(&config),
        Command::Check(arguments) => check::run(&arguments),
        Command::Demo { bundle, once } => demo::run(&bundle, once),
    };
    match result {
        Ok(code) => code,
        Err(message) => {
            #[expect(clippy::print_stderr, reason = "the last word of a command that failed")]
            {
                eprintln!("ramgate: {message}");
            }
            ExitCode::FAILURE
        }
    }
}
