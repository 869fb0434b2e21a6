//! A request's head and form, seen as facts: parsed once, and read by everything that follows (SIG-11).

mod head;
mod multipart;
mod params;

pub use head::{Head, HeadLimits, without_port};
pub use multipart::{FileScan, FormReader, Multipart, MultipartError};
pub use params::{Param, Params, percent_decode};

/// What makes a head or a form unreadable. The text is about the caller's own request and may be told to it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// A percent sign without two hex digits behind it, or bytes that are no UTF-8 (SIG-03).
    #[error("the {0} has an invalid percent escape or is not UTF-8")]
    Escape(&'static str),
    /// Something that must be there once is there twice or not at all (SIG-08).
    #[error("`{0}` must occur exactly once")]
    Once(String),
    /// A host that is no host name.
    #[error("the Host header is no host name")]
    Host,
    /// More than a limit allows.
    #[error("the request has too many {0}")]
    TooMany(&'static str),
    /// A target in a form that has two readings (SIG-02).
    #[error("the request target is not a plain path and query")]
    Target,
    /// A header value with bytes that are no visible text.
    #[error("the header `{0}` is not visible text")]
    HeaderText(String),
}
