//! The arrows between modules, and what the core must not name (ARCHITECTURE.md, "Layers").

use std::fs;
use std::path::{Path, PathBuf};

/// Module and the modules of this crate that it may name.
const ARROWS: &[(&str, &[&str])] = &[
    ("ident", &[]),
    ("strict", &[]),
    ("framing", &[]),
    ("request", &[]),
    ("signature", &["ident", "strict", "request"]),
    ("policy", &["ident", "strict"]),
    ("credential", &["ident", "strict", "policy", "signature"]),
    ("token", &["ident", "strict"]),
    ("federation", &["ident", "strict"]),
    // A federated caller comes with what a provider said of it.
    ("sts", &["ident", "policy", "token", "federation"]),
    // What ends sessions names what stands in their tokens.
    ("revocation", &["ident", "strict", "token"]),
    // Which signatures the hosts of a product speak is a fact about the product.
    ("catalog", &["ident", "strict", "request", "policy", "signature"]),
    // What actions a built-in service has is known to the linter of policies.
    ("authoring", &["strict", "policy", "catalog"]),
    // Identity providers are entries of the directory, and their mounted keys a part of them.
    ("directory", &["ident", "policy", "strict", "federation"]),
    ("memory", &["ident"]),
    // What workloads are handed is a session.
    ("workload", &["ident", "token"]),
    // What opened a session token, and what came of it lately, belongs to the generation of its key ring.
    (
        "snapshot",
        &[
            "ident",
            "strict",
            "policy",
            "catalog",
            "directory",
            "credential",
            "signature",
            "token",
            "federation",
            "revocation",
            "memory",
        ],
    ),
    // A route says which kinds of calls the catalogue takes there.
    // A credential listener says whether tokens are needed.
    (
        "config",
        &[
            "ident",
            "strict",
            "signature",
            "policy",
            "catalog",
            "directory",
            "memory",
            "snapshot",
            "workload",
        ],
    ),
    // Worked calls are read the way that the gate reads them, on the terms of a route.
    ("cases", &["ident", "policy", "catalog", "request", "signature", "config", "gate"]),
    // It examines recorded requests, whose form and reading are those of `cases`.
    ("doctor", &["ident", "strict", "request", "signature", "cases"]),
    (
        "gate",
        &[
            "ident",
            "strict",
            "request",
            "signature",
            "policy",
            "credential",
            "token",
            "federation",
            "sts",
            "catalog",
            "directory",
            "snapshot",
            "memory",
            "config",
        ],
    ),
    ("clock", &["ident"]),
    ("telemetry", &["clock"]),
    // A certificate and its key are files of the deployment.
    ("tls", &["ident", "strict", "snapshot"]),
    (
        "reload",
        &["ident", "strict", "config", "snapshot", "directory", "revocation", "tls", "workload"],
    ),
    // The keys of providers that have none in their files, and whom to believe on the way to them.
    ("jwks", &["clock", "config", "federation", "ident", "memory", "strict", "telemetry", "tls"]),
    ("upstream", &["gate"]),
    ("server", &["framing", "tls"]),
    ("shared_replay", &["ident", "memory", "config", "telemetry"]),
    (
        "proxy",
        &[
            "shared_replay",
            "jwks",
            "federation",
            "ident",
            "framing",
            "gate",
            "signature",
            "policy",
            "memory",
            "reload",
            "server",
            "telemetry",
            "upstream",
            "clock",
            "config",
            "snapshot",
        ],
    ),
    ("status", &["proxy"]),
    // Sessions are minted in the world that the proxy decides in, and told like its decisions.
    (
        "credential_server",
        &["ident", "clock", "config", "gate", "proxy", "snapshot", "telemetry", "workload"],
    ),
    (
        "cli",
        &[
            "shared_replay",
            "jwks",
            "ident",
            "token",
            "revocation",
            "sts",
            "strict",
            "signature",
            "policy",
            "credential",
            "credential_server",
            "catalog",
            "authoring",
            "directory",
            "config",
            "cases",
            "doctor",
            "snapshot",
            "reload",
            "memory",
            "gate",
            "proxy",
            "server",
            "status",
            "telemetry",
            "tls",
            "clock",
            "request",
            "framing",
        ],
    ),
];

/// Pure modules: no IO, async runtime, clock, environment, randomness or log.
const CORE: &[&str] = &[
    "ident",
    "strict",
    "framing",
    "request",
    "signature",
    "credential",
    "token",
    "federation",
    "revocation",
    "sts",
    "policy",
    "catalog",
    "authoring",
    "directory",
    "config",
    "cases",
    "doctor",
    "snapshot",
    "memory",
    "workload",
    "gate",
];

const NOT_IN_CORE: &[&str] = &[
    "tokio::",
    "hyper::",
    "hyper_util::",
    "std::fs",
    "std::env",
    "std::net::Tcp",
    "::now(",
    "getrandom::",
    "println!",
    "prometheus::",
    "rustls::",
];

/// The code knows traits, no product's name (decisions, Meaning). Product names may stand in tests and in data.
const PRODUCTS: &[&str] = &["\"ecs\"", "\"oss\"", "\"fc\"", "\"rds\"", "\"slb\"", "\"vpc\""];

/// Words that are no product's name where they stand: a style of requests is called after the product that began it,
/// so are the signatures of its hosts, and the scope of a signature has a word of its own.
const NO_PRODUCTS: &[(&str, &str)] = &[
    ("catalog/load/mod.rs", "\"oss\""),
    ("signature/scheme.rs", "\"oss\""),
    ("signature/oss/resource.rs", "\"oss\""),
];

fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    found
}

fn collect(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !path.ends_with("tests.rs")
        {
            let text = fs::read_to_string(&path).unwrap();
            // Tests inside a file may name what they like.
            let code = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
            found.push((path, code));
        }
    }
}

/// The top-level module that a file belongs to.
fn module(path: &Path) -> String {
    let relative = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let first = relative.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

#[test]
fn arrows_point_one_way() {
    let mut wrong = Vec::new();
    for (path, code) in sources() {
        let module = module(&path);
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == module) else {
            assert!(
                matches!(module.as_str(), "lib" | "main"),
                "{module} has no row in the table of arrows"
            );
            continue;
        };
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            for (at, _) in line.match_indices("crate::") {
                let rest = &line[at + "crate::".len()..];
                let names = match rest.strip_prefix('{') {
                    Some(group) => group.split(',').map(first_word).collect::<Vec<_>>(),
                    None => vec![first_word(rest)],
                };
                for name in names.into_iter().filter(|name| !name.is_empty()) {
                    if name != module && !allowed.contains(&name.as_str()) {
                        wrong.push(format!("{}: {module} names {name}", path.display()));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn first_word(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect()
}

#[test]
fn the_table_of_arrows_has_no_circle() {
    let mut settled: Vec<&str> = Vec::new();
    while settled.len() < ARROWS.len() {
        let next = ARROWS.iter().find(|(name, uses)| {
            !settled.contains(name) && uses.iter().all(|used| settled.contains(used))
        });
        let (name, _) = next.expect("a circle among the modules that are not settled");
        settled.push(name);
    }
}

#[test]
fn the_core_is_pure() {
    let mut wrong = Vec::new();
    for (path, code) in
        sources().into_iter().filter(|(path, _)| CORE.contains(&module(path).as_str()))
    {
        for (number, line) in (1..).zip(code.lines()) {
            let line = line.trim_start();
            if line.starts_with("//") {
                continue;
            }
            let is_meant = |name: &str| {
                NO_PRODUCTS.iter().any(|(file, word)| path.ends_with(file) && *word == name)
            };
            let names = NOT_IN_CORE.iter().chain(PRODUCTS).filter(|name| line.contains(**name));
            for name in names.filter(|name| !is_meant(name)) {
                wrong.push(format!("{}:{number}: {name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn only_the_edge_names_hyper() {
    let edge = ["server", "proxy", "upstream", "jwks", "status", "credential_server", "cli"];
    let inner = sources().into_iter().filter(|(path, _)| !edge.contains(&module(path).as_str()));
    let named: Vec<_> =
        inner.filter(|(_, code)| code.contains("hyper::")).map(|(path, _)| path).collect();
    assert!(named.is_empty(), "{named:?}");
}

#[test]
fn only_the_listener_names_the_tls_library() {
    let inner = sources()
        .into_iter()
        .filter(|(path, _)| !["server", "tls"].contains(&module(path).as_str()));
    let named: Vec<_> =
        inner.filter(|(_, code)| code.contains("rustls::")).map(|(path, _)| path).collect();
    assert!(named.is_empty(), "{named:?}");
}
