//! The command line.

mod catalog;
mod check;
mod demo;
mod dev_cert;
mod doctor;
mod explain;
mod identity;
mod in_place;
mod output;
mod policy;
mod products;
mod resolve;
mod revoke;
mod serve;
mod sign;
mod test;
mod token;
mod whoami;
mod workload;

use std::path::{Path, PathBuf};
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
    /// Look at what requests mean: make, list, show and review catalogue files.
    Catalog {
        #[command(subcommand)]
        what: catalog::Command,
    },
    /// Look at policies, and change them.
    Policy {
        #[command(subcommand)]
        what: policy::Command,
    },
    /// Explain why a call would be permitted or refused.
    Explain(explain::Arguments),
    /// Say whose an `AccessKey` or a session is, and whether the gate takes it now.
    Whoami(whoami::Arguments),
    /// Find out why a captured request's signature does not fit.
    Doctor(doctor::Arguments),
    /// Say what a request means: operation, actions, resources and condition keys, or why it is refused.
    Resolve(resolve::Arguments),
    /// Sign a request in any scheme, and print or send it.
    Sign(Box<sign::Arguments>),
    /// Make a certificate for trying out TLS, signed by an authority of its own.
    DevCert(dev_cert::Arguments),
    /// Make and rotate the key ring of session tokens, and look at tokens.
    Token {
        #[command(subcommand)]
        what: token::Command,
    },
    /// Make what a workload next door needs to get credentials.
    Workload {
        #[command(subcommand)]
        what: workload::Command,
    },
    /// Revoke a key, a user, or sessions: write the revocations file that gates mount.
    Revoke(revoke::Arguments),
    /// Run cases in files, of policies, of what requests mean or of signatures, and print `N passed, M failed`.
    Test {
        #[command(subcommand)]
        what: Tests,
    },
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

#[derive(Debug, Subcommand)]
enum Tests {
    /// Cases that carry their policies with them: a JSON list of questions and expected verdicts.
    Decisions {
        /// The file.
        file: PathBuf,
    },
    /// Requests, each with its operation and checks or the word that refuses it.
    Calls {
        /// The file, JSON.
        file: PathBuf,
        /// The configuration file of a deployment whose routes and products are asked; without it, the built-in ones.
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Recorded requests with the keys that signed them, one JSON object a line.
    Signatures {
        /// The file, JSONL.
        file: PathBuf,
    },
    /// Cases for the policies of a deployment, with what no case exercises.
    Policies {
        /// The file, YAML.
        file: PathBuf,
        /// The configuration file of the deployment.
        #[arg(long)]
        config: PathBuf,
        /// Fail when fewer of a hundred statements decide in some case.
        #[arg(long, value_name = "PERCENT", default_value_t = 0)]
        coverage_min: u8,
    },
}

/// Runs the program and says how it should exit: 0, or 1 after a message on stderr.
pub fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Serve { config } => serve::run(&config),
        Command::Check(arguments) => check::run(&arguments),
        Command::Catalog { what } => catalog::run(&what),
        Command::Policy { what } => policy::run(what),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Whoami(arguments) => whoami::run(&arguments),
        Command::Doctor(arguments) => return doctor::run(&arguments),
        Command::Resolve(arguments) => resolve::run(&arguments),
        Command::Sign(arguments) => sign::run(&arguments),
        Command::DevCert(arguments) => dev_cert::run(&arguments),
        Command::Token { what } => token::run(&what),
        Command::Workload { what } => workload::run(&what),
        Command::Revoke(arguments) => revoke::run(&arguments),
        Command::Test { what: Tests::Decisions { file } } => test::decisions(&file),
        Command::Test { what: Tests::Calls { file, config } } => {
            test::calls::run(&file, config.as_deref())
        }
        Command::Test { what: Tests::Signatures { file } } => test::signatures::run(&file),
        Command::Test { what: Tests::Policies { file, config, coverage_min } } => {
            test::policies(&file, &config, coverage_min)
        }
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

/// Reads a file that a command was given.
fn read(file: &Path) -> Result<String, String> {
    #[expect(clippy::disallowed_methods, reason = "a file that the command line names")]
    std::fs::read_to_string(file)
        .map_err(|error| format!("cannot read {}: {error}", file.display()))
}
