//! The rules of the importer as tables. An input that a table refuses differs in one thing from one that it takes.

use proptest::prelude::*;

use super::*;

const DOCUMENT: &str = include_str!("../../../docs/tutorial/orders.openapi.yaml");
const PORTAL: &str = include_str!("../../../tests/it/catalog_command/lamp.api-docs.json");

fn options() -> Options {
    Options {
        format: Format::Auto,
        product: None,
        ram_code: None,
        hosts: Vec::new(),
        scope: None,
        versions: Vec::new(),
    }
}

fn run(name: &str, text: &str) -> Result<Imported, Vec<Problem>> {
    import(&[Input { name, text }], &options())
}

fn shown(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// A product with one API.
fn portal(style: &str, api: &str) -> String {
    let style = format!(r#"{{"style": "{style}", "product": "Lamp", "version": "2024-01-01"}}"#);
    let endpoints = r#"[{"regionId": "cn-x", "endpoint": "lamp.cn-x.aliyuncs.com"}]"#;
    format!(r#"{{"info": {style}, "apis": {{"SwitchLamp": {api}}}, "endpoints": {endpoints}}}"#)
}

/// The resources that ARNs become, and how many questions are asked.
#[track_caller]
fn check_resources(parameters: &str, arns: &[&str], expected: &[&str], reviews: usize) {
    let resource = |arn: &&str| {
        let (word, arn) = arn.split_once(' ').unwrap_or(("always", arn));
        format!(r#"{{"validationType": "{word}", "arn": "{arn}"}}"#)
    };
    let resources: Vec<String> = arns.iter().map(resource).collect();
    let api = format!(
        r#"{{"parameters": [{parameters}], "systemTags": {{"operationType": "update"}}, "ramActions":
          [{{"action": "lamp:SwitchLamp", "authResources": [{}]}}]}}"#,
        resources.join(",")
    );
    let imported = run("lamp.json", &portal("RPC", &api)).unwrap();
    let operation = &imported.draft.operations[0];
    let found: Vec<String> = operation.checks[0].resources.iter().map(write::flow).collect();
    assert_eq!(found, expected, "{parameters} {arns:?}");
    assert_eq!(operation.reviews.len(), reviews, "{:#?}", operation.reviews);
}

fn text(name: &str) -> String {
    format!(r#"{{"name": "{name}", "in": "query", "schema": {{"type": "string"}}}}"#)
}

fn list(name: &str, style: &str, items: &str) -> String {
    format!(
        r#"{{"name": "{name}", "in": "query", "style": "{style}", "schema": {{"type": "array", "items": {{"type": "{items}"}}}}}}"#
    )
}

/// Rules 2 and 3: which parameter a variable is, and how it carries its values.
#[test]
fn variables() {
    const LAMP: &str = "acs:lamp:{#regionId}:{#accountId}:lamp/";
    let written = |id: &str| {
        format!("{{arn: 'acs:lamp:{{RegionId}}:{{AccountId}}:lamp/{id}', required: true}}")
    };
    let both = format!("{},{}", text("LampId"), text("lampId"));
    let other = format!("{},{}", text("Id"), text("LampId"));
    let described = |words: &str| {
        format!(
            r#"{{"name": "LampId", "in": "query", "schema": {{"type": "string", "description": "{words}"}}}}"#
        )
    };
    let in_body = r#"{"name": "LampId", "in": "body", "schema": {"type": "string"}}"#.to_owned();
    let of_objects =
        r#"{"name": "LampId", "in": "query", "style": "json", "schema": {"type": "object"}}"#;
    for (parameters, variable, expected, reviews) in [
        (text("LampId"), "LampId", "{LampId}", 0),
        (text("LampId"), "lampid", "{LampId}", 0),
        (both.clone(), "LampId", "{LampId}", 0), // exact before equal without case
        (both, "lampID", "{?lampID}", 1),        // two could be meant
        (text("LampId"), "id", "{LampId}", 0),   // <type>Id
        (other, "Id", "{Id}", 0),                // exact before <type>Id
        (text("LampName"), "Name", "{?Name}", 1), // no guess
        (text("ShadeId"), "LampId", "{?LampId}", 1), // never across types
        (text("Lamp.N"), "Lamp", "{Lamp.N}", 0), // the same name with .N
        (list("LampId", "repeatList", "string"), "LampId", "{LampId.N}", 0),
        (list("LampId", "json", "string"), "LampId", "{LampId:json}", 0),
        (list("LampId", "simple", "string"), "LampId", "{LampId:csv}", 1),
        (list("LampId", "flat", "string"), "LampId", "{LampId.N}", 1),
        (list("LampId", "xml", "string"), "LampId", "{?LampId}", 1),
        (list("LampId", "repeatList", "object"), "LampId", "{?LampId}", 1),
        (of_objects.to_owned(), "LampId", "{?LampId}", 1),
        (in_body, "LampId", "{?LampId}", 1),
        (described("one id"), "LampId", "{LampId}", 0),
        (described("a JSON array of ids"), "LampId", "{LampId}", 1),
        (described("ids, separated by commas"), "LampId", "{LampId}", 1),
        (described("多个用半角逗号分隔"), "LampId", "{LampId}", 1),
    ] {
        let arn = format!("{LAMP}{{#{variable}}}");
        check_resources(&parameters, &[&arn], &[&written(expected)], reviews);
    }
}

/// Rule 4: mandatory resources, and the pair of a type and one of it.
#[test]
fn pairs() {
    const ALL: &str = "acs:lamp:*:{#accountId}:lamp/*";
    const ONE: &str = "acs:lamp:*:{#accountId}:lamp/{#LampId}";
    let lamp = "arn: 'acs:lamp:*:{AccountId}:lamp/";
    let pair = format!("{{{lamp}{{LampId}}', required: true, absent: wildcard}}");
    let optional = format!("{{{lamp}{{LampId}}', required: false, absent: wildcard}}");
    let both = [format!("conditional {ALL}"), format!("conditional {ONE}")];
    let parameters = text("LampId");
    check_resources(&parameters, &[ALL, ONE], &[&pair], 0);
    check_resources(&parameters, &[ONE, ALL], &[&pair], 0);
    check_resources(&parameters, &[ONE, ALL, ONE, ALL], &[&pair], 0);
    check_resources(&parameters, &[&both[0], &both[1]], &[&optional], 0);
    check_resources(&parameters, &[&both[0], ONE], &[&pair], 0);
    check_resources(&parameters, &[ALL], &[&format!("{{{lamp}*', required: true}}")], 0);
    check_resources(&parameters, &[], &["{arn: '*', required: true}"], 0);
    check_resources(&parameters, &["*"], &["{arn: '*', required: true}"], 0);
    // An empty region is a literal `*`.
    let global = "acs:lamp::{#AccountID}:lamp/{#LampId}";
    check_resources(
        &parameters,
        &[global],
        &[&format!("{{{lamp}{{LampId}}', required: true}}")],
        0,
    );
    // What only a look-up could tell is no id.
    let unknown = [
        format!("{{{lamp}*', required: true}}"),
        format!("{{{lamp}{{?LampId}}', required: true}}"),
    ];
    check_resources(&text("X"), &[ALL, ONE], &[&unknown[0], &unknown[1]], 1);
}

/// Rule 5 and 6: level, and who needs no permission.
#[test]
fn levels_and_anonymous() {
    for (name, api, level, auth, reviews) in [
        ("SwitchLamp", r#"{"systemTags": {"operationType": "update"}}"#, "write", "checks", 0),
        ("SwitchLamp", r#"{"systemTags": {"operationType": "list"}}"#, "list", "checks", 0),
        ("SwitchLamp", r#"{"systemTags": {"operationType": "none"}}"#, "write", "checks", 0),
        ("SwitchLamp", "{}", "write", "checks", 0),
        ("GetLamp", r#"{"systemTags": {"operationType": "none"}}"#, "read", "checks", 0),
        ("ListLamps", "{}", "list", "checks", 0),
        ("AddLamp", r#"{"systemTags": {"operationType": "get"}}"#, "read", "checks", 1),
        ("GetLamp", r#"{"systemTags": {"operationType": "dim"}}"#, "read", "checks", 1),
        ("GetLamp", r#"{"security": [{"Anonymous": []}]}"#, "read", "anonymous", 1),
        ("GetLamp", r#"{"security": [{"AK": []}, {"Anonymous": []}]}"#, "read", "checks", 1),
        ("GetLamp", r#"{"security": []}"#, "read", "checks", 0),
        (
            "GetLamp",
            r#"{"security": [{"Anonymous": []}], "ramActions": [{"action": "lamp:GetLamp"}]}"#,
            "read",
            "checks",
            1,
        ),
    ] {
        let text = portal("RPC", api).replace("SwitchLamp", name);
        let imported = run("lamp.json", &text).unwrap();
        let operation = &imported.draft.operations[0];
        let found = if operation.anonymous { "anonymous" } else { "checks" };
        assert_eq!((operation.kind.level(), found), (level, auth), "{name} {api}");
        assert_eq!(operation.reviews.len(), reviews, "{name} {api}: {:?}", operation.reviews);
    }
}

/// Rule 8, and whatever of `ramActions` is not as it is described.
#[test]
fn refused() {
    let ram = |ram: &str| portal("RPC", &format!(r#"{{"ramActions": {ram}}}"#));
    let arn = |arn: &str| {
        ram(&format!(
            r#"[{{"action": "lamp:X", "authResources": [{{"validationType": "always", "arn": "{arn}"}}]}}]"#
        ))
    };
    assert!(run("lamp.json", &ram(r#"[{"action": "lamp:X"}]"#)).is_ok());
    assert!(run("lamp.json", &arn("acs:lamp:*:*:lamp/x")).is_ok());
    let twice = portal("RPC", "{}").replace("{\"SwitchLamp\": {}}", "{\"A\": {}, \"A\": {}}");
    let same = r#"{"A": {"path": "/a/{x}", "methods": ["get"]}, "B": {"path": "/a/{y}", "methods": ["get"]}}"#;
    for (text, says) in [
        (twice, "stands twice"),
        (
            portal("ROA", "{}").replace("{\"SwitchLamp\": {}}", same),
            "have the same method and path",
        ),
        (portal("FC", "{}"), "only products of the styles RPC and ROA"),
        (portal("RPC", "{}").replace("\"endpoints\"", "\"hosts\""), "names no endpoint"),
        (portal("RPC", "{}").replace("\"version\"", "\"v\""), "which version"),
        (
            portal("RPC", "{}").replace("SwitchLamp", "Switch Lamp"),
            "cannot be the name of an action",
        ),
        (portal("RPC", "{}").replace("SwitchLamp", "*"), "cannot be the name of an action"),
        (ram(r#"{"action": "lamp:X"}"#), "a list is wanted"),
        (ram(r#"["lamp:X"]"#), "an object is wanted"),
        (
            ram(r#"[{"ramAction": {"action": "lamp:X"}, "relatedActions": []}]"#),
            "`relatedActions` is not known",
        ),
        (
            ram(r#"[{"ramAction": {"action": "lamp:X", "effect": "Deny"}}]"#),
            "`effect` is not known",
        ),
        (ram(r#"[{"action": "lamp:*"}]"#), "an action is"),
        (ram(r#"[{"action": "Lamp:X"}]"#), "an action is"),
        (ram(r#"[{"conditionKeys": []}]"#), "an action is"),
        (ram(r#"[{"action": "lamp:X", "conditionKeys": "lamp:Colour"}]"#), "a list is wanted"),
        (ram(r#"[{"action": "lamp:X", "authResources": {}}]"#), "a list is wanted"),
        (ram("null"), "a list is wanted"),
        (ram(r#"[{"action": "lamp:X", "conditionKeys": ["Colour"]}]"#), "a condition key is"),
        (
            ram(r#"[{"action": "lamp:X", "authResources": [{"validationType": "always"}]}]"#),
            "has no `arn`",
        ),
        (
            ram(r#"[{"action": "lamp:X", "authResources": [{"arn": "*"}]}]"#),
            "whether the resource is mandatory",
        ),
        (
            ram(
                r#"[{"action": "lamp:X", "authResources": [{"validationType": "maybe", "arn": "*"}]}]"#,
            ),
            "mandatory",
        ),
        (arn("acs:lamp:*:lamp/x"), "five segments"),
        (arn("arn:lamp:*:*:lamp/x"), "five segments"),
        (arn("acs:lamp:*:*:"), "names its service"),
        (arn("acs:{#code}:*:*:lamp/x"), "names its service"),
        (arn("acs:lamp:cn-x:*:lamp/x"), "neither `*` nor"),
        (arn("acs:lamp:*:1234567890123456:lamp/x"), "neither `*` nor"),
        (arn("acs:lamp:*:*:lamp/{LampId}"), "is no variable"),
        (arn("acs:lamp:*:*:lamp/${LampId}"), "is no variable"),
        (arn("acs:lamp:*:*:lamp/{#}"), "is no variable"),
        (arn("acs:lamp:*:*:lamp/{#x"), "without its `}`"),
        (arn("acs:lamp:*:*:lamp/x}"), "is no text of an ARN"),
    ] {
        let problems = run("lamp.json", &text).map(|it| it.text).unwrap_err();
        let shown = shown(&problems);
        assert!(shown.contains(says), "{says}: {shown}\n{text}");
    }
}

/// OpenAPI: what a document says, operation by operation.
#[test]
fn open_api() {
    let document = |server: &str, paths: &str| {
        format!(
            "openapi: 3.1.0\ninfo: {{title: T, version: '1'}}\nservers: [{{url: '{server}'}}]\npaths:\n{paths}"
        )
    };
    let host = "https://notes.example.test/v1";
    for (paths, name, level, arn, reviews) in [
        ("  /notes/{id}: {get: {operationId: get-note}}", "GetNote", "read", "note/{id}", 0),
        ("  /notes/{id}: {head: {operationId: headNote}}", "HeadNote", "read", "note/{id}", 0),
        ("  /notes/{id}: {put: {operationId: putNote}}", "PutNote", "write", "note/{id}", 0),
        ("  /notes/{id}: {patch: {operationId: patchNote}}", "PatchNote", "write", "note/{id}", 0),
        (
            "  /notes/{id}: {delete: {operationId: deleteNote}}",
            "DeleteNote",
            "write",
            "note/{id}",
            0,
        ),
        ("  /notes/{id}: {post: {operationId: getNote}}", "GetNote", "write", "note/{id}", 1),
        ("  /notes/{id}: {get: {}}", "GetNotesById", "read", "note/{id}", 1),
        ("  /a/{b}/c/{d}: {get: {operationId: g}}", "G", "read", "a/{b}/c/{d}", 1),
        ("  /{tenant}: {get: {operationId: g}}", "G", "read", "{tenant}", 1),
        (
            "  /notes/{id}/move: {post: {operationId: moveNote}}",
            "MoveNote",
            "write",
            "note/{id}",
            1,
        ),
    ] {
        let imported = run("notes.yaml", &document(host, paths)).unwrap();
        let operation = &imported.draft.operations[0];
        assert_eq!((operation.name.as_str(), operation.kind.level()), (name, level), "{paths}");
        let resource = &operation.checks[0].resources[0].arn;
        assert_eq!(resource, &format!("acs:notes:*:{{AccountId}}:{arn}"), "{paths}");
        assert_eq!(operation.reviews.len(), reviews, "{paths}: {:#?}", operation.reviews);
    }
    for (paths, left_out) in [
        ("  /a: {get: {operationId: g}, options: {operationId: o}}", 1),
        ("  /a: {get: {operationId: g}, trace: {operationId: o}}", 1),
        ("  /a: {get: {operationId: g}}\n  /b: {$ref: 'other.yaml'}", 1),
        ("  /a: {get: {operationId: g}}\n  /b/{x}.json: {get: {operationId: h}}", 1),
        ("  /a: {get: {operationId: g}}\n  /b/: {get: {operationId: h}}", 1),
        (
            "  /a: {get: {operationId: g}}\n  /b: {get: {operationId: h, servers: [{url: 'https://x'}]}}",
            1,
        ),
        ("  /a: {get: {operationId: g}, parameters: [], summary: s, x-y: 1}\n  x-z: 1", 0),
    ] {
        let imported = run("notes.yaml", &document(host, paths)).unwrap();
        assert_eq!(imported.draft.operations.len(), 1, "{paths}");
        assert_eq!(imported.draft.left_out.len(), left_out, "{paths}");
        assert_eq!(imported.warnings.len(), left_out, "{paths}");
    }
    let one = "  /a: {get: {operationId: g}}";
    let same_path = "  /a/{b}: {get: {operationId: g}}\n  /a/{c}: {get: {operationId: h}}";
    let same_name = "  /a: {get: {operationId: g-h}}\n  /b: {get: {operationId: g_h}}";
    for (text, says) in [
        (document(host, same_path), "the same method and path"),
        (document(host, same_name), "a second operation `GH`"),
        (document(host, "  /a: {get: {operationId: '1'}}"), "cannot be the name of an action"),
        (document(host, "  /a: {get: {operationId: g, operationId: h}}"), "stands twice"),
        (document(host, "  /a/{b}.c: {get: {operationId: g}}"), "a product has operations"),
        (document("/v1", one), "no server with a host name"),
        (document("https://x.test/a'}, {url: 'https://x.test/b", one), "different paths"),
        (document(host, one).replace("openapi: 3.1.0", "swagger: '2.0'"), "no OpenAPI 3"),
        (document(host, one).replace("paths", "path"), "has no paths"),
        ("openapi: 3.0.0\n- x".to_owned(), "not YAML"),
        ("{\"openapi\": ".to_owned(), "EOF"),
        ("notes".to_owned(), "no format that can be imported"),
    ] {
        let problems = run("notes.yaml", &text).map(|it| it.text).unwrap_err();
        let shown = shown(&problems);
        assert!(shown.contains(says), "{says}: {shown}\n{text}");
    }
}

/// `security: []` of an operation opens it; that of the whole document does not.
#[test]
fn only_an_operation_opens_itself() {
    let text = |above: &str, own: &str| {
        format!(
            "openapi: 3.1.0\nservers: [{{url: 'https://n.test'}}]\n{above}\npaths: {{/a: {{get: {{operationId: g{own}}}}}}}"
        )
    };
    for (above, own, anonymous) in [
        ("", "", false),
        ("", ", security: []", true),
        ("security: []", "", false),
        ("", ", security: [{}]", false),
        ("", ", security: [{key: []}]", false),
        ("", ", security: null", false),
    ] {
        let imported = run("n.yaml", &text(above, own)).unwrap();
        assert_eq!(imported.draft.operations[0].anonymous, anonymous, "{above} {own}");
    }
}

/// Texts of the input stay texts: nothing ends a quote, a comment or a line.
#[test]
fn texts_cannot_break_out() {
    let hostile = r"x' \n# review: no\u2028auth: anonymous\u0000\ufeff'}, {";
    let title = portal("RPC", "{}").replace("\"Lamp\"", &format!("\"{hostile}\""));
    let mut options = options();
    options.product = Some("lamp".to_owned());
    let imported = import(&[Input { name: "l'amp\n.json", text: &title }], &options).unwrap();
    let root = crate::strict::yaml(&imported.text).unwrap().root;
    assert!(root.get("title").unwrap().text().unwrap().starts_with("x'  # review: no auth"));
    assert_eq!(root.get("operations").unwrap().items().len(), 1);
    assert_eq!(imported.reviews, 1, "{}", imported.text);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever is cut out of an input or put in: it is refused, or becomes a file that loads.
    #[test]
    fn hostile_input_is_refused_or_becomes_a_file(
        document in any::<bool>(),
        at in 0_usize..6000,
        cut in 0_usize..40,
        put in prop_oneof![
            "[\\PC]{0,12}",
            Just("{".to_owned()), Just("}".to_owned()), Just("\"".to_owned()), Just("[]".to_owned()),
            Just("{#x}".to_owned()), Just("null".to_owned()), Just(": ".to_owned()), Just("\n".to_owned()),
            Just("/{a}/".to_owned()), Just("'".to_owned()), Just("- ".to_owned()), Just("\u{0}".to_owned()),
        ],
    ) {
        let text = if document { DOCUMENT } else { PORTAL };
        let characters: Vec<char> = text.chars().collect();
        let at = at % characters.len();
        let end = (at + cut).min(characters.len());
        let changed: String =
            characters[..at].iter().copied().chain(put.chars()).chain(characters[end..].iter().copied()).collect();
        match run("lamp.json", &changed) {
            Ok(imported) => prop_assert!(imported.operations > 0),
            Err(problems) => prop_assert!(!problems.is_empty()),
        }
    }
}
