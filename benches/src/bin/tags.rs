//! A table of tags: how long it takes to load, what it holds in memory, and what a look-up costs.
//!
//! `tags [RESOURCES]`; each form of the file in a process of its own: `tags RESOURCES json`, `tags RESOURCES yaml`.

use std::fs;
use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use ramgate::directory::{self, Tags};
use ramgate::policy::{
    AccessRequest, Action, Attribute, Attributes, Caller, ConditionKey, RelativeId, Resource,
    Segment, Traits,
};

const ACCOUNT: &str = "1234567890123456";
const LOADS: u32 = 5;
const LOOKUPS: u32 = 1_000_000;

fn main() {
    let mut arguments = std::env::args();
    let program = arguments.next().expect("the program");
    let count = arguments.next().map_or(100_000, |text| text.parse().expect("a number"));
    match arguments.next().as_deref() {
        Some(form) => measure(count, form),
        None => {
            for form in ["json", "yaml"] {
                let done = Command::new(&program).args([&count.to_string(), form]).status();
                assert!(done.expect("it starts").success(), "{form}");
            }
        }
    }
}

fn measure(count: usize, form: &str) {
    let text = file(count, form);
    let before = memory("VmRSS:");
    let times: Vec<Duration> = (0..LOADS).map(|_| timed(|| drop(load(&text)))).collect();
    let peak = memory("VmHWM:") - before;
    let mut times = times;
    times.sort();
    let table = load(&text);
    println!(
        "{form}: {count} resources in {} KiB: loaded in {:?} (of {LOADS}), {peak} KiB at the peak",
        text.len() / 1024,
        times[times.len() / 2]
    );
    for id in [name(count - 1), "i-none".to_owned()] {
        let relative_id = format!("instance/{id}");
        let access = access(&relative_id);
        let time = timed(|| {
            for _ in 0..LOOKUPS {
                black_box(table.get(black_box(&access), "team"));
            }
        });
        println!("{form}: a look-up of {id}: {:?}", time / LOOKUPS);
    }
}

fn load(text: &str) -> Tags {
    let (tags, problems) = directory::tags("tags", text);
    assert!(problems.is_empty(), "{problems:?}");
    tags
}

fn timed(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

fn name(number: usize) -> String {
    format!("i-bp1{number:017}")
}

fn file(count: usize, form: &str) -> String {
    let line = |number: usize| {
        let arn = format!("acs:ecs:cn-hangzhou:{ACCOUNT}:instance/{}", name(number));
        let team = number % 50;
        match form {
            "json" => {
                format!(r#"{{"resource":"{arn}","tags":{{"env":"prod","team":"team-{team}"}}}}"#)
            }
            _ => format!("- {{resource: '{arn}', tags: {{env: prod, team: team-{team}}}}}"),
        }
    };
    let lines: Vec<String> = (0..count).map(line).collect();
    let covers = format!("acs:ecs:*:{ACCOUNT}:instance/*");
    match form {
        "json" => format!(r#"{{"covers":["{covers}"],"resources":[{}]}}"#, lines.join(",")),
        _ => format!("covers: ['{covers}']\nresources:\n{}\n", lines.join("\n")),
    }
}

fn access(relative_id: &str) -> AccessRequest<'_> {
    AccessRequest {
        caller: Caller::Anonymous,
        action: Action { service: "ecs", operation: "StopInstance" },
        resource: Resource::Named {
            service: "ecs",
            region: Segment::Known("cn-hangzhou"),
            account: Segment::Known(ACCOUNT),
            relative_id: RelativeId::Known(relative_id),
        },
        owner: ACCOUNT.parse().ok(),
        exempt: false,
        traits: Traits::default(),
        public_blocked: false,
        attributes: &Nothing,
    }
}

struct Nothing;

impl Attributes for Nothing {
    fn get(&self, _key: &ConditionKey<'_>) -> Attribute<'_> {
        Attribute::Absent
    }
}

/// In KiB, as the kernel counts.
fn memory(field: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("the kernel tells");
    let line = status.lines().find_map(|line| line.strip_prefix(field)).expect("a field");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}
