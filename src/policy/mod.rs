//! The RAM policy language: strict parse, compilation, decision.
//!
//! Pure: no IO, no clock; the context comes in with the question. A statement that cannot be evaluated denies if it is a
//! Deny and is ignored if it is an Allow; see [`Truth::Indeterminate`].

mod access;
mod compile;
mod condition;
mod decide;
mod document;
mod glob;
mod nearest;
mod pattern;
mod system;
mod truth;
mod vocabulary;

pub use access::{
    AccessRequest, Action, Attribute, Attributes, ConditionKey, RelativeId, Resource, Segment,
};
pub use compile::{Compiled, PolicyType, StatementRef, compile};
pub use decide::{Decision, Identity, Verdict, decide};
pub use document::{Document, parse};
pub use nearest::nearest;
pub use system::{SystemPolicy, system_policies};
pub use truth::Truth;
pub use vocabulary::{ActionId, Vocabulary};
