use std::cell::Cell;
use std::error::Error;
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

/// The body of a request on its way out: data only, watched, and exactly as long as its head says.
pub(super) struct Outgoing<B> {
    body: B,
    /// What `Content-Length` still promises.
    promised: Option<u64>,
    exchange: Rc<Exchange>,
}

impl<B: Body<Data = Bytes>> Outgoing<B> {
    pub(super) fn new(body: B, promised: Option<u64>) -> Self {
        Self { body, promised, exchange: Rc::new(Exchange::new()) }
    }

    /// An attempt to send it begins; time counts from here.
    pub(super) fn begin(&self) -> Rc<Exchange> {
        let ended = self.has_ended();
        self.exchange.moved(if ended { Sending::Done } else { Sending::Flowing });
        Rc::clone(&self.exchange)
    }

    fn has_ended(&self) -> bool {
        self.body.is_end_stream() && self.promised.unwrap_or(0) == 0
    }

    /// Counts a piece off what was promised. The engine would cut a longer body to size and leave a shorter one hanging;
    /// either way somebody would see another request than the one that was permitted.
    fn count(&mut self, data: &Bytes) -> Result<(), WrongLength> {
        if let Some(promised) = &mut self.promised {
            *promised = promised.checked_sub(data.len() as u64).ok_or(WrongLength)?;
        }
        Ok(())
    }

    fn examine(&mut self, next: Option<Result<Frame<Bytes>, B::Error>>) -> Next
    where
        B::Error: Into<Cause>,
    {
        match next {
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => match self.count(&data) {
                    Ok(()) => Next::Data(data),
                    Err(error) => Next::Failed(error.into()),
                },
                Err(_trailers) => Next::Nothing,
            },
            Some(Err(error)) => Next::Failed(error.into()),
            None if self.promised.unwrap_or(0) > 0 => Next::Failed(WrongLength.into()),
            None => Next::End,
        }
    }
}

type Cause = Box<dyn Error + Send + Sync>;

enum Next {
    Data(Bytes),
    /// A trailer, which could carry what only a checked header may (H27).
    Nothing,
    Failed(Cause),
    End,
}

#[derive(Debug, thiserror::Error)]
#[error("the body is not as long as its head says")]
struct WrongLength;

impl<B> Body for Outgoing<B>
where
    B: Body<Data = Bytes, Error: Into<Cause>> + Unpin,
{
    type Data = Bytes;
    type Error = Cause;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cause>>> {
        loop {
            if self.exchange.sending() == Sending::Flowing {
                self.exchange.sending.set(Sending::Starved);
            }
            let next = ready!(Pin::new(&mut self.body).poll_frame(cx));
            match self.examine(next) {
                Next::Nothing => {}
                Next::Data(data) => {
                    let ended = self.has_ended();
                    self.exchange.moved(if ended { Sending::Done } else { Sending::Flowing });
                    return Poll::Ready(Some(Ok(Frame::data(data))));
                }
                Next::Failed(cause) => {
                    self.exchange.moved(Sending::Failed);
                    return Poll::Ready(Some(Err(cause)));
                }
                Next::End => {
                    self.exchange.moved(Sending::Done);
                    return Poll::Ready(None);
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.has_ended()
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
