//! What became of an attempt to issue a session, for the audit record and the metrics. Paths are left out: they can have secrets.

use std::time::Instant;

use crate::clock;
use crate::gate::{Asking, Blame, Gate, Record, Refusal};
use crate::ident::{AccessKeyId, WorkloadName};
use crate::proxy::{Shared, check_line, request_id};
use crate::telemetry::{AuditLine, DurationLine, Verdict};

/// What is known of a finished attempt.
pub(super) struct Attempt<'a> {
    pub(super) gate: &'a Gate<'a>,
    pub(super) workload: &'a WorkloadName,
    pub(super) asking: Asking,
    pub(super) record: &'a Record,
    pub(super) refusal: Option<&'a Refusal>,
    pub(super) started: Instant,
}

impl Attempt<'_> {
    /// Writes the audit line and counts.
    pub(super) fn tell(&self, shared: &Shared) {
        let verdict = self.verdict();
        shared.metrics.workloads.asked(self.workload.as_str(), verdict);
        let world = self.gate.world;
        let principal = self.gate.service_of(self.workload);
        let code = self.refusal.map(|refusal| refusal.code.status_and_name().1);
        let taken = clock::monotonic().saturating_duration_since(self.started).as_micros();
        let total = u64::try_from(taken).unwrap_or(u64::MAX);
        shared.audit.write(&AuditLine {
            schema: "ramgate-audit/1",
            time: format!("{:.6}", clock::timestamp()),
            request_id: &request_id(),
            verdict: verdict.as_str(),
            status: if self.refusal.is_some() { 503 } else { 200 },
            code: code.as_deref(),
            reason: self.refusal.map(|refusal| &*refusal.reason),
            peer: self.asking.peer.map_or_else(|| "socket".to_owned(), |it| it.to_string()),
            principal_type: principal.as_ref().map(|_service| "Service"),
            principal,
            owner_account: shared.rules.account.to_string(),
            operation: self.record.operation.as_deref(),
            checks: self.record.checks.iter().map(check_line).collect(),
            workload: Some(self.workload.as_str()),
            issued: self.record.issued.as_ref().map(AccessKeyId::as_str),
            generation: world.snapshot.generation(),
            hash: &world.snapshot.hash(),
            duration_us: DurationLine { gate: total, upstream: 0, total },
            ..AuditLine::default()
        });
    }

    fn verdict(&self) -> Verdict {
        match self.refusal.map(|refusal| refusal.code.blame()) {
            None => Verdict::Allow,
            Some(Blame::Policy) => Verdict::Deny,
            Some(Blame::Client) => Verdict::Refuse,
            Some(Blame::Upstream | Blame::Ramgate) => Verdict::Fail,
        }
    }
}
