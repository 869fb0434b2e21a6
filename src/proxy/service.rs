//! The way of one request, top to bottom.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;
use http::{HeaderValue, Request, Response};
use http_body::Body;
use hyper::body::Incoming;

use crate::clock;
use crate::config::{LargeBodies, Reload, Route, StalePolicy};
use crate::framing::FramingError;
use crate::gate::{
    Code, Collected, Covered, Facts, Freshness, Gate, Opened, Proven, Reads, Refusal, Rules, Wire,
    strip_answer,
};
use crate::jwks::Fetcher;
use crate::memory::{ReplayGuard, SharedMark, Throttles};
use crate::reload::Current;
use crate::server::{ConnectionFacts, Handler};
use crate::shared_replay::{Access, Store};
use crate::snapshot::World;
use crate::telemetry::{Audit, Metrics};
use crate::upstream::{Pool, PoolSettings};

use super::answer::{self, ProxyBody};
use super::claim::Peers;
use super::collect::{Budget, collect, collect_upload};
use super::local;
use super::outcome::Outcome;
use super::refuse::{REQUEST_ID, render};
use super::send::send;
use super::source::Source;
use super::spool::Spool;

/// How long a body that has to be read before the decision may take as a whole, however steadily it drips.
const COLLECT_TIMEOUT: Duration = Duration::from_secs(30);

/// What all workers share.
#[derive(Debug)]
pub struct Shared {
    /// The world in force.
    pub current: Arc<Current>,
    /// Nonces that were used.
    pub replay: ReplayGuard,
    /// How often callers may fail, and call what is answered here.
    pub throttles: Throttles,
    /// Settings of the gate.
    pub rules: Rules,
    /// The store of nonces that is shared with other processes, if there is one.
    pub peers: Option<Access>,
    /// What fetches the keys of OIDC providers, where that is configured.
    pub fetcher: Option<Arc<Fetcher>>,
    /// The audit record.
    pub audit: Audit,
    /// The metrics.
    pub metrics: Metrics,
    /// How much one worker may hold of bodies that it is collecting.
    pub collect_bytes_max: usize,
    /// Where bodies wait on disk, if anywhere.
    pub spool: Option<Spool>,
    /// For how long a world that is not confirmed is trusted, and what then is not.
    pub reload: Reload,
}

/// One worker's proxy: the shared world and the worker's own connections to the upstreams, one pool a route.
#[derive(Debug)]
pub struct Proxy {
    shared: Arc<Shared>,
    /// `None` for a route that the gate answers itself.
    pools: Vec<Option<Pool<Covered<Source>>>>,
    budget: Budget,
    strangers: Budget,
    peers: Option<Peers>,
}

impl Proxy {
    /// Makes the proxy of one worker, on the thread of that worker.
    pub fn new(shared: Arc<Shared>) -> Self {
        let pools = shared.rules.routes.iter().map(pool).collect();
        let half = shared.collect_bytes_max / 2;
        let (budget, strangers) = (Budget::new(half), Budget::new(half));
        let peers = shared.peers.as_ref().and_then(|access| peers(access, &shared.metrics));
        Self { shared, pools, budget, strangers, peers }
    }

    async fn serve(
        &self,
        parts: Parts,
        mut incoming: Incoming,
        facts: Facts,
        wire: &mut Wire,
        outcome: &mut Outcome,
    ) -> Result<Response<ProxyBody>, Refusal> {
        let world = self.shared.current.load();
        outcome.generation = world.snapshot.generation();
        outcome.hash = world.snapshot.hash();
        self.fresh()?;
        let has_body = !incoming.is_end_stream();
        let mut opened =
            self.gate(&world).open(parts, facts, has_body, wire, &mut outcome.record)?;
        self.claim(opened.take_spent(), outcome).await?;
        let collected = self.collect(&opened, &mut incoming).await?;
        // Reading the body may have taken a while: what is not decided yet is decided by the world of now.
        let world = self.world(outcome)?;
        let gate = self.gate(&world);
        let record = &mut outcome.record;
        let mut proven = gate.complete(opened, collected, clock::now(), wire, record)?;
        self.claim(proven.take_spent(), outcome).await?;
        if gate.answers(&proven) {
            let served = self.answer(gate, proven, wire, outcome).await?;
            outcome.decided();
            return Ok(served);
        }
        let (proven, source) = self.settle(gate, proven, incoming, outcome).await?;
        let world = self.world(outcome)?;
        let mut permitted = self.gate(&world).decide(proven, clock::now(), &mut outcome.record)?;
        outcome.decided();
        let signer = permitted.take_answer_signer();
        let pool =
            self.pools.get(permitted.route()).and_then(Option::as_ref).ok_or_else(no_pool)?;
        let answer = send(pool, permitted, source, &self.shared.metrics).await?;
        answer::sign(answer, signer, &outcome.request_id, &self.budget).await
    }

    /// Answers a call without an upstream, if it is not one too many, with the keys that it needs. They may have taken a while.
    async fn answer(
        &self,
        gate: Gate<'_>,
        proven: Proven,
        wire: &mut Wire,
        outcome: &mut Outcome,
    ) -> Result<Response<ProxyBody>, Refusal> {
        gate.charge(&proven, wire, &mut outcome.record)?;
        let keys = match gate.keys_wanted(&proven) {
            Some(wanted) => Some(self.shared.keys(gate.world, &wanted).await?),
            None => None,
        };
        let world = self.world(outcome)?;
        local::serve(&self.gate(&world), proven, keys, wire, outcome)
    }

    /// Takes a large body to disk, where the route or the operation wants all of it proven before it is sent on.
    async fn settle(
        &self,
        gate: Gate<'_>,
        proven: Proven,
        mut incoming: Incoming,
        outcome: &mut Outcome,
    ) -> Result<(Proven, Source), Refusal> {
        let stays =
            !proven.has_more() || gate.foresee(&proven, &mut outcome.record)? != LargeBodies::Spool;
        if stays {
            return Ok((proven, Source::Caller(incoming)));
        }
        let (awaiting, watch) = proven.await_body();
        let (Some(spool), Some(watch)) = (&self.shared.spool, watch) else {
            return Err(Refusal::new(Code::InternalError, "there is no spool for the body"));
        };
        let filled = spool.fill(watch, &mut incoming).await;
        let (spooled, agreed) = filled.inspect_err(|refusal| {
            if refusal.code == Code::BodyMismatch {
                self.shared.metrics.body_mismatches.inc();
            }
        })?;
        Ok((awaiting.resume(agreed), Source::Disk(Box::new(spooled))))
    }

    fn world(&self, outcome: &mut Outcome) -> Result<Arc<World>, Refusal> {
        let world = self.shared.current.load();
        outcome.generation = world.snapshot.generation();
        outcome.hash = world.snapshot.hash();
        self.fresh()?;
        Ok(world)
    }

    fn gate<'g>(&'g self, world: &'g World) -> Gate<'g> {
        let Shared { replay, throttles, rules, .. } = &*self.shared;
        Gate { world, replay, throttles, rules, freshness: self.shared.freshness() }
    }

    /// Reads what the decision needs. Callers who are not proven yet have a budget of their own, so that strangers
    /// cannot take the room of others.
    async fn collect(
        &self,
        opened: &Opened,
        incoming: &mut Incoming,
    ) -> Result<Collected, Refusal> {
        let bytes_max = opened.bytes_max();
        let budget = if opened.is_proven() { &self.budget } else { &self.strangers };
        let reading = async {
            match opened.reads() {
                Reads::Upload => {
                    collect_upload(opened.form_reader()?, incoming, bytes_max, budget).await
                }
                reads => collect(reads, incoming, bytes_max, budget).await,
            }
        };
        tokio::time::timeout(COLLECT_TIMEOUT, reading).await.unwrap_or_else(|_elapsed| {
            Err(Refusal::new(Code::RequestTimeout, "the body took too long to arrive"))
        })
    }

    /// What the gate spent here must be new to the other processes too.
    async fn claim(&self, spent: Option<SharedMark>, outcome: &mut Outcome) -> Result<(), Refusal> {
        match (spent, &self.peers) {
            (None, _) => Ok(()),
            (Some(mark), Some(peers)) => {
                peers.claim(mark, &self.shared.metrics, &mut outcome.record).await
            }
            (Some(_), None) => {
                Err(Refusal::new(Code::InternalError, "no store of nonces was opened"))
            }
        }
    }

    /// A world that could not be confirmed for long may miss a revocation (TOK-31).
    fn fresh(&self) -> Result<(), Refusal> {
        if self.shared.serves() {
            return Ok(());
        }
        let reason = "the files were not confirmed for too long";
        Err(Refusal::new(Code::ServiceUnavailable, reason))
    }
}

impl Shared {
    /// Drops nonces that are over, for a gate that nobody calls.
    pub fn forget(&self) {
        self.replay.sweep(clock::now());
    }

    /// How long ago the files were last confirmed, by the wall clock; a clock that jumps back makes them fresh.
    pub fn age(&self) -> Duration {
        let seconds = clock::now().0.saturating_sub(self.current.confirmed().0);
        Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
    }

    /// Whether sessions are believed now.
    pub fn freshness(&self) -> Freshness {
        if self.age() <= self.reload.age_max { Freshness::Fresh } else { Freshness::Stale }
    }

    /// Whether anything is served now.
    pub fn serves(&self) -> bool {
        match self.reload.stale {
            StalePolicy::DenyAll => self.freshness() == Freshness::Fresh,
            StalePolicy::DenySessions => true,
        }
    }
}

fn pool(route: &Route) -> Option<Pool<Covered<Source>>> {
    let address = route.upstream.address()?;
    let settings = PoolSettings {
        connect_timeout: route.connect_timeout,
        head_timeout: route.answer_timeout,
        ..PoolSettings::default()
    };
    Some(Pool::new(&address.authority(), settings))
}

fn peers(access: &Access, metrics: &Metrics) -> Option<Peers> {
    let store = Store::start(access, metrics.replay.shared_up.clone())?;
    Some(Peers { store, away: access.settings.away })
}

fn no_pool() -> Refusal {
    Refusal::new(Code::InternalError, "the route has no pool")
}

impl Handler for Proxy {
    type Body = ProxyBody;

    async fn handle(
        self: Rc<Self>,
        request: Request<Incoming>,
        connection: ConnectionFacts,
    ) -> Response<ProxyBody> {
        let (parts, incoming) = request.into_parts();
        let is_head = parts.method == http::Method::HEAD;
        let request_id = request_id();
        let peer = connection.peer.ip().to_canonical();
        let facts =
            Facts { peer, tls: connection.tls, now: clock::now(), request_id: request_id.clone() };
        let mut outcome = Outcome::begin(&self.shared, &parts, peer, request_id);
        let mut wire = Wire::of(&parts);
        match self.serve(parts, incoming, facts, &mut wire, &mut outcome).await {
            Ok(mut response) => {
                strip_answer(response.headers_mut());
                if let Ok(id) = HeaderValue::from_str(&outcome.request_id) {
                    response.headers_mut().insert(REQUEST_ID, id);
                }
                outcome.forwarded(response.status().as_u16());
                response
            }
            Err(refusal) => {
                let answer = render(&outcome.told(&refusal, is_head), wire);
                outcome.refused(&refusal, &answer);
                answer.into_response().map(ProxyBody::Made)
            }
        }
    }

    /// A head that never became a request is refused and told like any other.
    fn refused(&self, error: &FramingError, peer: SocketAddr) -> Vec<u8> {
        let outcome =
            Outcome::new(&self.shared, "", "", "", peer.ip().to_canonical(), request_id());
        let code = match error.status.as_u16() {
            405 => Code::UnsupportedHttpMethod,
            408 => Code::RequestTimeout,
            _ => Code::MalformedRequest,
        };
        let refusal = Refusal::told(code, error.reason.to_owned());
        let mut answer = render(&outcome.told(&refusal, false), Wire::Json);
        answer.status = error.status.as_u16();
        outcome.refused(&refusal, &answer);
        answer.into_bytes()
    }
}

/// A random request id in the form of the real service: an upper-case UUID (version 4).
pub fn request_id() -> String {
    let mut bytes = [0_u8; 16];
    // Without entropy ids are no longer unique; nothing is decided by them.
    let _entropy = getrandom::fill(&mut bytes);
    let n = (u128::from_be_bytes(bytes) & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{n:032X}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}
