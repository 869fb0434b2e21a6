//! Time to load 10,000 policies, against serde_json into owned structs of the same bytes.
//!
//! `load [ROUNDS]`

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use ramgate::policy::{DocumentKind, Policy, PolicySet, PolicyType, parse};
use ramgate_benches::documents;
use ramgate_benches::timing::{Case, case, judge, ratio, run};
use ramgate_benches::workload::Document;

const POLICIES: usize = 10_000;

fn main() {
    let rounds = std::env::args().nth(1).map_or(15, |text| text.parse().expect("rounds"));
    let texts = documents::texts(POLICIES);
    let bytes: usize = texts.iter().map(String::len).sum();
    println!("{POLICIES} policies, {} bytes of JSON", bytes);
    let policies = compile(&texts);
    let mut cases = [
        Case::new("serde_json to owned structs", |_call| {
            black_box(read_structs(&texts));
        }),
        Case::new("ramgate, parse and compile", |_call| {
            black_box(compile(&texts));
        }),
        Case::new("ramgate, and one set of all", |_call| {
            black_box(PolicySet::new(compile(&texts)));
        }),
        Case::new("one set of all, alone", |_call| {
            black_box(PolicySet::new(policies.iter().cloned()));
        }),
    ];
    run(&mut cases, rounds, Duration::from_millis(150));

    let base = case(&cases, "serde_json to owned structs");
    println!("\nmilliseconds, median of {rounds} rounds [quartiles]");
    for case in &cases {
        let [low, median, high] = case.quartiles().map(|time| time / 1e6);
        let [_, times, _] = ratio(case, base);
        println!("{:30} {median:8.1}   [{low:.1} to {high:.1}]   x {times:.2}", case.name);
    }
    println!();
    let compiled = ratio(case(&cases, "ramgate, parse and compile"), base);
    judge("parse and compile at most 1.2 times serde_json", compiled, compiled[1] <= 1.2);
}

fn read_structs(texts: &[String]) -> Vec<Document> {
    texts.iter().map(|text| serde_json::from_str(text).expect("JSON")).collect()
}

fn compile(texts: &[String]) -> Vec<Arc<Policy>> {
    let compile = |text: &String| {
        let document = parse(DocumentKind::Identity, text, "policy.json").expect("it is valid");
        Policy::new("policy", PolicyType::Custom, document).into()
    };
    texts.iter().map(compile).collect()
}
