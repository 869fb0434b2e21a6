//! Whole decisions: worked cases, a table of borders, and generated cases against a naive reading of the rules.
#![cfg(test)]
#![expect(
    clippy::disallowed_types,
    reason = "the naive reading shares no reader with the program; which of two equal members counts is not asked here"
)]

mod generate;
mod mutants;
mod reference;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use ramgate::cases::Case;
use ramgate::catalog::Catalog;
use serde_json::Value;

use self::generate::{Damage, Dice, rolls};

const WORKED: &str = include_str!("../vectors/policy-examples.json");

/// The program's verdict; the only place that knows how it is asked.
fn under_test(case: &Value) -> String {
    thread_local!(static CATALOG: Catalog = Catalog::compile(Catalog::builtin_files()).unwrap());
    let mut case = case.clone();
    for member in ["name", "expect"] {
        if case[member].is_null() {
            case[member] = "Allow".into(); // what the format wants of a case, and its verdict does not hang on
        }
    }
    let text = case.to_string();
    let verdict = CATALOG.with(|catalog| Case::parse(&text).and_then(|case| case.verdict(catalog)));
    match verdict {
        Ok(verdict) => format!("{verdict:?}"),
        Err(error) => error.to_string(),
    }
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

/// So many cases, or more where the environment asks for more.
fn config(cases: u32) -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: cases.max(usual.cases), failure_persistence: None, ..usual }
}

fn equal_to_the_reference(case: &Value) -> Result<(), TestCaseError> {
    prop_assert_eq!(under_test(case), reference::decide(case), "{:#}", case);
    Ok(())
}

fn allows(verdict: &str) -> bool {
    verdict == "Allow"
}

fn forbids(verdict: &str) -> bool {
    verdict == "ExplicitDeny"
}

fn worked() -> Vec<Value> {
    serde_json::from_str(WORKED).unwrap()
}

proptest! {
    #![proptest_config(config(45_000))]

    #[test]
    fn agrees_with_the_reference(rolls in rolls()) {
        equal_to_the_reference(&generate::case(&mut Dice::of(rolls), Damage::Sometimes))?;
    }
}

proptest! {
    #![proptest_config(config(15_000))]

    #[test]
    fn agrees_about_a_worked_case_with_one_change(which in 0_usize..111, rolls in rolls()) {
        thread_local!(static WORKED: Vec<Value> = worked());
        let case = WORKED.with(|cases| generate::changed(&mut Dice::of(rolls), &cases[which]));
        equal_to_the_reference(&case)?;
    }
}

proptest! {
    #![proptest_config(config(10_000))]

    #[test]
    fn order_never_matters(rolls in rolls()) {
        let dice = &mut Dice::of(rolls);
        let case = generate::case(dice, Damage::Sometimes);
        let turned = generate::turned(dice, &case);
        prop_assert_eq!(under_test(&case), under_test(&turned), "{:#}", case);
    }

    #[test]
    fn one_more_deny_never_allows_more(rolls in rolls()) {
        let dice = &mut Dice::of(rolls);
        let case = generate::case(dice, Damage::Sometimes);
        let (before, after) = (under_test(&case), under_test(&generate::with_deny(dice, &case)));
        prop_assert!(allows(&before) || !allows(&after), "{:#}", case);
        prop_assert!(!forbids(&before) || forbids(&after), "{:#}", case);
    }

    #[test]
    fn one_allow_less_never_allows_more(rolls in rolls()) {
        let dice = &mut Dice::of(rolls);
        let case = generate::case(dice, Damage::Never);
        let (before, after) = (under_test(&case), under_test(&generate::without_allow(dice, &case)));
        prop_assert!(allows(&before) || !allows(&after), "{:#}", case);
    }

    #[test]
    fn a_session_policy_never_widens(rolls in rolls()) {
        let dice = &mut Dice::of(rolls);
        let case = generate::case(dice, Damage::Sometimes);
        let (before, after) = generate::with_session_policy(dice, &case);
        prop_assert!(allows(&under_test(&before)) || !allows(&under_test(&after)), "{:#}", after);
    }
}

/// A generator that hardly ever allows would test little.
#[test]
fn every_verdict_is_met_often() {
    let mut runner = TestRunner::deterministic();
    let mut met = std::collections::BTreeMap::new();
    for _ in 0..1000 {
        let rolls = rolls().new_tree(&mut runner).unwrap().current();
        let case = generate::case(&mut Dice::of(rolls), Damage::Sometimes);
        *met.entry(reference::decide(&case)).or_insert(0) += 1;
    }
    assert!(met.len() == 3 && met.values().all(|times| *times > 150), "{met:?}");
}
