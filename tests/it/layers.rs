//! Each layer of the decision over a real socket: one mounted file differs, and the verdict flips.
#![cfg(test)]

use std::fs;
use std::time::Duration;

use crate::support::caller::{Call, acs3_at, ecs, nonce, notes, now};
use crate::support::gate::{ALICE_KEY, BOB_KEY, Bundle, Gate, SECRET};
use crate::support::upstream::Upstream;
use crate::support::wait_for;

const ONE_SECOND: Duration = Duration::from_secs(1);
const PARTNER: &str = "2000000000000002";
const CAROL_KEY: &str = "LTAI5tCarolTestKey00004";
const ROOT_KEY: &str = "LTAI5tRootTestKey000005";
const SESSION_KEY: &str = "STS.NTestSessionKey0001";
const TOKEN: &str = "CAISqwJ1q6Ft5B2yfSjIr5bZtestToken";
const VAULT_HOST: &str = "vault.example.test";

/// The example with everything that attaches policies: a partner's account, root's key, a session of the deployer, a
/// store with the traits of OSS, and an upstream for STS.
fn everything(upstream: &Upstream) -> Bundle {
    let bundle = Bundle::example(upstream);
    bundle.change("ramgate.yaml", |text| {
        let text = text.replace(
            "files:\n",
            "access_keys:\n  allow_root: true\nfiles:\n  session_policies: session-policies\n",
        );
        let route = |product: &str| {
            format!(
                "  - name: {product}\n    products: [{product}]\n    upstream: http://{}\n",
                upstream.address
            )
        };
        text.replace("\naudit:", &format!("{}{}\naudit:", route("sts"), route("vault")))
    });
    fs::create_dir(bundle.path("session-policies")).unwrap();
    bundle.write("session-policies/staging.json", &allow("ecs:Start*", "*"));
    bundle.write("resource-policies/vault.json", &listed("Deny", "[\"1\"]", "vault:*"));
    bundle.write("policies/everything.json", &allow("*", "*"));
    bundle.write("catalog/vault.yaml", VAULT);
    bundle.change("secrets/access-keys.yaml", |text| {
        format!(
            "{text}  - {{ id: {CAROL_KEY}, account: \"{PARTNER}\", user: carol, secret: \"{SECRET}\" }}\n  \
             - {{ id: {ROOT_KEY}, root: true, secret: \"{SECRET}\" }}\nsessions:\n  \
             - {{ id: {SESSION_KEY}, secret: \"{SECRET}\", token: {TOKEN}, role: Deployer, name: ci-1, \
             expires: \"2099-01-01T00:00:00Z\", policy: staging }}\n"
        )
    });
    bundle.change("directory.yaml", |text| {
        format!(
            "{text}\naccounts:\n  - id: \"{PARTNER}\"\n    users:\n      - name: carol\n        id: \"200000000000000031\"\n        \
             policies: {{ custom: [everything] }}\n"
        )
    });
    bundle.change("resources.yaml", |text| {
        text.replace(
            "\npolicies:\n",
            "\nacls:\n  - { resource: \"acs:vault:*:*:shelf\", acl: private }\npolicies:\n  \
             - resource: acs:vault:*:1234567890123456:shelf/*\n    policy: vault\n",
        )
    });
    bundle
}

/// A store of one's own with the rules of OSS.
const VAULT: &str = "schema: 'ramgate-catalog/1'
product: vault
ram_code: vault
style: roa
endpoints: ['vault.example.test']
scope: global
traits: [principal-list, resource-policy-suffices, acl]
operations:
  - name: GetItem
    method: GET
    path: '/items/{name...}'
    level: read
    checks:
      - {action: 'vault:GetItem', traits: [object-read], resources: [{arn: 'acs:vault:*:{AccountId}:shelf/{name}', required: true}]}
  - name: PutItem
    method: PUT
    path: '/items/{name...}'
    level: write
    checks:
      - {action: 'vault:PutItem', traits: [object-write], resources: [{arn: 'acs:vault:*:{AccountId}:shelf/{name}', required: true}]}
  - name: GetLog
    method: GET
    path: '/logs/{name}'
    level: read
    checks:
      - {action: 'log:GetProject', resources: [{arn: 'acs:log:*:{AccountId}:project/{name}', required: true}]}
  - name: ListItems
    method: GET
    path: '/items'
    level: list
    checks:
      - {action: 'vault:ListItems', resources: [{arn: 'acs:vault:*:{AccountId}:shelf', required: true}]}
";

fn statement(effect: &str, member: &str, action: &str, resource: &str) -> String {
    format!(
        r#"{{"Version":"1","Statement":[{{"Effect":"{effect}",{member}"Action":"{action}","Resource":"{resource}"}}]}}"#
    )
}

fn allow(action: &str, resource: &str) -> String {
    statement("Allow", "", action, resource)
}

fn deny(action: &str, resource: &str) -> String {
    statement("Deny", "", action, resource)
}

/// A policy of a store, with a list of principals.
fn listed(effect: &str, principals: &str, action: &str) -> String {
    statement(effect, &format!("\"Principal\":{principals},"), action, "*")
}

fn object(effect: &str, principal: &str, action: &str) -> String {
    statement(effect, &format!("\"Principal\":{{\"RAM\":\"{principal}\"}},"), action, "*")
}

/// A signed call of a session: with its token, or with another one.
fn of_session(operation: &str, query: &str, token: &str) -> Call {
    let headers = [
        ("host", "ecs.cn-hangzhou.aliyuncs.com"),
        ("x-acs-action", operation),
        ("x-acs-version", "2014-05-26"),
        ("x-acs-security-token", token),
    ];
    acs3_at(SESSION_KEY, SECRET, "POST", &format!("/?{query}"), &headers, b"", now())
}

fn assume(key: &str, role: &str) -> Call {
    assume_with(key, role, "")
}

fn assume_with(key: &str, role: &str, more: &str) -> Call {
    let role = format!("acs%3Aram%3A%3A1234567890123456%3Arole%2F{role}");
    let target = format!("/?RoleArn={role}&RoleSessionName=test{more}");
    let headers = [
        ("host", "sts.aliyuncs.com"),
        ("x-acs-action", "AssumeRole"),
        ("x-acs-version", "2015-04-01"),
    ];
    acs3_at(key, SECRET, "POST", &target, &headers, b"", now())
}

fn vault(key: &str, method: &str, path: &str) -> Call {
    acs3_at(key, SECRET, method, path, &[("host", VAULT_HOST)], b"", now())
}

/// A call of the store without credentials.
fn anonymous(method: &str, path: &str) -> Call {
    let headers =
        vec![("host".to_owned(), VAULT_HOST.to_owned()), ("x-request-nonce".to_owned(), nonce())];
    Call { method: method.into(), target: path.into(), headers, body: Vec::new() }
}

struct Flip {
    bundle: Bundle,
    gate: Gate,
    upstream: Upstream,
}

impl Flip {
    fn start() -> Self {
        let upstream = Upstream::start();
        let bundle = everything(&upstream);
        let gate = bundle.serve();
        Self { bundle, gate, upstream }
    }

    /// The call gets `before`; then the one file changes, and within a second it gets `after`.
    #[track_caller]
    fn flips(
        &self,
        call: impl Fn() -> Call,
        (before, after): (u16, u16),
        file: &str,
        change: impl Fn(&str) -> String,
    ) {
        let seen = self.upstream.received().len();
        let first = call().send(self.gate.data);
        assert_eq!(first.status(), before, "{}", first.text());
        let reached = self.upstream.received().len() > seen;
        assert_eq!(reached, before == 200, "what the upstream saw");
        self.bundle.change(file, change);
        let flipped = wait_for(ONE_SECOND, || call().send(self.gate.data).status() == after);
        assert!(
            flipped,
            "{file}: {}\n{:#?}",
            call().send(self.gate.data).text(),
            self.gate.messages()
        );
    }

    /// The detail of a denial.
    #[track_caller]
    fn denied_by(&self, call: &Call, policy_type: Option<&str>, kind: &str) {
        let answer = call.send(self.gate.data);
        let text = answer.text();
        assert_eq!((answer.status(), answer.code().as_str()), (403, "NoPermission"), "{text}");
        assert!(text.contains(&format!("\"NoPermissionType\":\"{kind}\"")), "{text}");
        match policy_type {
            Some(name) => assert!(text.contains(&format!("\"PolicyType\":\"{name}\"")), "{text}"),
            None => assert!(!text.contains("PolicyType"), "{text}"),
        }
    }
}

#[test]
fn control_policies_of_the_folder() {
    let flip = Flip::start();
    let call = || ecs(ALICE_KEY, "DescribeInstances", "");
    flip.flips(call, (200, 403), "control-policies/no-overseas.json", |_| {
        deny("ecs:Describe*", "*")
    });
    flip.denied_by(&call(), Some("ControlPolicy"), "ExplicitDeny");
    flip.flips(call, (403, 200), "control-policies/no-overseas.json", |_| deny("ecs:Delete*", "*"));
}

#[test]
fn every_level_of_the_organization_must_allow() {
    let flip = Flip::start();
    let call = || ecs(ALICE_KEY, "DescribeInstances", "");
    flip.flips(call, (200, 403), "organization.yaml", |text| {
        text.replacen("        system: [FullAliyunAccess]\n", "", 1) // the folder lists a Deny only
    });
    flip.denied_by(&call(), Some("ControlPolicy"), "ImplicitDeny");
}

#[test]
fn root_is_bound_by_control_policies_of_scope_all_only() {
    let flip = Flip::start();
    let call = || ecs(ROOT_KEY, "DescribeInstances", "");
    flip.bundle.write("control-policies/no-overseas.json", &deny("ecs:Describe*", "*"));
    assert!(wait_for(ONE_SECOND, || ecs(ALICE_KEY, "DescribeInstances", "")
        .send(flip.gate.data)
        .status()
        == 403));
    flip.flips(call, (200, 403), "organization.yaml", |text| {
        format!("control_policies:\n  no-overseas: {{ effect_scope: All }}\n{text}")
    });
    flip.denied_by(&call(), Some("ControlPolicy"), "ExplicitDeny");
    // What the policy does not name is root's as before: `FullAliyunAccess` of the level counts for it too.
    let other = ecs(ROOT_KEY, "StartInstance", "InstanceId=i-web-1").send(flip.gate.data);
    assert_eq!(other.status(), 200);
}

#[test]
fn the_managing_account_is_free_on_its_own_resources() {
    let flip = Flip::start();
    let call = || ecs(ALICE_KEY, "DescribeInstances", "");
    flip.flips(call, (200, 403), "control-policies/no-overseas.json", |_| deny("ecs:*", "*"));
    flip.flips(call, (403, 200), "organization.yaml", |text| {
        format!("management_account: \"1234567890123456\"\n{text}")
    });
}

#[test]
fn control_policies_of_the_callers_account_count_too() {
    let flip = Flip::start();
    flip.bundle.write(
        "resource-policies/vault.json",
        &listed("Allow", "[\"200000000000000031\"]", "vault:*"),
    );
    let call = || vault(CAROL_KEY, "GET", "/items/a");
    assert!(wait_for(ONE_SECOND, || call().send(flip.gate.data).status() == 200));
    flip.flips(call, (200, 403), "organization.yaml", |text| {
        format!("{text}        - {{ id: \"{PARTNER}\", policies: {{ custom: [no-overseas] }} }}\n")
    });
}

#[test]
fn session_policies_bound_the_session() {
    let flip = Flip::start();
    let call = || of_session("StopInstance", "InstanceId=i-staging-1", TOKEN);
    flip.denied_by(&call(), Some("SessionPolicy"), "ImplicitDeny");
    flip.flips(call, (403, 200), "session-policies/staging.json", |_| allow("ecs:*", "*"));
    let other =
        of_session("StopInstance", "InstanceId=i-staging-1", "another-token").send(flip.gate.data);
    assert_eq!(other.code(), "InvalidSecurityToken.MismatchWithAccessKey", "{}", other.text());
    flip.flips(call, (200, 400), "secrets/access-keys.yaml", |text| text.replace("2099-", "2001-"));
    assert_eq!(call().send(flip.gate.data).code(), "InvalidSecurityToken.Expired");
}

#[test]
fn a_session_without_its_bound_is_not_let_in() {
    let flip = Flip::start();
    let call = || of_session("StartInstance", "InstanceId=i-staging-1", TOKEN);
    flip.flips(call, (200, 400), "secrets/access-keys.yaml", |text| {
        text.replace("policy: staging", "policy: stagin")
    });
}

#[test]
fn identity_policies_of_the_account_and_the_group() {
    let flip = Flip::start();
    let call = || ecs(ALICE_KEY, "StartInstance", "InstanceId=i-1");
    flip.flips(call, (200, 403), "policies/ecs-operators.json", |text| {
        text.replace("\"ecs:StartInstance\", ", "")
    });
    flip.denied_by(&call(), Some("AccountLevelIdentityBasedPolicy"), "ImplicitDeny");
    let call = || ecs(ALICE_KEY, "StopInstance", "InstanceId=i-1");
    flip.flips(call, (200, 403), "directory.yaml", |text| {
        text.replace("groups: [operators]", "groups: []")
    });
}

#[test]
fn identity_policies_of_a_resource_group() {
    let flip = Flip::start();
    flip.bundle.write("session-policies/staging.json", &allow("*", "*"));
    let call = || of_session("StopInstance", "InstanceId=i-staging-1", TOKEN);
    assert!(wait_for(ONE_SECOND, || call().send(flip.gate.data).status() == 200));
    assert_eq!(
        of_session("StopInstance", "InstanceId=i-other", TOKEN).send(flip.gate.data).status(),
        403
    );
    flip.flips(call, (200, 403), "resources.yaml", |text| text.replace("i-staging-*", "i-stage-*"));
    flip.flips(call, (403, 200), "directory.yaml", |text| {
        text.replace("      resource_groups:\n        rg-staging:", "")
            .replace("          custom: [ecs-operators]", "      custom: [ecs-operators]")
            .replace(
                "                     # counts for resources of this group only (resources.yaml)",
                "",
            )
    });
}

/// Who is in no group that is known: no Allow of a group, every Deny.
#[test]
fn a_group_that_nobody_told_denies() {
    let flip = Flip::start();
    flip.bundle.change("directory.yaml", |text| {
        text.replace("      custom: [ecs-operators, keep-production]", "      custom: [ecs-operators]\n      resource_groups:\n        rg-x: { custom: [keep-production] }")
    });
    let call = || ecs(ALICE_KEY, "StopInstance", "InstanceId=i-prod-1");
    assert!(wait_for(ONE_SECOND, || call().send(flip.gate.data).status() == 200));
    flip.flips(call, (200, 403), "resources.yaml", |text| {
        let (before, rest) = text.split_once("resource_groups:").unwrap();
        let (_, after) = rest.split_once("i-staging-*\n").unwrap();
        format!("{before}{after}")
    });
    flip.denied_by(&call(), Some("ResourceGroupLevelIdentityBasedPolicy"), "ExplicitDeny");
}

#[test]
fn resource_policies_in_the_object_form() {
    let flip = Flip::start();
    let call = || notes(BOB_KEY, "PUT", "/notes/team/plan", b"x");
    flip.bundle.change("resources.yaml", |text| text.replace("note/archive/*", "note/*"));
    assert!(wait_for(ONE_SECOND, || call().send(flip.gate.data).status() == 200));
    flip.flips(call, (200, 403), "resource-policies/notes-archive.json", |_| {
        object("Deny", "acs:ram::1234567890123456:user/BOB", "notes:WriteNote") // 7.3: any letter case in a Deny
    });
    flip.denied_by(&call(), None, "ExplicitDeny");
    let read = || notes(BOB_KEY, "GET", "/notes/board/x", b"");
    flip.flips(read, (403, 200), "resource-policies/notes-archive.json", |_| {
        object("Allow", "acs:ram::1234567890123456:user/bob", "notes:ReadNote")
    });
    // The same statement, and the policy hangs on another resource.
    flip.flips(read, (200, 403), "resources.yaml", |text| {
        text.replace("note/*\n", "note/other/*\n")
    });
}

#[test]
fn callers_of_other_accounts_need_both_sides() {
    let flip = Flip::start();
    let call = || notes(CAROL_KEY, "GET", "/notes/archive/x", b"");
    flip.flips(call, (403, 200), "resource-policies/notes-archive.json", |_| {
        object("Allow", &format!("acs:ram::{PARTNER}:user/carol"), "notes:ReadNote")
    });
    flip.flips(call, (200, 403), "policies/everything.json", |_| allow("ecs:*", "*"));
}

#[test]
fn resource_policies_with_a_list_of_principals() {
    let flip = Flip::start();
    let carol = || vault(CAROL_KEY, "GET", "/items/a");
    flip.flips(carol, (403, 200), "resource-policies/vault.json", |_| {
        listed("Allow", "[\"200000000000000031\"]", "vault:GetItem")
    });
    let nobody = || anonymous("GET", "/items/a");
    flip.flips(nobody, (403, 200), "resource-policies/vault.json", |_| {
        listed("Allow", "[]", "vault:GetItem")
    });
    flip.flips(nobody, (200, 403), "resources.yaml", |text| {
        format!("{text}block_public_access: true\n")
    });
    assert_eq!(anonymous("GET", "/items").send(flip.gate.data).status(), 403);
}

#[test]
fn access_control_lists_come_last() {
    let flip = Flip::start();
    let read = || anonymous("GET", "/items/a");
    flip.flips(read, (403, 200), "resources.yaml", |text| {
        text.replace("acl: private", "acl: public-read")
    });
    assert_eq!(anonymous("PUT", "/items/a").send(flip.gate.data).status(), 403);
    assert_eq!(
        anonymous("GET", "/items").send(flip.gate.data).status(),
        403,
        "no anonymous listing"
    );
    flip.flips(read, (200, 403), "resource-policies/vault.json", |_| {
        listed("Deny", "[\"*\"]", "vault:GetItem")
    });
}

#[test]
fn trust_policies_and_identity_policies_are_both_needed() {
    let flip = Flip::start();
    let call = || assume(ALICE_KEY, "deployer");
    flip.denied_by(&call(), Some("AccountLevelIdentityBasedPolicy"), "ImplicitDeny");
    flip.flips(call, (403, 200), "policies/ecs-operators.json", |text| {
        text.replace("\"ecs:Describe*\", ", "\"ecs:Describe*\", \"sts:AssumeRole\", ")
            .replace("acs:ecs:cn-hangzhou:*:instance/*", "*")
    });
    flip.flips(call, (200, 403), "trust-policies/deployer.json", |text| {
        text.replace("user/alice", "user/bob")
    });
    flip.denied_by(&call(), Some("AssumeRolePolicy"), "ImplicitDeny");
    assert_eq!(
        assume(ROOT_KEY, "deployer").send(flip.gate.data).status(),
        403,
        "root assumes no role"
    );
}

#[test]
fn a_trust_policy_may_want_an_external_id() {
    let flip = Flip::start();
    flip.bundle.write("policies/ecs-operators.json", &allow("sts:AssumeRole", "*"));
    let with = || assume_with(ALICE_KEY, "deployer", "&ExternalId=abcd1234");
    assert!(wait_for(ONE_SECOND, || with().send(flip.gate.data).status() == 200));
    let without = || assume(ALICE_KEY, "deployer");
    flip.flips(without, (200, 403), "trust-policies/deployer.json", |text| {
        let condition =
            r#""Condition": { "StringEquals": { "sts:ExternalId": "abcd1234" } }, "Principal""#;
        text.replace("\"Principal\"", condition)
    });
    assert_eq!(with().send(flip.gate.data).status(), 200);
    let other = assume_with(ALICE_KEY, "deployer", "&ExternalId=abcd1235");
    assert_eq!(other.send(flip.gate.data).status(), 403);
}

#[test]
fn service_linked_roles_are_free_of_control_policies() {
    let flip = Flip::start();
    flip.bundle.write("session-policies/staging.json", &allow("*", "*"));
    let call = || of_session("StopInstance", "InstanceId=i-staging-1", TOKEN);
    assert!(wait_for(ONE_SECOND, || call().send(flip.gate.data).status() == 200));
    flip.flips(call, (200, 403), "control-policies/no-overseas.json", |_| deny("ecs:Stop*", "*"));
    flip.flips(call, (403, 200), "directory.yaml", |text| {
        text.replace("    trust: deployer ", "    service_linked: true\n    trust: deployer ")
    });
}

#[test]
fn a_role_that_is_gone_ends_its_sessions() {
    let flip = Flip::start();
    let call = || of_session("StartInstance", "InstanceId=i-staging-1", TOKEN);
    flip.flips(call, (200, 400), "directory.yaml", |text| {
        text.replace("name: deployer", "name: deployer-2")
    });
}

/// A call may touch resources of another service than the one it is sent to: what is special about a service belongs to
/// the resource. Here the store lets strangers in and the log service does not.
#[test]
fn strangers_are_let_in_by_the_service_of_the_resource() {
    let flip = Flip::start();
    flip.bundle.write("resource-policies/logs.json", &allow("log:*", "*"));
    let attach = |text: &str| {
        let entry = "  - resource: acs:log:*:1234567890123456:project/p\n    policy: logs\n";
        text.replace("\npolicies:\n", &format!("\npolicies:\n{entry}"))
    };
    flip.bundle.change("resources.yaml", attach);
    let alice = || vault(ALICE_KEY, "GET", "/logs/p");
    assert!(
        wait_for(ONE_SECOND, || alice().send(flip.gate.data).status() == 200),
        "{:#?}",
        flip.gate.messages()
    );
    assert_eq!(anonymous("GET", "/logs/p").send(flip.gate.data).code(), "MissingAccessKeyId");
    assert_eq!(
        vault(CAROL_KEY, "GET", "/logs/p").send(flip.gate.data).status(),
        200,
        "both sides allow"
    );
    flip.bundle.write("policies/everything.json", &allow("ecs:*", "*"));
    assert!(wait_for(ONE_SECOND, || vault(CAROL_KEY, "GET", "/logs/p")
        .send(flip.gate.data)
        .status()
        == 403));
}

#[test]
fn the_policy_of_a_container_is_that_of_what_is_in_it() {
    let flip = Flip::start();
    flip.bundle.write("resource-policies/vault.json", &listed("Allow", "[\"*\"]", "vault:GetItem"));
    let call = || anonymous("GET", "/items/a/b");
    assert!(wait_for(ONE_SECOND, || call().send(flip.gate.data).status() == 200));
    flip.flips(call, (200, 403), "resources.yaml", |text| text.replace("shelf/*", "other"));
    flip.flips(call, (403, 200), "resources.yaml", |text| text.replace(":other\n", ":shelf\n"));
}
