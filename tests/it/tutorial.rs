//! `docs/tutorial-own-service.md`: every command on the page is run as it is written, and prints what the page says.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

const PAGE: &str = include_str!("../../docs/tutorial-own-service.md");
const PORTS: [&str; 3] = ["8700", "8701", "8790"];
const SEPARATOR: &str = "----- next block -----";

/// The blocks of the page: language and text.
fn blocks() -> Vec<(&'static str, &'static str)> {
    let fenced = PAGE.split("```").skip(1).step_by(2);
    fenced.map(|block| block.split_once('\n').unwrap()).collect()
}

/// One script of all commands, on ports that are free.
fn script() -> String {
    let free = PORTS.map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    let free: Vec<String> =
        free.iter().map(|port| port.local_addr().unwrap().port().to_string()).collect();
    let commands: Vec<&str> = blocks()
        .into_iter()
        .filter(|(language, _)| *language == "sh")
        .map(|(_, text)| text)
        .collect();
    let mut text = format!(
        "set -eu\ntrap 'kill $GATE $SERVICE 2> /dev/null' EXIT\n{}",
        commands.join(&format!("echo '{SEPARATOR}'\n"))
    );
    for (port, free) in PORTS.iter().zip(&free) {
        assert!(text.contains(port), "{port}");
        text = text.replace(port, free);
    }
    text
}

/// Whether a line of output is the expected one, in which `…` stands for any text.
fn fits(expected: &str, line: &str) -> bool {
    let mut parts = expected.split('…');
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut open = false;
    for part in parts {
        open = true;
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.is_empty() || (open && expected.ends_with('…'))
}

#[test]
fn every_command_of_the_page_does_what_the_page_says() {
    let folder = tempfile::tempdir().unwrap();
    let tutorial = folder.path().join("docs/tutorial");
    fs::create_dir_all(&tutorial).unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tutorial");
    for name in ["orders.openapi.yaml", "orders.py"] {
        fs::copy(source.join(name), tutorial.join(name)).unwrap();
    }
    let binary = Path::new(env!("CARGO_BIN_EXE_ramgate")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    fs::write(folder.path().join("run.sh"), script()).unwrap();
    // It ends the whole group of processes when something hangs.
    let output = Command::new("timeout")
        .args(["100", "bash", "-c", "bash run.sh 2>&1"])
        .current_dir(folder.path())
        .env("PATH", path)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{:?}\n{printed}", output.status);
    let mut outputs = printed.split(SEPARATOR);
    let mut current = "";
    let mut compared = 0;
    for (language, text) in blocks() {
        match language {
            "sh" => current = outputs.next().unwrap_or_default(),
            "text" => compared += compare(text, current),
            _ => {}
        }
    }
    assert!(compared > 20, "only {compared} lines of output were compared");
}

/// Every expected line is there, in this order.
#[track_caller]
fn compare(expected: &str, printed: &str) -> usize {
    let mut lines = printed.lines();
    for wanted in expected.lines() {
        assert!(lines.any(|line| fits(wanted, line)), "`{wanted}` is not in\n{printed}");
    }
    expected.lines().count()
}

#[test]
fn the_entry_on_the_page_is_what_the_importer_writes() {
    let (_, entry) = blocks().into_iter().find(|(language, _)| *language == "yaml").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ramgate"))
        .args(["catalog", "import", "docs/tutorial/orders.openapi.yaml"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let written = String::from_utf8_lossy(&output.stdout);
    assert!(written.contains(entry), "{written}");
}
