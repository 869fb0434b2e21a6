use prometheus::{IntCounterVec, IntGauge, Opts, Registry};

use super::metrics::register;

/// Metrics of the encrypted listener.
#[derive(Clone, Debug)]
pub struct TlsMetrics {
    /// When the certificate in force ends.
    pub certificate_expiry: IntGauge,
    /// What is wrong with the mounted certificate.
    pub certificate_problems: IntGauge,
    failed_handshakes: IntCounterVec,
}

impl TlsMetrics {
    pub(super) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let gauge = |name, help| -> Result<IntGauge, prometheus::Error> {
            let gauge = IntGauge::new(name, help)?;
            register(registry, &gauge)?;
            Ok(gauge)
        };
        let failed_handshakes = IntCounterVec::new(
            Opts::new(
                "ramgate_tls_handshakes_failed_total",
                "Connections that ended before a request, by why the TLS handshake failed.",
            ),
            &["reason"],
        )?;
        register(registry, &failed_handshakes)?;
        Ok(Self {
            certificate_expiry: gauge(
                "ramgate_tls_certificate_expiry_timestamp_seconds",
                "When the TLS certificate in force ends; 0 without listen.tls.",
            )?,
            certificate_problems: gauge(
                "ramgate_tls_certificate_problems",
                "Errors in the mounted TLS certificate and key; 0 when they are the ones in force.",
            )?,
            failed_handshakes,
        })
    }

    /// Counts a handshake that failed.
    pub fn handshake_failed(&self, reason: &str) {
        self.failed_handshakes.with_label_values(&[reason]).inc();
    }
}
