//! ramgate, a sidecar authorization proxy for services that speak Alibaba-Cloud-style APIs.
//!
//! The layers, from words to shell; an arrow test keeps each module from naming anything to its right:
//! `ident` ← `strict` `framing` `request` `signature` `credential` `policy` `catalog` `directory` ← `snapshot` `memory`
//! ← `gate` ← `config` `clock` `reload` `upstream` `proxy` `server` `telemetry` ← `cli`.

pub mod catalog;
pub mod cli;
pub mod config;
pub mod credential;
pub mod directory;
pub mod framing;
pub mod gate;
pub mod ident;
pub mod memory;
pub mod policy;
pub mod proxy;
pub mod reload;
pub mod request;
pub mod server;
pub mod signature;
pub mod snapshot;
pub mod strict;
pub mod telemetry;
pub mod upstream;
