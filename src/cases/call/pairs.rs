//! Names with their values, as an object or as a list of pairs. A name may be there twice: that is what some cases are about.

use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Number;

/// Pairs in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairs(Vec<(String, Option<String>)>);

/// A text, or a number or a boolean that stands for the text that it is written as; `null` is none.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Scalar {
    None(()),
    Text(String),
    Flag(bool),
    Number(Number),
}

/// The value of a name, or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Values {
    One(Scalar),
    Several(Vec<Scalar>),
}

impl Scalar {
    pub(super) fn text(self) -> Option<String> {
        match self {
            Self::None(()) => None,
            Self::Text(text) => Some(text),
            Self::Flag(flag) => Some(flag.to_string()),
            Self::Number(number) => Some(number.to_string()),
        }
    }
}

impl Pairs {
    /// Pairs of texts.
    pub fn of(pairs: &[(&str, &str)]) -> Self {
        let owned = pairs.iter().map(|(name, value)| ((*name).into(), Some((*value).into())));
        Self(owned.collect())
    }

    /// Each name with its value; `null` is the empty text.
    pub fn list(&self) -> Vec<(&str, &str)> {
        self.iter().map(|(name, value)| (name, value.unwrap_or_default())).collect()
    }

    /// Each name with its value.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_deref()))
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn add(&mut self, name: &str, values: Values) {
        let values = match values {
            Values::One(value) => vec![value],
            Values::Several(values) => values,
        };
        self.0.extend(values.into_iter().map(|value| (name.to_owned(), value.text())));
    }
}

impl FromIterator<(String, String)> for Pairs {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name, Some(value))).collect())
    }
}

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of names and values, or a list of pairs")
            }

            fn visit_unit<E>(self) -> Result<Pairs, E> {
                Ok(Pairs::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Pairs::default();
                while let Some((name, values)) = map.next_entry::<String, Values>()? {
                    pairs.add(&name, values);
                }
                Ok(pairs)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Pairs, A::Error> {
                let mut pairs = Pairs::default();
                while let Some((name, values)) = list.next_element::<(String, Values)>()? {
                    pairs.add(&name, values);
                }
                Ok(pairs)
            }
        }
        deserializer.deserialize_any(Either)
    }
}
