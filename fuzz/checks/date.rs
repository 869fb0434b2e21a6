//! Dates against a reader that counts days year by year. An input is a date of the request and, line by line, dates of the
//! policy.

use std::cmp::Ordering;

use ramgate::ident::UnixSeconds;
use ramgate::policy::{Attribute, Truth};

use super::{Given, Statement, lines, text};

type Holds = fn(Ordering) -> bool;

const OPERATORS: [(&str, Holds); 5] = [
    ("DateEquals", Ordering::is_eq),
    ("DateLessThan", Ordering::is_lt),
    ("DateLessThanEquals", Ordering::is_le),
    ("DateGreaterThan", Ordering::is_gt),
    ("DateGreaterThanEquals", Ordering::is_ge),
];

pub fn check(input: &[u8]) {
    let lines = lines(input);
    let [given, wanted @ ..] = &lines[..] else { return };
    if wanted.is_empty() || wanted.len() > 8 {
        return;
    }
    let instants: Option<Vec<_>> = wanted.iter().map(|text| read(text)).collect();
    for (operator, holds) in OPERATORS {
        let statement = Statement::condition(operator, wanted);
        assert_eq!(statement.is_some(), instants.is_some(), "{operator} {wanted:?}");
        let (Some(statement), Some(instants)) = (statement, &instants) else { continue };
        let expect = |given: Instant<'_>| {
            Truth::from(instants.iter().any(|wanted| holds(given.cmp(wanted))))
        };
        let instant = read(given);
        let expected = instant.map_or(Truth::Indeterminate, expect);
        assert_eq!(statement.holds(&text(given)), expected, "{operator} {wanted:?} on {given:?}");
        if let Some((seconds, _fraction)) = instant {
            let found = statement.holds(&Given(Attribute::Instant(UnixSeconds(seconds))));
            assert_eq!(found, expect((seconds, "")), "{operator} {wanted:?} on {seconds} s");
        }
    }
    if let Some(statement) = Statement::condition("DateNotEquals", wanted) {
        let equal = Statement::condition("DateEquals", wanted).expect("its partner was read");
        let (found, partner) = (statement.holds(&text(given)), equal.holds(&text(given)));
        assert_eq!(found, partner.negate(), "DateNotEquals {wanted:?} on {given:?}");
    }
}

/// Seconds since 1970, and the digits of the fraction without zeros at the end.
type Instant<'t> = (i64, &'t str);

/// More digits than these are refused.
const FRACTION_DIGITS_MAX: usize = 38;

/// `YYYY-MM-DDThh:mm:ss[.fraction](Z|±hh:mm)`
fn read(text: &str) -> Option<Instant<'_>> {
    let mut rest = text.as_bytes();
    let year = number(&mut rest, 4)?;
    literal(&mut rest, b'-')?;
    let month = number(&mut rest, 2)?;
    literal(&mut rest, b'-')?;
    let day = number(&mut rest, 2)?;
    literal(&mut rest, b'T')?;
    let hour = number(&mut rest, 2)?;
    literal(&mut rest, b':')?;
    let minute = number(&mut rest, 2)?;
    literal(&mut rest, b':')?;
    let second = number(&mut rest, 2)?;
    if !(1..=12).contains(&month) || day < 1 || day > days_of_month(year, month) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let fraction = fraction(&mut rest)?;
    let offset = offset(&mut rest)?;
    if !rest.is_empty() {
        return None;
    }
    let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    Some((seconds - offset, fraction))
}

fn number(rest: &mut &[u8], digits: usize) -> Option<i64> {
    let mut value = 0;
    for _digit in 0..digits {
        let (first, behind) = rest.split_first()?;
        if !first.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i64::from(first - b'0');
        *rest = behind;
    }
    Some(value)
}

fn literal(rest: &mut &[u8], wanted: u8) -> Option<()> {
    let (first, behind) = rest.split_first()?;
    *rest = behind;
    (*first == wanted).then_some(())
}

fn fraction<'t>(rest: &mut &'t [u8]) -> Option<&'t str> {
    if rest.first() != Some(&b'.') {
        return Some("");
    }
    literal(rest, b'.')?;
    let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, behind) = rest.split_at(count);
    *rest = behind;
    let kept = std::str::from_utf8(digits).expect("digits").trim_end_matches('0');
    (count > 0 && kept.len() <= FRACTION_DIGITS_MAX).then_some(kept)
}

fn offset(rest: &mut &[u8]) -> Option<i64> {
    let (sign, behind) = rest.split_first()?;
    *rest = behind;
    let sign = match sign {
        b'Z' => return Some(0),
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours = number(rest, 2)?;
    literal(rest, b':')?;
    let minutes = number(rest, 2)?;
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn days_of_year(year: i64) -> i64 {
    if is_leap(year) { 366 } else { 365 }
}

/// From 1970-01-01.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let years: i64 = if year >= 1970 {
        (1970..year).map(days_of_year).sum()
    } else {
        -(year..1970).map(days_of_year).sum::<i64>()
    };
    years + (1..month).map(|month| days_of_month(year, month)).sum::<i64>() + day - 1
}
