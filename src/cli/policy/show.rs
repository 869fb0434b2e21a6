//! `ramgate policy show`

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Serialize;
use serde_json::value::RawValue;

use super::record::{self, Decided, Usage};
use super::stock::{Place, Reached, Stock, Stocked, built_in, is_on};
use super::{Kind, look};
use crate::cli::output::{Table, count, print, print_json};
use crate::config::AuditSink;
use crate::ident::PolicyName;
use crate::policy::{Line, Listed, PolicyType, StatementRef};
use crate::reload::Draft;
use crate::strict::nearest;

/// Everything about one policy. A field is added, never changed.
#[derive(Serialize)]
struct Report {
    kind: String,
    #[serde(rename = "type")]
    from: &'static str,
    name: String,
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reconstructed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    on: Option<bool>,
    document: Box<RawValue>,
    #[serde(skip)]
    text: String,
    attachments: Vec<Place>,
    reaches: Vec<Reached>,
    statements: Vec<Statement>,
    audit: Audit,
}

#[derive(Serialize)]
struct Statement {
    index: u32,
    line: u32,
    sid: Option<String>,
    effect: &'static str,
    actions: Patterns,
    #[serde(skip_serializing_if = "Option::is_none")]
    resources: Option<Patterns>,
    #[serde(skip_serializing_if = "Option::is_none")]
    principals: Option<Vec<String>>,
    conditions: Vec<Condition>,
    /// `null` when the record has no decision of it, or when there is no record.
    decided: Option<Decided>,
}

#[derive(Serialize)]
struct Patterns {
    all_but: bool,
    patterns: Vec<String>,
}

#[derive(Serialize)]
struct Condition {
    operator: &'static str,
    key: String,
    values: Vec<String>,
}

/// What was read of the audit record.
#[derive(Serialize)]
struct Audit {
    file: Option<String>,
    lines: u64,
    skipped: u64,
    /// Why there is nothing to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

pub(super) fn run(
    name: &PolicyName,
    config: &Path,
    kind: Option<Kind>,
    audit: Option<&Path>,
    json: bool,
) -> Result<ExitCode, String> {
    let (draft, snapshot) = look(config)?;
    let found = Stock::take(&draft, &snapshot).into_policies().collect();
    let stocked = find(name.as_str(), kind, found)?;
    let reaches = stocked.reached(&snapshot).into_iter().collect();
    let (usage, audit) = usage(&stocked, audit, &draft.config().audit);
    let report = report(&stocked, &draft, reaches, &usage, audit)?;
    if json {
        print_json(&report)?
    } else {
        print(&report.to_text())?
    }
    Ok(ExitCode::SUCCESS)
}

fn find(name: &str, kind: Option<Kind>, mut found: Vec<Stocked>) -> Result<Stocked, String> {
    let fits = |stocked: &Stocked| match kind {
        None => true,
        Some(Kind::System) => stocked.from == PolicyType::System,
        Some(kind) => Kind::of(stocked.folder) == kind,
    };
    found.retain(fits);
    let known: Vec<String> = found.iter().map(|stocked| stocked.name.clone()).collect();
    found.retain(|stocked| stocked.name == name);
    let kinds: Vec<String> = found.iter().map(|it| Kind::of(it.folder).to_string()).collect();
    match (found.pop(), found.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(_), false) => Err(format!(
            "there are several policies `{name}` ({}); say which with --kind",
            kinds.join(", ")
        )),
        (None, _) => match built_in(name).filter(|_| matches!(kind, None | Some(Kind::System))) {
            Some(system) => Ok(Stocked::unattached(system)),
            None => Err(missing(name, kind, &known)),
        },
    }
}

/// There is no such policy: perhaps another one was meant.
pub(super) fn missing(name: &str, kind: Option<Kind>, known: &[String]) -> String {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let what = kind.map_or_else(|| "policy".to_owned(), |kind| format!("{kind} policy"));
    match nearest(name, &known) {
        Some(near) => format!("there is no {what} `{name}`; did you mean `{near}`?"),
        None => {
            format!("there is no {what} `{name}`; `ramgate policy list` shows those that there are")
        }
    }
}

/// Reads the record that was named, or the one that the gate writes.
fn usage(stocked: &Stocked, named: Option<&Path>, sink: &AuditSink) -> (Usage, Audit) {
    let file: Option<PathBuf> = match (named, sink) {
        (Some(path), _) => Some(path.to_owned()),
        (None, AuditSink::File(path)) => Some(path.clone()),
        (None, AuditSink::Stdout) => None,
    };
    let shown = file.as_ref().map(|path| path.display().to_string());
    let nothing = |note: String| {
        let audit = Audit { file: shown.clone(), lines: 0, skipped: 0, note: Some(note) };
        (Usage::default(), audit)
    };
    let Some(path) = &file else {
        return nothing(
            "the audit record goes to standard output; name a copy of it with --audit".to_owned(),
        );
    };
    match record::read(path, stocked) {
        Ok(usage) => {
            let (lines, skipped) = (usage.lines, usage.skipped);
            (usage, Audit { file: shown, lines, skipped, note: None })
        }
        Err(error) => nothing(format!("the audit record cannot be read: {error}")),
    }
}

fn report(
    stocked: &Stocked,
    draft: &Draft,
    reaches: Vec<Reached>,
    usage: &Usage,
    audit: Audit,
) -> Result<Report, String> {
    let is_system = stocked.from == PolicyType::System;
    let system = built_in(&stocked.name).filter(|_| is_system);
    let document = RawValue::from_string(stocked.text.clone())
        .map_err(|error| format!("the document of `{}` is not JSON: {error}", stocked.name))?;
    let decided = usage.statements.iter().cloned().chain(std::iter::repeat(None));
    Ok(Report {
        kind: Kind::of(stocked.folder).to_string(),
        from: stocked.from.as_str(),
        name: stocked.name.clone(),
        file: stocked.file.clone(),
        reconstructed: is_system.then(|| system.is_some_and(|system| system.reconstructed)),
        on: is_system.then(|| system.is_none_or(|system| is_on(system, draft))),
        document,
        text: stocked.text.clone(),
        attachments: stocked.places.iter().cloned().collect(),
        reaches,
        statements: stocked.statements().zip(decided).filter_map(statement).collect(),
        audit,
    })
}

fn statement((of, decided): (StatementRef<'_>, Option<Decided>)) -> Option<Statement> {
    let outline = of.outline()?;
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let patterns =
        |list: &Listed<'_>| Patterns { all_but: list.all_but, patterns: owned(&list.values) };
    let condition = |line: &Line<'_>| Condition {
        operator: line.operator,
        key: line.key.to_owned(),
        values: owned(&line.values),
    };
    Some(Statement {
        index: of.index(),
        line: of.line(),
        sid: of.sid().map(str::to_owned),
        effect: of.effect().as_str(),
        actions: patterns(&outline.actions),
        resources: outline.resources.as_ref().map(patterns),
        principals: outline.principals.as_deref().map(owned),
        conditions: outline.conditions.iter().map(condition).collect(),
        decided,
    })
}

impl Report {
    fn to_text(&self) -> String {
        let mut text = self.head();
        text.push_str("\nattached to\n");
        text.push_str(&lines(self.attachments.iter().map(|place| vec![place.to_string()])));
        text.push_str("\nwho gets it\n");
        text.push_str(&lines(self.reaches.iter().map(|reached| {
            let group = reached.resource_group.as_ref();
            let group = group.map_or_else(String::new, |it| format!("for resource group {it}"));
            vec![reached.principal.clone(), reached.via.clone(), group]
        })));
        text.push_str("\nstatements\n");
        for statement in &self.statements {
            text.push_str(&statement.to_text(self.audit.note.is_none()));
        }
        let _infallible = write!(text, "\naudit record\n  {}\n", self.audit.to_text());
        let _infallible = write!(text, "\ndocument\n{}\n", self.text.trim_end());
        text
    }

    fn head(&self) -> String {
        let mut table = Table::new(0);
        let mut row = |name: &str, value: &str| table.row(vec![name.to_owned(), value.to_owned()]);
        row("name", &self.name);
        row("kind", &self.kind);
        row("type", self.from);
        if let Some(file) = &self.file {
            row("file", file);
        }
        match (self.on, self.reconstructed) {
            (Some(false), _) => row(
                "state",
                "off: its document is rebuilt, not the vendor's own; list it under `accept_reconstructed_policies` to use it",
            ),
            (_, Some(true)) => row("state", "on: its document is rebuilt, not the vendor's own"),
            _ => {}
        }
        table.finish()
    }
}

impl Statement {
    fn to_text(&self, counted: bool) -> String {
        let sid = self.sid.as_ref().map_or_else(String::new, |sid| format!(" ({sid})"));
        let mut text = format!("  {} at line {}{sid}: {}\n", self.index, self.line, self.effect);
        let mut table = Table::new(4);
        let mut row = |name: &str, value: String| table.row(vec![name.to_owned(), value]);
        row("actions", self.actions.to_text());
        if let Some(resources) = &self.resources {
            row("resources", resources.to_text());
        }
        if let Some(principals) = &self.principals {
            row("principals", principals.join(", "));
        }
        for Condition { operator, key, values } in &self.conditions {
            row("condition", format!("{key} {operator} {}", values.join(", ")));
        }
        if counted {
            row("decided", self.decided.as_ref().map_or_else(|| "never".to_owned(), told));
        }
        text.push_str(&table.finish());
        text
    }
}

fn told(decided: &Decided) -> String {
    let Decided { count: number, last, verdict } = decided;
    let times = count(usize::try_from(*number).unwrap_or(usize::MAX), "time");
    format!("{times}, last {last}: {verdict}")
}

impl Patterns {
    fn to_text(&self) -> String {
        let but = if self.all_but { "all but " } else { "" };
        format!("{but}{}", self.patterns.join(", "))
    }
}

impl Audit {
    fn to_text(&self) -> String {
        let file = self.file.as_deref().unwrap_or_default();
        match &self.note {
            Some(note) if file.is_empty() => note.clone(),
            Some(note) => format!("{file}: {note}"),
            None => format!("{file}: {} lines read, {} skipped", self.lines, self.skipped),
        }
    }
}

/// Indented rows, or that there are none.
fn lines(rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut table = Table::new(2);
    for row in rows {
        table.row(row);
    }
    let text = table.finish();
    if text.is_empty() { "  nothing\n".to_owned() } else { text }
}
