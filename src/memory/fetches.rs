//! What was fetched from elsewhere, and when it may be fetched again (FED-08).
//!
//! Nothing here fetches. Whoever asks is told to use what there is, to fetch, to wait for somebody who does, or to give up.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use crate::ident::UnixSeconds;

/// What was fetched counts this long without another look.
const FRESH_SECONDS: i64 = 600;
/// While no fetch succeeds, the last good one counts this long.
const GOOD_SECONDS: i64 = 24 * 3600;
/// Between two fetches for the sake of something that a fresh value lacks.
const SEARCH_SECONDS: i64 = 60;
/// After a failure; doubled for each that follows, up to the second.
const RETRY_SECONDS: (i64, i64) = (5, 60);
/// How far a clock may be set back unnoticed.
const CLOCK_SECONDS: i64 = 60;

/// Values by their sources, and how their fetches went.
#[derive(Debug)]
pub struct Fetches<S, V, E>(HashMap<S, Entry<V, E>>);

#[derive(Debug)]
struct Entry<V, E> {
    good: Option<Good<V>>,
    failed: Option<Failed<E>>,
    searched: Option<UnixSeconds>,
    /// Since when somebody fetches.
    flight: Option<UnixSeconds>,
}

#[derive(Debug)]
struct Good<V> {
    value: Arc<V>,
    since: UnixSeconds,
}

#[derive(Debug)]
struct Failed<E> {
    at: UnixSeconds,
    /// How long nobody tries again.
    pause_seconds: i64,
    why: E,
}

/// What to do for a value.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<V, E> {
    /// Use it, whether or not it has what is looked for: nothing newer can be had now.
    Use(Arc<V>),
    /// Fetch it, and report with [`Fetches::land`] how that went.
    Fetch,
    /// Wait until the one who fetches it has reported.
    Wait,
    /// There is none: why the last fetch failed.
    Fail(E),
}

impl<S: Eq + Hash + Clone, V, E: Clone> Fetches<S, V, E> {
    /// Asks for a value; `suits` says whether one has what is looked for. `is_known` says of any source whether it can still
    /// be asked for: when a new one comes, those that cannot are forgotten, so that there are never more than are known.
    pub fn ask(
        &mut self,
        source: &S,
        now: UnixSeconds,
        suits: impl FnOnce(&V) -> bool,
        is_known: impl Fn(&S) -> bool,
    ) -> Step<V, E> {
        if !self.0.contains_key(source) {
            self.0.retain(|known, entry| entry.flight.is_some() || is_known(known));
            self.0.insert(source.clone(), Entry::default());
        }
        self.0.get_mut(source).map_or(Step::Wait, |entry| entry.ask(now, suits))
    }

    /// Takes what there is, after waiting: `None` if a fetch has not ended.
    pub fn settle(&self, source: &S, now: UnixSeconds) -> Option<Result<Arc<V>, E>> {
        self.0.get(source)?.settle(now)
    }

    /// Reports how the fetch of a value ended; answers how the one before failed, if it did.
    pub fn land(&mut self, source: &S, now: UnixSeconds, outcome: Result<V, E>) -> Option<E> {
        self.0.get_mut(source)?.land(now, outcome)
    }

    /// The values that can be used, with the seconds since each was fetched.
    pub fn ages(&self, now: UnixSeconds) -> impl Iterator<Item = (&S, i64)> {
        let good = move |entry: &Entry<V, E>| Some(now.0.saturating_sub(entry.good(now)?.since.0));
        self.0.iter().filter_map(move |(source, entry)| Some((source, good(entry)?)))
    }

    /// How many sources are remembered.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<V, E: Clone> Entry<V, E> {
    fn ask(&mut self, now: UnixSeconds, suits: impl FnOnce(&V) -> bool) -> Step<V, E> {
        let fresh = self.good.as_ref().filter(|good| within(good.since, FRESH_SECONDS, now));
        let searches = match fresh {
            Some(good) if suits(&good.value) => return Step::Use(Arc::clone(&good.value)),
            Some(_) => true,
            None => false,
        };
        if self.flight.is_some() {
            return Step::Wait;
        }
        let waits = self.pauses(now) || (searches && self.has_searched(now));
        match self.usable(now) {
            Some(Ok(value)) if waits => return Step::Use(value),
            Some(Err(why)) if waits => return Step::Fail(why),
            _ => {}
        }
        self.flight = Some(now);
        if searches {
            self.searched = Some(now);
        }
        Step::Fetch
    }

    fn settle(&self, now: UnixSeconds) -> Option<Result<Arc<V>, E>> {
        if self.flight.is_some() { None } else { self.usable(now) }
    }

    /// A value counts from when its fetch began: that is the moment whose truth it tells.
    fn land(&mut self, now: UnixSeconds, outcome: Result<V, E>) -> Option<E> {
        let since = self.flight.take().unwrap_or(now);
        let before = self.failed.take();
        match outcome {
            Ok(value) => self.good = Some(Good { value: Arc::new(value), since }),
            Err(why) => {
                let (first, longest) = RETRY_SECONDS;
                let pause = before.as_ref().map_or(first, |it| it.pause_seconds * 2);
                self.failed = Some(Failed { at: now, pause_seconds: pause.min(longest), why });
            }
        }
        before.map(|it| it.why)
    }

    /// The last good value while it counts, else why there is none.
    fn usable(&self, now: UnixSeconds) -> Option<Result<Arc<V>, E>> {
        if let Some(good) = self.good(now) {
            return Some(Ok(Arc::clone(&good.value)));
        }
        self.failed.as_ref().map(|failed| Err(failed.why.clone()))
    }

    fn good(&self, now: UnixSeconds) -> Option<&Good<V>> {
        self.good.as_ref().filter(|good| within(good.since, GOOD_SECONDS, now))
    }

    fn pauses(&self, now: UnixSeconds) -> bool {
        self.failed.as_ref().is_some_and(|it| within(it.at, it.pause_seconds, now))
    }

    fn has_searched(&self, now: UnixSeconds) -> bool {
        self.searched.is_some_and(|at| within(at, SEARCH_SECONDS, now))
    }
}

impl<V, E> Default for Entry<V, E> {
    fn default() -> Self {
        Self { good: None, failed: None, searched: None, flight: None }
    }
}

impl<S, V, E> Default for Fetches<S, V, E> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

/// Whether less than that long has passed. After a clock was set back by more than a little, nothing counts as recent: better
/// one fetch too many than keys that never age.
fn within(since: UnixSeconds, seconds: i64, now: UnixSeconds) -> bool {
    (-CLOCK_SECONDS..seconds).contains(&now.0.saturating_sub(since.0))
}

#[cfg(test)]
mod tests;
