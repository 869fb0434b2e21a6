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
    fn get(&self, _key: &ConditionKey<'_>) -> Attribute<'_> {
        Attribute::Undeterminable
    }
}

/// An identity policy of statements, each on a line of its own from line 2.
pub(super) fn policy(statements: &[&str]) -> Arc<Policy> {
    policy_of(DocumentKind::Identity, statements)
}

pub(super) fn policy_of(kind: DocumentKind, statements: &[&str]) -> Arc<Policy> {
    let text = format!("{{\"Version\":\"1\",\"Statement\":[\n{}]}}", statements.join(",\n"));
    let document = parse(kind, &text, "p.json").unwrap();
    Arc::new(Policy::new("p", PolicyType::Custom, document))
}

pub(super) fn alice() -> Caller<'static> {
    Caller::User { account: account(), name: "alice", id: "2000000000000001" }
}

/// Whether a user of the account may stop an instance of the account.
pub(super) fn question(attributes: &dyn Attributes) -> AccessRequest<'_> {
    AccessRequest {
        caller: alice(),
        action: Action { service: "ecs", operation: "StopInstance" },
        resource: Resource::Named {
            service: "ecs",
            region: Segment::Known("cn-hangzhou"),
            account: Segment::Known(ACCOUNT),
            relative_id: RelativeId::Known("instance/i-1"),
        },
        owner: Some(account()),
        exempt: false,
        traits: Traits::default(),
        public_blocked: false,
        attributes,
    }
}

fn decide_by<'s>(policies: &'s PolicySet, access: &AccessRequest<'_>) -> Decision<'s> {
    decide(&Layers { account: policies, ..Layers::none() }, access)
}

/// The verdict of the indexed set, and the line behind it; a look at every statement must agree.
#[track_caller]
fn check(policies: &[Arc<Policy>], access: &AccessRequest<'_>, expected: (Verdict, Option<u32>)) {
    let set = PolicySet::new(policies.iter().cloned());
    let decision = decide_by(&set, access);
    let found = (decision.verdict, decision.statement.map(|statement| statement.line()));
    assert_eq!(found, expected, "{access:?}");
    let applies = |effect: Effect| {
        set.statements().find(|place| {
            let document = place.policy().document();
            place.effect() == effect
                && effect.applies(document.matches(place.statement().unwrap(), access))
        })
    };
    let own = access.owner == access.caller.account();
    let scanned = match (applies(Effect::Deny), applies(Effect::Allow)) {
        (Some(place), _) => (ExplicitDeny, Some(place.line())),
        (None, Some(place)) if own => (Allow, Some(place.line())),
        (None, _) => (ImplicitDeny, None),
    };
    assert_eq!(scanned, expected, "{access:?}, without the index");
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
    let access = question(&Nothing);
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
    check(&[policy(&[both])], &question(&Nothing), (Allow, Some(2)));
    for (operation, expected) in
        [("StartInstance", (Allow, Some(2))), ("DescribeInstances", (ImplicitDeny, None))]
    {
        let action = Action { service: "ecs", operation };
        check(&[policy(&[both])], &AccessRequest { action, ..question(&Nothing) }, expected);
    }
}

#[test]
fn actions_that_the_vocabulary_does_not_list() {
    let action = Action { service: "ecs", operation: "StopInstances" };
    let access = AccessRequest { action, ..question(&Nothing) };
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
    let access = question(&Nothing);
    check(&[policy(&[ALLOW_INSIDE])], &access, (ImplicitDeny, None));
    check(&[policy(&[ALLOW_ECS, DENY_OUTSIDE])], &access, (ExplicitDeny, Some(3)));
    let set = PolicySet::new([policy(&[DENY_OUTSIDE])]);
    assert_eq!(decide_by(&set, &access).certainty, Truth::Indeterminate);
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
    let access = AccessRequest { resource, ..question(&Nothing) };
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
        let access = AccessRequest { owner, ..question(&Nothing) };
        check(&[policy(&[ALLOW_ECS])], &access, (ImplicitDeny, None));
        check(&[policy(&[ALLOW_ECS, DENY_STOP])], &access, (ExplicitDeny, Some(3)));
        let root = AccessRequest { caller: Caller::Root { account: account() }, ..access };
        assert_eq!(decide_by(&NO_POLICIES, &root).verdict, ImplicitDeny);
    }
    let root = AccessRequest { caller: Caller::Root { account: account() }, ..question(&Nothing) };
    assert_eq!(decide_by(&NO_POLICIES, &root).verdict, Allow);
}

/// The Allow statements that came closest, as the explanation tells them.
#[track_caller]
fn check_nearest(statements: &[&str], access: &AccessRequest<'_>, expected: &[&str]) {
    let set = PolicySet::new([policy(statements)]);
    let told = explain(&Layers { account: &set, ..Layers::none() }, access);
    let found: Vec<String> = told.nearest.iter().map(ToString::to_string).collect();
    assert_eq!(found, expected);
}

#[test]
fn the_allow_that_came_closest() {
    let access = question(&Nothing);
    let web = r#"{"Effect":"Allow","Action":"ecs:*","Resource":["acs:ecs:*:*:instance/i-web-*"]}"#;
    let vpc = r#"{"Effect":"Allow","Action":"vpc:*","Resource":"*"}"#;
    let on_web =
        "p.json:3 (statement 1) would allow it, but only on `acs:ecs:*:*:instance/i-web-*`";
    let inside = "p.json:3 (statement 1) would allow it, but only if acs:SourceIp IpAddress \
                  `10.0.0.0/8` (the gate cannot know the key for this request)";
    check_nearest(&[vpc], &access, &[]);
    check_nearest(&[DENY_STOP.replace("stop", "start").as_str()], &access, &[]);
    check_nearest(&[ALLOW_START, web], &access, &[on_web]);
    check_nearest(&[web, ALLOW_INSIDE], &access, &[inside]);
    let action = "p.json:2 (statement 0) would allow it, but its actions are `ecs:StartInstance`";
    check_nearest(&[ALLOW_START], &access, &[action]);

    let foreign = AccessRequest { owner: None, ..access };
    let owner =
        "p.json:2 (statement 0) would allow it, but whose the resource is, is not known here";
    check_nearest(&[ALLOW_BUT_RAM, web], &foreign, &[owner]);
    let root = AccessRequest { caller: Caller::Root { account: account() }, ..foreign };
    check_nearest(&[ALLOW_BUT_RAM], &root, &[]);
}
