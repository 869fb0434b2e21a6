//! Mistakes in catalogue files: each is refused with its line, its field and a reason.

use std::collections::HashMap;

use ramgate::catalog::{Catalog, CatalogFile};
use serde::Deserialize;

/// A mistake: what is written instead of what, and where and how it is reported.
#[derive(Deserialize)]
struct Mistake {
    instead_of: String,
    write: String,
    field: String,
    message: String,
}

fn check(product: &str, base: &str) {
    let name = format!("{product}.yaml");
    let compile = |text: &str| Catalog::compile(&[CatalogFile { name: &name, text }]);
    assert!(compile(base).is_ok(), "{:#?}", compile(base).unwrap_err());
    let mistakes: HashMap<String, Vec<Mistake>> =
        serde_json::from_str(include_str!("../vectors/catalogs/mistakes.json")).unwrap();
    let mut wrong = Vec::new();
    for Mistake { instead_of, write, field, message } in &mistakes[product] {
        let (start, _) = base.split_once(instead_of.as_str()).expect(instead_of);
        let before = start.lines().count().max(1);
        let text = base.replacen(instead_of, write, 1);
        let last = before + write.lines().count();
        let problems = compile(&text).err().unwrap_or_default();
        let found = problems.iter().any(|problem| {
            let line = usize::try_from(problem.at.line).unwrap();
            let near = (before.saturating_sub(6)..=last).contains(&line);
            let is_it = problem.field == *field && problem.message.contains(message);
            problem.file == name && near && is_it
        });
        if !found {
            wrong.push(format!("{write} (lines {before} to {last}): {problems:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn of_a_product_with_paths() {
    check("lamps", include_str!("../vectors/catalogs/lamps.yaml"));
}

#[test]
fn of_a_product_with_parameters() {
    check("bulbs", include_str!("../vectors/catalogs/bulbs.yaml"));
}
