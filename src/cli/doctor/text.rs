//! The report for people: what is wrong, then both canonical texts side by side.

use std::fmt::Write as _;

use crate::cli::output::{Table, visible};
use crate::doctor::{Comparison, Element, Finding, Grade, Report, Row, Verdict};

/// Wider columns are cut around the difference.
const COLUMN_CHARS_MAX: usize = 60;
/// What stays visible before a difference in a cut line.
const BEFORE_CHARS: usize = 20;

pub(super) fn render(report: &Report, notes: &[String]) -> String {
    let mut text = format!("{}\n\n", verdict(report));
    let mut table = Table::new(0);
    let mut row = |name: &str, value: &str| table.row(vec![name.to_owned(), value.to_owned()]);
    row("request", &cut(&report.request, 0, 2 * COLUMN_CHARS_MAX));
    row("scheme", report.scheme.unwrap_or("none that can be read"));
    row("host kind", report.host_kind);
    row("AccessKeyId", report.access_key_id.as_deref().unwrap_or("none that can be read"));
    row(
        "signature",
        answer(report.signature, "fits", "does not fit", "not proven: no secret was given"),
    );
    row(
        "body",
        answer(
            report.body,
            "as signed, or not signed",
            "is not the one that was signed",
            "not asked",
        ),
    );
    text.push_str(&table.finish());
    findings(&mut text, &report.findings);
    elements(&mut text, &report.elements);
    if let Some(comparison) = &report.comparison {
        compare(&mut text, comparison);
    }
    for note in notes {
        let _infallible = writeln!(text, "\nnote: {note}");
    }
    visible(&text)
}

fn verdict(report: &Report) -> &'static str {
    match report.verdict {
        Verdict::Fits => "fits: signature, time and body are as they should be",
        Verdict::Refused => "refused",
        Verdict::Unknown => "unknown: nothing is wrong that can be seen without the secret",
        Verdict::Bearer => "no signature: the request carries a bearer token",
        Verdict::Anonymous => "no signature: the request carries no credentials",
    }
}

fn answer(
    known: Option<bool>,
    yes: &'static str,
    no: &'static str,
    open: &'static str,
) -> &'static str {
    match known {
        Some(true) => yes,
        Some(false) => no,
        None => open,
    }
}

fn findings(text: &mut String, findings: &[Finding]) {
    for finding in findings {
        let grade = match finding.grade {
            Grade::Proven => "cause",
            Grade::Certain => "wrong",
            Grade::Possible => "perhaps",
            Grade::Note => "note",
        };
        let _infallible = writeln!(text, "\n{grade} [{}] {}", finding.id, finding.what);
        let _infallible = writeln!(text, "    {}", finding.help);
    }
}

fn elements(text: &mut String, elements: &[Element]) {
    if elements.is_empty() {
        return;
    }
    let mut table = Table::new(2);
    for element in elements {
        let value = element.value.as_deref().map(|value| cut(value, 0, 2 * COLUMN_CHARS_MAX));
        table.row(vec![element.name.clone(), value.unwrap_or_else(|| "MISSING".to_owned())]);
    }
    let _infallible = write!(text, "\nelements of the scheme\n{}", table.finish());
}

/// One column when the client's text is not known, else two.
fn compare(text: &mut String, comparison: &Comparison) {
    if !comparison.client_known {
        text.push_str("\ncanonical text, as the gate builds it from what arrived\n");
        for line in comparison.rows.iter().filter_map(|row| row.server.as_deref()) {
            let _infallible = writeln!(text, "    {line}");
        }
        return;
    }
    let longest = comparison.rows.iter().filter_map(|row| row.server.as_deref());
    let longest = longest.map(|line| line.chars().count()).max().unwrap_or(0);
    let width = longest.clamp("as it arrived".len(), COLUMN_CHARS_MAX);
    let _infallible = writeln!(
        text,
        "\ncanonical text; lines with `!` differ\n    {:width$}   as the client signed it",
        "as it arrived"
    );
    for row in &comparison.rows {
        line(text, row, width);
    }
}

fn line(text: &mut String, row: &Row, width: usize) {
    let (server, client) = (row.server.as_deref(), row.client.as_deref());
    let differs = server != client;
    let at = difference(server, client);
    let from = if differs && at >= width { at - BEFORE_CHARS.min(at) } else { 0 };
    let side = |line: Option<&str>| cut(line.unwrap_or("(no such line)"), from, width);
    let mark = if differs { '!' } else { ' ' };
    let left = side(server);
    let _infallible = writeln!(text, "  {mark} {left:width$} | {}", side(client));
    if let (true, Some(server), Some(client)) = (differs, server, client) {
        // The mark of a cut takes one column.
        let at = at - from + usize::from(from > 0);
        let (left, right) = (pointers(server, client), pointers(client, server));
        let room = width.saturating_sub(at);
        let left = "^".repeat(left.min(room).max(1));
        let right = "^".repeat(right.min(room).max(1));
        let (indent, gap) = (" ".repeat(at), width.saturating_sub(at));
        let _infallible = writeln!(text, "    {indent}{left:gap$}   {indent}{right}");
    }
}

/// Where two lines begin to differ.
fn difference(server: Option<&str>, client: Option<&str>) -> usize {
    let (Some(server), Some(client)) = (server, client) else { return 0 };
    server.chars().zip(client.chars()).take_while(|(left, right)| left == right).count()
}

/// How many characters of `text` lie between what the two have in common at both ends.
fn pointers(text: &str, other: &str) -> usize {
    let start = difference(Some(text), Some(other));
    let backwards = text.chars().rev().zip(other.chars().rev());
    let shorter = text.chars().count().min(other.chars().count());
    let end = backwards.take_while(|(left, right)| left == right).count();
    text.chars().count() - start - end.min(shorter - start)
}

/// So many characters from one on; a cut is marked.
fn cut(text: &str, from: usize, width: usize) -> String {
    let before = if from > 0 { "…" } else { "" };
    let count = text.chars().count();
    let room = width.saturating_sub(before.chars().count());
    let whole = count.saturating_sub(from) <= room;
    let kept = if whole { room } else { room.saturating_sub(1) };
    let part: String = text.chars().skip(from).take(kept).collect();
    let after = if whole { "" } else { "…" };
    format!("{before}{part}{after}")
}
