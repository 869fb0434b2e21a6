//! Documents of every kind: read or refused with reasons, never anything else. An input is a document.

use ramgate::policy::{
    Document, DocumentKind, Layers, Policy, PolicySet, PolicyType, PrincipalForm, RelativeId,
    Trust, decide, explain, parse,
};
use ramgate::strict::Problem;

use super::{question, text};

const KINDS: [DocumentKind; 7] = [
    DocumentKind::Identity,
    DocumentKind::Session,
    DocumentKind::Control,
    DocumentKind::Trust,
    DocumentKind::Resource(PrincipalForm::List),
    DocumentKind::Resource(PrincipalForm::Object),
    DocumentKind::Resource(PrincipalForm::OptionalObject),
];

/// What the second reader says when it finds nothing wrong with a document that the first has refused.
const DISAGREEMENT: &str = "the document cannot be read";

pub fn check(input: &[u8]) {
    let document = String::from_utf8_lossy(input);
    let accepted = KINDS.map(|kind| match parse(kind, &document, "fuzzed.json") {
        Ok(read) => {
            both_readers_accept(kind, &document);
            answers(read);
            true
        }
        Err(problems) => {
            refuses(kind, &document, &problems);
            false
        }
    });
    let [identity, session, control, trust, list, object, optional] = accepted;
    assert_eq!([identity; 2], [session, control], "one grammar: {document}");
    assert!(!identity || optional, "an optional principal may be left out: {document}");
    assert!(!object || optional, "an optional principal may be there: {document}");
    assert!(!identity || !(trust || list || object), "no principal where one must be: {document}");
}

fn refuses(kind: DocumentKind, document: &str, problems: &[Problem]) {
    assert!(!problems.is_empty(), "{kind:?} refused without a reason: {document}");
    for problem in problems {
        assert_ne!(problem.message, DISAGREEMENT, "{kind:?}, the two readers disagree: {document}");
        assert!(!problem.to_string().is_empty());
    }
}

/// The second reader is asked only about documents that are refused. So this one is made one, by a member too many, and
/// nothing else may be wrong with it.
fn both_readers_accept(kind: DocumentKind, document: &str) {
    let spoilt = document.replacen('{', "{\"Spoilt\":0,", 1);
    let Err(problems) = parse(kind, &spoilt, "spoilt.json") else {
        panic!("{kind:?} accepted with an unknown member: {spoilt}")
    };
    let too_large = problems.iter().all(|problem| problem.message.contains("bytes"));
    let only_that = matches!(&problems[..], [one] if one.field == "/Spoilt");
    assert!(only_that || too_large, "{kind:?} accepted, but {problems:?}: {document}");
}

/// Whatever a document says, there is an answer, and the explanation has the same.
fn answers(document: Document) {
    assert!(document.statement_count() > 0);
    let kind = document.kind();
    let policy = Policy::new("fuzzed", PolicyType::Custom, document);
    let set = PolicySet::new([policy.into()]);
    assert!(set.cost().steps > 0);
    for statement in set.statements() {
        assert!(statement.line() > 0);
    }
    let context = text("10.1.2.3");
    let access = question("StopInstance", RelativeId::Known("instance/i-1"), &context);
    let mut layers = Layers::none();
    match kind {
        DocumentKind::Trust => {
            layers.trust = Some(Trust { policy: &set, service_linked: false });
        }
        DocumentKind::Resource(_) => layers.resource = &set,
        DocumentKind::Session => layers.session = Some(&set),
        DocumentKind::Identity | DocumentKind::Control => layers.account = &set,
    }
    let partial = RelativeId::Partial("instance/\0");
    for access in [access, question("DescribeInstances", partial, &context)] {
        let decision = decide(&layers, &access);
        let explained = explain(&layers, &access).decision;
        assert_eq!(decision.verdict, explained.verdict);
        assert_eq!(decision.statement, explained.statement);
    }
}
