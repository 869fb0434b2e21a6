//! What of a request may be believed (decisions, Unsigned facts; signatures sheet 12.2).

use crate::signature::{BodyAuthenticity, Claim, Fact, UnsignedFact};

/// What vouches for the facts of a request. A fact that nothing vouches for is as good as unknown: somebody on the way may
/// have written it. Nothing at all is the trust in a caller who signed nothing: it speaks for nobody but itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trust<'c> {
    /// The signature that matched.
    pub claim: Option<&'c Claim>,
    /// What counts without a signature.
    pub accepted: &'c [UnsignedFact],
}

impl Trust<'_> {
    /// Whether a fact may decide something.
    pub fn believes(&self, fact: Fact<'_>) -> bool {
        let covered = self.claim.is_none_or(|claim| claim.covers(fact));
        covered || self.accepted.contains(&fact.kind())
    }

    /// Whether the body may.
    pub(super) fn believes_body(&self) -> bool {
        let covered =
            self.claim.is_none_or(|claim| claim.body().authenticity() == BodyAuthenticity::Signed);
        covered || self.accepted.contains(&UnsignedFact::Bodies)
    }
}
