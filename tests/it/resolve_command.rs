//! `ramgate resolve` and `ramgate test calls`, run by the real binary.
#![cfg(test)]

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::support::gate::Bundle;
use crate::support::upstream::Upstream;

const ECS: &str = "https://ecs.cn-hangzhou.aliyuncs.com/?Action=StopInstance&Version=2014-05-26";
const INSTANCE: &str = "acs:ecs:cn-hangzhou:1234567890123456:instance/i-1";

/// Status, standard output, standard error.
fn run(arguments: &[&str], input: &[u8]) -> (Option<i32>, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ramgate"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that is given its request otherwise may end before it reads this.
    let _written = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[derive(Deserialize)]
struct Report {
    expect: Expect,
    product: Option<String>,
    region: Option<String>,
    #[serde(default)]
    conditions: Conditions,
    #[serde(default)]
    unknown: std::collections::BTreeMap<String, Vec<String>>,
    notes: Vec<String>,
}

#[derive(Deserialize)]
struct Expect {
    decision: String,
    operation: Option<String>,
    reason: Option<String>,
    #[serde(default)]
    checks: Vec<Check>,
}

#[derive(Deserialize)]
struct Check {
    action: String,
    resources: Vec<String>,
}

#[derive(Default, Deserialize)]
struct Conditions {
    known: std::collections::BTreeMap<String, Vec<String>>,
    undeterminable: std::collections::BTreeMap<String, String>,
}

#[track_caller]
fn resolve(arguments: &[&str], input: &str) -> (Option<i32>, Report) {
    let (code, out, error) = run(&[&["resolve", "--json"], arguments].concat(), input.as_bytes());
    let report = serde_json::from_str(&out).unwrap_or_else(|wrong| panic!("{wrong}: {out}{error}"));
    (code, report)
}

#[test]
fn one_request_in_every_form() {
    let curl = format!("curl '{ECS}' \\\n  -d InstanceId=i-1 -H 'Authorization: acs a:b'");
    let raw = "POST /?Action=StopInstance&Version=2014-05-26 HTTP/1.1\r\nHost: ecs.cn-hangzhou.aliyuncs.com\r\n\
               Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 14\r\n\r\nInstanceId=i-1";
    let har = format!(
        r#"{{"log":{{"entries":[{{"request":{{"method":"POST","url":"{ECS}","headers":[
           {{"name":"content-type","value":"application/x-www-form-urlencoded"}}],
           "postData":{{"mimeType":"x","text":"InstanceId=i-1"}}}}}}]}}}}"#
    );
    let call = r#"{"method":"GET","host":"ecs.cn-hangzhou.aliyuncs.com","path":"/",
        "query":{"Action":"StopInstance","Version":"2014-05-26","InstanceId":"i-1"}}"#;
    let case = format!(r#"{{"id":"x","request":{call},"expect":{{}}}}"#);
    // A case that is broken says nothing about the others.
    let file = format!(r#"{{"cases":[{case},{{}}]}}"#);
    let list = format!("[{case}]");
    for input in [curl.as_str(), raw, &har, call, &case, &file, &list] {
        let (code, report) = resolve(&[], input);
        assert_eq!(code, Some(0), "{input}");
        assert_eq!(report.product.as_deref(), Some("ecs"), "{input}");
        assert_eq!(report.region.as_deref(), Some("cn-hangzhou"), "{input}");
        assert_eq!(report.expect.decision, "authorize", "{input}");
        assert_eq!(report.expect.operation.as_deref(), Some("StopInstance"), "{input}");
        let [check] = report.expect.checks.as_slice() else { panic!("{input}") };
        assert_eq!(
            (check.action.as_str(), check.resources.as_slice()),
            ("ecs:StopInstance", &[INSTANCE.to_owned()][..])
        );
    }
    let (code, report) = resolve(&["--curl", &curl], "");
    assert_eq!((code, report.expect.checks.len()), (Some(0), 1));
    let (_, out, _) = run(&["resolve", "--curl", &curl], b"");
    assert!(out.contains("facts        ramgate catalog show ecs:StopInstance\n"), "{out}");
}

#[test]
fn an_operation_that_nobody_described_has_no_facts_to_show() {
    let bundle = Bundle::example(&Upstream::start());
    let overlay = "schema: ramgate-catalog/1\nproduct: ecs\nextends: builtin\nunlisted: by-name\n";
    bundle.write("catalog/ecs.yaml", overlay);
    let config = bundle.path("ramgate.yaml");
    let config = config.to_str().unwrap();
    let asked = |action: &str| {
        let request = format!(
            "curl 'https://ecs.cn-hangzhou.aliyuncs.com/?Action={action}&Version=2014-05-26&InstanceId=i-1'"
        );
        let (code, out, error) = run(&["resolve", "--config", config, "--curl", &request], b"");
        assert_eq!(code, Some(0), "{out}{error}");
        out
    };
    let out = asked("StopInstance");
    assert!(
        out.contains(&format!("ramgate catalog show ecs:StopInstance --config {config}")),
        "{out}"
    );
    let out = asked("FlyInstance");
    assert!(
        !out.contains("catalog show") && out.contains("nobody described this operation"),
        "{out}"
    );
}

#[test]
fn a_report_is_a_case_that_passes() {
    let curl = "curl -F key=a -F 'file=@b' https://examplebucket.oss-cn-hangzhou.aliyuncs.com/";
    let (_, out, _) = run(&["resolve", "--json", "--curl", curl], b"");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cases.json");
    std::fs::write(&file, format!("{{\"cases\": [{out}]}}")).unwrap();
    let (code, out, _) = run(&["test", "calls", file.to_str().unwrap()], b"");
    assert_eq!((code, out.as_str()), (Some(0), "1 passed, 0 failed\n"));
}

#[test]
fn refusals_say_why_and_what_to_do() {
    for (request, word) in [
        (format!("curl '{ECS}&InstanceId=*'"), "bad-value"),
        (format!("curl '{ECS}&InstanceId=%zz'"), "bad-value"),
        (format!("curl '{ECS}'"), "missing-parameter"),
        ("curl https://ecs.cn-hangzhou.aliyuncs.com/".to_owned(), "unknown-version"),
        ("curl https://example.com/".to_owned(), "unknown-host"),
        (format!("curl -X DELETE '{ECS}&InstanceId=i-1'"), "unknown-operation"),
        (format!("curl --json '{{}}' '{ECS}&InstanceId=i-1'"), "unsupported-body"),
    ] {
        let (code, report) = resolve(&["--curl", &request], "");
        assert_eq!((code, report.expect.reason.as_deref()), (Some(1), Some(word)), "{request}");
        let (code, out, _) = run(&["resolve", "--curl", &request], b"");
        assert_eq!(code, Some(1));
        assert!(out.starts_with("refused") && out.contains(word), "{out}");
        assert!(out.contains("what to do"), "{out}");
    }
}

#[test]
fn what_is_no_request_is_an_error() {
    for input in ["", "hello", "{}", "{\"request\":{}}", "curl", "curl 'http://h", "{\"cases\":[]}"]
    {
        let (code, out, error) = run(&["resolve"], input.as_bytes());
        assert_eq!((code, out.as_str()), (Some(1), ""), "{input}");
        assert!(error.starts_with("ramgate: the request cannot be read: "), "{input}: {error}");
    }
    let (code, _, error) = run(&["resolve", "absent.http"], b"");
    assert_eq!(code, Some(1));
    assert!(error.starts_with("ramgate: cannot read absent.http: "), "{error}");
}

#[test]
fn unknown_is_not_everything() {
    let curl = "curl https://examplebucket.oss-cn-hangzhou.aliyuncs.com/k";
    let (_, out, _) = run(&["resolve", "--curl", curl], b"");
    assert!(out.contains("acs:oss:(unknown):1234567890123456:examplebucket/k"), "{out}");
    assert!(out.contains("\nunknown: the region"), "{out}");
    assert!(out.contains("The signature was not verified"), "{out}");
    let (_, report) = resolve(&["--curl", curl], "");
    assert_eq!(report.unknown.len(), 1);
    let central = ECS.replace("ecs.cn-hangzhou", "ecs") + "&InstanceId=i-1";
    let curl = format!("curl '{central}'");
    let (_, report) = resolve(&["--curl", &curl, "--account", "42"], "");
    assert_eq!(report.expect.checks[0].resources, ["acs:ecs:*:42:instance/i-1"]);
    let (_, report) = resolve(&["--curl", &curl, "--region", "cn-beijing"], "");
    assert_eq!(report.expect.checks[0].resources, [INSTANCE.replace("hangzhou", "beijing")]);
    assert!(report.unknown.is_empty());
}

#[test]
fn conditions() {
    let curl = format!(
        "curl '{}' -d InstanceType=ecs.g7.large -d ImageId=m-1 -d Tag.1.Key=team -d Tag.1.Value=dev",
        ECS.replace("StopInstance", "RunInstances")
    );
    let (_, report) = resolve(&["--curl", &curl], "");
    let known = |key: &str| report.conditions.known.get(key).map(Vec::as_slice);
    assert_eq!(known("ecs:InstanceType"), Some(&["ecs.g7.large".to_owned()][..]));
    assert_eq!(known("acs:RequestTag/team"), Some(&["dev".to_owned()][..]));
    let why = &report.conditions.undeterminable["ecs:ImageOwnerId"];
    assert!(why.contains("look-up"), "{why}");
    // A key that a table of tags answers has one name for each tag.
    let get = "curl https://examplebucket.oss-cn-hangzhou.aliyuncs.com/k";
    let (_, report) = resolve(&["--curl", get], "");
    let why = &report.conditions.undeterminable["oss:ExistingObjectTag/*"];
    assert!(why.contains("`files.tags`"), "{why}");
}

#[test]
fn a_caller_asks_about_himself() {
    let curl = "curl 'https://ram.aliyuncs.com/?Action=ListAccessKeys&Version=2015-05-01'";
    let (code, report) = resolve(&["--curl", curl], "");
    assert_eq!((code, report.expect.reason.as_deref()), (Some(1), Some("missing-parameter")));
    let (code, report) = resolve(&["--curl", curl, "--user", "bob"], "");
    assert_eq!(code, Some(0));
    assert!(report.expect.checks[0].resources[0].ends_with(":user/bob"));
}

#[test]
fn a_deployment_decides_hosts_routes_and_regions() {
    let bundle = Bundle::example(&Upstream::start());
    let config = bundle.path("ramgate.yaml");
    let config = config.to_str().unwrap();
    let curl = format!("curl '{ECS}&InstanceId=i-1'");
    let (code, report) = resolve(&["--config", config, "--curl", &curl], "");
    assert_eq!((code, report.region.as_deref()), (Some(0), Some("cn-hangzhou")));
    assert!(report.notes.is_empty(), "{:?}", report.notes);
    let elsewhere = curl.replace("cn-hangzhou", "cn-beijing");
    let (_, report) = resolve(&["--config", config, "--curl", &elsewhere], "");
    assert_eq!(report.expect.reason.as_deref(), Some("region-mismatch"));
    let (_, report) =
        resolve(&["--config", config, "--curl", "curl http://notes.example.test/notes/a"], "");
    assert_eq!(report.expect.operation.as_deref(), Some("ReadNote"));
    let unrouted = "curl https://examplebucket.oss-cn-hangzhou.aliyuncs.com/k";
    let (_, report) = resolve(&["--config", config, "--curl", unrouted], "");
    assert_eq!(report.expect.reason.as_deref(), Some("unknown-host"));
    let cases = format!("{}/tests/vectors/calls.json", env!("CARGO_MANIFEST_DIR"));
    let (code, out, _) = run(&["test", "calls", &cases, "--config", config], b"");
    assert_eq!(code, Some(1));
    assert!(out.contains("no route of the configuration serves the product `oss`"), "{out}");
}

#[test]
fn worked_calls_pass() {
    for (file, count) in [("calls.json", 48), ("call-refusals.json", 35)] {
        let file = format!("{}/tests/vectors/{file}", env!("CARGO_MANIFEST_DIR"));
        let (code, out, _) = run(&["test", "calls", &file], b"");
        assert_eq!((code, out), (Some(0), format!("{count} passed, 0 failed\n")), "{file}");
    }
}

#[test]
fn wrong_expectations_fail_and_are_explained() {
    let request = r#"{"host":"ecs.cn-hangzhou.aliyuncs.com","query":[["Action","StopInstance"],["Version","2014-05-26"],["InstanceId","i-1"]]}"#;
    let case = |id: &str, expect: &str| {
        format!(r#"{{"id":"{id}","basis":"x","request":{request},"expect":{expect}}}"#)
    };
    let checks = |action: &str, resources: &str| {
        format!(r#"[{{"action":"{action}","resources":[{resources}]}}]"#)
    };
    let authorize = |operation: &str, checks: &str| {
        format!(r#"{{"decision":"authorize","operation":"{operation}","checks":{checks}}}"#)
    };
    let right = checks("ecs:StopInstance", &format!("\"{INSTANCE}\""));
    let twice = checks("ecs:StopInstance", &format!("\"{INSTANCE}\",\"{INSTANCE}\""));
    let cases = [
        case("fine", &authorize("StopInstance", &right)),
        case("operation", &authorize("StartInstance", &right)),
        case("action", &authorize("StopInstance", &right.replace("ecs:Stop", "ecs:Start"))),
        case("resource", &authorize("StopInstance", &right.replace("i-1", "i-2"))),
        case("resources", &authorize("StopInstance", &twice)),
        case("checks", &authorize("StopInstance", "[]")),
        case("pass", r#"{"decision":"pass","operation":"StopInstance"}"#),
        case("deny", r#"{"decision":"deny","reason":"bad-value"}"#),
        case("word", r#"{"decision":"deny","reason":"bad-valeu"}"#),
        case("nothing", r#"{"decision":"deny"}"#),
        case("nobody", r#"{"decision":"authorize","operation":"StopInstance"}"#),
        r#"{"id":"empty"}"#.to_owned(),
        "7".to_owned(),
    ];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cases.json");
    std::fs::write(&file, format!("[{}]", cases.join(","))).unwrap();
    let (code, out, _) = run(&["test", "calls", file.to_str().unwrap()], b"");
    assert_eq!(code, Some(1));
    assert!(out.ends_with("1 passed, 12 failed\n"), "{out}");
    assert!(out.contains("FAILED deny\n    expected deny bad-value\n    found authorize StopInstance; ecs:StopInstance on acs"), "{out}");
    assert!(out.contains("there is no word `bad-valeu`"), "{out}");
    for broken in ["", "{", "{}", "[]", "{\"cases\":[]}", "{\"cases\":7}"] {
        std::fs::write(&file, broken).unwrap();
        let (code, _, _) = run(&["test", "calls", file.to_str().unwrap()], b"");
        assert_eq!(code, Some(1), "{broken}");
    }
}
