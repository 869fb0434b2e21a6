//! The enforcement point: takes a request from the server, asks the gate, forwards or refuses, and tells operators.

mod answer;
mod claim;
mod collect;
mod keys;
mod local;
mod outcome;
mod refuse;
mod send;
mod service;
mod source;
mod spool;

pub use local::entropy;
pub use outcome::check_line;
pub use refuse::{Answer, render};
pub use service::{Proxy, Shared, request_id};
pub use spool::Spool;
