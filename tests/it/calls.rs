//! Worked cases of what a request means: operation, checks and resources, or the word of the refusal.

use ramgate::cases::{CallFile, Terms};
use ramgate::catalog::{Catalog, CatalogFile};
use ramgate::signature::Family;

use super::support::calls::{Call, Check, Pairs, Route, builtin, read};

/// In case files the label of the host counts as pinned.
fn pinned_read(
    catalog: &Catalog,
    call: &Call,
    literal_paths: bool,
) -> Result<(String, Vec<Check>), String> {
    let located = catalog.locate(&call.host).ok();
    let region = located.as_ref().and_then(|located| located.label("region"));
    read(catalog, call, &Route { literal_paths, region, ..Route::default() })
}

/// Every case of a file, through the code that runs `ramgate test calls`.
#[track_caller]
fn check_file(text: &str, cases_min: usize) {
    let catalog = builtin();
    let file = CallFile::parse(text).unwrap();
    let terms = Terms::of(&catalog, "1".parse().unwrap());
    let wrong: Vec<String> = file
        .cases()
        .map(|case| format!("{}: {}", case.id, case.failure(&terms)))
        .filter(|failure| !failure.ends_with(": "))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(file.cases().count() >= cases_min);
}

#[test]
fn worked_cases() {
    check_file(include_str!("../vectors/calls.json"), 48);
}

/// Requests that are refused before, while or after they are parsed, and a few that are not.
#[test]
fn refused_cases() {
    check_file(include_str!("../vectors/call-refusals.json"), 35);
}

/// Requests that have two readings or none.
#[test]
fn hostile_cases() {
    check_file(include_str!("../vectors/hostile-calls.json"), 300);
}

/// The edges of the reading rules, and requests that are wrong in two ways.
#[test]
fn edge_cases() {
    check_file(include_str!("../vectors/edge-calls.json"), 260);
}

#[test]
fn hosts_speak_the_signatures_of_their_product() {
    let catalog = builtin();
    let check = |host: &str, family: Family| {
        let located = catalog.locate(host).unwrap();
        assert_eq!(located.product().signatures(), family, "{host}");
    };
    check("ecs.cn-hangzhou.aliyuncs.com", Family::OpenApi);
    check("fc.cn-hangzhou.aliyuncs.com", Family::FunctionCompute);
    assert_eq!(catalog.product_of("log").unwrap().signatures(), Family::LogService);
    assert_eq!(catalog.product_of("oss").unwrap().signatures(), Family::Oss);
}

fn rpc(operation: &str, parameters: &[(&str, &str)]) -> Call {
    let all = [("Action", operation), ("Version", "2014-05-26")]
        .into_iter()
        .chain(parameters.iter().copied());
    Call {
        method: "GET".into(),
        host: "ecs.cn-hangzhou.aliyuncs.com".into(),
        path: "/".into(),
        query: Pairs::of(&all.collect::<Vec<_>>()),
        ..Call::default()
    }
}

#[test]
fn words_of_refusal() {
    let catalog = builtin();
    let check = |parameters: &[(&str, &str)], word: &str| {
        let found = pinned_read(&catalog, &rpc("StopInstances", parameters), false);
        assert_eq!(found.map(|_| ()), Err(word.to_owned()), "{parameters:?}");
    };
    let good = ("InstanceId.1", "i-1");
    assert!(pinned_read(&catalog, &rpc("StopInstances", &[good]), false).is_ok());
    check(&[("InstanceId", "i-1")], "malformed-list");
    check(&[("InstanceId.0", "i-1")], "malformed-list");
    check(&[("InstanceId.01", "i-1")], "malformed-list");
    check(&[good, ("InstanceId.x", "i-1")], "malformed-list");
    check(&[], "missing-parameter");
    check(&[good, ("instanceId.2", "i-2")], "look-alike-parameter");
    check(&[good, ("ACTION", "x")], "look-alike-parameter");
    check(&[good, ("InstanceId.1.x", "i-2")], "malformed-list");
    check(&[good, ("instanceid.02", "i-2")], "look-alike-parameter");
    check(&[good, (" InstanceId.2", "i-2")], "look-alike-parameter");
    check(&[good, ("instanceId[2]", "i-2")], "look-alike-parameter");
    check(&[good, ("RegionId[]", "cn-beijing")], "look-alike-parameter");
    check(&[good, ("OwnerId", "1")], "account-mismatch");
    check(&[good, ("ResourceOwnerAccount", "a@b")], "account-mismatch");
    check(&[good, ("RegionId", "cn-beijing")], "region-mismatch");
    for value in ["", "a b", "*", "i-?", "a:b", "a/b", "a\\b"] {
        check(&[("InstanceId.1", value)], "bad-value");
    }
}

#[test]
fn methods_of_rpc() {
    let catalog = builtin();
    for (method, found) in [("GET", true), ("POST", true), ("PUT", false), ("HEAD", false)] {
        let call = Call { method: method.into(), ..rpc("DescribeRegions", &[]) };
        let word = pinned_read(&catalog, &call, false).map(|_| ());
        let expected = if found { Ok(()) } else { Err("unknown-operation".to_owned()) };
        assert_eq!(word, expected, "{method}");
    }
}

#[test]
fn spellings_of_one_value() {
    let catalog = builtin();
    let good = ("InstanceId", "i-1");
    for name in [
        "InstanceId[]",
        "InstanceId.",
        "InstanceId ",
        "InstanceId.1",
        "InstanceId[0]",
        "instanceid",
    ] {
        let found = pinned_read(&catalog, &rpc("StopInstance", &[good, (name, "i-prod")]), false);
        assert_eq!(found.map(|_| ()), Err("look-alike-parameter".to_owned()), "{name}");
    }
}

#[test]
fn paths_of_roa() {
    let catalog = builtin();
    let call = |method: &str, path: &str| Call {
        method: method.into(),
        host: "fcv3.cn-hangzhou.aliyuncs.com".into(),
        path: path.into(),
        ..Call::default()
    };
    let word = |method: &str, path: &str, literal: bool| {
        pinned_read(&catalog, &call(method, path), literal).map(|(operation, _)| operation)
    };
    assert_eq!(word("GET", "/2023-03-30/functions/f", false), Ok("GetFunction".into()));
    assert_eq!(word("GET", "/2023-03-30/functions/a%2Fb", true), Ok("GetFunction".into()));
    for path in [
        "/2023-03-30/functions/a%2Fb",
        "/2023-03-30//functions",
        "/2023-03-30/functions/..",
        "/2023-03-30/functions/",
        "/2023-03-30/functions/a;b",
    ] {
        assert_eq!(word("GET", path, false), Err("bad-path".into()), "{path}");
    }
    assert_eq!(word("PATCH", "/2023-03-30/functions/f", false), Err("unknown-operation".into()));
    assert_eq!(word("GET", "/2016-08-15/services", false), Err("unknown-operation".into()));
}

#[test]
fn a_selecting_name_is_no_other_spelling() {
    let catalog = builtin();
    let split = |query: &[(&str, &str)]| Call {
        method: "POST".into(),
        host: "my-project.cn-hangzhou.log.aliyuncs.com".into(),
        path: "/logstores/app/shards/0".into(),
        query: Pairs::of(query),
        ..Call::default()
    };
    let read = |query: &[(&str, &str)]| {
        pinned_read(&catalog, &split(query), false).map(|(operation, _)| operation)
    };
    assert_eq!(read(&[("action", "split"), ("key", "e0")]), Ok("SplitShard".into()));
    assert_eq!(
        read(&[("action", "split"), ("Action", "merge")]),
        Err("look-alike-parameter".into())
    );
    assert_eq!(
        read(&[("action", "split"), ("action", "merge")]),
        Err("duplicate-parameter".into())
    );
}

#[test]
fn a_free_query_repeats_what_nobody_reads() {
    let read = |text: &str, query: &[(&str, &str)]| {
        let catalog = Catalog::compile(&[CatalogFile { name: "notes.yaml", text }]).unwrap();
        let call = Call {
            method: "GET".into(),
            host: "notes.example.test".into(),
            path: "/notes/a".into(),
            query: Pairs::of(query),
            ..Call::default()
        };
        pinned_read(&catalog, &call, false).map(|(operation, _)| operation)
    };
    let read_note = "  - name: ReadNote\n";
    assert!(NOTES.contains(read_note));
    let free = NOTES.replacen(read_note, "  - name: ReadNote\n    traits: [free-query]\n", 1);
    let reading = free.replacen("note/{name}'", "note/{tag}'", 1);
    let twice = [("tag", "a"), ("tag", "b")];
    let refused = || Err("duplicate-parameter".to_owned());
    assert_eq!(read(&free, &twice), Ok("ReadNote".into()));
    assert_eq!(read(NOTES, &twice), refused());
    assert_eq!(read(&reading, &twice), refused(), "a name that is read");
    assert_eq!(read(&free, &[("OwnerId", "1"), ("OwnerId", "2")]), refused());
}

const NOTES: &str = include_str!("../../policies/example/catalog/notes.yaml");
