//! Sessions that obtain sessions, and gates that share a ring.

use super::*;
use crate::support::wait_for;

#[test]
fn a_session_assumes_a_role() {
    let world = world();
    let first = world.session(&Pair::of(ALICE_KEY), "reader", "");
    let second = world.session(&first, "next", "");
    assert_eq!(world.send(&second.ecs("DescribeInstances", "RegionId=cn-hangzhou")).0, 200);
    // STS-14: an hour at most, whatever the role says; a user may have more.
    let too_long = (400, "InvalidParameter.DurationSeconds".to_owned());
    assert_eq!(world.send(&first.assume("next", "&DurationSeconds=3601")), too_long);
    assert_eq!(world.send(&Pair::of(ALICE_KEY).assume("next", "&DurationSeconds=43200")).0, 200);
    assert_eq!(world.send(&Pair::of(ALICE_KEY).assume("next", "&DurationSeconds=43201")), too_long);
    let mut last = second;
    for _depth in 2..=4 {
        last = world.session(&last, "next", "");
    }
    let answer = last.assume("next", "").send(world.gate.data);
    assert_eq!(told(&answer), (403, "NoPermission".to_owned()), "STS-14");
    assert!(world.gate.audit_line(&answer.request_id()).contains("the last of a chain"));
    // Revoking the first session ends every one that came from it.
    world.bundle.write("revocations.yaml", &format!("access_keys: [{}]\n", first.id));
    let ended = wait_for(Duration::from_secs(1), || {
        world.send(&last.ecs("DescribeInstances", "RegionId=cn-hangzhou")).1
            == "InvalidSecurityToken.Expired"
    });
    assert!(ended);
}

#[test]
fn source_identities_stay() {
    let world = world();
    let alice = Pair::of(ALICE_KEY);
    let denied = (403, "NoPermission".to_owned());
    assert_eq!(world.send(&alice.assume("named", "")), denied, "TP-18");
    assert_eq!(world.send(&alice.assume("named", "&SourceIdentity=Bob")), denied);
    let answer = alice.assume("named", "&SourceIdentity=Alice").send(world.gate.data);
    assert_eq!(json(&answer)["SourceIdentity"], "Alice", "STS-24");
    let plain = world.session(&alice, "reader", "");
    assert_eq!(world.send(&plain.assume("named", "")), denied);
    let named = world.session(&alice, "reader", "&SourceIdentity=Alice");
    let inherited = named.assume("named", "").send(world.gate.data);
    assert_eq!(inherited.status(), 200, "2.3: {}", inherited.text());
    assert_eq!(json(&inherited)["SourceIdentity"], "Alice", "STS-24");
    assert_eq!(world.send(&named.assume("named", "&SourceIdentity=Alice")).0, 200);
    // A caller of another account needs its own side for the name, and the trust policy for the session.
    let carol = Pair::of(CAROL_KEY);
    assert_eq!(world.send(&carol.assume("reader", "&SourceIdentity=Carol")).0, 200);
    assert_eq!(world.send(&carol.assume("closed", "&SourceIdentity=Carol")), denied);
    let changed = named.assume("named", "&SourceIdentity=Mallory").send(world.gate.data);
    assert_eq!(told(&changed), denied, "STS-24");
    assert!(world.gate.audit_line(&changed.request_id()).contains("source identity already"));
}

/// What one gate issues, another that only has the ring accepts; and cannot issue itself.
#[test]
fn two_gates_share_a_ring() {
    let world = world();
    let upstream = Upstream::start();
    let verifier = bundle(&upstream);
    verifier.change("ramgate.yaml", |text| {
        text.replace("  - { name: sts, products: [sts], upstream: local }\n", "")
            .replace("sts: { issuer_key: issuer/issuer.key }\n", "")
    });
    let gate = verifier.serve();
    let session = world.session(&Pair::of(ALICE_KEY), "reader", "");
    let describe = || session.ecs("DescribeInstances", "RegionId=cn-hangzhou");
    for address in [world.gate.data, gate.data] {
        let answer = describe().send(address);
        assert_eq!(answer.status(), 200, "{}", answer.text());
    }
    assert_eq!(session.assume("next", "").send(gate.data).code(), "InvalidHost.NotFound");
    let other = write(&[tokens::entry(2, now() - 3600, Some(&issuer()))]).to_string();
    for bundle in [&world.bundle, &verifier] {
        bundle.write(RING, &other);
    }
    for address in [world.gate.data, gate.data] {
        let refused = || describe().send(address).code() == "InvalidSecurityToken.Malformed";
        assert!(wait_for(Duration::from_secs(1), refused));
    }
    // The issuer seals with the new key from now on.
    let session = world.session(&Pair::of(ALICE_KEY), "reader", "");
    assert_eq!(
        session.ecs("DescribeInstances", "RegionId=cn-hangzhou").send(gate.data).status(),
        200
    );
    // Without a key of the issuer's own there is no session.
    world.bundle.write(RING, &tokens::other_ring_file(now() - 3600));
    let told = || world.send(&Pair::of(ALICE_KEY).assume("reader", ""));
    assert!(
        wait_for(Duration::from_secs(1), || told() == (500, "InternalError".to_owned())),
        "{:?}",
        told()
    );
    // The key is followed like any other file.
    let other = IssuerKey::from_seed(&[6; 32]);
    world.bundle.write(RING, &write(&[tokens::entry(3, now() - 3600, Some(&other))]));
    world.bundle.write("issuer/issuer.key", &other.to_text());
    assert!(wait_for(Duration::from_secs(1), || told().0 == 200), "{:?}", told());
}

#[test]
fn who_may_name_a_source() {
    let world = world();
    let only = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}"#;
    world.bundle.write("policies/assume.json", only);
    let denied = (403, "NoPermission".to_owned());
    for key in [ALICE_KEY, CAROL_KEY] {
        let told = || world.send(&Pair::of(key).assume("reader", "&SourceIdentity=Me"));
        assert!(wait_for(Duration::from_secs(1), || told() == denied), "{key} {:?}", told());
        assert_eq!(world.send(&Pair::of(key).assume("reader", "")).0, 200);
    }
}

/// The reports of a key that is no key, and of one that the ring does not know.
#[test]
fn issuer_keys_that_issue_nothing() {
    let upstream = Upstream::start();
    let bundle = bundle(&upstream);
    for (text, code, expected) in [
        ("not a key", 1, "issuer.key:1:1: error: this is no issuer's key"),
        (&*IssuerKey::from_seed(&[9; 32]).to_text(), 0, "no key of the ring seals with"),
    ] {
        bundle.write("issuer/issuer.key", text);
        let (found, out, errors) = bundle.run("check");
        let said = format!("{out}{errors}");
        assert!(found == Some(code) && said.contains(expected), "{expected}: {said}");
        assert!(!said.contains(text), "{said}");
    }
}
