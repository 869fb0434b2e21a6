//! Policy decisions: worked cases, and generated ones against an interpreter written straight from the rules.
#![cfg(test)]

mod generate;
mod reference;
mod world;

use std::sync::Arc;

use proptest::prelude::*;
use ramgate::policy::{
    Caller, DocumentKind, Layers, Policy, PolicySet, Verdict, decide, explain, parse,
};
use ramgate::strict::{Json, JsonLimits, json};

use self::generate::{Document, documents, request};
use self::world::{Region, Request, RequestedResource, compile, json_text};

const CASES: &str = include_str!("../vectors/policies.json");

#[test]
fn worked_cases() {
    let Json::Array(cases) = json(CASES, JsonLimits::default()).unwrap() else { panic!("a list") };
    assert!(cases.len() > 70);
    for case in &cases {
        let name = member(case, "name").as_str().unwrap();
        let found = format!("{:?}", decide_case(case));
        assert_eq!(found, member(case, "expect").as_str().unwrap(), "{name}");
        assert_eq!(reference_of_case(case), found, "the reference disagrees about {name}");
    }
}

fn member<'j>(value: &'j Json, name: &str) -> &'j Json {
    value.get(name).unwrap_or_else(|| panic!("member {name}"))
}

fn texts_of(case: &Json) -> Vec<String> {
    let Json::Array(documents) = member(case, "policies") else { panic!("policies is a list") };
    documents.iter().map(json_text).collect()
}

fn decide_case(case: &Json) -> Verdict {
    let request = Request::of_case(member(case, "request"));
    let policies: Vec<_> = texts_of(case).iter().map(|text| compile(text)).collect();
    let principal = member(member(case, "request"), "principal");
    let account = member(principal, "account").as_str().unwrap().parse().unwrap();
    let caller = match member(principal, "type").as_str() {
        Some("Root") => Caller::Root { account },
        _ => Caller::User { account, name: "alice", id: "1" },
    };
    decide_for(caller, &policies, &request)
}

/// The verdict of policies attached to the caller. Asking for the reason must not change it.
fn decide_for(caller: Caller<'_>, policies: &[Arc<Policy>], request: &Request) -> Verdict {
    let set = PolicySet::new(policies.iter().cloned());
    let layers = Layers { account: &set, ..Layers::none() };
    request.ask(caller, |access| {
        let verdict = decide(&layers, access).verdict;
        assert_eq!(explain(&layers, access).decision.verdict, verdict);
        verdict
    })
}

fn reference_of_case(case: &Json) -> String {
    let request = Request::of_case(member(case, "request"));
    let principal = member(member(case, "request"), "principal");
    let account = member(principal, "account").as_str().unwrap();
    match member(principal, "type").as_str() {
        Some("Root") => "Allow".to_owned(), // one case, about a resource of its own
        _ => reference::decide(account, &texts_of(case), &request).to_owned(),
    }
}

fn verdict(policies: &[Arc<Policy>], request: &Request) -> Verdict {
    let account = world::ACCOUNT.parse().unwrap();
    decide_for(Caller::User { account, name: "alice", id: "1" }, policies, request)
}

fn compile_all(documents: &[Document]) -> Vec<Arc<Policy>> {
    documents.iter().map(|document| compile(&document.text())).collect()
}

/// One statement by itself, asked for by the account's own user.
fn agree(statement: &generate::Statement, request: &Request) -> Result<(), TestCaseError> {
    let document = Document { statements: vec![statement.clone()] };
    let own = Request { owner: Some(world::ACCOUNT.to_owned()), ..request.clone() };
    let text = document.text();
    let found = format!("{:?}", verdict(&compile_all(&[document]), &own));
    prop_assert_eq!(
        found,
        reference::decide(world::ACCOUNT, std::slice::from_ref(&text), &own),
        "{}",
        text
    );
    Ok(())
}

/// 2,000 cases, unless the environment asks for another number.
fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    let cases = if usual.cases == 256 { 2000 } else { usual.cases };
    ProptestConfig { cases, failure_persistence: None, ..usual }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn agrees_with_the_reference(documents in documents(), request in request()) {
        let texts: Vec<String> = documents.iter().map(Document::text).collect();
        let found = format!("{:?}", verdict(&compile_all(&documents), &request));
        let expected = reference::decide(world::ACCOUNT, &texts, &request);
        prop_assert_eq!(found, expected, "{:#?}", texts);
    }

    #[test]
    fn actions_agree_with_the_reference(statement in generate::statement(), request in request()) {
        agree(&statement.on_everything().without_conditions(), &request)?;
    }

    #[test]
    fn resources_agree_with_the_reference(statement in generate::statement(), request in request()) {
        agree(&statement.with_every_action().without_conditions(), &request)?;
    }

    #[test]
    fn conditions_agree_with_the_reference(statement in generate::statement(), request in request()) {
        agree(&statement.on_everything().with_every_action(), &request)?;
    }

    #[test]
    fn order_does_not_matter(documents in documents(), request in request(), turn in 0_usize..4) {
        let mut turned = documents.clone();
        turned.reverse();
        for document in &mut turned {
            let by = turn.min(document.statements.len());
            document.statements.rotate_left(by);
        }
        let found = verdict(&compile_all(&turned), &request);
        prop_assert_eq!(found, verdict(&compile_all(&documents), &request));
    }

    #[test]
    fn splitting_a_document_does_not_matter(documents in documents(), request in request()) {
        let single = |statement: &generate::Statement| Document { statements: vec![statement.clone()] };
        let split: Vec<Document> =
            documents.iter().flat_map(|document| document.statements.iter().map(single)).collect();
        prop_assert_eq!(verdict(&compile_all(&split), &request), verdict(&compile_all(&documents), &request));
    }

    #[test]
    fn more_deny_never_allows_more(
        documents in documents(), mut more in generate::statement(), request in request()
    ) {
        more.effect = "Deny";
        let before = verdict(&compile_all(&documents), &request);
        let mut extended = documents;
        extended.push(Document { statements: vec![more] });
        let after = verdict(&compile_all(&extended), &request);
        prop_assert!(after != Verdict::Allow || before == Verdict::Allow);
        prop_assert!(before != Verdict::ExplicitDeny || after == Verdict::ExplicitDeny);
    }

    /// What is allowed without knowing a part is allowed whatever the part is, and the other way round.
    #[test]
    fn an_unknown_part_is_any_part(
        documents in documents(), request in request(),
        head in generate::id(), tail in generate::id(), part in generate::id()
    ) {
        let policies = compile_all(&documents);
        let with_id = |id: String, region: Region| match &request.resource {
            RequestedResource::All => request.clone(),
            RequestedResource::Named(named) => {
                let named = world::Named { region, id, ..named.clone() };
                Request { resource: RequestedResource::Named(named), ..request.clone() }
            }
        };
        let unknown = verdict(&policies, &with_id(format!("{head}\0{tail}"), Region::Unknown));
        let known = verdict(&policies, &with_id(format!("{head}{part}{tail}"), Region::Known("cn-hangzhou".into())));
        prop_assert!(unknown != Verdict::Allow || known == Verdict::Allow);
        prop_assert!(known != Verdict::ExplicitDeny || unknown == Verdict::ExplicitDeny);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}", cut in 0_usize..400, document in generate::document()) {
        let whole = document.text();
        let damaged: String = whole.chars().take(cut).chain(text.chars()).chain(whole.chars().skip(cut + 1)).collect();
        for text in [text, damaged] {
            if let Err(problems) = parse(DocumentKind::Identity, &text, "p.json") {
                prop_assert!(!problems.is_empty() && problems.iter().all(|problem| problem.rule.is_some()));
                prop_assert!(problems.iter().all(|problem| problem.message != "the document cannot be read"), "{}", text);
            }
        }
    }
}
