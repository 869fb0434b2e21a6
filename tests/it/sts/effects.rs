//! When changes take effect: the table 1.7 of the identities sheet, row by row, while sessions live. EF-9 is about an API that
//! is not there, and EF-14 about what no gate sees.

use super::levers::{DIRECTORY, KEYS, describe};
use super::{EVE_KEY, Pair, World, world};

const EXPIRED: &str = "InvalidSecurityToken.Expired";
const READS: &str = "policies/reads.json";

fn eve() -> Pair {
    Pair::of(EVE_KEY)
}

impl World {
    /// A change, what comes of it for eve's key and for her session, and back.
    #[track_caller]
    fn effect(&self, change: impl FnOnce(), key: &str, session: (&Pair, &str)) {
        let files = [DIRECTORY, KEYS, READS, "trust-policies/any.json"];
        let before = files.map(|name| self.bundle.read(name));
        let generation = self.generation();
        change();
        assert!(crate::support::wait_for(std::time::Duration::from_secs(5), || {
            self.generation() > generation
        }));
        for (pair, code) in [(&eve(), key), session] {
            let (status, found) = self.send(&describe(pair));
            assert_eq!((status == 200, found.as_str()), (code.is_empty(), code));
        }
        let generation = self.generation();
        for (name, text) in files.into_iter().zip(before) {
            if self.bundle.read(name) != text {
                self.bundle.write(name, &text);
            }
        }
        assert!(crate::support::wait_for(std::time::Duration::from_secs(5), || {
            self.generation() > generation
        }));
    }

    fn generation(&self) -> u64 {
        let page = self.gate.page("/metrics");
        let line = page.lines().find_map(|it| it.strip_prefix("ramgate_config_generation "));
        line.and_then(|number| number.parse().ok()).unwrap()
    }
}

#[test]
fn changes_of_policies_reach_whoever_has_them() {
    let world = world();
    let session = world.session(&eve(), "reader", "");
    let narrowed = |text: &str| text.replace("ecs:Describe*", "ecs:DescribeDisks");
    // EF-1: the document, for whoever it is attached to, sessions that live among them.
    world.effect(
        || world.bundle.change(READS, narrowed),
        "NoPermission",
        (&session, "NoPermission"),
    );
    // EF-2: an attachment, and a membership.
    let detach = || world.in_line(DIRECTORY, "name: eve", "reads, assume", "assume");
    world.effect(detach, "NoPermission", (&session, ""));
    let member = || {
        world.in_line(
            DIRECTORY,
            "name: eve",
            "policies: { custom: [reads, assume] }",
            "groups: [operators]",
        );
    };
    world.effect(member, "", (&session, ""));
    // EF-3: what the role may do, also for sessions that were issued before.
    let detach = || world.in_line(DIRECTORY, "name: Reader", "reads, assume", "assume");
    world.effect(detach, "", (&session, "NoPermission"));
}

#[test]
fn changes_of_roles() {
    let world = world();
    let session = world.session(&eve(), "reader", "");
    // EF-4: the trust policy is asked by whoever assumes the role from now on, and by nobody else.
    let distrust = || {
        world
            .bundle
            .change("trust-policies/any.json", |text| text.replace(":root", ":user/nobody"));
    };
    world.effect(
        || {
            distrust();
            world.becomes(|| eve().assume("reader", ""), 403, "NoPermission");
        },
        "",
        (&session, ""),
    );
    // EF-5
    world.effect(|| world.without(DIRECTORY, "name: Reader"), "", (&session, EXPIRED));
    // EF-6: a role of the same name is another one, whose own sessions work.
    let recreate = || {
        world.in_line(DIRECTORY, "name: Reader", "300000000000000071", "300000000000000079");
        world.becomes(|| describe(&session), 400, EXPIRED);
        let fresh = world.session(&eve(), "reader", "");
        assert_eq!(world.send(&describe(&fresh)).0, 200);
    };
    world.effect(recreate, "", (&session, EXPIRED));
    // EF-7: the longest duration is asked when a session begins.
    let long = world.session(&eve(), "reader", "&DurationSeconds=3600");
    let raise = || {
        world.in_line(DIRECTORY, "name: Reader", "trust:", "max_session_duration: 7200, trust:");
        world.becomes(|| eve().assume("reader", "&DurationSeconds=7200"), 200, "");
    };
    world.effect(raise, "", (&long, ""));
    world.becomes(
        || eve().assume("reader", "&DurationSeconds=7200"),
        400,
        "InvalidParameter.DurationSeconds",
    );
    // EF-12: another session of the same name ends none.
    let another = world.session(&eve(), "reader", "");
    for pair in [&session, &long, &another] {
        assert_eq!(world.send(&describe(pair)).0, 200);
    }
}

#[test]
fn changes_of_users_and_their_keys() {
    let world = world();
    let session = world.session(&eve(), "reader", "");
    // EF-8 and EF-11: the key is refused; sessions that it obtained go on.
    let disable =
        || world.in_line(KEYS, "user: eve", "user: eve, ", "user: eve, status: Inactive, ");
    world.effect(disable, "InvalidAccessKeyId.Inactive", (&session, ""));
    let delete = || world.without(KEYS, "user: eve");
    world.effect(delete, "InvalidAccessKeyId.NotFound", (&session, ""));
    // EF-10 and EF-11: who is not in the directory is gone, with all that came of it.
    let delete = || world.without(DIRECTORY, "name: eve");
    world.effect(delete, "InvalidAccessKeyId.NotFound", (&session, EXPIRED));
    // EF-13: a rename keeps the id, and so the sessions; trust policies name the ARN.
    world.bundle.change("trust-policies/any.json", |text| {
        text.replace("1234567890123456:root", "1234567890123456:user/eve")
    });
    world.becomes(|| Pair::of(super::ALICE_KEY).assume("reader", ""), 403, "NoPermission");
    assert_eq!(world.send(&eve().assume("reader", "")).0, 200);
    let rename = || {
        world.in_line(DIRECTORY, "name: eve", "name: eve", "name: eva");
        world.in_line(KEYS, "user: eve", "user: eve", "user: eva");
        world.becomes(|| eve().assume("reader", ""), 403, "NoPermission");
    };
    world.effect(rename, "", (&session, ""));
    // EF-11: with the key, an operator cuts off what it obtained.
    world.revoke(&["source", "user", "200000000000000099"]);
    world.becomes(|| describe(&session), 400, EXPIRED);
    assert_eq!(world.send(&describe(&eve())).0, 200);
}
