//! Sockets, of TCP and of the file system.

use std::fs::{self, Permissions};
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use crate::config::CredentialAddress;

/// Owner and group, so that a workload of another user comes in by the group (in Kubernetes `fsGroup`).
const SOCKET_MODE: u32 = 0o660;

/// A socket that listens.
pub(super) enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener, PathBuf),
}

impl Socket {
    pub(super) fn bind(address: &CredentialAddress) -> io::Result<Self> {
        match address {
            CredentialAddress::Tcp(address) => {
                let listener = TcpListener::bind(address)?;
                listener.set_nonblocking(true)?;
                Ok(Self::Tcp(listener))
            }
            CredentialAddress::Unix(path) => {
                remove_stale(path)?;
                let listener = UnixListener::bind(path)?;
                fs::set_permissions(path, Permissions::from_mode(SOCKET_MODE))?;
                listener.set_nonblocking(true)?;
                Ok(Self::Unix(listener, path.clone()))
            }
        }
    }

    /// Where it is, for people; and its address, if it has one.
    pub(super) fn address(&self) -> io::Result<(String, Option<IpAddr>)> {
        match self {
            Self::Tcp(listener) => {
                let address: SocketAddr = listener.local_addr()?;
                Ok((address.to_string(), Some(address.ip())))
            }
            Self::Unix(_, path) => Ok((format!("unix://{}", path.display()), None)),
        }
    }

    pub(super) fn path(&self) -> Option<PathBuf> {
        match self {
            Self::Tcp(_) => None,
            Self::Unix(_, path) => Some(path.clone()),
        }
    }
}

/// What a process left behind that was killed. A socket that somebody answers on, and anything else of that name, stays.
fn remove_stale(path: &Path) -> io::Result<()> {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|it| it.file_type().is_socket());
    let refused = |error: &io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    if is_socket && UnixStream::connect(path).is_err_and(|error| refused(&error)) {
        return fs::remove_file(path);
    }
    Ok(())
}
