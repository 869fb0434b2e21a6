//! `ramgate token`: rings and tokens as an operator handles them.

use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use ramgate::token::{IssuerKey, KeyRing, parse};

use crate::support::caller;
use crate::support::tokens::{self, ID};

const ACCOUNT: &str = "1234567890123456";

fn now() -> i64 {
    caller::now().0
}

/// Whether it succeeded, and what it said on both ways out.
fn run(folder: &Path, arguments: &[&str], input: &str) -> (bool, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ramgate"))
        .arg("token")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn ring(path: &Path) -> Vec<ramgate::token::RingEntry> {
    let (entries, problems) = parse("ring.json", &fs::read_to_string(path).unwrap());
    assert!(problems.is_empty(), "{problems:?}");
    entries
}

#[test]
fn a_ring_is_made_rotated_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let (path, at) = (folder.path().join("ring.json"), folder.path());
    let (done, said) = run(at, &["ring", "init", "--account", ACCOUNT, "--account", "2"], "");
    assert!(done && said.contains("`files.token_ring`") && said.contains("--v2"), "{said}");
    assert_eq!((mode(&path), ring(&path).len()), (0o600, 2));
    let before = fs::read_to_string(&path).unwrap();
    let (done, said) = run(at, &["ring", "init", "--account", ACCOUNT], "");
    assert!(!done && said.contains("is not overwritten"), "{said}");
    assert_eq!(fs::read_to_string(&path).unwrap(), before);

    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    let (done, said) = run(at, &["ring", "rotate"], "");
    assert!(done && said.matches("added ").count() == 2 && !said.contains("nobody"), "{said}");
    let entries = ring(&path);
    assert_eq!((entries.len(), mode(&path)), (4, 0o640));
    let ahead = entries[2].times.not_before.0 - now();
    assert!((590..=600).contains(&ahead), "{ahead}");
    let (done, said) = run(at, &["ring", "rotate", "--now", "--hours", "1"], "");
    assert!(done, "{said}");
    let (done, said) = run(at, &["ring", "show"], "");
    assert!(done && said.lines().count() == 7, "{said}");
    assert_eq!((said.matches(" sealing ").count(), said.matches(" future ").count()), (4, 2));
    assert!(said.contains(" v1 ") && said.contains('Z'), "{said}");
    for entry in ring(&path) {
        assert!(said.contains(&entry.kid.to_string()), "{said}");
    }
    for line in fs::read_to_string(&path).unwrap().lines().filter(|it| it.contains("\"key\"")) {
        assert!(!said.contains(line.split('"').nth(3).unwrap()), "{said}");
    }
    let leftovers = fs::read_dir(at).unwrap().count();
    assert_eq!(leftovers, 1, "nothing but the ring");
}

#[test]
fn closed_keys_leave_and_a_gap_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ring.json");
    let long_ago = tokens::ring_file(now() - 200_000, None);
    fs::write(&path, &*long_ago).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    let (done, said) = run(folder.path(), &["ring", "rotate"], "");
    assert!(done && said.contains("removed ") && said.contains("nobody can mint"), "{said}");
    assert_eq!(ring(&path).len(), 1);
}

#[test]
fn an_issuer_key_is_apart_from_the_ring() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let init = ["ring", "init", "--account", ACCOUNT, "--v2", "--issuer-key", "issuer.key"];
    let (done, said) = run(at, &init, "");
    assert!(done && said.contains("issuers only"), "{said}");
    assert_eq!(mode(&at.join("issuer.key")), 0o600);
    let seed = fs::read_to_string(at.join("issuer.key")).unwrap();
    let text = fs::read_to_string(at.join("ring.json")).unwrap();
    assert!(!text.contains(&seed) && !said.contains(&seed));
    let issuer = IssuerKey::from_text(seed.as_bytes()).unwrap();
    assert_eq!(ring(&at.join("ring.json"))[0].issuer, Some(issuer.public()));
    let (done, _) = run(at, &["ring", "rotate"], "");
    assert!(done && ring(&at.join("ring.json"))[1].issuer == Some(issuer.public()));
    // A key that is there is kept, and no ring is left that nobody can seal with.
    let again = [&init[..], &["--file", "other.json"]].concat();
    let (done, said) = run(at, &again, "");
    assert!(!done && said.contains("issuer.key is there already"), "{said}");
    assert!(!at.join("other.json").exists());
    for bad in [&init[..5], &["ring", "init"], &["ring", "init", "--account", "x"]] {
        assert!(!run(at, bad, "").0, "{bad:?}");
    }
}

#[test]
fn rings_that_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ring.json");
    for (text, mode, reason) in [
        ("{ \"v\": 1, \"entries\": [] }", 0o644, "everybody"),
        ("{ \"v\": 1, \"entries\": [ { \"kid\": \"x\" } ] }", 0o600, "ring.json:1:33"),
        ("", 0o600, "ring.json"),
    ] {
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        for command in
            [&["ring", "show"][..], &["ring", "rotate"], &["inspect", "x", "--ring", "ring.json"]]
        {
            let (done, said) = run(folder.path(), command, "");
            assert!(!done && said.contains(reason), "{said}");
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn tokens_are_inspected() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let write = |name: &str, text: &str| {
        fs::write(at.join(name), text).unwrap();
        fs::set_permissions(at.join(name), Permissions::from_mode(0o600)).unwrap();
    };
    let text = tokens::ring_file(now() - 3600, None);
    write("ring.json", &text);
    write("other.json", &tokens::other_ring_file(now() - 3600));
    let ring: KeyRing = parse("ring.json", &text).0.into_iter().collect();
    let mut payload = tokens::payload(now());
    payload.policy = Some("{\"Version\":\"1\",\"Statement\":[]}".into());
    let issued = ring.seal(&payload, None, [7; 24]).unwrap();
    let secret = String::from_utf8(issued.secret.expose().to_vec()).unwrap();
    let inspect = |token: &str, ring: &str, input: &str| {
        let (opens, said) = run(at, &["inspect", token, "--ring", ring], input);
        assert!(!said.contains(&secret), "{said}");
        (opens, said)
    };
    let (opens, said) = inspect(&issued.token, "ring.json", "");
    assert!(opens, "{said}");
    for part in [
        "opens      yes",
        "v1, ",
        ID,
        "served (id 300000000000000077)",
        "user 200000000000000077 of 1234567890123456",
        "min",
        "\"Statement\":[]",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(inspect("-", "ring.json", &format!("{}\n", issued.token)).0);
    let (opens, said) = inspect(&issued.token, "other.json", "");
    assert!(
        !opens
            && said.contains("not in this ring")
            && said.contains("InvalidSecurityToken.Malformed"),
        "{said}"
    );
    let (opens, said) = inspect(&issued.token[1..], "ring.json", "");
    assert!(!opens && said.contains("no: "), "{said}");
    payload.issued.0 -= 1000;
    payload.expires.0 = payload.issued.0 + 900;
    let over = ring.seal(&payload, None, [8; 24]).unwrap();
    let (opens, said) = inspect(&over.token, "ring.json", "");
    assert!(
        !opens && said.contains("InvalidSecurityToken.Expired") && said.contains(", over"),
        "{said}"
    );
    // Closed since long: what it said is still shown.
    let text = tokens::ring_file(now() - 200_000, None);
    write("closed.json", &text);
    let ring: KeyRing = parse("ring.json", &text).0.into_iter().collect();
    let old = ring.seal(&tokens::payload(now() - 199_000), None, [9; 24]).unwrap();
    let (opens, said) = inspect(&old.token, "closed.json", "");
    assert!(!opens && said.contains("its key is closed") && said.contains(ID), "{said}");
}
