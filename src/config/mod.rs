//! The configuration file, `ramgate.yaml`: what was typed becomes what was meant.
//!
//! Everything in it takes effect at a start. The files it names (directory, policies, keys, revocations, catalogue)
//! are followed while the gate runs.

mod bodies;
mod check;
mod choice;
mod credentials;
mod fetch_keys;
mod hosts;
mod limits;
mod model;
mod read;
mod reload;
mod replay;
mod routes;
mod store;
mod sts;
mod upstream;

pub use bodies::{BodyRules, LargeBodies, SpoolSettings, UnsignedBodies};
pub use credentials::{
    CredentialAddress, CredentialAddressError, CredentialForm, CredentialListener, UriWorkload,
};
pub use fetch_keys::FetchKeys;
pub use limits::Limits;
pub use model::{
    AuditSink, CodeMerging, Config, Files, HostName, Listen, Reload, Route, StalePolicy, TlsListen,
};
pub use read::{Refused, parse};
pub use replay::{Away, NonceRule, Remember, Replay, SharedStore};
pub use store::{StoreAddress, StoreAddressError};
pub use sts::StsSettings;
pub use upstream::{Address, Upstream, UpstreamError};
