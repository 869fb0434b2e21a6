//! Session tokens: what opening one costs, cold and remembered, and what 100,000 sessions that are alive at once take.

use std::fs;
use std::sync::Arc;

use cpu_time::ThreadTime;
use ramgate::directory::{Folder, Revocations};
use ramgate::ident::{AccessKeyId, UnixSeconds};
use ramgate::snapshot::{KeysAccess, RootKeys, Settings, Snapshot, SourceFile, Sources, World};
use ramgate::token::{
    ACCESS_KEY_ENTROPY_BYTES, IssuerKey, KeyRing, Kid, Payload, RingEntry, Source, SourceId, Times,
    access_key_id, parse, write,
};

const SESSIONS: usize = 100_000;
const ACCOUNT: &str = "1234567890123456";
const NOW: UnixSeconds = UnixSeconds(1_800_000_000);
const POLICY: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject","oss:ListObjects"],"Resource":["acs:oss:*:*:reports","acs:oss:*:*:reports/team-a/*"]}]}"#;

fn main() {
    // One kind a process, or the memory of one would hide in what another has left.
    let kinds = [("v1", None), ("v2", None), ("v2", Some(POLICY))];
    match std::env::args().nth(1) {
        Some(index) => {
            let (version, policy) = kinds[index.parse::<usize>().expect("a number")];
            measure(version, policy);
        }
        None => {
            let program = std::env::current_exe().expect("this program has a path");
            for index in 0..kinds.len() {
                let run = std::process::Command::new(&program).arg(index.to_string()).status();
                assert!(run.expect("it starts").success(), "kind {index}");
            }
        }
    }
}

fn measure(version: &str, policy: Option<&str>) {
    let issuer = (version == "v2").then(|| IssuerKey::from_seed(&[5; 32]));
    let text = ring(issuer.as_ref());
    let ring: KeyRing = parse("ring.json", &text).0.into_iter().collect();
    let sessions: Vec<(AccessKeyId, String)> = (0..SESSIONS)
        .map(|number| {
            let payload = payload(number, policy);
            let issued = ring.seal(&payload, issuer.as_ref(), bytes(number)).expect("it seals");
            (payload.access_key_id, issued.token)
        })
        .collect();
    let world = world(&text);
    let before = resident_bytes();
    let cold = pass(&world, &sessions);
    let resident = resident_bytes().saturating_sub(before);
    let remembered = pass(&world, &sessions);
    let length = sessions.first().map_or(0, |(_, token)| token.len());
    let bound = if policy.is_some() { ", with a policy" } else { "" };
    println!(
        "{version}{bound}, {length} characters: {cold:.1} us the first time, {remembered:.1} us after that; {SESSIONS} \
         sessions take {:.1} MiB ({} bytes each)",
        resident as f64 / 1024.0 / 1024.0,
        resident / SESSIONS
    );
}

/// Microseconds of processor time for one session.
fn pass(world: &World, sessions: &[(AccessKeyId, String)]) -> f64 {
    let begun = ThreadTime::now();
    for (id, token) in sessions {
        let session = world.session(id, token, NOW).expect("it opens");
        std::hint::black_box(world.session_policy(&session).expect("it compiles"));
    }
    begun.elapsed().as_secs_f64() * 1e6 / sessions.len() as f64
}

fn ring(issuer: Option<&IssuerKey>) -> String {
    let times = Times::sealing_for(UnixSeconds(NOW.0 - 60), 86_400);
    let (key, account) = ([1; 32].into(), ACCOUNT.parse().expect("an account"));
    let public = issuer.map(IssuerKey::public);
    let entry = RingEntry::new(Kid([1; 8]), account, key, times, public).expect("an entry");
    write(&[entry]).to_string()
}

fn payload(number: usize, policy: Option<&str>) -> Payload {
    let account = ACCOUNT.parse().expect("an account");
    let id: [u8; ACCESS_KEY_ENTROPY_BYTES] = bytes(number);
    Payload {
        access_key_id: access_key_id(id).expect("an id"),
        issued: UnixSeconds(NOW.0 - 1),
        expires: UnixSeconds(NOW.0 + 3599),
        account,
        role_id: "300000000000000001".parse().expect("an id"),
        role_name: "reader".parse().expect("a name"),
        session_name: format!("session-{number}").parse().expect("a name"),
        source: Source {
            account,
            id: SourceId::User("200000000000000001".parse().expect("an id")),
        },
        federation: None,
        source_identity: None,
        policy: policy.map(Into::into),
        chain: None,
        mfa: None,
    }
}

/// Different for each number; five bits of each byte count in an id.
fn bytes<const N: usize>(number: usize) -> [u8; N] {
    std::array::from_fn(|at| u8::try_from(number >> (at * 5).min(60) & 31).unwrap_or(0))
}

fn world(ring: &str) -> World {
    let directory = "users: [{name: a, id: '200000000000000001'}]\n\
        roles: [{name: reader, id: '300000000000000001', service_linked: true}]\n";
    let sources = Sources {
        directory: SourceFile::new("directory.yaml", directory),
        policies: Vec::<(Folder, SourceFile)>::new(),
        organization: None,
        resources: None,
        buckets: None,
        tags: None,
        keys: SourceFile::new("keys.yaml", "keys: []"),
        token_ring: Some(SourceFile::new("ring.json", ring)),
        catalog: Vec::new(),
    };
    let settings = Settings {
        account: ACCOUNT.parse().expect("an account"),
        root_keys: RootKeys::Refused,
        keys_access: KeysAccess::Private,
        accepted: Vec::new(),
        config_file: "ramgate.yaml".to_owned(),
        routed: Vec::new(),
        of_objects: Vec::new(),
    };
    let (snapshot, _) = Snapshot::compile(&sources, &settings, None, 1, NOW).expect("it compiles");
    World { snapshot: Arc::new(snapshot), revocations: Arc::new(Revocations::default()) }
}

fn resident_bytes() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("this is Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("it has a line");
    let kib: usize = line.split_whitespace().nth(1).and_then(|it| it.parse().ok()).expect("KiB");
    kib * 1024
}
