//! What stands in for the store in a build that has none. `config` refuses to name one.

use prometheus::IntGauge;

use crate::ident::UnixSeconds;
use crate::memory::SharedMark;

use super::{Access, Claim, StoreError};

/// There is none.
#[derive(Debug)]
pub enum Store {}

impl Store {
    /// None.
    pub fn start(_access: &Access, _up: IntGauge) -> Option<Self> {
        None
    }

    /// Never called: there is no store to call it on.
    #[expect(clippy::unused_async, reason = "stands in for a call that waits")]
    pub async fn claim(&self, _mark: SharedMark, _now: UnixSeconds) -> Result<Claim, StoreError> {
        match *self {}
    }
}
