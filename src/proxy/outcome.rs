//! One outcome a request, told to the audit record and the metrics exactly once: also for refusals, and for callers
//! that hang up while they wait.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::request::Parts;

use crate::clock;
use crate::gate::{Blame, Federated, Record, Refusal, principal_type};
use crate::ident::Principal;
use crate::signature::{BodyAuthenticity, Scheme};
use crate::snapshot::Lineage;
use crate::telemetry::{
    AuditLine, CheckLine, DurationLine, FederationLine, SessionLine, StatementLine, Verdict,
};

use super::Shared;
use super::refuse::{Answer, Refused};

/// How much of a caller's text an audit line repeats.
const TEXT_CHARS_MAX: usize = 1024;

/// What will be told about a request.
pub(super) struct Outcome {
    shared: Arc<Shared>,
    pub(super) request_id: String,
    pub(super) host: String,
    method: String,
    path: String,
    peer: IpAddr,
    started: Instant,
    decided: Option<Instant>,
    pub(super) record: Record,
    /// Why the request cannot be read, in the word of the catalogue.
    word: Option<&'static str>,
    pub(super) generation: u64,
    pub(super) hash: String,
    told: bool,
}

impl Outcome {
    pub(super) fn begin(
        shared: &Arc<Shared>,
        parts: &Parts,
        peer: IpAddr,
        request_id: String,
    ) -> Self {
        let host = parts.headers.get(http::header::HOST).and_then(|host| host.to_str().ok());
        Self::new(
            shared,
            parts.method.as_str(),
            host.unwrap_or(""),
            parts.uri.path(),
            peer,
            request_id,
        )
    }

    pub(super) fn new(
        shared: &Arc<Shared>,
        method: &str,
        host: &str,
        path: &str,
        peer: IpAddr,
        request_id: String,
    ) -> Self {
        let cut = |text: &str| text.chars().take(TEXT_CHARS_MAX).collect();
        Self {
            shared: Arc::clone(shared),
            request_id,
            host: cut(host),
            method: cut(method),
            path: cut(path),
            peer,
            started: clock::monotonic(),
            decided: None,
            record: Record::default(),
            word: None,
            generation: 0,
            hash: String::new(),
            told: false,
        }
    }

    /// The gate has permitted the request.
    pub(super) fn decided(&mut self) {
        self.decided = Some(clock::monotonic());
    }

    /// The upstream has answered.
    pub(super) fn forwarded(mut self, status: u16) {
        self.tell(Verdict::Allow, status, None, None);
    }

    /// What a refusal tells the caller about this request.
    pub(super) fn told<'r>(&'r self, refusal: &'r Refusal, is_head: bool) -> Refused<'r> {
        Refused {
            refusal,
            record: &self.record,
            host: &self.host,
            request_id: &self.request_id,
            is_head,
            now: clock::now(),
        }
    }

    /// The caller gets a refusal.
    pub(super) fn refused(mut self, refusal: &Refusal, answer: &Answer) {
        let verdict = match refusal.code.blame() {
            Blame::Policy => Verdict::Deny,
            Blame::Client => Verdict::Refuse,
            Blame::Upstream | Blame::Ramgate => Verdict::Fail,
        };
        self.word = refusal.word;
        self.tell(verdict, answer.status, Some(&answer.code), Some(&refusal.reason));
    }

    fn tell(&mut self, verdict: Verdict, status: u16, code: Option<&str>, reason: Option<&str>) {
        self.told = true;
        let ended = clock::monotonic();
        let decided = self.decided.unwrap_or(ended);
        let gate = decided.saturating_duration_since(self.started);
        let upstream = ended.saturating_duration_since(decided);
        let metrics = &self.shared.metrics;
        metrics.ended(verdict, code);
        if let Some(error) = self.record.replay {
            metrics.replay.refused(error.as_str());
        }
        if let Some(throttled) = self.record.throttled {
            metrics.throttles.refused(throttled.as_str());
        }
        if let (Some(scheme), Some(principal)) = (self.record.scheme, &self.record.principal) {
            let caller = || principal.condition_arn();
            metrics.signatures.matched(scheme.as_str(), scheme.is_weak(), caller);
        }
        metrics.gate_seconds.observe(gate.as_secs_f64());
        if self.decided.is_some() {
            metrics.upstream_seconds.observe(upstream.as_secs_f64());
        }
        let duration_us = DurationLine {
            gate: micros(gate),
            upstream: micros(upstream),
            total: micros(ended.saturating_duration_since(self.started)),
        };
        self.shared.audit.write(&self.line(verdict, status, code, reason, duration_us));
    }

    fn line<'l>(
        &'l self,
        verdict: Verdict,
        status: u16,
        code: Option<&'l str>,
        reason: Option<&'l str>,
        duration_us: DurationLine,
    ) -> AuditLine<'l> {
        let record = &self.record;
        let (principal, principal_type) = caller(record).unzip();
        AuditLine {
            schema: "ramgate-audit/1",
            time: format!("{:.6}", clock::timestamp()),
            request_id: &self.request_id,
            verdict: verdict.as_str(),
            status,
            code,
            reason,
            peer: self.peer.to_string(),
            method: &self.method,
            host: &self.host,
            path: &self.path,
            scheme: record.scheme.map(Scheme::as_str),
            access_key_id: record.access_key_id.as_deref(),
            principal,
            principal_type,
            session: record.session.as_ref().map(session_line),
            federation: record.federated.as_ref().map(federation_line),
            owner_account: self.shared.rules.account.to_string(),
            product: record.product.as_deref(),
            operation: record.operation.as_deref(),
            body: record.body.map(BodyAuthenticity::as_str),
            checks: record.checks.iter().map(check_line).collect(),
            workload: None,
            issued: record.issued.as_ref().map(crate::ident::AccessKeyId::as_str),
            word: self.word,
            generation: self.generation,
            hash: &self.hash,
            duration_us,
        }
    }
}

/// The ARN of the caller, or of the provider that vouches for it; and the kind.
fn caller(record: &Record) -> Option<(String, &'static str)> {
    let known = record.principal.as_ref().map(|it| (Principal::arn(it), principal_type(it)));
    let federated = record.federated.as_ref();
    known.or_else(|| federated.map(|it| (it.provider.to_string(), "Federated")))
}

fn federation_line(federated: &Federated) -> FederationLine<'_> {
    let identity = &federated.identity;
    FederationLine { issuer: &identity.issuer, subject: &identity.subject }
}

fn session_line(lineage: &Lineage) -> SessionLine<'_> {
    SessionLine {
        source: lineage.source(),
        origin: lineage.origin(),
        source_identity: lineage.source_identity(),
        chain: lineage.chain().collect(),
    }
}

/// A question to the policies, as the audit record has it.
pub fn check_line(checked: &crate::gate::Checked) -> CheckLine<'_> {
    CheckLine {
        action: &checked.action,
        resource: &checked.resource,
        verdict: checked.verdict.as_str(),
        statement: checked.statement.as_ref().map(ToString::to_string),
        decided_by: checked.statement.as_ref().map(|kept| {
            let statement = kept.as_ref();
            StatementLine {
                policy: statement.policy().name(),
                kind: statement.policy().document().kind().as_str(),
                index: statement.index(),
                sid: statement.sid(),
            }
        }),
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// The connection ended before there was an answer.
impl Drop for Outcome {
    fn drop(&mut self) {
        if !self.told {
            let reason = "the caller hung up before it had an answer";
            self.tell(Verdict::Refuse, 499, Some("ClientClosedRequest"), Some(reason));
        }
    }
}
