//! What is wrong with an input, and what was left out.

use crate::strict::{Position, Problem, count_errors};

use super::tree::Document;

/// Nobody reads more; the last says how many there were.
const WARNINGS_MAX: usize = 200;

#[derive(Debug, Default)]
pub(super) struct Findings {
    problems: Vec<Problem>,
}

impl Findings {
    /// The input is refused.
    pub(super) fn error(
        &mut self,
        document: &Document<'_>,
        at: Position,
        field: &str,
        message: impl Into<String>,
        help: &str,
    ) {
        self.push(Problem::error(document.name, at, field, message), help);
    }

    /// Something was left out.
    pub(super) fn warning(
        &mut self,
        document: &Document<'_>,
        at: Position,
        field: &str,
        message: impl Into<String>,
        help: &str,
    ) {
        self.push(Problem::warning(document.name, at, field, message), help);
    }

    pub(super) fn push(&mut self, problem: Problem, help: &str) {
        self.problems.push(if help.is_empty() { problem } else { problem.help(help) });
    }

    /// Whether the input is refused by now.
    pub(super) fn refuse(&self) -> bool {
        count_errors(&self.problems) > 0
    }

    /// Errors, and what does not keep a file from being written.
    pub(super) fn split(self) -> (Vec<Problem>, Vec<Problem>) {
        use crate::strict::Severity::Error;
        let (errors, mut warnings): (Vec<Problem>, Vec<Problem>) =
            self.problems.into_iter().partition(|problem| problem.severity == Error);
        if let (true, Some(last)) = (warnings.len() > WARNINGS_MAX, warnings.last().cloned()) {
            let message = format!("{} more of these", warnings.len() - WARNINGS_MAX);
            warnings.truncate(WARNINGS_MAX);
            warnings.push(Problem::warning(&last.file, last.at, "", message));
        }
        (errors, warnings)
    }
}
