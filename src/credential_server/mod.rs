//! The listeners where workloads next door are given sessions (MD-20 to MD-27 of the identities sheet).
//!
//! They have a thread of their own. Who is answered what is decided by `workload`, who may act as which role by `gate`; here are
//! sockets, the clock and chance.

mod bind;
mod desk;
mod outcome;
mod serve;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::config::CredentialListener;
use crate::proxy::Shared;
use crate::workload::{Door, Form};

use bind::Socket;
use desk::{Desk, Kept};

/// Listeners at work. They end with the process; dropping this removes their sockets from the file system.
pub struct Running {
    /// Where they are, in their order.
    pub addresses: Vec<String>,
    sockets: Vec<PathBuf>,
}

/// Why a listener could not be started.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} (credentials): {error}")]
pub struct BindError {
    address: String,
    error: io::Error,
}

/// Starts the listeners, each with what it speaks.
pub fn start<'c>(
    listeners: impl Iterator<Item = (&'c CredentialListener, Form)>,
    shared: &Arc<Shared>,
) -> Result<Running, BindError> {
    let mut running = Running { addresses: Vec::new(), sockets: Vec::new() };
    let kept = Arc::new(Kept::default());
    let mut doors = Vec::new();
    for (listener, form) in listeners {
        let failed = |error| BindError { address: listener.address.to_string(), error };
        let socket = Socket::bind(&listener.address).map_err(failed)?;
        let (shown, address) = socket.address().map_err(failed)?;
        running.addresses.push(shown);
        running.sockets.extend(socket.path());
        let door = Door::new(address, &listener.hosts, form);
        doors.push((socket, Desk::new(door, Arc::clone(&kept), Arc::clone(shared))));
    }
    if doors.is_empty() {
        return Ok(running);
    }
    let failed = |error| BindError { address: running.addresses.join(", "), error };
    serve::start(doors).map_err(failed)?;
    Ok(running)
}

impl Drop for Running {
    fn drop(&mut self) {
        for path in &self.sockets {
            let _already_gone = std::fs::remove_file(path);
        }
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Running({})", self.addresses.join(", "))
    }
}
