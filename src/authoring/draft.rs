//! A catalogue file before it is text.

use super::names::Kind;

/// How requests are laid out; an import knows no other style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Rpc,
    Roa,
}

impl Style {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Rpc => "rpc",
            Self::Roa => "roa",
        }
    }
}

/// A product. `reviews` here and below are what a person has to confirm, one sentence each.
#[derive(Debug)]
pub(super) struct Draft {
    /// What it was made from, for the first line.
    pub(super) origin: String,
    pub(super) product: String,
    pub(super) title: String,
    pub(super) ram_code: String,
    pub(super) style: Style,
    pub(super) versions: Vec<String>,
    pub(super) endpoints: Vec<String>,
    pub(super) regional: bool,
    pub(super) source: Source,
    /// Names of condition keys; how they are formed is not in any metadata.
    pub(super) keys: Vec<String>,
    pub(super) operations: Vec<Operation>,
    pub(super) reviews: Vec<String>,
    /// What the file does not describe, and why.
    pub(super) left_out: Vec<String>,
}

/// Where the entries come from.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) key: &'static str,
    pub(super) what: String,
    pub(super) state: String,
    pub(super) read: &'static str,
}

#[derive(Debug)]
pub(super) struct Operation {
    pub(super) name: String,
    pub(super) api: Option<String>,
    /// roa: method and path template.
    pub(super) call: Option<(String, String)>,
    pub(super) anonymous: bool,
    pub(super) kind: Kind,
    pub(super) checks: Vec<Check>,
    pub(super) confidence: Confidence,
    pub(super) note: Option<String>,
    pub(super) reviews: Vec<String>,
}

/// No import is `high`: that takes a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Confidence {
    Low,
    Medium,
}

impl Confidence {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
        }
    }
}

#[derive(Debug)]
pub(super) struct Check {
    pub(super) action: String,
    pub(super) resources: Vec<Resource>,
    pub(super) conditions: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resource {
    pub(super) arn: String,
    pub(super) required: bool,
    /// A missing id means the type as a whole.
    pub(super) wildcard: bool,
}

impl Resource {
    /// `*`: nothing finer is known.
    pub(super) fn all() -> Self {
        Self { arn: "*".to_owned(), required: true, wildcard: false }
    }
}
