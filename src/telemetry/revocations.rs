//! Metrics that prove which revocations are in force, and since when.

use prometheus::{IntGauge, IntGaugeVec, Opts, Registry};

use super::metrics::register;

/// The revocations in force, and what is taken away while a file is broken.
#[derive(Clone, Debug)]
pub struct RevocationMetrics {
    pub generation: IntGauge,
    pub effective_timestamp: IntGauge,
    pub restrained: IntGauge,
    entries: IntGaugeVec,
}

impl RevocationMetrics {
    pub(super) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let gauge = |name, help| -> Result<IntGauge, prometheus::Error> {
            let gauge = IntGauge::new(name, help)?;
            register(registry, &gauge)?;
            Ok(gauge)
        };
        let entries = IntGaugeVec::new(
            Opts::new(
                "ramgate_revocations_entries",
                "Entries of the revocations in force, by kind.",
            ),
            &["kind"],
        )?;
        register(registry, &entries)?;
        Ok(Self {
            generation: gauge(
                "ramgate_revocations_generation",
                "Number of the revocations in force, counted from the start.",
            )?,
            effective_timestamp: gauge(
                "ramgate_revocations_effective_timestamp_seconds",
                "When the revocations in force became effective.",
            )?,
            restrained: gauge(
                "ramgate_config_restrained",
                "1 while some file is broken and what the others no longer give is refused already.",
            )?,
            entries,
        })
    }

    /// How many entries there are of a kind.
    pub fn set_entries(&self, kind: &str, count: i64) {
        self.entries.with_label_values(&[kind]).set(count);
    }
}
