//! Host patterns that some host fits together with a pattern of another product: such a host is unknown to the gate.

use std::collections::HashSet;

use super::{Findings, Lint};
use crate::catalog::{CatalogFile, stem};
use crate::strict::{Node, yaml};

/// Longer ones are no hosts.
const HOST_BYTES_MAX: usize = 253;

/// The hosts of every product.
pub(super) struct Hosts<'t>(Vec<(&'t str, Vec<String>)>);

pub(super) fn of<'t>(files: &[CatalogFile<'t>]) -> Hosts<'t> {
    let hosts = |file: &CatalogFile<'t>| {
        let root = yaml(file.text).ok()?.root;
        Some((stem(file.name), patterns(&root).map(|(_, text)| text.to_owned()).collect()))
    };
    Hosts(files.iter().filter_map(hosts).collect())
}

fn patterns(root: &Node) -> impl Iterator<Item = (&Node, &str)> {
    let items = root.get("endpoints").map_or(&[][..], Node::items);
    items.iter().filter_map(|node| Some((node, node.text()?)))
}

impl Hosts<'_> {
    pub(super) fn look(&self, file: &str, root: &Node, findings: &mut Findings<'_>) {
        for (index, (node, pattern)) in patterns(root).enumerate() {
            let others = self.0.iter().filter(|(product, _)| *product != stem(file));
            let mut all =
                others.flat_map(|(product, hosts)| hosts.iter().map(move |host| (product, host)));
            if let Some((product, other)) = all.find(|(_, other)| overlap(pattern, other)) {
                let message = format!(
                    "some host fits both `{pattern}` and `{other}` of the product {product}: the gate refuses it"
                );
                let help = "write more of the name, or give such a host to the product in `routes[].hosts`";
                findings.add(
                    Lint::OverlappingHost,
                    node.at,
                    &format!("endpoints[{index}]"),
                    message,
                    help,
                );
            }
        }
    }
}

/// One step of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Byte(u8),
    /// One or more characters of a label.
    Label,
}

fn steps(pattern: &str) -> Vec<Step> {
    let mut found = Vec::new();
    let mut rest = pattern;
    while let Some((literal, after)) = rest.split_once('{') {
        found.extend(literal.bytes().map(Step::Byte));
        found.push(Step::Label);
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    found.extend(rest.bytes().map(Step::Byte));
    found
}

/// Whether some host fits both: a walk through the pairs of places that one host can lead to.
pub(super) fn overlap(left: &str, right: &str) -> bool {
    if left.len() > HOST_BYTES_MAX || right.len() > HOST_BYTES_MAX {
        return false;
    }
    let (left, right) = (steps(left), steps(right));
    let mut open = vec![(0, 0)];
    let mut seen = HashSet::from([(0, 0)]);
    while let Some((i, j)) = open.pop() {
        if i == left.len() && j == right.len() {
            return true;
        }
        let (Some(one), Some(other)) = (left.get(i), right.get(j)) else { continue };
        if !share_a_character(*one, *other) {
            continue;
        }
        for i in after(i, *one) {
            for j in after(j, *other) {
                if seen.insert((i, j)) {
                    open.push((i, j));
                }
            }
        }
    }
    false
}

/// Where a pattern can be after one character: a label may go on.
fn after(place: usize, step: Step) -> impl Iterator<Item = usize> + Clone {
    let stay = (step == Step::Label).then_some(place);
    stay.into_iter().chain(std::iter::once(place + 1))
}

fn share_a_character(left: Step, right: Step) -> bool {
    let in_label = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    match (left, right) {
        (Step::Label, Step::Label) => true,
        (Step::Byte(byte), Step::Label) | (Step::Label, Step::Byte(byte)) => in_label(byte),
        (Step::Byte(left), Step::Byte(right)) => left == right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlaps() {
        for (left, right, expected) in [
            ("a.example", "a.example", true),
            ("a.example", "b.example", false),
            ("{x}.example", "a.example", true),
            ("{x}.example", "a.b.example", false),
            ("{x}.example", ".example", false),
            ("ecs-vpc.{region}.aliyuncs.com", "{bucket}.oss-{region}.aliyuncs.com", true),
            ("ecs.aliyuncs.com", "{bucket}.oss-{region}.aliyuncs.com", false),
            ("a{x}", "{y}b", true),
            ("a{x}a", "b{y}", false),
            ("{x}", "{y}.{z}", false),
        ] {
            assert_eq!(overlap(left, right), expected, "{left} {right}");
            assert_eq!(overlap(right, left), expected, "{right} {left}");
        }
    }
}
