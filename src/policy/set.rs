//! Policies that decide together: those of one principal, of one level of the resource directory, of one resource.
//!
//! Principals with the same attachments share one set. A set has an index from action and resource to the few statements
//! that can matter, and a known worst-case cost.

mod cost;
mod index;

use std::fmt;
use std::sync::Arc;

use self::index::Index;
pub(super) use self::index::Probe;
use super::document::{Document, Effect, Statement};
use super::resource::ResourcePattern;
use super::texts::Texts;
use super::{AccessRequest, Truth};
use crate::strict::Problem;

pub use self::cost::{Cost, STEPS_MAX};

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

/// A valid document with the name it is known by.
#[derive(Debug)]
pub struct Policy {
    name: Box<str>,
    kind: PolicyType,
    document: Document,
}

impl Policy {
    /// Names a document.
    pub fn new(name: &str, kind: PolicyType, document: Document) -> Self {
        Self { name: name.into(), kind, document }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it comes from.
    pub fn kind(&self) -> PolicyType {
        self.kind
    }

    /// Its document.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// The statement of this place, from 0.
    pub(super) fn statement(&self, index: u32) -> Option<&Statement> {
        self.document.statements.get(usize::try_from(index).ok()?)
    }
}

/// A document that breaks a rule. Whoever has to consult it gets an explicit deny (V-16).
#[derive(Clone, Debug)]
pub struct InvalidPolicy {
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

/// A resource that a policy is attached to: its statements apply to nothing else.
#[derive(Clone, Debug)]
pub struct Attachment {
    texts: Texts,
    pattern: ResourcePattern,
    /// What lies below: the objects of a bucket. `None` where the pattern covers that itself.
    below: Option<ResourcePattern>,
}

impl Attachment {
    /// Reads the ARN of a resource, or a pattern of them. The error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut texts = Texts::default();
        let pattern = ResourcePattern::read(text, &mut texts);
        let pattern = pattern.map_err(|bad| format!("`{text}` {bad}"))?;
        let below = if text.ends_with('*') {
            None
        } else {
            let deeper = format!("{}/*", text.trim_end_matches('/'));
            ResourcePattern::read(&deeper, &mut texts).ok()
        };
        Ok(Self { texts, pattern, below })
    }

    /// The service that the resource belongs to, if the pattern names one.
    pub fn service(&self) -> Option<&str> {
        self.pattern.segments.and_then(|segments| segments.service.exact(&self.texts))
    }

    /// The one name that it stands for, behind the account; `None` with a wildcard, and for the names of RAM, of which
    /// letter case may not count.
    pub fn exact_name(&self) -> Option<&str> {
        let segments = self.pattern.segments?;
        let service = segments.service.exact(&self.texts)?;
        segments.relative_id.exact(&self.texts).filter(|_| service != "ram")
    }

    /// Whether a policy that is attached to these is one of the requested resource's own (8.2, step 3): that of a bucket is
    /// the policy of its objects too.
    pub fn reaches(&self, access: &AccessRequest<'_>) -> Truth {
        let below = self.below.map_or(Truth::False, |below| below.matches(&self.texts, access));
        self.matches(access).or(below)
    }

    /// Whether the requested resource is one of these.
    pub fn matches(&self, access: &AccessRequest<'_>) -> Truth {
        self.pattern.matches(&self.texts, access)
    }
}

impl fmt::Display for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.texts.get(self.pattern.text))
    }
}

/// A policy of a set.
#[derive(Clone, Debug)]
pub struct Member {
    /// The policy.
    pub policy: Arc<Policy>,
    /// The resource it is attached to; `None` when it is not attached to a resource.
    pub attached_to: Option<Attachment>,
}

/// Policies that decide together.
#[derive(Debug, Default)]
pub struct PolicySet {
    members: Vec<Member>,
    invalid: Option<InvalidPolicy>,
    allow: Index,
    deny: Index,
    cost: Cost,
}

/// A statement of a policy.
#[derive(Clone, Copy, Debug)]
pub struct StatementRef<'s> {
    policy: &'s Arc<Policy>,
    index: u32,
}

impl PartialEq for StatementRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(self.policy, other.policy) && self.index == other.index
    }
}

impl<'s> StatementRef<'s> {
    /// The policy.
    pub fn policy(&self) -> &'s Arc<Policy> {
        self.policy
    }

    /// Every statement of a policy, in order.
    pub fn all(policy: &'s Arc<Policy>) -> impl Iterator<Item = Self> {
        let statements = (0..).zip(&policy.document.statements);
        statements.map(move |(index, _)| Self { policy, index })
    }

    /// Its place in the document, from 0.
    pub fn index(&self) -> u32 {
        self.index
    }

    /// The line that it starts on, from 1.
    pub fn line(&self) -> u32 {
        self.statement().map_or(0, |statement| statement.line)
    }

    /// Its `Sid`.
    pub fn sid(&self) -> Option<&'s str> {
        let sid = self.statement()?.sid?;
        Some(self.policy.document.texts.get(sid))
    }

    /// What it does.
    pub fn effect(&self) -> Effect {
        self.statement().map_or(Effect::Deny, |statement| statement.effect)
    }

    /// The same, to be kept.
    pub fn keep(&self) -> KeptStatement {
        KeptStatement { policy: Arc::clone(self.policy), index: self.index }
    }

    pub(super) fn statement(&self) -> Option<&'s Statement> {
        self.policy.statement(self.index)
    }
}

/// `policies/keep-production.json:4 (NobodyStopsProduction)`
impl fmt::Display for StatementRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.policy.document.file(), self.line())?;
        match self.sid() {
            Some(sid) => write!(f, " ({sid})"),
            None => write!(f, " (statement {})", self.index),
        }
    }
}

/// A statement that outlives the generation it comes from.
#[derive(Clone, Debug)]
pub struct KeptStatement {
    policy: Arc<Policy>,
    index: u32,
}

impl KeptStatement {
    /// The statement.
    pub fn as_ref(&self) -> StatementRef<'_> {
        StatementRef { policy: &self.policy, index: self.index }
    }
}

impl fmt::Display for KeptStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}

/// A statement that matches a request, and how surely.
#[derive(Clone, Copy, Debug)]
pub(super) struct Match<'s> {
    pub(super) statement: StatementRef<'s>,
    pub(super) truth: Truth,
}

/// Nothing attached.
pub static NO_POLICIES: PolicySet = PolicySet {
    members: Vec::new(),
    invalid: None,
    allow: Index::EMPTY,
    deny: Index::EMPTY,
    cost: Cost { steps: 0, dearest: None },
};

impl PolicySet {
    /// Puts policies together and indexes them.
    pub fn new(policies: impl IntoIterator<Item = Arc<Policy>>) -> Self {
        let members = policies.into_iter().map(|policy| Member { policy, attached_to: None });
        Self::of_members(members.collect())
    }

    /// Puts policies together, each attached to a resource or not, and indexes them.
    pub fn of_members(members: Vec<Member>) -> Self {
        let documents = || members.iter().map(|member| &member.policy.document);
        Self {
            allow: Index::build(documents(), Effect::Allow),
            deny: Index::build(documents(), Effect::Deny),
            cost: Cost::of(documents()),
            members,
            invalid: None,
        }
    }

    /// Adds a document that is not valid: every decision that consults the set is an explicit deny (V-16).
    #[must_use]
    pub fn with_invalid(mut self, invalid: InvalidPolicy) -> Self {
        self.invalid = Some(invalid);
        self
    }

    /// The policies.
    pub fn policies(&self) -> impl Iterator<Item = &Arc<Policy>> {
        self.members.iter().map(|member| &member.policy)
    }

    /// The policies with what they are attached to.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty() && self.invalid.is_none()
    }

    /// What a decision costs at worst.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// The statement of the set that costs most, to be named when the set is refused.
    pub fn dearest_statement(&self) -> Option<StatementRef<'_>> {
        let (policy, index) = self.cost.dearest?;
        let policy = self.policies().nth(usize::try_from(policy).ok()?)?;
        Some(StatementRef { policy, index })
    }

    pub(super) fn invalid(&self) -> Option<&InvalidPolicy> {
        self.invalid.as_ref()
    }

    /// Every statement.
    pub fn statements(&self) -> impl Iterator<Item = StatementRef<'_>> {
        self.policies().flat_map(StatementRef::all)
    }

    /// A statement of an effect that applies to the request.
    pub(super) fn applying(
        &self,
        effect: Effect,
        access: &AccessRequest<'_>,
        probe: &Probe,
    ) -> Option<Match<'_>> {
        let index = match effect {
            Effect::Allow => &self.allow,
            Effect::Deny => &self.deny,
        };
        if index.is_empty() {
            return None;
        }
        if !probe.is_exact() {
            return self.scan(effect, access);
        }
        index.find(probe, |policy, statement| {
            let member = self.members.get(usize::try_from(policy).ok()?)?;
            member.applying(statement, effect, access)
        })
    }

    /// The same without the index, for a resource whose name is not known well enough to look it up.
    fn scan(&self, effect: Effect, access: &AccessRequest<'_>) -> Option<Match<'_>> {
        self.members.iter().find_map(|member| {
            let count = u32::try_from(member.policy.document.statements.len()).unwrap_or(u32::MAX);
            (0..count).find_map(|index| member.applying(index, effect, access))
        })
    }
}

impl Member {
    fn applying(
        &self,
        index: u32,
        effect: Effect,
        access: &AccessRequest<'_>,
    ) -> Option<Match<'_>> {
        let statement = self.policy.statement(index)?;
        if statement.effect != effect {
            return None;
        }
        let truth = self.policy.document.matches(statement, access).and(self.reaches(access));
        let statement = StatementRef { policy: &self.policy, index };
        effect.applies(truth).then_some(Match { statement, truth })
    }

    /// Whether the policy is attached to the requested resource.
    pub(super) fn reaches(&self, access: &AccessRequest<'_>) -> Truth {
        self.attached_to.as_ref().map_or(Truth::True, |on| on.reaches(access))
    }
}

#[cfg(test)]
mod tests;
