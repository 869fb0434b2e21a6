use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, sleep_until};

/// How far one request has come: shared by its body, which the engine consumes, and by whoever waits for the answer.
#[derive(Debug)]
pub(super) struct Exchange {
    sending: Cell<Sending>,
    progress: Cell<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sending {
    /// The upstream takes what there is.
    Flowing,
    /// The client has yet to send more.
    Starved,
    /// All of it was handed over.
    Done,
    /// The body itself failed.
    Failed,
    /// The engine gave it up.
    Abandoned,
}

impl Exchange {
    fn new() -> Self {
        Self { sending: Cell::new(Sending::Flowing), progress: Cell::new(Instant::now()) }
    }

    pub(super) fn sending(&self) -> Sending {
        self.sending.get()
    }

    fn moved(&self, sending: Sending) {
        self.sending.set(sending);
        self.progress.set(Instant::now());
    }

    /// Returns when the upstream has owed us something for too long. While it waits for the client it owes nothing.
    pub(super) async fn overdue(&self, limit: Duration) {
        loop {
            let now = Instant::now();
            let deadline = match self.sending.get() {
                Sending::Starved => now + limit,
                _upstream => self.progress.get() + limit,
            };
            if deadline <= now {
                return;
            }
            sleep_until(deadline).await;
        }
    }
}

/// The body of a request on its way out: data only, watched.
pub(super) struct Outgoing<B> {
    body: B,
    exchange: Rc<Exchange>,
}

impl<B: Body<Data = Bytes>> Outgoing<B> {
    pub(super) fn new(body: B) -> Self {
        Self { body, exchange: Rc::new(Exchange::new()) }
    }

    /// An attempt to send it begins; time counts from here.
    pub(super) fn begin(&self) -> Rc<Exchange> {
        let ended = self.body.is_end_stream();
        self.exchange.moved(if ended { Sending::Done } else { Sending::Flowing });
        Rc::clone(&self.exchange)
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Outgoing<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        loop {
            if self.exchange.sending() == Sending::Flowing {
                self.exchange.sending.set(Sending::Starved);
            }
            let next = ready!(Pin::new(&mut self.body).poll_frame(cx));
            let ended = self.body.is_end_stream();
            self.exchange.moved(match &next {
                Some(Ok(_)) if !ended => Sending::Flowing,
                Some(Err(_)) => Sending::Failed,
                Some(Ok(_)) | None => Sending::Done,
            });
            match next {
                // A trailer could carry what only a checked header may (H27).
                Some(Ok(frame)) if !frame.is_data() => {}
                other => return Poll::Ready(other),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B> Drop for Outgoing<B> {
    fn drop(&mut self) {
        if !matches!(self.exchange.sending(), Sending::Done | Sending::Failed) {
            self.exchange.sending.set(Sending::Abandoned);
        }
    }
}
