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

/// What a side says.
const SAYS: [&str; 3] = ["Allow", "ImplicitDeny", "ExplicitDeny"];

/// Checklist 3: each answer of the caller's policies with each of the trust policy, of an own caller and of another account's.
/// The kind of policy that is told is that of 9.1: the caller's own, wherever these do not allow.
#[test]
fn every_answer_with_every_answer() {
    let upstream = Upstream::start();
    let bundle = bundle(&upstream);
    people_for_the_table(&bundle);
    let gate = bundle.serve();
    for account in [ACCOUNT, PARTNER] {
        for (a, own) in SAYS.into_iter().enumerate() {
            for (b, trust) in SAYS.into_iter().enumerate() {
                let of = if account == ACCOUNT { 1 } else { 2 };
                let key = format!("LTAI5tTableTestKey{of}{a}");
                let answer = Pair::of(&key).assume(&format!("t{b}"), "").send(gate.data);
                let case = format!("A {own}, B {trust}, caller of {account}: {}", answer.text());
                let expected = if (a, b) == (0, 0) { ALLOWED } else { DENIED };
                assert_eq!(told(&answer), (expected.0, expected.1.to_owned()), "{case}");
                if (a, b) == (0, 0) {
                    continue;
                }
                let kind =
                    if a == 0 { "AssumeRolePolicy" } else { "AccountLevelIdentityBasedPolicy" };
                let explicit = own == "ExplicitDeny" || trust == "ExplicitDeny";
                let how = if explicit { "ExplicitDeny" } else { "ImplicitDeny" };
                let body = json(&answer);
                let detail = &body["AccessDeniedDetail"];
                if account == PARTNER {
                    assert!(detail.is_null(), "STS-42 {case}");
                } else {
                    let id = format!("2000000000000001{of}{a}");
                    for (field, value) in [
                        ("AuthAction", "sts:AssumeRole"),
                        ("AuthPrincipalType", "SubUser"),
                        ("AuthPrincipalOwnerId", ACCOUNT),
                        ("AuthPrincipalDisplayName", id.as_str()),
                        ("NoPermissionType", how),
                        ("PolicyType", kind),
                    ] {
                        assert_eq!(detail[field], value, "3.8 {field}: {case}");
                    }
                }
                let principal = format!("acs:ram::{account}:user/table{of}{a}");
                let role = format!("acs:ram:*:{ACCOUNT}:role/t{b}");
                let explained = explain(&bundle, &principal, &role, &["--json"]);
                let explained: Value = serde_json::from_str(&explained).unwrap();
                assert_eq!(
                    (&explained["verdict"], &explained["policy_type"]),
                    (&how.into(), &kind.into()),
                    "{case}"
                );
                let sides = &explained["assume_role"];
                assert_eq!(sides["caller"][0]["verdict"], own, "{case}");
                assert_eq!(sides["trust"]["verdict"], trust, "{case}");
                // A statement for each silent side, and none where one denies.
                let silent = [own, trust].into_iter().filter(|it| *it == "ImplicitDeny").count();
                let added = sides["add"].as_array().unwrap().len();
                assert_eq!(added, if explicit { 0 } else { silent }, "{case} {sides}");
            }
        }
    }
}

/// Roles `t0` to `t2` and three users of each account, who say what [`SAYS`] has.
fn people_for_the_table(bundle: &Bundle) {
    let both = format!("[\"acs:ram::{ACCOUNT}:root\",\"acs:ram::{PARTNER}:root\"]");
    let trust = |effect: &str| {
        format!(r#"{{"Effect":"{effect}","Action":"sts:AssumeRole","Principal":{{"RAM":{both}}}}}"#)
    };
    let denies = format!(r#"{{"Version":"1","Statement":[{},{}]}}"#, trust("Allow"), trust("Deny"));
    bundle.write("trust-policies/denies.json", &denies);
    let refuse = r#"{"Version":"1","Statement":[{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"*"}]}"#;
    bundle.write("policies/refuse.json", refuse);
    let users = |of: u8| -> String {
        let attached = ["[assume]", "[]", "[assume, refuse]"].into_iter().enumerate();
        let user = |(a, policies): (usize, &str)| {
            format!(
                "  - {{ name: table{of}{a}, id: '2000000000000001{of}{a}', policies: {{ custom: {policies} }} }}\n"
            )
        };
        attached.map(user).collect()
    };
    bundle.change("directory.yaml", |text| {
        let roles = ["any", "nobody", "denies"].into_iter().enumerate();
        let role = |(b, trust): (usize, &str)| {
            format!("  - {{ name: t{b}, id: '30000000000000011{b}', trust: {trust} }}\n")
        };
        let roles: String = roles.map(role).collect();
        let partner = users(2).replace("  - ", "      - ");
        let text = text.replace("roles:\n", &format!("roles:\n{roles}"));
        format!("{}{partner}", text.replace("\nusers:\n", &format!("\nusers:\n{}", users(1))))
    });
    bundle.change("secrets/access-keys.yaml", |text| {
        let keys = [(1, ACCOUNT), (2, PARTNER)].into_iter().flat_map(|(of, account)| (0..3).map(move |a| (of, account, a)));
        let key = |(of, account, a): (u8, &str, u8)| {
            format!("  - {{ id: LTAI5tTableTestKey{of}{a}, account: \"{account}\", user: table{of}{a}, secret: \"{SECRET}\" }}\n")
        };
        format!("{text}{}", keys.map(key).collect::<String>())
    });
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
