//! `servers`: the hosts, and the path that all paths begin with.

use crate::strict::{Node, Position};

use super::super::Options;
use super::super::findings::Findings;
use super::super::tree::Document;

pub(super) struct Servers {
    pub(super) hosts: Vec<String>,
    /// Without a slash at its end.
    pub(super) base_path: String,
    pub(super) reviews: Vec<String>,
}

pub(super) fn read(
    document: &Document<'_>,
    options: &Options,
    findings: &mut Findings,
) -> Option<Servers> {
    let mut servers =
        Servers { hosts: options.hosts.clone(), base_path: String::new(), reviews: Vec::new() };
    let listed = document.root.get("servers").map_or(&[][..], Node::items);
    let mut base_paths: Vec<&str> = Vec::new();
    for (index, node) in listed.iter().enumerate() {
        let Some(url) = node.get("url").and_then(Node::text) else { continue };
        let (host, base_path) = split(url);
        base_paths.push(base_path);
        match host {
            Some(host) if options.hosts.is_empty() => {
                servers.add(document, node, index, host, findings);
            }
            Some(_) | None => {}
        }
    }
    base_paths.sort_unstable();
    base_paths.dedup();
    let at = document.root.get("servers").map_or(Position::START, |node| node.at);
    match base_paths.as_slice() {
        [] => {}
        [one] => (*one).clone_into(&mut servers.base_path),
        _ => {
            let message = "the servers have different paths, so one template cannot fit all";
            findings.error(document, at, "servers", message, "keep the servers of one path");
        }
    }
    if servers.hosts.is_empty() {
        let message = "no server with a host name is listed";
        findings.error(document, at, "servers", message, "--host notes.example.com");
    }
    (!findings.refuse()).then_some(servers)
}

impl Servers {
    fn add(
        &mut self,
        document: &Document<'_>,
        node: &Node,
        index: usize,
        host: &str,
        findings: &mut Findings,
    ) {
        let name = host.rsplit_once(':').map_or(host, |(name, _port)| name).to_ascii_lowercase();
        if !crate::catalog::is_host_pattern(&name) {
            let field = format!("servers[{index}].url");
            let message =
                format!("`{host}` is no host that the catalogue can name; it is left out");
            findings.warning(document, node.at, &field, message, "--host names it otherwise");
            return;
        }
        if name.contains('{') {
            let known = "a variable of a server stands for any part of one host label here";
            self.review(known);
        }
        if name == "localhost" || name.starts_with("127.") {
            self.review("a host on this machine is for trying out; name the real one");
        }
        if !self.hosts.contains(&name) {
            self.hosts.push(name);
        }
    }

    fn review(&mut self, sentence: &str) {
        if !self.reviews.iter().any(|known| known == sentence) {
            self.reviews.push(sentence.to_owned());
        }
    }
}

/// Host with its port, and path, of a URL; a URL may be a path alone.
fn split(url: &str) -> (Option<&str>, &str) {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (host, path) = match url.split_once("://") {
        Some((_scheme, rest)) => {
            let end = rest.find('/').unwrap_or(rest.len());
            let (host, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
            (Some(host), path)
        }
        None => (None, url),
    };
    (host, path.trim_end_matches('/'))
}
