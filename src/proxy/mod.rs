//! The enforcement point: takes a request from the server, asks the gate, forwards or refuses, and tells operators.

mod claim;
mod collect;
mod outcome;
mod refuse;
mod service;

pub use refuse::{Answer, render};
pub use service::{Proxy, Shared};
