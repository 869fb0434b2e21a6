//! `ramgate check`: the same reading as `serve`, and the same report; beside it, what the linter finds in policies.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::clock;
use crate::policy::{DocumentKind, PrincipalForm};
use crate::reload;
use crate::snapshot;
use crate::strict::{Problem, Severity, count_errors};

/// What to check.
#[derive(Args, Debug)]
pub(super) struct CheckArguments {
    /// The configuration file; every file that it names is read.
    #[arg(long, required_unless_present = "policy", conflicts_with = "policy")]
    config: Option<PathBuf>,
    /// One policy document instead, by itself.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// What the document is used as.
    #[arg(
        long,
        value_enum,
        default_value = "identity",
        requires = "policy",
        conflicts_with = "config"
    )]
    kind: Kind,
    /// Fail on warnings too.
    #[arg(long)]
    deny_warnings: bool,
}

/// The words for [`DocumentKind`].
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// Attached to users, groups and roles.
    Identity,
    /// The bound of a session.
    Session,
    /// The bound of an account.
    Control,
    /// Who may become a role.
    Trust,
    /// Attached to a resource; principals are an object.
    Resource,
    /// Attached to a bucket; principals are a list.
    Bucket,
}

impl Kind {
    fn of_document(self) -> DocumentKind {
        match self {
            Self::Identity => DocumentKind::Identity,
            Self::Session => DocumentKind::Session,
            Self::Control => DocumentKind::Control,
            Self::Trust => DocumentKind::Trust,
            Self::Resource => DocumentKind::Resource(PrincipalForm::OptionalObject),
            Self::Bucket => DocumentKind::Resource(PrincipalForm::List),
        }
    }
}

/// Prints every problem of every file. Fails when one of them would keep `serve` from starting, or when one is a
/// warning and these are denied.
pub(super) fn run(arguments: &CheckArguments) -> Result<ExitCode, String> {
    let problems = match (&arguments.config, &arguments.policy) {
        (Some(config), _) => reload::check(config, clock::now()),
        (None, Some(file)) => document(file, arguments.kind.of_document())?,
        (None, None) => return Err("nothing to check".to_owned()),
    };
    let errors = count_errors(&problems);
    let warnings = problems.len() - errors;
    #[expect(clippy::print_stdout, reason = "the report is what the command is for")]
    {
        print!("{}", report(&problems));
        println!("{errors} errors, {warnings} warnings");
    }
    let fails = |problem: &Problem| match problem.severity {
        Severity::Error => true,
        Severity::Warning => arguments.deny_warnings,
    };
    Ok(if problems.iter().any(fails) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn document(file: &Path, kind: DocumentKind) -> Result<Vec<Problem>, String> {
    let name = file.display().to_string();
    let text = super::read(file)?;
    Ok(snapshot::lint_document(kind, &name, &text))
}

/// Every problem, one after the other.
pub(super) fn report(problems: &[Problem]) -> String {
    let mut text = String::new();
    for problem in problems {
        let _infallible = writeln!(text, "{problem}");
    }
    text
}
