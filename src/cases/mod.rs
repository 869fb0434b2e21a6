//! Worked cases: a question, the policies that have a say, and the answer that is expected. People test their policies,
//! and the program itself, against files of these.

mod call;
mod context;
mod decision;
mod meaning;
mod recorded;
mod signature;

pub use call::{
    Answer, CallCase, CallCheck, CallFile, CallRequest, Decision, EXAMPLE_ACCOUNT, FormPart, Pairs,
    write_form,
};
pub use context::Listed;
pub use decision::{Answered, Case, CaseError, parse};
pub use meaning::{OpenTerms, Regions, Terms, named_region};
pub use recorded::Recorded;
pub use signature::{Context, Expect, Refused, SignatureCase};
