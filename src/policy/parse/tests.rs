use super::*;

/// A document of one statement with the given members.
fn of(members: &str) -> String {
    format!("{{\"Version\":\"1\",\n\"Statement\":[{{{members}}}]}}")
}

fn problems_of(kind: DocumentKind, text: &str) -> Vec<Problem> {
    parse(kind, text, "p.json").err().unwrap_or_default()
}

fn problems(text: &str) -> Vec<Problem> {
    problems_of(DocumentKind::Identity, text)
}

/// The rules that an identity policy breaks, with the field of each.
#[track_caller]
fn check(text: &str, expected: &[(&str, &str)]) {
    check_kind(DocumentKind::Identity, text, expected);
}

#[track_caller]
fn check_kind(kind: DocumentKind, text: &str, expected: &[(&str, &str)]) {
    let found = problems_of(kind, text);
    let broken: Vec<(&str, &str)> = found
        .iter()
        .map(|problem| (problem.rule.unwrap_or_default(), problem.field.as_str()))
        .collect();
    assert_eq!(broken, expected, "{text}\n{found:#?}");
}

const ALLOW_ALL: &str = r#""Effect":"Allow","Action":"*","Resource":"*""#;

#[track_caller]
fn check_condition(condition: &str, expected: &[(&str, &str)]) {
    check(&of(&format!("{ALLOW_ALL},\"Condition\":{condition}")), expected);
}

#[test]
fn whole_documents() {
    check(&of(ALLOW_ALL), &[]);
    check("{", &[("V-1", "")]);
    check("[]", &[("V-1", "")]);
    check(&of(&format!("{ALLOW_ALL},")), &[("V-1", "")]);
    check(&of(&format!("{ALLOW_ALL},\"Effect\":\"Deny\"")), &[("V-2", "")]);
    check(r#"{"Version":"1","Statement":[],"Id":"x"}"#, &[("V-3", "/Id"), ("V-4", "/Statement")]);
    check("{}", &[("V-4", ""), ("V-4", "")]);
    check(r#"{"Version":1,"Statement":{}}"#, &[("V-4", "/Version"), ("V-4", "/Statement")]);
    check(&of(ALLOW_ALL).replace("\"1\"", "\"2012-10-17\""), &[("V-4", "/Version")]);
    check(r#"{"Version":"1","Statement":["x"]}"#, &[("V-4", "/Statement/0")]);
}

#[test]
fn members_of_statements() {
    check(&of(&format!("{ALLOW_ALL},\"Sid\":\"x\"")), &[]);
    check(&of(&format!("{ALLOW_ALL},\"Sid\":7")), &[("V-3", "/Statement/0/Sid")]);
    check(&of(&format!("{ALLOW_ALL},\"a/b\":7")), &[("V-3", "/Statement/0/a~1b")]);
    check(&of(r#""Action":"*","Resource":"*""#), &[("V-5", "/Statement/0")]);
    check(
        &of(r#""Effect":"allow","Action":"*","Resource":"*""#),
        &[("V-5", "/Statement/0/Effect")],
    );
    check(&of(r#""Effect":"Allow","Resource":"*""#), &[("V-5", "/Statement/0")]);
    check(&of(r#""Effect":"Allow","Action":"*""#), &[("V-5", "/Statement/0")]);
    check(&of(r#""Effect":"Deny","NotAction":"*","NotResource":"*""#), &[]);
    check(&of(&format!("{ALLOW_ALL},\"NotAction\":\"*\"")), &[("V-5", "/Statement/0/NotAction")]);
    check(
        &of(&format!("{ALLOW_ALL},\"NotResource\":\"*\"")),
        &[("V-5", "/Statement/0/NotResource")],
    );
    check(
        &of(&format!("{ALLOW_ALL},\"Principal\":[\"*\"]")),
        &[("V-14", "/Statement/0/Principal")],
    );
    check(
        &of(&format!("{ALLOW_ALL},\"NotPrincipal\":{{}}")),
        &[("V-14", "/Statement/0/NotPrincipal")],
    );
}

#[test]
fn actions_and_resources() {
    let action =
        |value: &str| of(&format!("\"Effect\":\"Allow\",\"Action\":{value},\"Resource\":\"*\""));
    check(&action(r#"["ecs:*","*"]"#), &[]);
    check(&action("[]"), &[("V-6", "/Statement/0/Action")]);
    check(&action(r#""""#), &[("V-6", "/Statement/0/Action")]);
    check(&action(r#"["a:b",""]"#), &[("V-6", "/Statement/0/Action/1")]);
    check(&action(r#"["a:b",1]"#), &[("V-6", "/Statement/0/Action/1")]);
    check(
        &action(r#"["ecs","**"]"#),
        &[("V-7", "/Statement/0/Action/0"), ("V-7", "/Statement/0/Action/1")],
    );
    check(&action(r#""ecs:${x}""#), &[("V-13", "/Statement/0/Action")]);

    let resource =
        |value: &str| of(&format!("\"Effect\":\"Allow\",\"Action\":\"*\",\"NotResource\":{value}"));
    check(
        &resource(r#"["*","acs:oss:*:*:b/*","acs:*:*cn-beijing*:*:*","acs:ram::1:role/X"]"#),
        &[],
    );
    for bad in [
        "**",
        "acs:oss:*:*",
        "acs:oss:*::b",
        "acs:OSS:*:*:b",
        "ACS:oss:*:*:b",
        "*:oss:*:*:b",
        "b/*",
    ] {
        check(&resource(&format!("\"{bad}\"")), &[("V-8", "/Statement/0/NotResource")]);
    }
    check(&resource("null"), &[("V-6", "/Statement/0/NotResource")]);
    check(&resource(r#""acs:oss:*:*:${x}""#), &[("V-13", "/Statement/0/NotResource")]);
}

#[test]
fn conditions() {
    check_condition(
        r#"{"StringEquals":{"acs:RequestTag/a/b":["x","y"]},"Bool":{"acs:MFAPresent":"TRUE"}}"#,
        &[],
    );
    check_condition(r#"{"StringLike":{"oss:Prefix":""}}"#, &[]);
    let key = |operator: &str, key: &str| format!("/Statement/0/Condition/{operator}/{key}");
    check_condition("{}", &[("V-11", "/Statement/0/Condition")]);
    check_condition("[]", &[("V-11", "/Statement/0/Condition")]);
    check_condition(r#"{"Bool":{}}"#, &[("V-11", "/Statement/0/Condition/Bool")]);
    check_condition(
        r#"{"Bool":{"acs:MFAPresent":[]}}"#,
        &[("V-11", &key("Bool", "acs:MFAPresent"))],
    );
    check_condition(
        r#"{"Bool":{"acs:MFAPresent":true}}"#,
        &[("V-11", &key("Bool", "acs:MFAPresent"))],
    );
    check_condition(
        r#"{"Bool":{"acs:MFAPresent":"yes"}}"#,
        &[("V-12", &key("Bool", "acs:MFAPresent"))],
    );
    check_condition(
        r#"{"BoolIfExists":{"acs:MFAPresent":"true"}}"#,
        &[("V-10", "/Statement/0/Condition/BoolIfExists")],
    );
    check_condition(
        r#"{"IpAddress":{"acs:SourceIP":"1.2.3.4"}}"#,
        &[("V-9", &key("IpAddress", "acs:SourceIP"))],
    );
    check_condition(
        r#"{"IpAddress":{"acs:SourceIp":"10.0.*"}}"#,
        &[("V-12", &key("IpAddress", "acs:SourceIp"))],
    );
    check_condition(
        r#"{"StringLike":{"oss:Prefix":"${x}"}}"#,
        &[("V-13", &key("StringLike", "oss:Prefix"))],
    );
    // The rest is read too.
    check_condition(
        r#"{"Nul":{"acs:SourceIP":[1]}}"#,
        &[
            ("V-10", "/Statement/0/Condition/Nul"),
            ("V-9", &key("Nul", "acs:SourceIP")),
            ("V-11", &key("Nul", "acs:SourceIP/0")),
        ],
    );
}

#[test]
fn messages_say_where_and_what_to_do() {
    let text = "{\n  \"Version\": \"1\",\n  \"Statement\": [\n    {\"Efect\": \"Allow\", \"Effect\": \"Allow\",\n     \
                \"Action\": [\"ecs:*\", \"oss\"],\n     \"Resource\": \"*\",\n     \
                \"Condition\": {\"Bool\": {\"acs:SecureTransport\": true}}}\n  ]\n}\n";
    let shown: Vec<String> = problems(text).iter().map(ToString::to_string).collect();
    let expected = [
        "p.json:4:15: error[V-3]: unknown member `Efect`\n    field: /Statement/0/Efect\n    help: did you mean `Effect`?",
        "p.json:5:26: error[V-7]: the action `oss` has no `:`\n    field: /Statement/0/Action/1\n    \
         help: write <service>:<Operation>, such as \"ecs:Describe*\", or \"*\"",
        "p.json:7:52: error[V-11]: a string is wanted here, not a boolean\n    \
         field: /Statement/0/Condition/Bool/acs:SecureTransport\n    help: write \"true\" as a string",
    ];
    assert_eq!(shown, expected);
}

/// However many unheard keys there are, a problem behind them is still found.
#[test]
fn unheard_keys_do_not_hide_problems() {
    let keys: Vec<String> = (0..300).map(|number| format!("\"x:{number}\":\"a\"")).collect();
    let condition = |more: &str| {
        format!("{ALLOW_ALL},\"Condition\":{{\"StringEquals\":{{{}}}{more}}}", keys.join(","))
    };
    check(&of(&condition("")), &[]);
    check(&of(&condition(",\"Null\":{\"a\":\"b\"}")), &[("V-10", "/Statement/0/Condition/Null")]);
    check(&of(&format!("{},\"Sidd\":\"\"", condition(""))), &[("V-3", "/Statement/0/Sidd")]);
}

#[test]
fn reports_and_documents_are_bounded() {
    let many = vec!["{}"; 5000].join(",");
    let found = problems(&format!("{{\"Version\":\"1\",\"Statement\":[{many}]}}"));
    assert_eq!(found.len(), PROBLEMS_MAX);
    check(&of(&"x".repeat(300_000)), &[("V-1", "")]);
    check(&of(&"[".repeat(200_000)), &[("V-1", "")]);
}
