use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::sync::{Semaphore, watch};
use tokio::task::LocalSet;

use super::handshake::Handshake;
use super::worker::{Settings, Worker};
use super::{Event, Listener, Stage};
use crate::tls::Presented;

/// Listens on an address.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    const BACKLOG: i32 = 1024;
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Hands each new connection to the worker that has the fewest.
pub(super) struct Desk {
    workers: Vec<Worker>,
    connections_max: usize,
    handshakes: Arc<Semaphore>,
    settings: Arc<Settings>,
}

impl Desk {
    pub(super) fn new(
        workers: Vec<Worker>,
        connections_max: usize,
        handshakes_max: usize,
        settings: Arc<Settings>,
    ) -> Self {
        let handshakes = Arc::new(Semaphore::new(handshakes_max.min(Semaphore::MAX_PERMITS)));
        Self { workers, connections_max, handshakes, settings }
    }

    fn assign(&self, stream: TcpStream, peer: SocketAddr, presented: Option<&Arc<Presented>>) {
        let handshake = match presented.map(|presented| self.handshake(presented)) {
            None => None,
            Some(Some(handshake)) => Some(handshake),
            Some(None) => return self.report(Event::Shed),
        };
        let connections: usize = self.workers.iter().map(Worker::load).sum();
        let alive = self.workers.iter().filter(|worker| worker.is_alive());
        let least = alive.min_by_key(|worker| worker.load());
        let (Some(worker), true) = (least, connections < self.connections_max) else {
            return self.report(Event::Shed);
        };
        if worker.assign(stream, peer, handshake).is_err() {
            self.report(Event::AcceptFailed);
        }
    }

    /// A place for a handshake, unless too many are under way.
    fn handshake(&self, presented: &Arc<Presented>) -> Option<Handshake> {
        let place = Arc::clone(&self.handshakes).try_acquire_owned().ok()?;
        Some(Handshake { presented: Arc::clone(presented), place })
    }

    fn report(&self, event: Event) {
        (self.settings.on_event)(event);
    }
}

/// Accepts on a thread of its own until told to stop; the listeners close with it.
pub(super) fn start(
    listeners: Vec<Listener>,
    desk: Desk,
    stage: watch::Receiver<Stage>,
) -> io::Result<JoinHandle<()>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let listeners = {
        let _context = runtime.enter();
        listeners.into_iter().map(open).collect::<io::Result<Vec<_>>>()?
    };
    thread::Builder::new().name("ramgate-accept".into()).spawn(move || {
        let tasks = LocalSet::new();
        let desk = Rc::new(desk);
        for (socket, presented) in listeners {
            drop(tasks.spawn_local(accept_all(socket, presented, Rc::clone(&desk))));
        }
        tasks.block_on(&runtime, stopped(stage));
    })
}

fn open(listener: Listener) -> io::Result<(tokio::net::TcpListener, Option<Arc<Presented>>)> {
    let Listener { socket, presented } = listener;
    socket.set_nonblocking(true)?;
    Ok((tokio::net::TcpListener::from_std(socket)?, presented))
}

async fn stopped(mut stage: watch::Receiver<Stage>) {
    // The sender going away means the same as being told.
    drop(stage.wait_for(|stage| *stage != Stage::Serving).await);
}

async fn accept_all(
    socket: tokio::net::TcpListener,
    presented: Option<Arc<Presented>>,
    desk: Rc<Desk>,
) {
    /// Without descriptors, accepting fails at once and again: waiting keeps the thread from spinning (L19).
    const BACK_OFF: Duration = Duration::from_millis(50);
    loop {
        match socket.accept().await {
            Ok((stream, peer)) => desk.assign(stream, peer, presented.as_ref()),
            Err(error) if is_about_the_peer(&error) => {}
            Err(_resources) => {
                desk.report(Event::AcceptFailed);
                tokio::time::sleep(BACK_OFF).await;
            }
        }
    }
}

fn is_about_the_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
