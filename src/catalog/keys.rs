//! What is known of an operation, for those who explain a request: whether it is described, and with which condition keys.

use super::attributes::{CallAttributes, Derive};
use super::model::Product;

/// A condition key of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentedKey<'p> {
    /// The key, `ecs:InstanceType`.
    pub name: &'p str,
    /// What of a request has its value; nothing, where only a look-up could tell.
    pub carriers: Vec<&'p str>,
    /// Whether there is one key for each tag of the request, `<name>/<tag>`.
    pub per_tag: bool,
    /// Whether a table of tags tells it, one key for each tag of the resource, `<name>/<tag>`.
    pub in_table: bool,
}

impl Product {
    /// Whether the catalogue has this operation, rather than taking its name on trust (section 3).
    pub fn describes(&self, operation: &str) -> bool {
        self.operations.iter().any(|it| it.name == operation)
    }

    /// The keys that the checks of an operation list, each once.
    pub fn keys_of(&self, operation: &str) -> Vec<DocumentedKey<'_>> {
        let mut keys: Vec<DocumentedKey<'_>> = Vec::new();
        for operation in self.operations.iter().filter(|it| it.name == operation) {
            for name in &operation.keys {
                let rule = self.keys.get(name);
                if keys.iter().all(|known| known.name != name) {
                    keys.push(DocumentedKey {
                        name,
                        carriers: rule.map_or_else(Vec::new, |rule| rule.sources(operation)),
                        per_tag: rule.is_some_and(|rule| rule.derive == Derive::Tags),
                        in_table: rule.is_some_and(|rule| rule.lookup.is_some()),
                    });
                }
            }
        }
        keys
    }
}

impl CallAttributes<'_> {
    /// The tags that the request carries; `None`: they are in a form that nobody reads.
    pub fn request_tags(&self) -> Option<impl Iterator<Item = (&str, &[Box<str>])>> {
        Some(self.tags()?.iter().map(|(tag, values)| (tag.as_str(), values.as_slice())))
    }
}
