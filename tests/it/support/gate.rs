//! The real binary on a bundle of its own.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::upstream::Upstream;
use super::{ACCOUNT, wait_for};

/// A bundle in a temporary folder, changed file by file.
#[derive(Debug)]
pub struct Bundle {
    folder: tempfile::TempDir,
}

pub const ALICE_KEY: &str = "LTAI5tAliceTestKey00001";
pub const ALICE_OLD_KEY: &str = "LTAI5tAliceTestKey00002";
pub const BOB_KEY: &str = "LTAI5tBobTestKey0000003";
pub const SECRET: &str = "testSecret+/0123456789abcdefgh";

impl Bundle {
    /// The example bundle on free ports: alice may operate instances except production, bob may write notes.
    pub fn example(upstream: &Upstream) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/example");
        copy(&source, folder.path());
        let bundle = Self { folder };
        bundle.change("ramgate.yaml", |text| {
            text.replace("127.0.0.1:8700", "127.0.0.1:0")
                .replace("127.0.0.1:8701", "127.0.0.1:0")
                .replace("127.0.0.1:8790", &upstream.address.to_string())
        });
        fs::create_dir(bundle.path("secrets")).unwrap();
        bundle.write(
            "secrets/access-keys.yaml",
            &format!(
                "keys:\n  - {{ id: {ALICE_KEY}, user: alice, secret: \"{SECRET}\", status: Active }}\n  \
                 - {{ id: {ALICE_OLD_KEY}, user: alice, secret: \"{SECRET}\", status: Inactive }}\n  \
                 - {{ id: {BOB_KEY}, user: bob, secret: \"{SECRET}\" }}\n"
            ),
        );
        bundle
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Replaces a file by rename(2), as deployments do.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        let fresh = path.with_file_name(".fresh.tmp");
        fs::write(&fresh, text).unwrap();
        let secret = ["secrets/", "issuer/"].iter().any(|folder| name.starts_with(folder));
        let mode = if secret { 0o600 } else { 0o644 };
        fs::set_permissions(&fresh, fs::Permissions::from_mode(mode)).unwrap();
        fs::rename(fresh, path).unwrap();
    }

    pub fn change(&self, name: &str, change: impl Fn(&str) -> String) {
        let before = self.read(name);
        let after = change(&before);
        assert_ne!(before, after, "the change of {name} changes nothing");
        self.write(name, &after);
    }

    pub fn serve(&self) -> Gate {
        Gate::start(self)
    }

    /// Runs another subcommand on this bundle: exit code, standard output, standard error.
    pub fn run(&self, command: &str) -> (Option<i32>, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_ramgate"))
            .args([command, "--config"])
            .arg(self.path("ramgate.yaml"))
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A running gate; killed when dropped.
#[derive(Debug)]
pub struct Gate {
    child: Child,
    pub data: SocketAddr,
    pub status: SocketAddr,
    tls: Option<SocketAddr>,
    audit: PathBuf,
    messages: Arc<Mutex<Vec<String>>>,
}

impl Gate {
    fn start(bundle: &Bundle) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ramgate"))
            .args(["serve", "--config"])
            .arg(bundle.path("ramgate.yaml"))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let messages = Arc::new(Mutex::new(Vec::new()));
        let reader = BufReader::new(child.stderr.take().unwrap());
        let sink = Arc::clone(&messages);
        std::thread::spawn(move || {
            for line in reader.lines().map_while(Result::ok) {
                sink.lock().unwrap().push(line);
            }
        });
        let find = |what: &str| {
            let mut found = None;
            wait_for(Duration::from_secs(20), || {
                let lines = messages.lock().unwrap();
                found = lines.iter().find_map(|line| line.split_once(what)?.1.trim().parse().ok());
                found.is_some()
            });
            found.unwrap_or_else(|| {
                panic!("the gate did not start: {:#?}", messages.lock().unwrap())
            })
        };
        let data = find("data listener on ");
        let status = find("status listener on ");
        // It is told between the two.
        let lines = messages.lock().unwrap().clone();
        let tls = lines.iter().find_map(|line| line.split_once("TLS listener on "));
        let tls = tls.map(|(_, address)| address.parse().unwrap());
        let audit = bundle.path("audit.jsonl");
        Self { child, data, status, tls, audit, messages }
    }

    /// The encrypted listener of a bundle that has one.
    pub fn tls(&self) -> SocketAddr {
        self.tls.unwrap()
    }

    /// What the gate said on stderr so far.
    pub fn messages(&self) -> Vec<String> {
        self.messages.lock().unwrap().clone()
    }

    /// The audit line that contains `text`.
    pub fn audit_line(&self, text: &str) -> String {
        let mut found = None;
        wait_for(Duration::from_secs(5), || {
            let record = fs::read_to_string(&self.audit).unwrap_or_default();
            found = record.lines().rev().find(|line| line.contains(text)).map(str::to_owned);
            found.is_some()
        });
        found.unwrap_or_else(|| panic!("no audit line with {text}"))
    }

    pub fn audit(&self) -> String {
        fs::read_to_string(&self.audit).unwrap_or_default()
    }

    /// Sends a signal by its number.
    pub fn signal(&self, name: &str) {
        let status =
            Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(status.unwrap().success());
    }

    /// Waits until the process has ended by itself.
    pub fn ended(&mut self, limit: Duration) -> Option<i32> {
        let mut code = None;
        wait_for(limit, || {
            code = self.child.try_wait().unwrap();
            code.is_some()
        });
        code.and_then(|status| status.code())
    }

    /// The body of a page of the status listener.
    pub fn page(&self, path: &str) -> String {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        super::caller::raw(self.status, request.as_bytes()).text()
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        let _already_gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// The account in the ARNs of the example.
pub fn user_arn(name: &str) -> String {
    format!("acs:ram::{ACCOUNT}:user/{name}")
}
