use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

/// Where the calls of a route go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upstream {
    /// `local`: ramgate answers them itself.
    Local,
    /// They are sent on.
    At(Address),
}

/// Where calls are sent on to: `http://host:port`, nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    host: String,
    port: u16,
}

/// Why a text is no upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamError {
    /// Another scheme, or none.
    #[error(
        "an upstream begins with `http://`; other schemes are not supported (`local` stands for ramgate itself)"
    )]
    Scheme,
    /// A path, a query or a fragment.
    #[error("an upstream has no path, query or fragment: the path of the call is used")]
    Path,
    /// A user name or password.
    #[error("an upstream has no user or password")]
    UserInfo,
    /// No host name or address.
    #[error("the host is no name, IPv4 address or IPv6 address in brackets")]
    Host,
    /// A port that is not one.
    #[error("the port is not a number from 1 to 65535")]
    Port,
}

impl Upstream {
    /// Where calls are sent on to, if they are.
    pub fn address(&self) -> Option<&Address> {
        match self {
            Self::Local => None,
            Self::At(address) => Some(address),
        }
    }
}

impl FromStr for Upstream {
    type Err = UpstreamError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "local" => Ok(Self::Local),
            address => address.parse().map(Self::At),
        }
    }
}

impl Address {
    const PORT_DEFAULT: u16 = 80;

    /// The host name or address, an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port; 80 when the text names none.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `host:port`, for a `Host` header or a connection.
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl FromStr for Address {
    type Err = UpstreamError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let authority = text.strip_prefix("http://").ok_or(UpstreamError::Scheme)?;
        if authority.contains(['/', '?', '#', '\\']) {
            return Err(UpstreamError::Path);
        }
        if authority.contains('@') {
            return Err(UpstreamError::UserInfo);
        }
        let (host, port) = split(authority)?;
        let port = match port {
            None => Self::PORT_DEFAULT,
            Some(port) => parse_port(port)?,
        };
        Ok(Self { host: host.to_owned(), port })
    }
}

fn split(authority: &str) -> Result<(&str, Option<&str>), UpstreamError> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (address, port) = rest.split_once(']').ok_or(UpstreamError::Host)?;
        address.parse::<Ipv6Addr>().map_err(|_address| UpstreamError::Host)?;
        return match port.strip_prefix(':') {
            Some(port) => Ok((address, Some(port))),
            None if port.is_empty() => Ok((address, None)),
            None => Err(UpstreamError::Port),
        };
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    if is_host(host) { Ok((host, port)) } else { Err(UpstreamError::Host) }
}

fn is_host(host: &str) -> bool {
    let label = |label: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        (1..=63).contains(&label.len()) && label.bytes().all(allowed) && !label.starts_with('-')
    };
    host.len() <= 253 && host.split('.').all(label)
}

fn parse_port(text: &str) -> Result<u16, UpstreamError> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(port) if digits && port != 0 => Ok(port),
        _ => Err(UpstreamError::Port),
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.authority())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        check("http://127.0.0.1:9000", Ok("127.0.0.1:9000"));
        check("http://ecs.internal", Ok("ecs.internal:80"));
        check("http://[::1]:9000", Ok("[::1]:9000"));
        check("https://127.0.0.1:9000", Err(UpstreamError::Scheme));
        check("127.0.0.1:9000", Err(UpstreamError::Scheme));
        check("http://127.0.0.1:9000/", Err(UpstreamError::Path));
        check("http://h?x", Err(UpstreamError::Path));
        check("http://user@h:1", Err(UpstreamError::UserInfo));
        check("http://", Err(UpstreamError::Host));
        check("http://a..b", Err(UpstreamError::Host));
        check("http://[::1:9000", Err(UpstreamError::Host));
        check("http://h:0", Err(UpstreamError::Port));
        check("http://h:+1", Err(UpstreamError::Port));
        check("http://h:65536", Err(UpstreamError::Port));
        check("http://h:", Err(UpstreamError::Port));
        check("Local", Err(UpstreamError::Scheme));
        assert_eq!("local".parse(), Ok(Upstream::Local));
    }

    #[track_caller]
    fn check(text: &str, expected: Result<&str, UpstreamError>) {
        let found = text.parse::<Upstream>().map(|it| it.address().map(Address::authority));
        assert_eq!(found, expected.map(|it| Some(it.to_owned())), "{text}");
    }
}
