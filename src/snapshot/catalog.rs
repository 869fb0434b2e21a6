//! The catalogue of a deployment: the built-in products, and its own beside or instead of them.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Meaning, SourceFile, Sources};
use crate::catalog::{Catalog, CatalogFile, stem};
use crate::strict::{Position, Problem};

/// Compiles the catalogue, or takes over the one of the generation before when its files are the same.
pub(super) fn compile(
    sources: &Sources,
    previous: Option<&Arc<Meaning>>,
) -> Result<Arc<Meaning>, Vec<Problem>> {
    let digest = sources.catalog_digest();
    if let Some(previous) = previous.filter(|previous| previous.digest == digest) {
        return Ok(Arc::clone(previous));
    }
    let own = own_products(&sources.catalog)?;
    let files = merged(&own);
    let catalog = Catalog::compile(&files)?;
    let products = files.iter().map(|file| stem(file.name).to_owned()).collect();
    Ok(Arc::new(Meaning { digest, catalog: Arc::new(catalog), products }))
}

/// The built-in products alone, for the report when the deployment's own files are broken: what is special about the
/// services is then known at least for these.
pub(super) fn builtin() -> Catalog {
    Catalog::compile(Catalog::builtin_files()).unwrap_or_default()
}

fn own_products(files: &[SourceFile]) -> Result<HashMap<&str, &SourceFile>, Vec<Problem>> {
    let mut own: HashMap<&str, &SourceFile> = HashMap::new();
    let mut problems = Vec::new();
    for file in files {
        if let Some(first) = own.insert(stem(&file.name), file) {
            let message = format!("`{}` describes the same product", first.name);
            problems.push(
                Problem::error(&file.name, Position::START, "", message)
                    .help("remove one of the two"),
            );
        }
    }
    if problems.is_empty() { Ok(own) } else { Err(problems) }
}

/// Ordered by product, so that equal files give equal catalogues.
fn merged<'f>(own: &HashMap<&'f str, &'f SourceFile>) -> Vec<CatalogFile<'f>> {
    let builtin = Catalog::builtin_files().iter().copied();
    let kept = builtin.filter(|file| !own.contains_key(stem(file.name)));
    let own = own.values().map(|file| CatalogFile { name: &file.name, text: &file.text });
    let mut files: Vec<CatalogFile<'f>> = kept.chain(own).collect();
    files.sort_by(|left, right| stem(left.name).cmp(stem(right.name)));
    files
}
