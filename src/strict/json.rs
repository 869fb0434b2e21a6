//! The one place that names the JSON parser.
//!
//! A document becomes a [`Json`] in which no object has a member twice, numbers keep the text they were written as,
//! and size and depth are bounded.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};

use super::Position;
use super::locate::{Numbers, position_of_byte};

/// A JSON value. Members keep the order of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as the document writes it.
    Number(Box<str>),
    /// A string, its escapes resolved.
    String(Box<str>),
    /// A list.
    Array(Vec<Self>),
    /// An object; no member name occurs twice.
    Object(Vec<(Box<str>, Self)>),
}

impl Json {
    /// The member of an object; `None` for other values too.
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(member, _)| &**member == name).map(|(_, value)| value)
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Array(_) | Self::Object(_) => None,
        }
    }

    /// What the value is, for messages: `a number`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

/// How much JSON is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonLimits {
    /// Longer texts are refused before parsing.
    pub bytes_max: usize,
    /// How deep lists and objects may nest; the outermost is level 1. Values over 100 count as 100.
    pub depth_max: usize,
}

impl Default for JsonLimits {
    fn default() -> Self {
        Self { bytes_max: 2 * 1024 * 1024, depth_max: 32 }
    }
}

/// What kind of thing is wrong with a JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonFault {
    /// Not JSON, or text behind its end.
    Syntax,
    /// A member name occurs twice in one object.
    Repeated,
    /// Nested too deep.
    TooDeep,
    /// Too long.
    TooLarge,
}

/// A JSON text that is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (line {}, column {})", at.line, at.column)]
pub struct JsonError {
    /// Where.
    pub at: Position,
    /// What kind of fault it is.
    pub fault: JsonFault,
    /// What is wrong.
    pub message: String,
}

/// Parses one JSON document. Refuses repeated members at any depth, trailing text, and what is over the limits.
pub fn json(text: &str, limits: JsonLimits) -> Result<Json, JsonError> {
    if text.len() > limits.bytes_max {
        let message = format!("longer than {} bytes", limits.bytes_max);
        return Err(JsonError { at: Position::START, fault: JsonFault::TooLarge, message });
    }
    let guard = Guard::new(text, limits);
    let mut parser = serde_json::Deserializer::from_str(text);
    Seed { guard: &guard, depth: 0 }
        .deserialize(&mut parser)
        .and_then(|value| parser.end().map(|()| value))
        .map_err(|error| guard.explain(text, &error))
}

/// What all levels of one parse share.
struct Guard<'t> {
    depth_max: usize,
    fault: Cell<JsonFault>,
    numbers: RefCell<Numbers<'t>>,
}

impl<'t> Guard<'t> {
    /// Below the recursion limit of the parser, so that ours speaks first.
    const DEPTH_MAX: usize = 100;

    fn new(text: &'t str, limits: JsonLimits) -> Self {
        Self {
            depth_max: limits.depth_max.min(Self::DEPTH_MAX),
            fault: Cell::new(JsonFault::Syntax),
            numbers: RefCell::new(Numbers::new(text)),
        }
    }

    fn refuse<E: serde::de::Error>(&self, fault: JsonFault, message: String) -> E {
        self.fault.set(fault);
        E::custom(message)
    }

    fn explain(&self, text: &str, error: &serde_json::Error) -> JsonError {
        let shown = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let message = shown.strip_suffix(&place).unwrap_or(&shown).to_owned();
        let at = position_of_byte(text, error.line(), error.column());
        JsonError { at, fault: self.fault.get(), message }
    }
}

#[derive(Clone, Copy)]
struct Seed<'g, 't> {
    guard: &'g Guard<'t>,
    depth: usize,
}

impl Seed<'_, '_> {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        let depth = self.depth.saturating_add(1);
        if depth > self.guard.depth_max {
            let message = format!("nested deeper than {} levels", self.guard.depth_max);
            return Err(self.guard.refuse(JsonFault::TooDeep, message));
        }
        Ok(Self { depth, ..self })
    }

    /// The parser hands out numbers in text order, rounded; the text itself has them exactly.
    fn number<E: serde::de::Error>(self) -> Result<Json, E> {
        let written = self.guard.numbers.borrow_mut().next();
        written.map(|text| Json::Number(text.into())).ok_or_else(|| E::custom("number lost"))
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_, '_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_, '_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, _rounded: i64) -> Result<Json, E> {
        self.number()
    }

    fn visit_u64<E: serde::de::Error>(self, _rounded: u64) -> Result<Json, E> {
        self.number()
    }

    fn visit_f64<E: serde::de::Error>(self, _rounded: f64) -> Result<Json, E> {
        self.number()
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::String(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let inner = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let inner = self.deeper()?;
        let mut seen = HashSet::new();
        let mut members = Vec::new();
        while let Some(name) = access.next_key::<Box<str>>()? {
            if !seen.insert(name.clone()) {
                let shown: String = name.chars().take(80).collect();
                let message = format!("the member `{shown}` stands twice in one object");
                return Err(self.guard.refuse(JsonFault::Repeated, message));
            }
            let value = access.next_value_seed(inner)?;
            members.push((name, value));
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        let text = r#"{"a": [1, -2.50, 12345678901234567890123, 1E2], "b\"1": {"c": null}, "d": "x1\u00e9", "e": true}"#;
        let Json::Object(members) = json(text, JsonLimits::default()).unwrap() else { panic!() };
        let numbers = ["1", "-2.50", "12345678901234567890123", "1E2"];
        let numbers = numbers.map(|text| Json::Number(text.into())).to_vec();
        assert_eq!(members[0], ("a".into(), Json::Array(numbers)));
        let null = Json::Object(vec![("c".into(), Json::Null)]);
        assert_eq!(members[1], ("b\"1".into(), null));
        assert_eq!(members[2], ("d".into(), Json::String("x1é".into())));
        assert_eq!(members[3], ("e".into(), Json::Bool(true)));
    }

    #[test]
    fn refusals() {
        use JsonFault::{Repeated, Syntax, TooDeep, TooLarge};
        let cases = [
            ("{\"a\":1,\n \"a\":2}", Repeated, (2, 4)),
            ("[{\"x\":{\"b\":1,\"\\u0062\":1}}]", Repeated, (1, 21)), // equal once the escape is resolved
            ("[1,]", Syntax, (1, 4)),
            ("{\"é\": x}", Syntax, (1, 7)),
            ("{} {}", Syntax, (1, 4)),
            ("{\"a\": 1 // no comments\n}", Syntax, (1, 9)),
            ("", Syntax, (1, 1)),
            ("\u{feff}{}", Syntax, (1, 1)),
            ("[[[[[1]]]]]", TooDeep, (1, 5)),
            ("[                                                   ]", TooLarge, (1, 1)),
        ];
        for (text, fault, (line, column)) in cases {
            let error = json(text, JsonLimits { bytes_max: 50, depth_max: 4 }).unwrap_err();
            assert_eq!(
                (error.fault, error.at),
                (fault, Position { line, column }),
                "{text}: {error}"
            );
        }
        assert!(json("[[[[1]]]]", JsonLimits { bytes_max: 50, depth_max: 4 }).is_ok());
        let deep = "[".repeat(100_000);
        let limits = JsonLimits { depth_max: 1_000_000, ..JsonLimits::default() };
        assert_eq!(json(&deep, limits).unwrap_err().fault, TooDeep);
    }
}
