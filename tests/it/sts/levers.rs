//! Ways to take access away, each from the change of the file to the first refusal (5.7 of the identities sheet), also while
//! another file is broken.

use std::time::{Duration, Instant};

use super::{BOB_KEY, Call, EVE_KEY, Pair, SECRET, World, oidc, ring_of, told, world};
use crate::support::{ACCOUNT, wait_for};

/// Long enough for the slowest machine; what is measured is said, and held to a second by whoever runs it on a quiet one.
const LIMIT: Duration = Duration::from_secs(5);
const REVOCATIONS: &str = "revocations.yaml";
pub(super) const DIRECTORY: &str = "directory.yaml";
pub(super) const KEYS: &str = "secrets/access-keys.yaml";
const RING: &str = super::RING;
const POLICY: &str = "policies/notes-writers.json";
const EXPIRED: &str = "InvalidSecurityToken.Expired";

/// Who shows that a lever works.
#[derive(Clone, Copy)]
enum Probe {
    /// The user `eve`, with her permanent key.
    Key,
    /// A session of `reader` that she obtained.
    Session,
}

struct Lever {
    name: &'static str,
    file: &'static str,
    pull: fn(&World, &Pair),
    probe: Probe,
    code: &'static str,
}

const LEVERS: &[Lever] = &[
    lever("disable an AccessKey", KEYS, Probe::Key, "InvalidAccessKeyId.Inactive", |world, _| {
        world
            .bundle
            .change(KEYS, |text| text.replace("user: eve, ", "user: eve, status: Inactive, "));
    }),
    lever("delete an AccessKey", KEYS, Probe::Key, "InvalidAccessKeyId.NotFound", |world, _| {
        world.without(KEYS, "user: eve");
    }),
    lever(
        "delete a user: the key",
        DIRECTORY,
        Probe::Key,
        "InvalidAccessKeyId.NotFound",
        |world, _| {
            world.without(DIRECTORY, "name: eve");
        },
    ),
    lever("delete a user: a session", DIRECTORY, Probe::Session, EXPIRED, |world, _| {
        world.without(DIRECTORY, "name: eve");
    }),
    lever("delete a role", DIRECTORY, Probe::Session, EXPIRED, |world, _| {
        world.without(DIRECTORY, "name: Reader");
    }),
    lever("detach a policy from a user", DIRECTORY, Probe::Key, "NoPermission", |world, _| {
        world.in_line(DIRECTORY, "name: eve", "reads, assume", "assume");
    }),
    lever("detach a policy from a role", DIRECTORY, Probe::Session, "NoPermission", |world, _| {
        world.in_line(DIRECTORY, "name: Reader", "reads, assume", "assume");
    }),
    lever(
        "remove a key of the ring",
        RING,
        Probe::Session,
        "InvalidSecurityToken.Malformed",
        |world, _| {
            world.bundle.write(RING, &ring_of(2));
        },
    ),
    lever(
        "revoke an AccessKey",
        REVOCATIONS,
        Probe::Key,
        "InvalidAccessKeyId.Inactive",
        |world, _| {
            world.revoke(&["access-key", EVE_KEY]);
        },
    ),
    lever(
        "revoke a user: the key",
        REVOCATIONS,
        Probe::Key,
        "InvalidAccessKeyId.Inactive",
        |world, _| {
            world.revoke(&["user", "eve"]);
        },
    ),
    lever("revoke a user: a session", REVOCATIONS, Probe::Session, EXPIRED, |world, _| {
        world.revoke(&["user", "200000000000000099"]);
    }),
    lever("deny one session", REVOCATIONS, Probe::Session, EXPIRED, |world, session| {
        world.revoke(&["session", &session.id]);
    }),
    lever("cut off a role", REVOCATIONS, Probe::Session, EXPIRED, |world, _| {
        world.revoke(&["role", "300000000000000071"]);
    }),
    lever("cut off a user", REVOCATIONS, Probe::Session, EXPIRED, |world, _| {
        world.revoke(&["source", "user", "200000000000000099"]);
    }),
    lever("cut off an account", REVOCATIONS, Probe::Session, EXPIRED, |world, _| {
        world.revoke(&["account", ACCOUNT]);
    }),
    lever("cut off a source identity", REVOCATIONS, Probe::Session, EXPIRED, |world, _| {
        world.revoke(&["source-identity", "Eve"]);
    }),
    lever("cut off a key of the ring", REVOCATIONS, Probe::Session, EXPIRED, |world, _| {
        world.revoke(&["token-key", "0101010101010101"]);
    }),
];

const fn lever(
    name: &'static str,
    file: &'static str,
    probe: Probe,
    code: &'static str,
    pull: fn(&World, &Pair),
) -> Lever {
    Lever { name, file, pull, probe, code }
}

impl World {
    pub(super) fn without(&self, file: &str, what: &str) {
        self.bundle.change(file, |text| {
            text.lines().filter(|it| !it.contains(what)).map(|it| format!("{it}\n")).collect()
        });
    }

    pub(super) fn in_line(&self, file: &str, line: &str, from: &str, to: &str) {
        self.bundle.change(file, |text| {
            let changed =
                |it: &str| if it.contains(line) { it.replace(from, to) } else { it.to_owned() };
            text.lines().map(|it| format!("{}\n", changed(it))).collect()
        });
    }

    /// With the command, on the file that the gate follows.
    pub(super) fn revoke(&self, arguments: &[&str]) {
        let file = self.bundle.path(REVOCATIONS);
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_ramgate"))
            .arg("revoke")
            .args(arguments)
            .arg("--file")
            .arg(file)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    #[track_caller]
    pub(super) fn becomes(&self, call: impl Fn() -> Call, status: u16, code: &str) {
        let start = Instant::now();
        let mut last = (0, String::new());
        while start.elapsed() < LIMIT {
            last = told(&call().send(self.gate.data));
            if last == (status, code.to_owned()) {
                return;
            }
        }
        panic!("{last:?}, not {status} {code}: {:#?}", self.gate.messages());
    }

    fn metric_is(&self, line: &str) -> bool {
        self.gate.page("/metrics").lines().any(|it| it == line)
    }
}

pub(super) fn describe(by: &Pair) -> Call {
    by.ecs("DescribeInstances", "RegionId=cn-hangzhou")
}

/// One world with everything in it, put back after each lever.
struct Bench {
    world: World,
    files: Vec<(&'static str, String)>,
    session: Pair,
}

impl Bench {
    fn new() -> Self {
        // It is refused more often in a minute than anybody should be.
        let world = super::throttles::gate_with("failures_per_minute: 0");
        let session = world.session(&Pair::of(EVE_KEY), "reader", "&SourceIdentity=Eve");
        let files = [REVOCATIONS, DIRECTORY, KEYS, RING, POLICY];
        let files = files.map(|name| (name, world.bundle.read(name))).into();
        Self { world, files, session }
    }

    /// From before the change, with the command that makes it, to the first refusal, which must be the right one.
    fn pull(&self, lever: &Lever, broken: Option<&str>) -> Duration {
        let pair = match lever.probe {
            Probe::Key => Pair::of(EVE_KEY),
            Probe::Session => self.session.clone(),
        };
        let status = match lever.code {
            "NoPermission" => 403,
            "InvalidAccessKeyId.NotFound" => 404,
            _ => 400,
        };
        if let Some(name) = broken {
            self.world.bundle.write(name, "{ broken");
            assert!(wait_for(LIMIT, || !self.world.metric_is("ramgate_config_problems 0")));
        }
        assert_eq!(self.world.send(&describe(&pair)).0, 200, "{} {broken:?}", lever.name);
        let start = Instant::now();
        (lever.pull)(&self.world, &self.session);
        self.world.becomes(|| describe(&pair), status, lever.code);
        let took = start.elapsed();
        self.restore(broken.is_some());
        took
    }

    fn restore(&self, was_broken: bool) {
        for (name, text) in &self.files {
            if self.world.bundle.read(name) != *text {
                self.world.bundle.write(name, text);
            }
        }
        for pair in [&Pair::of(EVE_KEY), &self.session] {
            self.world.becomes(|| describe(pair), 200, "");
        }
        let mended = || self.world.metric_is("ramgate_config_problems 0");
        assert!(!was_broken || wait_for(LIMIT, mended), "{:#?}", self.world.gate.messages());
    }
}

/// Files that may be broken while a lever in another one is pulled.
fn others(lever: &Lever) -> impl Iterator<Item = &'static str> {
    [POLICY, DIRECTORY, KEYS, RING].into_iter().filter(|name| *name != lever.file)
}

/// 5.7 and checklist 12. Each alone, and each with each other file broken, is what the measurement pulls.
#[test]
fn every_lever_works_whatever_else_is_broken() {
    let bench = Bench::new();
    for (index, lever) in LEVERS.iter().enumerate() {
        let broken: Vec<_> = others(lever).collect();
        bench.pull(lever, Some(broken[index % broken.len()]));
    }
}

/// Nothing is given while a file is broken, and all of it is once it is mended.
#[test]
fn nothing_is_added_while_a_file_is_broken() {
    let world = world();
    let stop = || Pair::of(EVE_KEY).ecs("DeleteInstance", "InstanceId=i-1");
    assert_eq!(world.send(&stop()).0, 403);
    let sound = world.bundle.read(POLICY);
    world.bundle.write(POLICY, "{ broken");
    world.bundle.write("policies/deletes.json", r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"ecs:DeleteInstance","Resource":"*"}]}"#);
    world.in_line(DIRECTORY, "name: eve", "reads, assume", "deletes, assume");
    // What she had is gone already; what she is to have waits.
    world.becomes(|| describe(&Pair::of(EVE_KEY)), 403, "NoPermission");
    assert_eq!(world.send(&stop()).0, 403);
    let line = world.gate.audit_line("by the files as they are now");
    assert!(line.contains("ecs:DescribeInstances"), "{line}");
    assert!(world.metric_is("ramgate_config_restrained 1"));
    assert!(world.gate.page("/version").contains("\"restrained\":true"));
    world.bundle.write(POLICY, &sound);
    world.becomes(stop, 200, "");
    assert!(world.metric_is("ramgate_config_restrained 0"));
}

/// 5.7: whom a provider vouched for, by its ARN; and EF-15, as far as step 12 of 5.6 leaves it.
#[test]
fn a_provider_is_cut_off() {
    let world = oidc::world_of_pods();
    let obtain = || oidc::get(&oidc::asked(&oidc::token(), &[]));
    let session = Pair::issued(&obtain().send(world.gate.data));
    world.becomes(|| describe(&session), 200, "");
    // EF-15: another audience is asked of whoever comes from now on.
    let directory = world.bundle.read(DIRECTORY);
    world.in_line(DIRECTORY, "client_ids", "client_ids: [", "client_ids: [another]  # ");
    assert!(wait_for(LIMIT, || world.metric_is("ramgate_config_generation 2")));
    let refused = (401, "AuthenticationFail.OIDCToken.AudienceNotMatch".to_owned());
    assert_eq!(world.send(&obtain()), refused);
    assert_eq!(world.send(&describe(&session)).0, 200);
    world.bundle.write(DIRECTORY, &directory);
    assert!(wait_for(LIMIT, || world.metric_is("ramgate_config_generation 3")));
    assert_eq!(world.send(&obtain()).0, 200);
    // A trust policy that is narrowed counts while another file is broken.
    world.bundle.write(POLICY, "{ broken");
    let trust = "trust-policies/app.json";
    world.bundle.change(trust, |text| text.replace("default:app", "default:nobody"));
    assert!(wait_for(LIMIT, || world.metric_is("ramgate_config_restrained 1")));
    assert_eq!(world.send(&obtain()), (403, "AuthenticationFail.NoPermission".to_owned()));
    assert_eq!(world.send(&describe(&session)).0, 200, "EF-4");
    world.revoke(&["provider", &format!("acs:ram::{ACCOUNT}:oidc-provider/ack-rrsa-c0ffee")]);
    world.becomes(|| describe(&session), 400, EXPIRED);
}

/// A mistake alone takes nothing away: not in a policy that is in use, nor in a new one.
#[test]
fn a_mistake_alone_takes_nothing_away() {
    let world = world();
    let session = world.session(&Pair::of(EVE_KEY), "reader", "");
    for (name, text) in [
        ("policies/reads.json", "{ broken"),
        ("policies/new.json", "{ broken"),
        ("trust-policies/any.json", "{ broken"),
        (KEYS, "keys: 1\n"),
        (RING, "{}"),
        (DIRECTORY, "users: 1\n"),
    ] {
        let refused = refusals(&world);
        let before = world.bundle.path(name).exists().then(|| world.bundle.read(name));
        world.bundle.write(name, text);
        assert!(wait_for(LIMIT, || refusals(&world) > refused), "{name}");
        for pair in [&Pair::of(EVE_KEY), &session] {
            assert_eq!(world.send(&describe(pair)).0, 200, "{name}");
        }
        assert!(world.metric_is("ramgate_config_restrained 0"), "{name}");
        if let Some(before) = before {
            world.bundle.write(name, &before);
        } else {
            std::fs::remove_file(world.bundle.path(name)).unwrap();
        }
        assert!(wait_for(LIMIT, || world.metric_is("ramgate_config_problems 0")), "{name}");
    }
}

fn refusals(world: &World) -> u64 {
    let page = world.gate.page("/metrics");
    let line = page.lines().find_map(|it| it.strip_prefix("ramgate_reloads_refused_total "));
    line.and_then(|number| number.parse().ok()).unwrap()
}

/// What a sound file has taken away stays away when that file, or one more, breaks afterwards.
#[test]
fn what_is_gone_does_not_come_back_with_a_mistake() {
    let world = world();
    world.bundle.write(POLICY, "{ broken");
    world.without(DIRECTORY, "name: eve");
    let eve = || describe(&Pair::of(EVE_KEY));
    world.becomes(eve, 404, "InvalidAccessKeyId.NotFound");
    for name in [DIRECTORY, KEYS, RING] {
        let refused = refusals(&world);
        world.bundle.write(name, "users: 1\n");
        assert!(wait_for(LIMIT, || refusals(&world) > refused), "{name}");
        assert_eq!(world.send(&eve()).0, 404, "{name}");
        assert!(world.metric_is("ramgate_config_restrained 1"), "{name}");
    }
}

/// Whoever is called otherwise now has lost nothing by that, also while a file is broken; what is said of the new name counts.
#[test]
fn another_name_takes_nothing_away() {
    let world = world();
    let eve = || describe(&Pair::of(EVE_KEY));
    let session = world.session(&Pair::of(EVE_KEY), "reader", "");
    world.bundle.write(POLICY, "{ broken");
    world.in_line(KEYS, "user: eve", "user: eve", "user: eva");
    world.in_line(DIRECTORY, "name: eve", "name: eve", "name: eva");
    world.in_line(DIRECTORY, "name: Reader", "name: Reader", "name: Reading");
    assert!(wait_for(LIMIT, || world.metric_is("ramgate_config_restrained 1")));
    std::thread::sleep(Duration::from_secs(1)); // the names change one after the other
    assert_eq!(world.send(&eve()).0, 200);
    assert_eq!(world.send(&describe(&session)).0, 200);
    let deny = format!(
        r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":"*","Resource":"*"}},{{"Effect":"Deny","Action":"ecs:*","Resource":"*","Condition":{{"StringLike":{{"acs:PrincipalARN":["acs:ram::{ACCOUNT}:user/eva","acs:ram::{ACCOUNT}:role/reading"]}}}}}}]}}"#
    );
    world.bundle.write("policies/reads.json", &deny);
    world.becomes(eve, 403, "NoPermission");
    world.becomes(|| describe(&session), 403, "NoPermission");
}

/// Another secret in the place of one that leaked takes that one away, also while another file is broken.
#[test]
fn a_secret_that_was_replaced_is_refused() {
    let world = world();
    world.bundle.write(POLICY, "{ broken");
    let line = format!("id: {EVE_KEY}");
    world.in_line(KEYS, &line, SECRET, "AnotherSecretOfEve000000000001");
    world.becomes(|| describe(&Pair::of(EVE_KEY)), 400, "SignatureDoesNotMatch");
    let line = world.gate.audit_line("by the files as they are now");
    assert!(line.contains("the secret"), "{line}");
}

/// A file that is being written lifts nothing: what it gives back counts once it rests.
#[test]
fn a_revocations_file_that_never_rests_gives_nothing_back() {
    let world = world();
    let eve = || describe(&Pair::of(EVE_KEY));
    world.revoke(&["user", "eve"]);
    world.becomes(eve, 400, "InvalidAccessKeyId.Inactive");
    let whole = world.bundle.read(REVOCATIONS);
    let start = Instant::now();
    for number in 0.. {
        world.bundle.write(REVOCATIONS, &format!("# {number}\nusers: []\n"));
        assert_eq!(world.send(&eve()).0, 400, "{number}");
        std::thread::sleep(Duration::from_millis(60));
        assert_eq!(world.send(&eve()).0, 400, "{number}");
        if start.elapsed() > Duration::from_secs(1) {
            break;
        }
    }
    // What it takes away counts at once, beside what it is about to give back.
    world.bundle.write(REVOCATIONS, "users: [bob]\n");
    world.becomes(|| describe(&Pair::of(BOB_KEY)), 400, "InvalidAccessKeyId.Inactive");
    world.becomes(eve, 200, "");
    world.bundle.write(REVOCATIONS, &whole);
    world.becomes(eve, 400, "InvalidAccessKeyId.Inactive");
}

/// The gauge proves what is in force, and since when.
#[test]
fn what_is_in_force_can_be_seen() {
    let world = world();
    let before = super::now();
    world.revoke(&["role", "300000000000000071"]);
    world.revoke(&["session", "STS.RG00000000000000000000000001"]);
    let seen = || {
        world.metric_is("ramgate_revocations_entries{kind=\"roles\"} 1")
            && world.metric_is("ramgate_revocations_entries{kind=\"sessions\"} 1")
    };
    assert!(wait_for(LIMIT, seen), "{}", world.gate.page("/metrics"));
    let page = world.gate.page("/metrics");
    let value = |name: &str| -> i64 {
        page.lines().find_map(|it| it.strip_prefix(name)?.trim().parse().ok()).unwrap()
    };
    let effective = value("ramgate_revocations_effective_timestamp_seconds");
    assert!((before..=super::now()).contains(&effective), "{effective}");
    assert!(value("ramgate_revocations_generation") >= 2);
    let version = world.gate.page("/version");
    let hash = sha256(world.bundle.read(REVOCATIONS).as_bytes());
    assert!(version.contains(&format!("\"hash\":\"{}\"", hash.get(..16).unwrap())), "{version}");
    assert!(version.contains("\"entries\":2"), "{version}");
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `cargo test --test it -- --ignored --nocapture from_rename_to_refusal`
#[test]
#[ignore = "a measurement of some minutes"]
#[expect(clippy::print_stdout, reason = "its figures are what it is for")]
fn from_rename_to_refusal() {
    const RUNS: usize = 20;
    let runs = |broken: Option<&str>| if broken.is_none_or(|it| it == POLICY) { RUNS } else { 1 };
    let bench = Bench::new();
    println!("{:28} {:>22} {:>8} {:>8} {:>8}", "lever", "broken", "p50 ms", "p99 ms", "max ms");
    for lever in LEVERS {
        for broken in [None].into_iter().chain(others(lever).map(Some)) {
            let mut took: Vec<_> = (0..runs(broken)).map(|_| bench.pull(lever, broken)).collect();
            took.sort();
            let at = |part: usize| took[(took.len() * part).div_ceil(100) - 1].as_millis();
            let name = broken.unwrap_or("nothing").rsplit('/').next().unwrap();
            println!("{:28} {name:>22} {:>8} {:>8} {:>8}", lever.name, at(50), at(99), at(100));
        }
    }
}
