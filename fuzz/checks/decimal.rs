//! Numbers against digits laid one under the other. An input is a number of the request and, line by line, numbers of the
//! policy.

use std::cmp::Ordering;

use ramgate::policy::Truth;

use super::{Statement, lines, text};

type Holds = fn(Ordering) -> bool;

const OPERATORS: [(&str, Holds); 6] = [
    ("NumericEquals", Ordering::is_eq),
    ("NumericNotEquals", Ordering::is_ne),
    ("NumericLessThan", Ordering::is_lt),
    ("NumericLessThanEquals", Ordering::is_le),
    ("NumericGreaterThan", Ordering::is_gt),
    ("NumericGreaterThanEquals", Ordering::is_ge),
];

pub fn check(input: &[u8]) {
    let lines = lines(input);
    let [given, wanted @ ..] = &lines[..] else { return };
    if wanted.is_empty() || wanted.len() > 8 {
        return;
    }
    let number = Number::read(given);
    let numbers: Option<Vec<Number>> = wanted.iter().map(|text| Number::read(text)).collect();
    for (operator, holds) in OPERATORS {
        let statement = Statement::condition(operator, wanted);
        assert_eq!(statement.is_some(), numbers.is_some(), "{operator} {wanted:?}");
        let (Some(statement), Some(numbers)) = (statement, &numbers) else { continue };
        let expected = number.as_ref().map_or(Truth::Indeterminate, |number| {
            let mut orders = numbers.iter().map(|wanted| number.compare(wanted));
            // A negated operator wants all of them to differ.
            let all = operator.contains("Not");
            if all { orders.all(holds).into() } else { orders.any(holds).into() }
        });
        let found = statement.holds(&text(given));
        assert_eq!(found, expected, "{operator} {wanted:?} on {given:?}");
    }
}

/// Digits before and behind the point, signed one by one.
struct Number {
    whole: Vec<i8>,
    fraction: Vec<i8>,
}

impl Number {
    fn read(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let (sign, unsigned) = match bytes {
            [b'-', rest @ ..] => (-1, rest),
            [b'+', rest @ ..] => (1, rest),
            _ => (1, bytes),
        };
        let mut parts = unsigned.split(|byte| *byte == b'.');
        let whole = digits(parts.next()?, sign)?;
        let fraction = match parts.next() {
            Some(part) => digits(part, sign)?,
            None => Vec::new(),
        };
        parts.next().is_none().then_some(Self { whole, fraction })
    }

    fn compare(&self, other: &Self) -> Ordering {
        let whole = self.whole.len().max(other.whole.len());
        let fraction = self.fraction.len().max(other.fraction.len());
        self.laid_out(whole, fraction).cmp(&other.laid_out(whole, fraction))
    }

    fn laid_out(&self, whole: usize, fraction: usize) -> Vec<i8> {
        let mut digits = vec![0; whole - self.whole.len()];
        digits.extend(&self.whole);
        digits.extend(&self.fraction);
        digits.resize(whole + fraction, 0);
        digits
    }
}

fn digits(part: &[u8], sign: i8) -> Option<Vec<i8>> {
    if part.is_empty() {
        return None;
    }
    let digit = |byte: &u8| match byte {
        b'0'..=b'9' => Some(sign * i8::try_from(byte - b'0').expect("a digit")),
        _ => None,
    };
    part.iter().map(digit).collect()
}
