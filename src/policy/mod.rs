//! The RAM policy language: strict parse, compilation, decision.

mod access;

pub use access::{
    AccessRequest, Action, Attribute, Attributes, ConditionKey, RelativeId, Resource, Segment,
};
