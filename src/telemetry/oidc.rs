use prometheus::{IntCounterVec, IntGaugeVec, Opts, Registry};

use super::metrics::register;

/// Metrics of the keys that are fetched from OIDC issuers.
#[derive(Clone, Debug)]
pub struct OidcMetrics {
    fetches: IntCounterVec,
    ages: IntGaugeVec,
}

impl OidcMetrics {
    pub(super) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let fetches = IntCounterVec::new(
            Opts::new(
                "ramgate_oidc_fetches_total",
                "Fetches of the keys of an OIDC issuer, by what came of them.",
            ),
            &["result"],
        )?;
        let ages = IntGaugeVec::new(
            Opts::new(
                "ramgate_oidc_keys_age_seconds",
                "Seconds since the fetched keys of an OIDC provider, which are in use, were fetched.",
            ),
            &["provider"],
        )?;
        register(registry, &fetches)?;
        register(registry, &ages)?;
        Ok(Self { fetches, ages })
    }

    /// Counts a fetch that ended.
    pub fn fetched(&self, result: &str) {
        self.fetches.with_label_values(&[result]).inc();
    }

    /// Replaces the ages. The names are those of providers in the directory.
    pub fn set_ages(&self, ages: impl Iterator<Item = (String, i64)>) {
        self.ages.reset();
        for (provider, age) in ages {
            self.ages.with_label_values(&[&*provider]).set(age);
        }
    }
}
