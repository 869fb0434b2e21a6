//! Keeps one connection to the store: opens it, watches it, and opens another when it fails.

use std::time::Duration;

use prometheus::IntGauge;
use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, IntoConnectionInfo, RedisConnectionInfo,
    RedisResult,
};
use tokio::sync::watch;

use super::store::Link;
use super::{Access, StoreError};
use crate::config::StoreAddress;
use crate::ident::SecretKey;
use crate::telemetry::log;

/// Between two attempts to connect.
const RETRY: Duration = Duration::from_millis(200);
/// A connection takes several exchanges, and only those who wait for it wait.
const CONNECT_LEAST: Duration = Duration::from_millis(500);
/// A connection that nobody uses is tried now and then, so that `up` tells the truth.
const IDLE: Duration = Duration::from_secs(1);

/// The task behind a [`super::Store`].
pub(super) struct Keeper {
    access: Access,
    up: IntGauge,
    tell: watch::Sender<Link>,
    failures: watch::Receiver<u64>,
    number: u64,
}

impl Keeper {
    pub(super) fn new(
        access: Access,
        up: IntGauge,
        tell: watch::Sender<Link>,
        failures: watch::Receiver<u64>,
    ) -> Self {
        Self { access, up, tell, failures, number: 0 }
    }

    /// Goes on until the worker ends.
    pub(super) async fn run(mut self) {
        let mut is_away = false;
        loop {
            match self.open().await {
                Ok(connection) => {
                    if std::mem::take(&mut is_away) {
                        log(format!("the shared store {} is back", self.access.settings.address));
                    }
                    self.keep(connection).await;
                }
                Err(error) => {
                    if !std::mem::replace(&mut is_away, true) {
                        log(format!("{error} ({})", self.access.settings.address));
                    }
                    self.tell.send_replace(Link::Away);
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }

    /// Returns when the connection is no longer good.
    async fn keep(&mut self, mut connection: MultiplexedConnection) {
        self.number += 1;
        let number = self.number;
        self.tell.send_replace(Link::Open { connection: connection.clone(), number });
        self.up.inc();
        let _down = Down(&self.up);
        loop {
            let failed = self.failures.wait_for(|failed| *failed >= number);
            if tokio::time::timeout(IDLE, failed).await.is_ok() {
                break;
            }
            if redis::cmd("PING").exec_async(&mut connection).await.is_err() {
                break;
            }
        }
        self.tell.send_replace(Link::Opening);
    }

    async fn open(&self) -> Result<MultiplexedConnection, StoreError> {
        let settings = &self.access.settings;
        let password = self.access.password.as_ref().map(|read| read()).transpose();
        let password = password
            .map_err(|error| StoreError(format!("has a password that cannot be read: {error}")))?;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(settings.timeout.max(CONNECT_LEAST)))
            .set_response_timeout(Some(settings.timeout));
        let away = |error| StoreError(format!("cannot be reached: {error}"));
        let client = client(&settings.address, password.as_ref()).map_err(away)?;
        client.get_multiplexed_async_connection_with_config(&config).await.map_err(away)
    }
}

/// Counts a connection out, also when the worker ends.
struct Down<'d>(&'d IntGauge);

impl Drop for Down<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}

fn client(address: &StoreAddress, password: Option<&SecretKey>) -> RedisResult<Client> {
    let mut login = RedisConnectionInfo::default();
    if let Some(password) = password {
        login = login.set_password(String::from_utf8_lossy(password.expose()));
    }
    let place = match address {
        StoreAddress::Tcp { user, host, port, database } => {
            login = login.set_db(i64::from(*database));
            if let Some(user) = user {
                login = login.set_username(user);
            }
            ConnectionAddr::Tcp(host.clone(), *port)
        }
        StoreAddress::Unix(path) => ConnectionAddr::Unix(path.clone()),
    };
    // Small writes that wait for answers: they must not be held back.
    let socket = TcpSettings::default().set_nodelay(true);
    let info = place.into_connection_info()?;
    Client::open(info.set_redis_settings(login).set_tcp_settings(socket))
}
