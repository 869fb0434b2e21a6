//! `ramgate whoami`: whose an `AccessKey` or a session is, what it may rest on, and whether the gate takes it now.

mod report;

use std::path::PathBuf;
use std::process::ExitCode;

use super::identity::{Finder, Shown};
use super::output::{print, print_json};
use super::{check, token};
use crate::clock;
use crate::ident::AccessKeyId;
use crate::reload;
use report::Report;

/// `ramgate whoami`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Without --key, --token and --key-file, the environment says it, with the variables of `ramgate sign`. No gate is asked, no
secret is printed, and a token is never an argument, which every user of the machine could read.

Examples:
  ramgate whoami --config ramgate.yaml --key LTAI5tExample0000000001
  ramgate whoami --config ramgate.yaml --token - < session.token")]
pub(super) struct Arguments {
    /// The configuration file.
    #[arg(long)]
    config: PathBuf,
    /// The `AccessKey` id.
    #[arg(long, value_name = "ID")]
    key: Option<AccessKeyId>,
    /// A file with the token of a session; `-` is standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "key_file")]
    token: Option<PathBuf>,
    /// A file with `id`, `secret` and, for a session, `token`, as `ramgate sign` takes it.
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    key_file: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Prints who it is. Exits with 1 when the gate would refuse the credentials now, or knows nobody by them.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let (id, token) = (arguments.key.as_ref(), arguments.token.as_deref());
    let shown = Shown::read(id, token, arguments.key_file.as_deref())?;
    let now = clock::now();
    let loaded = reload::load(&arguments.config, now)
        .map_err(|problems| format!("the files are refused\n{}", check::report(&problems)))?;
    let world = loaded.current.load();
    let finder = Finder { world: &world, config: &loaded.config, warnings: &loaded.warnings, now };
    let report = Report::new(&finder.identify(&shown)?, &world, now);
    if arguments.json {
        print_json(&report)?;
    } else {
        print(&report.to_text())?;
    }
    Ok(if report.is_valid() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
