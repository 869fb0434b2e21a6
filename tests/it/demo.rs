//! `ramgate demo --once`: every row comes out, and every file of the bundle is needed.
//!
//! The demo listens on the fixed ports of the example, so its tests take turns.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};

static PORTS: Mutex<()> = Mutex::new(());

fn demo(bundle: &Path) -> Output {
    let _turn = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    Command::new(env!("CARGO_BIN_EXE_ramgate"))
        .args(["demo", "--once", "--bundle"])
        .arg(bundle)
        .output()
        .unwrap()
}

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/example")
}

#[test]
fn every_row_comes_out_as_it_should() {
    let output = demo(&example());
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    for part in [
        "permitted",
        "nothing allows it",
        "policies/keep-production.json:4",
        "SignatureDoesNotMatch",
        "SignatureNonceUsed",
        "InvalidTimeStamp.Expired",
        "after editing policies/notes-writers.json",
        "10 of 10 rows",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    assert!(!text.contains("FAIL"), "{text}");
}

#[test]
fn every_file_of_the_bundle_is_needed() {
    // The tests of the policies are for people, not for the gate.
    let of_the_gate = |file: &PathBuf| file != Path::new("tests.yaml");
    for file in files(&example()).into_iter().filter(of_the_gate) {
        let copy = tempfile::tempdir().unwrap();
        for other in files(&example()).iter().filter(|other| **other != file) {
            let target = copy.path().join(other);
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::copy(example().join(other), target).unwrap();
        }
        let output = demo(copy.path());
        assert!(!output.status.success(), "the demo does not miss {}", file.display());
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_path_buf());
            }
        }
    }
    assert!(found.len() >= 6, "{found:?}");
    found
}
