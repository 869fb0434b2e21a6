//! `ramgate resolve`: what a request means, or why it has no meaning.

mod advice;
mod conditions;
mod pasted;
mod report;
mod text;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cases::{Regions, Terms};
use crate::doctor::Capture;
use crate::ident::AccountId;

use super::doctor::read_capture;
use super::output::{print, print_json};
use super::products::Products;
use report::Report;

/// `ramgate resolve`
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The request: a command line of curl, bytes of HTTP/1.1, a HAR file or one of its entries, or a request as of
    /// `test calls`. Without it, or with `-`: standard input.
    #[arg(conflicts_with = "curl")]
    file: Option<PathBuf>,
    /// The request as a command line of curl.
    #[arg(long, value_name = "COMMAND")]
    curl: Option<String>,
    /// Which request of a file of several, from 1.
    #[arg(long, value_name = "NUMBER")]
    entry: Option<usize>,
    /// The configuration file of a deployment whose hosts, routes and products count; without it, the built-in products.
    #[arg(long)]
    config: Option<PathBuf>,
    /// The RAM user who calls.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// The region behind the gate, as a route pins it.
    #[arg(long)]
    region: Option<String>,
    /// The account that owns what is behind the gate.
    #[arg(long, value_name = "ID")]
    account: Option<AccountId>,
    /// Print JSON: a case as of `test calls`, with more beside it.
    #[arg(long)]
    json: bool,
}

/// Exit status 0: the request can be read. 1: it is refused, or what was given is no request.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let bytes = match &arguments.curl {
        Some(command) => command.clone().into_bytes(),
        None => read_capture(arguments.file.as_deref())?,
    };
    let capture = Capture::parse(&bytes, arguments.entry)
        .map_err(|error| format!("the request cannot be read: {error}"))?;
    let products = Products::load(arguments.config.as_deref())?;
    let terms = products.terms()?;
    // Without a deployment nobody pins a region: then what the request names counts, as in files of cases.
    let usual = if arguments.config.is_some() { Regions::OfRoute } else { Regions::AsNamed };
    let terms = Terms {
        user: arguments.user.as_deref(),
        account: arguments.account.unwrap_or(terms.account),
        regions: arguments.region.as_deref().map_or(usual, Regions::Pinned),
        ..terms
    };
    let report = Report::new(&capture, &terms);
    if arguments.json {
        print_json(&report)?;
    } else {
        print(&text::render(&report, arguments.config.as_deref()))?;
    }
    Ok(if report.is_refused() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
