//! What of a request may be believed (decisions, Unsigned facts; signatures sheet 12.2).

use crate::signature::{Claim, Fact};

/// What vouches for the facts of a request. A fact that nothing vouches for is as good as unknown: somebody on the way may
/// have written it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trust<'c> {
    /// The signature that matched. A caller without one speaks for nobody but itself, so there is nothing to mistake.
    pub claim: Option<&'c Claim>,
    /// Parameters count without a signature.
    pub query: bool,
    /// Headers count without a signature.
    pub headers: bool,
    /// The host counts without a signature.
    pub host: bool,
}

impl Trust<'_> {
    /// Whether a fact may decide something.
    pub(super) fn believes(&self, fact: Fact<'_>) -> bool {
        let accepted = match fact {
            Fact::Query(_) => self.query,
            Fact::Header(_) => self.headers,
            Fact::Host => self.host,
        };
        accepted || self.claim.is_none_or(|claim| claim.covers(fact))
    }
}
