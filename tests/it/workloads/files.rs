//! Configuration, directory and command line: what is accepted, and what is said about the rest (MD-20 to MD-22).

use std::io::{Read as _, Write as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::os::unix::net::UnixStream;
use std::process::Command;

use super::*;

/// A change of a file, and what is said about it.
struct Case {
    file: &'static str,
    from: &'static str,
    to: &'static str,
    code: i32,
    said: &'static str,
}

fn check(cases: &[Case]) {
    let upstream = Upstream::start();
    for Case { file, from, to, code, said } in cases {
        let bundle = bundle(&upstream);
        bundle.change(file, |text| text.replacen(from, to, 1));
        let (exit, out, errors) = bundle.run("check");
        let found = format!("{out}{errors}");
        assert!(exit == Some(*code) && found.contains(said), "{to}: {exit:?} {found}");
        assert!(found.contains(&format!("{file}:")), "{to} names the file: {found}");
    }
}

#[test]
fn the_example_of_these_tests_is_accepted() {
    let upstream = Upstream::start();
    let (exit, out, errors) = bundle(&upstream).run("check");
    assert!(exit == Some(0) && !out.contains("workload"), "{out}{errors}");
}

/// MD-22: nobody but the neighbours can call.
#[test]
fn listeners() {
    const FILE: &str = "ramgate.yaml";
    const URI: &str = "address: 127.0.0.1:0\n    hosts";
    const METADATA: &str =
        "{ address: '127.0.0.1:0', hosts: [100.100.100.200], metadata: { workload: reports } }";
    let error = |from, to, said| Case { file: FILE, from, to, code: 1, said };
    let warning = |from, to, said| Case { code: 0, ..error(from, to, said) };
    check(&[
        error(
            URI,
            "address: 0.0.0.0:8702\n    hosts",
            "others than the workloads next door could call there",
        ),
        error(URI, "address: 10.1.2.3:8702\n    hosts", "take a loopback address"),
        error(URI, "address: '[::]:8702'\n    hosts", "others than the workloads"),
        error(URI, "address: 100.100.100.200:80\n    hosts", "is for `metadata` alone"),
        error(URI, "address: unix://c.sock\n    hosts", "the path of a socket is absolute"),
        error(
            "hosts: [Sidecar.internal]",
            "hosts: ['sidecar:80']",
            "write the name without a port",
        ),
        error(METADATA, "{ address: '127.0.0.1:0' }", "a listener speaks one of two forms"),
        error(
            METADATA,
            "{ address: '127.0.0.1:0', metadata: { allow_v1: true } }",
            "`workload` is missing",
        ),
        error("- { workload: mail,", "- { workload: reports,", "is served on line"),
        error(
            "sts: { issuer_key: secrets/issuer.key }\n",
            "",
            "a gate that only verifies cannot serve credentials",
        ),
        error(
            "secret_file: secrets/mail.secret",
            "secret_file: policies/mail.secret",
            "in the folder of `policies`",
        ),
        warning(
            "metadata: { workload: reports }",
            "metadata: { workload: nobody }",
            "no workload of the directory is called `nobody`",
        ),
    ]);
    let upstream = Upstream::start();
    let twice = bundle(&upstream);
    twice.change(FILE, |text| text.replace("'127.0.0.1:0'", "'127.0.0.1:18702'"));
    let (exit, out, errors) = twice.run("check");
    let found = format!("{out}{errors}");
    assert!(exit == Some(1) && found.contains("has this address already"), "{found}");
    // An issuer needs no route of its own for workloads.
    let alone = bundle(&upstream);
    alone.change(FILE, |text| {
        text.replace("  - { name: sts, products: [sts], upstream: local }\n", "")
    });
    assert_eq!(alone.run("check").0, Some(0), "{:?}", alone.run("check"));
}

/// MD-20
#[test]
fn bindings() {
    const FILE: &str = "directory.yaml";
    const REPORTS: &str = "{ name: reports, role: reader, service: ecs.aliyuncs.com }";
    let error = |to, said| Case { file: FILE, from: REPORTS, to, code: 1, said };
    let twin = "{ name: reports, role: reader, service: ecs.aliyuncs.com, session_name: x1 }\n  \
        - { name: other, role: READER, service: 1234567890123456@ecs.aliyuncs.com, session_name: x1 }";
    check(&[
        error(
            "{ name: reports, role: raeder, service: ecs.aliyuncs.com }",
            "did you mean `Reader`?",
        ),
        error("{ name: reports, role: reader }", "`service` is missing"),
        error("{ name: reports, role: reader, service: ecs.example.com }", "no service principal"),
        error("{ name: r, role: reader, service: ecs.aliyuncs.com }", "no workload name"),
        error("{ name: Mail, role: reader, service: ecs.aliyuncs.com }", "is taken on line"),
        error(twin, "nobody could tell its sessions from those of `reports`"),
        error(
            "{ name: reports, role: reader, service: ecs.aliyuncs.com, duration: 3601 }",
            "last at most 3600 seconds",
        ),
        error(
            "{ name: reports, role: reader, service: ecs.aliyuncs.com, duration: 1799 }",
            "seconds, from 1800 to 43200",
        ),
        error(
            "{ name: reports, role: reader, service: ecs.aliyuncs.com, session_name: x }",
            "session name",
        ),
        Case {
            code: 0,
            ..error(
                "{ name: reports, role: reader, service: fc.aliyuncs.com }",
                "does not let `fc.aliyuncs.com` in",
            )
        },
        Case {
            file: FILE,
            from: "trust: by-service,",
            to: "trust: by-service, service_linked: true,",
            code: 1,
            said: "belongs to a service of the vendor",
        },
    ]);
}

#[test]
fn secrets_of_uris() {
    let upstream = Upstream::start();
    let program = || Command::new(env!("CARGO_BIN_EXE_ramgate"));
    for (text, mode, said) in [
        ("short", 0o600, "ramgate workload secret"),
        ("with a space and long enough all the same", 0o600, "ramgate workload secret"),
        ("", 0o600, "empty"),
        (REPORTS, 0o644, "readable by everybody"),
    ] {
        let bundle = bundle(&upstream);
        bundle.write("secrets/reports.secret", text);
        let path = bundle.path("secrets/reports.secret");
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        let (exit, out, errors) = bundle.run("check");
        let found = format!("{out}{errors}");
        assert!(exit == Some(1) && found.contains(said), "{found}");
        assert_eq!(bundle.run("serve").0, Some(1));
        assert!(text.is_empty() || !found.contains(text), "15: {found}");
    }
    // MD-23: 256 bits, for the owner alone, never over another file.
    let bundle = bundle(&upstream);
    let path = bundle.path("secrets/fresh.secret");
    let make = || program().args(["workload", "secret", "--file"]).arg(&path).output().unwrap();
    let made = make();
    let secret = std::fs::read_to_string(&path).unwrap();
    assert!(made.status.success() && secret.len() == 43, "{secret}");
    let out = String::from_utf8_lossy(&made.stdout).into_owned();
    assert!(!out.contains(&secret) && out.contains("ALIBABA_CLOUD_CREDENTIALS_URI"), "{out}");
    assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
    assert!(!make().status.success());
    let printed = program().args(["workload", "secret"]).output().unwrap().stdout;
    assert!(printed.len() == 44 && printed.trim_ascii() != secret.as_bytes());
}

/// MD-22: a socket of the file system, which a killed process leaves behind and the next one takes over.
#[test]
fn sockets() {
    let upstream = Upstream::start();
    let bundle = bundle(&upstream);
    let path = bundle.path("c.sock");
    let address = format!("address: 'unix://{}'", path.display());
    bundle.change("ramgate.yaml", |text| text.replacen("address: 127.0.0.1:0", &address, 1));
    let send = |host: &str| {
        let mut stream = UnixStream::connect(&path).unwrap();
        let target = path_of("reports", REPORTS);
        let head = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        Answer { bytes }
    };
    for round in 0..2 {
        let mut gate = bundle.serve();
        let metadata = std::fs::metadata(&path).unwrap();
        assert!(metadata.file_type().is_socket() && metadata.mode() & 0o777 == 0o660);
        let session = Session::of(&send("localhost"));
        assert_eq!(session.ecs("DescribeInstances").send(gate.data).status(), 200);
        assert_eq!(send("attacker.test").status(), 403, "MD-25");
        let killed = round == 0;
        gate.signal(if killed { "KILL" } else { "TERM" });
        assert!(killed || gate.ended(Duration::from_secs(10)) == Some(0));
        drop(gate);
        assert_eq!(path.exists(), killed);
    }
}
