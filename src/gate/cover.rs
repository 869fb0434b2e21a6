//! What the signature promised about the body, kept while it streams (decisions, Bodies).
//!
//! The last data that was read never leaves before all of it is proven, so the upstream never has a complete request with a
//! body that was not signed.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::watch::Watch;

/// How a guarded body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All of it was read, and it is what was signed.
    Agreed,
    /// It is something else.
    Differs,
    /// The caller broke off.
    Broken,
}

/// What became of a guarded body.
#[derive(Debug)]
pub enum Coverage<B> {
    /// It came to an end.
    Ended(Ending),
    /// The upstream stopped taking it. How it would have ended can still be found out.
    Abandoned(Box<Unjudged<B>>),
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

type Report<B> = Box<dyn FnOnce(Coverage<B>)>;

/// A body on its way to the upstream.
pub enum Covered<B> {
    /// Collected and checked, or empty.
    Whole(Option<Bytes>),
    /// Streamed while it is checked.
    Guarded(Guarded<B>),
    /// Streamed as it comes: it was checked before, or nothing was promised about it.
    Open(B),
}

/// See [`Covered::Guarded`].
pub struct Guarded<B> {
    /// Gone when the end was reported.
    stream: Option<Box<Unjudged<B>>>,
    /// What was ready when the end was reached, and may go.
    agreed: Option<Watch>,
    report: Option<Report<B>>,
}

/// A body that has not been read to its end.
#[derive(Debug)]
pub struct Unjudged<B> {
    watch: Watch,
    rest: B,
}

impl<B: Body<Data = Bytes> + Unpin> Unjudged<B> {
    /// Reads one more frame; says how the body ended, if it did.
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<Option<Ending>> {
        Poll::Ready(match ready!(Pin::new(&mut self.rest).poll_frame(cx)) {
            None => Some(self.watch.finish().map_or(Ending::Differs, |_agreed| Ending::Agreed)),
            Some(Err(_broken)) => Some(Ending::Broken),
            // Trailers are dropped: nothing signs them.
            Some(Ok(frame)) => match frame.into_data().map(|data| self.watch.take(data)) {
                Ok(Err(_differs)) => Some(Ending::Differs),
                Ok(Ok(())) | Err(_) => None,
            },
        })
    }

    /// Reads the rest, which goes nowhere any more, and says how the body ended.
    pub fn poll_ending(&mut self, cx: &mut Context<'_>) -> Poll<Ending> {
        loop {
            self.watch.discard();
            if let Some(ending) = ready!(self.poll_more(cx)) {
                return Poll::Ready(ending);
            }
        }
    }
}

impl<B> Guarded<B> {
    /// Guards what `watch` has seen and everything that follows in `rest`. `report` is called once, when the outcome is
    /// known.
    pub fn new(watch: Watch, rest: B, report: impl FnOnce(Coverage<B>) + 'static) -> Self {
        let stream = Some(Box::new(Unjudged { watch, rest }));
        Self { stream, agreed: None, report: Some(Box::new(report)) }
    }

    fn conclude(&mut self, ending: Ending) {
        let stream = self.stream.take();
        if ending == Ending::Agreed {
            self.agreed = stream.map(|stream| stream.watch);
        }
        if let Some(report) = self.report.take() {
            report(Coverage::Ended(ending));
        }
    }

    fn has_ended(&self) -> bool {
        self.stream.is_none() && self.agreed.as_ref().is_none_or(Watch::is_empty)
    }
}

/// A guarded body that is dropped half-way was abandoned by one of the two sides.
impl<B> Drop for Guarded<B> {
    fn drop(&mut self) {
        if let (Some(stream), Some(report)) = (self.stream.take(), self.report.take()) {
            report(Coverage::Abandoned(stream));
        }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Guarded<B> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, CoverError>>> {
        loop {
            let Some(stream) = &mut self.stream else {
                let last = self.agreed.as_mut().and_then(Watch::next);
                return Poll::Ready(last.map(|last| Ok(Frame::data(last))));
            };
            if let Some(data) = stream.watch.next_but_last() {
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
            let Some(ending) = ready!(stream.poll_more(cx)) else { continue };
            self.conclude(ending);
            match ending {
                Ending::Agreed => {}
                Ending::Differs => return Poll::Ready(Some(Err(CoverError::Differs))),
                Ending::Broken => return Poll::Ready(Some(Err(CoverError::Broken))),
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        let left = match (&self.stream, &self.agreed) {
            (Some(stream), _) => stream.watch.bytes_left(stream.rest.size_hint().exact()),
            (None, Some(agreed)) => agreed.bytes_left(Some(0)),
            (None, None) => Some(0),
        };
        left.map_or_else(SizeHint::new, SizeHint::with_exact)
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
            Self::Guarded(guarded) => guarded.has_ended(),
            Self::Open(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(data) => {
                SizeHint::with_exact(data.as_ref().map_or(0, |data| data.len() as u64))
            }
            Self::Guarded(guarded) => guarded.size_hint(),
            Self::Open(body) => body.size_hint(),
        }
    }
}

impl<B> fmt::Debug for Covered<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Whole(_) => "Whole(..)",
            Self::Guarded(_) => "Guarded(..)",
            Self::Open(_) => "Open(..)",
        })
    }
}

impl<B> fmt::Debug for Guarded<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guarded(..)")
    }
}

#[cfg(test)]
mod tests;
