//! `ramgate dev-cert`: what it makes works, and it takes nothing away.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::support::caller::ecs;
use crate::support::gate::{ALICE_KEY, Bundle};
use crate::support::tls::Trust;
use crate::support::upstream::Upstream;

struct Made {
    code: Option<i32>,
    output: String,
}

fn dev_cert(folder: &Path, hosts: &[&str]) -> Made {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ramgate"));
    command.args(["dev-cert", "--dir"]).arg(folder);
    for host in hosts {
        command.args(["--host", host]);
    }
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    Made { code: output.status.code(), output: String::from_utf8(text).unwrap() }
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn the_lines_that_it_prints_make_a_gate_that_a_client_trusts() {
    let upstream = Upstream::start();
    let bundle = Bundle::example(&upstream);
    let folder = bundle.path("dev-cert");
    let made = dev_cert(&folder, &["sts.aliyuncs.com"]);
    assert_eq!(made.code, Some(0), "{}", made.output);
    let line = made.output.lines().find(|line| line.contains("tls: {")).unwrap().trim();
    bundle.change("ramgate.yaml", |text| {
        text.replacen("listen:\n", &format!("listen:\n  {line}\n"), 1)
            .replace("127.0.0.1:8743", "127.0.0.1:0")
    });
    let (code, output, _) = bundle.run("check");
    assert_eq!((code, output.ends_with("0 errors, 0 warnings\n")), (Some(0), true), "{output}");
    let gate = bundle.serve();
    let trust = Trust::in_authority(&read(&folder, "ca.pem"));
    for name in ["localhost", "127.0.0.1", "::1", "sts.aliyuncs.com"] {
        trust.try_connect_as(gate.tls(), name).unwrap();
    }
    assert!(trust.try_connect_as(gate.tls(), "ecs.aliyuncs.com").is_err());
    assert_eq!(trust.send(gate.tls(), &ecs(ALICE_KEY, "DescribeInstances", "")).status(), 200);
}

#[test]
fn an_authority_is_made_once_and_keys_are_private() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("a/b");
    assert_eq!(dev_cert(&folder, &[]).code, Some(0));
    let names = ["ca.pem", "ca.key", "server.pem", "server.key"];
    let before = names.map(|name| read(&folder, name));
    for (name, mode) in names.into_iter().zip([0o644, 0o600, 0o644, 0o600]) {
        let found = std::fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{name}");
    }
    let again = dev_cert(&folder, &["LOCALHOST"]);
    assert!(again.output.contains("ca.pem (kept)"), "{}", again.output);
    let after = names.map(|name| read(&folder, name));
    assert_eq!(before[..2], after[..2]);
    assert_ne!(before[2..], after[2..]);
}

#[test]
fn nothing_is_overwritten_that_is_not_its_own() {
    for (there, told) in [
        (&["ca.pem"][..], "ca.pem is there"),
        (&["ca.key"], "ca.key is there"),
        (&["server.pem", "server.key"], "server.key is there"),
        (&["ca.pem", "ca.key"], "ca.key: there is no private key of an authority in it"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        for name in there {
            std::fs::write(folder.path().join(name), "mine").unwrap();
        }
        let made = dev_cert(folder.path(), &[]);
        assert_eq!(made.code, Some(1), "{}", made.output);
        assert!(made.output.contains(told), "{}", made.output);
        assert_eq!(folder.path().read_dir().unwrap().count(), there.len());
        assert!(there.iter().all(|name| read(folder.path(), name) == "mine"));
    }
}

#[test]
fn an_authority_holds_for_its_names_only() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(dev_cert(folder.path(), &["sts.aliyuncs.com"]).code, Some(0));
    let before = read(folder.path(), "server.pem");
    let other = dev_cert(folder.path(), &["ecs.aliyuncs.com"]);
    assert_eq!(other.code, Some(1), "{}", other.output);
    assert!(other.output.contains("for the names that it was made with"), "{}", other.output);
    assert_eq!(read(folder.path(), "server.pem"), before);
    let wrong = dev_cert(folder.path(), &["not a name"]);
    assert!(wrong.output.contains("`not a name` is no host name"), "{}", wrong.output);
}
