//! A condition context that a file lists.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::policy::{Attribute, Attributes, ConditionKey};

/// Keys with their values. What is not listed is absent, or not known, as the format says.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    values: HashMap<String, Option<Vec<Box<str>>>>,
}

impl Listed {
    /// Sets the values of a key; `None`: nobody can know them (C-11).
    pub fn set(&mut self, key: &str, values: Option<Vec<Box<str>>>) {
        self.values.insert(key.to_owned(), values);
    }

    /// The values of a key. `None`: it is not listed. `Some(None)`: nobody can know them.
    pub fn get(&self, key: &str) -> Option<Option<&[Box<str>]>> {
        self.values.get(key).map(|values| values.as_deref())
    }
}

impl Attributes for Listed {
    fn get(&self, key: &ConditionKey<'_>) -> Attribute<'_> {
        let values = match key {
            ConditionKey::CurrentTime => self.get("acs:CurrentTime"),
            ConditionKey::SecureTransport => self.get("acs:SecureTransport"),
            ConditionKey::SourceIp => self.get("acs:SourceIp"),
            ConditionKey::MfaPresent => self.get("acs:MFAPresent"),
            ConditionKey::PrincipalArn => self.get("acs:PrincipalARN"),
            ConditionKey::UserAgent => self.get("acs:UserAgent"),
            ConditionKey::AccessId => self.get("acs:AccessId"),
            ConditionKey::RequestTag(tag) => self.get(&format!("acs:RequestTag/{tag}")),
            ConditionKey::Other(name) => self.get(name),
        };
        match values {
            None => Attribute::Absent,
            Some(None) => Attribute::Undeterminable,
            Some(Some([one])) => Attribute::Text(Cow::Borrowed(one)),
            Some(Some(several)) => Attribute::Texts(several),
        }
    }
}
