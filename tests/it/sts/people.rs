//! What the directory and the keys file say about people besides their policies: who may call at all, and from where.

use super::*;
use crate::support::wait_for;

const FROZEN: (u16, &str) = (403, "Forbidden.AccountFrozen");
const NOT_FOUND: (u16, &str) = (404, "InvalidAccessKeyId.NotFound");
const EXPIRED: (u16, &str) = (400, "InvalidSecurityToken.Expired");

impl World {
    /// The answer becomes this one within a second.
    #[track_caller]
    fn is_told(&self, by: &Pair, expected: (u16, &str)) {
        let ask = || self.send(&by.sts("GetCallerIdentity", ""));
        let wanted = (expected.0, expected.1.to_owned());
        assert!(wait_for(Duration::from_secs(1), || ask() == wanted), "{:?}: {expected:?}", ask());
    }

    /// The gate says so on stderr.
    #[track_caller]
    fn warns(&self, part: &str) {
        let said = || self.gate.messages().iter().any(|line| line.contains(part));
        assert!(wait_for(Duration::from_secs(2), said), "{part}: {:?}", self.gate.messages());
    }

    fn directory(&self, from: &str, to: &str) {
        self.bundle.change("directory.yaml", |text| text.replace(from, to));
    }
}

/// 1.8: nobody of a frozen account may call, nor any session that is of it or comes from it (5.6, step 12).
#[test]
fn a_frozen_account() {
    let world = world();
    let (alice, carol) = (Pair::of(ALICE_KEY), Pair::of(CAROL_KEY));
    let own = world.session(&alice, "reader", "");
    let foreign = world.session(&carol, "reader", "");
    let chained = world.session(&foreign, "next", "");
    let partner = format!("  - id: \"{PARTNER}\"\n");
    let frozen = format!("{partner}    status: frozen\n");
    world.directory(&partner, &frozen);
    for by in [&carol, &foreign, &chained] {
        world.is_told(by, FROZEN);
    }
    let wrong = Pair { secret: "another".into(), ..carol.clone() };
    world.is_told(&wrong, (400, "SignatureDoesNotMatch")); // strangers learn nothing
    for by in [&alice, &own] {
        world.is_told(by, (200, ""));
    }
    world.directory(&frozen, &partner);
    for by in [&carol, &foreign, &chained] {
        world.is_told(by, (200, ""));
    }
    world.directory("\nusers:\n", "\nstatus: frozen\nusers:\n");
    for by in [&alice, &own, &foreign, &chained] {
        world.is_told(by, FROZEN);
    }
    world.is_told(&carol, (200, ""));
    // A role of a frozen account is not given out, and others do not learn why (STS-42).
    let denied = carol.assume("reader", "").send(world.gate.data);
    assert_eq!(told(&denied), (403, "NoPermission".to_owned()));
    assert!(denied.text().contains("\"NoPermission\"") && !denied.text().contains("rozen"));
}

/// ID-06, ID-20, ID-25: of whose pairs there is only one code each.
#[test]
fn pairs_of_those_who_cannot_sign() {
    let world = world();
    let (alice, bob) = (Pair::of(ALICE_KEY), Pair::of(BOB_KEY));
    world.is_told(
        &Pair::of(crate::support::gate::ALICE_OLD_KEY),
        (400, "InvalidAccessKeyId.Inactive"),
    );
    world.is_told(&Pair::of("LTAI5tNobodyTestKey0000"), NOT_FOUND);
    let session = world.session(&alice, "reader", "");
    world.directory("  - name: bob\n", "  - name: bob\n    access: console\n");
    world.is_told(&bob, NOT_FOUND);
    world.warns("has `access: console`");
    world.directory("access: console", "access: both");
    world.is_told(&bob, (200, ""));
    world.directory("  - name: alice\n", "  - name: alice\n    recycled: true\n");
    world.is_told(&alice, NOT_FOUND);
    world.is_told(&session, EXPIRED);
    world.warns("its user has been deleted");
    world.directory("    recycled: true\n", "    mfa: true\n");
    world.is_told(&session, (200, ""));
}

/// ID-23: from where a pair may be used, once its signature has matched.
#[test]
fn networks_of_a_pair() {
    let world = world();
    let alice = Pair::of(ALICE_KEY);
    let limit = |networks: &str| {
        world.bundle.change("secrets/access-keys.yaml", |text| {
            let cut = |line: &str| {
                line.split(", network").next().unwrap().trim_end_matches(" }").to_owned()
            };
            let limited = |line: &str| format!("{}, network: {networks} }}\n", cut(line));
            let line = |line: &str| {
                if line.contains(ALICE_KEY) { limited(line) } else { format!("{line}\n") }
            };
            text.lines().map(line).collect()
        });
    };
    let refused = (403, "Forbidden.AccessKeyPolicy");
    limit("[10.0.0.0/8, 192.0.2.7]");
    world.is_told(&alice, refused);
    let answer = alice.ecs("DescribeInstances", "RegionId=cn-hangzhou").send(world.gate.data);
    assert!(world.gate.audit_line(&answer.request_id()).contains("networks of its entry"));
    world.is_told(
        &Pair { secret: "another".into(), ..alice.clone() },
        (400, "SignatureDoesNotMatch"),
    );
    limit("[10.0.0.0/8, 127.0.0.0/8]");
    world.is_told(&alice, (200, ""));
    // A session is used from wherever the role's policies let it be.
    let session = world.session(&alice, "reader", "");
    limit("[10.0.0.0/8]");
    world.is_told(&alice, refused);
    world.is_told(&session, (200, ""));
    // What cannot be read is refused, and the last good file stays.
    for wrong in ["[]", "[10.0.0.0/33]", "10.0.0.0/8"] {
        limit(wrong);
        let (code, out, errors) = world.bundle.run("check");
        let said = format!("{out}{errors}");
        assert!(code == Some(1) && said.contains("network"), "{wrong}: {said}");
    }
    world.is_told(&alice, refused);
}

/// MFA-01 to MFA-06: a flag in the directory lets no `AccessKey` call pass for one with a second factor.
#[test]
fn a_second_factor_is_never_present() {
    let world = world();
    let only = |value: &str| {
        format!(
            r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":"ecs:Describe*","Resource":"*","Condition":{{"Bool":{{"acs:MFAPresent":"{value}"}}}}}}]}}"#
        )
    };
    world.directory("  - name: alice\n", "  - name: alice\n    mfa: true\n");
    world.directory("policies: { custom: [assume] }\n", "policies: { custom: [assume, mfa] }\n");
    for value in ["true", "false"] {
        world.bundle.write("policies/mfa.json", &only(value));
        world.bundle.write("policies/ecs-operators.json", &only(value));
        let by = Pair::of(ALICE_KEY);
        let ask = || world.send(&by.ecs("DescribeInstances", "RegionId=cn-hangzhou")).0;
        assert!(wait_for(Duration::from_secs(1), || ask() == 403), "{value}");
        std::thread::sleep(Duration::from_millis(500));
        assert_eq!(ask(), 403, "MFA-03 {value}");
    }
}

/// TP-11, in a running gate: a user made anew under the name is another one, until the trust policy is saved.
#[test]
fn a_user_made_anew() {
    let world = world();
    let trust = |more: &str| statement(&format!("\"acs:ram::{ACCOUNT}:user/alice\"{more}"), "");
    world.bundle.write("trust-policies/nobody.json", &trust(""));
    let alice = Pair::of(ALICE_KEY);
    let ask = || world.send(&alice.assume("closed", "")).0;
    assert!(wait_for(Duration::from_secs(1), || ask() == 200));
    world.directory("id: \"200000000000000011\"", "id: \"200000000000000019\"");
    assert!(wait_for(Duration::from_secs(1), || ask() == 403));
    world.warns("was made anew");
    let denied = alice.assume("closed", "").send(world.gate.data);
    assert!(world.gate.audit_line(&denied.request_id()).contains("is not whom it meant"));
    world
        .bundle
        .write("trust-policies/nobody.json", &trust(&format!(",\"acs:ram::{ACCOUNT}:user/bob\"")));
    assert!(wait_for(Duration::from_secs(1), || ask() == 200));
}
