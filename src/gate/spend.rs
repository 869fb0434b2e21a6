//! What counts once: the nonce or, if that was asked for, the signature (SIG-16 … SIG-20).

use crate::config::NonceRule;
use crate::ident::Principal;
use crate::memory::{Mark, ReplayError, SharedMark, Spending};
use crate::request::Head;
use crate::signature::{Claim, SignatureError};

use super::{Code, Facts, Gate, Record, Refusal};

impl Gate<'_> {
    /// Recorded only after the signature matched, and before the decision, so that a denied request cannot be sent again
    /// after a change of policy. It answers with what other processes have to be told, if there are any.
    pub(super) fn spend(
        &self,
        claim: &Claim,
        principal: &Principal,
        head: &Head,
        facts: &Facts,
        record: &mut Record,
    ) -> Result<Option<SharedMark>, Refusal> {
        let Some(mark) = self.mark(claim, head)? else { return Ok(None) };
        let spending = Spending {
            principal,
            access_key_id: claim.access_key_id(),
            mark,
            signed_at: claim.time().signed_at(),
            passes_until: claim.time().passes_until(),
        };
        self.replay.spend(&spending, facts.now).map_err(|error| {
            record.replay = Some(error);
            Refusal::from(error)
        })
    }

    /// A claim without a nonce is of a scheme that has none, or that may leave it out (SIG-20).
    fn mark<'c>(&self, claim: &'c Claim, head: &Head) -> Result<Option<Mark<'c>>, Refusal> {
        match claim.nonce() {
            Some(nonce) => Ok(Some(Mark::Nonce(nonce))),
            None if claim.scheme().may_lack_nonce() && self.rules.nonce == NonceRule::Required => {
                Err(SignatureError::Missing("SignatureNonce").into())
            }
            None if self.rules.remember.covers(head.method().as_str()) => {
                Ok(Some(Mark::Signature(claim.signature())))
            }
            None => Ok(None),
        }
    }
}

impl From<ReplayError> for Refusal {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Used => {
                Self::new(Code::SignatureNonceUsed, "the nonce or signature was used before")
            }
            ReplayError::SignedBeforeStart => Self::new(
                Code::TimestampExpired,
                "signed before this process started, when it could not see nonces",
            ),
            ReplayError::FullForCaller => Self::new(
                Code::ServiceUnavailable,
                "the caller's share of the replay guard is full",
            ),
            ReplayError::Full => Self::new(Code::ServiceUnavailable, "the replay guard is full"),
            ReplayError::TooFarAhead => Self::told(
                Code::InvalidParameter,
                "a signature that counts for more than seven days cannot be remembered".to_owned(),
            ),
        }
    }
}
