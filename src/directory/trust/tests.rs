//! Names that change hands between generations, and who may assume a role then.

use crate::directory::{Directory, Folder, JwksBook, PolicyBook, PolicyFile, build, parse};
use crate::ident::AccountId;
use crate::policy::{
    self, AccessRequest, Action, Attribute, Attributes, Caller, ConditionKey, Layers, PolicySet,
    RelativeId, Resource, Segment, Traits, Trust, Verdict,
};
use crate::strict::{Problem, Severity};

const OWN: &str = "1000000000000001";
const NAMED: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::1000000000000001:user/alice","acs:ram::2000000000000002:role/Ops"]}}]}"#;
const DENIED: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":"acs:ram::1000000000000001:root"}},{"Effect":"Deny","Action":"sts:AssumeRole","Principal":{"RAM":"acs:ram::1000000000000001:user/alice"}}]}"#;

/// A directory with an alice and a role of another account; `None`: there is none of the name.
fn people(alice: Option<&str>, ops: Option<&str>, more: &str) -> String {
    let alice = alice.map(|id| format!("{{name: alice, id: '{id}'}}, ")).unwrap_or_default();
    let ops = ops.map(|id| format!("{{name: OPS, id: '{id}', trust: any}}")).unwrap_or_default();
    format!(
        "users: [{alice}{{name: renamed, id: '29'}}]\n\
         roles: [{{name: target, id: '50', trust: target{more}}}]\n\
         accounts: [{{id: '2000000000000002', roles: [{ops}]}}]\n"
    )
}

fn load(people: &str, target: &str, before: Option<&Directory>) -> (Directory, Vec<Problem>) {
    const ANY: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":"acs:ram::2000000000000002:root"}}]}"#;
    let file = |name, text| PolicyFile { folder: Folder::Trust, name, text };
    let files = [file("trust/target.json", target), file("trust/any.json", ANY)];
    let mut book = PolicyBook::compile(&files, &[], policy::OidcRule::default());
    let (listing, mut problems) = parse("d.yaml", people);
    let (directory, found) =
        build(&listing, OWN.parse().unwrap(), &mut book, &mut JwksBook::default(), before);
    problems.extend(found);
    (directory, problems)
}

struct NoKeys;

impl Attributes for NoKeys {
    fn get(&self, _key: &ConditionKey<'_>) -> Attribute<'_> {
        Attribute::Absent
    }
}

/// What the trust policy of `target` answers to a caller whose own policies allow it.
fn answer(directory: &Directory, caller: Caller<'_>) -> Verdict {
    let own: AccountId = OWN.parse().unwrap();
    let role = directory.role_of(own, "target").unwrap();
    let anything =
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let document = policy::parse(policy::DocumentKind::Identity, anything, "p.json").unwrap();
    let all = policy::Policy::new("all", policy::PolicyType::Custom, document);
    let all = PolicySet::new([std::sync::Arc::new(all)]);
    let trust = Some(Trust { policy: &role.trust, service_linked: false });
    let layers = Layers { account: &all, trust, ..Layers::none() };
    let access = AccessRequest {
        caller,
        action: Action { service: "sts", operation: "AssumeRole" },
        resource: Resource::Named {
            service: "ram",
            region: Segment::Global,
            account: Segment::Known(OWN),
            relative_id: RelativeId::Known("role/target"),
        },
        owner: Some(own),
        exempt: false,
        traits: Traits::default(),
        public_blocked: false,
        attributes: &NoKeys,
    };
    policy::decide(&layers, &access).verdict
}

fn alice(id: &str) -> Caller<'_> {
    user("alice", id)
}

fn user<'c>(name: &'c str, id: &'c str) -> Caller<'c> {
    Caller::User { account: OWN.parse().unwrap(), name, id }
}

fn ops(role_id: &str) -> Caller<'_> {
    let account = "2000000000000002".parse().unwrap();
    Caller::Session { account, role: "OPS", role_id, session: "s1", service_linked: false }
}

#[track_caller]
fn check(directory: &Directory, expected: &[(Caller<'_>, bool)]) {
    for (caller, trusted) in expected {
        assert_eq!(answer(directory, *caller) == Verdict::Allow, *trusted, "{caller:?}");
    }
}

fn told(problems: &[Problem]) -> Vec<&str> {
    assert!(problems.iter().all(|it| it.severity == Severity::Warning), "{problems:#?}");
    let mut told: Vec<_> = problems.iter().filter(|it| it.rule == Some("TP-11")).collect();
    told.sort_by_key(|problem| problem.at);
    told.into_iter().map(|it| it.message.as_str()).collect()
}

/// TP-11: a name means whom it meant at first, until the trust policy is saved anew.
#[test]
fn a_name_made_anew_inherits_nothing() {
    let (first, problems) = load(&people(Some("21"), Some("31"), ""), NAMED, None);
    assert_eq!(told(&problems), [""; 0]);
    check(&first, &[(alice("21"), true), (ops("31"), true), (alice("22"), false)]);
    // Deleted: nobody matches, and nobody else gets the name's trust.
    let (second, problems) = load(&people(None, None, ""), NAMED, Some(&first));
    assert_eq!(told(&problems).len(), 2, "{problems:#?}");
    check(&second, &[(alice("22"), false), (ops("32"), false)]);
    let (third, problems) = load(&people(Some("22"), Some("32"), ""), NAMED, Some(&second));
    let told_of = told(&problems);
    assert!(told_of.len() == 2 && told_of[0].contains("had the id 21 and has 22"), "{told_of:?}");
    check(&third, &[(alice("22"), false), (ops("32"), false)]);
    // Whoever comes back is trusted as before.
    let (fourth, problems) = load(&people(Some("21"), Some("32"), ""), NAMED, Some(&third));
    assert_eq!(told(&problems).len(), 1);
    check(&fourth, &[(alice("21"), true), (ops("32"), false)]);
    // Saved anew, or read by a process that saw nothing of it.
    let saved = NAMED.replace("\"Version\"", " \"Version\"");
    for (text, before) in [(saved.as_str(), Some(&third)), (NAMED, None)] {
        let (anew, problems) = load(&people(Some("22"), Some("32"), ""), text, before);
        assert_eq!(told(&problems), [""; 0]);
        check(&anew, &[(alice("22"), true), (ops("32"), true), (alice("21"), false)]);
    }
}

/// Who was never there is trusted once it comes; until then nobody is.
#[test]
fn a_name_that_nobody_has() {
    let (first, problems) = load(&people(None, Some("31"), ""), NAMED, None);
    assert_eq!(
        told(&problems),
        ["no user of the directory is `acs:ram::1000000000000001:user/alice`: nobody matches"]
    );
    assert_eq!((problems[0].file.as_str(), problems[0].at.line), ("trust/target.json", 1));
    assert_eq!(problems[0].field, "/Statement/0/Principal/RAM/0");
    check(&first, &[(alice("21"), false), (ops("31"), true)]);
    let (second, _) = load(&people(Some("21"), Some("31"), ""), NAMED, Some(&first));
    check(&second, &[(alice("21"), true), (ops("31"), true)]);
    let deleted = people(Some("21', recycled: 'true"), Some("31"), "");
    let (third, problems) = load(&deleted, NAMED, Some(&second));
    assert_eq!(told(&problems).len(), 1, "ID-25");
    check(&third, &[(alice("22"), false)]);
}

/// An id in the file holds in every process and at every start.
#[test]
fn ids_that_are_written_down() {
    let pins = ", trusted_ids: {'acs:ram::1000000000000001:user/alice': '21'}";
    let (pinned, problems) = load(&people(Some("22"), Some("31"), pins), NAMED, None);
    let told_of = told(&problems);
    assert!(told_of.len() == 1 && told_of[0].contains("trusts 21"), "{told_of:?}");
    check(&pinned, &[(alice("22"), false), (alice("21"), true), (ops("31"), true)]);
    // It wins over what the process remembers.
    let (remembered, _) = load(&people(Some("22"), Some("31"), ""), NAMED, None);
    let (pinned, _) = load(&people(Some("21"), Some("31"), pins), NAMED, Some(&remembered));
    check(&pinned, &[(alice("21"), true)]);
    let misspelt = pins.replace("alice", "alise");
    let (_, problems) = load(&people(Some("21"), Some("31"), &misspelt), NAMED, None);
    let refused = problems.iter().find(|it| it.severity == Severity::Error).unwrap();
    assert!(refused.message.contains("does not name"), "{refused}");
    assert!(refused.help.as_deref().unwrap().contains("user/alice"), "{refused}");
}

/// A Deny is about the name and also about whom it meant: it fails closed.
#[test]
fn a_deny_holds_by_name_and_by_id() {
    let (first, _) = load(&people(Some("21"), None, ""), DENIED, None);
    check(&first, &[(alice("21"), false), (user("bob", "28"), true), (user("Alice", "28"), false)]);
    let (second, _) = load(&people(Some("22"), None, ""), DENIED, Some(&first));
    check(&second, &[(alice("22"), false), (user("renamed", "21"), false)]);
    let (nobody, _) = load(&people(None, None, ""), DENIED, None);
    check(&nobody, &[(alice("22"), false), (user("bob", "28"), true)]);
}

/// TP-09 and TP-23, about the account of the role, in the report of every load.
#[test]
fn whom_a_load_warns_about() {
    let (_, problems) = load(&people(Some("21"), Some("31"), ""), NAMED, None);
    let rules = |problems: &[Problem]| -> Vec<_> {
        problems.iter().map(|it| (it.file.clone(), it.rule.unwrap_or_default())).collect()
    };
    assert_eq!(rules(&problems), [], "the role of the other account trusts its own");
    let foreign = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":"acs:ram::2000000000000002:root"}CONDITION}]}"#;
    let external = r#","Condition":{"StringEquals":{"sts:ExternalId":"x-42"}}"#;
    let other = r#","Condition":{"StringNotEquals":{"sts:ExternalId":"x-42"}}"#;
    for (condition, expected) in
        [("", Some("no-external-id")), (other, Some("no-external-id")), (external, None)]
    {
        let text = foreign.replace("CONDITION", condition);
        let (_, problems) = load(&people(Some("21"), Some("31"), ""), &text, None);
        let expected: Vec<_> =
            expected.into_iter().map(|rule| ("trust/target.json".to_owned(), rule)).collect();
        assert_eq!(rules(&problems), expected, "TP-23 {condition}");
    }
    let provider = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Federated":"acs:ram::2000000000000002:saml-provider/corp"}}]}"#;
    let (_, problems) = load(&people(Some("21"), Some("31"), ""), provider, None);
    assert_eq!(rules(&problems), [("trust/target.json".to_owned(), "foreign-provider")], "TP-09");
}
