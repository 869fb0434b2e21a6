use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::policy::PrincipalForm;

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
    agree(kind, text);
    let found = problems_of(kind, text);
    let broken: Vec<(&str, &str)> = found
        .iter()
        .map(|problem| (problem.rule.unwrap_or_default(), problem.field.as_str()))
        .collect();
    assert_eq!(broken, expected, "{text}\n{found:#?}");
}

/// The reader that only says yes or no accepts what the other one finds no problem in, and nothing else.
#[track_caller]
fn agree(kind: DocumentKind, text: &str) {
    for oidc in [OidcRule::Subject, OidcRule::SubjectOrAudience] {
        let found = super::problems(kind, oidc, text, "p.json");
        let none = found.len() == 1 && found[0].message == "the document cannot be read";
        let accepted = read::read(kind, oidc, text, "p.json").is_some();
        assert_eq!(accepted, none, "{kind:?}, {oidc:?}: {text}\n{found:#?}");
    }
}

const KINDS: [DocumentKind; 7] = [
    DocumentKind::Identity,
    DocumentKind::Session,
    DocumentKind::Control,
    DocumentKind::Trust,
    DocumentKind::Resource(PrincipalForm::List),
    DocumentKind::Resource(PrincipalForm::Object),
    DocumentKind::Resource(PrincipalForm::OptionalObject),
];

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

/// The members that the kinds differ in, each with the rule that refuses it; kinds in the order of `KINDS`.
#[test]
fn members_of_each_kind() {
    const NO: &str = "";
    let policy = |members: &str| format!("\"Effect\":\"Allow\",{members}");
    let assume = "\"Action\":\"sts:AssumeRole\"";
    let ram = r#""Principal":{"RAM":"acs:ram::1000000000000001:root"}"#;
    let list = r#""Principal":["1000000000000001"]"#;
    let cases = [
        ("\"Resource\":\"*\"", [NO, NO, NO, "V-14 V-5", "V-14", "V-14", NO]),
        ("\"NotResource\":\"*\"", [NO, NO, NO, "V-14 V-5", "V-14", "V-14", NO]),
        (ram, ["V-14 V-5", "V-14 V-5", "V-14 V-5", NO, "V-14 V-5", "V-5", "V-5"]),
        (list, ["V-14 V-5", "V-14 V-5", "V-14 V-5", "V-14", "V-5", "V-14 V-5", "V-14 V-5"]),
        (&format!("{ram},\"Resource\":\"*\""), ["V-14", "V-14", "V-14", "V-5", "V-14", NO, NO]),
        (
            &format!("{list},\"Resource\":\"*\""),
            ["V-14", "V-14", "V-14", "V-14 V-5", NO, "V-14", "V-14"],
        ),
        (
            r#""Principal":[],"Resource":"*""#,
            ["V-14", "V-14", "V-14", "V-14 V-5", NO, "V-14", "V-14"],
        ),
        (
            r#""Principal":"*","Resource":"*""#,
            ["V-14", "V-14", "V-14", "V-14 V-5", NO, "V-14", "V-14"],
        ),
        (
            r#""Principal":{},"Resource":"*""#,
            ["V-14", "V-14", "V-14", "V-14 V-5", "V-14", "V-14", "V-14"],
        ),
        (
            r#""Principal":{"RAM":[]},"Resource":"*""#,
            ["V-14", "V-14", "V-14", "V-14 V-5", "V-14", "V-14", "V-14"],
        ),
        (
            r#""Principal":{"RAM":"acs:ram::1000000000000001:*"},"Resource":"*""#,
            ["V-14", "V-14", "V-14", "V-14 V-5", "V-14", NO, NO],
        ),
        (
            r#""Principal":{"Ram":"acs:ram::1000000000000001:root"},"Resource":"*""#,
            ["V-14", "V-14", "V-14", "V-14 V-5", "V-14", "V-14", "V-14"],
        ),
    ];
    for (members, expected) in cases {
        for (kind, expected) in KINDS.into_iter().zip(expected) {
            let text = of(&policy(&format!("{assume},{members}")));
            agree(kind, &text);
            let found = problems_of(kind, &text);
            let rules: Vec<&str> = found.iter().filter_map(|problem| problem.rule).collect();
            assert_eq!(rules.join(" "), expected, "{kind:?}: {members}");
        }
    }
}

/// V-15.
#[test]
fn actions_of_trust_policies() {
    let principal = r#""Principal":{"RAM":"acs:ram::1000000000000001:root"}"#;
    for (action, expected) in [
        (r#""Action":"sts:AssumeRole""#, &[][..]),
        (r#""Action":["STS:assumerole","sts:AssumeRole"]"#, &[]),
        (r#""Action":"sts:AssumeRol?""#, &[("V-15", "/Statement/0/Action")]),
        (r#""Action":"*""#, &[("V-15", "/Statement/0/Action")]),
        (r#""Action":["sts:AssumeRole","sts:*"]"#, &[("V-15", "/Statement/0/Action/1")]),
        (r#""Action":[]"#, &[("V-6", "/Statement/0/Action")]),
        (r#""NotAction":"sts:AssumeRole""#, &[("V-15", "/Statement/0/NotAction")]),
    ] {
        let text = of(&format!("\"Effect\":\"Allow\",{action},{principal}"));
        check_kind(DocumentKind::Trust, &text, expected);
    }
}

/// TP-16.
#[test]
fn subjects_of_oidc_providers() {
    const OIDC: &str = r#"{"Federated":"acs:ram::1000000000000001:oidc-provider/idp"}"#;
    const SAML: &str = r#"{"Federated":"acs:ram::1000000000000001:saml-provider/idp"}"#;
    let both = OIDC.replace("\"acs", "[\"acs:ram::1000000000000001:saml-provider/a\",\"acs");
    let both = both.replace("idp\"", "idp\"]");
    let refused = &[("TP-16", "/Statement/0")][..];
    let cases = [
        ("Allow", OIDC, "", refused),
        ("Deny", OIDC, "", &[]),
        ("Allow", SAML, "", &[]),
        ("Allow", &both, "", refused),
        ("Allow", OIDC, r#"{"StringEquals":{"oidc:sub":"system:serviceaccount:a:b"}}"#, &[]),
        ("Allow", &both, r#"{"StringEquals":{"oidc:sub":["a","b"]}}"#, &[]),
        ("Allow", OIDC, r#"{"StringEquals":{"oidc:aud":"sts.aliyuncs.com"}}"#, refused),
        ("Allow", OIDC, r#"{"StringNotEquals":{"oidc:sub":"a"}}"#, refused),
        ("Allow", OIDC, r#"{"StringEqualsIgnoreCase":{"oidc:sub":"a"}}"#, refused),
        ("Allow", OIDC, r#"{"StringLike":{"oidc:sub":"system:*"}}"#, &[]),
        ("Allow", OIDC, r#"{"StringLike":{"oidc:sub":"*"}}"#, refused),
        ("Allow", OIDC, r#"{"StringLike":{"oidc:sub":["system:*","?*"]}}"#, refused),
        ("Allow", OIDC, r#"{"StringLike":{"oidc:sub":""}}"#, refused),
        ("Allow", OIDC, r#"{"StringLike":{"oidc:sub":"*"},"StringEquals":{"oidc:sub":"a"}}"#, &[]),
    ];
    for (effect, principal, condition, expected) in cases {
        let condition = if condition.is_empty() {
            String::new()
        } else {
            format!(",\"Condition\":{condition}")
        };
        let text = of(&format!(
            "\"Effect\":\"{effect}\",\"Action\":\"sts:AssumeRole\",\"Principal\":{principal}{condition}"
        ));
        check_kind(DocumentKind::Trust, &text, expected);
    }
}

/// TP-16 with `require_oidc_sub` off: whatever else, an audience or a subject is named.
#[test]
fn audiences_of_oidc_providers() {
    for (condition, accepted) in [
        (r#"{"StringEquals":{"oidc:aud":"sts.aliyuncs.com"}}"#, true),
        (r#"{"StringLike":{"oidc:aud":"sts.*"}}"#, true),
        (r#"{"StringEquals":{"oidc:sub":"a"}}"#, true),
        (r#"{"StringLike":{"oidc:aud":"*"}}"#, false),
        (r#"{"StringNotEquals":{"oidc:aud":"a"}}"#, false),
        (r#"{"StringEquals":{"oidc:iss":"https://i"}}"#, false),
        ("{}", false),
    ] {
        let text = of(&format!(
            "\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Principal\":{{\"Federated\":\
             \"acs:ram::1000000000000001:oidc-provider/idp\"}},\"Condition\":{condition}"
        ));
        let found = parse_with(DocumentKind::Trust, OidcRule::SubjectOrAudience, &text, "p.json");
        assert_eq!(found.is_ok(), accepted, "{condition}: {found:?}");
        agree(DocumentKind::Trust, &text);
    }
}

/// Members of statements, good and bad.
const MEMBERS: &[&str] = &[
    r#""Effect":"Allow""#,
    r#""Effect":"Deny""#,
    r#""Effect":"allow""#,
    r#""Effect":1"#,
    r#""Action":"sts:AssumeRole""#,
    r#""Action":["ecs:*","*"]"#,
    r#""Action":["ecs"]"#,
    r#""Action":[]"#,
    r#""Action":"""#,
    r#""Action":"ecs:${a}""#,
    r#""NotAction":"oss:*""#,
    r#""Resource":"*""#,
    r#""Resource":["acs:oss:*:*:b/*","acs:ecs:*::i"]"#,
    r#""Resource":"acs:oss:*""#,
    r#""Resource":"acs:Oss:*:*:b""#,
    r#""NotResource":["acs:oss:*:*:b"]"#,
    r#""Sid":"a\"b\u0000""#,
    r#""Sid":null"#,
    r#""Id":"x""#,
    r#""NotPrincipal":{}"#,
    r#""Principal":["*"]"#,
    r#""Principal":[]"#,
    r#""Principal":{"RAM":["acs:ram::1:root"],"Service":"ecs.aliyuncs.com"}"#,
    r#""Principal":{"Federated":"acs:ram::1:oidc-provider/a"}"#,
    r#""Principal":{"RAM":"*"}"#,
    r#""Condition":{"StringLike":{"oidc:sub":["a*"]}}"#,
    r#""Condition":{"StringEquals":{"oidc:sub":"a","x:y":"b"},"Bool":{"acs:MFAPresent":"True"}}"#,
    r#""Condition":{"IpAddress":{"acs:SourceIp":["10.0.0.0/8","::1"]}}"#,
    r#""Condition":{"IpAddress":{"acs:SourceIP":"10.*"}}"#,
    r#""Condition":{"Null":{"a":"true"}}"#,
    r#""Condition":{"NumericEquals":{"a":["1","1.5"],"a":"2"}}"#,
    r#""Condition":{"DateEquals":{"acs:CurrentTime":"2019-08-12T17:00:00+08:00"}}"#,
    r#""Condition":{"DateEquals":{"a":[]}}"#,
    r#""Condition":{"Bool":{}}"#,
    r#""Condition":{}"#,
    r#""Condition":[]"#,
];

/// What may come in the place of a piece of a document.
const PIECES: &[&str] = &[
    "",
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "null",
    "1e9",
    "true",
    "\"\"",
    "\"*\"",
    "\"${\"",
    "\"Effect\"",
    "\"Action\":\"*\",",
    "\"\\u0045ffect\"",
    "\\ud800",
    "\\u0000",
    "\u{0}",
    "é",
    "\u{feff}",
    "\n",
    " ",
    "[[[[[[[[[[[[[[[[",
    "//",
    "\"Version\":\"1\",",
    "{}",
    "[]",
];

fn statement() -> impl Strategy<Value = String> {
    vec(select(MEMBERS), 0..6).prop_map(|members| format!("{{{}}}", members.join(",")))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_readers_agree_about_any_members(statements in vec(statement(), 0..3)) {
        let text = format!("{{\"Statement\":[{}],\"Version\":\"1\"}}", statements.join(","));
        for kind in KINDS {
            agree(kind, &text);
        }
    }

    #[test]
    fn both_readers_agree_about_damaged_documents(
        members in vec(select(MEMBERS), 0..3),
        kind in select(&KINDS[..]),
        damages in vec((any::<Index>(), 0_usize..6, select(PIECES)), 1..3),
    ) {
        let mut text = valid(kind, &members);
        for (at, len, piece) in damages {
            let places: Vec<usize> = text.char_indices().map(|(place, _)| place).chain([text.len()]).collect();
            let start = at.index(places.len());
            let end = places[(start + len).min(places.len() - 1)];
            text.replace_range(places[start]..end, piece);
        }
        agree(kind, &text);
    }
}

/// A valid document of a kind, and another statement that may be anything.
fn valid(kind: DocumentKind, more: &[&str]) -> String {
    let members = match kind {
        DocumentKind::Identity | DocumentKind::Session | DocumentKind::Control => {
            "\"Resource\":\"*\""
        }
        DocumentKind::Trust => r#""Principal":{"RAM":"acs:ram::1:root"}"#,
        DocumentKind::Resource(PrincipalForm::List) => r#""Principal":["*"],"Resource":"*""#,
        DocumentKind::Resource(_) => r#""Principal":{"RAM":"acs:ram::1:*"},"Resource":"*""#,
    };
    let condition = r#""Condition":{"StringLike":{"acs:UserAgent":["a*","b"]}}"#;
    let first =
        format!("{{\"Effect\":\"Deny\",\"Action\":[\"sts:AssumeRole\"],{members},{condition}}}");
    let alone = format!("{{\"Version\":\"1\",\"Statement\":[{first}]}}");
    assert!(read::read(kind, OidcRule::default(), &alone, "p.json").is_some(), "{alone}");
    let more = if more.is_empty() { String::new() } else { format!(",{{{}}}", more.join(",")) };
    format!("{{\"Version\":\"1\",\n\"Statement\":[{first}{more}]}}\n")
}
