//! ramgate, a sidecar authorization proxy for services that speak Alibaba-Cloud-style APIs.
//!
//! The layers, from words to shell; `tests/it/architecture.rs` keeps each module from naming anything above it:
//! `ident` ← `strict` `framing` `request` `signature` `policy` `credential` `token` `federation` `revocation` `sts` `catalog` `directory`
//! `workload` `cases` ← `memory`
//! `snapshot` `config` `doctor` `authoring` ← `gate` ← `clock` `reload` `jwks` `upstream` `shared_replay` `proxy` `server` `status`
//! `credential_server` `telemetry` ← `cli`.

pub mod authoring;
pub mod cases;
pub mod catalog;
pub mod cli;
pub mod clock;
pub mod config;
pub mod credential;
pub mod credential_server;
pub mod directory;
pub mod doctor;
pub mod federation;
pub mod framing;
pub mod gate;
pub mod ident;
pub mod jwks;
pub mod memory;
pub mod policy;
pub mod proxy;
pub mod reload;
pub mod request;
pub mod revocation;
pub mod server;
pub mod shared_replay;
pub mod signature;
pub mod snapshot;
pub mod status;
pub mod strict;
pub mod sts;
pub mod telemetry;
pub mod tls;
pub mod token;
pub mod upstream;
pub mod workload;
