//! A policy document that follows the grammar, every pattern and value already typed.
//!
//! The parts of all statements lie in a few lists of the document, and all texts in one: 10,000 documents are then a few
//! ten thousand allocations, not a million.

use super::access::{AccessRequest, Action};
use super::action::ActionPattern;
use super::condition::{Clause, Value};
use super::principal::{Against, PrincipalPattern, Principals};
use super::resource::ResourcePattern;
use super::texts::{Span, Texts};
use super::{Attributes, Truth};

/// What a document is used as. The kinds differ in the members a statement needs (section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DocumentKind {
    /// A system or custom policy, attached to users, groups and roles: no `Principal` (G-10), `Resource` required (G-7).
    Identity,
    /// The bound of one session: the grammar of an identity policy.
    Session,
    /// The bound of an account, attached in the resource directory: the grammar of an identity policy.
    Control,
    /// Who may assume a role: `Principal` required, no `Resource`, `sts:AssumeRole` only (V-15).
    Trust,
    /// What is attached to a resource: `Principal` in one of the forms, `Resource` required.
    Resource(PrincipalForm),
}

/// How a resource-based policy names principals; which one is a trait of the product.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PrincipalForm {
    /// A list of strings (7.4), as OSS has it.
    List,
    /// An object (7.3).
    #[default]
    Object,
    /// An object that may be missing: the statement is then about everybody (7.4, SLS).
    OptionalObject,
}

impl DocumentKind {
    /// What people call such a document.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity policy",
            Self::Session => "session policy",
            Self::Control => "control policy",
            Self::Trust => "trust policy",
            Self::Resource(_) => "resource policy",
        }
    }
}

/// A valid policy document.
#[derive(Clone, Debug)]
pub struct Document {
    pub(super) file: Box<str>,
    pub(super) kind: DocumentKind,
    pub(super) texts: Texts,
    pub(super) statements: Vec<Statement>,
    pub(super) actions: Vec<ActionPattern>,
    pub(super) resources: Vec<ResourcePattern>,
    pub(super) principals: Vec<PrincipalPattern>,
    pub(super) clauses: Vec<Clause>,
    pub(super) values: Vec<Value>,
}

/// Some of the items of one list of a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Range {
    start: u32,
    end: u32,
}

impl Range {
    /// The items from `start` to the end of the list.
    pub(super) fn since<T>(start: usize, list: &[T]) -> Self {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Self { start: number(start), end: number(list.len()) }
    }

    pub(super) fn of<T>(self, list: &[T]) -> &[T] {
        let place = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        list.get(place(self.start)..place(self.end)).unwrap_or_default()
    }
}

/// What a statement does when it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies.
    Deny,
}

/// Whether a list names what is meant, or what is left out (`NotAction`, `NotResource`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sense {
    Named,
    AllBut,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Statement {
    /// Where the statement starts.
    pub(super) line: u32,
    pub(super) sid: Option<Span>,
    pub(super) effect: Effect,
    pub(super) actions: (Sense, Range),
    /// `None` in a trust policy.
    pub(super) resources: Option<(Sense, Range)>,
    /// `None` where everybody is meant.
    pub(super) principals: Option<Principals>,
    pub(super) clauses: Range,
}

impl Document {
    /// The file that the document was read from, as the operator named it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// What it is used as.
    pub fn kind(&self) -> DocumentKind {
        self.kind
    }

    /// How many statements there are.
    pub fn statement_count(&self) -> usize {
        self.statements.len()
    }

    /// The ARNs of the OIDC providers that the statements name.
    pub fn oidc_providers(&self) -> impl Iterator<Item = &str> {
        self.principals.iter().filter_map(|entry| entry.oidc_provider(&self.texts))
    }

    pub(super) fn patterns_of_actions(&self, statement: &Statement) -> &[ActionPattern] {
        statement.actions.1.of(&self.actions)
    }

    pub(super) fn patterns_of_resources(&self, statement: &Statement) -> &[ResourcePattern] {
        statement.resources.map_or(&[], |(_, range)| range.of(&self.resources))
    }

    pub(super) fn clauses_of(&self, statement: &Statement) -> &[Clause] {
        statement.clauses.of(&self.clauses)
    }

    ///
    pub(super) fn matches_action(&self, statement: &Statement, action: &Action<'_>) -> bool {
        let patterns = self.patterns_of_actions(statement);
        let named = patterns.iter().any(|pattern| pattern.matches(&self.texts, action));
        match statement.actions.0 {
            Sense::Named => named,
            Sense::AllBut => !named,
        }
    }

    /// What is undecided stays so under `NotResource`.
    pub(super) fn matches_resource(
        &self,
        statement: &Statement,
        access: &AccessRequest<'_>,
    ) -> Truth {
        let Some((sense, range)) = statement.resources else { return Truth::True };
        let patterns = range.of(&self.resources).iter();
        let named = Truth::any(patterns.map(|pattern| pattern.matches(&self.texts, access)));
        match sense {
            Sense::Named => named,
            Sense::AllBut => named.negate(),
        }
    }

    /// 7.3, 7.4: the entries are alternatives.
    pub(super) fn matches_principal(
        &self,
        statement: &Statement,
        access: &AccessRequest<'_>,
    ) -> bool {
        let Some(principals) = statement.principals else { return true };
        let against = Against {
            caller: &access.caller,
            owner: access.owner,
            effect: statement.effect,
            public_blocked: access.public_blocked,
            conditional: !self.clauses_of(statement).is_empty(),
        };
        let mut entries = principals.entries.of(&self.principals).iter();
        entries.any(|entry| entry.covers(&self.texts, &against))
    }

    /// C-1, C-2, C-5: all of them.
    pub(super) fn holds_condition(
        &self,
        statement: &Statement,
        attributes: &dyn Attributes,
    ) -> Truth {
        let mut held = Truth::True;
        for clause in self.clauses_of(statement) {
            held = held.and(clause.evaluate(self, attributes));
            if held == Truth::False {
                break;
            }
        }
        held
    }

    /// Whether a statement matches (8.1): action, resource, principal and condition.
    pub(super) fn matches(&self, statement: &Statement, access: &AccessRequest<'_>) -> Truth {
        if !self.matches_action(statement, &access.action) {
            return Truth::False;
        }
        let resource = self.matches_resource(statement, access);
        if resource == Truth::False || !self.matches_principal(statement, access) {
            return Truth::False;
        }
        resource.and(self.holds_condition(statement, access.attributes))
    }
}

impl Effect {
    /// C-7: an Allow needs certainty, a Deny does not.
    pub(super) fn applies(self, truth: Truth) -> bool {
        match (self, truth) {
            (Self::Allow | Self::Deny, Truth::True) | (Self::Deny, Truth::Indeterminate) => true,
            (Self::Allow, Truth::Indeterminate) | (_, Truth::False) => false,
        }
    }

    /// As documents write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        }
    }
}
