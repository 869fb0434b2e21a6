//! The report for people.

use std::fmt::Write as _;
use std::path::Path;

use crate::cli::output::{Table, visible};

use super::conditions::{Conditions, ELSEWHERE};
use super::report::{Found, Refused, Report};

/// `config` is the deployment that was asked.
pub(super) fn render(report: &Report, config: Option<&Path>) -> String {
    let mut text = String::new();
    place(&mut text, report, config);
    if let Some(found) = &report.found {
        checks(&mut text, found);
    }
    if let Some(conditions) = report.conditions() {
        context(&mut text, conditions);
    }
    for note in &report.notes {
        let _infallible = writeln!(text, "\nnote: {note}");
    }
    if !report.is_refused() {
        text.push_str(
            "\nThe signature was not verified: this is what the request means if it is genuine.\n",
        );
    }
    visible(&text)
}

fn place(text: &mut String, report: &Report, config: Option<&Path>) {
    let mut table = Table::new(0);
    let mut row = |name: &str, value: &str| table.row(vec![name.to_owned(), value.to_owned()]);
    if let Some(Refused { word, detail, advice }) = &report.refused {
        row("refused", word);
        row("because", detail);
        row("what to do", advice);
    }
    if let Some(product) = &report.product {
        row("product", product);
    }
    for (name, value) in &report.labels {
        row(&format!("host.{name}"), value);
    }
    if let Some(region) = &report.region {
        row("region", region);
    }
    if let Some(found) = &report.found {
        row("operation", &found.operation);
        if let Some(entry) = &found.entry {
            let deployment =
                config.map_or_else(String::new, |file| format!(" --config {}", file.display()));
            row("facts", &format!("ramgate catalog show {entry}{deployment}"));
        }
        row("needs", found.needs);
    }
    text.push_str(&table.finish());
}

fn checks(text: &mut String, found: &Found) {
    let mut reasons: Vec<&str> = Vec::new();
    for (action, resources) in &found.checks {
        let _infallible = writeln!(text, "\n{action}");
        for (resource, why) in resources {
            let _infallible = writeln!(text, "  {resource}");
            reasons.extend(why);
        }
    }
    reasons.sort_unstable();
    reasons.dedup();
    for reason in reasons {
        let _infallible = writeln!(text, "\nunknown: {reason}");
    }
}

fn context(text: &mut String, conditions: &Conditions) {
    let mut table = Table::new(2);
    for (key, values) in &conditions.known {
        let shown: Vec<&str> =
            values.iter().map(|it| if it.is_empty() { "\"\"" } else { it }).collect();
        table.row(vec![key.clone(), shown.join(", ")]);
    }
    for key in &conditions.absent {
        table.row(vec![key.clone(), "absent".to_owned()]);
    }
    for (key, why) in &conditions.undeterminable {
        table.row(vec![key.clone(), format!("unknown: {why}")]);
    }
    let _infallible = write!(text, "\ncondition keys\n{}  {ELSEWHERE}\n", table.finish());
}
