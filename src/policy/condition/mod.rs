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
pub(super) use self::key::{KeyName, MisspeltKey};
use self::operator::{Borders, Order, Test};
pub(super) use self::operator::{Operator, Sign};
use super::glob::{Case, Glob};
use super::short_text::ShortText;
use super::{Attribute, Attributes, ConditionKey, Truth};
use crate::ident::UnixSeconds;

/// One key under one operator.
#[derive(Clone, Debug)]
pub(super) struct Clause {
    pub(super) operator: &'static Operator,
    pub(super) key: ConditionKey,
    /// The key and its values as written, for people.
    pub(super) key_text: Box<str>,
    pub(super) value_texts: Box<[Box<str>]>,
    values: Box<[Value]>,
}

/// A value of a policy, read as the type of its operator (V-12).
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(Box<str>),
    Pattern(Glob),
    Number(Decimal<'static>),
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
    /// Reads `text` for `operator`.
    pub(super) fn parse(operator: &Operator, text: &str) -> Result<Self, BadValue> {
        match operator.test {
            Test::Equals | Test::EqualsIgnoreCase => Ok(Self::Text(text.into())),
            Test::Like => Ok(Self::Pattern(Glob::new(text))),
            Test::Number(_) => Decimal::parse(text)
                .map(|number| Self::Number(number.into_owned()))
                .ok_or_else(|| bad("a decimal number", "write it like \"10\" or \"-2.5\"")),
            Test::Date(_) => Instant::parse(text).map(Self::Date).ok_or_else(|| {
                bad(
                    "a date and time with an offset",
                    "write it like \"2026-11-22T11:00:00Z\" or \"2026-11-22T19:00:00+08:00\"",
                )
            }),
            Test::Flag => parse_flag(text)
                .map(Self::Flag)
                .ok_or_else(|| bad("a boolean", "write \"true\" or \"false\"")),
            Test::Address(_) => Block::parse(text).map(Self::Block).map_err(|reason| {
                bad(
                    "an address, a CIDR block or `*`",
                    &format!("{reason}; a block is written like \"10.0.0.0/8\""),
                )
            }),
        }
    }

    /// Whether the plain address operators never decide for it (C-15).
    pub(super) fn has_only_border_addresses(&self) -> bool {
        matches!(self, Self::Block(block) if block.has_only_border_addresses())
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
    pub(super) fn new(
        operator: &'static Operator,
        key: (ConditionKey, &str),
        values: Vec<(Box<str>, Value)>,
    ) -> Self {
        let (value_texts, values): (Vec<_>, Vec<_>) = values.into_iter().unzip();
        Self {
            operator,
            key: key.0,
            key_text: key.1.into(),
            value_texts: value_texts.into(),
            values: values.into(),
        }
    }

    /// Evaluates the line: the positive test, turned round for a negated operator.
    pub(super) fn evaluate(&self, attributes: &dyn Attributes) -> Truth {
        let positive = match attributes.get(&self.key) {
            Attribute::Undeterminable => Truth::Indeterminate, // C-11
            Attribute::Absent => Truth::False,                 // C-8; negated: C-9
            Attribute::Text(text) => self.test(Given::Text(&text)),
            Attribute::Texts(texts) => self.test_all(texts),
            Attribute::Address(address) => self.test(Given::Address(address)),
            Attribute::Instant(instant) => self.test(Given::Instant(instant)),
            Attribute::Flag(flag) => self.test(Given::Flag(flag)),
        };
        match self.operator.sign {
            Sign::Positive => positive,
            Sign::Negated => positive.negate(),
        }
    }

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
                Some(number) => self.any(|value| compare_number(order, &number, value)),
                None => Truth::Indeterminate,
            }),
            Test::Date(order) => match given.as_instant() {
                Some(instant) => self.any(|value| compare_date(order, instant, value)),
                None => Truth::Indeterminate,
            },
            Test::Flag => match given.as_flag() {
                Some(flag) => {
                    self.any(|value| matches!(value, Value::Flag(want) if *want == flag).into())
                }
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
        match value {
            Value::Text(wanted) if self.operator.test == Test::EqualsIgnoreCase => {
                wanted.eq_ignore_ascii_case(given).into()
            }
            Value::Text(wanted) => (**wanted == *given).into(),
            Value::Pattern(pattern) => pattern.matches(given, Case::Exact).into(),
            Value::Number(_) | Value::Date(_) | Value::Flag(_) | Value::Block(_) => mistyped(),
        }
    }
}

/// [`Value::parse`] gives each operator its own type, so this is never reached; it would fail closed.
fn mistyped() -> Truth {
    Truth::Indeterminate
}

fn compare_number(order: Order, given: &Decimal<'_>, value: &Value) -> Truth {
    let Value::Number(wanted) = value else { return mistyped() };
    order.holds(given.compare(wanted)).into()
}

fn compare_date(order: Order, given: Instant, value: &Value) -> Truth {
    let Value::Date(wanted) = value else { return mistyped() };
    order.holds(given.cmp(wanted)).into()
}

fn contains(borders: Borders, given: IpAddr, value: &Value) -> Truth {
    let Value::Block(block) = value else { return mistyped() };
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
