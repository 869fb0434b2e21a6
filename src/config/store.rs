use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where the shared store listens: `redis://[user@]host[:port][/database]` or `unix:///path/of/the/socket`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreAddress {
    /// A host and port.
    Tcp {
        /// The user of the store's access list; without one, the default user.
        user: Option<String>,
        /// A name or address, an IPv6 address without its brackets.
        host: String,
        /// The port; 6379 when the text names none.
        port: u16,
        /// The number of the database.
        database: u16,
    },
    /// A socket in the file system.
    Unix(PathBuf),
}

/// Why a text is no address of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreAddressError {
    /// Encrypted connections are not spoken here.
    #[error("connections with TLS are not supported; use a tunnel or a socket on this machine")]
    Tls,
    /// Another scheme, or none.
    #[error("a store is written `redis://host:port` or `unix:///path`")]
    Scheme,
    /// A password in a file that people share.
    #[error("no password here; name the file that it is in, as `password_file`")]
    Password,
    /// No host name or address.
    #[error("the host is no name, IPv4 address or IPv6 address in brackets")]
    Host,
    /// A port that is not one.
    #[error("the port is not a number from 1 to 65535")]
    Port,
    /// Anything but a number after the host.
    #[error("what follows the host is not `/` and the number of a database")]
    Database,
    /// A socket without an absolute path.
    #[error("the path of a socket begins with `/`")]
    Path,
}

const PORT_DEFAULT: u16 = 6379;

impl FromStr for StoreAddress {
    type Err = StoreAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(path) = text.strip_prefix("unix://") {
            let absolute = path.starts_with('/') && path.len() > 1;
            return if absolute {
                Ok(Self::Unix(path.into()))
            } else {
                Err(StoreAddressError::Path)
            };
        }
        if text.starts_with("rediss://") {
            return Err(StoreAddressError::Tls);
        }
        let rest = text.strip_prefix("redis://").ok_or(StoreAddressError::Scheme)?;
        let (user, rest) = match rest.rsplit_once('@') {
            Some((user, _)) if user.contains(':') => return Err(StoreAddressError::Password),
            Some((user, rest)) => (Some(user.to_owned()), rest),
            None => (None, rest),
        };
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let database = match database {
            "" => 0,
            digits => number(digits).ok_or(StoreAddressError::Database)?,
        };
        let (host, port) = host_and_port(authority)?;
        Ok(Self::Tcp { user, host: host.to_owned(), port, database })
    }
}

fn host_and_port(authority: &str) -> Result<(&str, u16), StoreAddressError> {
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) => {
            address.parse::<std::net::Ipv6Addr>().map_err(|_address| StoreAddressError::Host)?;
            (address, port)
        }
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let port = match port.strip_prefix(':') {
        Some(digits) => number(digits).filter(|port| *port != 0).ok_or(StoreAddressError::Port)?,
        None if port.is_empty() => PORT_DEFAULT,
        None => return Err(StoreAddressError::Port),
    };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte);
    let is_host = !host.is_empty() && host.len() <= 253 && host.bytes().all(allowed);
    if is_host { Ok((host, port)) } else { Err(StoreAddressError::Host) }
}

fn number(digits: &str) -> Option<u16> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

impl fmt::Display for StoreAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port, database, .. } if host.contains(':') => {
                write!(f, "redis://[{host}]:{port}/{database}")
            }
            Self::Tcp { host, port, database, .. } => write!(f, "redis://{host}:{port}/{database}"),
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        check("redis://127.0.0.1:6380", Ok("redis://127.0.0.1:6380/0"));
        check("redis://redis.internal", Ok("redis://redis.internal:6379/0"));
        check("redis://gate@redis.internal/3", Ok("redis://redis.internal:6379/3"));
        check("redis://[::1]:7000/", Ok("redis://[::1]:7000/0"));
        check("unix:///run/redis.sock", Ok("unix:///run/redis.sock"));
        check("unix://run/redis.sock", Err(StoreAddressError::Path));
        check("unix:///", Err(StoreAddressError::Path));
        check("rediss://h", Err(StoreAddressError::Tls));
        check("http://h", Err(StoreAddressError::Scheme));
        check("h:6379", Err(StoreAddressError::Scheme));
        check("redis://:secret@h", Err(StoreAddressError::Password));
        check("redis://user:secret@h", Err(StoreAddressError::Password));
        check("redis://", Err(StoreAddressError::Host));
        check("redis://[::g]:1", Err(StoreAddressError::Host));
        check("redis://a b", Err(StoreAddressError::Host));
        check("redis://h:0", Err(StoreAddressError::Port));
        check("redis://h:+1", Err(StoreAddressError::Port));
        check("redis://[::1]x", Err(StoreAddressError::Port));
        check("redis://h:65536", Err(StoreAddressError::Port));
        check("redis://h/db", Err(StoreAddressError::Database));
        check("redis://h/0?x=1", Err(StoreAddressError::Database));
    }

    #[track_caller]
    fn check(text: &str, expected: Result<&str, StoreAddressError>) {
        let found = text.parse::<StoreAddress>().map(|address| address.to_string());
        assert_eq!(found, expected.map(str::to_owned), "{text}");
    }
}
