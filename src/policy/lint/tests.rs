//! The cases of `tests/vectors/lint.json`: documents and the lints that find something in them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::{BYTES_MAX, FINDINGS_MAX, Lint, LintFacts, lint, lint_trust};
use crate::catalog::{Catalog, Routed};
use crate::policy::{DocumentKind, PrincipalForm, parse, system_policies};
use crate::strict::{Json, JsonLimits, Problem, json};

const CASES: &str = include_str!("../../../tests/vectors/lint.json");
const DOCS: &str = include_str!("../../../docs/lint.md");
const ACCOUNT: &str = "1234567890123456";

fn cases() -> Vec<Json> {
    match json(CASES, JsonLimits::default()).unwrap() {
        Json::Array(cases) => cases,
        other => panic!("a list, not {}", other.kind()),
    }
}

fn text_of<'j>(case: &'j Json, name: &str) -> Option<&'j str> {
    case.get(name).and_then(Json::as_str)
}

static CATALOG: LazyLock<Catalog> =
    LazyLock::new(|| Catalog::compile(Catalog::builtin_files()).unwrap());

/// A document alone, or in a deployment.
fn facts(gate: Option<&str>) -> LintFacts {
    let (mut facts, routed) = match gate {
        None => (LintFacts::default(), Routed::No),
        Some("unpinned") => (deployment(false), Routed::Unpinned),
        Some("grouped") => (deployment(true), Routed::Pinned),
        Some("tagged") => {
            let tagged = ["ecs", "oss"].map(str::to_owned);
            (deployment(false).with_tags_of(tagged), Routed::Pinned)
        }
        Some(_) => (deployment(false), Routed::Pinned),
    };
    CATALOG.inform(&mut facts, &|_product| routed);
    facts
}

fn deployment(groups: bool) -> LintFacts {
    LintFacts::of_deployment(ACCOUNT.parse().unwrap(), groups)
}

fn kind(name: Option<&str>) -> DocumentKind {
    match name {
        None => DocumentKind::Identity,
        Some("session") => DocumentKind::Session,
        Some("control") => DocumentKind::Control,
        Some("trust") => DocumentKind::Trust,
        Some("resource") => DocumentKind::Resource(PrincipalForm::OptionalObject),
        Some("bucket") => DocumentKind::Resource(PrincipalForm::List),
        Some(other) => panic!("no kind {other}"),
    }
}

fn write(value: &Json) -> String {
    let quote = |text: &str| serde_json::to_string(text).unwrap();
    match value {
        Json::String(text) => quote(text),
        Json::Array(items) => {
            format!("[{}]", items.iter().map(write).collect::<Vec<_>>().join(","))
        }
        Json::Object(members) => {
            let members =
                members.iter().map(|(name, value)| format!("{}:{}", quote(name), write(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        other => panic!("{} in a document", other.kind()),
    }
}

fn found(kind: DocumentKind, text: &str, facts: &LintFacts) -> Vec<Problem> {
    let document = parse(kind, text, "p.json").unwrap_or_else(|problems| panic!("{problems:?}"));
    let mut found = lint(&document, text, facts);
    if let Some(owner) = facts.account.filter(|_| kind == DocumentKind::Trust) {
        found.extend(lint_trust(&document, text, owner)); // as a load does for each role
    }
    found
}

fn expected(case: &Json) -> Vec<&str> {
    let Some(Json::Array(codes)) = case.get("expect") else { panic!("expect is a list") };
    codes.iter().filter_map(Json::as_str).collect()
}

#[test]
fn every_case() {
    let mut wrong = Vec::new();
    for case in cases() {
        let name = text_of(&case, "name").unwrap();
        let statements = write(case.get("statements").unwrap());
        let text = format!(r#"{{"Version":"1","Statement":{statements}}}"#);
        let problems = found(kind(text_of(&case, "kind")), &text, &facts(text_of(&case, "gate")));
        let codes: Vec<_> = problems.iter().filter_map(|problem| problem.rule).collect();
        if codes != expected(&case) {
            wrong
                .push(format!("{name}: {codes:?} {:?}", problems.first().map(ToString::to_string)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_lint_has_a_case_and_a_paragraph() {
    let cases = cases();
    let covered: BTreeSet<&str> = cases.iter().flat_map(expected).collect();
    for lint in Lint::ALL {
        let code = lint.code();
        assert!(covered.contains(code) || *lint == Lint::TooLarge, "no case for {code}");
        assert!(DOCS.contains(&format!("\n### `{code}`\n")), "no paragraph for {code}");
    }
    assert_eq!(DOCS.matches("\n### `").count(), Lint::ALL.len());
}

#[test]
fn places() {
    let text = "{\"Version\": \"1\", \"Statement\": [\n {\"Effect\": \"Allow\", \"Action\": \"ecs:StopInstanses\",\n  \
        \"Resource\": [\"*\"], \"Condition\":\n  {\"IpAddress\": {\"acs:SourceIp\": [\"10.0.0.1\",\n   \"10.0.0.2/32\"]}}}]}";
    let places: Vec<_> = found(DocumentKind::Identity, text, &facts(None))
        .iter()
        .map(|problem| {
            (problem.rule.unwrap(), problem.at.line, problem.at.column, problem.field.clone())
        })
        .collect();
    let expected = [
        ("unknown-action", 2, 32, "/Statement/0/Action".to_owned()),
        ("border-address", 5, 4, "/Statement/0/Condition/IpAddress/acs:SourceIp/1".to_owned()),
    ];
    assert_eq!(places, expected);
}

#[test]
fn what_a_finding_says() {
    for (statement, expected) in [
        (
            r#"{"Effect":"Deny","Action":"ecs:StopInstanses","Resource":"*"}"#,
            "did you mean `ecs:StopInstances`?",
        ),
        (
            r#"{"Effect":"Deny","Action":"oss:HeadObject","Resource":"*"}"#,
            "did you mean `oss:GetObject`?",
        ),
        (r#"{"Effect":"Deny","Action":"ecss:StopInstance","Resource":"*"}"#, "did you mean `ecs`?"),
        (
            r#"{"Effect":"Deny","Action":"kms:ListKeys","Resource":"acs:kms:*:*:key/*"}"#,
            "`acs:kms:*:*:key`",
        ),
        (
            r#"{"Effect":"Deny","Action":"oss:ListObjects","Resource":"acs:oss:*:*:b/*"}"#,
            "`acs:oss:*:*:<name>`",
        ),
        (
            r#"{"Effect":"Allow","Action":"ecs:StopInstance","Resource":"*","Condition":{"IpAddress":{"acs:SourceIp":"10.0.0.1/32"}}}"#,
            "write `10.0.0.1`, or use IpAddressIncludeBorder",
        ),
    ] {
        let text = format!(r#"{{"Version":"1","Statement":[{statement}]}}"#);
        let problems = found(DocumentKind::Identity, &text, &facts(None));
        let said = problems.first().map(ToString::to_string).unwrap_or_default();
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn large_documents() {
    let document = |count: usize, blank: &str| {
        let actions: Vec<String> =
            (0..count).map(|number| format!("\"ecs:Stopp{number}*\"")).collect();
        let list = actions.join(&format!(",{blank}"));
        format!(
            r#"{{"Version":"1","Statement":[{{"Effect":"Deny","Action":[{list}],"Resource":"*"}}]}}"#
        )
    };
    let codes = |text: &str| -> BTreeSet<&str> {
        let problems = found(DocumentKind::Identity, text, &facts(None));
        assert!(problems.len() <= FINDINGS_MAX);
        problems.iter().filter_map(|problem| problem.rule).collect()
    };
    assert_eq!(codes(&document(10, "")), BTreeSet::from(["unknown-action"]));
    assert_eq!(codes(&document(10, &" ".repeat(1000))), BTreeSet::from(["unknown-action"]));
    assert_eq!(codes(&document(420, "")), BTreeSet::from(["too-large", "unknown-action"]));
    let huge = document(BYTES_MAX / 10, "");
    assert_eq!(codes(&huge), BTreeSet::from(["too-large"]));
}

/// What the vendor writes is no trap, but for grants that are meant to be wide.
#[test]
fn system_policies_are_quiet() {
    let meant = ["full-access", "covered-statement", "repeated-statement", "allow-not-action"];
    let facts = facts(None);
    let mut loud = Vec::new();
    for policy in system_policies() {
        for problem in found(DocumentKind::Identity, policy.text, &facts) {
            if !meant.contains(&problem.rule.unwrap()) {
                loud.push(format!("{}: {problem}", policy.name));
            }
        }
    }
    assert!(loud.is_empty(), "{loud:#?}");
}
