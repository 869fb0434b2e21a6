use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// A timer that starts when somebody first waits for `K` and runs until something else is waited for, or it is calmed.
#[derive(Debug)]
pub(super) struct Patience<K> {
    waiting_for: Option<K>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl<K: PartialEq> Patience<K> {
    pub(super) fn new() -> Self {
        Self { waiting_for: None, sleep: None }
    }

    /// What was waited for has come.
    pub(super) fn calm(&mut self) {
        self.waiting_for = None;
    }

    /// Ready when `what` has been waited for too long.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, what: K, limit: Duration) -> Poll<()> {
        if self.waiting_for.as_ref() != Some(&what) {
            self.waiting_for = Some(what);
            self.restart(Instant::now() + limit);
        }
        match &mut self.sleep {
            Some(sleep) => sleep.as_mut().poll(cx),
            None => Poll::Pending,
        }
    }

    fn restart(&mut self, deadline: Instant) {
        match &mut self.sleep {
            Some(sleep) => sleep.as_mut().reset(deadline),
            None => self.sleep = Some(Box::pin(sleep_until(deadline))),
        }
    }
}
