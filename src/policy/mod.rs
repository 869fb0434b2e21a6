//! The RAM policy language: strict parse, index, decision, explanation.
//!
//! [`parse`] reads a document or reports everything that is wrong with it, a [`PolicySet`] indexes what decides together,
//! [`decide`] answers one question from all [`Layers`], and [`explain`] says why. What RAM's rules leave open is answered
//! as [`Truth::Indeterminate`]: no Allow rests on it, every Deny does (C-7).

mod access;
mod action;
mod condition;
mod decide;
mod document;
mod explain;
mod glob;
mod layers;
mod lint;
mod named;
mod outline;
mod parse;
mod principal;
mod read;
mod resource;
mod rules;
mod set;
mod short_text;
mod system;
mod texts;
mod truth;

pub use access::{
    AccessRequest, Action, Attribute, Attributes, Caller, ConditionKey, ForeignCallers, RelativeId,
    Resource, Segment, Traits,
};
pub use decide::{Decision, Layer, Verdict, decide};
pub use document::{Document, DocumentKind, Effect, PrincipalForm};
pub use explain::{Answer, Explanation, Near, Sides, explain, layer_name, sides};
pub use layers::{
    Acl, AclAnswer, ControlChain, ControlLevel, GroupPolicies, Layers, NO_CONTROL, ObjectUse,
    ResourceGroup, Trust,
};
pub use lint::{
    ActionFacts, KeyFacts, Lint, LintFacts, RegionFacts, ServiceFacts, Shape, lint, lint_trust,
};
pub use named::{Held, IdentityKind, NamedIdentity};
pub use outline::{Line, Listed, Outline};
pub use parse::{parse, parse_with};
pub use rules::OidcRule;
pub use set::{
    Attachment, Cost, InvalidPolicy, KeptStatement, Member, NO_POLICIES, Policy, PolicySet,
    PolicyType, STEPS_MAX, StatementRef,
};
pub use system::{SystemPolicy, system_policies};
pub use truth::Truth;

#[cfg(test)]
mod tests;
