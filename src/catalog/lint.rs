//! What the catalogue tells the linter of policies.

use std::collections::BTreeMap;

use super::Catalog;
use super::attributes::Derive;
use super::model::{Authorization, CheckRule, Operation, Product, ResourceRule, Shape, Style};
use super::objects::names_bucket;
use super::template::{Part, Template};
use crate::policy::{self, ActionFacts, KeyFacts, LintFacts, RegionFacts};

/// What a deployment says about the region of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Routed {
    /// No route leads to it, or there is no deployment.
    No,
    /// Its route pins the region.
    Pinned,
    /// Its route does not.
    Unpinned,
}

impl Catalog {
    /// Adds what the catalogue knows to `facts`. `routed` is asked by the name of a product.
    pub fn inform(&self, facts: &mut LintFacts, routed: &dyn Fn(&str) -> Routed) {
        let listed = self.products.iter().filter(|product| !product.operations.is_empty());
        for product in listed.clone() {
            // The catalogue wins over what is known about the product in general.
            facts.service_mut(&product.ram_code).actions = BTreeMap::new();
        }
        for product in &self.products {
            let service = facts.service_mut(&product.ram_code);
            service.region = region(product, routed(&product.name));
            let of_tags = product.keys.iter().filter(|(_, rule)| rule.lookup.is_some());
            service.tag_keys.extend(of_tags.map(|(name, _)| name.clone()));
        }
        for product in listed {
            let service = facts.service_mut(&product.ram_code);
            service.complete = true;
            service.keys_known = true;
            service.request_tags |= product.style != Style::Roa;
            for operation in &product.operations {
                add(facts, product, operation);
            }
        }
    }
}

///
fn region(product: &Product, routed: Routed) -> RegionFacts {
    match (product.traits.unknown_region, product.regional, routed) {
        (true, _, Routed::No | Routed::Unpinned) => RegionFacts::Untold,
        (true, _, Routed::Pinned) => RegionFacts::Undecided,
        (false, false, _) => RegionFacts::Global,
        (false, true, Routed::Unpinned) => RegionFacts::Unpinned,
        (false, true, Routed::Pinned | Routed::No) => RegionFacts::Undecided,
    }
}

fn add(facts: &mut LintFacts, product: &Product, operation: &Operation) {
    if operation.auth != Authorization::Checks {
        let exempt = ActionFacts {
            operation: operation.name.to_string(),
            exempt: true,
            ..ActionFacts::default()
        };
        let actions = &mut facts.service_mut(&product.ram_code).actions;
        actions.entry(operation.name.to_ascii_lowercase()).or_insert(exempt);
        return;
    }
    for check in &operation.checks {
        let actions = &mut facts.service_mut(&check.service).actions;
        let fresh = ActionFacts {
            operation: check.operation.to_string(),
            lists: true,
            ..ActionFacts::default()
        };
        let action = actions.entry(check.operation.to_ascii_lowercase()).or_insert(fresh);
        action.lists &= operation.level_is_list;
        extend(&mut action.shapes, check.resources.iter().flat_map(shapes));
        extend(&mut action.keys, keys(product, check));
    }
}

fn extend<T: PartialEq>(list: &mut Vec<T>, more: impl Iterator<Item = T>) {
    for item in more {
        if !list.contains(&item) {
            list.push(item);
        }
    }
}

fn keys<'c>(product: &'c Product, check: &'c CheckRule) -> impl Iterator<Item = KeyFacts> {
    check.conditions.iter().map(|name| {
        let rule = product.keys.get(name);
        let supplied =
            rule.is_some_and(|rule| !rule.from.is_empty() && rule.derive != Derive::Unknown);
        KeyFacts { name: name.clone(), supplied }
    })
}

fn shapes(rule: &ResourceRule) -> Vec<policy::Shape> {
    match &rule.shape {
        Shape::Arn(template) => vec![shape(template)],
        Shape::Switch { cases, deny, .. } => {
            let all = (!deny).then_some(policy::Shape::All);
            cases.iter().map(|(_, template)| shape(template)).chain(all).collect()
        }
    }
}

fn shape(template: &Template) -> policy::Shape {
    let (service, relative_id) = match template {
        Template::All => return policy::Shape::All,
        Template::Arn { service, kind, .. } => (service, format!("{kind}{}", policy::Shape::PART)),
        Template::Named { service, relative, .. } => (service, relative.iter().map(part).collect()),
    };
    policy::Shape::Named { service: service.to_string(), relative_id }
}

fn part(part: &Part) -> String {
    match part {
        Part::Literal(text) => text.replace('*', &policy::Shape::STAR.to_string()),
        // A bucket is not its objects.
        Part::Values(sources) if sources.iter().all(names_bucket) => {
            policy::Shape::NAME.to_string()
        }
        Part::Region | Part::Account | Part::Caller | Part::Lookup | Part::Values(_) => {
            policy::Shape::PART.to_string()
        }
    }
}
