//! `ramgate check`: the whole report of every file, and an exit code.

use std::process::Command;

use crate::support::gate::Bundle;
use crate::support::upstream::Upstream;

#[test]
fn a_good_bundle_has_no_errors() {
    let (code, output, _) = Bundle::example(&Upstream::start()).run("check");
    assert_eq!(code, Some(0), "{output}");
    assert!(output.ends_with("0 errors, 0 warnings\n"), "{output}");
}

#[test]
fn all_problems_of_all_files_are_in_one_report_which_serve_prints_too() {
    let bundle = Bundle::example(&Upstream::start());
    bundle.change("directory.yaml", |text| {
        text.replace("groups: [operators]", "groups: [operatos]")
            .replace("  - name: bob", "  - name: bob\n    color: red")
    });
    bundle.change("policies/keep-production.json", |text| {
        text.replace("\"Deny\"", "\"deny\"").replace("\"Resource\"", "\"Resorce\"")
    });
    bundle.change("secrets/access-keys.yaml", |text| {
        text.replace("LTAI5tBobTestKey0000003", "LTAI5tAliceTestKey00001")
    });
    bundle.change("catalog/notes.yaml", |text| text.replace("path: '/notes'", "path: 'notes'"));
    bundle.change("ramgate.yaml", |text| {
        text.replace("products: [notes]", "products: [notes]\n    regoin: x")
    });
    let (code, output, _) = bundle.run("check");
    assert_eq!(code, Some(1), "{output}");
    for expected in [
        "directory.yaml:6:",
        "no group `operatos`",
        "unknown field `color`",
        "keep-production.json:6:",
        "error[V-5]: `Effect` is neither Allow nor Deny",
        "error[V-3]: unknown member `Resorce`",
        "did you mean `Resource`?",
        "field: /Statement/0/Effect",
        "access-keys.yaml:4:",
        "notes.yaml:",
        "a path template begins with `/`",
        "unknown field `regoin`",
        "did you mean `region`?",
    ] {
        assert!(output.contains(expected), "{expected} is missing in\n{output}");
    }
    let (code, _, errors) = bundle.run("serve");
    assert_eq!(code, Some(1));
    assert!(errors.contains("error[V-5]") && errors.contains("unknown field `color`"), "{errors}");
}

#[test]
fn traps_in_policies_are_warnings_and_fail_only_when_asked() {
    let bundle = Bundle::example(&Upstream::start());
    bundle.change("policies/ecs-operators.json", |text| {
        text.replace("ecs:RebootInstance", "ecs:RebootInstanse")
    });
    bundle.change("ramgate.yaml", |text| text.replace("    region: cn-hangzhou\n", ""));
    let (code, output, _) = bundle.run("check");
    assert_eq!(code, Some(0), "{output}");
    for expected in [
        "ecs-operators.json:7:76: warning[unknown-action]:",
        "did you mean `ecs:RebootInstance`?",
        "field: /Statement/0/Action/3",
        "ecs-operators.json:8:19: warning[literal-region]:",
        "0 errors, 2 warnings\n",
    ] {
        assert!(output.contains(expected), "{expected} is missing in\n{output}");
    }
    let config = bundle.path("ramgate.yaml");
    let config = config.to_str().unwrap();
    assert_eq!(check(&["--config", config, "--deny-warnings"]).0, Some(1));
}

#[test]
fn one_document_by_itself() {
    let bundle = Bundle::example(&Upstream::start());
    let path = bundle.path("policies/ecs-operators.json");
    let file = path.to_str().unwrap();
    for (arguments, code, expected) in [
        (vec!["--policy", file], 0, "0 errors, 0 warnings\n"),
        (vec!["--policy", file, "--kind", "bucket"], 1, "error[V-14]"),
        (vec!["--policy", file, "--config", "x"], 2, "cannot be used with"),
        (vec!["--kind", "trust"], 2, "required"),
        (vec!["--policy", "/nowhere.json"], 1, "cannot read"),
    ] {
        let (found, output) = check(&arguments);
        assert_eq!(found, Some(code), "{arguments:?}: {output}");
        assert!(output.contains(expected), "{arguments:?}: {output}");
    }
}

/// The exit code, and everything that was said.
fn check(arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ramgate"));
    let output = command.arg("check").args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}
