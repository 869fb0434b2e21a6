//! `ramgate catalog list`

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::files::Which;
use super::show::find_product;
use crate::authoring::{OperationSheet, Origin, ProductSheet};
use crate::cli::output::{Table, count, print, print_json};

/// `ramgate catalog list`
#[derive(Args, Debug)]
pub(in crate::cli) struct Arguments {
    /// A product, to list its operations.
    product: Option<String>,
    #[command(flatten)]
    which: Which,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// A product as it is listed. A field is added, never changed.
#[derive(Serialize)]
struct ProductLine<'s> {
    product: &'s str,
    title: &'s str,
    ram_code: &'s str,
    style: &'s str,
    origin: Origin,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'s str>,
    versions: &'s [String],
    hosts: &'s [String],
    operations: usize,
    confidence: Confidence,
}

/// How many operations are how sure.
#[derive(Default, Serialize)]
struct Confidence {
    high: usize,
    medium: usize,
    low: usize,
    unknown: usize,
}

/// An operation as it is listed.
#[derive(Serialize)]
struct OperationLine<'s> {
    operation: &'s str,
    #[serde(skip_serializing_if = "Option::is_none")]
    api: Option<&'s str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<&'s str>,
    auth: &'s str,
    actions: Vec<&'s str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence: Option<&'s str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    left_out: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let sheets = arguments.which.sheets()?;
    match &arguments.product {
        None => products(&sheets, arguments.json)?,
        Some(name) => operations(find_product(&sheets, name)?, arguments.json)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn products(sheets: &[ProductSheet], json: bool) -> Result<(), String> {
    let lines: Vec<ProductLine<'_>> = sheets.iter().map(product_line).collect();
    if json {
        return print_json(&lines);
    }
    let mut table = Table::titled(&[
        "PRODUCT",
        "TITLE",
        "STYLE",
        "VERSIONS",
        "OPERATIONS",
        "HIGH",
        "MEDIUM",
        "LOW",
        "UNKNOWN",
        "FROM",
        "HOSTS",
    ]);
    for line in &lines {
        let sure = &line.confidence;
        let numbers = [line.operations, sure.high, sure.medium, sure.low, sure.unknown];
        let mut cells = vec![line.product.to_owned(), line.title.to_owned(), line.style.to_owned()];
        cells.push(line.versions.join(" "));
        cells.extend(numbers.iter().map(ToString::to_string));
        cells.push(from(line));
        cells.push(hosts(line.hosts));
        table.row(cells);
    }
    let operations: usize = lines.iter().map(|line| line.operations).sum();
    let total = format!("{}, {}\n", count(lines.len(), "product"), count(operations, "operation"));
    print(&format!("{}{total}", table.finish()))
}

fn product_line(sheet: &ProductSheet) -> ProductLine<'_> {
    let mut confidence = Confidence::default();
    for operation in &sheet.operations {
        match operation.confidence.as_deref() {
            Some("high") => confidence.high += 1,
            Some("medium") => confidence.medium += 1,
            Some("low") => confidence.low += 1,
            _ => confidence.unknown += 1,
        }
    }
    ProductLine {
        product: &sheet.product,
        title: &sheet.title,
        ram_code: &sheet.ram_code,
        style: &sheet.style,
        origin: sheet.origin,
        file: sheet.file.as_deref(),
        versions: &sheet.versions,
        hosts: &sheet.hosts,
        operations: sheet.operations.len(),
        confidence,
    }
}

fn from(line: &ProductLine<'_>) -> String {
    match (line.origin, line.file) {
        (Origin::BuiltIn, _) | (_, None) => "built in".to_owned(),
        (Origin::File, Some(file)) => file.to_owned(),
        (Origin::Changed, Some(file)) => format!("built in, {file}"),
    }
}

/// The first, and how many more there are.
fn hosts(hosts: &[String]) -> String {
    match hosts {
        [] => String::new(),
        [one] => one.clone(),
        [first, more @ ..] => format!("{first} and {} more", more.len()),
    }
}

fn operations(sheet: &ProductSheet, json: bool) -> Result<(), String> {
    let lines: Vec<OperationLine<'_>> = sheet.operations.iter().map(operation_line).collect();
    if json {
        return print_json(&lines);
    }
    let mut table = Table::titled(&["OPERATION", "API", "LEVEL", "CONFIDENCE", "ACTIONS"]);
    for line in &lines {
        let actions =
            if line.actions.is_empty() { line.auth.to_owned() } else { line.actions.join(" ") };
        let left_out = if line.left_out { " (left out)" } else { "" };
        let text = |cell: Option<&str>| cell.unwrap_or("-").to_owned();
        table.row(vec![
            line.operation.to_owned(),
            text(line.api),
            text(line.level),
            text(line.confidence),
            format!("{actions}{left_out}"),
        ]);
    }
    print(&format!("{}{}\n", table.finish(), count(lines.len(), "operation")))
}

fn operation_line(operation: &OperationSheet) -> OperationLine<'_> {
    let mut actions: Vec<&str> = Vec::new();
    for check in &operation.checks {
        if !actions.contains(&check.action.as_str()) {
            actions.push(&check.action);
        }
    }
    OperationLine {
        operation: &operation.operation,
        api: operation.api.as_deref(),
        level: operation.level.as_deref(),
        auth: &operation.auth,
        actions,
        confidence: operation.confidence.as_deref(),
        left_out: operation.left_out,
    }
}
