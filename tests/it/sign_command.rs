//! `ramgate sign`: the real binary as a client, without and with a gate behind it.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Command, Output};
use std::thread;

use ramgate::signature::Scheme;

use crate::support::ECS_HOST;
use crate::support::gate::{ALICE_KEY, Bundle, SECRET as GATE_SECRET};
use crate::support::upstream::Upstream;

const ID: &str = "LTAI5tVectorKeyAlpha0001";
const SECRET: &str = "v3ctorSecretAlpha/0123456789+abcdEF";
const TOKEN: &str = "CAIS8AF1q6Ft5B2yfSjIr5DkL+/3wd1T2a==";
const BUCKET: &str = "http://vec-bucket.oss-cn-hangzhou.aliyuncs.com";
const VARIABLES: [&str; 6] = [
    "RAMGATE_ACCESS_KEY_ID",
    "RAMGATE_ACCESS_KEY_SECRET",
    "RAMGATE_SECURITY_TOKEN",
    "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "ALIBABA_CLOUD_SECURITY_TOKEN",
];

/// How a command ended, and what it said.
#[derive(Debug)]
struct Said {
    code: Option<i32>,
    output: String,
    errors: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let said = Self {
            code: output.status.code(),
            output: text(&output.stdout),
            errors: text(&output.stderr),
        };
        assert!(!said.output.contains(SECRET) && !said.errors.contains(SECRET), "{said:?}");
        said
    }
}

fn command(variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ramgate"));
    command.arg("sign");
    for name in VARIABLES {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied());
    command
}

const KEY: [(&str, &str); 2] = [(VARIABLES[0], ID), (VARIABLES[1], SECRET)];

/// Runs it with a permanent key at a fixed time.
fn run(arguments: &[&str]) -> Said {
    let fixed = ["--time", "2026-11-22T11:05:11Z", "--nonce", "n1"];
    command(&KEY).args(fixed).args(arguments).output().unwrap().into()
}

#[track_caller]
fn fails(arguments: &[&str], part: &str) {
    let said = run(arguments);
    assert!(said.code.is_some_and(|code| code != 0) && said.errors.contains(part), "{said:?}");
    assert_eq!(said.output, "");
}

/// The worked example of the V4 scheme.
const PUT_OBJECT: [&str; 14] = [
    "--scheme",
    "oss-v4",
    "-X",
    "PUT",
    "-H",
    "content-type: text/plain",
    "-H",
    "x-oss-meta-k1: v1",
    "-H",
    "x-oss-meta-name: a  b",
    "-H",
    "x-oss-tagging: a=b&c=d",
    "http://vec-bucket.oss-cn-hangzhou.aliyuncs.com/dir%20a/%E6%96%87%E4%BB%B6%20%E5%90%8D%2B~%2A%26%3D%23%3F.txt",
    "--output=http",
];

#[test]
fn a_request_as_it_goes_over_the_wire() {
    let said = run(&PUT_OBJECT);
    let expected = "PUT /dir%20a/%E6%96%87%E4%BB%B6%20%E5%90%8D%2B~%2A%26%3D%23%3F.txt HTTP/1.1\r\n\
        Host: vec-bucket.oss-cn-hangzhou.aliyuncs.com\r\n\
        content-type: text/plain\r\n\
        x-oss-meta-k1: v1\r\n\
        x-oss-meta-name: a  b\r\n\
        x-oss-tagging: a=b&c=d\r\n\
        x-oss-content-sha256: UNSIGNED-PAYLOAD\r\n\
        x-oss-date: 20261122T110511Z\r\n\
        authorization: OSS4-HMAC-SHA256 Credential=LTAI5tVectorKeyAlpha0001/20261122/cn-hangzhou/oss/aliyun_v4_request,\
        Signature=53408be3a0f75a15760763cccc03843477b71a7324ef5a06f254eb6cdec5689a\r\n\
        Content-Length: 0\r\n\r\n";
    assert_eq!((said.code, said.output.as_str()), (Some(0), expected), "{}", said.errors);
}

#[test]
fn urls() {
    for (scheme, marks) in [
        (
            "OSS-V1-PRESIGN",
            &["OSSAccessKeyId=LTAI5tVectorKeyAlpha0001", "Expires=1795346111", "Signature="][..],
        ),
        (
            "OSS-V2-PRESIGN",
            &["x-oss-signature-version=OSS2", "x-oss-expires=1795346111", "x-oss-signature="],
        ),
        (
            "OSS-V4-PRESIGN",
            &["x-oss-date=20261122T110511Z", "x-oss-expires=600", "x-oss-signature="],
        ),
    ] {
        let url = "https://vec-bucket.oss-cn-hangzhou.aliyuncs.com/a%20b?acl";
        let said = run(&["--scheme", scheme, "--expires", "600", url]);
        assert_eq!(said.code, Some(0), "{said:?}");
        assert!(
            said.output.starts_with(&format!("{url}&")) && said.output.ends_with('\n'),
            "{said:?}"
        );
        for mark in marks {
            assert!(said.output.contains(mark), "{mark}: {said:?}");
        }
    }
}

/// A shell that has no `curl` but one that tells its arguments and its input.
fn arguments_of(script: &str) -> (Vec<String>, Vec<u8>) {
    let shell = format!(
        "curl() {{ printf '%s\\0' \"$@\"; printf 'INPUT'; case \"$*\" in *@-*) cat;; esac; }}\n{script}"
    );
    let output = Command::new("sh").arg("-c").arg(shell).output().unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    let at = output.stdout.windows(6).rposition(|window| window == b"\0INPUT").unwrap();
    let words = output.stdout[..at].split(|byte| *byte == 0);
    let words = words.map(|word| String::from_utf8(word.to_vec()).unwrap()).collect();
    (words, output.stdout[at + 6..].to_vec())
}

#[test]
fn a_command_line_that_no_shell_changes() {
    let text = "it's $HOME `id` \"\\\n@x";
    let url = format!("{BUCKET}/a'b?x=$(id)&y=!");
    let call = ["--scheme", "OSS-V1", "-X", "PUT", "-d", text, "-H", "X-Empty:", &url];
    let said = run(&[&call[..], &["--output", "curl", "--connect", "127.0.0.1:8443"]].concat());
    let (words, _) = arguments_of(&said.output);
    let has = |wanted: &[&str]| words.windows(wanted.len()).any(|found| found == wanted);
    for wanted in [
        &["-i", "--globoff", "--path-as-is"][..],
        &["-X", "PUT"],
        &["--connect-to", "::127.0.0.1:8443"],
        &["-H", "Host: vec-bucket.oss-cn-hangzhou.aliyuncs.com"],
        &["-H", "date: Sun, 22 Nov 2026 11:05:11 GMT"],
        &["-H", "X-Empty;"],
        &["-H", "Accept:"],
        &["-H", "Content-Type:"],
        &["--data-raw", text],
    ] {
        assert!(has(wanted), "{wanted:?}: {words:?}");
    }
    assert_eq!(words.last(), Some(&url));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("body");
    let bytes: Vec<u8> = (0..=255).collect();
    std::fs::write(&file, &bytes).unwrap();
    let data = format!("@{}", file.display());
    let said =
        run(&["--scheme", "OSS-V1", "-d", &data, "--output", "curl", &format!("{BUCKET}/a")]);
    let (words, input) = arguments_of(&said.output);
    assert!(words.windows(2).any(|found| found == ["--data-binary", "@-"]), "{words:?}");
    assert_eq!(input, bytes);
}

/// Answers one request, and gives back what it was.
fn listen(answer: &'static str) -> (String, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let received = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut text = String::new();
        let mut byte = [0];
        // The head, and the body that the one test sends.
        while !text.ends_with("\r\n\r\nbody") {
            stream.read_exact(&mut byte).unwrap();
            text.push(char::from(byte[0]));
        }
        stream.write_all(answer.as_bytes()).unwrap();
        text
    });
    (address, received)
}

#[test]
fn sent_and_answered() {
    let answer =
        "HTTP/1.1 404 Not Found\r\nx-oss-request-id: 5\r\nContent-Length: 7\r\n\r\nno such";
    let (address, received) = listen(answer);
    let call = [
        "--scheme",
        "OSS-V1",
        "-X",
        "PUT",
        "-d",
        "body",
        "http://vec-bucket.oss-cn-hangzhou.aliyuncs.com/a?acl",
    ];
    let printed = run(&call).output;
    let said = run(&[&call[..], &["--send", "--connect", &address]].concat());
    let expected =
        "HTTP/1.1 404 Not Found\r\nx-oss-request-id: 5\r\ncontent-length: 7\r\n\r\nno such";
    assert_eq!((said.code, said.output.as_str()), (Some(0), expected), "{}", said.errors);
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text
            .lines()
            .map(|line| match line.split_once(": ") {
                Some((name, value)) => format!("{}: {value}", name.to_ascii_lowercase()),
                None => line.to_owned(),
            })
            .collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&received.join().unwrap()), sorted(&printed));
    let closed = run(&[&call[..], &["--send", "--connect", "127.0.0.1:1"]].concat());
    assert!(closed.code == Some(1) && closed.errors.contains("127.0.0.1:1: "), "{closed:?}");
}

#[test]
fn keys() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.yaml");
    let target = format!("{BUCKET}/a");
    let call = ["--scheme", "OSS-V1", &target];
    let with = |variables: &[(&str, &str)], more: &[&str]| -> Said {
        command(variables).args(call).args(more).output().unwrap().into()
    };
    let file_name = file.to_str().unwrap();
    std::fs::write(&file, format!("id: STS.N\nsecret: '{SECRET}'\ntoken: '{TOKEN}'\n")).unwrap();
    let said = with(&KEY, &["--key-file", file_name]);
    assert!(said.output.contains(&format!("x-oss-security-token: {TOKEN}\r\n")), "{said:?}");
    assert!(said.output.contains("authorization: OSS STS.N:"), "{said:?}");
    let other = [(VARIABLES[3], "LTAIother"), (VARIABLES[4], "othersecret"), (VARIABLES[5], "")];
    let said = with(&other, &[]);
    assert!(said.output.contains("authorization: OSS LTAIother:"), "{said:?}");
    let said = with(&[&KEY[..], &other].concat(), &[]);
    assert!(said.output.contains(&format!("authorization: OSS {ID}:")), "{said:?}");
    for (variables, more, part) in [
        (&[][..], &[][..], "no key: give --key-file, or set RAMGATE_ACCESS_KEY_ID"),
        (&KEY[..1], &[], "RAMGATE_ACCESS_KEY_SECRET is not set"),
        (&[(VARIABLES[0], "a b")], &[], "RAMGATE_ACCESS_KEY_ID holds no AccessKey id"),
        (&KEY, &["--access-key-id", "LTAIother"], "not the one that was asked for"),
        (&[(VARIABLES[0], "STS.x"), KEY[1]], &[], "needs its security token"),
        (&KEY, &["--key-file", "missing.yaml"], "cannot read missing.yaml"),
    ] {
        let said = with(variables, more);
        assert!(said.code == Some(1) && said.errors.contains(part), "{part}: {said:?}");
    }
    std::fs::write(&file, format!("id: LTAI5t\nsecrets: '{SECRET}'\n")).unwrap();
    let said = with(&KEY, &["--key-file", file_name]);
    assert!(said.code == Some(1) && said.errors.contains("unknown field"), "{said:?}");
}

#[test]
fn a_browser_form() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("photo.jpg");
    std::fs::write(&file, "pixels").unwrap();
    let upload = format!("file=@{}", file.display());
    let call = ["--scheme", "OSS-POST-V4", BUCKET, "-F", "key=photos/${filename}"];
    let said = run(&[&call[..], &["-F", &upload]].concat());
    assert!(said.output.starts_with("POST / HTTP/1.1\r\n"), "{said:?}");
    for part in
        ["name=\"policy\"", "name=\"x-oss-signature\"", "filename=\"photo.jpg\"\r\n\r\npixels\r\n"]
    {
        assert!(said.output.contains(part), "{part}: {said:?}");
    }
    fails(&call, "a browser form needs file=@FILE");
    fails(&call[..3], "fields and a file are needed");
}

#[test]
fn errors_say_what_to_do() {
    let url = format!("{BUCKET}/a");
    let said = run(&["--scheme", "OSS-V5", &url]);
    for scheme in Scheme::ALL {
        assert!(said.errors.contains(scheme.as_str()), "{said:?}");
    }
    fails(&["--scheme", "OSS-V4", "ftp://h/a"], "does not begin with http:// or https://");
    fails(&["--scheme", "OSS-V4", "http://u@h/a"], "has no host, or a user name");
    fails(&["--scheme", "OSS-V4", &format!("{url}#x")], "has a fragment");
    fails(&["--scheme", "OSS-V4", "-H", "novalue", &url], "is no `Name: value`");
    fails(&["--scheme", "OSS-V4", "--output", "url", &url], "only the URL of a PRESIGN scheme");
    fails(&["--scheme", "OSS-V4", "--send", &url.replace("http", "https")], "use --output curl");
    fails(
        &["--scheme", "OSS-V4", "http://img.example.com/a"],
        "cannot sign: the host is no endpoint",
    );
    fails(&["--scheme", "ACS3-RSA-SHA256", &url], "makes none");
    fails(&["--scheme", "ACS3-HMAC-SHA256", &url], "`Version` is missing");
    let said = run(&[
        "--scheme",
        "OSS-V4",
        "--bucket",
        "img-bucket",
        "--region",
        "cn-hangzhou",
        "http://img.example.com:8080/a",
    ]);
    assert_eq!(said.code, Some(0), "{said:?}");
}

#[test]
fn a_gate_permits_what_it_sends() {
    let upstream = Upstream::start();
    let bundle = Bundle::example(&upstream);
    let gate = bundle.serve();
    let address = gate.data.to_string();
    let key = [(VARIABLES[3], ALICE_KEY), (VARIABLES[4], GATE_SECRET)];
    let acs3 = ["-H", "x-acs-action: DescribeInstances", "-H", "x-acs-version: 2014-05-26"];
    let rpc = ["-d", "Action=StopInstance&Version=2014-05-26&InstanceId=i-web-1"];
    for (scheme, more) in [("ACS3-HMAC-SHA256", &acs3[..]), ("RPC-HMAC-SHA1", &rpc)] {
        let url = format!("http://{ECS_HOST}/?RegionId=cn-hangzhou");
        let arguments = ["--scheme", scheme, "--send", "--connect", &address, &url];
        let said: Said = command(&key).args(arguments).args(more).output().unwrap().into();
        assert!(said.output.starts_with("HTTP/1.1 200"), "{said:?}");
    }
    assert_eq!(upstream.received().len(), 2);
}
