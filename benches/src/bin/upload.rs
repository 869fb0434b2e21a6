//! How much memory a large body costs the real binary, in each way that it can go through.
//!
//! `upload [MIB] [BINARY] [WAY]...`

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use ramgate_benches::timing::judge;
use sha2::{Digest, Sha256};

const MIB: u64 = 1024 * 1024;
const EXTRA_MIB_MAX: f64 = 8.0;
const PIECE: [u8; 256 * 1024] = [b'x'; 256 * 1024];
const TARGET: &str = "/notes/team/large";
const HOST: &str = "notes.example.test";
const KEY: &str = "LTAI5tBobTestKey0000003";
const SECRET: &str = "benchSecret0123456789abcdefgh";

/// What the signature of a call speaks of.
#[derive(Clone, Copy)]
enum Signed {
    /// The digest of the body too (ACS3).
    Body,
    /// The head alone (ROA without an MD5).
    Head,
    /// There is none.
    Nothing,
}

/// How a body goes through: the setting of the route, and the signature.
const WAYS: [(&str, &str, Signed); 4] = [
    ("guarded", "guarded", Signed::Body),
    ("spooled", "spool", Signed::Body),
    ("open", "guarded", Signed::Head),
    ("unsigned", "guarded", Signed::Nothing),
];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mib: u64 = arguments.next().map_or(1024, |text| text.parse().expect("MiB"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let binary = arguments.next().map_or(root.join("target/release/ramgate"), PathBuf::from);
    let chosen: Vec<String> = arguments.collect();
    let upstream = sink();
    let digests = [digest(1), digest(mib)];
    println!("{mib} MiB through {}", binary.display());
    for (name, mode, signed) in WAYS {
        if !chosen.is_empty() && !chosen.iter().any(|way| way == name) {
            continue;
        }
        let folder = bundle(&root, upstream, mode);
        let gate = Gate::start(&binary, &folder);
        // Once around, so that what is allocated once is not counted.
        upload(gate.address, 1, &head(signed, &digests[0], &binary, &folder));
        let before = gate.reset_peak();
        let head = head(signed, &digests[1], &binary, &folder);
        let started = Instant::now();
        upload(gate.address, mib, &head);
        let seconds = started.elapsed().as_secs_f64();
        let peak = gate.memory("VmHWM:");
        let extra = peak - before;
        println!(
            "{name:10} {before:7.1} MiB before   {peak:7.1} MiB at most   {:6.0} MiB/s",
            mib as f64 / seconds
        );
        judge("at most 8 MiB more", [extra; 3], extra <= EXTRA_MIB_MAX);
        drop(gate);
        fs::remove_dir_all(folder).expect("the folder is ours");
    }
}

/// An upstream that drops what it gets and answers.
fn sink() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || swallow(&stream));
        }
    });
    address
}

fn swallow(mut stream: &TcpStream) -> Option<()> {
    let mut reader = BufReader::with_capacity(PIECE.len(), stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().ok()?;
            }
        }
        let read = std::io::copy(&mut (&mut reader).take(length), &mut std::io::sink()).ok()?;
        assert_eq!(read, length, "the body broke off");
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").ok()?;
    }
}

/// The example bundle, with a note that may be written without a signature.
fn bundle(root: &Path, upstream: SocketAddr, mode: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("ramgate-upload-{}-{mode}", std::process::id()));
    copy(&root.join("policies/example"), &folder);
    change(&folder.join("ramgate.yaml"), |text| {
        let text =
            text.replace("127.0.0.1:8700", "127.0.0.1:0").replace("127.0.0.1:8701", "127.0.0.1:0");
        let route = format!("products: [notes]\n    large_bodies: {mode}\n");
        text.replace("127.0.0.1:8790", &upstream.to_string()).replace("products: [notes]\n", &route)
            + "\nworkers: 1\nspool: { folder: ., bytes_max: 107374182400, total_bytes_max: 107374182400 }\n"
    });
    change(&folder.join("catalog/notes.yaml"), |text| {
        text + "  - { name: OpenNote, method: PUT, path: '/open', level: write, auth: anonymous }\n"
    });
    fs::create_dir_all(folder.join("secrets")).expect("a folder");
    let keys = folder.join("secrets/access-keys.yaml");
    fs::write(&keys, format!("keys:\n  - {{ id: {KEY}, user: bob, secret: \"{SECRET}\" }}\n"))
        .expect("a file");
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs::set_permissions(keys, private).expect("our own file");
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("the example").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

fn change(path: &Path, edit: impl Fn(String) -> String) {
    fs::write(path, edit(fs::read_to_string(path).expect("a file"))).expect("a file");
}

struct Gate {
    child: Child,
    address: SocketAddr,
}

impl Gate {
    fn start(binary: &Path, folder: &Path) -> Self {
        let mut child = Command::new(binary)
            .args(["serve", "--config"])
            .arg(folder.join("ramgate.yaml"))
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("the binary; build it with `cargo build --release`");
        let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        let address = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.split_once("data listener on ")?.1.trim().parse().ok())
            .expect("the gate did not start");
        std::thread::spawn(move || lines.count());
        Self { child, address }
    }

    /// MiB, from the kernel.
    fn memory(&self, field: &str) -> f64 {
        let path = format!("/proc/{}/status", self.child.id());
        let text = fs::read_to_string(path).expect("a Linux system");
        let line = text.lines().find_map(|line| line.strip_prefix(field)).expect("the field");
        let kib: f64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
        kib / 1024.0
    }

    /// Forgets the peak; what is there now.
    fn reset_peak(&self) -> f64 {
        fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").expect("our own process");
        self.memory("VmRSS:")
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// The request line and the headers that the signature needs.
fn head(signed: Signed, digest: &str, binary: &Path, folder: &Path) -> String {
    match signed {
        Signed::Body => format!("PUT {TARGET} HTTP/1.1\r\n{}", self::signed(TARGET, digest)),
        Signed::Head => signed_by(binary, folder),
        Signed::Nothing => format!("PUT /open HTTP/1.1\r\nhost: {HOST}\r\n"),
    }
}

/// The head that `ramgate sign` prints, without the length of a body that it does not know.
fn signed_by(binary: &Path, folder: &Path) -> String {
    let key = folder.join("bench-key.yaml");
    fs::write(&key, format!("id: {KEY}\nsecret: {SECRET}\n")).expect("a file");
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs::set_permissions(&key, private).expect("our own file");
    let mut command = Command::new(binary);
    command.args(["sign", "--scheme", "ROA-HMAC-SHA1", "-X", "PUT", "--key-file"]).arg(key);
    let output = command.arg(format!("http://{HOST}{TARGET}")).output().expect("the binary");
    let text = String::from_utf8(output.stdout).expect("a head");
    let lines = text.lines().take_while(|line| !line.is_empty());
    lines
        .filter(|line| !line.to_ascii_lowercase().starts_with("content-length:"))
        .map(|line| format!("{line}\r\n"))
        .collect()
}

fn upload(gate: SocketAddr, mib: u64, head: &str) {
    let mut stream = TcpStream::connect(gate).expect("the gate");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a socket");
    let head = format!("{head}content-length: {}\r\n", mib * MIB);
    stream.write_all(format!("{head}connection: close\r\n\r\n").as_bytes()).expect("the gate");
    for _ in 0..mib * MIB / PIECE.len() as u64 {
        stream.write_all(&PIECE).expect("the gate takes the body");
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

fn digest(mib: u64) -> String {
    let mut hasher = Sha256::new();
    (0..mib * MIB / PIECE.len() as u64).for_each(|_| hasher.update(PIECE));
    hex(&hasher.finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The headers of an ACS3 request whose body is known by its digest alone.
fn signed(target: &str, digest: &str) -> String {
    let nonce = format!("{}-{:?}", std::process::id(), Instant::now());
    let nonce = hex(&Sha256::digest(nonce));
    let date = ramgate::clock::now().to_string();
    let names = "host;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version";
    let headers = format!(
        "host:{HOST}\nx-acs-content-sha256:{digest}\nx-acs-date:{date}\nx-acs-signature-nonce:{nonce}\nx-acs-version:1\n"
    );
    let request = format!("PUT\n{target}\n\n{headers}\n{names}\n{digest}");
    let text = format!("ACS3-HMAC-SHA256\n{}", hex(&Sha256::digest(request)));
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any key fits");
    mac.update(text.as_bytes());
    let signature = hex(&mac.finalize().into_bytes());
    let credential = format!("Credential={KEY},SignedHeaders={names},Signature={signature}");
    format!("{}authorization: ACS3-HMAC-SHA256 {credential}\r\n", headers.replace('\n', "\r\n"))
}
