//! What end-to-end tests share: the real binary on a bundle of its own, an upstream that records, a signing caller.

pub mod caller;
pub mod calls;
pub mod gate;
pub mod issuer;
pub mod jwt;
#[cfg(feature = "redis")]
pub mod redis;
pub mod tls;
pub mod tokens;
pub mod upstream;

use std::time::{Duration, Instant};

pub const ACCOUNT: &str = "1234567890123456";
pub const ECS_HOST: &str = "ecs.cn-hangzhou.aliyuncs.com";
pub const NOTES_HOST: &str = "notes.example.test";

/// Waits for `condition` up to `limit`; says whether it came true.
pub fn wait_for(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let started = Instant::now();
    while !condition() {
        if started.elapsed() > limit {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}
