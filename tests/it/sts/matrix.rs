//! Who may assume what: the caller's side (A), the role's (B), and what callers learn.

use super::*;

const ALLOWED: (u16, &str) = (200, "");
const DENIED: (u16, &str) = (403, "NoPermission");
const MISSING: (u16, &str) = (404, "EntityNotExist.Role");

#[test]
fn both_sides_are_needed() {
    let world = world();
    for (rule, key, role, expected) in [
        ("2.4 A and B", ALICE_KEY, "reader", ALLOWED),
        ("2.4 A alone", ALICE_KEY, "closed", DENIED),
        ("2.4 B alone", BOB_KEY, "reader", DENIED),
        ("2.4 neither", BOB_KEY, "closed", DENIED),
        ("2.4 other account, A and B", CAROL_KEY, "reader", ALLOWED),
        ("2.4 other account, A alone", CAROL_KEY, "closed", DENIED),
        ("2.4 other account, B alone", DAVE_KEY, "reader", DENIED),
        ("2.4 other account, neither", DAVE_KEY, "closed", DENIED),
        ("3.3 step 6", ALICE_KEY, "missing", MISSING),
        ("3.3 step 5", BOB_KEY, "missing", DENIED),
        ("3.3 step 6, other account", CAROL_KEY, "missing", DENIED),
        ("STS-11", ROOT_KEY, "reader", DENIED),
        ("STS-11", ROOT_KEY, "missing", DENIED),
    ] {
        let answer = Pair::of(key).assume(role, "").send(world.gate.data);
        let told = (answer.status(), answer.code());
        assert_eq!(told, (expected.0, expected.1.to_owned()), "{rule}: {}", answer.text());
    }
    let root = Pair::of(ROOT_KEY).assume("reader", "").send(world.gate.data);
    assert!(root.text().contains("Roles may not be assumed by root accounts."), "{}", root.text());
    let untrusted = json(&Pair::of(ALICE_KEY).assume("closed", "").send(world.gate.data));
    let detail = &untrusted["AccessDeniedDetail"];
    assert_eq!(
        (&detail["AuthAction"], &detail["PolicyType"]),
        (&"sts:AssumeRole".into(), &"AssumeRolePolicy".into())
    );
    let foreign = json(&Pair::of(CAROL_KEY).assume("closed", "").send(world.gate.data));
    assert!(foreign.get("AccessDeniedDetail").is_none(), "STS-42 {foreign}");
}

#[test]
fn an_explicit_deny_on_either_side_denies() {
    let world = world();
    let deny = r#"{"Version":"1","Statement":[{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"acs:ram:*:*:role/reader"}]}"#;
    world.bundle.write("policies/reads.json", deny);
    world
        .bundle
        .change("directory.yaml", |text| text.replace("[assume] }\n", "[assume, reads] }\n"));
    let denied = crate::support::wait_for(Duration::from_secs(1), || {
        let answer = Pair::of(ALICE_KEY).assume("reader", "").send(world.gate.data);
        answer.text().contains("ExplicitDeny")
    });
    assert!(denied);
}

/// A catalogue file of one's own may ask for nothing; the issuer does not believe it.
#[test]
fn only_a_trust_policy_opens_a_role() {
    let upstream = Upstream::start();
    let bundle = bundle(&upstream);
    let gate = bundle.serve();
    bundle.write("catalog/sts.yaml", UNGUARDED);
    let arn = format!("RoleArn=acs:ram::{ACCOUNT}:role%2Freader&RoleSessionName=s1");
    for key in [ALICE_KEY, BOB_KEY] {
        let mut answer = Pair::of(key).sts("AssumeRole", &arn).send(gate.data);
        let replaced = crate::support::wait_for(Duration::from_secs(2), || {
            answer = Pair::of(key).sts("AssumeRole", &arn).send(gate.data);
            gate.audit_line(&answer.request_id()).contains("no trust policy asked")
        });
        assert!(replaced, "{}", answer.text());
        assert_eq!(told(&answer), (403, "NoPermission".to_owned()), "{}", answer.text());
    }
}

const UNGUARDED: &str = "schema: 'ramgate-catalog/1'
product: sts
ram_code: sts
style: rpc
versions: ['2015-04-01']
endpoints: [sts.aliyuncs.com]
scope: global
operations:
  - {name: AssumeRole, auth: signature-only, level: read, checks: []}
";

#[test]
fn external_ids() {
    let world = world();
    for key in [ALICE_KEY, CAROL_KEY] {
        let by = Pair::of(key);
        for (more, expected) in [
            ("", DENIED),
            ("&ExternalId=x-43", DENIED),
            ("&ExternalId=X-42", DENIED),
            ("&ExternalId=x-42", ALLOWED),
        ] {
            let told = world.send(&by.assume("shared", more));
            assert_eq!(told, (expected.0, expected.1.to_owned()), "TP-18 {key} {more}");
        }
        // A role that does not ask for one does not mind.
        assert_eq!(world.send(&by.assume("reader", "&ExternalId=x-43")).0, 200, "TP-18");
    }
}

/// A session policy bounds what its session may assume, too (2.4).
#[test]
fn a_bounded_session_assumes_what_its_policy_allows() {
    let world = world();
    let policy = |action: &str| {
        let text = format!(
            r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"*"}}]}}"#
        );
        format!("&Policy={}", ramgate::signature::encode(&text))
    };
    let alice = Pair::of(ALICE_KEY);
    let without = world.session(&alice, "reader", &policy("ecs:*"));
    let refused = without.assume("next", "").send(world.gate.data);
    assert_eq!(told(&refused), (403, "NoPermission".to_owned()));
    assert_eq!(json(&refused)["AccessDeniedDetail"]["PolicyType"], "SessionPolicy");
    let with = world.session(&alice, "reader", &policy("sts:AssumeRole"));
    let next = world.session(&with, "next", "");
    // The bound of the first session does not travel (STS-15).
    assert_eq!(world.send(&next.ecs("DescribeInstances", "RegionId=cn-hangzhou")).0, 200);
    assert_eq!(world.send(&with.ecs("DescribeInstances", "RegionId=cn-hangzhou")).0, 403);
}
