//! What may stand at a place of a document, for the JSON parser.

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};

use super::{Access, Refused, refused};

/// A name out of a few: its place among them.
pub(super) struct Word<'w>(pub(super) &'w [&'w str]);

impl<'de> DeserializeSeed<'de> for Word<'_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<usize, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for Word<'_> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a known member")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<usize, E> {
        self.0.iter().position(|word| *word == text).ok_or_else(|| refused(Refused))
    }
}

/// A string.
pub(super) struct Text<F>(pub(super) F);

impl<'de, F: FnMut(&str) -> Result<(), Refused>> DeserializeSeed<'de> for Text<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_str(self)
    }
}

impl<F: FnMut(&str) -> Result<(), Refused>> Visitor<'_> for Text<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(mut self, text: &str) -> Result<(), E> {
        (self.0)(text).map_err(refused)
    }
}

/// A string, or a list of strings: how many there were.
pub(super) struct TextOrList<F>(pub(super) F);

impl<'de, F: FnMut(&str) -> Result<(), Refused>> DeserializeSeed<'de> for TextOrList<F> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<usize, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de, F: FnMut(&str) -> Result<(), Refused>> Visitor<'de> for TextOrList<F> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or a list of strings")
    }

    fn visit_str<E: Error>(mut self, text: &str) -> Result<usize, E> {
        (self.0)(text).map(|()| 1).map_err(refused)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<usize, A::Error> {
        let mut count = 0_usize;
        while list.next_element_seed(Text(&mut self.0))?.is_some() {
            count = count.saturating_add(1);
        }
        Ok(count)
    }
}

/// An object, whose members the function reads to the end.
pub(super) struct Members<F>(pub(super) F);

impl<'de, F: FnMut(&mut dyn Access) -> Result<(), Refused>> DeserializeSeed<'de> for Members<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de, F: FnMut(&mut dyn Access) -> Result<(), Refused>> Visitor<'de> for Members<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        (self.0)(&mut members).map_err(refused)
    }
}

/// A list of objects.
pub(super) struct Items<F>(pub(super) F);

impl<'de, F: FnMut(&mut dyn Access) -> Result<(), Refused>> DeserializeSeed<'de> for Items<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(&mut dyn Access) -> Result<(), Refused>> Visitor<'de> for Items<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Members(&mut self.0))?.is_some() {}
        Ok(())
    }
}
