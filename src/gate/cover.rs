//! What the signature promised about the body, kept while it streams (decisions, Bodies).

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use sha2::{Digest, Sha256};

/// How a covered body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// Every byte was read and the digest agrees.
    Agreed,
    /// The digest is another.
    Differs,
    /// The caller broke off.
    Broken,
}

/// Why a body stopped early; the upstream connection that it was sent on is torn down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CoverError {
    /// The caller broke off or stalled.
    #[error("the caller broke off while sending the body")]
    Broken,
    /// The body is not what was signed.
    #[error("the body is not the one that was signed")]
    Differs,
}

type Report = Box<dyn FnOnce(Coverage)>;

/// A body on its way to the upstream.
pub enum Covered<B> {
    /// Collected and checked, or empty.
    Whole(Option<Bytes>),
    /// Streamed while it is hashed; the last frame is held back until the digest agrees, so that the upstream never
    /// has a complete request with a wrong body.
    Guarded(Guarded<B>),
    /// Streamed as it comes: nothing was promised about it, and nothing was read from it.
    Open(B),
}

/// See [`Covered::Guarded`].
pub struct Guarded<B> {
    rest: B,
    hasher: Sha256,
    expected: [u8; 32],
    ready: Option<Bytes>,
    held: Option<Bytes>,
    ended: bool,
    report: Option<Report>,
}

impl<B> Guarded<B> {
    /// Guards `prefix` and everything that follows in `rest`. `report` is called once, when the outcome is known.
    pub fn new(prefix: Bytes, rest: B, expected: [u8; 32], report: Report) -> Self {
        let hasher = Sha256::new_with_prefix(&prefix);
        let held = (!prefix.is_empty()).then_some(prefix);
        Self { rest, hasher, expected, ready: None, held, ended: false, report: Some(report) }
    }

    fn conclude(&mut self, coverage: Coverage) {
        self.ended = true;
        if let Some(report) = self.report.take() {
            report(coverage);
        }
    }

    /// What the held-back frame becomes when the whole body has been seen.
    fn finish(&mut self) -> Option<Result<Frame<Bytes>, CoverError>> {
        let digest: [u8; 32] = std::mem::take(&mut self.hasher).finalize().into();
        if digest != self.expected {
            self.held = None;
            self.conclude(Coverage::Differs);
            return Some(Err(CoverError::Differs));
        }
        self.conclude(Coverage::Agreed);
        self.held.take().map(|last| Ok(Frame::data(last)))
    }
}

/// A guarded body that is dropped half-way was abandoned by one of the two sides.
impl<B> Drop for Guarded<B> {
    fn drop(&mut self) {
        self.conclude(Coverage::Broken);
    }
}

impl<B: Body<Data = Bytes> + Unpin> Guarded<B> {
    fn poll(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CoverError>>> {
        loop {
            if let Some(data) = self.ready.take() {
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
            if self.ended {
                return Poll::Ready(None);
            }
            match ready!(Pin::new(&mut self.rest).poll_frame(context)) {
                None => return Poll::Ready(self.finish()),
                Some(Err(_broken)) => {
                    self.held = None;
                    self.conclude(Coverage::Broken);
                    return Poll::Ready(Some(Err(CoverError::Broken)));
                }
                // Trailers are dropped: nothing signs them.
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data()
                        && !data.is_empty()
                    {
                        self.hasher.update(&data);
                        self.ready = self.held.replace(data);
                    }
                }
            }
        }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Covered<B> {
    type Data = Bytes;
    type Error = CoverError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CoverError>>> {
        match self.get_mut() {
            Self::Whole(data) => Poll::Ready(data.take().map(|data| Ok(Frame::data(data)))),
            Self::Guarded(guarded) => guarded.poll(context),
            Self::Open(body) => loop {
                match ready!(Pin::new(&mut *body).poll_frame(context)) {
                    Some(Ok(frame)) if frame.is_trailers() => {}
                    other => {
                        return Poll::Ready(other.map(|f| f.map_err(|_broken| CoverError::Broken)));
                    }
                }
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(data) => data.is_none(),
            Self::Guarded(guarded) => guarded.ended && guarded.ready.is_none(),
            Self::Open(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        let buffered = |data: &Option<Bytes>| data.as_ref().map_or(0, |data| data.len() as u64);
        match self {
            Self::Whole(data) => SizeHint::with_exact(buffered(data)),
            Self::Open(body) => body.size_hint(),
            Self::Guarded(guarded) => {
                let here = buffered(&guarded.held).saturating_add(buffered(&guarded.ready));
                match guarded.rest.size_hint().exact() {
                    Some(rest) => SizeHint::with_exact(rest.saturating_add(here)),
                    None => SizeHint::new(),
                }
            }
        }
    }
}

impl<B> std::fmt::Debug for Covered<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Whole(_) => "Whole(..)",
            Self::Guarded(_) => "Guarded(..)",
            Self::Open(_) => "Open(..)",
        })
    }
}

impl<B> std::fmt::Debug for Guarded<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Guarded(..)")
    }
}
