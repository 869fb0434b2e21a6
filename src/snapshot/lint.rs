//! Warnings about the policies of a deployment, for those who ask: serving does without.

use std::collections::HashMap;

use super::{Snapshot, Sources, catalog};
use crate::catalog::Routed;
use crate::directory::Tags;
use crate::ident::AccountId;
use crate::policy::{self, DocumentKind, LintFacts};
use crate::strict::Problem;

impl Snapshot {
    /// What a person should look at again in the documents of `sources`, which this generation was compiled from. None,
    /// if it was compiled from others. `routed` is asked by the name of a product.
    pub fn lint(
        &self,
        sources: &Sources,
        account: AccountId,
        routed: &dyn Fn(&str) -> Routed,
    ) -> Vec<Problem> {
        if sources.digest() != self.digest {
            return Vec::new();
        }
        let tagged = self.tags().map(Tags::services).unwrap_or_default();
        let facts = LintFacts::of_deployment(account, self.resources.has_groups());
        let mut facts = facts.with_tags_of(tagged);
        self.catalog().inform(&mut facts, routed);
        let texts: HashMap<&str, &str> = sources
            .policies
            .iter()
            .map(|(_, file)| (file.name.as_str(), file.text.as_str()))
            .collect();
        let documents = self.policies().map(|(_, policy)| policy.document());
        let mut problems: Vec<Problem> = documents
            .filter_map(|document| Some((document, texts.get(document.file())?)))
            .flat_map(|(document, text)| policy::lint(document, text, &facts))
            .collect();
        problems.sort_by(|left, right| (&left.file, left.at).cmp(&(&right.file, right.at)));
        problems.dedup(); // a document that is used as two kinds
        problems
    }
}

/// What is wrong with a document by itself, and what a person should look at again, with the built-in products alone.
pub fn lint_document(kind: DocumentKind, name: &str, text: &str) -> Vec<Problem> {
    let mut facts = LintFacts::default();
    catalog::builtin().inform(&mut facts, &|_product| Routed::No);
    match policy::parse(kind, text, name) {
        Ok(document) => policy::lint(&document, text, &facts),
        Err(problems) => problems,
    }
}
