//! `ramgate policy list`

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

use super::stock::{Stock, Stocked, built_in, is_on};
use super::{Kind, look};
use crate::cli::output::{Table, print, print_json};
use crate::policy::{PolicyType, system_policies};
use crate::reload::Draft;

/// The setting that switches rebuilt system policies on.
const OPT_IN: &str = "accept_reconstructed_policies";

#[derive(Serialize)]
struct Listing {
    policies: Vec<Line>,
}

/// One policy. A field is added, never changed.
#[derive(Serialize)]
struct Line {
    kind: String,
    #[serde(rename = "type")]
    from: &'static str,
    name: String,
    /// `null` for a document that cannot be read without knowing what it is attached to.
    statements: Option<usize>,
    attachments: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// For system policies: rebuilt from descriptions, not the vendor's own text.
    #[serde(skip_serializing_if = "Option::is_none")]
    reconstructed: Option<bool>,
    /// For system policies: whether an attachment of it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    on: Option<bool>,
}

pub(super) fn run(config: &Path, kind: Option<Kind>, json: bool) -> Result<ExitCode, String> {
    let (draft, snapshot) = look(config)?;
    let mut found: Vec<Stocked> = Stock::take(&draft, &snapshot).into_policies().collect();
    if kind == Some(Kind::System) {
        found.retain(|stocked| stocked.from == PolicyType::System);
        add_built_in(&mut found);
    } else if let Some(kind) = kind {
        found.retain(|stocked| Kind::of(stocked.folder) == kind);
    }
    let policies = found.iter().map(|stocked| line(stocked, &draft)).collect();
    let listing = Listing { policies };
    if json {
        print_json(&listing)?;
    } else {
        print(&text(&listing, kind == Some(Kind::System)))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn add_built_in(found: &mut Vec<Stocked>) {
    for system in system_policies() {
        if !found.iter().any(|stocked| stocked.name == system.name) {
            found.push(Stocked::unattached(system));
        }
    }
    found.sort_by(|left, right| (left.folder, &left.name).cmp(&(right.folder, &right.name)));
}

fn line(stocked: &Stocked, draft: &Draft) -> Line {
    let is_system = stocked.from == PolicyType::System;
    let system = built_in(&stocked.name).filter(|_| is_system);
    Line {
        kind: Kind::of(stocked.folder).to_string(),
        from: stocked.from.as_str(),
        name: stocked.name.clone(),
        statements: stocked.policy.as_ref().map(|policy| policy.document().statement_count()),
        attachments: stocked.places.len(),
        file: stocked.file.clone(),
        reconstructed: is_system.then(|| system.is_some_and(|system| system.reconstructed)),
        on: is_system.then(|| system.is_none_or(|system| is_on(system, draft))),
    }
}

fn text(listing: &Listing, system: bool) -> String {
    let last = if system { "STATE" } else { "FILE" };
    let mut table = Table::titled(&["KIND", "TYPE", "NAME", "STATEMENTS", "ATTACHED", last]);
    for line in &listing.policies {
        table.row(vec![
            line.kind.clone(),
            line.from.to_owned(),
            line.name.clone(),
            line.statements.map_or_else(|| "?".to_owned(), |count| count.to_string()),
            line.attachments.to_string(),
            if system { state(line).to_owned() } else { line.file.clone().unwrap_or_default() },
        ]);
    }
    let policies = listing.policies.len();
    let what = if policies == 1 { "policy" } else { "policies" };
    let mut text = format!("{}{policies} {what}", table.finish());
    let off = listing.policies.iter().filter(|line| line.on == Some(false)).count();
    if off > 0 {
        let _infallible =
            write!(text, "; to use one of the {off} that are off, list it under `{OPT_IN}`");
    }
    text.push('\n');
    text
}

fn state(line: &Line) -> &'static str {
    match (line.on, line.reconstructed) {
        (Some(false), _) => "off: reconstructed, needs opt-in",
        (_, Some(true)) => "on: reconstructed",
        _ => "on",
    }
}
