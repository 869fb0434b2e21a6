use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// Whose turn it is on a connection: shared by the answer on its way out and the stage that releases requests.
#[derive(Debug, Default)]
pub(super) struct Turn {
    progress: Cell<Progress>,
    waiting: RefCell<Option<Waker>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Progress {
    /// Nothing is asked, or what was asked is not fully answered.
    #[default]
    Open,
    /// The engine holds the whole answer.
    Made,
    /// The system holds the whole answer.
    Flushed,
}

impl Turn {
    /// A request is released.
    pub(super) fn begin(&self) {
        self.progress.set(Progress::Open);
    }

    /// The engine has written everything it held.
    pub(super) fn flushed(&self) {
        if self.progress.get() == Progress::Made {
            self.progress.set(Progress::Flushed);
            if let Some(waker) = self.waiting.take() {
                waker.wake();
            }
        }
    }

    /// Whether the answer is out; if not, the task is woken when it is.
    pub(super) fn is_over(&self, cx: &Context<'_>) -> bool {
        let over = self.progress.get() == Progress::Flushed;
        if !over {
            self.waiting.replace(Some(cx.waker().clone()));
        }
        over
    }

    fn made(&self) {
        self.progress.set(Progress::Made);
    }
}

/// The body of an answer. The engine drops it when it has taken the last of it, and only then flushes.
pub(super) struct Answer<B> {
    body: B,
    turn: Rc<Turn>,
}

impl<B> Answer<B> {
    pub(super) fn new(body: B, turn: Rc<Turn>) -> Self {
        Self { body, turn }
    }
}

impl<B> Drop for Answer<B> {
    fn drop(&mut self) {
        self.turn.made();
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Answer<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
