//! `ramgate revoke`, on files.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::PathBuf;
use std::process::Command;

use ramgate::ident::UnixSeconds;
use ramgate::revocation::{LINGER_SECONDS, parse};

use crate::support::caller::now;
use crate::support::gate::Bundle;
use crate::support::upstream::Upstream;

struct Folder(tempfile::TempDir);

impl Folder {
    fn with(text: &str) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        fs::write(folder.file(), text).unwrap();
        folder
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("revocations.yaml")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    /// Whether it succeeded, and what it said.
    fn run(&self, arguments: &[&str]) -> (bool, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_ramgate"))
            .arg("revoke")
            .args(arguments)
            .current_dir(self.0.path())
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), format!("{}{}", text(&output.stdout), text(&output.stderr)))
    }

    #[track_caller]
    fn refused(&self, arguments: &[&str], said: &str) {
        let before = self.text();
        let (succeeded, found) = self.run(arguments);
        assert!(!succeeded && found.contains(said), "{arguments:?}: {found}");
        assert_eq!(self.text(), before);
    }

    #[track_caller]
    fn done(&self, arguments: &[&str], said: &str) {
        let (succeeded, found) = self.run(arguments);
        assert!(succeeded && found.contains(said), "{arguments:?}: {found}");
    }
}

#[test]
fn every_kind_of_entry() {
    let folder = Folder::with("# Ours.\n\naccess_keys: [LTAI1]\nusers: []\n");
    for arguments in [
        &["access-key", "LTAI2"][..],
        &["user", "bob"],
        &["session", "STS.RG00000000000000000000000001"],
        &["account", "1234567890123456"],
        &["role", "300000000000000021", "--account", "1234567890123456"],
        &["provider", "acs:ram::1234567890123456:oidc-provider/k8s"],
        &["provider", "acs:ram::1234567890123456:saml-provider/ad"],
        &["source", "user", "200000000000000011"],
        &["source", "role", "300000000000000021"],
        &["source", "service", "ecs.aliyuncs.com"],
        &["source-identity", "Alice"],
        &["token-key", "a1b2c3d4e5f60718"],
    ] {
        folder.done(arguments, "added to ");
    }
    let text = folder.text();
    assert!(text.starts_with("# Ours.\n\naccess_keys:\n  - \"LTAI1\"\n  - \"LTAI2\"\n"), "{text}");
    let (entries, problems) = parse("r.yaml", &text);
    assert!(problems.is_empty() && entries.len() == 13, "{problems:?} {text}");
    // TOK-30: what was issued in this second is reached.
    let role = entries.iter().find(|entry| entry.field == "roles[0]").unwrap();
    let before = role.time.unwrap().0;
    assert!((now().0 - 20..=now().0 + 1).contains(&before), "{before}");
    let session = entries.iter().find(|entry| entry.field == "sessions[0]").unwrap();
    assert!(session.time.unwrap().0 > now().0 + LINGER_SECONDS - 60);
}

/// TOK-30
#[test]
fn cutoffs_only_move_forward_and_go_when_they_are_over() {
    let folder = Folder::with("{}\n");
    let at = |ago: i64| UnixSeconds(now().0 - ago).to_string();
    let (early, late) = (at(1000), at(500));
    let cut = |before: &str| folder.run(&["role", "3001", "--before", before]);
    assert!(cut(&early).1.contains("added to roles"));
    assert!(cut(&late).1.contains("moved forward"));
    assert!(cut(&early).1.contains("already"));
    assert!(folder.text().contains(&late) && !folder.text().contains(&early), "{}", folder.text());
    // An entry of the same role in another account is another one.
    folder.done(&["role", "3001", "--account", "2000000000000002", "--before", &early], "added");
    let old = at(LINGER_SECONDS + 5);
    fs::write(
        folder.file(),
        format!("roles:\n  - {{ role: '1', before: '{old}' }}\n  - {{ role: '2', before: '{early}' }}\nsessions:\n  - {{ id: STS.x, until: '{late}' }}\n"),
    )
    .unwrap();
    folder.done(&["user", "bob"], "removed entries that were over: 2");
    let text = folder.text();
    assert!(
        text.contains("role: \"2\"") && !text.contains("role: \"1\"") && !text.contains("STS.x")
    );
}

#[test]
fn what_is_refused() {
    let folder = Folder::with("# Ours.\nusers:\n  - bob   # left in May\n");
    folder.refused(&["user", "alice"], "the comment on line 3 would be lost");
    folder.done(&["user", "alice", "--drop-comments"], "added to users");
    assert!(folder.text().starts_with("# Ours.\nusers:\n"));
    folder.refused(&["role", "deployer"], "role id (digits");
    folder.refused(&["access-key", "STS.x"], "ramgate revoke session STS.x");
    folder.refused(&["session", "LTAI1"], "ramgate revoke access-key LTAI1");
    folder.refused(&["role", "1", "--before", "yesterday"], "time of the form");
    folder.refused(&["provider", "k8s"], "oidc-provider/NAME");
    folder.refused(&["source", "service", "a b"], "nothing was written");
    fs::write(folder.file(), "usres: []\n").unwrap();
    folder.refused(&["user", "alice"], "did you mean `users`?");
    let (succeeded, said) = folder.run(&["user", "alice", "--file", "other.yaml"]);
    assert!(!succeeded && said.contains("cannot read other.yaml"), "{said}");
    assert!(said.contains("`files.revocations`"), "{said}");
    let link = folder.0.path().join("link.yaml");
    std::os::unix::fs::symlink("revocations.yaml", &link).unwrap();
    let (succeeded, said) = folder.run(&["user", "alice", "--file", "link.yaml"]);
    assert!(!succeeded && said.contains("is a link to"), "{said}");
}

/// Nobody knows when a session of the keys file ends, so that its entry must not go by itself, nor get an end later.
#[test]
fn a_session_that_ramgate_did_not_issue_is_revoked_for_good() {
    let folder = Folder::with("{}\n");
    folder.done(&["session", "STS.NUxyz"], "added to sessions\n");
    folder.done(
        &["session", "STS.NUxyz", "--until", "2020-01-01T00:00:00Z"],
        "stands in sessions already\n",
    );
    folder.done(&["user", "bob"], "added to users");
    assert!(folder.text().contains("  - { id: \"STS.NUxyz\" }\n"), "{}", folder.text());
    // The other way round, the end that it had goes.
    let folder =
        Folder::with("sessions:\n  - { id: \"STS.NUxyz\", until: \"2100-01-01T00:00:00Z\" }\n");
    folder.done(&["session", "STS.NUxyz"], "moved forward in sessions\n");
    assert!(!folder.text().contains("until"), "{}", folder.text());
}

/// Whoever runs the command, the gate that could read the file can read it afterwards. Only root can show it.
#[test]
fn the_owner_of_the_file_stays() {
    let folder = Folder::with("{}\n");
    if std::os::unix::fs::chown(folder.file(), Some(65_534), Some(65_533)).is_err() {
        return;
    }
    folder.done(&["user", "bob"], "added to users");
    let metadata = fs::metadata(folder.file()).unwrap();
    assert_eq!((metadata.uid(), metadata.gid()), (65_534, 65_533));
}

/// `ramgate check` says what can go; the gate starts all the same.
#[test]
fn entries_that_are_over_are_warned_about() {
    let bundle = Bundle::example(&Upstream::start());
    let text = "# Ours.\nroles:\n  - { role: '1', before: '2026-01-01T00:00:00Z' }\n";
    bundle.write("revocations.yaml", text);
    let (code, out, errors) = bundle.run("check");
    assert!(code == Some(0) && out.contains("revocations.yaml:3:5: warning"), "{out}{errors}");
    assert!(out.contains("ends nothing since 2026-01-01T12:02:00Z"), "{out}");
}

#[test]
fn the_mode_stays_and_nothing_is_left_behind() {
    let folder = Folder::with("{}\n");
    fs::set_permissions(folder.file(), fs::Permissions::from_mode(0o640)).unwrap();
    folder.done(&["user", "bob"], "added");
    let mode = fs::metadata(folder.file()).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o640);
    assert_eq!(fs::read_dir(folder.0.path()).unwrap().count(), 1);
}
