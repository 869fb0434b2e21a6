use prometheus::{IntCounterVec, Opts, Registry};

use super::metrics::register;

/// Metrics of the limits of callers.
#[derive(Clone, Debug)]
pub struct ThrottleMetrics {
    refusals: IntCounterVec,
}

impl ThrottleMetrics {
    pub(super) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let refusals = IntCounterVec::new(
            Opts::new(
                "ramgate_throttled_total",
                "Requests that were one too many of a peer or an account, by limit.",
            ),
            &["limit"],
        )?;
        register(registry, &refusals)?;
        Ok(Self { refusals })
    }

    /// Counts a request that was one too many.
    pub fn refused(&self, limit: &str) {
        self.refusals.with_label_values(&[limit]).inc();
    }
}
