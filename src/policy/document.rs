//! A policy document that follows the grammar, every pattern and value already typed.

use super::action::ActionPattern;
use super::condition::Clause;
use super::resource::ResourcePattern;
use super::{AccessRequest, Action, Attributes, Truth};
use crate::strict::Problem;

/// What a document is used as. The kinds differ in the members a statement needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentKind {
    /// A system or custom policy, attached to users and groups: no `Principal` (G-10), `Resource` required (G-7).
    Identity,
}

/// A valid policy document.
#[derive(Clone, Debug)]
pub struct Document {
    pub(super) file: String,
    pub(super) statements: Vec<Statement>,
    pub(super) findings: Vec<Problem>,
}

impl Document {
    /// The file that the document was read from.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// What is allowed but most likely not meant: warnings, none of which stops a load.
    pub fn findings(&self) -> &[Problem] {
        &self.findings
    }

    /// How many statements there are.
    pub fn statement_count(&self) -> usize {
        self.statements.len()
    }
}

/// What a statement does when it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
}

/// Whether a list names what is meant, or what is left out (`NotAction`, `NotResource`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sense {
    Named,
    AllBut,
}

#[derive(Clone, Debug)]
pub(super) struct Actions {
    pub(super) sense: Sense,
    pub(super) patterns: Box<[ActionPattern]>,
}

#[derive(Clone, Debug)]
pub(super) struct Resources {
    pub(super) sense: Sense,
    pub(super) patterns: Box<[ResourcePattern]>,
}

#[derive(Clone, Debug)]
pub(super) struct Statement {
    /// Where the statement starts.
    pub(super) line: u32,
    pub(super) sid: Option<String>,
    pub(super) effect: Effect,
    pub(super) actions: Actions,
    pub(super) resources: Resources,
    pub(super) conditions: Box<[Clause]>,
}

impl Actions {
    ///
    pub(super) fn matches(&self, action: &Action<'_>) -> bool {
        let named = self.patterns.iter().any(|pattern| pattern.matches(action));
        match self.sense {
            Sense::Named => named,
            Sense::AllBut => !named,
        }
    }
}

impl Resources {
    /// What is undecided stays so under `NotResource`.
    pub(super) fn matches(&self, access: &AccessRequest<'_>) -> Truth {
        let named = Truth::any(self.patterns.iter().map(|pattern| pattern.matches(access)));
        match self.sense {
            Sense::Named => named,
            Sense::AllBut => named.negate(),
        }
    }
}

impl Statement {
    /// Whether the statement matches a request whose action it matches.
    pub(super) fn matches(&self, access: &AccessRequest<'_>) -> Truth {
        match self.resources.matches(access) {
            Truth::False => Truth::False,
            resource @ (Truth::Indeterminate | Truth::True) => {
                resource.and(self.condition_holds(access.attributes))
            }
        }
    }

    /// C-1, C-2, C-5: all of them.
    fn condition_holds(&self, attributes: &dyn Attributes) -> Truth {
        let mut held = Truth::True;
        for clause in &self.conditions {
            held = held.and(clause.evaluate(attributes));
            if held == Truth::False {
                break;
            }
        }
        held
    }

    /// C-7: an Allow needs certainty, a Deny does not.
    pub(super) fn applies(&self, truth: Truth) -> bool {
        match (self.effect, truth) {
            (Effect::Allow | Effect::Deny, Truth::True) | (Effect::Deny, Truth::Indeterminate) => {
                true
            }
            (Effect::Allow, Truth::Indeterminate) | (_, Truth::False) => false,
        }
    }
}
