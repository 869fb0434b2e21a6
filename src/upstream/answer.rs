use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep_until};

use super::exchange::Exchange;
use super::lease::Lease;

/// Why the body of an answer ended early.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// Nothing came for too long.
    #[error("the upstream stopped in the middle of its answer")]
    Idle,
    /// The connection ended in the middle.
    #[error("the connection to the upstream broke: {0}")]
    Broken(hyper::Error),
}

/// The body of an answer. Read to its end it gives the connection back to the pool; dropped before, it ends it.
pub struct Guarded {
    incoming: Incoming,
    lease: Option<Box<dyn Finish>>,
    idle_timeout: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
    waiting: Waiting,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Waiting {
    Yes,
    No,
}

/// A lease, whatever body its requests have.
trait Finish {
    fn finish(self: Box<Self>);
    fn exchange(&self) -> Rc<Exchange>;
}

impl<B> Finish for Lease<B> {
    fn finish(self: Box<Self>) {
        Lease::finish(*self);
    }

    fn exchange(&self) -> Rc<Exchange> {
        Lease::exchange(self)
    }
}

impl Guarded {
    pub(super) fn new<B: 'static>(
        incoming: Incoming,
        lease: Lease<B>,
        idle_timeout: Duration,
    ) -> Self {
        let lease: Option<Box<dyn Finish>> = Some(Box::new(lease));
        let mut guarded = Self { incoming, lease, idle_timeout, sleep: None, waiting: Waiting::No };
        guarded.finish_if_ended();
        guarded
    }

    /// Returns when an upstream that answered before it had the whole request has not taken any more of it for too long.
    pub async fn stalled(&self, limit: Duration) {
        match &self.lease {
            Some(lease) => lease.exchange().overdue(limit).await,
            None => std::future::pending().await,
        }
    }

    fn finish_if_ended(&mut self) {
        if self.incoming.is_end_stream() {
            self.finish();
        }
    }

    fn finish(&mut self) {
        if let Some(lease) = self.lease.take() {
            lease.finish();
        }
    }

    fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let deadline = Instant::now() + self.idle_timeout;
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if self.waiting == Waiting::No {
            self.waiting = Waiting::Yes;
            sleep.as_mut().reset(deadline);
        }
        sleep.as_mut().poll(cx)
    }
}

impl Body for Guarded {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        loop {
            let Poll::Ready(next) = Pin::new(&mut self.incoming).poll_frame(cx) else {
                ready!(self.poll_idle(cx));
                self.lease = None;
                return Poll::Ready(Some(Err(BodyError::Idle)));
            };
            self.waiting = Waiting::No;
            match next {
                Some(Ok(frame)) if frame.is_data() => {
                    self.finish_if_ended();
                    return Poll::Ready(Some(Ok(frame)));
                }
                Some(Ok(_trailers)) => {}
                Some(Err(error)) => {
                    self.lease = None;
                    return Poll::Ready(Some(Err(BodyError::Broken(error))));
                }
                None => {
                    self.finish();
                    return Poll::Ready(None);
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl fmt::Debug for Guarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded").field("incoming", &self.incoming).finish_non_exhaustive()
    }
}
