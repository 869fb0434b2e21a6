use prometheus::{IntCounterVec, Opts, Registry};

use super::Verdict;
use super::metrics::register;

/// Metrics of the credential listeners.
#[derive(Clone, Debug)]
pub struct WorkloadMetrics {
    sessions: IntCounterVec,
    requests: IntCounterVec,
}

impl WorkloadMetrics {
    pub(super) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counter = |name, help, labels: &[&str]| -> Result<IntCounterVec, prometheus::Error> {
            let counter = IntCounterVec::new(Opts::new(name, help), labels)?;
            register(registry, &counter)?;
            Ok(counter)
        };
        Ok(Self {
            sessions: counter(
                "ramgate_workload_sessions_total",
                "Sessions that were asked for a workload: allow, deny or fail.",
                &["workload", "verdict"],
            )?,
            requests: counter(
                "ramgate_workload_requests_total",
                "Requests of workloads for credentials, by how they were answered.",
                &["outcome"],
            )?,
        })
    }

    /// Counts an attempt to issue a session. Workloads are those that the configuration names.
    pub fn asked(&self, workload: &str, verdict: Verdict) {
        self.sessions.with_label_values(&[workload, verdict.as_str()]).inc();
    }

    /// Counts a request: `served`, or why it was not.
    pub fn answered(&self, outcome: &str) {
        self.requests.with_label_values(&[outcome]).inc();
    }
}
