//! The threat model's rows about targets, and the catalogue's hostile list, as raw bytes against the real binary. What
//! can be signed is signed well, by a caller who may do everything, so that nothing but the rule under test refuses it.
//! The judgement is what the upstream saw.

mod objects;
mod parameters;
mod paths;
mod sent;
mod targets;

use crate::support::caller::{Answer, raw};
use crate::support::gate::{Bundle, Gate, SECRET};
use crate::support::upstream::{Received, Upstream};
use sent::{Sent, Style, browser_form, wire};

/// May do everything.
const EVERYTHING: &str = "LTAI5tHostileAllKey0001";
/// May do a little, see `LITTLE`.
const LITTLE_KEY: &str = "LTAI5tHostileFewKey0002";
const BUCKET: &str = "team-bucket";
const BUCKET_HOST: &str = "team-bucket.oss-cn-hangzhou.aliyuncs.com";
/// Where the path names the bucket.
const SERVICE_HOST: &str = "oss-cn-hangzhou.aliyuncs.com";
/// A custom domain of the bucket.
const OWN_DOMAIN: &str = "files.example.test";
const FC_HOST: &str = "fcv3.cn-hangzhou.aliyuncs.com";
const TRIGGER_HOST: &str = "fn.cn-hangzhou.fcapp.run";
const FORM: &str = "application/x-www-form-urlencoded";

const ALL: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
const LITTLE: &str = r#"{"Version":"1","Statement":[
    {"Effect":"Allow","Action":"notes:*","Resource":["acs:notes:*:*:note/team/*","acs:notes:*:*:note/caf\u00e9"]},
    {"Effect":"Allow","Action":"oss:Get*","Resource":"acs:oss:*:*:team-bucket/team/?"},
    {"Effect":"Allow","Action":"oss:DeleteObject","Resource":"acs:oss:*:*:team-bucket/team/*"},
    {"Effect":"Allow","Action":["oss:PutObject","oss:PostProcessTask"],"Resource":"acs:oss:*:*:team-bucket/team/*"},
    {"Effect":"Allow","Action":"ecs:Describe*","Resource":"acs:ecs:*:*:instance/i-team-*"}]}"#;

struct World {
    upstream: Upstream,
    _bundle: Bundle,
    gate: Gate,
}

/// A gate in front of each style of service. `more` goes into every route.
fn world(more: &str) -> World {
    let upstream = Upstream::start();
    let bundle = Bundle::example(&upstream);
    let trigger = format!("{}/tests/sdk/catalog/fc-trigger.yaml", env!("CARGO_MANIFEST_DIR"));
    std::fs::copy(trigger, bundle.path("catalog/fc-trigger.yaml")).unwrap();
    bundle.change("ramgate.yaml", |text| {
        let (start, _) = text.split_once("routes:").unwrap();
        let kept = start.lines().filter(|line| !line.contains("organization:"));
        let kept: Vec<&str> = kept.filter(|line| !line.contains("control_policies:")).collect();
        let route = |name: &str, own: &str| {
            let upstream = upstream.address;
            format!("  - {{ name: {name}, products: [{name}], upstream: 'http://{upstream}'{own}{more} }}\n")
        };
        let region = ", region: cn-hangzhou";
        let objects = ", region: cn-hangzhou, callbacks: refuse, accept_unsigned: [bodies], \
                       hosts: [{ name: files.example.test, bucket: team-bucket }]";
        let routes = [
            route("ecs", region),
            route("fc", region),
            route("fc-trigger", region),
            route("oss", objects),
            route("notes", ""),
        ];
        format!("{}\nroutes:\n{}audit:\n  file: audit.jsonl\n", kept.join("\n"), routes.concat())
    });
    bundle.write("policies/all.json", ALL);
    bundle.write("policies/little.json", LITTLE);
    bundle.change("directory.yaml", |text| {
        text.replace(
            "users:\n",
            "users:\n  - { name: all, id: '200000000000000071', policies: { custom: [all] } }\n  \
             - { name: little, id: '200000000000000072', policies: { custom: [little] } }\n",
        )
    });
    bundle.write(
        "secrets/access-keys.yaml",
        &format!(
            "keys:\n  - {{ id: {EVERYTHING}, user: all, secret: '{SECRET}' }}\n  \
             - {{ id: {LITTLE_KEY}, user: little, secret: '{SECRET}' }}\n"
        ),
    );
    let gate = bundle.serve();
    World { upstream, _bundle: bundle, gate }
}

impl World {
    /// Sends bytes: the answer, the audit line of it, and what the upstream saw.
    fn send(&self, bytes: &[u8]) -> (Answer, String, Vec<Received>) {
        self.upstream.forget();
        let answer = raw(self.gate.data, bytes);
        let line = self.gate.audit_line(&answer.request_id());
        (answer, line, self.upstream.received())
    }

    /// Refused with this status and for this reason: the catalogue's word, or a part of the record's text. One answer,
    /// and the upstream saw nothing.
    #[track_caller]
    fn refused(&self, what: &str, bytes: &[u8], status: u16, because: &str) {
        let (answer, line, received) = self.send(bytes);
        assert!(received.is_empty(), "{what}: the upstream saw {received:?}");
        assert_eq!(answer.status(), status, "{what}: {}\n{line}", answer.text());
        assert_eq!(answer.count(), 1, "{what}: {}", answer.text());
        assert!(line.contains(because), "{what}: {because} is not in {line}");
    }

    /// Passes, and the upstream got one request with this target.
    #[track_caller]
    fn passes(&self, what: &str, bytes: &[u8], target: &str) -> (String, Received) {
        let (answer, line, received) = self.send(bytes);
        assert_eq!(answer.status(), 200, "{what}: {}\n{line}", answer.text());
        let [received] = received.as_slice() else { panic!("{what}: {received:?}") };
        let (_, rest) = received.line.split_once(' ').unwrap();
        assert_eq!(rest, format!("{target} HTTP/1.1"), "{what}");
        (line, received.clone())
    }
}

/// Refuses each; the reason is the catalogue's word, or a part of the record's text where the signature's reader comes first.
fn refuses(world: &World, rows: Vec<(&str, Sent, u16, &str)>) {
    for (what, sent, status, because) in rows {
        world.refused(&format!("{what}: {sent:?}"), &sent.bytes(), status, because);
    }
}
