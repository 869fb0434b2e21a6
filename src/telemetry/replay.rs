//! Metrics of the replay guard and of the store that processes share.

use prometheus::{IntCounter, IntCounterVec, IntGauge, Opts, Registry};

use super::metrics::register;

/// What came of asking the store of nonces that processes share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharedOutcome {
    /// The nonce was new.
    New,
    /// Another process had seen it.
    Used,
    /// The store was away, and the request was refused.
    Refused,
    /// The store was away, and the process's own guard decided.
    Local,
}

impl SharedOutcome {
    /// Every outcome, in the order of the counters.
    const ALL: [Self; 4] = [Self::New, Self::Used, Self::Refused, Self::Local];

    fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Used => "used",
            Self::Refused => "refused",
            Self::Local => "local",
        }
    }
}

/// What the replay guard holds and refuses, and how the shared store answers.
#[derive(Clone, Debug)]
#[expect(
    missing_docs,
    reason = "each is described by its help text below, which docs/metrics.md repeats"
)]
pub struct ReplayMetrics {
    pub entries: IntGauge,
    pub capacity: IntGauge,
    pub bytes: IntGauge,
    pub shared_up: IntGauge,
    refusals: IntCounterVec,
    shared: [IntCounter; 4],
}

impl ReplayMetrics {
    pub(super) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let gauge = |name, help| -> Result<IntGauge, prometheus::Error> {
            let gauge = IntGauge::new(name, help)?;
            register(registry, &gauge)?;
            Ok(gauge)
        };
        let counters = |name, help, label| -> Result<IntCounterVec, prometheus::Error> {
            let counters = IntCounterVec::new(Opts::new(name, help), &[label])?;
            register(registry, &counters)?;
            Ok(counters)
        };
        let shared = counters(
            "ramgate_replay_shared_total",
            "Questions to the shared store of nonces, by outcome: new, used, refused or local.",
            "outcome",
        )?;
        Ok(Self {
            entries: gauge("ramgate_replay_entries", "Nonces that the replay guard holds.")?,
            capacity: gauge("ramgate_replay_capacity", "Nonces that the replay guard can hold.")?,
            bytes: gauge("ramgate_replay_bytes", "Memory of the replay guard.")?,
            shared_up: gauge(
                "ramgate_replay_shared_up",
                "Workers that are connected to the shared store of nonces.",
            )?,
            refusals: counters(
                "ramgate_replay_refusals_total",
                "Requests that the replay guard did not admit, by reason.",
                "reason",
            )?,
            shared: SharedOutcome::ALL.map(|outcome| shared.with_label_values(&[outcome.as_str()])),
        })
    }

    /// Counts a request that the guard did not admit.
    pub fn refused(&self, reason: &str) {
        self.refusals.with_label_values(&[reason]).inc();
    }

    /// Counts a question to the shared store.
    pub fn asked(&self, outcome: SharedOutcome) {
        let index = SharedOutcome::ALL.iter().position(|candidate| *candidate == outcome);
        if let Some(counter) = index.and_then(|index| self.shared.get(index)) {
            counter.inc();
        }
    }
}
