/// Why there are no keys. Never shows what an issuer answered: that may be anything.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// An address that is not of the kind that is asked.
    #[error("{0} is no `https` address that can be asked")]
    Url(&'static str),
    /// The host has no address.
    #[error("`{host}` has no address: {why}")]
    Resolve {
        /// The host.
        host: Box<str>,
        /// What the system says.
        why: Box<str>,
    },
    /// Every address of the host is one that nobody allowed.
    #[error("`{host}` is {what}; `sts.fetch_keys` can allow its network or the host")]
    Address {
        /// The host.
        host: Box<str>,
        /// What its address is.
        what: &'static str,
    },
    /// No connection.
    #[error("`{host}` cannot be reached: {why}")]
    Connect {
        /// The host.
        host: Box<str>,
        /// What the system says.
        why: Box<str>,
    },
    /// Nobody vouches for the server.
    #[error("`{host}`: {why}")]
    Tls {
        /// The host.
        host: Box<str>,
        /// What is wrong.
        why: Box<str>,
    },
    /// The fingerprints of the provider are not those of the server (FED-07).
    #[error("`{0}` shows no certificate with a fingerprint of the provider")]
    Fingerprint(Box<str>),
    /// Not in time.
    #[error("it took too long")]
    Slow,
    /// The connection ended in the middle.
    #[error("`{0}` broke off, or does not speak HTTP/1.1")]
    Broken(Box<str>),
    /// A status other than 200; a redirect is not followed.
    #[error("`{host}` answered with status {status}")]
    Status {
        /// The host.
        host: Box<str>,
        /// The status.
        status: u16,
    },
    /// Compressed, or more of it than any issuer needs.
    #[error("`{host}` answered with {what}")]
    Answer {
        /// The host.
        host: Box<str>,
        /// What cannot be taken.
        what: &'static str,
    },
    /// The discovery document says nothing that can be used, or is of another issuer (FED-05).
    #[error("the discovery document {0}")]
    Discovery(&'static str),
    /// The keys cannot be used.
    #[error("the keys {0}")]
    Keys(Box<str>),
    /// The task that fetched them ended before it was done.
    #[error("the fetch ended before it was done")]
    Ended,
}

impl FetchError {
    /// The label of `ramgate_oidc_fetches_total`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Url(_) | Self::Discovery(_) => "discovery",
            Self::Resolve { .. } | Self::Connect { .. } | Self::Broken(_) => "unreachable",
            Self::Address { .. } => "address",
            Self::Tls { .. } => "untrusted",
            Self::Fingerprint(_) => "fingerprint",
            Self::Slow => "slow",
            Self::Status { .. } | Self::Answer { .. } => "answer",
            Self::Keys(_) => "keys",
            Self::Ended => "ended",
        }
    }
}
