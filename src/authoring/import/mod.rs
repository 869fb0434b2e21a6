//! `ramgate catalog import`: another description of an API becomes a catalogue file in which everything uncertain is
//! marked. What the format cannot express is reported and left out, never guessed.

mod endpoints;
mod findings;
mod openapi;
mod path;
mod portal;
mod tree;
mod vendor_cli;

use crate::catalog::{Catalog, CatalogFile};
use crate::strict::{Position, Problem};

use super::draft::Draft;
use super::{names, write};
use findings::Findings;
use tree::Document;

/// More operations than any product has.
const OPERATIONS_MAX: usize = 10_000;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// OpenAPI 3.
    OpenApi,
    /// The published API metadata of the vendor: of its portal, or of its command line.
    Portal,
    /// Whatever the file looks like.
    Auto,
}

/// Whether resources lie in regions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// They do.
    Regional,
    /// They do not.
    Global,
}

/// A file to import.
#[derive(Clone, Copy, Debug)]
pub struct Input<'t> {
    /// As the operator knows it.
    pub name: &'t str,
    /// Its text.
    pub text: &'t str,
}

/// What the operator says. It wins over what the file says.
#[derive(Clone, Debug)]
pub struct Options {
    /// What the file is.
    pub format: Format,
    /// The name of the product; else that of the metadata, or of the file.
    pub product: Option<String>,
    /// What actions begin with; else what the metadata's actions begin with, or the name of the product.
    pub ram_code: Option<String>,
    /// Host patterns; else those of the file.
    pub hosts: Vec<String>,
    /// Whether resources lie in regions; else what hosts and ARNs say.
    pub scope: Option<Scope>,
    /// Versions of an rpc product, where the metadata does not name one.
    pub versions: Vec<String>,
}

/// A catalogue file that loads.
#[derive(Debug)]
pub struct Imported {
    /// The product, which the file has to be named after.
    pub product: String,
    /// The file.
    pub text: String,
    /// How many operations it describes.
    pub operations: usize,
    /// How many marks it has for a person.
    pub reviews: usize,
    /// What was left out.
    pub warnings: Vec<Problem>,
    pub(super) draft: Draft,
}

/// Imports one file, or the files of one product that has a file for each operation. All problems, or a file.
pub fn import(inputs: &[Input<'_>], options: &Options) -> Result<Imported, Vec<Problem>> {
    let Some(first) = inputs.first() else { return Err(Vec::new()) };
    let mut findings = Findings::default();
    let documents: Vec<Document<'_>> =
        inputs.iter().filter_map(|input| Document::read(*input, &mut findings)).collect();
    let draft = (documents.len() == inputs.len())
        .then(|| draft(&documents, options, &mut findings))
        .flatten();
    let (errors, warnings) = findings.split();
    match draft {
        Some(draft) if errors.is_empty() => finish(draft, warnings),
        _ if errors.is_empty() => {
            let message = "nothing in it could be read as an operation";
            Err(vec![Problem::error(first.name, Position::START, "", message)])
        }
        _ => Err(errors.into_iter().chain(warnings).collect()),
    }
}

fn draft(documents: &[Document<'_>], options: &Options, findings: &mut Findings) -> Option<Draft> {
    let first = documents.first()?;
    match (kind_of(first, options.format), documents) {
        (Some(Kind::OpenApi), [document]) => openapi::draft(document, options, findings),
        (Some(Kind::Portal), [document]) => portal::draft(document, options, findings),
        (Some(Kind::VendorCli), _) => vendor_cli::draft(documents, options, findings),
        (Some(Kind::OpenApi | Kind::Portal), _) => {
            let help = "import one file that has all operations";
            findings.error(
                first,
                Position::START,
                "",
                "one file of this format is a product",
                help,
            );
            None
        }
        (None, _) => {
            let help =
                "OpenAPI 3 has `openapi`; API metadata has `apis`, or `name` and `pathPattern`";
            findings.error(
                first,
                Position::START,
                "",
                "this is no format that can be imported",
                help,
            );
            None
        }
    }
}

/// The formats, told apart by what only they have.
enum Kind {
    OpenApi,
    Portal,
    VendorCli,
}

fn kind_of(document: &Document<'_>, format: Format) -> Option<Kind> {
    let has = |name: &str| document.root.get(name).is_some();
    let metadata = || {
        if has("apis") || has("ramActions") || has("methods") {
            Some(Kind::Portal)
        } else {
            (has("name") && has("pathPattern") || has("products")).then_some(Kind::VendorCli)
        }
    };
    match format {
        Format::OpenApi => Some(Kind::OpenApi),
        Format::Portal => metadata(),
        Format::Auto if has("openapi") || has("swagger") => Some(Kind::OpenApi),
        Format::Auto => metadata(),
    }
}

/// Writes the file, and reads it as the gate would.
fn finish(draft: Draft, warnings: Vec<Problem>) -> Result<Imported, Vec<Problem>> {
    let text = write::file(&draft);
    let name = format!("{}.yaml", draft.product);
    Catalog::compile(&[CatalogFile { name: &name, text: &text }])?;
    let marks = text.lines().filter(|line| line.trim_start().starts_with(write::REVIEW));
    Ok(Imported {
        product: draft.product.clone(),
        operations: draft.operations.len(),
        reviews: marks.count(),
        text,
        warnings,
        draft,
    })
}

/// The name of the product: what the operator says, else `named`, else the name of the file.
fn product_name(
    document: &Document<'_>,
    options: &Options,
    named: Option<&str>,
    findings: &mut Findings,
) -> Option<String> {
    let stem = document.name.rsplit('/').next().and_then(|name| name.split('.').next());
    let found =
        options.product.clone().unwrap_or_else(|| names::code(named.or(stem).unwrap_or_default()));
    if found.is_empty() || found != names::code(&found) {
        let message = format!("`{found}` is no name of a product");
        findings.error(
            document,
            Position::START,
            "",
            message,
            "--product with lower-case letters, digits, dashes",
        );
        return None;
    }
    Some(found)
}

#[cfg(test)]
mod tests;
