//! End-to-end and cross-module tests: one binary, one module a topic.
#![cfg(test)]
#![expect(
    unreachable_pub,
    clippy::disallowed_methods,
    clippy::string_slice,
    clippy::format_collect,
    clippy::format_push_string,
    reason = "tests share helpers, read files, and cut texts that they made themselves; a panic is a failed test"
)]

mod architecture;
mod attacks;
mod bodies;
mod broken_catalogs;
mod calls;
mod catalog_command;
mod check;
mod condition_values;
mod configuration;
mod corpora;
mod decisions;
mod demo;
mod dev_cert;
mod doctor;
mod federation;
mod framing;
mod gate;
mod hostile;
mod identity_rules;
mod layers;
mod listed;
mod meanings;
mod names;
mod objects;
mod overlays;
mod policies;
mod policy_command;
mod recorded;
mod reload;
mod resolve_command;
mod revoke_command;
mod schemes;
mod served;
mod session_tokens;
#[cfg(feature = "redis")]
mod shared_replay;
mod sign_command;
mod signatures;
mod signing;
mod stale;
mod sts;
mod support;
mod tables;
mod test_command;
mod tls;
mod token_command;
mod tutorial;
mod workloads;
