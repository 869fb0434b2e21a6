use std::cell::RefCell;
use std::rc::{Rc, Weak};

use hyper::client::conn::http1::SendRequest;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::PoolSettings;
use super::exchange::{Exchange, Outgoing, Sending};

/// An established connection. Dropping it cuts it off, whatever is under way.
pub(super) struct Connection<B> {
    sender: SendRequest<Outgoing<B>>,
    task: AbortHandle,
}

impl<B> Connection<B> {
    pub(super) fn new(sender: SendRequest<Outgoing<B>>, task: AbortHandle) -> Self {
        Self { sender, task }
    }
}

impl<B> Drop for Connection<B> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Connections that wait for their next request; the most recently used is at the end.
pub(super) struct Shelf<B> {
    idle: RefCell<Vec<Idle<B>>>,
    settings: PoolSettings,
}

struct Idle<B> {
    connection: Connection<B>,
    since: Instant,
}

impl<B> Shelf<B> {
    pub(super) fn new(settings: PoolSettings) -> Self {
        Self { idle: RefCell::default(), settings }
    }

    pub(super) fn len(&self) -> usize {
        self.idle.borrow().len()
    }

    /// The most recently used connection that can take a request now.
    pub(super) fn take(&self) -> Option<Connection<B>> {
        self.discard_stale();
        let mut idle = self.idle.borrow_mut();
        let last = idle.iter().rposition(|idle| idle.connection.sender.is_ready())?;
        Some(idle.remove(last).connection)
    }

    fn put(&self, connection: Connection<B>) {
        self.discard_stale();
        let mut idle = self.idle.borrow_mut();
        if idle.len() < self.settings.idle_max && !connection.sender.is_closed() {
            idle.push(Idle { connection, since: Instant::now() });
        }
    }

    pub(super) fn discard_stale(&self) {
        let now = Instant::now();
        self.idle.borrow_mut().retain(|idle| {
            let age = now.saturating_duration_since(idle.since);
            age < self.settings.idle_timeout && !idle.connection.sender.is_closed()
        });
    }
}

/// A connection while one exchange uses it. Dropping it ends the connection; only [`Lease::finish`] may keep it.
pub(super) struct Lease<B> {
    connection: Connection<B>,
    exchange: Rc<Exchange>,
    shelf: Weak<Shelf<B>>,
}

impl<B> Lease<B> {
    pub(super) fn new(
        connection: Connection<B>,
        exchange: Rc<Exchange>,
        shelf: Weak<Shelf<B>>,
    ) -> Self {
        Self { connection, exchange, shelf }
    }

    pub(super) fn sender(&mut self) -> &mut SendRequest<Outgoing<B>> {
        &mut self.connection.sender
    }

    pub(super) fn exchange(&self) -> Rc<Exchange> {
        Rc::clone(&self.exchange)
    }

    /// The answer was read to its end. If the request was sent to its end too, the connection may be used again (H19).
    pub(super) fn finish(self) {
        if self.exchange.sending() == Sending::Done
            && let Some(shelf) = self.shelf.upgrade()
        {
            shelf.put(self.connection);
        }
    }
}
