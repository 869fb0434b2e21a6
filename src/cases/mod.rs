//! Worked cases: a question, the policies that have a say, and the answer that is expected. People test their policies,
//! and the program itself, against files of these.

mod context;
mod decision;
mod recorded;
mod signature;

pub use context::Listed;
pub use decision::{Answered, Case, CaseError, parse};
pub use recorded::Recorded;
pub use signature::{Context, Expect, Refused, SignatureCase};
