//! `ramgate catalog`: the real binary on files as people have them.

use std::fs;
use std::path::Path;
use std::process::Command;

use ramgate::catalog::{Catalog, CatalogFile};
use ramgate::strict::{Node, yaml};

const DATA: &str = "tests/it/catalog_command";

/// How a command ended, and what it said.
#[derive(Debug)]
struct Said {
    code: Option<i32>,
    output: String,
    errors: String,
}

fn catalog(arguments: &[&str]) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_ramgate"))
        .arg("catalog")
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { code: output.status.code(), output: text(&output.stdout), errors: text(&output.stderr) }
}

#[track_caller]
fn succeeds(arguments: &[&str]) -> Said {
    let said = catalog(arguments);
    assert_eq!(said.code, Some(0), "{said:#?}");
    said
}

/// A folder for output files.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.path(name), text).unwrap();
        self.path(name)
    }
}

fn loads(product: &str, text: &str) {
    let name = format!("{product}.yaml");
    let compiled = Catalog::compile(&[CatalogFile { name: &name, text }]);
    assert!(compiled.is_ok(), "{compiled:#?}\n{text}");
}

/// A line of the only block of an operation that begins like this.
fn operation<'t>(text: &'t str, name: &str) -> &'t str {
    let (_, after) = text.split_once(&format!("  - name: {name}\n")).unwrap();
    after.split("  - name: ").next().unwrap()
}

#[test]
fn every_format_becomes_a_file_that_loads() {
    for (input, product, operations, contains) in [
        ("../../../docs/tutorial/orders.openapi.yaml", "orders", 6, "order/{orderId}"),
        ("lamp.api-docs.json", "lamp", 4, "lamp/{LampIds}', required: false, absent: wildcard}"),
        ("cs.api-docs.json", "cs", 3, "path: '/api/v2/k8s/{ClusterId}/user_config'"),
        ("metadatas/cs", "cs", 2, "path: '/clusters/{ClusterId}/nodepools/{NodepoolId}'"),
        ("metadatas/arms", "arms", 1, "versions: ['2019-08-08']"),
    ] {
        let said = succeeds(&["import", &format!("{DATA}/{input}")]);
        loads(product, &said.output);
        assert!(said.output.contains(contains), "{input}: {}", said.output);
        let root = yaml(&said.output).unwrap().root;
        let found = root.get("operations").map(Node::items).unwrap();
        assert_eq!(found.len(), operations, "{input}");
        let noun = if operations == 1 { "operation" } else { "operations" };
        assert!(said.errors.contains(&format!("{operations} {noun}, ")), "{}", said.errors);
        assert!(!said.output.contains("confidence: high"), "no import is sure of anything");
    }
}

#[test]
fn metadata_of_one_api_takes_what_it_lacks_from_the_command_line() {
    let file = format!("{DATA}/metadatas/arms/TagResources.json");
    let said = catalog(&["import", &file]);
    assert_eq!(said.code, Some(1));
    assert!(said.errors.contains("nothing says which version"), "{}", said.errors);
    let said = succeeds(&[
        "import",
        &file,
        "--format",
        "portal",
        "--api-version",
        "2019-08-08",
        "--host",
        "arms.internal",
        "--product",
        "tags",
        "--ram-code",
        "arms",
        "--scope",
        "global",
    ]);
    loads("tags", &said.output);
    for line in [
        "product: tags\n",
        "ram_code: arms\n",
        "- 'arms.internal'",
        "scope: global",
        "'arms:TagResources'",
    ] {
        assert!(said.output.contains(line), "{line}: {}", said.output);
    }
}

#[test]
fn a_refused_input_leaves_no_file() {
    let folder = Folder::new();
    let output = folder.path("lamp.yaml");
    let text = fs::read_to_string(format!("{DATA}/lamp.api-docs.json")).unwrap();
    let broken =
        text.replace("\"validationType\": \"always\"", "\"validationType\": \"sometimes\"");
    let input = folder.write("lamp.json", &broken);
    let said = catalog(&["import", &input, "--output", &output]);
    assert_eq!(said.code, Some(1));
    assert!(said.errors.contains("lamp.json:21:14: error: known are `always`"), "{}", said.errors);
    assert!(said.errors.contains(
        "field: apis.SwitchLamp.ramActions[0].ramAction.authResources[0].validationType"
    ));
    assert!(!Path::new(&output).exists());
}

#[test]
fn an_output_is_new_and_named_after_its_product() {
    let folder = Folder::new();
    let input = format!("{DATA}/lamp.api-docs.json");
    let output = folder.path("lamp.yaml");
    let said = succeeds(&["import", &input, "--output", &output]);
    assert!(said.output.is_empty() && said.errors.contains("next: edit"), "{said:?}");
    loads("lamp", &fs::read_to_string(&output).unwrap());
    let said = catalog(&["import", &input, "--output", &output]);
    assert!(
        said.code == Some(1) && said.errors.contains("exists; remove it, or give it to --merge"),
        "{said:?}"
    );
    let said =
        catalog(&["import", &input, "--product", "lamp", "--output", &folder.path("light.yaml")]);
    assert!(
        said.code == Some(1) && said.errors.contains("named after its product, lamp.yaml"),
        "{said:?}"
    );
    // The name of the output is the name of the product, unless one is given.
    succeeds(&["import", &input, "--output", &folder.path("light.yaml")]);
    assert!(fs::read_to_string(folder.path("light.yaml")).unwrap().contains("product: light\n"));
}

#[test]
fn merging_keeps_what_people_wrote() {
    let folder = Folder::new();
    let input = format!("{DATA}/lamp.api-docs.json");
    let first = succeeds(&["import", &input]).output;
    let (before, _) = first.split_once("  - name: OpenLampService").unwrap();
    let mine = before
        .replace("    confidence: medium\n    source: P\n  # review: `LampIds`", "    confidence: high # by me\n    source: P\n  # review: `LampIds`")
        .replace("lamp/{LampId}', required: true", "lamp/{LampId}', required: false")   // in SwitchLamp, which is high
        .replace("{LampIds}", "{LampIds:list}")                                         // in DescribeLamps, which is not
        + "  # my own\n  - name: Secret\n    checks:\n      - action: 'lamp:Secret'\n        resources: [{arn: '*', required: true}]\n";
    let old = folder.write("lamp.yaml", &mine);
    let said = succeeds(&["import", &input, "--merge", &old]);
    loads("lamp", &said.output);
    for line in [
        "! SwitchLamp: differs, and is kept\n    checks: ",
        "~ DescribeLamps: replaced\n    checks: ",
        "= Secret: not in the import, and is kept\n",
        "+ OpenLampService: added\n",
    ] {
        assert!(said.errors.contains(line), "{line}: {}", said.errors);
    }
    assert!(!said.errors.contains("DescribeRegions"), "{}", said.errors);
    assert_eq!(operation(&said.output, "SwitchLamp"), operation(&mine, "SwitchLamp"));
    assert_eq!(operation(&said.output, "DescribeLamps"), operation(&first, "DescribeLamps"));
    assert!(
        said.output.contains("high # by me")
            && said.output.contains("  # my own\n  - name: Secret\n")
    );
    // Merging once more changes nothing.
    let again = folder.write("lamp.yaml", &said.output);
    let said = succeeds(&["import", &input, "--merge", &again, "--output", &again]);
    assert!(!said.errors.contains("added") && !said.errors.contains("replaced"), "{}", said.errors);
    assert_eq!(
        fs::read_to_string(&again).unwrap(),
        fs::read_to_string(folder.path("lamp.yaml")).unwrap()
    );
}

#[test]
fn merging_into_a_file_written_by_hand() {
    let folder = Folder::new();
    let mine = "schema: 'ramgate-catalog/1'\nproduct: lamp\nram_code: lamp\nstyle: rpc\nversions: ['2024-01-01']\n\
        endpoints: ['lamp.example.test']\nscope: regional\noperations:\n  - name: SwitchLamp\n    checks:\n      \
        - {action: 'lamp:SwitchLamp', resources: [{arn: '*', required: true}]}\nnotes: ['mine']\n";
    let old = folder.write("lamp.yaml", mine);
    let input = format!("{DATA}/lamp.api-docs.json");
    let said = succeeds(&["import", &input, "--merge", &old]);
    loads("lamp", &said.output);
    // Nobody said how sure SwitchLamp is: then a person was.
    assert!(said.errors.contains("! SwitchLamp: differs, and is kept"), "{}", said.errors);
    assert!(
        said.output.contains("sources:\n  P: {what: 'published API metadata of Lamp'"),
        "{}",
        said.output
    );
    assert!(said.output.ends_with("notes: ['mine']\n"), "{}", said.output);
    for (from, to, says) in [
        ("ram_code: lamp", "ram_code: light", "another `ram_code`"),
        (
            "operations:\n  - name: SwitchLamp\n",
            "operations:\n  -\n    name: SwitchLamp\n",
            "on a line of its own",
        ),
        ("notes: ['mine']", "sources: {A: {what: 'x'}}", "`sources` is written on one line"),
        ("2024-01-01", "2023-01-01", ""),
    ] {
        let old = folder.write("lamp.yaml", &mine.replace(from, to));
        let said = catalog(&["import", &input, "--merge", &old]);
        if says.is_empty() {
            assert_eq!(said.code, Some(0), "{}", said.errors);
        } else {
            assert!(said.code == Some(1) && said.errors.contains(says), "{says}: {said:?}");
        }
    }
}

#[test]
fn list() {
    let said = succeeds(&["list"]);
    let line = said.output.lines().find(|line| line.starts_with("sts ")).unwrap();
    for word in
        ["Security Token Service", "rpc", "2015-04-01", "built in", "sts.aliyuncs.com and 2 more"]
    {
        assert!(line.contains(word), "{word}: {line}");
    }
    assert!(said.output.contains("12 products, "), "{}", said.output);
    let said = succeeds(&["list", "sts"]);
    assert!(
        said.output.contains(
            "AssumeRole          -    read   high        sts:AssumeRole sts:SetSourceIdentity\n"
        ),
        "{}",
        said.output
    );
    assert!(said.output.ends_with("4 operations\n"));
    let said = catalog(&["list", "stss"]);
    assert!(said.code == Some(1) && said.errors.contains("did you mean `sts`?"), "{said:?}");
    let said = succeeds(&["list", "--json"]);
    let own = said.output.matches("\"origin\": \"built-in\"").count();
    assert_eq!(own, 12);
    let said = succeeds(&["list", "notes", "--config", "policies/example/ramgate.yaml", "--json"]);
    assert!(said.output.contains("\"operation\": \"ReadNote\""), "{}", said.output);
    let said = succeeds(&["list", "--file", "policies/example/catalog/notes.yaml"]);
    assert!(
        said.output.contains("13 products, ")
            && said.output.contains("policies/example/catalog/notes.yaml")
    );
}

#[test]
fn show() {
    let said = succeeds(&["show", "ecs:StopInstance"]);
    for line in [
        "ecs:StopInstance\n",
        "  level: write, update\n",
        "  needs: ecs:StopInstance\n    on: acs:ecs:{RegionId}:{AccountId}:instance/{InstanceId} (required)\n",
        "  confidence: high\n",
        "  source: E25, help centre, ECS, RAM authorization table",
    ] {
        assert!(said.output.contains(line), "{line}: {}", said.output);
    }
    // By action, in any letter case, whatever the operations are called.
    for action in ["log:GetLogStoreLogs", "log:getlogstorelogs"] {
        let said = succeeds(&["show", action]);
        assert!(
            said.output.contains("sls:GetLogs (2020-12-30)\n")
                && said.output.contains("sls:GetLogsV2"),
            "{}",
            said.output
        );
    }
    let said = succeeds(&["show", "oss:CopyObject"]);
    assert!(said.output.contains("  request: headers [x-oss-copy-source]\n"), "{}", said.output);
    assert!(
        said.output.contains("    when: {source.versionId: {present: true}}\n"),
        "{}",
        said.output
    );
    let said = succeeds(&["show", "sts"]);
    assert!(said.output.contains("  source T25: help centre"), "{}", said.output);
    let said = succeeds(&["show", "sts:AssumeRoleWithSAML", "--json"]);
    assert!(
        said.output.contains("\"auth\": \"anonymous\"") && said.output.contains("\"source_text\""),
        "{}",
        said.output
    );
    for (asked, help) in [
        ("ecs:StopInstanse", "did you mean `ecs:StopInstance`?"),
        ("StopInstance", "did you mean the operation `ecs:StopInstance`?"),
        ("ecs:", "`ramgate catalog list PRODUCT` lists what there is"),
    ] {
        let said = catalog(&["show", asked]);
        assert!(said.code == Some(1) && said.errors.contains(help), "{said:?}");
    }
}

/// A file that changes a built-in product is shown as what the gate makes of both.
#[test]
fn a_changed_product() {
    let folder = Folder::new();
    let file = folder.write(
        "sts.yaml",
        "schema: 'ramgate-catalog/1'\nproduct: sts\nextends: builtin\nexcept: ['AssumeRoleWith*']\noperations:\n  \
         - name: GetCallerIdentity\n    checks: [{action: 'sts:GetCallerIdentity', resources: [{arn: '*', required: true}]}]\n",
    );
    let said = succeeds(&["list", "sts", "--file", &file]);
    assert!(
        said.output.contains("anonymous (left out)\n") && said.output.ends_with("4 operations\n"),
        "{}",
        said.output
    );
    let said = succeeds(&["show", "sts:GetCallerIdentity", "--file", &file]);
    assert!(
        said.output.contains("needs: sts:GetCallerIdentity")
            && said.output.contains("confidence: nobody said")
    );
    let said = succeeds(&["list", "--file", &file]);
    assert!(said.output.contains("built in, "), "{}", said.output);
}

const LINTED: &str = "schema: 'ramgate-catalog/1'
product: lights
ram_code: ecs
style: roa
versions: []
endpoints: ['lights.example.test', 'ecs.aliyuncs.com']
scope: regional
sources: {D: {what: 'our guide'}}
condition_keys:
  'ecs:Unused': {type: string, from: [x], derive: value}
  'ecs:Odd': {type: string, from: [x], derive: 'by magic'}
operations:
  # review: is this right?
  - name: StopInstance
    method: POST
    path: '/stop'
    level: write
    checks:
      - action: 'ecs:StopInstanse'
        resources: [{arn: '*', required: true}]
        conditions: ['ecs:Odd']
    confidence: low
    source: D
  - name: DeleteLight
    method: DELETE
    path: '/{x}'
    level: write
    checks:
      - action: 'ecs:DeleteInstance'
        resources:
          - {arn: 'acs:ecs:*:{AccountId}:light/{x}', required: true, absent: wildcard}
    confidence: high
";

#[test]
fn lint() {
    let folder = Folder::new();
    let file = folder.write("lights.yaml", LINTED);
    let said = succeeds(&["lint", &file]);
    let codes: Vec<&str> = said
        .output
        .lines()
        .filter_map(|line| line.split_once("warning[")?.1.split(']').next())
        .collect();
    let expected = [
        "overlapping-host",
        "unused-key",
        "unknown-derive",
        "review",
        "low-confidence",
        "unknown-action",
        "all-resources",
        "no-source",
        "no-literal",
        "wildcard-delete",
    ];
    assert_eq!(codes, expected, "{}", said.output);
    assert!(
        said.output.contains("lights.yaml:13:3: warning[review]: is this right?\n"),
        "{}",
        said.output
    );
    assert!(said.output.contains("help: did you mean `ecs:StopInstance`?"), "{}", said.output);
    assert!(said.output.ends_with("0 errors, 10 warnings\n"));
    assert_eq!(said.output, succeeds(&["lint", &file]).output);
    assert_eq!(catalog(&["lint", "--deny-warnings", &file]).code, Some(1));
    // Each warning goes away with its cause.
    for (from, to, code) in [
        (", 'ecs.aliyuncs.com'", "", "overlapping-host"),
        ("  'ecs:Unused': {type: string, from: [x], derive: value}\n", "", "unused-key"),
        ("by magic", "value", "unknown-derive"),
        ("from: [x], derive: 'by magic'", "lookup: tags", "unknown-derive"),
        ("  # review: is this right?\n", "", "review"),
        ("confidence: low", "confidence: medium", "low-confidence"),
        ("ecs:StopInstanse", "ecs:StopInstance", "unknown-action"),
        ("[{arn: '*'", "[{arn: 'acs:ecs:*:{AccountId}:light/{?x}'", "all-resources"),
        ("confidence: high\n", "confidence: high\n    source: D\n", "no-source"),
        ("path: '/{x}'", "path: '/lights/{x}'", "no-literal"),
        (", absent: wildcard", "", "wildcard-delete"),
    ] {
        let changed = LINTED.replace(from, to);
        assert_ne!(changed, LINTED, "{code}");
        let said = succeeds(&["lint", &folder.write("lights.yaml", &changed)]);
        assert!(!said.output.contains(&format!("[{code}]")), "{code}: {}", said.output);
        assert!(said.output.ends_with("0 errors, 9 warnings\n"), "{code}: {}", said.output);
    }
}

#[test]
fn lint_says_what_loading_refuses() {
    let folder = Folder::new();
    let file = folder.write("lights.yaml", &LINTED.replace("path: '/stop'", "path: 'stop'"));
    let fine = "policies/example/catalog/notes.yaml";
    let said = catalog(&["lint", &file, fine]);
    assert_eq!(said.code, Some(1));
    assert!(
        said.output.contains("lights.yaml:16:11: error: a path template begins with `/`"),
        "{}",
        said.output
    );
    assert!(said.output.contains("notes.yaml:11:5: warning[no-source]"), "{}", said.output);
    assert!(said.output.ends_with("1 errors, 1 warnings\n"), "{}", said.output);
    let said = succeeds(&["lint", "--config", "policies/example/ramgate.yaml"]);
    assert!(said.output.contains("warning[no-source]"), "{}", said.output);
    // The built-in files have warnings, which their reviewers know, and no error.
    let builtin: Vec<String> = Catalog::builtin_files()
        .iter()
        .map(|file| format!("policies/catalog/{}", file.name))
        .collect();
    let mut arguments = vec!["lint"];
    arguments.extend(builtin.iter().map(String::as_str));
    assert!(succeeds(&arguments).output.contains("\n0 errors, "));
    assert_eq!(catalog(&["lint"]).code, Some(2));
}
