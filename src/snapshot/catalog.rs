//! The catalogue of a deployment: the built-in products, and its own beside or instead of them.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Meaning, SourceFile, Sources};
use crate::catalog::{Catalog, CatalogFile};
use crate::policy::Vocabulary;
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
    let owned = |(service, operation): (&str, &str)| (service.to_owned(), operation.to_owned());
    let vocabulary = Vocabulary::new(catalog.actions().map(owned));
    let products = files.iter().map(|file| stem(file.name).to_owned()).collect();
    let (catalog, vocabulary) = (Arc::new(catalog), Arc::new(vocabulary));
    Ok(Arc::new(Meaning { digest, catalog, vocabulary, products }))
}

/// The built-in products alone. Policies are compiled against them when the deployment's own files are broken, so that
/// one report shows the problems of both.
pub(super) fn builtin_vocabulary() -> Vocabulary {
    let owned = |(service, operation): (&str, &str)| (service.to_owned(), operation.to_owned());
    match Catalog::compile(Catalog::builtin_files()) {
        Ok(catalog) => Vocabulary::new(catalog.actions().map(owned)),
        Err(_problems) => Vocabulary::new(std::iter::empty()),
    }
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

/// The name of the product that a file describes.
pub(super) fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")).unwrap_or(name)
}
