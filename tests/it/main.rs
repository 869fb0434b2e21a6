//! End-to-end and cross-module tests: one binary, one module a topic.
#![cfg(test)]
#![expect(unreachable_pub, reason = "a test binary exports nothing; `pub` marks what modules share")]

mod architecture;
mod attacks;
mod configuration;
mod demo;
mod gate;
mod reload;
mod signatures;
mod support;
