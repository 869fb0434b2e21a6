//! `ramgate serve`: loads everything, starts everything, and stops it in order.

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use crate::clock;
use crate::config::{AuditSink, Config, LargeBodies, Route};
use crate::credential_server;
use crate::framing;
use crate::gate::Rules;
use crate::ident::UnixSeconds;
use crate::jwks::Fetcher;
use crate::memory::{ReplayGuard, Throttles};
use crate::proxy::{Proxy, Shared, Spool};
use crate::reload::{self, Event, Reloader, Waker};
use crate::request::HeadLimits;
use crate::revocation::Counts;
use crate::server::{self, Event as ServerEvent, Listener, Running, ServerConfig, Timeouts};
use crate::shared_replay::{Access, Password};
use crate::status;
use crate::strict::{Problem, count_errors};
use crate::telemetry::{Audit, Metrics, log};
use crate::tls::{Client, Presented};

use super::check::report;

/// Runs the gate until a signal ends it.
pub(super) fn run(config: &Path) -> Result<ExitCode, String> {
    start(config)?.wait();
    Ok(ExitCode::SUCCESS)
}

/// A running gate.
pub(super) struct Gate {
    running: Running,
    data: SocketAddr,
    ready: Arc<AtomicBool>,
    reloader: Reloader,
    audit: JoinHandle<()>,
    credentials: credential_server::Running,
    shared: Arc<Shared>,
}

impl Gate {
    /// Where signed calls come in.
    pub(super) fn data_address(&self) -> SocketAddr {
        self.data
    }

    /// Serves until SIGTERM or SIGINT, then drains; a second signal cuts.
    pub(super) fn wait(self) {
        if let Err(error) = follow_signals(&self.running, &self.ready, &self.reloader.waker()) {
            log(format!("cannot follow signals: {error}"));
        }
        self.stop();
    }

    /// Lets answers finish, then ends everything and writes out the audit record.
    pub(super) fn stop(self) {
        self.ready.store(false, Ordering::Release);
        self.running.shutdown();
        self.running.join();
        drop(self.credentials);
        drop(self.reloader);
        let written = self.shared.audit.flush(Duration::from_secs(5));
        drop(self.audit);
        log(if written { "stopped" } else { "stopped; the audit record may lack its last lines" });
    }
}

/// Starts everything that `serve` consists of.
pub(super) fn start(path: &Path) -> Result<Gate, String> {
    let mut loaded = reload::load(path, clock::now())
        .map_err(|problems| format!("the configuration is refused\n{}", report(&problems)))?;
    tell(&loaded.warnings);
    let forms = std::mem::take(&mut loaded.forms);
    let config = &loaded.config;
    let metrics = Metrics::new().map_err(|error| format!("cannot register metrics: {error}"))?;
    let (audit, writer) = start_audit(config, &metrics)?;
    let replay = ReplayGuard::new(&config.replay.guard, random_seed()?, clock::now());
    log(format!(
        "replay guard: room for {} nonces, at most {} MiB when full",
        replay.capacity(),
        replay.memory_bytes_max() / (1024 * 1024)
    ));
    let shared = Arc::new(Shared {
        current: Arc::clone(&loaded.current),
        replay,
        throttles: Throttles::new(&config.limits.throttles),
        rules: rules(config),
        peers: peers(config)?,
        fetcher: fetcher(config, &metrics)?,
        audit,
        metrics,
        collect_bytes_max: config.limits.collect_bytes / workers(config).max(1),
        spool: spool(config)?,
        reload: config.reload,
    });
    let ready = Arc::new(AtomicBool::new(true));
    let told = Arc::clone(&shared);
    let reloader = Reloader::start(&loaded, clock::now, move |event| tell_reload(&event, &told))
        .map_err(|error| format!("cannot start the reloader: {error}"))?;
    let running = start_data(config, loaded.presented(), &shared)?;
    let data = running.local_addr().unwrap_or(config.listen.data);
    let (asked, serving) = (Arc::clone(&ready), Arc::clone(&shared));
    let forms = config.credentials.iter().zip(forms);
    let credentials =
        credential_server::start(forms, &shared).map_err(|error| error.to_string())?;
    let status = status::start(config.listen.status, Arc::clone(&shared), move || {
        asked.load(Ordering::Acquire) && serving.serves()
    })
    .map_err(|error| {
        format!("cannot listen on {} (listen.status): {error}", config.listen.status)
    })?;
    let world = loaded.current.load();
    log(format!(
        "generation {} of {} is in force",
        world.snapshot.generation(),
        world.snapshot.hash()
    ));
    log(format!("data listener on {data}"));
    if let (Some(address), Some(presented)) = (running.addresses().get(1), loaded.presented()) {
        log(format!("TLS listener on {address}"));
        apply_certificate(presented.not_after(), &shared.metrics);
    }
    for address in &credentials.addresses {
        log(format!("credentials listener on {address}"));
    }
    log(format!("status listener on {status}"));
    Ok(Gate { running, data, ready, reloader, audit: writer, credentials, shared })
}

/// The spool, if a route can send a body there.
fn spool(config: &Config) -> Result<Option<Spool>, String> {
    let used =
        |route: &Route| [route.bodies.large, route.bodies.withheld].contains(&LargeBodies::Spool);
    if !config.routes.iter().any(used) {
        return Ok(None);
    }
    let settings = config.spool.clone().unwrap_or_default();
    let folder = settings.folder.unwrap_or_else(std::env::temp_dir);
    let shown = folder.display().to_string();
    Spool::open(folder, settings.bytes_max, settings.total_bytes_max)
        .map(Some)
        .map_err(|error| format!("cannot write to {shown} (spool.folder): {error}"))
}

fn start_audit(config: &Config, metrics: &Metrics) -> Result<(Audit, JoinHandle<()>), String> {
    let file = match &config.audit {
        AuditSink::Stdout => None,
        AuditSink::File(path) => Some(path.as_path()),
    };
    Audit::start(file, metrics.audit_dropped.clone())
        .map_err(|error| format!("cannot write the audit record (audit.file): {error}"))
}

/// The data listener, and behind it the encrypted one if there is one.
fn listeners(config: &Config, presented: Option<&Arc<Presented>>) -> Result<Vec<Listener>, String> {
    let bind = |address, key| {
        server::bind(address)
            .map_err(|error| format!("cannot listen on {address} ({key}): {error}"))
    };
    let mut listeners = vec![Listener::plain(bind(config.listen.data, "listen.data")?)];
    if let (Some(tls), Some(presented)) = (&config.listen.tls, presented) {
        let socket = bind(tls.address, "listen.tls.address")?;
        listeners.push(Listener::tls(socket, Arc::clone(presented)));
    }
    Ok(listeners)
}

fn start_data(
    config: &Config,
    presented: Option<&Arc<Presented>>,
    shared: &Arc<Shared>,
) -> Result<Running, String> {
    let metrics = shared.metrics.clone();
    let limits = config.limits;
    let settings = ServerConfig {
        workers: workers(config),
        connections_max: limits.connections,
        handshakes_max: limits.handshakes,
        timeouts: Timeouts {
            handshake: Duration::from_secs(limits.handshake_seconds),
            head: Duration::from_secs(limits.head_seconds),
            idle: Duration::from_secs(limits.idle_seconds),
            ..Timeouts::default()
        },
        limits: framing::Limits {
            head_bytes_max: limits.head_bytes,
            headers_max: limits.headers,
            target_bytes_max: limits.target_bytes,
        },
        grace: Duration::from_secs(limits.grace_seconds),
        on_event: Arc::new(move |event| match event {
            ServerEvent::Opened => metrics.connections.inc(),
            ServerEvent::Closed => metrics.connections.dec(),
            ServerEvent::Shed | ServerEvent::AcceptFailed => metrics.connections_refused.inc(),
            ServerEvent::Panicked => metrics.panics.inc(),
            ServerEvent::HandshakeFailed(why) => metrics.tls.handshake_failed(why.as_str()),
        }),
        ..ServerConfig::new(listeners(config, presented)?)
    };
    let shared = Arc::clone(shared);
    server::serve(settings, move |_worker| Proxy::new(Arc::clone(&shared)))
        .map_err(|error| format!("cannot start the workers: {error}"))
}

fn workers(config: &Config) -> usize {
    let cores = || std::thread::available_parallelism();
    config.workers.map_or_else(|| cores().map_or(1, usize::from), usize::from)
}

/// The limits on heads.
pub(super) fn head_limits(config: &Config) -> HeadLimits {
    let limits = config.limits;
    HeadLimits {
        headers_max: limits.headers,
        head_bytes_max: limits.head_bytes,
        target_bytes_max: limits.target_bytes,
        parameters_max: limits.parameters,
    }
}

fn rules(config: &Config) -> Rules {
    Rules {
        account: config.account,
        head: head_limits(config),
        decide_bytes_max: config.limits.body_bytes,
        code_merging: config.code_merging,
        nonce: config.replay.nonce,
        remember: config.replay.remember,
        routes: config.routes.clone(),
        sts: config.sts.clone(),
    }
}

/// What fetches the keys of OIDC providers, for an issuer that may (FED-06).
fn fetcher(config: &Config, metrics: &Metrics) -> Result<Option<Arc<Fetcher>>, String> {
    let settings = config.sts.as_ref().and_then(|sts| sts.fetch_keys.clone());
    let Some(settings) = settings else { return Ok(None) };
    let own = settings.ca_file.as_deref().map(reload::read_text).transpose().map_err(|error| {
        format!("cannot read the certificates of authorities (sts.fetch_keys.ca_file): {error}")
    })?;
    let client = Client::new(own.as_deref())
        .map_err(|error| format!("nobody can be asked for keys (sts.fetch_keys): {error}"))?;
    let fetcher = Fetcher::start(client, settings, metrics.oidc.clone())
        .map_err(|error| format!("cannot start what fetches keys: {error}"))?;
    Ok(Some(Arc::new(fetcher)))
}

/// The store that is shared with other processes. A password that cannot be read now would hold up every call.
fn peers(config: &Config) -> Result<Option<Access>, String> {
    let Some(settings) = &config.replay.shared else { return Ok(None) };
    let keys_access = config.keys_access;
    let password = settings
        .password_file
        .clone()
        .map(|path| -> Password { Arc::new(move || reload::read_secret(&path, keys_access)) });
    if let Some(read) = &password {
        read().map_err(|error| {
            format!("cannot read the password of the shared store (replay.shared.password_file): {error}")
        })?;
    }
    Ok(Some(Access { settings: settings.clone(), password }))
}

fn random_seed() -> Result<[u8; 32], String> {
    let mut seed = [0_u8; 32];
    getrandom::fill(&mut seed)
        .map_err(|error| format!("the system gives no random bytes: {error}"))?;
    Ok(seed)
}

fn tell(problems: &[Problem]) {
    for problem in problems {
        log(problem);
    }
}

fn tell_reload(event: &Event, shared: &Shared) {
    let metrics = &shared.metrics;
    let errors = |problems: &[Problem]| i64::try_from(count_errors(problems)).unwrap_or(i64::MAX);
    match event {
        Event::Published { generation, hash, warnings } => {
            tell(warnings);
            metrics.reloads_published.inc();
            metrics.config_problems.set(0);
            log(format!("generation {generation} of {hash} is in force"));
        }
        Event::Refused { problems, restrained } => {
            refuse_reload(problems, metrics);
            if *restrained {
                log("what the other changed files no longer give is refused from now on");
            }
        }
        Event::Unreadable { problems } => refuse_reload(problems, metrics),
        Event::RevocationsApplied { counts } => {
            metrics.revocations_applied.inc();
            log(revocations_in_force(counts));
        }
        Event::HeartbeatRefused { problems } => {
            tell(problems);
            log("the heartbeat is refused; the last good one grows old");
        }
        Event::RevocationsRefused { problems } => {
            tell(problems);
            metrics.reloads_refused.inc();
            metrics.config_problems.set(errors(problems).max(1));
            log("the revocations file is refused; the last good one stays in force");
        }
        Event::CertificateApplied { not_after, warnings } => {
            tell(warnings);
            apply_certificate(*not_after, metrics);
        }
        Event::CertificateRefused { problems } => {
            tell(problems);
            metrics.tls.certificate_problems.set(errors(problems).max(1));
            log("the certificate is refused; the last good one stays in force");
        }
        Event::RestartNeeded { sections, problems } => {
            tell(problems);
            if !sections.is_empty() {
                log(format!("these settings changed and need a restart: {}", sections.join(", ")));
            }
        }
        Event::Unchanged => {
            // Files that were refused and are now back to what is in force count as mended.
            metrics.config_problems.set(0);
            log("asked to read the files: nothing has changed");
        }
    }
}

fn refuse_reload(problems: &[Problem], metrics: &Metrics) {
    tell(problems);
    metrics.reloads_refused.inc();
    metrics.config_problems.set(i64::try_from(count_errors(problems)).unwrap_or(i64::MAX).max(1));
    log("the changed files are refused; what was in force stays in force");
}

fn revocations_in_force(counts: &Counts) -> String {
    let some = counts.iter().filter(|(_, count)| *count > 0);
    let parts: Vec<String> =
        some.map(|(kind, count)| format!("{} {count}", kind.field())).collect();
    let all = if parts.is_empty() { "none".to_owned() } else { parts.join(", ") };
    format!("revocations in force: {all}")
}

fn apply_certificate(not_after: UnixSeconds, metrics: &Metrics) {
    metrics.tls.certificate_expiry.set(not_after.0);
    metrics.tls.certificate_problems.set(0);
    log(format!("a certificate that ends at {not_after} is in force"));
}

/// SIGHUP reads the files; SIGTERM or SIGINT returns; a second one, while answers finish, cuts them.
fn follow_signals(running: &Running, ready: &AtomicBool, waker: &Waker) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut hangup = signal(SignalKind::hangup())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        loop {
            tokio::select! {
                _ = hangup.recv() => waker.wake(),
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
            }
        }
        ready.store(false, Ordering::Release);
        log("stopping: no new connections, answers in flight may finish");
        running.shutdown();
        tokio::select! {
            () = running.drained() => {}
            _ = terminate.recv() => running.cut(),
            _ = interrupt.recv() => running.cut(),
        }
        Ok(())
    })
}
