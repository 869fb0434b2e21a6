//! `ramgate test`: policies, and the program itself, against files of worked cases.

pub(super) mod calls;
mod coverage;
mod questions;
pub(super) mod signatures;

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use crate::cases::{self, Case};
use crate::catalog::Catalog;

use self::coverage::Coverage;
use super::check::report;
use super::explain::Deployment;
use super::products::builtin;

/// `ramgate test decisions`: prints each mismatch with its explanation, and last a line `N passed, M failed`.
pub(super) fn decisions(file: &Path) -> Result<ExitCode, String> {
    let text = super::read(file)?;
    let catalog = builtin()?;
    let cases = cases::parse(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut tally = Tally::default();
    for (index, case) in cases.iter().enumerate() {
        match case {
            Ok(case) => tally.add(&case.name, &failure(case, &catalog)),
            Err(error) => tally.add(&format!("case {index}"), &error.to_string()),
        }
    }
    Ok(tally.finish())
}

/// What is wrong with the answer to a case; empty when it is the expected one.
fn failure(case: &Case<'_>, catalog: &Catalog) -> String {
    match case.answer(catalog) {
        Ok(answered) if answered.found == answered.expected => String::new(),
        Ok(answered) => format!(
            "expected {}, found {}: {}",
            answered.expected.as_str(),
            answered.found.as_str(),
            answered.explanation
        ),
        Err(error) => format!("cannot be read: {error}"),
    }
}

/// `ramgate test policies`: asks a deployment each question of the file, and says which statements no case exercises.
pub(super) fn policies(file: &Path, config: &Path, coverage_min: u8) -> Result<ExitCode, String> {
    let text = super::read(file)?;
    let name = file.display().to_string();
    let cases = questions::parse(&name, &text)
        .map_err(|problems| format!("the tests are refused\n{}", report(&problems)))?;
    let deployment = Deployment::load(config)?;
    let mut tally = Tally::default();
    let mut coverage = Coverage::of(deployment.snapshot());
    for case in &cases {
        let failure = match deployment.ask(&case.question) {
            Ok(answered) => {
                coverage.add(&answered.statements);
                case.failure(&answered)
            }
            Err(message) => format!("cannot be asked: {message}"),
        };
        tally.add(&case.name, &failure);
    }
    tally.note(&coverage.report());
    let enough = coverage.percent() >= usize::from(coverage_min);
    let code = tally.finish();
    Ok(if enough { code } else { ExitCode::FAILURE })
}

/// Counts cases and collects what to print.
#[derive(Default)]
pub(super) struct Tally {
    passed: usize,
    failed: usize,
    text: String,
}

impl Tally {
    /// Counts a case; `failure` is empty when it passed.
    pub(super) fn add(&mut self, name: &str, failure: &str) {
        if failure.is_empty() {
            self.passed += 1;
            return;
        }
        self.failed += 1;
        let _infallible = writeln!(self.text, "FAILED {name}\n    {failure}");
    }

    /// Adds a line for people.
    pub(super) fn note(&mut self, line: &str) {
        let _infallible = writeln!(self.text, "{line}");
    }

    /// Prints everything. Fails when a case failed, and when there was none.
    pub(super) fn finish(self) -> ExitCode {
        let Self { passed, failed, mut text } = self;
        if passed + failed == 0 {
            text.push_str("there are no cases\n");
        }
        #[expect(clippy::print_stdout, reason = "the report is what the command is for")]
        {
            print!("{text}");
            println!("{passed} passed, {failed} failed");
        }
        if failed == 0 && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
