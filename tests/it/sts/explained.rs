//! `ramgate whoami` and `ramgate explain` about sessions, and what the audit record says of them.

use super::*;

fn role(name: &str) -> String {
    format!("acs:ram:*:{ACCOUNT}:role/{name}")
}

/// All of these stand in the text, in this order; blanks between words are one.
#[track_caller]
fn says(text: &str, parts: &[&str]) {
    let shown = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut rest = shown.as_str();
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else { panic!("no `{part}` in\n{text}") };
        rest = after;
    }
}

#[track_caller]
fn whoami(bundle: &Bundle, arguments: &[&str], input: &str, valid: bool) -> String {
    let (succeeded, said) = command(bundle, "whoami", arguments, input);
    assert_eq!(succeeded, valid, "{said}");
    assert!(!said.contains(SECRET) && (input.is_empty() || !said.contains(input)), "{said}");
    said
}

#[test]
fn who_has_a_pair() {
    let upstream = Upstream::start();
    let bundle = bundle(&upstream);
    bundle.change("directory.yaml", |text| {
        let text = text.replace("  - name: alice\n", "  - name: alice\n    mfa: true\n");
        format!("alias: company-a\n{text}")
    });
    let said = whoami(&bundle, &["--key", ALICE_KEY], "", true);
    says(
        &said,
        &[
            "valid yes",
            "type SubUser",
            "ARN acs:ram::1234567890123456:user/alice",
            "account 1234567890123456 (company-a), active",
            "user alice (id 200000000000000011)",
            "groups operators",
            "second factor: bound",
            "LTAI5tAliceTestKey00001, Active",
            "policies assume Custom the account through the user",
            "ecs-operators Custom the account through group operators",
        ],
    );
    let old = crate::support::gate::ALICE_OLD_KEY;
    says(
        &whoami(&bundle, &["--key", old], "", false),
        &["valid no: the AccessKey is inactive (InvalidAccessKeyId.Inactive)"],
    );
    bundle.write("revocations.yaml", "users: [carol]\n");
    says(
        &whoami(&bundle, &["--key", CAROL_KEY], "", false),
        &["no: the AccessKey or its user is revoked"],
    );
    bundle.change("directory.yaml", |text| {
        text.replace("  - name: bob\n", "  - name: bob\n    access: console\n")
    });
    says(
        &whoami(&bundle, &["--key", BOB_KEY], "", false),
        &["InvalidAccessKeyId.NotFound", "has `access: console`"],
    );
    says(
        &whoami(&bundle, &["--key", "LTAI5tNobody"], "", false),
        &["no pair of this id is in the keys file"],
    );
    let json: Value = serde_json::from_str(
        &whoami(&bundle, &["--key", ROOT_KEY, "--json"], "", true)
            .lines()
            .filter(|line| !line.contains("warning"))
            .collect::<String>(),
    )
    .unwrap();
    assert_eq!((&json["type"], &json["valid"]), (&"RootUser".into(), &true.into()));
}

#[test]
fn who_has_a_token() {
    let world = world();
    let first = world.session(&Pair::of(ALICE_KEY), "reader", "&SourceIdentity=Alice");
    let second = world.session(&first, "next", "");
    let token = second.token.clone().unwrap();
    let bundle = &world.bundle;
    let said = whoami(bundle, &["--token", "-"], &token, true);
    says(
        &said,
        &[
            "valid yes",
            "type AssumedRoleUser",
            "acs:ram::1234567890123456:assumed-role/next/s1",
            "AccessKey STS.",
            "of a token",
            "role next (id 300000000000000073)",
            "session s1",
            "issued",
            "expires",
            "obtained by acs:ram::1234567890123456:role/reader",
            "begun by acs:ram::1234567890123456:user/alice",
            "source identity Alice",
            "came from acs:ram::1234567890123456:role/reader, STS.",
            "policies assume Custom the account through the role",
        ],
    );
    says(
        &whoami(bundle, &["--token", "-", "--key", &first.id], &token, false),
        &["no:", "MismatchWithAccessKey, step 7"],
    );
    let broken = token.replace(&token[40..44], "AAAA");
    says(
        &whoami(bundle, &["--token", "-"], &broken, false),
        &["nobody is known by the token (InvalidSecurityToken.Malformed, step 4)"],
    );
    says(&whoami(bundle, &["--key", &second.id], "", false), &["its token says whose it is"]);
    // The audit record says who is behind each session, and what each session was known by when it was given out.
    let answer = second.ecs("DescribeInstances", "RegionId=cn-hangzhou").send(world.gate.data);
    let line: Value = serde_json::from_str(&world.gate.audit_line(&answer.request_id())).unwrap();
    assert_eq!(line["session"]["source"], "acs:ram::1234567890123456:role/reader");
    assert_eq!(line["session"]["origin"], "acs:ram::1234567890123456:user/alice");
    assert_eq!(line["session"]["source_identity"], "Alice");
    assert_eq!(line["session"]["chain"], serde_json::json!([first.id]));
    let issued: Value =
        serde_json::from_str(&world.gate.audit_line(&format!("\"issued\":\"{}\"", first.id)))
            .unwrap();
    assert_eq!(
        (&issued["operation"], &issued["principal"]),
        (&"AssumeRole".into(), &format!("acs:ram::{ACCOUNT}:user/alice").into())
    );
    // Whoever is gone takes its sessions along.
    for (change, parts) in [
        (("\nusers:\n", "\nstatus: frozen\nusers:\n"), ["AccountFrozen, step 12", "role next"]),
        (
            ("name: next, id: '300000000000000073'", "name: next, id: '300000000000000079'"),
            ["the role of the session is not in the directory", "Expired, step 12"],
        ),
    ] {
        let text = bundle.read("directory.yaml");
        bundle.change("directory.yaml", |text| text.replace(change.0, change.1));
        says(&whoami(bundle, &["--token", "-"], &token, false), &parts);
        bundle.write("directory.yaml", &text);
    }
    bundle.write("revocations.yaml", &format!("access_keys: [{}]\n", first.id));
    says(&whoami(bundle, &["--token", "-"], &token, false), &["Expired, step 11"]);
}

/// Who asks for which role, with what else, and what is said.
type Side = (&'static str, &'static str, &'static [&'static str], &'static [&'static str]);

const SIDES: &[Side] = &[
    (
        "alice",
        "reader",
        &[],
        &[
            "Allow:",
            "A caller's policies Allow",
            "B trust policy Allow",
            "nothing: both sides allow it",
        ],
    ),
    (
        "bob",
        "reader",
        &[],
        &[
            "A caller's policies ImplicitDeny",
            "the caller's side: no policy of acs:ram::1234567890123456:user/bob allows it, though the role trusts",
            "a policy of user bob",
            r#"{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"acs:ram:*:1234567890123456:role/reader"}"#,
        ],
    ),
    (
        "alice",
        "closed",
        &[],
        &[
            "the role's side: its trust policy does not let",
            "the trust policy of the role",
            r#"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":"acs:ram::1234567890123456:user/alice"}}"#,
        ],
    ),
    (
        "acs:ram::2000000000000002:user/dave",
        "closed",
        &[],
        &[
            "both sides",
            "of account 2000000000000002",
            "of account 1234567890123456",
            r#""Condition":{"StringEquals":{"sts:ExternalId":"<an id that the two of you agree on>"}}"#,
        ],
    ),
    (
        "acs:ram::2000000000000002:user/carol",
        "shared",
        &["--assume-absent"],
        &[
            "sts:ExternalId absent",
            "the role's side, of account 1234567890123456",
            "nearest",
            "only if sts:ExternalId StringEquals `x-42`",
        ],
    ),
    (
        "acs:ram::2000000000000002:user/carol",
        "shared",
        &["--context", "sts:ExternalId=x-42"],
        &["Allow:", "nothing"],
    ),
    (
        "acs:ram::2000000000000002:user/carol",
        "shared",
        &["--context", "sts:ExternalId=x-43"],
        &["ImplicitDeny", r#""sts:ExternalId":"x-43""#],
    ),
    (
        "role/reader",
        "closed",
        &[],
        &["the role's side", r#"{"RAM":"acs:ram::1234567890123456:role/reader"}"#],
    ),
    (
        "acs:ram::1234567890123456:role/reader/s1",
        "next",
        &[],
        &["Allow:", "assumed-role/reader/s1"],
    ),
    ("acs:sts::1234567890123456:assumed-role/Reader/s1", "next", &[], &["Allow:"]),
    (
        "acs:ram::1234567890123456:oidc-provider/ci",
        "closed",
        &["--context", "oidc:sub=repo:a/b"],
        &[
            "B trust policy ImplicitDeny",
            "no other side is asked",
            r#""Principal":{"Federated":"acs:ram::1234567890123456:oidc-provider/ci"},"Condition":{"StringEquals":{"oidc:aud":"<client id>","oidc:sub":"repo:a/b"}}"#,
        ],
    ),
    (
        "ecs.aliyuncs.com",
        "closed",
        &[],
        &["no other side is asked", r#"{"Service":"ecs.aliyuncs.com"}"#],
    ),
    (
        "2000000000000002@log.aliyuncs.com",
        "closed",
        &[],
        &[r#"{"Service":"2000000000000002@log.aliyuncs.com"}"#],
    ),
    ("root", "reader", &[], &["the account itself assumes no role"]),
    ("anonymous", "reader", &[], &["nobody assumes a role without credentials"]),
    ("alice", "missing", &[], &["there is no role acs:ram:*:1234567890123456:role/missing"]),
];

/// Both sides, and what is missing, for each kind of caller.
#[test]
fn both_sides_are_told() {
    let world = world();
    let bundle = &world.bundle;
    let trusting = |principal: &str| format!("\"Principal\":{{{principal}}}");
    for (principal, name, more, parts) in SIDES {
        let said = explain(bundle, principal, &role(name), more);
        says(&said, parts);
        assert!(!said.contains(&trusting("\"RAM\":\"*\"")), "{said}");
    }
}

/// A session that has a token asks as the gate would see it: its policy bounds it, its source identity goes on.
#[test]
fn a_session_is_explained_by_its_token() {
    let world = world();
    let policy = "%7B%22Version%22%3A%221%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22ecs%3ADescribe*%22%2C%22Resource%22%3A%22*%22%7D%5D%7D";
    let alice = Pair::of(ALICE_KEY);
    let bounded = world.session(&alice, "reader", &format!("&Policy={policy}"));
    let named = world.session(&alice, "reader", "&SourceIdentity=Alice");
    let ask = |session: &Pair, name: &str| {
        world.bundle.write("session.token", session.token.as_deref().unwrap());
        let file = world.bundle.path("session.token").display().to_string();
        explain(&world.bundle, &session.id, &role(name), &["--token", &file])
    };
    says(
        &ask(&bounded, "next"),
        &["ImplicitDeny", "the session policy ended it before the two sides"],
    );
    assert_eq!(
        world.send(&bounded.assume("next", "")),
        (403, "NoPermission".to_owned()),
        "checklist 4"
    );
    says(&ask(&named, "next"), &["Allow:"]);
    says(&ask(&named, "named"), &["Allow:", "sts:SourceIdentity Alice"]);
    world.bundle.write("revocations.yaml", &format!("access_keys: [{}]\n", named.id));
    says(
        &ask(&named, "named"),
        &["Allow:", "the gate refuses", "is revoked (InvalidSecurityToken.Expired)"],
    );
}
