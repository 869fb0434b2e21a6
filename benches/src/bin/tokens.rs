//! Session tokens: opening and sealing one, a call with one against a call with a permanent key, and what 100,000 sessions
//! that are alive at once take.
//!
//! `tokens [ROUNDS]`; the sessions that are alive at once in processes of their own: `tokens alive SHAPE COUNT`.

use std::fs;
use std::hint::black_box;
use std::process::Command;
use std::time::Duration;

use cpu_time::ThreadTime;
use ramgate::snapshot::World;
use ramgate_benches::sessions::{Deployment, NOW, Session, Shape, Version, payload};
use ramgate_benches::timing::{Case, case, ratio, run};

const ALIVE: usize = 100_000;
const BATCH: usize = 1_000;
const CONTENDED: u32 = 100_000;
const SHAPES: [(&str, Shape); 3] =
    [("plain", Shape::Plain), ("named", Shape::Named), ("bounded", Shape::Bounded)];
const VERSIONS: [(&str, Version); 2] = [("v1", Version::V1), ("v2", Version::V2)];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["alive", shape, count] => alive(shape, count.parse().expect("a number")),
        [] => measure(15),
        [rounds, ..] => measure(rounds.parse().expect("rounds")),
    }
}

fn measure(rounds: usize) {
    let deployment = Deployment::new();
    for (version_name, version) in VERSIONS {
        for (shape_name, shape) in SHAPES {
            let length = deployment.session(version, shape, 0).token.len();
            println!("{version_name} {shape_name}: {length} characters");
        }
    }
    opening(&deployment, rounds);
    calls(&deployment, rounds);
    contend(&deployment);
    let program = std::env::current_exe().expect("this program has a path");
    for (shape, count) in
        [("plain", ALIVE), ("bounded", ALIVE), ("own-policies", ALIVE), ("plain", 2 * ALIVE)]
    {
        let run = Command::new(&program).args(["alive", shape, &count.to_string()]).status();
        assert!(run.expect("it starts").success(), "{shape}");
    }
}

/// From the text of a token to principal, secret and compiled policy.
fn opening(deployment: &Deployment, rounds: usize) {
    let worlds: Vec<World> = (0..6).map(|_| deployment.forgetful()).collect();
    let mut cases = Vec::new();
    let mut names = Vec::new();
    for (index, (version_name, version)) in VERSIONS.into_iter().enumerate() {
        for (place, (shape_name, shape)) in SHAPES.into_iter().enumerate() {
            let name = format!("{version_name} {shape_name}");
            let world = &worlds[index * 3 + place];
            let one = deployment.session(version, shape, 0);
            let make = move |number: usize| deployment.session(version, shape, number + 1);
            cases.push(Case::fresh(format!("{name} first"), make, |it| open(world, &it)));
            cases.push(Case::new(format!("{name} again"), move |_| open(world, &one)));
            let described = payload(shape, 0);
            cases.push(Case::new(format!("{name} seal"), move |number| {
                black_box(deployment.seal(version, black_box(&described), number));
            }));
            names.push(name);
        }
    }
    run(&mut cases, rounds, Duration::from_millis(10));
    println!(
        "\nmicroseconds of processor time, medians of {rounds} rounds; first, again, again/first, seal"
    );
    for name in names {
        let [first, again, seal] =
            ["first", "again", "seal"].map(|what| case(&cases, &format!("{name} {what}")));
        let [_, times, _] = ratio(again, first);
        println!(
            "{name:12} {:7.2} {:7.2} {times:7.3} {:7.2}",
            first.median() / 1e3,
            again.median() / 1e3,
            seal.median() / 1e3
        );
    }
}

fn open(world: &World, session: &Session) {
    let opened = world.session(&session.id, &session.token, NOW).expect("it opens");
    black_box(world.session_policy(&opened).expect("it compiles"));
}

/// The whole gate, from a parsed head to a permit.
fn calls(deployment: &Deployment, rounds: usize) {
    let mut cases = vec![Case::fresh(
        "permanent key",
        |_| deployment.call(None),
        |parts| deployment.permit(parts),
    )];
    for (version_name, version) in VERSIONS {
        for (shape_name, shape) in SHAPES {
            let name = format!("{version_name} {shape_name}");
            let one = deployment.session(version, shape, 0);
            cases.push(Case::fresh(
                format!("{name} again"),
                move |_| deployment.call(Some(&one)),
                |parts| deployment.permit(parts),
            ));
            cases.push(Case::fresh(
                format!("{name} first"),
                move |number| {
                    deployment.call(Some(&deployment.session(version, shape, number + 1)))
                },
                |parts| deployment.permit(parts),
            ));
        }
    }
    cases.push(Case::fresh("AssumeRole", |_| deployment.assume(), |parts| deployment.issue(parts)));
    run(&mut cases, rounds, Duration::from_millis(10));
    println!(
        "\na call through the gate: microseconds, and how many times a call with a permanent key"
    );
    for one in &cases {
        let [low, median, high] = ratio(one, case(&cases, "permanent key"));
        println!(
            "{:16} {:7.2} us, {median:.2} [{low:.2} to {high:.2}]",
            one.name,
            one.median() / 1e3
        );
    }
}

/// Threads that open one token all the time, which is as much as they can be in each other's way.
fn contend(deployment: &Deployment) {
    let session = deployment.session(Version::V2, Shape::Plain, 0);
    println!();
    for threads in [1, 2, 4, 8] {
        let times: Vec<f64> = std::thread::scope(|scope| {
            let one = || {
                let started = ThreadTime::now();
                (0..CONTENDED).for_each(|_| open(&deployment.world, &session));
                started.elapsed().as_secs_f64() * 1e6 / f64::from(CONTENDED)
            };
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
            threads.into_iter().map(|it| it.join().expect("it ends")).collect()
        });
        let mean = times.iter().sum::<f64>() / times.len() as f64;
        println!("{threads} threads open one token: {mean:.2} us each");
    }
}

/// Sessions that are alive at once: each calls once, then each again.
fn alive(shape: &str, count: usize) {
    let deployment = Deployment::new();
    let world = deployment.forgetful();
    let session = |number: usize| match shape {
        "plain" => deployment.session(Version::V2, Shape::Plain, number),
        "bounded" => deployment.session(Version::V2, Shape::Bounded, number),
        _ => {
            let mut described = payload(Shape::Bounded, number);
            let policy = described.policy.take().expect("a policy");
            let own = policy.replace("i-00000000", &format!("i-{number:08}"));
            described.policy = Some(own.into());
            deployment.seal(Version::V2, &described, number)
        }
    };
    pass(&deployment.forgetful(), 0..BATCH, &session); // what the process needs once
    let before = resident_bytes();
    let first = pass(&world, 0..count, &session);
    let grown = resident_bytes().saturating_sub(before);
    let again = pass(&world, 0..count, &session);
    let last = pass(&world, count - count / 8..count, &session);
    println!(
        "{count} {shape}: {first:.2} us the first time, {again:.2} us again, {last:.2} us for the latest eighth; \
         {:.1} MiB resident, {} bytes each; {:.1} MiB after all",
        mebibytes(grown),
        grown / count,
        mebibytes(resident_bytes().saturating_sub(before)),
    );
}

/// Microseconds of processor time for one session.
fn pass(
    world: &World,
    numbers: std::ops::Range<usize>,
    session: &impl Fn(usize) -> Session,
) -> f64 {
    let count = numbers.len();
    let mut time = Duration::ZERO;
    let numbers: Vec<usize> = numbers.collect();
    for batch in numbers.chunks(BATCH) {
        let sessions: Vec<Session> = batch.iter().map(|number| session(*number)).collect();
        let started = ThreadTime::now();
        sessions.iter().for_each(|session| open(world, session));
        time += started.elapsed();
    }
    time.as_secs_f64() * 1e6 / count as f64
}

fn resident_bytes() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("this is Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("it has a line");
    let kib: usize = line.split_whitespace().nth(1).and_then(|it| it.parse().ok()).expect("KiB");
    kib * 1024
}

fn mebibytes(bytes: usize) -> f64 {
    bytes as f64 / 1_048_576.0
}
