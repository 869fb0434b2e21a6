//! What the benchmarks share: timing, workloads, and a naive engine to compare with.

pub mod documents;
pub mod naive;
pub mod recordings;
pub mod sessions;
pub mod timing;
pub mod workload;
