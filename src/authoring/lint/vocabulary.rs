//! The actions that the services of built-in products have.

use std::collections::BTreeMap;

use crate::catalog::{Catalog, CatalogFile};
use crate::policy::LintFacts;
use crate::strict::nearest;

/// By RAM code; only codes of built-in products are in it.
pub(super) struct Vocabulary(BTreeMap<String, Vec<String>>);

impl Vocabulary {
    pub(super) fn of(builtin: &[CatalogFile<'_>]) -> Self {
        let catalog = Catalog::compile(builtin).unwrap_or_default();
        let mut codes: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (code, operation) in catalog.actions() {
            codes.entry(code.to_owned()).or_default().push(operation.to_owned());
        }
        let facts = LintFacts::default();
        for (code, operations) in &mut codes {
            operations.extend(facts.operations_of(code).map(str::to_owned));
        }
        Self(codes)
    }

    /// Why an action is probably misspelt.
    pub(super) fn doubt(&self, action: &str) -> Option<String> {
        let (code, operation) = action.split_once(':')?;
        let known = self.0.get(code)?;
        if known.iter().any(|it| it == operation) {
            return None;
        }
        let names: Vec<&str> = known.iter().map(String::as_str).collect();
        let near = nearest(operation, &names);
        Some(near.map_or_else(
            || "keep it if the vendor has it now".to_owned(),
            |near| format!("did you mean `{code}:{near}`?"),
        ))
    }
}
