//! A document made ready for decisions: which statements to look at for which action.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::fmt;
use std::hash::{Hash, Hasher};

use super::document::{Document, Effect, Sense, Statement};
use super::{AccessRequest, Action, Truth};
use crate::ident::PolicyName;
use crate::strict::{Position, Problem};

/// Where a policy comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyType {
    /// Written and kept by the provider.
    System,
    /// Written by the account.
    Custom,
}

impl PolicyType {
    /// The name that the RAM API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Custom => "Custom",
        }
    }
}

/// The actions that requests can have, numbered. Policies may name others too.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    fingerprint: u64,
    services: HashMap<Box<str>, Vec<Listed>>,
}

#[derive(Clone, Debug)]
struct Listed {
    operation: Box<str>,
    number: u32,
}

/// An action of a [`Vocabulary`]. A policy compiled with another vocabulary does not take it for one of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ActionId {
    vocabulary: u64,
    number: u32,
}

impl Vocabulary {
    /// Numbers the actions; repeated ones get one number.
    pub fn new(actions: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut all: Vec<(String, String)> = actions.into_iter().collect();
        all.sort_unstable();
        all.dedup();
        let mut hasher = DefaultHasher::new();
        all.hash(&mut hasher);
        let mut services: HashMap<Box<str>, Vec<Listed>> = HashMap::new();
        for (number, (service, operation)) in (0_u32..).zip(all) {
            let listed = Listed { operation: operation.into(), number };
            services.entry(service.into()).or_default().push(listed);
        }
        Self { fingerprint: hasher.finish(), services }
    }

    /// The number of an action, spelled as it was given.
    pub fn id(&self, service: &str, operation: &str) -> Option<ActionId> {
        let listed = self.services.get(service)?;
        let place = listed.binary_search_by(|listed| (*listed.operation).cmp(operation)).ok()?;
        let number = listed.get(place)?.number;
        Some(ActionId { vocabulary: self.fingerprint, number })
    }

    /// The actions of a service in any spelling.
    fn service<'v>(&'v self, wanted: &str) -> impl Iterator<Item = (Action<'v>, u32)> {
        let services =
            self.services.iter().filter(move |(service, _)| service.eq_ignore_ascii_case(wanted));
        services.flat_map(|(service, listed)| {
            listed.iter().map(move |listed| {
                (Action { service, operation: &listed.operation }, listed.number)
            })
        })
    }
}

/// Where the statement stands that decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementRef {
    /// The policy.
    pub policy: PolicyName,
    /// Whose policy it is.
    pub kind: PolicyType,
    /// The file it was read from.
    pub file: String,
    /// The line that the statement starts on.
    pub line: u32,
    /// Its place in the document, from 0.
    pub index: usize,
    /// Its `Sid`.
    pub sid: Option<String>,
}

/// `policies/keep-production.json:4 (NobodyStopsProduction)`
impl fmt::Display for StatementRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)?;
        match &self.sid {
            Some(sid) => write!(f, " ({sid})"),
            None => write!(f, " (statement {})", self.index),
        }
    }
}

/// A policy ready for decisions.
#[derive(Debug)]
pub struct Compiled {
    vocabulary: u64,
    statements: Vec<(Statement, StatementRef)>,
    allow: Index,
    deny: Index,
}

/// The statements of one effect. Numbers are places in [`Compiled::statements`].
#[derive(Debug, Default)]
struct Index {
    /// Statements whose patterns are tried for each action: those with `*`, `ecs:*`, `*:Get*` or `NotAction`.
    broad: Vec<u32>,
    /// The others.
    narrow: Vec<u32>,
    /// (action, narrow statement that matches it), in order.
    listed: Vec<(u32, u32)>,
}

/// Prepares a document. `name` and `kind` are what a [`StatementRef`] says.
pub fn compile(
    document: &Document,
    name: &PolicyName,
    kind: PolicyType,
    vocabulary: &Vocabulary,
) -> Result<Compiled, Vec<Problem>> {
    let mut compiled = Compiled {
        vocabulary: vocabulary.fingerprint,
        statements: Vec::with_capacity(document.statements.len()),
        allow: Index::default(),
        deny: Index::default(),
    };
    for (index, statement) in document.statements.iter().enumerate() {
        let number = u32::try_from(index).map_err(|_overflow| vec![too_many(document)])?;
        compiled.index_mut(statement.effect).add(number, statement, vocabulary);
        let place = StatementRef {
            policy: name.clone(),
            kind,
            file: document.file.clone(),
            line: statement.line,
            index,
            sid: statement.sid.clone(),
        };
        compiled.statements.push((statement.clone(), place));
    }
    compiled.allow.listed.sort_unstable();
    compiled.deny.listed.sort_unstable();
    Ok(compiled)
}

fn too_many(document: &Document) -> Problem {
    Problem::error(&document.file, Position::START, "/Statement", "too many statements")
}

impl Index {
    fn add(&mut self, number: u32, statement: &Statement, vocabulary: &Vocabulary) {
        let Some(services) = narrow_services(statement) else {
            self.broad.push(number);
            return;
        };
        self.narrow.push(number);
        for service in services {
            let actions = vocabulary.service(service);
            let matching = actions.filter(|(action, _)| statement.actions.matches(action));
            self.listed.extend(matching.map(|(_, action)| (action, number)));
        }
    }

    fn listed(&self, action: u32) -> &[(u32, u32)] {
        let start = self.listed.partition_point(|(listed, _)| *listed < action);
        let end = self.listed.partition_point(|(listed, _)| *listed <= action);
        self.listed.get(start..end).unwrap_or_default()
    }
}

/// The services of a statement that is worth an entry for each action it matches; each of them once.
fn narrow_services(statement: &Statement) -> Option<Vec<&str>> {
    let patterns = match statement.actions.sense {
        Sense::Named => &statement.actions.patterns,
        Sense::AllBut => return None,
    };
    let mut services: Vec<&str> = Vec::new();
    for pattern in patterns {
        let service = pattern.narrow_service()?;
        if !services.iter().any(|known| known.eq_ignore_ascii_case(service)) {
            services.push(service);
        }
    }
    Some(services)
}

/// A statement that matches a request, and how surely.
pub(super) struct Match<'c> {
    pub(super) place: &'c StatementRef,
    pub(super) truth: Truth,
}

impl Compiled {
    fn index(&self, effect: Effect) -> &Index {
        match effect {
            Effect::Allow => &self.allow,
            Effect::Deny => &self.deny,
        }
    }

    fn index_mut(&mut self, effect: Effect) -> &mut Index {
        match effect {
            Effect::Allow => &mut self.allow,
            Effect::Deny => &mut self.deny,
        }
    }

    /// The statements of the policy, in the order of the document.
    pub fn statements(&self) -> impl Iterator<Item = &StatementRef> {
        self.statements.iter().map(|(_, place)| place)
    }

    pub(super) fn allows(&self) -> impl Iterator<Item = (&Statement, &StatementRef)> {
        let all = self.statements.iter().map(|(statement, place)| (statement, place));
        all.filter(|(statement, _)| statement.effect == Effect::Allow)
    }

    /// The first statement of an effect that applies to the request.
    pub(super) fn applying(
        &self,
        effect: Effect,
        access: &AccessRequest<'_>,
        action: Option<ActionId>,
    ) -> Option<Match<'_>> {
        let index = self.index(effect);
        // A number means something only in the vocabulary it comes from; without one, every pattern is tried.
        let own = action.filter(|action| action.vocabulary == self.vocabulary);
        let (listed, untested): (&[(u32, u32)], &[u32]) = match own {
            Some(action) => (index.listed(action.number), &[]),
            None => (&[], &index.narrow),
        };
        let sure =
            listed.iter().map(|(_, number)| *number).filter_map(|number| self.statement(number));
        let tried = index.broad.iter().chain(untested).filter_map(|number| self.statement(*number));
        let tried = tried.filter(|(statement, _)| statement.actions.matches(&access.action));
        sure.chain(tried).find_map(|(statement, place)| {
            let truth = statement.matches(access);
            statement.applies(truth).then_some(Match { place, truth })
        })
    }

    fn statement(&self, number: u32) -> Option<&(Statement, StatementRef)> {
        self.statements.get(usize::try_from(number).ok()?)
    }
}
