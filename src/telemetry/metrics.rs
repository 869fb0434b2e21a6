//! Prometheus metrics. Labels come from closed sets only: never a key, host, path or ARN of a resource; a caller's name
//! only where [`Signatures`] says why.

use std::sync::Arc;

use prometheus::core::Collector;
use prometheus::{
    Encoder, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry,
    TextEncoder,
};

use super::oidc::OidcMetrics;
use super::replay::ReplayMetrics;
use super::revocations::RevocationMetrics;
use super::signatures::Signatures;
use super::throttles::ThrottleMetrics;
use super::tls::TlsMetrics;
use super::workloads::WorkloadMetrics;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Forwarded.
    Allow,
    /// The policies do not permit it.
    Deny,
    /// Refused before the policies were asked.
    Refuse,
    /// The upstream failed, or we did.
    Fail,
}

impl Verdict {
    /// Every verdict, in the order of [`Metrics::verdicts`].
    const ALL: [Self; 4] = [Self::Allow, Self::Deny, Self::Refuse, Self::Fail];

    /// The label, and the word of the audit record.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Refuse => "refuse",
            Self::Fail => "fail",
        }
    }
}

/// Every metric, with its handles looked up once.
#[derive(Clone, Debug)]
#[expect(
    missing_docs,
    reason = "each is described by its help text below, which docs/metrics.md repeats"
)]
pub struct Metrics {
    registry: Registry,
    pub signatures: Arc<Signatures>,
    requests: [IntCounter; 4],
    refusals: IntCounterVec,
    pub gate_seconds: Histogram,
    pub upstream_seconds: Histogram,
    pub audit_dropped: IntCounter,
    pub body_mismatches: IntCounter,
    pub panics: IntCounter,
    pub connections: IntGauge,
    pub connections_refused: IntCounter,
    pub reloads_published: IntCounter,
    pub reloads_refused: IntCounter,
    pub revocations_applied: IntCounter,
    pub config_problems: IntGauge,
    pub generation: IntGauge,
    pub age_seconds: IntGauge,
    pub created_timestamp: IntGauge,
    pub replay: ReplayMetrics,
    pub revocations: RevocationMetrics,
    pub tls: TlsMetrics,
    pub oidc: OidcMetrics,
    pub throttles: ThrottleMetrics,
    pub workloads: WorkloadMetrics,
}

/// 5 µs to 80 ms: a decision takes microseconds, a body that is collected first may take longer.
const GATE_BUCKETS: [f64; 10] = [5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2.5e-4, 1e-3, 5e-3, 2e-2, 8e-2];
const UPSTREAM_BUCKETS: [f64; 11] =
    [2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 0.1, 0.5, 2.0, 10.0];

impl Metrics {
    /// Registers everything. An error means that two metrics share a name.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let requests = IntCounterVec::new(
            Opts::new(
                "ramgate_requests_total",
                "Requests, by how they ended: allow, deny, refuse or fail.",
            ),
            &["verdict"],
        )?;
        let refusals = IntCounterVec::new(
            Opts::new("ramgate_refusals_total", "Requests that were not forwarded, by error code."),
            &["code"],
        )?;
        register(&registry, &requests)?;
        register(&registry, &refusals)?;
        let counter = |name, help| -> Result<IntCounter, prometheus::Error> {
            let counter = IntCounter::new(name, help)?;
            register(&registry, &counter)?;
            Ok(counter)
        };
        let gauge = |name, help| -> Result<IntGauge, prometheus::Error> {
            let gauge = IntGauge::new(name, help)?;
            register(&registry, &gauge)?;
            Ok(gauge)
        };
        let histogram = |name, help, buckets: &[f64]| -> Result<Histogram, prometheus::Error> {
            let histogram =
                Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets.to_vec()))?;
            register(&registry, &histogram)?;
            Ok(histogram)
        };
        Ok(Self {
            signatures: Arc::new(Signatures::new(&registry)?),
            requests: Verdict::ALL.map(|verdict| requests.with_label_values(&[verdict.as_str()])),
            refusals,
            gate_seconds: histogram(
                "ramgate_gate_seconds",
                "From the complete head to the decision, bodies that are collected first included.",
                &GATE_BUCKETS,
            )?,
            upstream_seconds: histogram(
                "ramgate_upstream_seconds",
                "From the decision to the head of the upstream's answer.",
                &UPSTREAM_BUCKETS,
            )?,
            audit_dropped: counter(
                "ramgate_audit_dropped_total",
                "Audit lines lost because the disk was too slow or full.",
            )?,
            body_mismatches: counter(
                "ramgate_body_mismatches_total",
                "Streamed bodies that were not the signed ones; the upstream request was broken off.",
            )?,
            panics: counter(
                "ramgate_panics_total",
                "Connections ended by a fault of the program.",
            )?,
            connections: gauge("ramgate_connections", "Open client connections.")?,
            connections_refused: counter(
                "ramgate_connections_refused_total",
                "Client connections closed because the limit was reached.",
            )?,
            reloads_published: counter(
                "ramgate_reloads_published_total",
                "Changed configurations that came into force.",
            )?,
            reloads_refused: counter(
                "ramgate_reloads_refused_total",
                "Changed configurations that were refused; the one before stays in force.",
            )?,
            revocations_applied: counter(
                "ramgate_revocations_applied_total",
                "Changes of the revocations file that came into force.",
            )?,
            config_problems: gauge(
                "ramgate_config_problems",
                "Errors in the configuration files as they are now; 0 when what is mounted is what is in force.",
            )?,
            generation: gauge(
                "ramgate_config_generation",
                "Number of the configuration in force, counted from the start.",
            )?,
            age_seconds: gauge(
                "ramgate_config_age_seconds",
                "Seconds since the configuration files were last confirmed.",
            )?,
            created_timestamp: gauge(
                "ramgate_config_created_timestamp_seconds",
                "When the configuration in force was compiled.",
            )?,
            replay: ReplayMetrics::new(&registry)?,
            revocations: RevocationMetrics::new(&registry)?,
            tls: TlsMetrics::new(&registry)?,
            oidc: OidcMetrics::new(&registry)?,
            throttles: ThrottleMetrics::new(&registry)?,
            workloads: WorkloadMetrics::new(&registry)?,
            registry,
        })
    }

    /// Counts a request that ended.
    pub fn ended(&self, verdict: Verdict, code: Option<&str>) {
        let index = Verdict::ALL.iter().position(|candidate| *candidate == verdict);
        if let Some(counter) = index.and_then(|index| self.requests.get(index)) {
            counter.inc();
        }
        if let Some(code) = code {
            self.refusals.with_label_values(&[code]).inc();
        }
    }

    /// The text format of Prometheus.
    pub fn render(&self) -> Result<Vec<u8>, prometheus::Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}

pub(super) fn register(
    registry: &Registry,
    metric: &(impl Collector + Clone + 'static),
) -> Result<(), prometheus::Error> {
    registry.register(Box::new(metric.clone()))
}
