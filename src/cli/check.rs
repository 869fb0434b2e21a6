//! `ramgate check`: the same reading as `serve`, and the same report.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use crate::clock;
use crate::reload;
use crate::strict::{Problem, count_errors};

/// Prints every problem of every file. Fails when one of them would keep `serve` from starting.
pub(super) fn run(config: &Path) -> ExitCode {
    let problems = match reload::load(config, clock::now()) {
        Ok(loaded) => loaded.warnings,
        Err(problems) => problems,
    };
    let errors = count_errors(&problems);
    #[expect(clippy::print_stdout, reason = "the report is what the command is for")]
    {
        print!("{}", report(&problems));
        println!("{errors} errors, {} warnings", problems.len() - errors);
    }
    if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Every problem, one after the other.
pub(super) fn report(problems: &[Problem]) -> String {
    let mut text = String::new();
    for problem in problems {
        let _infallible = writeln!(text, "{problem}");
    }
    text
}
