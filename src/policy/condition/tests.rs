use std::borrow::Cow;

use super::*;
use crate::policy::{ConditionKey, DocumentKind, parse};

struct One<'r>(Attribute<'r>);

impl Attributes for One<'_> {
    fn get(&self, _key: &ConditionKey<'_>) -> Attribute<'_> {
        self.0.clone()
    }
}

/// A document with one clause, about one key.
fn document(operator: &str, values: &[&str]) -> Document {
    let values: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
    let text = format!(
        r#"{{"Version":"1","Statement":[{{"Effect":"Deny","Action":"*","Resource":"*",
            "Condition":{{"{operator}":{{"acs:SourceIp":[{}]}}}}}}]}}"#,
        values.join(",")
    );
    parse(DocumentKind::Identity, &text, "p.json").unwrap()
}

#[track_caller]
fn check(operator: &str, values: &[&str], given: Attribute<'_>, expected: Truth) {
    let shown = format!("{operator} {values:?} on {given:?}");
    let document = document(operator, values);
    let found = document.clauses[0].evaluate(&document, &One(given));
    assert_eq!(found, expected, "{shown}");
}

fn text(text: &str) -> Attribute<'_> {
    Attribute::Text(Cow::Borrowed(text))
}

use Truth::{False, Indeterminate, True};

#[test]
fn texts() {
    check("StringEquals", &["a"], text("a"), True);
    check("StringEquals", &["a"], text("A"), False);
    check("StringEquals", &["b", "a"], text("a"), True); // C-3
    check("StringEquals", &["*"], text("a"), False); // wildcards are literal
    check("StringEquals", &["*"], text("*"), True);
    check("StringNotEquals", &["b", "a"], text("a"), False); // C-4
    check("StringNotEquals", &["b", "c"], text("a"), True);
    check("StringEqualsIgnoreCase", &["aÉ"], text("AÉ"), True);
    check("StringEqualsIgnoreCase", &["aé"], text("AÉ"), False); // ASCII only
    check("StringNotEqualsIgnoreCase", &["a"], text("A"), False);
    check("StringLike", &["a*", "b?"], text("bc"), True);
    check("StringLike", &["A*"], text("ab"), False);
    check("StringLike", &[""], text(""), True);
    check("StringLike", &[""], text("a"), False);
    check("StringNotLike", &["a*"], text("ab"), False);
    check("StringNotLike", &["a*"], text("b"), True);
}

#[test]
fn numbers_and_flags() {
    check("NumericEquals", &["10"], text("10.0"), True);
    check("NumericEquals", &["10"], text("10.1"), False);
    check("NumericNotEquals", &["10"], text("10.0"), False);
    check("NumericLessThan", &["10"], text("9"), True);
    check("NumericLessThan", &["10"], text("10"), False);
    check("NumericLessThanEquals", &["10"], text("10"), True);
    check("NumericGreaterThan", &["10"], text("9"), False);
    check("NumericGreaterThan", &["10"], text("11"), True);
    check("NumericGreaterThanEquals", &["10"], text("10"), True);
    check("NumericEquals", &["10"], text("ten"), Indeterminate);
    check("NumericNotEquals", &["10"], text("ten"), Indeterminate);
    check("Bool", &["true"], text("TRUE"), True);
    check("Bool", &["True"], text("false"), False);
    check("Bool", &["true"], text("yes"), Indeterminate);
    check("Bool", &["true"], Attribute::Flag(true), True);
    check("Bool", &["false"], Attribute::Flag(true), False);
}

#[test]
fn dates() {
    let noon = Attribute::Instant(UnixSeconds(1_565_600_400)); // 2019-08-12T09:00:00Z
    check("DateEquals", &["2019-08-12T17:00:00+08:00"], noon.clone(), True);
    check("DateNotEquals", &["2019-08-12T17:00:00+08:00"], noon.clone(), False);
    check("DateLessThan", &["2019-08-12T09:00:00Z"], noon.clone(), False);
    check("DateLessThan", &["2019-08-12T09:00:00.1Z"], noon.clone(), True);
    check("DateLessThanEquals", &["2019-08-12T09:00:00Z"], noon.clone(), True);
    check("DateGreaterThan", &["2019-08-12T09:00:00Z"], noon.clone(), False);
    check("DateGreaterThan", &["2019-08-12T08:59:59Z"], noon.clone(), True);
    check("DateGreaterThanEquals", &["2019-08-12T09:00:00Z"], noon, True);
    check("DateEquals", &["2019-08-12T09:00:00Z"], text("2019-08-12T09:00:00+00:00"), True);
    check("DateEquals", &["2019-08-12T09:00:00Z"], text("1565600400"), Indeterminate);
}

#[test]
fn addresses() {
    check("IpAddress", &["10.0.0.0/8", "1.2.3.4"], text("1.2.3.4"), True);
    check("IpAddress", &["10.0.0.0/8"], Attribute::Address([10, 0, 0, 1].into()), True);
    check("IpAddress", &["10.0.0.0/8"], Attribute::Address([11, 0, 0, 1].into()), False);
    check("IpAddress", &["10.0.0.0/8"], text("::ffff:10.0.0.1"), True);
    check("IpAddress", &["10.0.0.0/8"], text("10.0.0.0"), Indeterminate); // C-15
    check("NotIpAddress", &["10.0.0.0/8"], text("10.0.0.0"), Indeterminate);
    check("NotIpAddress", &["10.0.0.0/8"], text("10.0.0.1"), False);
    check("NotIpAddress", &["10.0.0.0/8"], text("11.0.0.1"), True);
    check("IpAddress", &["10.0.0.0/8", "10.0.0.0/7"], text("11.0.0.1"), True);
    check("IpAddress", &["11.0.0.1/32", "10.0.0.0/7"], text("11.0.0.1"), True); // one value decides
    check("IpAddressIncludeBorder", &["10.0.0.0/8"], text("10.0.0.0"), True); // C-16
    check("NotIpAddressIncludeBorder", &["10.0.0.0/8"], text("10.0.0.0"), False);
    check("IpAddress", &["*"], text("not an address"), Indeterminate); // C-14
    check("IpAddress", &["*"], text("2001:db8::1"), True);
}

#[test]
fn keys_that_are_missing_or_unknown() {
    let values = [
        ("StringEquals", "a"),
        ("StringLike", "*"),
        ("NumericEquals", "1"),
        ("DateEquals", "2019-08-12T09:00:00Z"),
        ("Bool", "false"),
        ("IpAddress", "*"),
        ("IpAddressIncludeBorder", "*"),
    ];
    for (operator, value) in values {
        check(operator, &[value], Attribute::Absent, False); // C-8
        check(operator, &[value], Attribute::Texts(&[]), False); // C-10
        check(operator, &[value], Attribute::Undeterminable, Indeterminate); // C-11
    }
    let negated = [
        ("StringNotEquals", "a"),
        ("StringNotLike", "*"),
        ("NumericNotEquals", "1"),
        ("DateNotEquals", "2019-08-12T09:00:00Z"),
        ("NotIpAddress", "*"),
        ("NotIpAddressIncludeBorder", "*"),
    ];
    for (operator, value) in negated {
        check(operator, &[value], Attribute::Absent, True); // C-9
        check(operator, &[value], Attribute::Texts(&[]), True);
        check(operator, &[value], Attribute::Undeterminable, Indeterminate);
    }
    check("StringEquals", &["a"], text(""), False); // C-10: present
    check("StringNotLike", &["*"], text(""), False);
}

/// C-12.
#[test]
fn several_values_of_the_request() {
    let given: Vec<Box<str>> = vec!["a".into(), "b".into()];
    let given = || Attribute::Texts(&given);
    check("StringEquals", &["a", "b", "c"], given(), True);
    check("StringEquals", &["c"], given(), False);
    check("StringEquals", &["a"], given(), Indeterminate);
    check("StringNotEquals", &["a", "b"], given(), False);
    check("StringNotEquals", &["c"], given(), True);
    check("StringNotEquals", &["a"], given(), Indeterminate);
}

/// C-6.
#[test]
fn operators_read_any_key_as_their_own_type() {
    check("StringEquals", &["10.0.0.1"], Attribute::Address([10, 0, 0, 1].into()), True);
    check("StringLike", &["10.*"], Attribute::Address([11, 0, 0, 1].into()), False);
    check("StringEquals", &["true"], Attribute::Flag(true), True);
    check("StringLike", &["2019-08-12T*Z"], Attribute::Instant(UnixSeconds(1_565_600_400)), True);
    check("NumericLessThan", &["1"], Attribute::Flag(true), Indeterminate);
    check("DateEquals", &["2019-08-12T09:00:00Z"], Attribute::Flag(true), Indeterminate);
    check("Bool", &["true"], Attribute::Address([10, 0, 0, 1].into()), Indeterminate);
    check("IpAddress", &["*"], Attribute::Instant(UnixSeconds(0)), Indeterminate);
}

/// V-12.
#[test]
fn values_of_the_wrong_type() {
    let cases = [
        ("NumericEquals", "1e3"),
        ("DateLessThan", "2019-08-12"),
        ("Bool", "yes"),
        ("IpAddress", "10.0.*"),
        ("IpAddressIncludeBorder", "::ffff:0:0/95"),
    ];
    for (operator, text) in cases {
        let operator = Operator::find(operator).unwrap();
        assert!(
            Value::read(operator, text, &mut Texts::default()).is_err(),
            "{} {text}",
            operator.name
        );
    }
}
