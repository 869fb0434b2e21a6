//! `ramgate check`: the whole report of every file, and an exit code.

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
