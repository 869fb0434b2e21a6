//! The index is only a shorter way to the same statements; and sets that cost too much are known as such.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::policy::tests::{ACCOUNT, Nothing, policy, question};
use crate::policy::{Action, RelativeId, Resource, Segment};

/// Each effect by the index and by a look at every statement.
#[track_caller]
fn check(set: &PolicySet, access: &AccessRequest<'_>, expected: Option<bool>) {
    let probe = Probe::of(access);
    for effect in [Effect::Allow, Effect::Deny] {
        let indexed = set.applying(effect, access, &probe).is_some();
        let scanned = set.scan(effect, access).is_some();
        assert_eq!(indexed, scanned, "{effect:?} for {access:?}");
        if effect == Effect::Allow
            && let Some(expected) = expected
        {
            assert_eq!(indexed, expected, "{access:?}");
        }
    }
}

fn allow(actions: &str, resources: &str) -> String {
    format!(r#"{{"Effect":"Allow","Action":{actions},"Resource":{resources}}}"#)
}

fn set(statements: &[String]) -> PolicySet {
    let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
    PolicySet::new([policy(&statements)])
}

fn access<'r>(action: &'r str, service: &'r str, id: RelativeId<'r>) -> AccessRequest<'r> {
    let (of, operation) = action.split_once(':').unwrap();
    let (region, account) = (Segment::Global, Segment::Known(ACCOUNT));
    AccessRequest {
        action: Action { service: of, operation },
        resource: Resource::Named { service, region, account, relative_id: id },
        ..question(&Nothing)
    }
}

/// One statement, and requests that differ from each other in as little as possible.
#[track_caller]
fn check_each(actions: &str, resources: &str, requests: &[(&str, &str, &str, bool)]) {
    let set = set(&[allow(actions, resources)]);
    for (action, service, id, expected) in requests {
        check(&set, &access(action, service, RelativeId::Known(id)), Some(*expected));
    }
}

#[test]
fn letter_case() {
    check_each(
        r#""ECS:stop*""#,
        r#""acs:ecs:*:*:instance/i-1""#,
        &[
            ("ecs:StopInstance", "ecs", "instance/i-1", true),
            ("ecs:StopInstance", "ecs", "instance/I-1", false),
            ("ecs:StartInstance", "ecs", "instance/i-1", false),
        ],
    );
    check_each(
        r#""ecs:stopinstance""#,
        r#""*""#,
        &[("ecs:StopInstance", "ecs", "x", true), ("ecs:StopInstances", "ecs", "x", false)],
    );
    // R-7: the names of roles, and nothing else.
    for pattern in
        [r#""acs:ram:*:*:role/Dev""#, r#""acs:ram:*:*:role/D*""#, r#""acs:ram:*:*:Role/*""#]
    {
        check_each(
            r#""ram:GetRole""#,
            pattern,
            &[("ram:GetRole", "ram", "role/dev", true), ("ram:GetRole", "ram", "user/dev", false)],
        );
    }
    check_each(
        r#""ram:GetRole""#,
        r#""acs:ram:*:*:user/Dev""#,
        &[("ram:GetRole", "ram", "user/dev", false), ("ram:GetRole", "ram", "user/Dev", true)],
    );
}

/// R-5.
#[test]
fn operations_without_resources() {
    for (resources, expected) in [
        (r#""*""#.to_owned(), true),
        (r#""acs:ecs:*:*:*""#.to_owned(), true),
        (format!(r#"["acs:oss:*:*:b/*","acs:ecs::{ACCOUNT}:**"]"#), true),
        (r#""acs:ecs:*:*:instance/*""#.to_owned(), false),
        (r#""acs:ecs:*:*:""#.to_owned(), false),
    ] {
        let set = set(&[allow(r#""ecs:Stop*""#, &resources)]);
        let all = AccessRequest { resource: Resource::All, ..question(&Nothing) };
        check(&set, &all, Some(expected));
    }
}

/// The index keeps the first 64 bytes of a name.
#[test]
fn long_names() {
    let long = "n".repeat(80);
    let (same_start, shorter) = (format!("{}m", "n".repeat(79)), "n".repeat(79));
    for prefix in ["", "bucket/", &format!("{long}/")] {
        let name = format!("{prefix}{long}");
        check_each(
            r#""oss:GetObject""#,
            &format!(r#""acs:oss:*:*:{name}""#),
            &[
                ("oss:GetObject", "oss", &name, true),
                ("oss:GetObject", "oss", &format!("{prefix}{same_start}"), false),
                ("oss:GetObject", "oss", &format!("{prefix}{shorter}"), false),
                ("oss:GetObject", "oss", &format!("{name}/"), false),
            ],
        );
    }
    check_each(
        r#""oss:GetObject""#,
        &format!(r#""acs:oss:*:*:{long}/*""#),
        &[
            ("oss:GetObject", "oss", &format!("{long}/a/b"), true),
            ("oss:GetObject", "oss", &format!("{same_start}/a"), false),
            ("oss:GetObject", "oss", &long, false),
        ],
    );
}

/// The index keeps the first 63 bytes of an action.
#[test]
fn long_actions() {
    let name = |bytes: usize| format!("ecs:{}", "O".repeat(bytes - "ecs:".len()));
    for bytes in [62, 63, 64, 65, 100] {
        let (action, shorter, longer) = (name(bytes), name(bytes - 1), name(bytes + 1));
        let requests = |of_longer| {
            [
                (shorter.as_str(), "ecs", "a", false),
                (action.as_str(), "ecs", "a", true),
                (longer.as_str(), "ecs", "a", of_longer),
            ]
        };
        check_each(&format!("\"{action}\""), r#""*""#, &requests(false));
        check_each(&format!("\"{action}*\""), r#""*""#, &requests(true));
    }
}

/// More than 64 pairs of actions and resources are listed by their actions alone.
#[test]
fn many_pairs() {
    for (actions, resources) in [(8, 8), (8, 9), (65, 1), (1, 65), (40, 40)] {
        let list = |count: usize, start: &str| {
            let all: Vec<String> = (0..count).map(|it| format!("\"{start}{it}\"")).collect();
            format!("[{}]", all.join(","))
        };
        let last_action = format!("ecs:Op{}", actions - 1);
        let last_name = format!("disk/{}", resources - 1);
        check_each(
            &list(actions, "ecs:Op"),
            &list(resources, "acs:ecs:*:*:disk/"),
            &[
                (&last_action, "ecs", &last_name, true),
                ("ecs:Op0", "ecs", "disk/0", true),
                (&last_action, "ecs", "disk/x", false),
                ("ecs:Opx", "ecs", &last_name, false),
            ],
        );
    }
}

/// What is not known well enough to be looked up is held against every statement.
#[test]
fn partial_names() {
    let set = set(&[
        allow(r#""ecs:Stop*""#, r#""acs:ecs:*:*:instance/*""#),
        r#"{"Effect":"Deny","Action":"*","Resource":"acs:ecs:*:*:disk/d-1"}"#.to_owned(),
    ]);
    for (id, allowed, denied) in [
        ("instance/\0", true, false),
        ("disk/\0", false, true),
        ("\0/d-1", false, true),
        ("\0/i-1", false, false),
    ] {
        let access = access("ecs:StopInstance", "ecs", RelativeId::Partial(id));
        check(&set, &access, Some(allowed));
        let probe = Probe::of(&access);
        assert_eq!(set.applying(Effect::Deny, &access, &probe).is_some(), denied, "{id:?}");
    }
}

fn one_of(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(words).prop_map(str::to_owned)
}

fn joined(words: &'static [&'static str], most: usize) -> impl Strategy<Value = String> {
    vec(select(words), 0..most).prop_map(|words| words.concat())
}

fn name() -> impl Strategy<Value = String> {
    joined(&["role/", "Role/", "a", "A", "b", "/", "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"], 5)
}

fn name_pattern() -> impl Strategy<Value = String> {
    joined(&["role/", "Role/", "a", "b", "/", "*", "?", "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"], 5)
}

fn action_pattern() -> impl Strategy<Value = String> {
    let service = one_of(&["ecs", "ECS", "ram", "e*", "?cs", "*"]);
    let operation =
        joined(&["Stop", "stop", "*", "?", "OOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOO"], 4);
    (service, operation).prop_map(|(service, operation)| format!("{service}:{operation}"))
}

fn statement() -> impl Strategy<Value = String> {
    let resource = (one_of(&["ecs", "ram", "*"]), name_pattern())
        .prop_map(|(service, id)| format!("acs:{service}:*:*:{id}"));
    let resource = prop_oneof![1 => Just("*".to_owned()), 9 => resource];
    let quoted = |texts: Vec<String>| {
        let all: Vec<String> = texts.iter().map(|text| format!("\"{text}\"")).collect();
        format!("[{}]", all.join(","))
    };
    (
        one_of(&["Allow", "Deny"]),
        (one_of(&["Action", "Action", "NotAction"]), vec(action_pattern(), 1..11)),
        (one_of(&["Resource", "Resource", "NotResource"]), vec(resource, 1..11)),
    )
        .prop_map(move |(effect, (action, actions), (resource, resources))| {
            format!(
                r#"{{"Effect":"{effect}","{action}":{},"{resource}":{}}}"#,
                quoted(actions),
                quoted(resources)
            )
        })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_index_finds_what_a_scan_finds(
        statements in vec(statement(), 1..6),
        service in one_of(&["ecs", "ram"]),
        operation in joined(&["Stop", "s", "OOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOO"], 4),
        id in name(),
    ) {
        let set = set(&statements);
        let action = format!("{service}:{operation}");
        let named = access(&action, &service, RelativeId::Known(&id));
        check(&set, &named, None);
        check(&set, &AccessRequest { resource: Resource::All, ..named }, None);
    }
}

#[test]
fn policies_count_on_what_they_are_attached_to() {
    let member = |on: &str| Member {
        policy: policy(&[&allow(r#""ecs:*""#, r#""*""#)]),
        attached_to: Some(Attachment::parse(on).unwrap()),
    };
    for (on, expected) in [
        ("acs:ecs:*:*:instance/i-1", true),
        ("acs:ecs:*:*:instance/i-2", false),
        ("acs:ecs:*:*:*", true),
    ] {
        let set = PolicySet::of_members(vec![member(on)]);
        check(&set, &question(&Nothing), Some(expected));
    }
}

#[test]
fn sets_that_cost_too_much() {
    let cheap = allow(r#""ecs:*""#, r#"["acs:ecs:*:*:instance/*","acs:ecs:*:*:*-web"]"#);
    let dear = |count: usize| {
        let pattern = format!("\"acs:ecs:*:*:{}\"", "*a".repeat(1000));
        allow(r#""ecs:*""#, &format!("[{}]", vec![pattern; count].join(",")))
    };
    let one = set(&[cheap.clone(), dear(100)]);
    assert!(one.cost().is_acceptable(), "{:?}", one.cost());
    assert!(set(&vec![cheap.clone(); 1000]).cost().is_acceptable());
    // Each document is small enough; together they are not. The dearest statement is named.
    let documents = vec![policy(&[&cheap, &dear(100)]); 20];
    let set = PolicySet::new(documents.into_iter().chain([policy(&[&cheap, &cheap, &dear(120)])]));
    assert!(!set.cost().is_acceptable(), "{:?}", set.cost());
    assert_eq!(set.dearest_statement().unwrap().to_string(), "p.json:4 (statement 2)");
    assert!(NO_POLICIES.cost().is_acceptable() && NO_POLICIES.dearest_statement().is_none());
}
