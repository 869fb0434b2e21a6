//! Follows the files while the gate runs, on a thread of its own.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::certificate::Certificate;
use super::current::Current;
use super::event::Event;
use super::load::Loaded;
use super::revoked::Following;
use super::single::Single;
use super::source::{Marks, Source};
use crate::config::{self, Config};
use crate::directory::Folder;
use crate::ident::UnixSeconds;
use crate::snapshot::{Digest, Restraint, Settings, Snapshot, Sources, World};
use crate::strict::{Position, Problem};

/// After a change, contents are read this many times whatever the marks say: a file system counts time in steps, and a
/// second change within one step leaves the marks as they are.
const SETTLE_SWEEPS: u32 = 5;
/// And this often without any change.
const CONTENT_SWEEPS: u32 = 40;
/// A change is compiled when two looks in a row find the same: a file that is being written in place may be valid, and
/// short of its end. Files that never rest are compiled after this many looks all the same.
const RESTLESS_SWEEPS_MAX: u32 = 2;

/// Asks for a look at the files now. Cheap, never blocks; requests that come while one waits are one.
#[derive(Clone, Debug)]
pub struct Waker(SyncSender<()>);

impl Waker {
    /// Asks. Every file is read, and an outcome is reported even if nothing changed.
    pub fn wake(&self) {
        // Full: a look is about to happen. Disconnected: the reloader has stopped.
        self.0.try_send(()).ok();
    }
}

/// The thread that follows the files.
#[derive(Debug)]
pub struct Reloader {
    waker: Waker,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Reloader {
    /// Starts to follow the files of a deployment. `clock` tells the time; `report` is told what comes of each change,
    /// on the reloader's threads.
    pub fn start(
        loaded: &Loaded,
        clock: impl Fn() -> UnixSeconds + Send + Sync + 'static,
        report: impl Fn(Event) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(1);
        let stop = Arc::new(AtomicBool::new(false));
        let (clock, report) = (Arc::new(clock), Arc::new(report));
        let revocations = Following::start(loaded, &clock, &report)?;
        let mut follower = Follower::new(loaded, clock, report, revocations);
        let (interval, stopped) = (loaded.config.reload.interval, Arc::clone(&stop));
        let follow = move || follower.run(&receiver, interval, &stopped);
        let thread = thread::Builder::new().name("reload".to_owned()).spawn(follow)?;
        Ok(Self { waker: Waker(sender), stop, thread: Some(thread) })
    }

    /// Asks for a look at the files, from any thread.
    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }
}

/// Stops the thread and waits for it.
impl Drop for Reloader {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.waker.wake();
        if let Some(thread) = self.thread.take() {
            thread.join().ok(); // a panic there has been printed; there is nothing else to do about it
        }
    }
}

/// Whether somebody asked for this look.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Routine,
    Asked,
}

/// Follows all files but the revocations.
struct Follower<C, R> {
    source: Source,
    settings: Settings,
    config: Config,
    current: Arc<Current>,
    clock: Arc<C>,
    report: Arc<R>,
    /// The files of the generation in force.
    good: Arc<Sources>,
    /// Each file as it was when it was last sound.
    sound: Arc<Sources>,
    revocations: Following<C, R>,
    certificate: Option<Certificate>,
    configuration: Single,
    config_differs: bool,
    marks: Option<Marks>,
    tried: Digest,
    waiting: Option<Digest>,
    restless: u32,
    generation: u64,
    unreadable: Vec<Problem>,
    settling: u32,
    until_content: u32,
    reported: bool,
}

impl<C, R> Follower<C, R>
where
    C: Fn() -> UnixSeconds + Send + Sync + 'static,
    R: Fn(Event) + Send + Sync + 'static,
{
    fn new(loaded: &Loaded, clock: Arc<C>, report: Arc<R>, revocations: Following<C, R>) -> Self {
        let world = loaded.current.load();
        Self {
            source: loaded.source.clone(),
            settings: loaded.settings.clone(),
            config: loaded.config.clone(),
            current: Arc::clone(&loaded.current),
            clock,
            report,
            good: Arc::clone(&loaded.sources),
            sound: Arc::clone(&loaded.sources),
            revocations,
            certificate: loaded.certificate.clone(),
            configuration: Single::of(loaded.config_hash),
            config_differs: false,
            marks: None,
            tried: world.snapshot.digest(),
            waiting: None,
            restless: 0,
            generation: world.snapshot.generation(),
            unreadable: Vec::new(),
            settling: 0,
            until_content: 0,
            reported: false,
        }
    }

    fn run(&mut self, wakes: &Receiver<()>, interval: Duration, stop: &AtomicBool) {
        loop {
            let look = match wakes.recv_timeout(interval) {
                Ok(()) => Look::Asked,
                Err(RecvTimeoutError::Timeout) => Look::Routine,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            if stop.load(Ordering::Relaxed) {
                return;
            }
            self.look_and_survive(look);
        }
    }

    /// A defect in the compiler of some file must not end the thread.
    fn look_and_survive(&mut self, look: Look) {
        if catch_unwind(AssertUnwindSafe(|| self.look(look))).is_err() {
            let message = "the files could not be compiled because of a defect in this program";
            let problem = Problem::error(&self.config.file, Position::START, "", message);
            self.tell(Event::Refused { problems: vec![problem], restrained: false });
        }
    }

    /// The files count as confirmed once all were looked at (TOK-31).
    fn look(&mut self, look: Look) {
        self.reported = false;
        if look == Look::Asked {
            self.forget();
            self.reported = self.revocations.look_again();
        }
        self.look_at_certificate();
        let files_read = self.look_at_files(look);
        self.look_at_config();
        if files_read {
            self.current.confirm((self.clock)());
        }
        if look == Look::Asked && !self.reported {
            self.tell(Event::Unchanged);
        }
    }

    /// Makes this look read everything, and report again what is wrong.
    fn forget(&mut self) {
        self.marks = None;
        self.unreadable.clear();
        self.tried = self.current.load().snapshot.digest();
        self.configuration.forget_failure();
        if let Some(certificate) = &mut self.certificate {
            certificate.forget_failure();
        }
    }

    fn look_at_certificate(&mut self) {
        let now = (self.clock)();
        if let Some(event) = self.certificate.as_mut().and_then(|files| files.look(now)) {
            self.tell(event);
        }
    }

    /// Whether the files could be read, or are known to be as before.
    fn look_at_files(&mut self, look: Look) -> bool {
        match self.changed_sources(look) {
            Ok(None) => true,
            Ok(Some(sources)) => {
                self.compile(sources);
                true
            }
            Err(problems) => {
                self.marks = None;
                if self.unreadable != problems {
                    self.unreadable.clone_from(&problems);
                    self.tell(Event::Unreadable { problems });
                }
                false
            }
        }
    }

    /// The files, if they differ from those that were tried last.
    fn changed_sources(&mut self, look: Look) -> Result<Option<Sources>, Vec<Problem>> {
        let marks = self.source.marks()?;
        if !self.wants_content(&marks) {
            return Ok(None);
        }
        let (marks, sources) = self.source.read_marked()?;
        self.refuse_emptied(&sources)?;
        self.unreadable.clear();
        self.marks = Some(marks);
        let digest = sources.digest();
        if digest == self.tried {
            self.waiting = None;
            return Ok(None);
        }
        self.settling = SETTLE_SWEEPS;
        if look == Look::Routine && !self.is_at_rest(digest) {
            return Ok(None);
        }
        (self.tried, self.waiting, self.restless) = (digest, None, 0);
        Ok(Some(sources))
    }

    fn is_at_rest(&mut self, digest: Digest) -> bool {
        if self.waiting.replace(digest) == Some(digest) {
            return true;
        }
        self.restless += 1;
        self.restless > RESTLESS_SWEEPS_MAX
    }

    fn wants_content(&mut self, marks: &Marks) -> bool {
        if self.marks.as_ref() != Some(marks) {
            self.settling = SETTLE_SWEEPS;
            return true;
        }
        if self.settling > 0 {
            self.settling -= 1;
            return true;
        }
        if self.until_content > 0 {
            self.until_content -= 1;
            return false;
        }
        self.until_content = CONTENT_SWEEPS;
        true
    }

    /// All policies gone at once is more likely a volume that is not there than somebody's wish (L08).
    fn refuse_emptied(&self, sources: &Sources) -> Result<(), Vec<Problem>> {
        let before = self.current.load().snapshot.custom_policies();
        let emptied = sources.policies.iter().all(|(folder, _)| *folder != Folder::Identity);
        if before == 0 || !emptied {
            return Ok(());
        }
        let message = format!("the folder had {before} policies and is empty");
        let problem = Problem::error(&self.source.policies_name(), Position::START, "", message);
        Err(vec![problem.help("if that is meant, restart")])
    }

    fn compile(&mut self, sources: Sources) {
        let world = self.current.load();
        let (generation, now) = (self.generation + 1, (self.clock)());
        let previous = Some(&*world.snapshot);
        match Snapshot::compile(&sources, &self.settings, previous, generation, now) {
            Ok((snapshot, warnings)) => {
                self.generation = generation;
                let hash = snapshot.hash();
                self.good = Arc::new(sources);
                self.sound = Arc::clone(&self.good);
                let snapshot = Arc::new(snapshot);
                self.current.change(|world| World {
                    snapshot: Arc::clone(&snapshot),
                    restraint: None,
                    ..world.clone()
                });
                self.tell(Event::Published { generation, hash, warnings });
            }
            Err(problems) => self.restrain(&sources, problems, now),
        }
    }

    /// The last good generation stays; what the sound files no longer give is refused.
    fn restrain(&mut self, sources: &Sources, problems: Vec<Problem>, now: UnixSeconds) {
        let world = self.current.load();
        let (sound, good, settings) = (&self.sound, &self.good, &self.settings);
        let previous = &world.snapshot;
        match Restraint::compile(sources, sound, good, &problems, settings, previous, now) {
            Restraint::Found { snapshot, sound } => {
                self.sound = sound;
                self.put_beside(Some(&snapshot));
            }
            Restraint::Needless => {
                self.sound = Arc::clone(&self.good);
                self.put_beside(None);
            }
            Restraint::Unclear => {}
        }
        let restrained = self.current.load().restraint.is_some();
        self.tell(Event::Refused { problems, restrained });
    }

    fn put_beside(&self, restraint: Option<&Arc<Snapshot>>) {
        self.current.change(|world| World { restraint: restraint.cloned(), ..world.clone() });
    }

    fn look_at_config(&mut self) {
        let file = self.source.read_config().map(Some);
        if !self.configuration.is_new(&file) {
            return;
        }
        let parsed = file.and_then(|file| match file {
            Some(file) => config::parse(&self.config.file, &file.text)
                .map(|(config, _, _)| config.changed(&self.config))
                .map_err(|refused| refused.problems),
            None => Ok(Vec::new()),
        });
        self.configuration.failed = parsed.is_err();
        let (sections, problems) = match parsed {
            Ok(sections) => (sections, Vec::new()),
            Err(problems) => (Vec::new(), problems),
        };
        let differs = !sections.is_empty() || !problems.is_empty();
        if differs || self.config_differs {
            self.tell(Event::RestartNeeded { sections, problems });
        }
        self.config_differs = differs;
    }

    fn tell(&mut self, event: Event) {
        self.reported = true;
        (self.report)(event);
    }
}
