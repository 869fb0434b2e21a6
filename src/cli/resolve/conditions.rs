//! What a request says about condition keys.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::catalog::{Call, DocumentedKey, Product};
use crate::policy::Attribute;

/// Keys that are of the connection and the caller, not of the request.
pub(super) const ELSEWHERE: &str = "acs:SourceIp, acs:CurrentTime, acs:SecureTransport, acs:PrincipalARN, acs:AccessId and acs:UserAgent come from the connection and the signature";

/// The condition context, as far as the request makes it.
#[derive(Debug, Default, Serialize)]
pub(super) struct Conditions {
    /// Keys with their values.
    pub(super) known: BTreeMap<String, Vec<String>>,
    /// Keys that the request is known not to have.
    pub(super) absent: Vec<String>,
    /// Keys that nobody can know, and why.
    pub(super) undeterminable: BTreeMap<String, String>,
}

impl Conditions {
    pub(super) fn of(product: &Product, call: &Call<'_>) -> Self {
        let mut conditions = Self::default();
        let keys = product.keys_of(&call.operation);
        let tag_keys = keys.iter().filter(|key| key.per_tag).map(|key| key.name);
        for name in ["acs:RequestTag"].into_iter().chain(tag_keys) {
            conditions.add_tags(name, call);
        }
        for key in keys.iter().filter(|key| !key.per_tag) {
            conditions.add(key, call);
        }
        conditions
    }

    fn add_tags(&mut self, name: &str, call: &Call<'_>) {
        let Some(tags) = call.attributes.request_tags() else {
            let why = "tags of this request are in a form that is not read";
            self.undeterminable.insert(format!("{name}/*"), why.to_owned());
            return;
        };
        for (tag, values) in tags {
            self.known.insert(format!("{name}/{tag}"), owned(values));
        }
    }

    fn add(&mut self, key: &DocumentedKey<'_>, call: &Call<'_>) {
        if key.in_table {
            let why = "a table of tags tells it, for each resource by itself (`files.tags`)";
            self.undeterminable.insert(format!("{}/*", key.name), why.to_owned());
            return;
        }
        match call.attributes.get(key.name) {
            Attribute::Texts(values) if !values.is_empty() => {
                self.known.insert(key.name.to_owned(), owned(values));
            }
            Attribute::Absent | Attribute::Texts(_) => self.absent.push(key.name.to_owned()),
            _ => {
                let why = if key.carriers.is_empty() {
                    "no request for this operation carries it: only a look-up could tell".to_owned()
                } else {
                    format!("`{}` does not settle it", key.carriers.join("`, `"))
                };
                self.undeterminable.insert(key.name.to_owned(), why);
            }
        }
    }
}

/// The values as texts.
fn owned(values: &[Box<str>]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}
