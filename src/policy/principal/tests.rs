//! Each entry of sections 7.3 and 7.4, held against one caller of each sort, on both sides of the border.

use super::*;

const OWN: &str = "1000000000000001";
const OTHER: &str = "2000000000000002";

/// Callers by a short name; `B` before those of another account than the resource's.
fn callers() -> Vec<(&'static str, Caller<'static>)> {
    let (own, other) = (OWN.parse().unwrap(), OTHER.parse().unwrap());
    let user = |account, name, id| Caller::User { account, name, id };
    let session = |account, role| {
        let role_id = if role == "Dev" { "60" } else { "61" };
        Caller::Session { account, role, role_id, session: "s1", service_linked: false }
    };
    let service = |account| Caller::Service { name: "ecs.aliyuncs.com", account };
    let federated = |account, provider| Caller::Federated { provider, account: Some(account) };
    vec![
        ("root", Caller::Root { account: own }),
        ("alice", user(own, "alice", "20")),
        ("Alice", user(own, "Alice", "21")),
        ("Dev", session(own, "Dev")),
        ("ops", session(own, "ops")),
        ("ecs", service(own)),
        ("idp", federated(own, "acs:ram::1000000000000001:oidc-provider/idp")),
        ("Broot", Caller::Root { account: other }),
        ("Balice", user(other, "alice", "30")),
        ("BDev", session(other, "Dev")),
        ("Becs", service(other)),
        ("Bidp", federated(other, "acs:ram::2000000000000002:oidc-provider/idp")),
        ("nobody", Caller::Anonymous),
    ]
}

const EVERYBODY: &str = "root alice Alice Dev ops ecs idp Broot Balice BDev Becs Bidp nobody";

/// What the statement around the entry is like.
#[derive(Clone, Copy, Default)]
struct Around {
    conditional: bool,
    public_blocked: bool,
}

#[track_caller]
fn check_entry(
    (entry, texts): &(PrincipalPattern, Texts),
    around: Around,
    effect: Effect,
    expected: &str,
) {
    let covered: Vec<&str> = callers()
        .iter()
        .filter(|(_, caller)| {
            let against = Against {
                caller,
                owner: Some(OWN.parse().unwrap()),
                effect,
                public_blocked: around.public_blocked,
                conditional: around.conditional,
            };
            entry.covers(texts, &against)
        })
        .map(|(name, _)| *name)
        .collect();
    assert_eq!(covered.join(" "), expected, "{} in {effect:?}", texts.get(entry.text));
}

fn read(under: Under, place: Place, text: &str) -> Option<(PrincipalPattern, Texts)> {
    let mut texts = Texts::default();
    texts.keep("something before");
    let entry = PrincipalPattern::read(under, place, text, &mut texts).ok()?;
    Some((entry, texts))
}

fn read_listed(text: &str) -> Option<(PrincipalPattern, Texts)> {
    let mut texts = Texts::default();
    texts.keep("something before");
    let entry = PrincipalPattern::read_listed(text, &mut texts).ok()?;
    Some((entry, texts))
}

/// An entry of an object, and whom it covers in an Allow and in a Deny.
#[track_caller]
fn check(under: Under, text: &str, allowed: &str, denied: &str) {
    let entry = read(under, Place::Resource, text).unwrap();
    check_entry(&entry, Around::default(), Effect::Allow, allowed);
    check_entry(&entry, Around::default(), Effect::Deny, denied);
}

#[track_caller]
fn check_listed(text: &str, around: Around, allowed: &str, denied: &str) {
    let entry = read_listed(text).unwrap();
    check_entry(&entry, around, Effect::Allow, allowed);
    check_entry(&entry, around, Effect::Deny, denied);
}

/// 7.3.
#[test]
fn entries_of_an_object() {
    use Under::{Federated, Ram, Service};
    let users_and_roles = "alice Alice Dev ops";
    check(Ram, "acs:ram::1000000000000001:root", users_and_roles, users_and_roles);
    check(Ram, "acs:ram::2000000000000002:root", "Balice BDev", "Balice BDev");
    let identities = "root alice Alice Dev ops";
    check(Ram, "acs:ram::1000000000000001:*", identities, identities);
    check(Ram, "acs:ram::1000000000000001:user/alice", "alice", "alice Alice");
    check(Ram, "acs:ram::2000000000000002:user/alice", "Balice", "Balice");
    check(Ram, "acs:ram::2000000000000002:user/Alice", "", "Balice");
    check(Ram, "acs:ram::1000000000000001:role/dev", "Dev", "Dev");
    check(Ram, "acs:ram::2000000000000002:role/DEV", "BDev", "BDev");
    check(Ram, "acs:ram::1000000000000001:role/de", "", "");
    check(Service, "ecs.aliyuncs.com", "ecs", "ecs");
    check(Service, "2000000000000002@ecs.aliyuncs.com", "Becs", "Becs");
    check(Service, "fc.aliyuncs.com", "", "");
    check(Federated, "acs:ram::1000000000000001:oidc-provider/idp", "idp", "idp");
    check(Federated, "acs:ram::1000000000000001:saml-provider/idp", "", "");
    check(Federated, "acs:ram::2000000000000002:oidc-provider/idp", "", ""); // TP-09
}

/// 7.4.
#[test]
fn entries_of_a_list() {
    let plain = Around::default();
    check_listed("20", plain, "alice", "alice");
    check_listed("30", plain, "Balice", "Balice");
    check_listed(OWN, plain, "root", "root alice Alice Dev ops ecs idp"); // OP-4
    check_listed(OTHER, plain, "Broot", "Broot Balice BDev Becs Bidp");
    check_listed("arn:sts::1000000000000001:assumed-role/dev/s1", plain, "Dev", "Dev");
    check_listed("arn:sts::1000000000000001:assumed-role/Dev/s1", plain, "", "Dev");
    check_listed("arn:sts::1000000000000001:assumed-role/dev/S1", plain, "", "");
    check_listed("arn:sts::1000000000000001:assumed-role/dev/s", plain, "", "");
    check_listed("arn:sts::*:assumed-role/d?v/s*", plain, "Dev BDev", "Dev BDev");
    check_listed("arn:sts::2?00*2:assumed-role/*/*", plain, "BDev", "BDev");
    check_listed("arn:sts::*:*/*/*", plain, "Dev ops BDev", "Dev ops BDev");
    check_listed("arn:sts::1000000000000001:assumed-*/dev/s1", plain, "Dev", "Dev");
    check_listed("acs:ram::1000000000000001:user/alice", plain, "", "");
    check_listed("acs:ram::*", plain, "", "");
}

#[test]
fn everybody() {
    let conditional = Around { conditional: true, public_blocked: false };
    let blocked = Around { conditional: true, public_blocked: true };
    check_listed("*", Around::default(), "Broot Balice BDev Becs Bidp nobody", EVERYBODY); // OP-14
    check_listed("*", conditional, EVERYBODY, EVERYBODY);
    check_listed("*", blocked, "", EVERYBODY);
    check_listed("20", blocked, "alice", "alice");
}

/// V-14.
#[test]
fn entries_that_name_nobody() {
    use Under::{Federated, Ram, Service};
    for (under, text) in [
        (Ram, "*"),
        (Ram, ""),
        (Ram, "1000000000000001"),
        (Ram, "acs:ram:*:1000000000000001:root"),
        (Ram, "acs:ram::*:root"),
        (Ram, "acs:ram::01:root"),
        (Ram, "acs:ram::1000000000000001:Root"),
        (Ram, "acs:ram::1000000000000001:user/"),
        (Ram, "acs:ram::1000000000000001:user/*"),
        (Ram, "acs:ram::1000000000000001:user/a/b"),
        (Ram, "acs:ram::1000000000000001:group/a"),
        (Ram, "acs:ram::1000000000000001:saml-provider/idp"),
        (Service, "*"),
        (Service, "aliyuncs.com"),
        (Service, ".aliyuncs.com"),
        (Service, "ecs.aliyuncs.com."),
        (Service, "ECS.aliyuncs.com"),
        (Service, "ecs..aliyuncs.com"),
        (Service, "-ecs.aliyuncs.com"),
        (Service, "@ecs.aliyuncs.com"),
        (Service, "x@ecs.aliyuncs.com"),
        (Service, "1@2@ecs.aliyuncs.com"),
        (Federated, "*"),
        (Federated, "acs:ram::1000000000000001:root"),
        (Federated, "acs:ram::1000000000000001:oidc-provider/"),
        (Federated, "acs:ram::1000000000000001:oidc-provider/*"),
    ] {
        assert!(read(under, Place::Trust, text).is_none(), "{text}");
        assert!(read(under, Place::Resource, text).is_none(), "{text}");
    }
    let every_identity = "acs:ram::1000000000000001:*";
    assert!(read(Ram, Place::Trust, every_identity).is_none());
    assert!(read(Ram, Place::Resource, every_identity).is_some());
    for text in [
        "",
        "**",
        "alice",
        "1a",
        "arn:sts::1:assumed-role/dev",
        "arn:sts::1:assumed-role/dev/",
        "arn:sts::1:assumed-role//s",
        "arn:sts:::assumed-role/dev/s",
        "arn:sts::1:assumed-role/dev/s/t",
        "arn:sts::1a:assumed-role/dev/s",
        "arn:sts::1:user/dev/s",
        "arn:sts:*:1:assumed-role/dev/s",
        "arn:sts::1:assumed/dev/s",
        "acs:ram:*:1000000000000001:user/alice",
        "acs:ram:",
        "acs:sts::1:assumed-role/dev/s",
        "ecs.aliyuncs.com",
    ] {
        assert!(read_listed(text).is_none(), "{text}");
    }
}
