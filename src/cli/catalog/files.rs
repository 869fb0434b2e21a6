//! The files that `list`, `show` and `lint` look at.

use std::path::PathBuf;

use clap::Args;

use super::{Text, read};
use crate::authoring::{ProductSheet, sheets};
use crate::catalog::{Catalog, CatalogFile};
use crate::cli::check::report;
use crate::reload;
use crate::strict::Problem;

/// Which catalogue: the built-in products, and what a deployment or files add to them.
#[derive(Args, Debug)]
pub(in crate::cli) struct Which {
    /// The configuration of a deployment; of its files, only those of the catalogue are read.
    #[arg(long)]
    config: Option<PathBuf>,
    /// A catalogue file that is not in a deployment yet; may be repeated.
    #[arg(long, value_name = "FILE", conflicts_with = "config")]
    file: Vec<PathBuf>,
}

impl Which {
    /// The pages of every product. Fails when a file does not load.
    pub(super) fn sheets(&self) -> Result<Vec<ProductSheet>, String> {
        let refused =
            |problems: Vec<Problem>| format!("the files are refused\n{}", report(&problems));
        let own = own(self.config.as_ref(), &self.file)?;
        let own: Vec<CatalogFile<'_>> = own.iter().map(as_file).collect();
        Catalog::compile(&own).map_err(refused)?;
        Ok(sheets(Catalog::builtin_files(), &own))
    }
}

/// The files of a deployment, or those that the command line names.
pub(super) fn own(config: Option<&PathBuf>, files: &[PathBuf]) -> Result<Vec<Text>, String> {
    let Some(config) = config else { return files.iter().map(|file| read(file)).collect() };
    let refused = |problems: Vec<Problem>| format!("the files are refused\n{}", report(&problems));
    let found = reload::catalog_files(config).map_err(refused)?;
    let text = |file: crate::snapshot::SourceFile| Text {
        name: file.name.clone(),
        text: file.text.to_string(),
    };
    Ok(found.into_iter().map(text).collect())
}

/// As the catalogue wants it.
pub(super) fn as_file(text: &Text) -> CatalogFile<'_> {
    CatalogFile { name: &text.name, text: &text.text }
}
