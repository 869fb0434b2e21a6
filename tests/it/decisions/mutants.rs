//! A table of borders: beside each yes stands a no that differs in as little as possible.
//!
//! A condition that holds stands in an Allow, one that fails in a Deny, an undecided one in both: no other result
//! of the condition gives the same verdicts.

use std::collections::BTreeSet;

use serde_json::Value;

const CASES: &str = include_str!("../../vectors/decisions.json");

#[test]
fn borders() {
    super::agree(CASES, 1000);
}

#[test]
fn every_case_says_what_it_is_about() {
    let cases: Vec<Value> = serde_json::from_str(CASES).unwrap();
    let names: BTreeSet<&str> = cases.iter().map(|case| case["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), cases.len(), "a name is used twice");
    for case in &cases {
        assert!(case["why"].as_str().is_some_and(|why| why.ends_with('.')), "{}", case["name"]);
    }
    let rules = |letter: &str, numbers: std::ops::RangeInclusive<u32>| -> Vec<String> {
        numbers.map(|number| format!("{letter}-{number}-")).collect()
    };
    let rules = [
        rules("A", 2..=6),
        rules("A", 8..=8),
        rules("R", 1..=9),
        rules("C", 1..=16),
        rules("V", 3..=16),
    ];
    for rule in rules.concat() {
        assert!(names.iter().any(|name| name.starts_with(&rule)), "{rule}");
    }
}
