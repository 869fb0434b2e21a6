//! Pages whose every command is run as it is written, and prints what the page says.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

const OWN_SERVICE: &str = include_str!("../../docs/tutorial-own-service.md");
const TWO_COMPANIES: &str = include_str!("../../docs/two-companies.md");
const SEPARATOR: &str = "----- next block -----";

/// The blocks of a page: language and text.
fn blocks(page: &'static str) -> Vec<(&'static str, &'static str)> {
    let fenced = page.split("```").skip(1).step_by(2);
    fenced.map(|block| block.split_once('\n').unwrap()).collect()
}

/// One script of all commands. `$PORT_…` are ports that are free.
fn script(page: &'static str) -> String {
    let commands: Vec<&str> = blocks(page)
        .into_iter()
        .filter(|(language, _)| *language == "sh")
        .map(|(_, text)| text)
        .collect();
    format!(
        "set -eu\ntrap 'kill $GATE $SERVICE 2> /dev/null' EXIT\n{}",
        commands.join(&format!("echo '{SEPARATOR}'\n"))
    )
}

/// Three ports, each as the page has it and as it is here.
fn ports() -> Vec<(&'static str, String)> {
    let free =
        ["8700", "8701", "8790"].map(|port| (port, TcpListener::bind("127.0.0.1:0").unwrap()));
    let free = free.iter().map(|(port, it)| (*port, it.local_addr().unwrap().port().to_string()));
    free.collect()
}

fn on_ports(text: &str, ports: &[(&str, String)]) -> String {
    ports.iter().fold(text.to_owned(), |text, (port, free)| text.replace(port, free))
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

fn copy(from: &Path, to: &Path, ports: &[(&str, String)]) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target, ports);
        } else {
            let text = fs::read_to_string(entry.path()).unwrap();
            fs::write(target, on_ports(&text, ports)).unwrap();
        }
    }
}

#[test]
fn a_service_of_ones_own() {
    check(OWN_SERVICE, "docs/tutorial");
}

/// Delegation across accounts, and its end.
#[test]
fn two_companies() {
    check(TWO_COMPANIES, "examples/two-companies");
}

/// Runs a page in a folder of its own that has a copy of `needs`.
#[track_caller]
fn check(page: &'static str, needs: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (folder, ports) = (folder.path(), &ports());
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    copy(&root.join(needs), &folder.join(needs), ports);
    let binary = Path::new(env!("CARGO_BIN_EXE_ramgate")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let text = on_ports(&script(page), ports);
    fs::write(folder.join("run.sh"), text).unwrap();
    // It ends the whole group of processes when something hangs.
    let output = Command::new("timeout")
        .args(["100", "bash", "-c", "bash run.sh 2>&1"])
        .current_dir(folder)
        .env("PATH", path)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{:?}\n{printed}", output.status);
    let mut outputs = printed.split(SEPARATOR);
    let mut current = "";
    let mut compared = 0;
    for (language, text) in blocks(page) {
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
    let (_, entry) =
        blocks(OWN_SERVICE).into_iter().find(|(language, _)| *language == "yaml").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ramgate"))
        .args(["catalog", "import", "docs/tutorial/orders.openapi.yaml"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let written = String::from_utf8_lossy(&output.stdout);
    assert!(written.contains(entry), "{written}");
}
