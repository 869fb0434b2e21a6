//! Files that nobody has confirmed for too long (TOK-31, checklist 11): the real binary, with a heartbeat.

use std::time::Duration;

use ramgate::ident::UnixSeconds;

use crate::session_tokens::{self, Session};
use crate::support::caller::{self, ecs};
use crate::support::gate::{ALICE_KEY, Bundle, Gate};
use crate::support::upstream::Upstream;
use crate::support::wait_for;

const LIMIT: Duration = Duration::from_secs(10);
const HEARTBEAT: &str = "heartbeat";

struct World {
    _upstream: Upstream,
    bundle: Bundle,
    gate: Gate,
    session: Session,
}

/// Files may be three seconds old.
fn world(policy: &str) -> World {
    world_since(50, policy)
}

/// The first heartbeat lies so many seconds ahead.
fn world_since(ahead: i64, policy: &str) -> World {
    let upstream = Upstream::start();
    let bundle = session_tokens::bundle(&upstream);
    bundle.change("ramgate.yaml", |text| {
        let text = text.replace("files:\n", "files:\n  heartbeat: heartbeat\n");
        format!("{text}\nreload: {{ max_snapshot_age: 3{policy} }}\n")
    });
    beat(&bundle, ahead);
    let gate = bundle.serve();
    World { _upstream: upstream, bundle, gate, session: session_tokens::session() }
}

/// As if it had been written this many seconds after now.
fn beat(bundle: &Bundle, ahead: i64) {
    let at = UnixSeconds(caller::now().0 + ahead);
    bundle.write(HEARTBEAT, &format!("{at}\n"));
}

impl World {
    /// The codes of a call with a permanent key and of one with a session, none for those that are served.
    fn codes(&self) -> (String, String) {
        let key = ecs(ALICE_KEY, "DescribeInstances", "").send(self.gate.data);
        let session = self.session.describe().send(self.gate.data);
        for answer in [&key, &session] {
            assert!([200, 503].contains(&answer.status()), "{}", answer.text());
        }
        (key.code(), session.code())
    }

    #[track_caller]
    fn become_(&self, key: &str, session: &str) {
        let mut codes = (String::new(), String::new());
        let reached = wait_for(LIMIT, || {
            codes = self.codes();
            codes == (key.to_owned(), session.to_owned())
        });
        assert!(reached, "{codes:?}: {:#?}", self.gate.messages());
    }

    fn ready(&self) -> bool {
        self.gate.page("/readyz").contains("200 OK")
    }
}

#[test]
fn everything_is_refused_while_the_files_are_old() {
    let world = world("");
    world.become_("", "");
    assert!(world.ready());
    beat(&world.bundle, -100);
    world.become_("ServiceUnavailable", "ServiceUnavailable");
    assert!(!world.ready() && world.gate.page("/livez").contains("200 OK"));
    let metrics = world.gate.page("/metrics");
    let age = metrics.lines().find_map(|it| it.strip_prefix("ramgate_config_age_seconds "));
    assert!(age.unwrap().parse::<i64>().unwrap() >= 100, "{metrics}");
    beat(&world.bundle, 0);
    assert!(wait_for(LIMIT, || world.ready()));
    // It grows old by itself.
    world.become_("ServiceUnavailable", "ServiceUnavailable");
}

#[test]
fn sessions_alone_are_refused_where_that_is_said() {
    let world = world(", stale_policy: deny_sessions");
    world.become_("", "");
    beat(&world.bundle, -100);
    world.become_("", "ServiceUnavailable");
    assert!(world.ready());
    beat(&world.bundle, 30);
    world.become_("", "");
}

#[test]
fn a_heartbeat_that_cannot_be_believed_grows_old() {
    let world = world_since(0, "");
    let ahead = UnixSeconds(caller::now().0 + 3600);
    world.bundle.write(HEARTBEAT, &ahead.to_string());
    let told = || world.gate.messages().iter().any(|line| line.contains("still to come"));
    assert!(wait_for(LIMIT, told), "{:#?}", world.gate.messages());
    world.become_("ServiceUnavailable", "ServiceUnavailable");
    beat(&world.bundle, 30);
    world.become_("", "");
    world.bundle.write(HEARTBEAT, "soon");
    let told = || world.gate.messages().iter().any(|line| line.contains("date -u"));
    assert!(wait_for(LIMIT, told), "{:#?}", world.gate.messages());
}

/// What cannot be read may have changed; what can be read and is wrong has not.
#[test]
fn files_that_cannot_be_read_grow_old_and_broken_ones_do_not() {
    let world = world("");
    world.become_("", "");
    world.bundle.write("policies/notes-writers.json", "{ broken");
    std::thread::sleep(Duration::from_secs(5));
    world.become_("", "");
    std::fs::rename(world.bundle.path("policies"), world.bundle.path("away")).unwrap();
    world.become_("ServiceUnavailable", "ServiceUnavailable");
    std::fs::rename(world.bundle.path("away"), world.bundle.path("policies")).unwrap();
    world.become_("", "");
}
