//! The rules of RAM, written down naively and apart from the program: slow, recursive, untyped.

use std::net::IpAddr;

use ramgate::strict::{Json, JsonLimits, json};

use super::world::{Given, Named, Region, Request, RequestedResource};

/// `None` is undecided.
type Truth = Option<bool>;

fn and(left: Truth, right: Truth) -> Truth {
    match (left, right) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn not(truth: Truth) -> Truth {
    truth.map(|truth| !truth)
}

fn any_of(all: impl Iterator<Item = Truth>) -> Truth {
    let mut found = Some(false);
    for truth in all {
        found = or(found, truth);
    }
    found
}

fn or(left: Truth, right: Truth) -> Truth {
    not(and(not(left), not(right)))
}

/// 8.1 over all statements of all documents, with 7.1.
pub(crate) fn decide(account: &str, documents: &[String], request: &Request) -> &'static str {
    let parsed: Vec<Json> =
        documents.iter().map(|text| json(text, JsonLimits::default()).unwrap()).collect();
    let statements: Vec<&Json> =
        parsed.iter().flat_map(|document| list(document.get("Statement"))).collect();
    let of = |effect: &str| {
        let effect = effect.to_owned();
        let statements = statements.iter();
        statements
            .filter(move |statement| statement.get("Effect").unwrap().as_str() == Some(&effect))
    };
    if of("Deny").any(|statement| matches(statement, request) != Some(false)) {
        return "ExplicitDeny";
    }
    let own = request.owner.as_deref() == Some(account);
    if own && of("Allow").any(|statement| matches(statement, request) == Some(true)) {
        return "Allow";
    }
    "ImplicitDeny"
}

fn list(value: Option<&Json>) -> Vec<&Json> {
    match value {
        None => Vec::new(),
        Some(Json::Array(items)) => items.iter().collect(),
        Some(one) => vec![one],
    }
}

fn texts(value: Option<&Json>) -> Vec<&str> {
    list(value).into_iter().map(|item| item.as_str().unwrap()).collect()
}

fn matches(statement: &Json, request: &Request) -> Truth {
    let action = |pattern: &&str| matches_action(pattern, request);
    let actions = match statement.get("Action") {
        Some(value) => texts(Some(value)).iter().any(action),
        None => !texts(statement.get("NotAction")).iter().any(action),
    };
    let any = |patterns: Vec<&str>| {
        any_of(patterns.into_iter().map(|pattern| matches_resource(pattern, request)))
    };
    let resources = match statement.get("Resource") {
        Some(value) => any(texts(Some(value))),
        None => not(any(texts(statement.get("NotResource")))),
    };
    and(and(Some(actions), resources), condition(statement.get("Condition"), request))
}

fn glob(pattern: &str, text: &str) -> bool {
    fn at(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|taken| at(rest, &text[taken..])),
            Some(('?', rest)) => !text.is_empty() && at(rest, &text[1..]),
            Some((wanted, rest)) => text.first() == Some(wanted) && at(rest, &text[1..]),
        }
    }
    let characters = |text: &str| text.chars().collect::<Vec<char>>();
    at(&characters(pattern), &characters(text))
}

fn matches_action(pattern: &str, request: &Request) -> bool {
    let Some((service, operation)) = pattern.split_once(':') else { return pattern == "*" };
    let fold = |text: &str| text.to_ascii_lowercase();
    glob(&fold(service), &fold(&request.service))
        && glob(&fold(operation), &fold(&request.operation))
}

fn all_stars(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.chars().all(|character| character == '*')
}

fn matches_resource(pattern: &str, request: &Request) -> Truth {
    if pattern == "*" {
        return Some(true);
    }
    let parts: Vec<&str> = pattern.splitn(5, ':').collect();
    let (service, region, account, id) = (parts[1], parts[2], parts[3], parts[4]);
    match &request.resource {
        RequestedResource::All => {
            let whole = glob(service, &request.service)
                && (region.is_empty() || all_stars(region))
                && all_stars(id);
            let account = match &request.owner {
                _ if all_stars(account) => Some(true),
                Some(owner) => Some(glob(account, owner)),
                None => None,
            };
            and(Some(whole), account)
        }
        RequestedResource::Named(named) => {
            let known = glob(service, &named.service)
                && glob(account, &named.account)
                && matches_id(id, named);
            and(Some(known), matches_region(region, &named.region))
        }
    }
}

fn matches_id(pattern: &str, named: &Named) -> bool {
    if named.service == "ram" && named.id.starts_with("role/") {
        return glob(&pattern.to_ascii_lowercase(), &named.id.to_ascii_lowercase());
    }
    glob(pattern, &named.id)
}

fn matches_region(pattern: &str, region: &Region) -> Truth {
    match region {
        Region::Known(region) => Some(glob(pattern, region)),
        Region::Global => Some(pattern.is_empty() || glob(pattern, "*")),
        Region::Unknown => all_stars(pattern).then_some(true),
    }
}

fn condition(block: Option<&Json>, request: &Request) -> Truth {
    let Some(Json::Object(operators)) = block else { return Some(true) };
    let mut truth = Some(true);
    for (operator, keys) in operators {
        let Json::Object(keys) = keys else { panic!("keys") };
        for (key, values) in keys {
            truth = and(truth, line(operator, request.context.get(&**key), &texts(Some(values))));
        }
    }
    truth
}

fn line(operator: &str, given: Option<&Given>, values: &[&str]) -> Truth {
    let positive = operator.replace("Not", "");
    let given: Vec<&str> = match given {
        None => Vec::new(),
        Some(Given::Unknown) => return None,
        Some(Given::Texts(texts)) => texts.iter().map(|text| &**text).collect(),
        Some(Given::Typed(text)) => vec![text],
    };
    let one = |given: &&str| any_of(values.iter().map(|value| test(&positive, given, value)));
    let results: Vec<Truth> = given.iter().map(one).collect();
    let truth = if results.iter().all(|result| *result == Some(false)) {
        Some(false) // also when there is no value at all
    } else if results.iter().all(|result| *result == Some(true)) {
        Some(true)
    } else {
        None
    };
    if positive == operator { truth } else { not(truth) }
}

fn test(operator: &str, given: &str, value: &str) -> Truth {
    match operator {
        "StringEquals" => Some(given == value),
        "StringEqualsIgnoreCase" => Some(given.eq_ignore_ascii_case(value)),
        "StringLike" => Some(glob(value, given)),
        "Bool" => Some(flag(given)? == flag(value).unwrap()),
        "IpAddress" => in_block(given, value, false),
        "IpAddressIncludeBorder" => in_block(given, value, true),
        numeric if numeric.starts_with("Numeric") => Some(order(
            numeric.trim_start_matches("Numeric"),
            thousandths(given)?,
            thousandths(value).unwrap(),
        )),
        date => {
            Some(order(date.trim_start_matches("Date"), instant(given)?, instant(value).unwrap()))
        }
    }
}

fn flag(text: &str) -> Truth {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn order(name: &str, given: i64, value: i64) -> bool {
    match name {
        "Equals" => given == value,
        "LessThan" => given < value,
        "LessThanEquals" => given <= value,
        "GreaterThan" => given > value,
        "GreaterThanEquals" => given >= value,
        other => panic!("{other}"),
    }
}

/// Numbers of the generator have at most three digits behind the point.
fn thousandths(text: &str) -> Option<i64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |text: &str| !text.is_empty() && text.chars().all(|digit| digit.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let size =
        whole.parse::<i64>().unwrap() * 1000 + format!("{fraction:0<3}").parse::<i64>().unwrap();
    Some(if text.starts_with('-') { -size } else { size })
}

/// Seconds, from the parts at fixed places; what the generator writes otherwise is no date.
fn instant(text: &str) -> Option<i64> {
    if text.len() < 20 || !text.is_ascii() || text.as_bytes()[10] != b'T' {
        return None;
    }
    let part = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (part(0, 4)?, part(5, 7)?, part(8, 10)?);
    let mut days = day - 1;
    for earlier in 1970..year {
        days += if is_leap(earlier) { 366 } else { 365 };
    }
    for earlier in 1..month {
        days += match earlier {
            2 if is_leap(year) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
    }
    let offset = match text.get(19..)? {
        "Z" => 0,
        offset => {
            let size = offset.get(1..3)?.parse::<i64>().ok()? * 3600
                + offset.get(4..6)?.parse::<i64>().ok()? * 60;
            if offset.starts_with('-') { -size } else { size }
        }
    };
    Some(days * 86400 + part(11, 13)? * 3600 + part(14, 16)? * 60 + part(17, 19)? - offset)
}

fn is_leap(year: i64) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

/// An address as its family's width and its number, IPv4 in an IPv6 dress undressed.
fn number(address: IpAddr) -> (u32, u128) {
    match address {
        IpAddr::V4(address) => (32, u32::from(address).into()),
        IpAddr::V6(address) => match u128::from(address) {
            mapped if mapped >> 32 == 0xffff => (32, mapped & 0xffff_ffff),
            number => (128, number),
        },
    }
}

fn in_block(given: &str, value: &str, with_borders: bool) -> Truth {
    let (width, given) = number(given.parse().ok()?);
    if value == "*" {
        return Some(true);
    }
    let (address, length) = match value.split_once('/') {
        None => return Some((width, given) == number(value.parse().unwrap())),
        Some((address, length)) => {
            (address.parse::<IpAddr>().unwrap(), length.parse::<u32>().unwrap())
        }
    };
    let (block_width, start) = number(address);
    let length = if address.is_ipv6() && block_width == 32 { length - 96 } else { length };
    let ones = u128::MAX >> (128 - block_width);
    let host = if length == 0 { ones } else { ones & !(ones << (block_width - length)) };
    let (first, last) = (start & !host, start | host);
    if width != block_width || given < first || given > last {
        return Some(false);
    }
    if !with_borders && (given == first || given == last) { None } else { Some(true) }
}
