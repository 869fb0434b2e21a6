//! Conditions (section 4): typed at load, three-valued at decision.

mod address;
mod date;
mod key;
mod number;

use std::borrow::Cow;
use std::net::IpAddr;

use super::access::{Attribute, Attributes, ConditionKey};
use super::glob::{Case, Glob};
use super::truth::Truth;

use address::Network;
use date::Instant;
use number::Decimal;

pub(super) use key::{misspelt, read as read_key};

/// Every operator of 4.1.
pub(super) const OPERATORS: &[&str] = &[
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "IpAddress",
    "NotIpAddress",
    "IpAddressIncludeBorder",
    "NotIpAddressIncludeBorder",
];

/// One operator on one key.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) key: ConditionKey,
    pub(super) key_text: Box<str>,
    pub(super) operator: Box<str>,
    negated: bool,
    values: Values,
}

#[derive(Clone, Debug)]
enum Values {
    Equals(Vec<Box<str>>),
    EqualsIgnoreCase(Vec<Box<str>>),
    Like(Vec<Glob>),
    Number(Compare, Vec<Decimal>),
    Date(Compare, Vec<Instant>),
    Bool(Vec<bool>),
    Ip { borders: bool, networks: Vec<Network> },
}

/// The request's value compared with the policy's.
#[derive(Clone, Copy, Debug)]
enum Compare {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Compare {
    fn read(suffix: &str) -> Option<Self> {
        Some(match suffix {
            "Equals" => Self::Equal,
            "LessThan" => Self::Less,
            "LessThanEquals" => Self::LessOrEqual,
            "GreaterThan" => Self::Greater,
            "GreaterThanEquals" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// Why a condition cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ConditionError {
    /// V-10
    Operator,
    /// V-12, with the value and what was wanted.
    Value(String, &'static str),
}

impl Condition {
    pub(super) fn new(operator: &str, key: &str, values: &[&str]) -> Result<Self, ConditionError> {
        if !OPERATORS.contains(&operator) {
            return Err(ConditionError::Operator);
        }
        let positive = operator.replacen("Not", "", 1);
        Ok(Self {
            key: read_key(key),
            key_text: key.into(),
            operator: operator.into(),
            negated: positive != operator,
            values: read_values(&positive, values)?,
        })
    }

    /// Rules C-3 to C-12.
    pub(super) fn evaluate(&self, attributes: &dyn Attributes) -> Truth {
        let positive = match attributes.get(&self.key) {
            Attribute::Undeterminable => return Truth::Indeterminate,
            Attribute::Absent => Truth::False,
            Attribute::Texts([]) => Truth::False,
            Attribute::Texts(texts) => texts.iter().fold(Truth::True, |all, text| {
                all.and(self.values.accept(&Actual::Text(Cow::Borrowed(text))))
            }),
            Attribute::Text(text) => self.values.accept(&Actual::Text(text)),
            Attribute::Address(address) => self.values.accept(&Actual::Address(address)),
            Attribute::Instant(instant) => {
                self.values.accept(&Actual::Instant(Instant::from(instant)))
            }
            Attribute::Flag(flag) => self.values.accept(&Actual::Flag(flag)),
        };
        if self.negated { positive.negate() } else { positive }
    }
}

fn read_values(operator: &str, values: &[&str]) -> Result<Values, ConditionError> {
    fn each<T>(
        values: &[&str],
        wanted: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, ConditionError> {
        let one = |text: &&str| {
            read(text).ok_or_else(|| ConditionError::Value((*text).to_owned(), wanted))
        };
        values.iter().map(one).collect()
    }
    let texts = || values.iter().map(|text| Box::from(*text)).collect();
    Ok(match operator {
        "StringEquals" => Values::Equals(texts()),
        "StringEqualsIgnoreCase" => Values::EqualsIgnoreCase(texts()),
        "StringLike" => Values::Like(values.iter().map(|text| Glob::new(text)).collect()),
        "Bool" => Values::Bool(each(values, "\"true\" or \"false\"", read_bool)?),
        "IpAddress" | "IpAddressIncludeBorder" => Values::Ip {
            borders: operator == "IpAddressIncludeBorder",
            networks: each(values, "an address, a CIDR block or `*`", Network::parse)?,
        },
        other => {
            if let Some(compare) = other.strip_prefix("Numeric").and_then(Compare::read) {
                Values::Number(compare, each(values, "a decimal number", Decimal::parse)?)
            } else if let Some(compare) = other.strip_prefix("Date").and_then(Compare::read) {
                Values::Date(
                    compare,
                    each(values, "a time such as 2026-11-22T17:00:00+08:00", Instant::parse)?,
                )
            } else {
                return Err(ConditionError::Operator);
            }
        }
    })
}

fn read_bool(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// A request's value before it is read as the operator's type (C-6).
enum Actual<'a> {
    Text(Cow<'a, str>),
    Address(IpAddr),
    Instant(Instant),
    Flag(bool),
}

impl Actual<'_> {
    fn with_text<T>(&self, read: impl Fn(&str) -> T) -> T {
        match self {
            Self::Text(text) => read(text),
            Self::Address(address) => read(&address.to_canonical().to_string()),
            Self::Instant(instant) => read(&instant.to_string()),
            Self::Flag(flag) => read(if *flag { "true" } else { "false" }),
        }
    }
}

impl Values {
    /// Whether the value matches any of the policy's values.
    fn accept(&self, actual: &Actual<'_>) -> Truth {
        match self {
            Self::Equals(wanted) => actual.with_text(|text| any(wanted, |want| **want == *text)),
            Self::EqualsIgnoreCase(wanted) => {
                actual.with_text(|text| any(wanted, |want| want.eq_ignore_ascii_case(text)))
            }
            Self::Like(patterns) => {
                actual.with_text(|text| any(patterns, |pattern| pattern.matches(text, Case::Exact)))
            }
            Self::Number(compare, wanted) => {
                typed(actual.with_text(Decimal::parse), wanted, |found, want| {
                    compare.holds(found.cmp(want))
                })
            }
            Self::Date(compare, wanted) => {
                let found = match actual {
                    Actual::Instant(instant) => Some(*instant),
                    other => other.with_text(Instant::parse),
                };
                typed(found, wanted, |found, want| compare.holds(found.cmp(want)))
            }
            Self::Bool(wanted) => {
                let found = match actual {
                    Actual::Flag(flag) => Some(*flag),
                    other => other.with_text(read_bool),
                };
                typed(found, wanted, |found, want| found == want)
            }
            Self::Ip { borders, networks } => {
                let found = match actual {
                    Actual::Address(address) => Some(*address),
                    other => other.with_text(address::parse),
                };
                let Some(found) = found else { return Truth::Indeterminate };
                Truth::any(networks.iter().map(|network| network.contains(found, *borders)))
            }
        }
    }
}

fn any<T>(wanted: &[T], matches: impl Fn(&T) -> bool) -> Truth {
    if wanted.iter().any(matches) { Truth::True } else { Truth::False }
}

/// A value that cannot be read as the operator's type is indeterminate.
fn typed<T>(found: Option<T>, wanted: &[T], matches: impl Fn(&T, &T) -> bool) -> Truth {
    found.map_or(Truth::Indeterminate, |found| any(wanted, |want| matches(&found, want)))
}
