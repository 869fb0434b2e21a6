//! Asks the store that processes share whether a nonce is new to all of them.

use crate::clock;
use crate::config::Away;
use crate::gate::{Code, Record, Refusal};
use crate::memory::{ReplayError, SharedMark};
use crate::shared_replay::{Claim, Store, StoreError};
use crate::telemetry::{Metrics, SharedOutcome};

/// One worker's store, and what a silent one means.
#[derive(Debug)]
pub(super) struct Peers {
    pub(super) store: Store,
    pub(super) away: Away,
}

impl Peers {
    /// Claims what this process's own guard admitted.
    pub(super) async fn claim(
        &self,
        mark: SharedMark,
        metrics: &Metrics,
        record: &mut Record,
    ) -> Result<(), Refusal> {
        let answer = self.store.claim(mark, clock::now()).await;
        let (outcome, judged) = self.judge(answer);
        metrics.replay.asked(outcome);
        if outcome == SharedOutcome::Used {
            record.replay = Some(ReplayError::Used);
        }
        judged
    }

    fn judge(&self, answer: Result<Claim, StoreError>) -> (SharedOutcome, Result<(), Refusal>) {
        match (answer, self.away) {
            (Ok(Claim::Won), _) => (SharedOutcome::New, Ok(())),
            (Ok(Claim::Lost), _) => {
                let reason = "the nonce or signature was used before, in another process";
                (SharedOutcome::Used, Err(Refusal::new(Code::SignatureNonceUsed, reason)))
            }
            (Err(error), Away::Refuse) => {
                let refusal = Refusal::new(Code::ServiceUnavailable, error.to_string());
                (SharedOutcome::Refused, Err(refusal))
            }
            (Err(_), Away::Local) => (SharedOutcome::Local, Ok(())),
        }
    }
}
