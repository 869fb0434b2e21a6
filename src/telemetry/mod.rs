//! What operators see: one audit line a request, Prometheus metrics, and messages on stderr.

mod audit;
mod log;
mod metrics;
mod replay;
mod revocations;
mod signatures;
mod tls;
mod workloads;

pub use audit::{Audit, AuditLine, CheckLine, DurationLine, StatementLine};
pub use log::log;
pub use metrics::{Metrics, Verdict};
pub use replay::{ReplayMetrics, SharedOutcome};
pub use signatures::Signatures;
pub use tls::TlsMetrics;
pub use workloads::WorkloadMetrics;
