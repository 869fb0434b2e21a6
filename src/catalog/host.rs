//! Host → product (section 2, Host).

use std::borrow::Cow;
use std::cmp::Ordering;

use smol_str::SmolStr;

use super::model::Product;
use super::{Unreadable, Word};

/// A host pattern: literal text and named parts of one label.
#[derive(Clone, Debug)]
pub(super) struct HostPattern {
    parts: Vec<HostPart>,
    literal_bytes: usize,
}

#[derive(Clone, Debug)]
enum HostPart {
    Literal(String),
    Label(String),
}

/// A product, and what the host says.
#[derive(Debug)]
pub struct Located<'c> {
    pub(super) product: &'c Product,
    pub(super) labels: Vec<(&'c str, SmolStr)>,
}

impl<'c> Located<'c> {
    /// The product.
    pub fn product(&self) -> &'c Product {
        self.product
    }

    /// Every named part of the host's pattern.
    pub fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        self.labels.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// What the host has in the place of `{name}`.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(label, _)| *label == name).map(|(_, value)| value.as_str())
    }
}

impl HostPattern {
    /// Parses `ecs.{region}.aliyuncs.com`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (literal, after) = rest.split_once('{').unwrap_or((rest, ""));
            let fits = |byte: u8| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._".contains(&byte)
            };
            if !literal.bytes().all(fits) {
                return None;
            }
            if !literal.is_empty() {
                parts.push(HostPart::Literal(literal.to_owned()));
            }
            if literal.len() == rest.len() {
                break;
            }
            let (name, after) = after.split_once('}')?;
            let adjacent = matches!(parts.last(), Some(HostPart::Label(_)));
            if name.is_empty() || adjacent {
                return None;
            }
            parts.push(HostPart::Label(name.to_owned()));
            rest = after;
        }
        let literal_bytes = parts.iter().map(|part| match part {
            HostPart::Literal(text) => text.len(),
            HostPart::Label(_) => 0,
        });
        let literal_bytes = literal_bytes.sum();
        (!parts.is_empty()).then_some(Self { parts, literal_bytes })
    }

    /// Whether it matches the same hosts as another, whatever the names of their parts.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let alike = |(left, right): (&HostPart, &HostPart)| match (left, right) {
            (HostPart::Literal(left), HostPart::Literal(right)) => left == right,
            (HostPart::Label(_), HostPart::Label(_)) => true,
            _ => false,
        };
        self.parts.len() == other.parts.len() && self.parts.iter().zip(&other.parts).all(alike)
    }

    /// Whether hosts that it matches have a part of this name.
    pub(super) fn has_label(&self, name: &str) -> bool {
        self.parts.iter().any(|part| matches!(part, HostPart::Label(label) if label == name))
    }

    /// Whether it can match, seen from the ends: most patterns differ from a host there.
    fn may_fit(&self, host: &str) -> bool {
        let fits = |part: Option<&HostPart>, ends: fn(&str, &str) -> bool| match part {
            Some(HostPart::Literal(text)) => ends(host, text),
            Some(HostPart::Label(_)) | None => true,
        };
        fits(self.parts.first(), |host, text| {
            host.as_bytes().first() == text.as_bytes().first() && host.starts_with(text)
        }) && fits(self.parts.last(), |host, text| host.ends_with(text))
    }

    fn matches<'c, 'h>(&'c self, host: &'h str) -> Option<Vec<(&'c str, &'h str)>> {
        let mut labels = Vec::new();
        (self.may_fit(host) && match_parts(&self.parts, host, &mut labels)).then_some(labels)
    }
}

/// A label takes characters of `[a-z0-9-]`; the shortest that lets the rest fit, then longer ones. The labels are found
/// from the last to the first.
fn match_parts<'c, 'h>(
    parts: &'c [HostPart],
    host: &'h str,
    labels: &mut Vec<(&'c str, &'h str)>,
) -> bool {
    let Some((first, rest)) = parts.split_first() else { return host.is_empty() };
    match first {
        HostPart::Literal(text) => {
            host.strip_prefix(text.as_str()).is_some_and(|host| match_parts(rest, host, labels))
        }
        HostPart::Label(name) => {
            let fits =
                |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
            let longest = host.bytes().take_while(fits).count();
            (1..=longest).any(|length| {
                let Some((label, after)) = host.split_at_checked(length) else { return false };
                let matched = match_parts(rest, after, labels);
                if matched {
                    labels.push((name, label));
                }
                matched
            })
        }
    }
}

/// How much of a host a pattern spells out, whose the pattern is, and the labels.
type Fit<'c, 'h> = (usize, &'c Product, Vec<(&'c str, &'h str)>);

pub(super) fn locate<'c>(products: &'c [Product], host: &str) -> Result<Located<'c>, Unreadable> {
    let unknown =
        || Unreadable::new(Word::UnknownHost, "no product of the catalogue answers for this host");
    let host = if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(host.to_ascii_lowercase())
    } else {
        Cow::Borrowed(host)
    };
    let host = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => &*host,
    };
    let mut best: Option<Fit<'_, '_>> = None;
    let mut tie = false;
    for product in products {
        for pattern in &product.hosts {
            let Some(labels) = pattern.matches(host) else { continue };
            if let Some((literal_bytes, found, _)) = &best {
                if !std::ptr::eq(*found, product) {
                    return Err(unknown());
                }
                match pattern.literal_bytes.cmp(literal_bytes) {
                    Ordering::Less => continue,
                    Ordering::Equal => {
                        tie = true;
                        continue;
                    }
                    Ordering::Greater => tie = false,
                }
            }
            best = Some((pattern.literal_bytes, product, labels));
        }
    }
    match best {
        Some((_, product, labels)) if !tie => {
            let owned = |(name, value): (&'c str, &str)| (name, value.into());
            Ok(Located { product, labels: labels.into_iter().map(owned).collect() })
        }
        _ => Err(unknown()),
    }
}
