//! Finds where each message of an HTTP/1 connection starts and ends, and refuses whatever two parsers could read differently
//! (rules H01 – H31, P08, P12, P13, I02, P23 of the threat model).
//!
//! Pure: bytes in, positions out; no IO, no clock. Nothing is repaired: a message is well formed or it is refused, and after
//! a refusal the connection is over. The result never depends on how the bytes were cut into reads.

mod body;
mod head;
mod line;

pub use body::{BodyScan, Followed};
pub use head::{Head, HeadScan, Scan};

use http::StatusCode;

/// How large the head of a request may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Request line, header lines and the empty line together.
    pub head_bytes_max: usize,
    /// Header lines.
    pub headers_max: usize,
    /// The request target alone.
    pub target_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { head_bytes_max: 32 * 1024, headers_max: 64, target_bytes_max: 8 * 1024 }
    }
}

/// What follows a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFraming {
    /// Nothing.
    None,
    /// So many bytes.
    Length(u64),
    /// Chunks and a trailer section.
    Chunked,
}

/// Whether another request may follow on the same connection, as far as the client is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persistence {
    /// Yes.
    KeepAlive,
    /// No: whatever follows is not read (H31).
    Close,
}

/// Why the bytes are no request. The reason is a fixed text: it is safe to log and to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct FramingError {
    /// What the client is told.
    pub status: StatusCode,
    /// What is wrong.
    pub reason: &'static str,
}

impl FramingError {
    /// A refusal with a status of its own.
    pub const fn new(status: StatusCode, reason: &'static str) -> Self {
        Self { status, reason }
    }

    pub(crate) const fn bad(reason: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, reason)
    }
}
