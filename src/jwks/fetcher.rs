use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use super::error::FetchError;
use super::get::get;
use super::url::HttpsUrl;
use super::{Source, discovery};
use crate::clock;
use crate::config::FetchKeys;
use crate::federation::{Fetched, KeySet, KeysWanted};
use crate::ident::UnixSeconds;
use crate::memory::{Fetches, Step};
use crate::telemetry::{OidcMetrics, log};
use crate::tls::Client;

/// For both documents together (FED-06).
const FETCH_TIMEOUT: Duration = Duration::from_secs(10);
/// More calls than this at once do not wait for keys: each holds a connection meanwhile.
const WAITING_MAX: usize = 256;

/// Too many calls wait for keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many calls wait for the keys of an OIDC provider")]
pub struct Busy;

/// Fetches keys for all workers, each set once for all who want it.
pub struct Fetcher {
    client: Client,
    settings: FetchKeys,
    sets: Mutex<Sets>,
    /// Counts the fetches that have ended.
    ended: watch::Sender<u64>,
    waiting: Semaphore,
    runtime: Handle,
    metrics: OidcMetrics,
}

type Sets = Fetches<Source, KeySet, FetchError>;

impl Fetcher {
    /// Starts the thread that fetches.
    pub fn start(client: Client, settings: FetchKeys, metrics: OidcMetrics) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        // It ends with the process. Nobody waits for it: it may be waiting for a name server.
        std::thread::Builder::new()
            .name("jwks".into())
            .spawn(move || runtime.block_on(std::future::pending::<()>()))?;
        Ok(Self {
            client,
            settings,
            sets: Mutex::default(),
            ended: watch::Sender::new(0),
            waiting: Semaphore::new(WAITING_MAX),
            runtime: handle,
            metrics,
        })
    }

    /// The keys of a provider, fetched if need be; `is_known` says of any source whether it is still that of a provider. If the
    /// key that is wanted is not among them, nothing newer can be had now.
    pub async fn keys(
        self: &Arc<Self>,
        wanted: &KeysWanted,
        is_known: impl Fn(&Source) -> bool,
    ) -> Result<Fetched, Busy> {
        let source = Source::of(&wanted.provider);
        // Before the question, so that no end in between is missed.
        let ended = self.ended.subscribe();
        let step = self.sets().ask(&source, clock::now(), |set| wanted.are_in(set), is_known);
        match step {
            Step::Use(set) => return Ok(Fetched::Keys(set)),
            Step::Fail(why) => return Ok(without_keys(&why)),
            Step::Fetch => self.begin(source.clone()),
            Step::Wait => {}
        }
        let _place = self.waiting.try_acquire().map_err(|_full| Busy)?;
        let settled = self.wait(&source, ended).await;
        Ok(settled.map_or_else(|why| without_keys(&why), Fetched::Keys))
    }

    /// The age of each set that is in use.
    pub fn ages(&self) -> Vec<(Source, i64)> {
        let sets = self.sets();
        sets.ages(clock::now()).map(|(source, age)| (source.clone(), age)).collect()
    }

    async fn wait(
        &self,
        source: &Source,
        mut ended: watch::Receiver<u64>,
    ) -> Result<Arc<KeySet>, FetchError> {
        let settled = async {
            loop {
                ended.changed().await.map_err(|_closed| FetchError::Ended)?;
                if let Some(settled) = self.sets().settle(source, clock::now()) {
                    return settled;
                }
            }
        };
        // A fetch ends in time by itself; this is for a clock that was set while it went on.
        let patience = FETCH_TIMEOUT + Duration::from_secs(1);
        timeout(patience, settled).await.unwrap_or(Err(FetchError::Slow))
    }

    /// The caller may hang up; others wait for the same keys.
    fn begin(self: &Arc<Self>, source: Source) {
        let flight = Flight { fetcher: Arc::clone(self), source, landed: false };
        self.runtime.spawn(flight.run());
    }

    async fn fetch(&self, source: &Source) -> Result<KeySet, FetchError> {
        let get = |url| async move {
            get(&self.client, &self.settings, &url, &source.fingerprints).await
        };
        let both = async {
            let issuer = HttpsUrl::discovery(&source.issuer)
                .ok_or(FetchError::Url("the address of the issuer"))?;
            let document = get(issuer).await?;
            let keys = get(discovery::keys_url(&document, &source.issuer)?).await?;
            KeySet::parse(&keys).map_err(|error| FetchError::Keys(error.to_string().into()))
        };
        timeout(FETCH_TIMEOUT, both).await.unwrap_or(Err(FetchError::Slow))
    }

    fn land(&self, source: &Source, now: UnixSeconds, outcome: Result<KeySet, FetchError>) {
        self.metrics.fetched(outcome.as_ref().map_or_else(FetchError::as_str, |_set| "ok"));
        let result = outcome.as_ref().map(|_set| ()).map_err(Clone::clone);
        let before = self.sets().land(source, now, outcome);
        tell(&source.issuer, before.as_ref(), result.as_ref());
        self.ended.send_modify(|count| *count = count.wrapping_add(1));
    }

    fn sets(&self) -> MutexGuard<'_, Sets> {
        self.sets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn without_keys(why: &FetchError) -> Fetched {
    match why {
        FetchError::Fingerprint(_) => Fetched::FingerprintMismatch,
        _ => Fetched::Broken,
    }
}

/// Says when fetching begins to fail, when it fails in another way, and when it succeeds again.
fn tell(issuer: &str, before: Option<&FetchError>, now: Result<&(), &FetchError>) {
    match (before, now) {
        (None, Ok(())) => {}
        (Some(_), Ok(())) => log(format!("the keys of {issuer} can be fetched again")),
        (Some(before), Err(why)) if before == why => {}
        (_, Err(why)) => log(format!("the keys of {issuer} cannot be fetched: {why}")),
    }
}

/// A fetch under way. However it ends, its end is reported, so that nobody waits for it any more.
struct Flight {
    fetcher: Arc<Fetcher>,
    source: Source,
    landed: bool,
}

impl Flight {
    async fn run(mut self) {
        let outcome = self.fetcher.fetch(&self.source).await;
        self.landed = true;
        self.fetcher.land(&self.source, clock::now(), outcome);
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        if !self.landed {
            self.fetcher.land(&self.source, clock::now(), Err(FetchError::Ended));
        }
    }
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetcher").field("settings", &self.settings).finish_non_exhaustive()
    }
}
