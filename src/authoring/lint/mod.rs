//! `ramgate catalog lint`: what loading refuses, and what a reviewer should look at although it loads.

mod hosts;
mod operation;
mod product;
mod vocabulary;

use std::fmt;

use crate::catalog::{Catalog, CatalogFile, stem};
use crate::strict::{Node, Position, Problem, Severity, count_errors, yaml};

use super::write::REVIEW;
use vocabulary::Vocabulary;

/// The codes of the warnings; they are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lint {
    /// A question that the importer left.
    Review,
    /// An entry that is a guess.
    LowConfidence,
    /// An entry that says nothing about where it comes from.
    NoSource,
    /// An action that the built-in product of the code does not have.
    UnknownAction,
    /// Something is changed, and nothing says what.
    AllResources,
    /// Something is deleted, and a call without an id counts for the type as a whole.
    WildcardDelete,
    /// A condition key that no check lists.
    UnusedKey,
    /// A condition key whose value nobody can know.
    UnknownDerive,
    /// A host that is another product's too.
    OverlappingHost,
    /// A path of variables alone.
    NoLiteral,
}

impl Lint {
    fn code(self) -> &'static str {
        match self {
            Self::Review => "review",
            Self::LowConfidence => "low-confidence",
            Self::NoSource => "no-source",
            Self::UnknownAction => "unknown-action",
            Self::AllResources => "all-resources",
            Self::WildcardDelete => "wildcard-delete",
            Self::UnusedKey => "unused-key",
            Self::UnknownDerive => "unknown-derive",
            Self::OverlappingHost => "overlapping-host",
            Self::NoLiteral => "no-literal",
        }
    }
}

/// The warnings about one file.
struct Findings<'t> {
    file: &'t str,
    problems: Vec<Problem>,
}

impl Findings<'_> {
    fn add(
        &mut self,
        lint: Lint,
        at: Position,
        field: &str,
        message: impl fmt::Display,
        help: &str,
    ) {
        let problem = Problem::warning(self.file, at, field, message.to_string());
        self.problems.push(problem.rule(lint.code()).help(help));
    }
}

/// Everything about `files`, which a deployment would have beside or instead of the `builtin` ones; file by file, errors
/// first, then in the order of the lines.
pub fn lint(files: &[CatalogFile<'_>], builtin: &[CatalogFile<'_>]) -> Vec<Problem> {
    let name = |file: &CatalogFile<'_>| stem(file.name).to_owned();
    let own: Vec<String> = files.iter().map(name).collect();
    let kept = builtin.iter().filter(|file| !own.contains(&name(file)));
    let all: Vec<CatalogFile<'_>> = files.iter().chain(kept).copied().collect();
    let mut problems = Catalog::compile(&all).err().unwrap_or_default();
    let vocabulary = Vocabulary::of(builtin);
    let hosts = hosts::of(&all);
    for file in files {
        let refused = problems
            .iter()
            .any(|problem| problem.file == file.name && problem.severity == Severity::Error);
        if let (false, Ok(document)) = (refused, yaml(file.text)) {
            problems.extend(warnings(file, &document.root, &vocabulary, &hosts));
        }
    }
    let place = |file: &str| files.iter().position(|known| known.name == file);
    problems.sort_by_key(|problem| {
        (
            place(&problem.file),
            std::cmp::Reverse(count_errors(std::slice::from_ref(problem))),
            problem.at,
        )
    });
    problems
}

fn warnings(
    file: &CatalogFile<'_>,
    root: &Node,
    vocabulary: &Vocabulary,
    hosts: &hosts::Hosts<'_>,
) -> Vec<Problem> {
    let mut findings = Findings { file: file.name, problems: Vec::new() };
    reviews(file.text, &mut findings);
    hosts.look(file.name, root, &mut findings);
    product::look(root, &mut findings);
    let has_sources = root.get("sources").is_some();
    for (index, node) in root.get("operations").map_or(&[][..], Node::items).iter().enumerate() {
        let field = format!("operations[{index}]");
        operation::look(node, &field, has_sources, vocabulary, &mut findings);
    }
    findings.problems
}

/// The marks of the importer are comments, so they are looked for in the text.
fn reviews(text: &str, findings: &mut Findings<'_>) {
    for (number, line) in (1_u32..).zip(text.lines()) {
        let trimmed = line.trim_start();
        if let Some(question) = trimmed.strip_prefix(REVIEW) {
            let column = line.chars().count() - trimmed.chars().count() + 1;
            let at = Position { line: number, column: u32::try_from(column).unwrap_or(1) };
            let help = "answer it in the entry, then remove the line";
            findings.add(Lint::Review, at, "", question.trim(), help);
        }
    }
}
