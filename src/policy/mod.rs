//! The RAM policy language: strict parse, compilation, decision.
//!
//! [`parse`] reads a document and reports everything that is wrong with it, [`compile`] indexes it by action, and
//! [`decide`] answers one question against any number of compiled documents. What RAM's rules leave open is answered
//! as [`Truth::Indeterminate`]: no Allow rests on it, every Deny does (C-7).

mod access;
mod action;
mod compile;
mod condition;
mod decide;
mod document;
mod glob;
mod near;
mod parse;
mod resource;
mod short_text;
mod system;
mod truth;

pub use access::{
    AccessRequest, Action, Attribute, Attributes, ConditionKey, RelativeId, Resource, Segment,
};
pub use compile::{ActionId, Compiled, PolicyType, StatementRef, Vocabulary, compile};
pub use decide::{Decision, Identity, Verdict, decide};
pub use document::{Document, DocumentKind};
pub use near::{Missing, Near, nearest};
pub use parse::{parse, parse_as};
pub use system::{SystemPolicy, system_policies};
pub use truth::Truth;

#[cfg(test)]
mod tests;
