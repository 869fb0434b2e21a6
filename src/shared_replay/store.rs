//! The store is Redis, or what speaks its protocol: `SET key 1 NX PX ttl`, whose first sender wins.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use prometheus::IntGauge;
use redis::aio::MultiplexedConnection;
use redis::{Cmd, RedisError, Value};
use tokio::sync::watch;

use crate::ident::UnixSeconds;
use crate::memory::SharedMark;

use super::keeper::Keeper;
use super::{Access, Claim, StoreError};

/// An entry stays this much longer than its request could pass the time check: the processes' clocks may differ by that.
const MARGIN_SECONDS: i64 = 60;

/// One worker's way to the store.
#[derive(Debug)]
pub struct Store {
    link: watch::Receiver<Link>,
    /// The number of the last connection that failed.
    failed: watch::Sender<u64>,
    timeout: Duration,
    prefix: String,
}

/// The connection, as its keeper sees it.
#[derive(Clone, Debug)]
pub(super) enum Link {
    /// It is being made: worth waiting for.
    Opening,
    /// It is there.
    Open { connection: MultiplexedConnection, number: u64 },
    /// It could not be made: not worth waiting for.
    Away,
}

impl Store {
    /// Begins to connect. Must be called on the worker's own thread, whose tasks keep the connection.
    pub fn start(access: &Access, up: IntGauge) -> Option<Self> {
        let (tell, link) = watch::channel(Link::Opening);
        let (failed, failures) = watch::channel(0);
        tokio::task::spawn_local(Keeper::new(access.clone(), up, tell, failures).run());
        let settings = &access.settings;
        Some(Self { link, failed, timeout: settings.timeout, prefix: settings.prefix.clone() })
    }

    /// Asks whether this process is the first to see a nonce. Of all processes that ask, one wins.
    pub async fn claim(&self, mark: SharedMark, now: UnixSeconds) -> Result<Claim, StoreError> {
        let command = self.command(mark, now);
        let mut asked = 0;
        let answer = tokio::time::timeout(self.timeout, self.ask(&command, &mut asked))
            .await
            .unwrap_or_else(|_elapsed| Err(StoreError("did not answer in time".to_owned())));
        if answer.is_err() {
            self.replace(asked);
        }
        answer
    }

    /// `asked` becomes the number of the connection that owes the answer.
    async fn ask(&self, command: &Cmd, asked: &mut u64) -> Result<Claim, StoreError> {
        let mut link = self.link.clone();
        let link = link.wait_for(|link| !matches!(link, Link::Opening)).await;
        let Ok(Link::Open { mut connection, number }) = link.as_deref().cloned() else {
            return Err(StoreError("cannot be reached".to_owned()));
        };
        drop(link);
        *asked = number;
        read(connection.send_packed_command(command).await)
    }

    /// Asks for another connection, once for each that failed.
    fn replace(&self, number: u64) {
        self.failed.send_if_modified(|failed| {
            let is_news = number > *failed;
            *failed = number.max(*failed);
            is_news
        });
    }

    fn command(&self, mark: SharedMark, now: UnixSeconds) -> Cmd {
        let seconds = mark.passes_until.0.saturating_sub(now.0).saturating_add(MARGIN_SECONDS);
        let mut key = self.prefix.clone();
        URL_SAFE_NO_PAD.encode_string(mark.fingerprint, &mut key);
        let mut command = redis::cmd("SET");
        command.arg(key).arg(1).arg("NX").arg("PX").arg(seconds.max(1).saturating_mul(1000));
        command
    }
}

fn read(answer: Result<Value, RedisError>) -> Result<Claim, StoreError> {
    match answer {
        Ok(Value::Okay) => Ok(Claim::Won),
        Ok(Value::Nil) => Ok(Claim::Lost),
        Ok(_) => Err(StoreError("gave an answer that does not fit".to_owned())),
        Err(error) => Err(StoreError(format!("failed: {error}"))),
    }
}
