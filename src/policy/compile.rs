//! Documents → an index from action to the statements that can matter.

use std::fmt;

use crate::ident::PolicyName;

use super::access::AccessRequest;
use super::document::{Document, Effect, Set, Statement};
use super::pattern::{ActionPattern, ResourcePattern};
use super::truth::Truth;
use super::vocabulary::{ActionId, Vocabulary};

/// Who wrote a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PolicyType {
    /// Alibaba Cloud.
    System,
    /// The account.
    Custom,
}

/// Which statement of which file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementRef {
    /// The policy's name.
    pub policy: PolicyName,
    /// Who wrote it.
    pub kind: PolicyType,
    /// The file.
    pub file: String,
    /// The line where the statement starts.
    pub line: u32,
    /// The statement's place in the document, from 0.
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

/// One statement, ready to be asked.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) effect: Effect,
    pub(super) statement: Statement,
    pub(super) reference: StatementRef,
}

/// A compiled policy.
#[derive(Debug)]
pub struct Compiled {
    pub(super) statements: Vec<Ready>,
    /// Per listed action, the positions of statements that match it and are not in `every`; sorted by action.
    by_action: Vec<(ActionId, Vec<u32>)>,
    /// Statements that match every listed action, stored once.
    every: Vec<u32>,
}

/// Compiles a valid document against the actions that the catalogue knows.
pub fn compile(
    document: &Document,
    name: &PolicyName,
    kind: PolicyType,
    vocabulary: &Vocabulary,
) -> Compiled {
    let statements: Vec<Ready> = document
        .statements
        .iter()
        .enumerate()
        .map(|(index, statement)| Ready {
            effect: statement.effect,
            statement: statement.clone(),
            reference: StatementRef {
                policy: name.clone(),
                kind,
                file: document.file.clone(),
                line: statement.line,
                index,
                sid: statement.sid.clone(),
            },
        })
        .collect();
    let mut every = Vec::new();
    let mut table: Vec<Vec<u32>> = vec![Vec::new(); vocabulary.len()];
    for (position, ready) in (0_u32..).zip(&statements) {
        let matching: Vec<ActionId> = vocabulary
            .iter()
            .filter(|(_, service, operation)| {
                ready.statement.actions.has_action(service, operation)
            })
            .map(|(id, ..)| id)
            .collect();
        if matching.len() == vocabulary.len() {
            every.push(position);
            continue;
        }
        for id in matching {
            if let Some(positions) = table.get_mut(id.index()) {
                positions.push(position);
            }
        }
    }
    let listed = table.into_iter().enumerate().filter(|(_, positions)| !positions.is_empty());
    let by_action =
        listed.map(|(index, positions)| (ActionId::from_index(index), positions)).collect();
    Compiled { statements, by_action, every }
}

impl Compiled {
    /// Whether a statement of this effect matches; the first that does.
    pub(super) fn first_match(
        &self,
        effect: Effect,
        access: &AccessRequest<'_>,
        action: Option<ActionId>,
    ) -> Option<&Ready> {
        if let Some(action) = action {
            let listed = self.by_action.binary_search_by_key(&action, |(id, _)| *id).ok();
            let listed = listed
                .and_then(|at| self.by_action.get(at))
                .map_or(&[][..], |(_, positions)| positions);
            let candidates = listed.iter().chain(&self.every);
            candidates
                .filter_map(|position| self.statements.get(*position as usize))
                .filter(|ready| ready.effect == effect)
                .find(|ready| ready.applies(access))
        } else {
            let named = |ready: &&Ready| {
                ready.statement.actions.has_action(access.action.service, access.action.operation)
            };
            self.statements
                .iter()
                .filter(|ready| ready.effect == effect)
                .filter(named)
                .find(|ready| ready.applies(access))
        }
    }
}

impl Ready {
    /// Resource and condition; the action has matched (C-7).
    fn applies(&self, access: &AccessRequest<'_>) -> bool {
        match self.effect {
            Effect::Allow => self.truth(access) == Truth::True,
            Effect::Deny => self.truth(access) != Truth::False,
        }
    }

    fn truth(&self, access: &AccessRequest<'_>) -> Truth {
        let mut truth = self.statement.resources.has_resource(access);
        for condition in &self.statement.conditions {
            if truth == Truth::False {
                return truth;
            }
            truth = truth.and(condition.evaluate(access.attributes));
        }
        truth
    }
}

impl Set<ActionPattern> {
    ///
    pub(super) fn has_action(&self, service: &str, operation: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(service, operation)) != self.complement
    }
}

impl Set<ResourcePattern> {
    ///
    pub(super) fn has_resource(&self, access: &AccessRequest<'_>) -> Truth {
        let each = self
            .patterns
            .iter()
            .map(|pattern| pattern.matches(&access.resource, access.action.service, access.owner));
        let any = Truth::any(each);
        if self.complement { any.negate() } else { any }
    }
}
