//! Follows the revocations and the heartbeat, on a thread of its own: compiling the other files takes its time, and nothing
//! may hold up a revocation.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::current::Current;
use super::event::Event;
use super::heartbeat;
use super::load::{Loaded, shown};
use super::single::Single;
use super::source::{ContentHash, Source, content_hash};
use crate::ident::UnixSeconds;
use crate::revocation::Revocations;
use crate::snapshot::{Revoked, World};

/// The thread, and what it looks with. Whoever is asked for a look can look too.
#[derive(Debug)]
pub(super) struct Following<C, R> {
    look: Arc<Mutex<Look<C, R>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl<C, R> Following<C, R>
where
    C: Fn() -> UnixSeconds + Send + Sync + 'static,
    R: Fn(Event) + Send + Sync + 'static,
{
    pub(super) fn start(loaded: &Loaded, clock: &Arc<C>, report: &Arc<R>) -> io::Result<Self> {
        let look = Look {
            source: loaded.source.clone(),
            current: Arc::clone(&loaded.current),
            clock: Arc::clone(clock),
            report: Arc::clone(report),
            revocations: Single::of(loaded.revocations_hash),
            heartbeat: Single::new(),
            lifting: None,
            told: false,
        };
        let (look, stop) = (Arc::new(Mutex::new(look)), Arc::new(AtomicBool::new(false)));
        let (shared, stopped) = (Arc::clone(&look), Arc::clone(&stop));
        let interval = loaded.config.reload.interval;
        let follow = move || follow(&shared, interval, &stopped);
        let thread = Some(thread::Builder::new().name("revocations".to_owned()).spawn(follow)?);
        Ok(Self { look, stop, thread })
    }

    /// Looks now, and reports again what is wrong; says whether there was anything to tell.
    pub(super) fn look_again(&self) -> bool {
        let mut look = locked(&self.look);
        look.revocations.forget_failure();
        look.heartbeat.forget_failure();
        look.look();
        look.lift(); // whoever asks says that the file is whole
        look.told
    }
}

/// Stops the thread and waits for it.
impl<C, R> Drop for Following<C, R> {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            thread.join().ok(); // a panic there has been printed; there is nothing else to do about it
        }
    }
}

fn follow<C: Fn() -> UnixSeconds, R: Fn(Event)>(
    look: &Mutex<Look<C, R>>,
    interval: Duration,
    stop: &AtomicBool,
) {
    while !stop.load(Ordering::Relaxed) {
        // A defect must not end the thread; the files then grow old, since nothing confirms them.
        if catch_unwind(AssertUnwindSafe(|| locked(look).look())).is_err() {
            locked(look).start_over();
        }
        thread::park_timeout(interval);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the last look found.
#[derive(Debug)]
struct Look<C, R> {
    source: Source,
    current: Arc<Current>,
    clock: Arc<C>,
    report: Arc<R>,
    revocations: Single,
    heartbeat: Single,
    /// What the file says that gives something back, until it is found at rest: a file that is being written in place is short
    /// of its end.
    lifting: Option<(Arc<Revocations>, ContentHash)>,
    /// Whether this look told anything.
    told: bool,
}

impl<C: Fn() -> UnixSeconds, R: Fn(Event)> Look<C, R> {
    fn look(&mut self) {
        self.told = false;
        let read = self.look_at_revocations();
        self.look_at_heartbeat();
        if read {
            self.current.confirm_revocations((self.clock)());
        }
    }

    /// Takes nothing for known, so that a file that cannot be looked at is not taken for one that has not changed.
    fn start_over(&mut self) {
        self.revocations = Single::new();
        self.heartbeat = Single::new();
        self.lifting = None;
    }

    /// Whether the file could be read.
    fn look_at_revocations(&mut self) -> bool {
        let file = self.source.read_revocations();
        let read = file.is_ok();
        if !self.revocations.is_new(&file) {
            self.lift();
            return read;
        }
        self.lifting = None;
        let hash = content_hash(file.as_ref().ok().and_then(Option::as_ref));
        let parsed = file.and_then(|file| match file {
            Some(file) => Revocations::parse(&file.name, &file.text),
            None => Ok(Revocations::default()),
        });
        self.revocations.failed = parsed.is_err();
        match parsed {
            Ok(revocations) => self.take(revocations, hash),
            Err(problems) => self.tell(Event::RevocationsRefused { problems }),
        }
        read
    }

    /// What is taken away counts at once, what is given back when the next look finds the same.
    fn take(&mut self, revocations: Revocations, hash: ContentHash) {
        let world = self.current.load();
        let (before, revocations) = (&world.revocations, Arc::new(revocations));
        if before.are_within(&revocations) {
            return self.apply(&revocations, hash);
        }
        if !revocations.are_within(before) {
            let both = Revocations::clone(&revocations).and(before);
            self.apply(&Arc::new(both), hash);
        }
        self.lifting = Some((revocations, hash));
    }

    fn lift(&mut self) {
        if let Some((revocations, hash)) = self.lifting.take() {
            self.apply(&revocations, hash);
        }
    }

    fn apply(&mut self, revocations: &Arc<Revocations>, hash: ContentHash) {
        let counts = revocations.counts();
        let (hash, effective) = (shown(hash), (self.clock)());
        self.current.change(|world| World {
            revocations: Arc::clone(revocations),
            revoked: Revoked { generation: world.revoked.generation + 1, hash, effective },
            ..world.clone()
        });
        self.tell(Event::RevocationsApplied { counts });
    }

    /// One that cannot be used leaves the last good one, which grows old.
    fn look_at_heartbeat(&mut self) {
        let file = self.source.read_heartbeat();
        if !self.heartbeat.is_new(&file) {
            return;
        }
        let now = (self.clock)();
        let read = file.and_then(|file| file.map(|file| heartbeat::read(&file, now)).transpose());
        self.heartbeat.failed = read.is_err();
        match read {
            Ok(Some(written)) => self.current.distributed(written),
            Ok(None) => {}
            Err(problems) => self.tell(Event::HeartbeatRefused { problems }),
        }
    }

    fn tell(&mut self, event: Event) {
        self.told = true;
        (self.report)(event);
    }
}
