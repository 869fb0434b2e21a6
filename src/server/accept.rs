use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::sync::watch;
use tokio::task::LocalSet;

use super::worker::{Settings, Worker};
use super::{Event, Stage};

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
    settings: Arc<Settings>,
}

impl Desk {
    pub(super) fn new(
        workers: Vec<Worker>,
        connections_max: usize,
        settings: Arc<Settings>,
    ) -> Self {
        Self { workers, connections_max, settings }
    }

    fn assign(&self, stream: TcpStream, peer: SocketAddr) {
        let connections: usize = self.workers.iter().map(Worker::load).sum();
        let alive = self.workers.iter().filter(|worker| worker.is_alive());
        let least = alive.min_by_key(|worker| worker.load());
        let (Some(worker), true) = (least, connections < self.connections_max) else {
            return self.report(Event::Shed);
        };
        if worker.assign(stream, peer).is_err() {
            self.report(Event::AcceptFailed);
        }
    }

    fn report(&self, event: Event) {
        (self.settings.on_event)(event);
    }
}

/// Accepts on a thread of its own until told to stop; the listeners close with it.
pub(super) fn start(
    listeners: Vec<TcpListener>,
    desk: Desk,
    stage: watch::Receiver<Stage>,
) -> io::Result<JoinHandle<()>> {
    for listener in &listeners {
        listener.set_nonblocking(true)?;
    }
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let listeners = {
        let _context = runtime.enter();
        let listeners = listeners.into_iter().map(tokio::net::TcpListener::from_std);
        listeners.collect::<io::Result<Vec<_>>>()?
    };
    thread::Builder::new().name("ramgate-accept".into()).spawn(move || {
        let tasks = LocalSet::new();
        let desk = Rc::new(desk);
        for listener in listeners {
            drop(tasks.spawn_local(accept_all(listener, Rc::clone(&desk))));
        }
        tasks.block_on(&runtime, stopped(stage));
    })
}

async fn stopped(mut stage: watch::Receiver<Stage>) {
    // The sender going away means the same as being told.
    drop(stage.wait_for(|stage| *stage != Stage::Serving).await);
}

async fn accept_all(listener: tokio::net::TcpListener, desk: Rc<Desk>) {
    /// Without descriptors, accepting fails at once and again: waiting keeps the thread from spinning (L19).
    const BACK_OFF: Duration = Duration::from_millis(50);
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => desk.assign(stream, peer),
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
