//! What operators see: one audit line a request, Prometheus metrics, and messages on stderr.

mod audit;
mod log;
mod metrics;
mod oidc;
mod replay;
mod revocations;
mod signatures;
mod throttles;
mod tls;
mod visible;
mod workloads;

pub use audit::{
    Audit, AuditLine, CheckLine, DurationLine, FederationLine, SessionLine, StatementLine,
};
pub use log::log;
pub use metrics::{Metrics, Verdict};
pub use oidc::OidcMetrics;
pub use replay::{ReplayMetrics, SharedOutcome};
pub use signatures::Signatures;
pub use throttles::ThrottleMetrics;
pub use tls::TlsMetrics;
pub use workloads::WorkloadMetrics;
