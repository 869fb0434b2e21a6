//! What a deployment changes about a built-in product: operations added, replaced and left out, and the two switches of
//! doubt (section 3).

use ramgate::catalog::{Catalog, CatalogFile, Confidence};
use ramgate::policy::Attribute;

use super::support::calls::{Call, Check, Pairs, Route, builtin, read, resolve};

const HEAD: &str = "schema: 'ramgate-catalog/1'\n";

fn compile(name: &str, text: &str) -> Catalog {
    let text = format!("{HEAD}{text}");
    Catalog::compile(&[CatalogFile { name, text: &text }])
        .unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn ecs(operation: &str, more: &[(&str, &str)]) -> Call {
    let all =
        [("Action", operation), ("Version", "2014-05-26")].into_iter().chain(more.iter().copied());
    Call {
        method: "GET".into(),
        host: "ecs.cn-hangzhou.aliyuncs.com".into(),
        path: "/".into(),
        query: Pairs::of(&all.collect::<Vec<_>>()),
        ..Call::default()
    }
}

fn function(method: &str, path: &str) -> Call {
    Call {
        method: method.into(),
        host: "fcv3.cn-hangzhou.aliyuncs.com".into(),
        path: path.into(),
        ..Call::default()
    }
}

fn word(catalog: &Catalog, call: &Call) -> Result<String, String> {
    read(catalog, call, &Route::default()).map(|(operation, _)| operation)
}

fn unknown() -> Result<String, String> {
    Err("unknown-operation".to_owned())
}

#[test]
fn only_and_except_leave_the_rest_out() {
    let catalog = compile(
        "ecs.yaml",
        "product: ecs\nextends: builtin\nonly: ['Describe*', StopInstance]\nexcept: [DescribeDisks]\n",
    );
    assert_eq!(word(&catalog, &ecs("DescribeInstances", &[])), Ok("DescribeInstances".into()));
    assert_eq!(
        word(&catalog, &ecs("StopInstance", &[("InstanceId", "i-1")])),
        Ok("StopInstance".into())
    );
    assert_eq!(word(&catalog, &ecs("DescribeDisks", &[])), unknown());
    assert_eq!(word(&catalog, &ecs("DeleteInstance", &[("InstanceId", "i-1")])), unknown());
}

/// The most literal of the hosts that fit counts, whatever fits beside it.
#[test]
fn a_host_may_be_written_in_full() {
    let catalog = compile(
        "ecs.yaml",
        "product: ecs\nextends: builtin\nendpoints: ['{a}.cna.aliyuncs.com', 'ecs.cna.aliyuncs.com']\n",
    );
    let host =
        |host: &str| Call { host: host.into(), ..ecs("StopInstance", &[("InstanceId", "i-1")]) };
    for host in [host("ecs.cna.aliyuncs.com"), host("ecs.cn-b.aliyuncs.com")] {
        assert_eq!(word(&catalog, &host), Ok("StopInstance".into()), "{host:?}");
    }
}

/// What the file says about a key of the product counts for the operations that are built in, too.
#[test]
fn a_key_may_be_formed_from_something_else() {
    let catalog = compile(
        "ecs.yaml",
        "product: ecs\nextends: builtin\ncondition_keys:\n  'ecs:InstanceType': {type: string, from: [Flavour], derive: value}\n",
    );
    let run = |name, value| ecs("RunInstances", &[("ImageId", "m-1"), (name, value)]);
    assert_eq!(word(&catalog, &run("Flavour", "x")), Ok("RunInstances".into()));
    assert_eq!(word(&catalog, &run("flavour", "x")), Err("look-alike-parameter".into()));
    let look = |call: ramgate::catalog::Call<'_>| match call.attributes.get("ecs:InstanceType") {
        Attribute::Texts(texts) => texts.join(","),
        other => format!("{other:?}"),
    };
    let found = resolve(&catalog, &run("Flavour", "x"), &Route::default(), look);
    assert_eq!(found, Ok("x".to_owned()));
}

/// Nor does a body stay unread that a key is formed from now.
#[test]
fn a_key_may_be_formed_from_the_body() {
    let catalog = compile(
        "fc.yaml",
        "product: fc\nextends: builtin\ncondition_keys:\n  'fc:EnableCustomDomainHTTP': {type: string, from: [body.plain], derive: value}\n",
    );
    let body = Some("{\"domainName\": \"a.example.com\", \"plain\": \"yes\"}".to_owned());
    let call = Call { body, ..function("POST", "/2023-03-30/custom-domains") };
    let look =
        |call: ramgate::catalog::Call<'_>| match call.attributes.get("fc:EnableCustomDomainHTTP") {
            Attribute::Texts(texts) => texts.join(","),
            other => format!("{other:?}"),
        };
    assert_eq!(resolve(&catalog, &call, &Route::default(), look), Ok("yes".to_owned()));
}

/// What is left out still takes its requests: they are not read as something less specific.
#[test]
fn a_request_for_what_is_left_out_is_not_read_as_another() {
    let text = "product: fc
extends: builtin
versions: ['2099-01-01']
except: [GetSpecial]
operations:
  - {name: GetAny, method: GET, path: '/2099-01-01/{name}', checks: [{action: 'fc:GetAny', resources: [{arn: '*', required: true}]}]}
  - {name: GetSpecial, method: GET, path: '/2099-01-01/special', checks: [{action: 'fc:GetSpecial', resources: [{arn: '*', required: true}]}]}
";
    let catalog = compile("fc.yaml", text);
    assert_eq!(word(&catalog, &function("GET", "/2099-01-01/a")), Ok("GetAny".into()));
    assert_eq!(word(&catalog, &function("GET", "/2099-01-01/special")), unknown());
    let all = compile("fc.yaml", &text.replace("except: [GetSpecial]\n", ""));
    assert_eq!(word(&all, &function("GET", "/2099-01-01/special")), Ok("GetSpecial".into()));
}

#[test]
fn operations_are_added_and_replaced() {
    let catalog = compile(
        "fc.yaml",
        "product: fc
extends: builtin
versions: ['2099-01-01']
sources:
  OWN: {what: 'our own extension'}
operations:
  - name: GetFunction
    api: '2023-03-30'
    method: GET
    path: '/2023-03-30/functions/{functionName}'
    checks:
      - action: 'fc:ReadFunction'
        resources:
          - {arn: 'acs:fc:{RegionId}:{AccountId}:functions/{functionName}', required: true}
  - name: PaintFunction
    api: '2099-01-01'
    method: POST
    path: '/2099-01-01/functions/{functionName}/paint'
    source: OWN
    checks:
      - action: 'fc:PaintFunction'
        resources:
          - {arn: 'acs:fc:{RegionId}:{AccountId}:functions/{functionName}', required: true}
",
    );
    let route = Route { region: Some("cn-hangzhou"), ..Route::default() };
    let found = read(&catalog, &function("GET", "/2023-03-30/functions/f"), &route);
    let resources = vec!["acs:fc:cn-hangzhou:1234567890123456:functions/f".to_owned()];
    assert_eq!(
        found,
        Ok(("GetFunction".into(), vec![Check { action: "fc:ReadFunction".into(), resources }]))
    );
    let painted = function("POST", "/2099-01-01/functions/f/paint");
    assert_eq!(word(&catalog, &painted), Ok("PaintFunction".into()));
    let kept = function("GET", "/2023-03-30/functions");
    assert_eq!(word(&catalog, &kept), Ok("ListFunctions".into()));
}

#[test]
fn an_unlisted_operation_has_its_own_name_where_the_file_says_so() {
    let by_name = compile(
        "ecs.yaml",
        "product: ecs\nextends: builtin\nexcept: [StopInstance]\nunlisted: by-name\n",
    );
    let found = read(&by_name, &ecs("PaintInstance", &[]), &Route::default());
    let check = Check { action: "ecs:PaintInstance".into(), resources: vec!["*".into()] };
    assert_eq!(found, Ok(("PaintInstance".into(), vec![check])));
    // Neither what is left out, nor another spelling of what is known, nor what is no name at all.
    for name in ["StopInstance", "stopInstance", "DESCRIBEINSTANCES", "Paint Instance", "1", ""] {
        assert_eq!(word(&by_name, &ecs(name, &[])), unknown(), "{name}");
    }
    let owner = ecs("PaintInstance", &[("OwnerId", "1")]);
    assert_eq!(word(&by_name, &owner), Err("account-mismatch".into()));
    let refused = compile("ecs.yaml", "product: ecs\nextends: builtin\n");
    assert_eq!(word(&refused, &ecs("PaintInstance", &[])), unknown());
}

#[test]
fn doubtful_entries_are_refused_where_the_route_says_so() {
    let catalog = builtin();
    let at_least = |least, call: &Call| {
        let route = Route { min_confidence: least, ..Route::default() };
        read(&catalog, call, &route).map(|(operation, _)| operation)
    };
    let low = function("PUT", "/2023-03-30/functions/f/scaling-config");
    let high = function("GET", "/2023-03-30/functions/f");
    assert!(at_least(None, &low).is_ok());
    assert!(at_least(Some(Confidence::Low), &low).is_ok());
    assert_eq!(at_least(Some(Confidence::Medium), &low), unknown());
    assert_eq!(at_least(Some(Confidence::High), &high), Ok("GetFunction".into()));
    // An operation of which nobody said how sure it is.
    let unmarked = compile("notes.yaml", &NOTES.replacen("schema: 'ramgate-catalog/1'\n", "", 1));
    let note = Call {
        method: "GET".into(),
        host: "notes.example.test".into(),
        path: "/notes/a".into(),
        ..Call::default()
    };
    let route = Route { min_confidence: Some(Confidence::Low), ..Route::default() };
    assert_eq!(word(&unmarked, &note), Ok("ReadNote".into()));
    assert_eq!(read(&unmarked, &note, &route).map(|(operation, _)| operation), unknown());
}

const NOTES: &str = include_str!("../../policies/example/catalog/notes.yaml");

#[test]
fn broken_overlays_are_refused_with_line_and_field() {
    let check = |name: &str, text: &str, line: u32, field: &str, message: &str| {
        let text = format!("{HEAD}{text}");
        let problems = Catalog::compile(&[CatalogFile { name, text: &text }]).unwrap_err();
        let found = problems.iter().any(|problem| {
            let all = format!("{} {}", problem.message, problem.help.as_deref().unwrap_or(""));
            problem.at.line == line && problem.field == field && all.contains(message)
        });
        assert!(found, "{text}: {problems:#?}");
    };
    let head = "product: ecs\nextends: builtin\n";
    check("ecs.yaml", "product: ecs\nextends: ecs\n", 3, "extends", "only a built-in");
    check("esc.yaml", "product: esc\nextends: builtin\n", 3, "extends", "built in are arms, ecs");
    check("ecs.yaml", &format!("{head}style: rpc\n"), 4, "style", "unknown field");
    check("ecs.yaml", &format!("{head}only: [StopInstanc]\n"), 4, "only[0]", "`StopInstance`?");
    check("ecs.yaml", &format!("{head}except: ['Paint*']\n"), 4, "except[0]", "no operation");
    let twice = "endpoints: ['ecs.{zone}.aliyuncs.com']\n";
    check("ecs.yaml", &format!("{head}{twice}"), 4, "endpoints[0]", "already");
    // The built-in product would be served beside it.
    check("ecs.more.yaml", &format!("{head}only: [StopInstance]\n"), 3, "extends", "built in are");
    check("fc.yaml", "product: fc\nextends: builtin\nunlisted: by-name\n", 4, "unlisted", "rpc");
}
