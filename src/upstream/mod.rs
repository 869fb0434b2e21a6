//! Connections to one upstream, owned by one worker, and what is taken off messages on the way.
//!
//! A connection is used again only after its exchange has ended on both sides; anything unfinished ends it (H18, H19, H26, H30,
//! N22 of the threat model). Nothing is sent twice, except a request that a pooled connection never took.

mod answer;
mod exchange;
mod lease;
mod pool;

use std::time::Duration;

pub use answer::{BodyError, Guarded};
pub use pool::Pool;

/// How an upstream is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolSettings {
    /// Idle connections that are kept.
    pub idle_max: usize,
    /// How long they are kept. Should be shorter than the upstream's own patience.
    pub idle_timeout: Duration,
    /// From the name of the upstream to a connection.
    pub connect_timeout: Duration,
    /// From the last of the request to the head of the answer.
    pub head_timeout: Duration,
    /// Without a byte of an answer's body.
    pub body_idle_timeout: Duration,
    /// Size of an answer's head.
    pub head_bytes_max: usize,
    /// Header lines of an answer.
    pub headers_max: usize,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self {
            idle_max: 256,
            idle_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(2),
            head_timeout: Duration::from_secs(30),
            body_idle_timeout: Duration::from_secs(30),
            head_bytes_max: 64 * 1024,
            headers_max: 100,
        }
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// No connection: refused, unreachable, or a name without an address.
    #[error("cannot connect to the upstream: {0}")]
    ConnectRefused(std::io::Error),
    /// No connection in time.
    #[error("connecting to the upstream took too long")]
    ConnectTimeout,
    /// No head in time.
    #[error("the upstream did not answer in time")]
    HeadTimeout,
    /// The connection ended in the middle.
    #[error("the connection to the upstream broke: {0}")]
    Broken(hyper::Error),
    /// What came is no answer that may be passed on.
    #[error("the upstream's answer is not usable: {0}")]
    BadAnswer(&'static str),
    /// The request's own body failed: the client left, or a digest did not agree. The upstream saw an unfinished request.
    #[error("the request body ended early")]
    RequestBody,
}

#[cfg(test)]
mod tests;
