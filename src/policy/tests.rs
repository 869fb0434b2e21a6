//! Whole decisions over small documents.

use std::sync::Arc;

use super::*;
use crate::ident::AccountId;

pub(super) const ACCOUNT: &str = "1000000000000001";

pub(super) fn account() -> AccountId {
    ACCOUNT.parse().unwrap()
}

/// A context in which nothing can be known.
pub(super) struct Nothing;

impl Attributes for Nothing {
    fn get(&self, _key: &ConditionKey) -> Attribute<'_> {
        Attribute::Undeterminable
    }
}

fn vocabulary() -> Vocabulary {
    let actions =
        ["ecs:StopInstance", "ecs:StartInstance", "ecs:DescribeInstances", "vpc:DescribeVpcs"];
    Vocabulary::new(actions.map(|action| {
        let (service, operation) = action.split_once(':').unwrap();
        (service.to_owned(), operation.to_owned())
    }))
}

/// Compiles statements, each on a line of its own from line 2.
fn policy(statements: &[&str]) -> Arc<Compiled> {
    let text = format!("{{\"Version\":\"1\",\"Statement\":[\n{}]}}", statements.join(",\n"));
    let document = parse(&text, "p.json").unwrap();
    let name = "p".parse().unwrap();
    Arc::new(compile(&document, &name, PolicyType::Custom, &vocabulary()).unwrap())
}

fn stop(attributes: &dyn Attributes) -> AccessRequest<'_> {
    AccessRequest {
        action: Action { service: "ecs", operation: "StopInstance" },
        resource: Resource::Named {
            service: "ecs",
            region: Segment::Known("cn-hangzhou"),
            account: Segment::Known(ACCOUNT),
            relative_id: RelativeId::Known("instance/i-1"),
        },
        owner: Some(account()),
        attributes,
    }
}

/// The verdict with the number of the action, without it, and with one of another vocabulary, which must agree.
#[track_caller]
fn check(policies: &[Arc<Compiled>], access: &AccessRequest<'_>, expected: (Verdict, Option<u32>)) {
    let identity = Identity::Policies { account: account(), policies };
    let Action { service, operation } = access.action;
    let other = Vocabulary::new([("vpc".to_owned(), "DescribeVpcs".to_owned())]);
    for id in [vocabulary().id(service, operation), None, other.id("vpc", "DescribeVpcs")] {
        let decision = decide(&identity, access, id);
        let found = (decision.verdict, decision.statement.map(|statement| statement.line));
        assert_eq!(found, expected, "{access:?} with {id:?}");
    }
}

use Verdict::{Allow, ExplicitDeny, ImplicitDeny};

const ALLOW_STOP: &str = r#"{"Effect":"Allow","Action":["ecs:St?pInstance"],"Resource":"*"}"#;
const ALLOW_START: &str = r#"{"Effect":"Allow","Action":"ecs:StartInstance","Resource":"*"}"#;
const ALLOW_ECS: &str = r#"{"Effect":"Allow","Action":"ecs:*","Resource":"*"}"#;
const ALLOW_BUT_RAM: &str = r#"{"Effect":"Allow","NotAction":"ram:*","Resource":"*"}"#;
const DENY_STOP: &str = r#"{"Effect":"Deny","Action":"ECS:stopinstance","Resource":"*"}"#;
const DENY_OUTSIDE: &str = r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"NotIpAddress":{"acs:SourceIp":"10.0.0.0/8"}}}"#;
const ALLOW_INSIDE: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"acs:SourceIp":"10.0.0.0/8"}}}"#;

#[test]
fn any_deny_then_any_allow() {
    let access = stop(&Nothing);
    check(&[], &access, (ImplicitDeny, None));
    check(&[policy(&[ALLOW_START])], &access, (ImplicitDeny, None));
    check(&[policy(&[ALLOW_START, ALLOW_STOP])], &access, (Allow, Some(3)));
    check(&[policy(&[ALLOW_START, ALLOW_ECS])], &access, (Allow, Some(3)));
    check(&[policy(&[ALLOW_BUT_RAM])], &access, (Allow, Some(2)));
    check(&[policy(&[ALLOW_STOP, DENY_STOP])], &access, (ExplicitDeny, Some(3)));
    check(&[policy(&[ALLOW_ECS]), policy(&[DENY_STOP])], &access, (ExplicitDeny, Some(2)));
    check(&[policy(&[ALLOW_START]), policy(&[ALLOW_ECS])], &access, (Allow, Some(2)));
}

#[test]
fn statements_about_several_services() {
    let both =
        r#"{"Effect":"Allow","Action":["vpc:Describe*","ECS:Stop*","ecs:Start*"],"Resource":"*"}"#;
    check(&[policy(&[both])], &stop(&Nothing), (Allow, Some(2)));
    for (operation, expected) in
        [("StartInstance", (Allow, Some(2))), ("DescribeInstances", (ImplicitDeny, None))]
    {
        let action = Action { service: "ecs", operation };
        check(&[policy(&[both])], &AccessRequest { action, ..stop(&Nothing) }, expected);
    }
}

#[test]
fn actions_that_the_vocabulary_does_not_list() {
    let action = Action { service: "ecs", operation: "StopInstances" };
    let access = AccessRequest { action, ..stop(&Nothing) };
    check(&[policy(&[ALLOW_STOP])], &access, (ImplicitDeny, None));
    check(
        &[policy(&[r#"{"Effect":"Allow","Action":"ecs:Stop*","Resource":"*"}"#])],
        &access,
        (Allow, Some(2)),
    );
}

/// C-7.
#[test]
fn what_nobody_knows_denies_and_never_allows() {
    let access = stop(&Nothing);
    check(&[policy(&[ALLOW_INSIDE])], &access, (ImplicitDeny, None));
    check(&[policy(&[ALLOW_ECS, DENY_OUTSIDE])], &access, (ExplicitDeny, Some(3)));
    let policies = [policy(&[DENY_OUTSIDE])];
    let identity = Identity::Policies { account: account(), policies: &policies };
    assert_eq!(decide(&identity, &access, None).certainty, Truth::Indeterminate);
}

/// R-4: an unknown region, also under `NotResource`.
#[test]
fn unknown_regions() {
    let resource = Resource::Named {
        service: "ecs",
        region: Segment::Unknown,
        account: Segment::Known(ACCOUNT),
        relative_id: RelativeId::Known("instance/i-1"),
    };
    let access = AccessRequest { resource, ..stop(&Nothing) };
    let statement = |effect: &str, member: &str| {
        format!(r#"{{"Effect":"{effect}","Action":"*","{member}":"acs:ecs:cn-hangzhou:*:*"}}"#)
    };
    for member in ["Resource", "NotResource"] {
        check(&[policy(&[&statement("Allow", member)])], &access, (ImplicitDeny, None));
        check(
            &[policy(&[ALLOW_ECS, &statement("Deny", member)])],
            &access,
            (ExplicitDeny, Some(3)),
        );
    }
}

/// 7.1.
#[test]
fn allows_reach_resources_of_their_own_account() {
    for owner in [None, Some("2000000000000002".parse().unwrap())] {
        let access = AccessRequest { owner, ..stop(&Nothing) };
        check(&[policy(&[ALLOW_ECS])], &access, (ImplicitDeny, None));
        check(&[policy(&[ALLOW_ECS, DENY_STOP])], &access, (ExplicitDeny, Some(3)));
        let root = Identity::Root(account());
        assert_eq!(decide(&root, &access, None).verdict, ImplicitDeny);
    }
    assert_eq!(decide(&Identity::Root(account()), &stop(&Nothing), None).verdict, Allow);
}

#[test]
fn vocabularies() {
    let words = vocabulary();
    assert_ne!(words.id("ecs", "StopInstance"), words.id("ecs", "StartInstance"));
    assert_eq!(words.id("ecs", "stopinstance"), None);
    assert_eq!(words.id("vpc", "StopInstance"), None);
    assert_eq!(words.id("ecs", "StopInstance"), vocabulary().id("ecs", "StopInstance"));
    let twice = Vocabulary::new(vec![("ecs".to_owned(), "StopInstance".to_owned()); 2]);
    assert!(twice.id("ecs", "StopInstance").is_some());
    assert_ne!(twice.id("ecs", "StopInstance"), words.id("ecs", "StopInstance"));
}

#[track_caller]
fn check_near(statements: &[&str], access: &AccessRequest<'_>, expected: Option<(Missing, &str)>) {
    let policies = [policy(statements)];
    let near = nearest(&Identity::Policies { account: account(), policies: &policies }, access);
    let found = near.as_ref().map(|near| (near.missing, near.text.as_str()));
    assert_eq!(found, expected);
}

#[test]
fn the_allow_that_came_closest() {
    let access = stop(&Nothing);
    let web = r#"{"Effect":"Allow","Action":"ecs:*","Resource":["acs:ecs:*:*:instance/i-web-*"]}"#;
    let text =
        "`p.json` line 3 allows ecs:StopInstance, but only on `acs:ecs:*:*:instance/i-web-*`";
    check_near(&[ALLOW_START], &access, None);
    check_near(&[DENY_STOP], &access, None);
    check_near(&[ALLOW_START, web], &access, Some((Missing::Resource, text)));
    let text = "`p.json` line 3 allows ecs:StopInstance, but only if acs:SourceIp IpAddress `10.0.0.0/8`; \
                the gate cannot know the key for this request";
    check_near(&[web, ALLOW_INSIDE], &access, Some((Missing::Condition, text)));
    let foreign = AccessRequest { owner: None, ..access };
    let text = "`p.json` line 2 allows ecs:StopInstance (everything but `ram:*`), but only for resources of its \
                own account; whose this one is, is not known here";
    check_near(&[ALLOW_BUT_RAM, web], &foreign, Some((Missing::Owner, text)));
    let nobody = Identity::Root(account());
    assert!(nearest(&nobody, &foreign).is_none());
}
