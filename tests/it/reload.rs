//! Changes of mounted files while the gate serves.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::support::caller::{ecs, notes};
use crate::support::gate::{ALICE_KEY, BOB_KEY, Bundle};
use crate::support::upstream::Upstream;
use crate::support::wait_for;

const ONE_SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_revocation_under_load_takes_effect_within_a_second_and_drops_nothing() {
    let upstream = Upstream::start();
    let bundle = Bundle::example(&upstream);
    let gate = bundle.serve();
    let stop = Arc::new(AtomicBool::new(false));
    let (permitted, odd) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let callers: Vec<_> = (0..2)
        .map(|_| {
            let (stop, permitted, odd) =
                (Arc::clone(&stop), Arc::clone(&permitted), Arc::clone(&odd));
            let address = gate.data;
            std::thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    match notes(BOB_KEY, "GET", "/notes/team/x", b"").send(address).status() {
                        200 => permitted.fetch_add(1, Ordering::Relaxed),
                        _ => odd.fetch_add(1, Ordering::Relaxed),
                    };
                }
            })
        })
        .collect();
    assert!(wait_for(Duration::from_secs(5), || permitted.load(Ordering::Relaxed) > 20));
    assert_eq!(ecs(ALICE_KEY, "DescribeInstances", "").send(gate.data).status(), 200);

    // A broken policy is mounted first: it must change nothing and must not hold up the revocation behind it.
    bundle.write("policies/ecs-operators.json", "{\"Version\":\"1\",\"Statement\":[");
    assert!(
        wait_for(Duration::from_secs(3), || gate
            .messages()
            .iter()
            .any(|line| line.contains("ecs-operators.json"))),
        "{:#?}",
        gate.messages()
    );
    assert_eq!(ecs(ALICE_KEY, "DescribeInstances", "").send(gate.data).status(), 200);

    let revoked = revoke(&bundle, ALICE_KEY);
    let mut first_refusal = None;
    wait_for(Duration::from_secs(3), || {
        let answer = ecs(ALICE_KEY, "DescribeInstances", "").send(gate.data);
        if answer.status() == 200 {
            false
        } else {
            assert_eq!(answer.code(), "InvalidAccessKeyId.Inactive", "{}", answer.text());
            first_refusal = Some(revoked.elapsed());
            true
        }
    });
    let took = first_refusal.expect("the revocation never took effect");
    assert!(took <= ONE_SECOND, "{took:?}");
    for _ in 0..20 {
        assert_eq!(
            ecs(ALICE_KEY, "DescribeInstances", "").send(gate.data).code(),
            "InvalidAccessKeyId.Inactive"
        );
    }
    stop.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.join().unwrap();
    }
    assert_eq!(odd.load(Ordering::Relaxed), 0, "calls of another caller were dropped or refused");
    assert!(gate.page("/metrics").contains("ramgate_config_generation 1\n"));
}

fn revoke(bundle: &Bundle, key: &str) -> Instant {
    bundle.write("revocations.yaml", &format!("access_keys: [{key}]\nusers: []\n"));
    Instant::now()
}

#[test]
fn no_request_sees_half_of_a_change() {
    let upstream = Upstream::start();
    let bundle = Bundle::example(&upstream);
    let gate = bundle.serve();
    let group = "ecs-operators, keep-production";
    // The Allow and the Deny are taken away and given back together. A mixed state would let production be stopped.
    let stop = Arc::new(AtomicBool::new(false));
    let address = gate.data;
    let watched = Arc::clone(&stop);
    let watcher = std::thread::spawn(move || {
        let mut seen = 0;
        while !watched.load(Ordering::Relaxed) {
            let answer = ecs(ALICE_KEY, "StopInstance", "InstanceId=i-prod-db").send(address);
            assert_eq!(answer.status(), 403, "{}", answer.text());
            seen += 1;
        }
        seen
    });
    for round in 0..6 {
        let (from, to) = if round % 2 == 0 {
            (group, "notes-writers")
        } else {
            ("notes-writers]\n# end", group)
        };
        bundle.change("directory.yaml", |text| {
            if round % 2 == 0 {
                text.replace(&format!("[{from}]"), &format!("[{to}]\n# end"))
            } else {
                text.replace(&format!("[{from}"), &format!("[{to}]"))
            }
        });
        let generation = format!("ramgate_config_generation {}\n", round + 2);
        assert!(
            wait_for(Duration::from_secs(3), || gate.page("/metrics").contains(&generation)),
            "{:#?}",
            gate.messages()
        );
    }
    stop.store(true, Ordering::Relaxed);
    assert!(watcher.join().unwrap() > 10);
    assert!(upstream.received().is_empty());
}

#[test]
fn grants_deletions_and_deactivations_take_effect() {
    let upstream = Upstream::start();
    let bundle = Bundle::example(&upstream);
    let gate = bundle.serve();
    let becomes = |status: u16, what: &str| {
        let reached = wait_for(ONE_SECOND, || {
            ecs(BOB_KEY, "DescribeInstances", "").send(gate.data).status() == status
        });
        assert!(reached, "{what}: {:#?}", gate.messages());
    };
    becomes(403, "at first");
    bundle.change("directory.yaml", |text| {
        text.replace("custom: [notes-writers]", "custom: [notes-writers, ecs-operators]")
    });
    becomes(200, "a grant");
    bundle.change("secrets/access-keys.yaml", |text| {
        text.replace("user: bob, ", "user: bob, status: Inactive, ")
    });
    becomes(400, "an inactive key");
    bundle.change("secrets/access-keys.yaml", |text| text.replace("status: Inactive, ", ""));
    becomes(200, "active again");
    bundle.change("directory.yaml", |text| {
        let (before, rest) = text.split_once("  - name: bob").unwrap();
        let (_, after) = rest.split_once("groups:\n  - name").unwrap();
        format!("{before}\ngroups:\n  - name{after}")
    });
    becomes(404, "a deleted user");
}

#[test]
fn a_broken_file_changes_nothing_and_is_reported_with_its_line() {
    let upstream = Upstream::start();
    let bundle = Bundle::example(&upstream);
    let gate = bundle.serve();
    bundle
        .change("directory.yaml", |text| text.replace("groups: [operators]", "grups: [operators]"));
    let told = wait_for(Duration::from_secs(3), || {
        gate.messages()
            .iter()
            .any(|line| line.contains("directory.yaml:6:") && line.contains("grups"))
    });
    assert!(told, "{:#?}", gate.messages());
    assert_eq!(ecs(ALICE_KEY, "DescribeInstances", "").send(gate.data).status(), 200);
    let metrics = gate.page("/metrics");
    assert!(
        metrics.contains("ramgate_reloads_refused_total 1")
            && !metrics.contains("ramgate_config_problems 0"),
        "{metrics}"
    );
    bundle
        .change("directory.yaml", |text| text.replace("grups: [operators]", "groups: [operators]"));
    assert!(wait_for(Duration::from_secs(3), || gate
        .page("/metrics")
        .contains("ramgate_config_problems 0")));
}

#[test]
fn a_hangup_signal_reads_the_files_at_once() {
    let upstream = Upstream::start();
    let bundle = Bundle::example(&upstream);
    let gate = bundle.serve();
    gate.signal("HUP");
    let told = |text: &str| gate.messages().iter().any(|line| line.contains(text));
    assert!(wait_for(ONE_SECOND, || told("nothing has changed")), "{:#?}", gate.messages());
    bundle.change("policies/notes-writers.json", |text| {
        text.replace("notes:ListNotes", "ecs:Describe*").replace("acs:notes:*:*:note/*", "*")
    });
    gate.signal("HUP");
    assert!(
        wait_for(ONE_SECOND, || ecs(BOB_KEY, "DescribeInstances", "").send(gate.data).status()
            == 200),
        "{:#?}",
        gate.messages()
    );
}

#[test]
fn a_mounted_volume_swaps_its_data_link() {
    let upstream = Upstream::start();
    let bundle = Bundle::example(&upstream);
    // As a ConfigMap is mounted: files are links into `..data`, which is a link to a dated folder.
    let policies = bundle.path("policies");
    let first = policies.join("..2026_01");
    std::fs::create_dir(&first).unwrap();
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&policies).unwrap().flatten() {
        let name = entry.file_name();
        if entry.file_type().unwrap().is_file() {
            std::fs::rename(entry.path(), first.join(&name)).unwrap();
            names.push(name);
        }
    }
    std::os::unix::fs::symlink("..2026_01", policies.join("..data")).unwrap();
    for name in &names {
        std::os::unix::fs::symlink(std::path::Path::new("..data").join(name), policies.join(name))
            .unwrap();
    }
    let gate = bundle.serve();
    assert_eq!(ecs(ALICE_KEY, "DescribeInstances", "").send(gate.data).status(), 200);
    let second = policies.join("..2026_02");
    std::fs::create_dir(&second).unwrap();
    for name in &names {
        let text = std::fs::read_to_string(first.join(name)).unwrap();
        std::fs::write(second.join(name), text.replace("ecs:Describe*", "ecs:DescribeDisks"))
            .unwrap();
    }
    std::os::unix::fs::symlink("..2026_02", policies.join("..data_tmp")).unwrap();
    std::fs::rename(policies.join("..data_tmp"), policies.join("..data")).unwrap();
    assert!(
        wait_for(ONE_SECOND, || ecs(ALICE_KEY, "DescribeInstances", "").send(gate.data).status()
            == 403),
        "{:#?}",
        gate.messages()
    );
}
