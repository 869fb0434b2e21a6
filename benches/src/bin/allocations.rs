//! Allocations of decisions, which must not be any, and memory of loaded policies.

use std::alloc::System;
use std::hint::black_box;

use ramgate::policy::{DocumentKind, Policy, PolicySet, PolicyType, Verdict, parse};
use ramgate_benches::documents;
use ramgate_benches::workload::{self, Document};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    decisions();
    memory();
}

fn decisions() {
    for size in [1, 10, 100, 1_000, 10_000] {
        let set = workload::policy_set(&workload::documents(size));
        let mut counts =
            [(Verdict::Allow, 0), (Verdict::ExplicitDeny, 0), (Verdict::ImplicitDeny, 0)];
        for request in workload::requests(size) {
            let region = Region::new(COUNTED);
            let verdict = black_box(workload::ask(&set, black_box(&request)));
            let change = region.change();
            let made = change.allocations + change.reallocations;
            assert_eq!(made, 0, "{verdict:?} with {size} policies: {request:?}");
            for (_, count) in counts.iter_mut().filter(|(counted, _)| *counted == verdict) {
                *count += 1;
            }
        }
        println!("{size} policies: no allocation in {counts:?}");
    }
}

fn memory() {
    let texts = documents::texts(10_000);
    let bytes: usize = texts.iter().map(String::len).sum();
    println!("{} documents, {:.2} MiB of JSON", texts.len(), mebibytes(bytes));

    let region = Region::new(COUNTED);
    let structs: Vec<Document> =
        texts.iter().map(|text| serde_json::from_str(text).expect("JSON")).collect();
    report("serde_json to owned structs", &region, bytes);
    drop(structs);

    let region = Region::new(COUNTED);
    let read = |text: &String| {
        let document = parse(DocumentKind::Identity, text, "policy.json").expect("it is valid");
        Policy::new("policy", PolicyType::Custom, document).into()
    };
    let policies: Vec<std::sync::Arc<Policy>> = texts.iter().map(read).collect();
    report("ramgate, policies", &region, bytes);
    let set = PolicySet::new(policies.iter().cloned());
    report("ramgate, policies and one set of all", &region, bytes);
    drop((policies, set));
}

fn report(what: &str, region: &Region<'_, System>, text_bytes: usize) {
    let change = region.change();
    let kept = change.bytes_allocated - change.bytes_deallocated;
    println!(
        "{what}: {:.2} MiB kept ({:.2} x the JSON), {} allocations kept, {} made",
        mebibytes(kept),
        kept as f64 / text_bytes as f64,
        change.allocations - change.deallocations,
        change.allocations + change.reallocations,
    );
}

fn mebibytes(bytes: usize) -> f64 {
    bytes as f64 / 1_048_576.0
}
