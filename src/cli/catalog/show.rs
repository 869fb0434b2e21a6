//! `ramgate catalog show`

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::files::Which;
use crate::authoring::{OperationSheet, ProductSheet};
use crate::cli::output::{print, print_json};
use crate::strict::nearest;

/// `ramgate catalog show`
#[derive(Args, Debug)]
pub(in crate::cli) struct Arguments {
    /// A product, an operation of it, or an action: `ecs`, `ecs:StopInstance`, `log:GetLogStoreLogs`.
    #[arg(value_name = "PRODUCT[:OPERATION]")]
    what: String,
    #[command(flatten)]
    which: Which,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// An operation with the product that it belongs to. A field is added, never changed.
#[derive(Serialize)]
struct Found<'s> {
    product: &'s str,
    ram_code: &'s str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'s str>,
    #[serde(flatten)]
    sheet: &'s OperationSheet,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let sheets = arguments.which.sheets()?;
    let Some((left, right)) = arguments.what.split_once(':') else {
        let sheet = find_product(&sheets, &arguments.what)?;
        if arguments.json {
            print_json(sheet)?;
        } else {
            print(&product(sheet))?;
        }
        return Ok(ExitCode::SUCCESS);
    };
    let found = find(&sheets, left, right)?;
    if arguments.json {
        print_json(&found)?;
    } else {
        print(&found.iter().map(operation).collect::<Vec<_>>().join("\n"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The product with this name.
pub(super) fn find_product<'s>(
    sheets: &'s [ProductSheet],
    name: &str,
) -> Result<&'s ProductSheet, String> {
    let names: Vec<&str> = sheets.iter().map(|sheet| sheet.product.as_str()).collect();
    let found = sheets.iter().find(|sheet| sheet.product == name);
    found.ok_or_else(|| match nearest(name, &names) {
        Some(near) => format!("there is no product `{name}`; did you mean `{near}`?"),
        None => format!("there is no product `{name}`{}", elsewhere(sheets, name)),
    })
}

/// What somebody may have meant who names no product.
fn elsewhere(sheets: &[ProductSheet], name: &str) -> String {
    let has = |sheet: &&ProductSheet| sheet.operations.iter().any(|it| it.operation == name);
    let owners = sheets.iter().filter(has).map(|sheet| format!("`{}:{name}`", sheet.product));
    let owners: Vec<String> = owners.collect();
    if owners.is_empty() {
        let names: Vec<&str> = sheets.iter().map(|sheet| sheet.product.as_str()).collect();
        return format!("; there are {}", names.join(", "));
    }
    format!("; did you mean the operation {}?", owners.join(" or "))
}

/// Operations of the product with this name, and those of any product that ask for the action.
fn find<'s>(sheets: &'s [ProductSheet], left: &str, right: &str) -> Result<Vec<Found<'s>>, String> {
    let action = format!("{left}:{right}");
    let mut found = Vec::new();
    let mut names = Vec::new();
    for sheet in sheets {
        for it in &sheet.operations {
            let is_own = sheet.product == left && it.operation == right;
            let asks = it.checks.iter().any(|check| check.action.eq_ignore_ascii_case(&action));
            if is_own || asks {
                let (product, ram_code) = (sheet.product.as_str(), sheet.ram_code.as_str());
                found.push(Found { product, ram_code, file: sheet.file.as_deref(), sheet: it });
            }
            names.push(format!("{}:{}", sheet.product, it.operation));
            names.extend(it.checks.iter().map(|check| check.action.clone()));
        }
    }
    if found.is_empty() {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let near = nearest(&action, &names).map_or_else(
            || "; `ramgate catalog list PRODUCT` lists what there is".to_owned(),
            |near| format!("; did you mean `{near}`?"),
        );
        return Err(format!("no operation and no action is called `{action}`{near}"));
    }
    Ok(found)
}

fn product(sheet: &ProductSheet) -> String {
    let mut text = format!("{} ({})\n", sheet.product, sheet.title);
    let mut field = |name: &str, value: &str| {
        if !value.is_empty() {
            let _infallible = writeln!(text, "  {name}: {value}");
        }
    };
    field("file", sheet.file.as_deref().unwrap_or("built in"));
    field("actions begin with", &format!("{}:", sheet.ram_code));
    field("style", &sheet.style);
    field("versions", &sheet.versions.join(", "));
    field("scope", &sheet.scope);
    for host in &sheet.hosts {
        field("host", host);
    }
    field("operations", &sheet.operations.len().to_string());
    for note in &sheet.notes {
        field("note", note);
    }
    for (key, what) in &sheet.sources {
        field(&format!("source {key}"), what);
    }
    for (key, formed) in &sheet.condition_keys {
        field(&format!("condition {key}"), formed);
    }
    text
}

fn operation(found: &Found<'_>) -> String {
    let sheet = found.sheet;
    let mut text = format!("{}:{}", found.product, sheet.operation);
    if let Some(api) = &sheet.api {
        let _infallible = write!(text, " ({api})");
    }
    text.push('\n');
    if sheet.left_out {
        text.push_str("  left out: the deployment refuses it\n");
    }
    field(&mut text, "file", found.file);
    for line in &sheet.selected_by {
        field(&mut text, "request", Some(line));
    }
    let level = [sheet.level.as_deref(), sheet.kind.as_deref()];
    let level = level.into_iter().flatten().collect::<Vec<_>>().join(", ");
    field(&mut text, "level", Some(&level));
    match sheet.auth.as_str() {
        "signature-only" => {
            field(&mut text, "needs", Some("any valid signature, and no permission"));
        }
        "anonymous" => field(&mut text, "needs", Some("nothing: no signature, no permission")),
        _ => checks(&mut text, sheet),
    }
    field(&mut text, "traits", Some(&sheet.traits.join(", ")));
    field(&mut text, "confidence", Some(sheet.confidence.as_deref().unwrap_or("nobody said")));
    let source = sheet.source.as_ref().map(|key| {
        format!("{key}, {}", sheet.source_text.as_deref().unwrap_or("which is not explained"))
    });
    field(&mut text, "source", source.as_deref());
    field(&mut text, "conflict", sheet.conflict.as_deref());
    field(&mut text, "note", sheet.note.as_deref());
    text
}

fn field(text: &mut String, name: &str, value: Option<&str>) {
    if let Some(value) = value.filter(|value| !value.is_empty()) {
        let _infallible = writeln!(text, "  {name}: {value}");
    }
}

fn checks(text: &mut String, sheet: &OperationSheet) {
    for check in &sheet.checks {
        field(text, "needs", Some(&check.action));
        field(text, "  when", check.when.as_deref());
        for resource in &check.resources {
            field(text, "  on", Some(resource));
        }
        for condition in &check.conditions {
            field(text, "  condition", Some(&format!("{}: {}", condition.key, condition.formed)));
        }
        field(text, "  traits", Some(&check.traits.join(", ")));
    }
}
