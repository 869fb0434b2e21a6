use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinSet, LocalSet};

use super::handshake::{Handshake, shake};
use super::{ConnectionFacts, Event, Handler, OnEvent, Stage, Timeouts, connection};
use crate::framing::Limits;

/// What every worker does alike.
pub(super) struct Settings {
    pub(super) timeouts: Timeouts,
    pub(super) limits: Limits,
    pub(super) grace: Duration,
    pub(super) on_event: OnEvent,
}

/// A worker as the acceptor sees it.
pub(super) struct Worker {
    inbox: mpsc::UnboundedSender<Arrival>,
    load: Arc<AtomicUsize>,
}

/// A connection on its way to its worker. The inbox needs no bound of its own: what is in it counts as load.
struct Arrival {
    stream: std::net::TcpStream,
    peer: SocketAddr,
    handshake: Option<Handshake>,
    place: Place,
}

/// One connection's share of the load.
struct Place {
    load: Arc<AtomicUsize>,
    on_event: Option<OnEvent>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.load.fetch_sub(1, Ordering::Relaxed);
        if let Some(on_event) = &self.on_event {
            on_event(Event::Closed);
        }
    }
}

impl Worker {
    /// A worker whose handler could not be made takes nothing; it must not look like the least busy one.
    pub(super) fn is_alive(&self) -> bool {
        !self.inbox.is_closed()
    }

    pub(super) fn load(&self) -> usize {
        self.load.load(Ordering::Relaxed)
    }

    pub(super) fn assign(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        handshake: Option<Handshake>,
    ) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let stream = stream.into_std()?;
        self.load.fetch_add(1, Ordering::Relaxed);
        let place = Place { load: Arc::clone(&self.load), on_event: None };
        self.inbox
            .send(Arrival { stream, peer, handshake, place })
            .map_err(|_gone| io::Error::other("the worker has ended"))
    }
}

/// Starts a worker on a thread of its own.
pub(super) fn start<H: Handler>(
    index: usize,
    settings: Arc<Settings>,
    stage: watch::Receiver<Stage>,
    make_handler: impl FnOnce() -> H + Send + 'static,
) -> io::Result<(Worker, JoinHandle<()>)> {
    let (inbox, arrivals) = mpsc::unbounded_channel();
    let worker = Worker { inbox, load: Arc::default() };
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let thread =
        thread::Builder::new().name(format!("ramgate-worker-{index}")).spawn(move || {
            let tasks = LocalSet::new();
            tasks.block_on(&runtime, async {
                Rota { handler: Rc::new(make_handler()), settings, stage, tasks: JoinSet::new() }
                    .run(arrivals)
                    .await;
            });
        })?;
    Ok((worker, thread))
}

/// The connections of one worker.
struct Rota<H> {
    handler: Rc<H>,
    settings: Arc<Settings>,
    stage: watch::Receiver<Stage>,
    tasks: JoinSet<()>,
}

impl<H: Handler> Rota<H> {
    async fn run(mut self, mut arrivals: mpsc::UnboundedReceiver<Arrival>) {
        let mut stage = self.stage.clone();
        loop {
            tokio::select! {
                biased;
                _ = stage.wait_for(|stage| *stage != Stage::Serving) => break,
                Some(ended) = self.tasks.join_next() => self.reap(ended),
                arrival = arrivals.recv() => match arrival {
                    Some(arrival) => self.begin(arrival),
                    None => break,
                },
            }
        }
        drop(arrivals);
        self.drain(stage).await;
    }

    /// Lets what runs finish, until the grace is over or somebody cuts.
    async fn drain(&mut self, mut stage: watch::Receiver<Stage>) {
        let over = tokio::time::sleep(self.settings.grace);
        tokio::pin!(over);
        loop {
            tokio::select! {
                biased;
                () = &mut over => break,
                Ok(_) = stage.wait_for(|stage| *stage == Stage::Cut) => break,
                ended = self.tasks.join_next() => match ended {
                    Some(ended) => self.reap(ended),
                    None => break,
                },
            }
        }
        self.tasks.shutdown().await;
    }

    fn begin(&mut self, arrival: Arrival) {
        let Arrival { stream, peer, handshake, mut place } = arrival;
        let Ok(stream) = TcpStream::from_std(stream) else {
            return (self.settings.on_event)(Event::AcceptFailed);
        };
        (self.settings.on_event)(Event::Opened);
        place.on_event = Some(Arc::clone(&self.settings.on_event));
        match handshake {
            None => self.spawn(place, self.serve(stream, ConnectionFacts { peer, tls: false })),
            Some(handshake) => self.spawn(place, self.serve_encrypted(stream, handshake, peer)),
        }
    }

    fn spawn(&mut self, place: Place, served: impl Future<Output = ()> + 'static) {
        self.tasks.spawn_local(async move {
            let _place = place;
            served.await;
        });
    }

    fn serve(
        &self,
        stream: TcpStream,
        facts: ConnectionFacts,
    ) -> impl Future<Output = ()> + use<H> {
        let (handler, settings) = (Rc::clone(&self.handler), Arc::clone(&self.settings));
        connection::serve(stream, handler, facts, settings, self.stage.clone())
    }

    fn serve_encrypted(
        &self,
        stream: TcpStream,
        handshake: Handshake,
        peer: SocketAddr,
    ) -> impl Future<Output = ()> + use<H> {
        let (handler, settings) = (Rc::clone(&self.handler), Arc::clone(&self.settings));
        let mut stage = self.stage.clone();
        async move {
            let shaken = shake(stream, handshake, &settings, &mut stage).await;
            if let Some(stream) = shaken {
                let facts = ConnectionFacts { peer, tls: true };
                connection::serve(stream, handler, facts, settings, stage).await;
            }
        }
    }

    fn reap(&self, ended: Result<(), JoinError>) {
        if ended.is_err_and(|error| error.is_panic()) {
            (self.settings.on_event)(Event::Panicked);
        }
    }
}
