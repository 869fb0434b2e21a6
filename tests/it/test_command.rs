//! `ramgate test`: policy tests that are files, run by the real binary.
#![cfg(test)]

use std::process::Command;

use crate::support::gate::Bundle;
use crate::support::upstream::Upstream;

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_ramgate")).args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn vectors(name: &str) -> String {
    format!("{}/tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn worked_decisions_pass() {
    for (file, least) in [("policy-examples.json", 111), ("decisions.json", 1000)] {
        let (code, out, _) = run(&["test", "decisions", &vectors(file)]);
        let last = out.lines().last().unwrap();
        let passed: usize = last.split(' ').next().unwrap().parse().unwrap();
        assert!(passed >= least && last.ends_with(" passed, 0 failed"), "{file}: {out}");
        assert_eq!(code, Some(0));
    }
}

#[test]
fn a_wrong_expectation_fails_and_is_explained() {
    let case = |expect: &str, context: &str| {
        format!(
            r#"{{"name":"c-{expect}","policies":[{{"type":"identity","document":{{"Version":"1","Statement":[
            {{"Effect":"Allow","Action":"ecs:*","Resource":"*","Condition":{{"IpAddress":{{"acs:SourceIp":"10.0.0.0/8"}}}}}}]}}}}],
            "request":{{"principal":{{"type":"RamUser","account":"1","name":"a","id":"2"}},"action":"ecs:StopInstance",
            "resource":"acs:ecs:cn-hangzhou:1:instance/i","context":{context}}},"expect":"{expect}"}}"#
        )
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cases.json");
    let fine = case("Allow", r#"{"acs:SourceIp":"10.1.2.3"}"#);
    let wrong = case("Allow", r#"{"acs:SourceIp":"192.168.0.1"}"#);
    let broken = r#"{"name":"broken","request":{}}"#;
    std::fs::write(&file, format!("[{fine},{wrong},{broken}]")).unwrap();
    let (code, out, _) = run(&["test", "decisions", file.to_str().unwrap()]);
    assert_eq!(code, Some(1));
    assert!(out.ends_with("1 passed, 2 failed\n"), "{out}");
    assert!(out.contains("expected Allow, found ImplicitDeny"), "{out}");
    assert!(
        out.contains("c-Allow/policies[0]:2 (statement 0)") && out.contains("192.168.0.1"),
        "{out}"
    );
    for text in ["[]", "{}", "not json"] {
        std::fs::write(&file, text).unwrap();
        assert_eq!(run(&["test", "decisions", file.to_str().unwrap()]).0, Some(1), "{text}");
    }
}

#[test]
fn the_example_is_tested_to_the_last_statement() {
    let bundle = Bundle::example(&Upstream::start());
    let (tests, config) = (bundle.path("tests.yaml"), bundle.path("ramgate.yaml"));
    let arguments = |least: &'static str| {
        [
            "test",
            "policies",
            tests.to_str().unwrap(),
            "--config",
            config.to_str().unwrap(),
            "--coverage-min",
            least,
        ]
    };
    let (code, out, err) = run(&arguments("100"));
    assert!(code == Some(0) && out.ends_with(" passed, 0 failed\n"), "{out}{err}");
    // A policy changes: the case that it breaks says why.
    bundle
        .change("policies/keep-production.json", |text| text.replace("i-prod-*", "i-production-*"));
    let (code, out, _) = run(&arguments("0"));
    assert_eq!(code, Some(1));
    assert!(out.contains("FAILED nobody stops production (ecs:StopInstance"), "{out}");
    assert!(out.contains("expected ExplicitDeny\n    Allow: "), "{out}");
    assert!(out.contains("never: ") && out.contains("NobodyStopsProduction"), "{out}");
    // Too little is exercised.
    bundle.change("tests.yaml", |text| {
        text.split("  - name: nobody stops").next().unwrap().to_owned()
    });
    let (code, out, _) = run(&arguments("100"));
    assert!(code == Some(1) && out.ends_with(" passed, 0 failed\n"), "{out}");
    // A test file with a mistake names its line.
    bundle.change("tests.yaml", |text| text.replace("expect: Allow", "expects: Allow"));
    let (code, _, err) = run(&arguments("0"));
    assert!(code == Some(1) && err.contains("tests.yaml:12:") && err.contains("`expect`"), "{err}");
}
