use std::fs;
use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use ramgate::ident::UnixSeconds;
use ramgate::reload::{Current, Event, Loaded, Reloader, load};
use ramgate::snapshot::KeyLookup;

use super::bundle::{Bundle, CONFIG, DIRECTORY, KEYS, NOW, POLICY};
use super::refused::pipe;

const D: &str = "directory.yaml";
const K: &str = "secrets/access-keys.yaml";
const R: &str = "revocations.yaml";
const P: &str = "policies/ReadDisks.json";

#[test]
fn a_renamed_file_is_published() {
    let gate = Gate::start(Bundle::new());
    gate.quiet();
    gate.bundle.write(K, &KEYS.replace("LTAIbob1", "LTAIbob2"));
    let Event::Published { generation, hash, warnings } = gate.next() else {
        panic!("not published")
    };
    assert_eq!((generation, warnings.len()), (2, 0));
    assert_eq!(gate.current.load().snapshot.hash(), hash);
    assert!(gate.knows("LTAIbob2"));
    assert!(!gate.knows("LTAIbob1"));
}

#[test]
fn a_change_of_the_same_size_in_place_is_seen() {
    let gate = Gate::start(Bundle::new());
    for round in 0..5 {
        let text = KEYS.replace("LTAIbob1", &format!("LTAIbob{round}"));
        if round == 1 {
            continue;
        }
        fs::write(gate.bundle.path(K), text).unwrap();
        assert!(matches!(gate.next_published(), Event::Published { .. }));
        assert!(gate.knows(&format!("LTAIbob{round}")));
    }
}

#[test]
fn a_broken_file_changes_nothing_and_holds_no_revocation_up() {
    let gate = Gate::start(Bundle::new());
    gate.bundle.write(P, "{");
    assert!(matches!(gate.next(), Event::Refused { .. }));
    assert_eq!(gate.current.load().snapshot.generation(), 1);
    gate.bundle.write(R, "access_keys: [LTAIalice1]\nusers: [bob]\n");
    assert_eq!(gate.applied(), [("access_keys", 1), ("users", 1)]);
    let world = gate.current.load();
    assert!(matches!(world.authenticate("LTAIalice1"), KeyLookup::Revoked { .. }));
    assert!(matches!(world.authenticate("LTAIbob1"), KeyLookup::Revoked { .. }));
    gate.bundle.write(R, "access_keys: [LTAIalice1\n");
    assert!(matches!(gate.next(), Event::RevocationsRefused { .. }));
    gate.bundle.write(P, POLICY);
    assert!(matches!(gate.next(), Event::Published { generation: 2, .. }));
    let world = gate.current.load();
    assert!(matches!(world.authenticate("LTAIbob1"), KeyLookup::Revoked { .. }), "kept");
}

/// Files may take longer to compile than a revocation may wait.
#[test]
fn a_revocation_does_not_wait_for_other_files() {
    let bundle = Bundle::new();
    let tags = |count: usize| {
        let one = |number| {
            format!(
                "{{\"resource\":\"acs:ecs:*:1234567890123456:instance/i-{number}\",\"tags\":{{\"env\":\"dev\"}}}}"
            )
        };
        format!("{{\"resources\":[{}]}}", (0..count).map(one).collect::<Vec<_>>().join(","))
    };
    bundle.write("ramgate.yaml", &CONFIG.replace("  catalog:", "  tags: tags.json\n  catalog:"));
    bundle.write("tags.json", &tags(1));
    let gate = Gate::start(bundle);
    gate.bundle.write("tags.json", &tags(60_000));
    std::thread::sleep(Duration::from_millis(100)); // it is being compiled
    gate.bundle.write(R, "users: [bob]\n");
    assert_eq!(gate.applied(), [("users", 1)]);
    let published = gate.events.recv_timeout(Duration::from_secs(60));
    assert!(matches!(published, Ok(Event::Published { generation: 2, .. })), "{published:?}");
    let world = gate.current.load();
    assert!(matches!(world.authenticate("LTAIbob1"), KeyLookup::Revoked { .. }), "both are there");
}

#[test]
fn what_is_gone_keeps_the_last_good_generation() {
    let gate = Gate::start(Bundle::new());
    gate.bundle.remove(P);
    let Event::Unreadable { problems } = gate.next() else { panic!("an empty folder is accepted") };
    assert!(problems[0].message.contains("is empty"), "{problems:?}");
    fs::remove_dir(gate.bundle.path("policies")).unwrap();
    assert!(matches!(gate.next(), Event::Unreadable { .. }));
    gate.bundle.remove(R);
    assert!(matches!(gate.next(), Event::RevocationsRefused { .. }));
    assert!(gate.knows("LTAIalice1"));
    gate.quiet();
    gate.clock.store(NOW.0 + 50, Ordering::Relaxed);
    wait_some_looks();
    assert_eq!(gate.current.last_read(), NOW, "what cannot be read grows stale");
    fs::create_dir(gate.bundle.path("policies")).unwrap();
    gate.bundle.write(P, POLICY);
    gate.bundle.write(R, "users: [bob]\n");
    assert_eq!(gate.applied(), [("users", 1)]);
    wait_some_looks();
    assert_eq!(gate.current.last_read(), UnixSeconds(NOW.0 + 50));
}

#[test]
fn files_that_nobody_meant_are_ignored() {
    let gate = Gate::start(Bundle::new());
    for name in
        [".hidden.json", "x.json~", "x.json.tmp", ".x.json.swp", "#x.json#", "README.md", "4913"]
    {
        fs::write(gate.bundle.path("policies").join(name), "not a policy").unwrap();
    }
    gate.quiet();
    assert_eq!(gate.current.load().snapshot.generation(), 1);
}

#[test]
fn a_pipe_does_not_stop_the_reloader() {
    let gate = Gate::start(Bundle::new());
    gate.bundle.remove(D);
    pipe(&gate.bundle.path(D));
    let refused = |event: &Event| match event {
        Event::Unreadable { problems } => problems[0].message.contains("not a regular file"),
        _ => false,
    };
    let event = gate.next();
    assert!(refused(&event) || refused(&gate.next()), "{event:?}");
    gate.bundle.write(D, DIRECTORY.replace("bob", "rob").as_str());
    assert!(matches!(gate.next_published(), Event::Published { .. }));
}

#[test]
fn asking_always_gets_an_answer() {
    let gate = Gate::start(Bundle::new());
    gate.reloader.waker().wake();
    assert_eq!(gate.next(), Event::Unchanged);
    gate.bundle.write(D, "users: [");
    assert!(matches!(gate.next(), Event::Refused { .. }));
    gate.quiet();
    gate.reloader.waker().wake();
    assert!(matches!(gate.next(), Event::Refused { .. }), "said again");
}

#[test]
fn the_configuration_is_for_the_next_start() {
    let gate = Gate::start(Bundle::new());
    gate.bundle.write("ramgate.yaml", &CONFIG.replace(":9000", ":9001"));
    assert_eq!(gate.next(), Event::RestartNeeded { sections: vec!["routes"], problems: vec![] });
    gate.bundle.write("ramgate.yaml", &CONFIG.replace(":9000", ":0"));
    let Event::RestartNeeded { sections, problems } = gate.next() else { panic!("nothing said") };
    assert_eq!((sections.len(), problems.len()), (0, 1));
    gate.bundle.write("ramgate.yaml", CONFIG);
    assert_eq!(gate.next(), Event::RestartNeeded { sections: vec![], problems: vec![] });
    gate.bundle.write("ramgate.yaml", &format!("{CONFIG}# a remark\n"));
    gate.quiet();
}

/// As the kubelet does it: a folder for each generation, `..data` swapped by rename, links through it.
#[test]
fn a_swapped_volume_is_read_as_one_generation() {
    let bundle = Bundle::new();
    let volume = bundle.path("volume");
    fs::create_dir(&volume).unwrap();
    let generation = |name: &str, user: &str, policy: &str| {
        let folder = volume.join(name);
        fs::create_dir_all(folder.join("policies")).unwrap();
        let directory =
            format!("users:\n  - {{name: {user}, id: '1', policies: {{custom: [{policy}]}}}}\n");
        fs::write(folder.join("directory.yaml"), directory).unwrap();
        fs::write(folder.join("policies").join(format!("{policy}.json")), POLICY).unwrap();
        let next = volume.join("..data_tmp");
        symlink(name, &next).unwrap();
        fs::rename(next, volume.join("..data")).unwrap();
    };
    generation("..2026_1", "bob", "First");
    symlink("..data/directory.yaml", volume.join("directory.yaml")).unwrap();
    symlink("..data/policies", volume.join("policies")).unwrap();
    let config = CONFIG
        .replace("directory: directory", "directory: volume/directory")
        .replace("policies: policies", "policies: volume/policies");
    bundle.write("ramgate.yaml", &config);
    let gate = Gate::start(bundle);
    assert!(gate.knows("LTAIbob1"));
    for (name, user, policy) in [
        ("..2026_2", "alice", "Second"),
        ("..2026_3", "bob", "Third"),
        ("..2026_4", "alice", "Fourth"),
    ] {
        generation(name, user, policy);
        assert!(matches!(gate.next(), Event::Published { .. }), "{name}");
        assert_eq!(gate.knows("LTAIbob1"), user == "bob");
    }
    fs::remove_dir_all(volume.join("..2026_1")).unwrap();
    gate.quiet();
}

/// A folder of releases, the one in use named by a link; secrets in a folder below it that is not part of `..data`.
#[test]
fn links_to_folders_are_followed_and_swapped() {
    let bundle = Bundle::new();
    fs::create_dir_all(bundle.path("one/policies")).unwrap();
    fs::write(bundle.path("one").join(D), DIRECTORY).unwrap();
    fs::write(bundle.path("one").join(P), POLICY).unwrap();
    symlink("one", bundle.path("now")).unwrap();
    let config =
        CONFIG.replace(": directory", ": now/directory").replace("policies: ", "policies: now/");
    bundle.write("ramgate.yaml", &config);
    let gate = Gate::start(bundle);
    fs::create_dir_all(gate.bundle.path("two/policies")).unwrap();
    fs::write(gate.bundle.path("two").join(D), DIRECTORY.replace("bob", "rob")).unwrap();
    fs::write(gate.bundle.path("two").join(P), POLICY).unwrap();
    symlink("two", gate.bundle.path("next")).unwrap();
    fs::rename(gate.bundle.path("next"), gate.bundle.path("now")).unwrap();
    assert!(matches!(gate.next(), Event::Published { generation: 2, .. }));
    assert!(!gate.knows("LTAIbob1"));
}

#[test]
fn the_catalogue_is_kept_while_its_files_are() {
    let gate = Gate::start(Bundle::new());
    let before = gate.current.load();
    gate.bundle.write(K, &KEYS.replace("LTAIbob1", "LTAIbob2"));
    gate.next();
    let after = gate.current.load();
    assert!(Arc::ptr_eq(before.snapshot.catalog(), after.snapshot.catalog()));
    let ours = format!("{}# ours\n", include_str!("../../../policies/catalog/ecs.yaml"));
    gate.bundle.write("catalog/ecs.yaml", &ours);
    gate.next();
    let last = gate.current.load();
    assert!(!Arc::ptr_eq(after.snapshot.catalog(), last.snapshot.catalog()));
}

/// A deployment that is being followed.
struct Gate {
    current: Arc<Current>,
    events: Receiver<Event>,
    clock: Arc<AtomicI64>,
    reloader: Reloader,
    bundle: Bundle,
}

impl Gate {
    fn start(bundle: Bundle) -> Self {
        let loaded: Loaded = load(&bundle.path("ramgate.yaml"), NOW).unwrap();
        let (sender, events) = channel();
        let clock = Arc::new(AtomicI64::new(NOW.0));
        let hands = Arc::clone(&clock);
        let now = move || UnixSeconds(hands.load(Ordering::Relaxed));
        let report = move |event| {
            sender.send(event).ok();
        };
        let reloader = Reloader::start(&loaded, now, report).unwrap();
        Self { current: loaded.current, events, clock, reloader, bundle }
    }

    /// The next event. How soon it comes is measured elsewhere; a busy machine compiles slowly.
    #[track_caller]
    fn next(&self) -> Event {
        self.events.recv_timeout(Duration::from_secs(10)).expect("nothing happens")
    }

    /// The next event; a look may fall between two steps of a change.
    #[track_caller]
    fn next_published(&self) -> Event {
        loop {
            let event = self.next();
            if !matches!(event, Event::Unreadable { .. } | Event::Refused { .. }) {
                return event;
            }
        }
    }

    /// The entries that came into force, by kind.
    #[track_caller]
    fn applied(&self) -> Vec<(&'static str, usize)> {
        let Event::RevocationsApplied { counts } = self.next_published() else {
            panic!("no revocations")
        };
        let some = counts.iter().filter(|(_, count)| *count > 0);
        some.map(|(kind, count)| (kind.field(), count)).collect()
    }

    #[track_caller]
    fn quiet(&self) {
        let event = self.events.recv_timeout(Duration::from_millis(200));
        assert!(event.is_err(), "{event:?}");
    }

    fn knows(&self, key: &str) -> bool {
        matches!(self.current.load().authenticate(key), KeyLookup::Found { .. })
    }
}

fn wait_some_looks() {
    std::thread::sleep(Duration::from_millis(150));
}
