//! Conditions: what one line of a `Condition` block means, typed at load (section 4 of the policy language).
//!
//! Each line yields [`Truth`]: what the gate cannot know is undecided, never false.

mod address;
mod date;
mod decimal;
mod key;
mod operator;

use std::net::IpAddr;

use self::address::Block;
use self::date::Instant;
use self::decimal::Decimal;
pub(super) use self::key::{Key, MisspeltKey, is_known, near};
use self::operator::{Borders, Order, Test};
pub(super) use self::operator::{Operator, Sign};
use super::document::{Document, Range};
use super::glob::{Case, Glob};
use super::short_text::ShortText;
use super::texts::{Span, Texts};
use super::{Attribute, Attributes, Truth};
use crate::ident::UnixSeconds;

/// One key under one operator.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clause {
    pub(super) operator: &'static Operator,
    pub(super) key: Key,
    /// The values, in the document.
    pub(super) values: Range,
}

/// A value of a policy, read as the type of its operator (V-12).
#[derive(Clone, Copy, Debug)]
pub(super) struct Value {
    /// As written.
    pub(super) text: Span,
    pub(super) typed: Typed,
}

/// What a value means to its operator.
#[derive(Clone, Copy, Debug)]
pub(super) enum Typed {
    Text,
    Pattern(Glob),
    /// A decimal number; it is read again for each comparison, which takes no memory.
    Number,
    Date(Instant),
    Flag(bool),
    Block(Block),
}

/// A value of the request.
#[derive(Clone, Copy, Debug)]
enum Given<'r> {
    Text(&'r str),
    Address(IpAddr),
    Instant(UnixSeconds),
    Flag(bool),
}

/// A value that the operator cannot use (V-12): what it wants instead, and a value that would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BadValue {
    pub(super) wanted: &'static str,
    pub(super) help: String,
}

impl Value {
    /// Reads `text` for `operator` and keeps it.
    pub(super) fn read(
        operator: &Operator,
        text: &str,
        texts: &mut Texts,
    ) -> Result<Self, BadValue> {
        let span = texts.keep(text);
        let typed = match operator.test {
            Test::Equals | Test::EqualsIgnoreCase => Typed::Text,
            Test::Like => Typed::Pattern(Glob::new(text, span)),
            Test::Number(_) => Decimal::parse(text)
                .map(|_number| Typed::Number)
                .ok_or_else(|| bad("a decimal number", "write it like \"10\" or \"-2.5\""))?,
            Test::Date(_) => Instant::parse(text).map(Typed::Date).ok_or_else(|| {
                bad(
                    "a date and time with an offset",
                    "write it like \"2026-11-22T11:00:00Z\" or \"2026-11-22T19:00:00+08:00\"",
                )
            })?,
            Test::Flag => parse_flag(text)
                .map(Typed::Flag)
                .ok_or_else(|| bad("a boolean", "write \"true\" or \"false\""))?,
            Test::Address(_) => Block::parse(text).map(Typed::Block).map_err(|reason| {
                bad(
                    "an address, a CIDR block or `*`",
                    &format!("{reason}; a block is written like \"10.0.0.0/8\""),
                )
            })?,
        };
        Ok(Self { text: span, typed })
    }

    /// Whether the plain address operators never decide for it (C-15).
    pub(super) fn has_only_border_addresses(&self) -> bool {
        matches!(self.typed, Typed::Block(block) if block.has_only_border_addresses())
    }
}

fn bad(wanted: &'static str, help: &str) -> BadValue {
    BadValue { wanted, help: help.to_owned() }
}

/// `true` or `false` in any letter case.
fn parse_flag(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        return Some(true);
    }
    text.eq_ignore_ascii_case("false").then_some(false)
}

impl Clause {
    /// Evaluates the line: the positive test, turned round for a negated operator.
    pub(super) fn evaluate(&self, document: &Document, attributes: &dyn Attributes) -> Truth {
        let line = Line {
            operator: self.operator,
            values: self.values.of(&document.values),
            texts: &document.texts,
        };
        let attribute = self.key.named(&document.texts).map(|key| attributes.get(&key));
        let positive = match attribute.unwrap_or(Attribute::Undeterminable) {
            Attribute::Undeterminable => Truth::Indeterminate, // C-11
            Attribute::Absent => Truth::False,                 // C-8; negated: C-9
            Attribute::Text(text) => line.test(Given::Text(&text)),
            Attribute::Texts(texts) => line.test_all(texts),
            Attribute::Address(address) => line.test(Given::Address(address)),
            Attribute::Instant(instant) => line.test(Given::Instant(instant)),
            Attribute::Flag(flag) => line.test(Given::Flag(flag)),
        };
        match self.operator.sign {
            Sign::Positive => positive,
            Sign::Negated => positive.negate(),
        }
    }
}

/// A clause with its values at hand.
struct Line<'d> {
    operator: &'static Operator,
    values: &'d [Value],
    texts: &'d Texts,
}

impl Line<'_> {
    /// C-12: several values of the request must agree, or nothing is decided. None at all: C-10.
    fn test_all(&self, texts: &[Box<str>]) -> Truth {
        let mut results = texts.iter().map(|text| self.test(Given::Text(text)));
        let Some(first) = results.next() else { return Truth::False };
        if results.all(|other| other == first) { first } else { Truth::Indeterminate }
    }

    /// C-3: one value of the request against any of the policy's.
    fn test(&self, given: Given<'_>) -> Truth {
        match self.operator.test {
            Test::Equals | Test::EqualsIgnoreCase | Test::Like => {
                given.with_text(|text| self.any(|value| self.matches_text(value, text)))
            }
            Test::Number(order) => given.with_text(|text| match Decimal::parse(text) {
                Some(number) => self.any(|value| self.compare_number(order, &number, value)),
                None => Truth::Indeterminate,
            }),
            Test::Date(order) => match given.as_instant() {
                Some(instant) => self.any(|value| compare_date(order, instant, value)),
                None => Truth::Indeterminate,
            },
            Test::Flag => match given.as_flag() {
                Some(flag) => self
                    .any(|value| matches!(value.typed, Typed::Flag(want) if want == flag).into()),
                None => Truth::Indeterminate,
            },
            Test::Address(borders) => match given.as_address() {
                Some(address) => self.any(|value| contains(borders, address, value)),
                None => Truth::Indeterminate,
            },
        }
    }

    fn any(&self, test: impl Fn(&Value) -> Truth) -> Truth {
        Truth::any(self.values.iter().map(test))
    }

    fn matches_text(&self, value: &Value, given: &str) -> Truth {
        let wanted = self.texts.get(value.text);
        match value.typed {
            Typed::Text if self.operator.test == Test::EqualsIgnoreCase => {
                wanted.eq_ignore_ascii_case(given).into()
            }
            Typed::Text => (wanted == given).into(),
            Typed::Pattern(pattern) => pattern.matches(self.texts, given, Case::Exact).into(),
            Typed::Number | Typed::Date(_) | Typed::Flag(_) | Typed::Block(_) => mistyped(),
        }
    }

    fn compare_number(&self, order: Order, given: &Decimal<'_>, value: &Value) -> Truth {
        match (value.typed, Decimal::parse(self.texts.get(value.text))) {
            (Typed::Number, Some(wanted)) => order.holds(given.compare(&wanted)).into(),
            _ => mistyped(),
        }
    }
}

/// [`Value::read`] gives each operator its own type, so this is never reached; it would fail closed.
fn mistyped() -> Truth {
    Truth::Indeterminate
}

fn compare_date(order: Order, given: Instant, value: &Value) -> Truth {
    let Typed::Date(wanted) = value.typed else { return mistyped() };
    order.holds(given.cmp(&wanted)).into()
}

fn contains(borders: Borders, given: IpAddr, value: &Value) -> Truth {
    let Typed::Block(block) = value.typed else { return mistyped() };
    match borders {
        Borders::Undecided => block.contains_leaving_borders_undecided(given),
        Borders::Included => block.contains(given).into(),
    }
}

/// C-6: an operator takes what the key has and reads it as its own type.
impl Given<'_> {
    fn with_text(self, check: impl FnOnce(&str) -> Truth) -> Truth {
        match self {
            Self::Text(text) => check(text),
            Self::Address(address) => check(ShortText::of(&address.to_canonical()).as_str()),
            Self::Instant(instant) => check(ShortText::of(&instant).as_str()),
            Self::Flag(flag) => check(if flag { "true" } else { "false" }),
        }
    }

    fn as_instant(self) -> Option<Instant> {
        match self {
            Self::Text(text) => Instant::parse(text),
            Self::Instant(instant) => Some(instant.into()),
            Self::Address(_) | Self::Flag(_) => None,
        }
    }

    fn as_flag(self) -> Option<bool> {
        match self {
            Self::Text(text) => parse_flag(text),
            Self::Flag(flag) => Some(flag),
            Self::Address(_) | Self::Instant(_) => None,
        }
    }

    /// C-14: reduced to IPv4 where it is IPv4 in an IPv6 dress.
    fn as_address(self) -> Option<IpAddr> {
        match self {
            Self::Text(text) => text.parse().ok().map(|address: IpAddr| address.to_canonical()),
            Self::Address(address) => Some(address.to_canonical()),
            Self::Instant(_) | Self::Flag(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
