use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arc_swap::ArcSwap;

use crate::ident::UnixSeconds;
use crate::snapshot::World;

/// The world that requests are decided by now. Only this module replaces it.
#[derive(Debug)]
pub struct Current {
    world: ArcSwap<World>,
    files_read: AtomicI64,
    revocations_read: AtomicI64,
    /// What the heartbeat says; the end of time where there is none.
    distributed: AtomicI64,
}

impl Current {
    pub(super) fn new(world: World, now: UnixSeconds) -> Self {
        Self {
            world: ArcSwap::from_pointee(world),
            files_read: AtomicI64::new(now.0),
            revocations_read: AtomicI64::new(now.0),
            distributed: AtomicI64::new(i64::MAX),
        }
    }

    /// The world of this moment. A request loads it once and keeps it to its end (L13 of the threat model).
    pub fn load(&self) -> Arc<World> {
        self.world.load_full()
    }

    /// When all files were last read or found unchanged. Files that were read and refused count: what is kept is the
    /// last good word of a source that answers.
    pub fn last_read(&self) -> UnixSeconds {
        let files = self.files_read.load(Ordering::Relaxed);
        UnixSeconds(files.min(self.revocations_read.load(Ordering::Relaxed)))
    }

    /// Until when the files are known to be the latest (TOK-31): they were read then, and distributed then.
    pub fn confirmed(&self) -> UnixSeconds {
        self.last_read().min(UnixSeconds(self.distributed.load(Ordering::Relaxed)))
    }

    /// Puts another world in place of what is there. Whoever else changes it meanwhile is not undone.
    pub(super) fn change(&self, change: impl Fn(&World) -> World) {
        self.world.rcu(|world| change(world));
    }

    pub(super) fn confirm(&self, now: UnixSeconds) {
        self.files_read.store(now.0, Ordering::Relaxed);
    }

    pub(super) fn confirm_revocations(&self, now: UnixSeconds) {
        self.revocations_read.store(now.0, Ordering::Relaxed);
    }

    pub(super) fn distributed(&self, at: UnixSeconds) {
        self.distributed.store(at.0, Ordering::Relaxed);
    }
}
