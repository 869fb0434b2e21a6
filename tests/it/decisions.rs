//! Whole decisions: worked cases, a table of borders, and generated cases against a naive reading of the rules.
#![cfg(test)]
#![expect(
    clippy::disallowed_types,
    reason = "the naive reading shares no reader with the program; which of two equal members counts is not asked here"
)]

mod mutants;
mod reference;

use serde_json::Value;

const WORKED: &str = include_str!("../vectors/policy-examples.json");

fn under_test(case: &Value) -> String {
    stub(case)
}

/// Until the program has a function that reads a case.
fn stub(case: &Value) -> String {
    reference::decide(case).to_owned()
}

#[test]
fn worked_cases() {
    agree(WORKED, 111);
}

fn agree(text: &str, at_least: usize) {
    let cases: Vec<Value> = serde_json::from_str(text).unwrap();
    assert!(cases.len() >= at_least, "{}", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let (name, expected) = (case["name"].as_str().unwrap(), case["expect"].as_str().unwrap());
        for (who, found) in
            [("reference", reference::decide(case).to_owned()), ("program", under_test(case))]
        {
            if found != expected {
                wrong.push(format!("{name}: {expected} expected, {who} says {found}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
