//! One session is kept for each workload, renewed in time, and served for a while when it cannot be (MD-26).

use crate::ident::UnixSeconds;

/// A session is renewed when less than this is left of it, or less than half of it.
const LEFT_SECONDS_MIN: i64 = 20 * 60;
/// So close to its end a session is no use to anybody.
const LAST_SECONDS: i64 = 60;
/// After a failure the kept session is served for this long before the next attempt.
const RETRY_SECONDS: i64 = 30;

/// From when to when a session counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// When it was issued.
    pub issued: UnixSeconds,
    /// When it ends.
    pub expires: UnixSeconds,
}

impl Lifetime {
    fn left(self, now: UnixSeconds) -> i64 {
        self.expires.0.saturating_sub(now.0)
    }

    fn is_due(self, now: UnixSeconds) -> bool {
        let half = self.expires.0.saturating_sub(self.issued.0) / 2;
        self.left(now) < LEFT_SECONDS_MIN.max(half)
    }
}

/// What is kept for one workload.
#[derive(Debug)]
pub struct Keeper<S> {
    kept: Option<(S, Lifetime)>,
    failed: Option<UnixSeconds>,
}

impl<S> Default for Keeper<S> {
    fn default() -> Self {
        Self { kept: None, failed: None }
    }
}

impl<S> Keeper<S> {
    /// The session to serve now. `holds` says whether a kept one is still good for anything; `mint` makes a new one, and is
    /// asked only if there is need.
    pub fn serve<E>(
        &mut self,
        now: UnixSeconds,
        holds: impl FnOnce(&S) -> bool,
        mint: impl FnOnce() -> Result<(S, Lifetime), E>,
    ) -> Result<&S, Option<E>> {
        if self.kept.as_ref().is_some_and(|(session, _)| !holds(session)) {
            self.kept = None;
        }
        let mut failure = None;
        if self.is_wanted(now) {
            match mint() {
                Ok(fresh) => {
                    self.kept = Some(fresh);
                    self.failed = None;
                }
                Err(error) => {
                    self.failed = Some(now);
                    failure = Some(error);
                }
            }
        }
        let usable = self.kept.as_ref().filter(|(_, lifetime)| lifetime.left(now) > LAST_SECONDS);
        usable.map(|(session, _)| session).ok_or(failure)
    }

    /// Whether a new session is to be made: there is none that could be served, or the time has come and no attempt failed a
    /// moment ago. One attempt a second is enough for a workload that asks in a loop: each is recorded.
    fn is_wanted(&self, now: UnixSeconds) -> bool {
        if self.failed == Some(now) {
            return false;
        }
        let Some((_, lifetime)) = &self.kept else { return true };
        let waits =
            self.failed.is_some_and(|at| (0..RETRY_SECONDS).contains(&now.0.saturating_sub(at.0)));
        lifetime.is_due(now) && (!waits || lifetime.left(now) <= LAST_SECONDS)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: i64 = 1_000_000;

    /// A keeper whose first session, number 1, was made at [`START`].
    struct Kept {
        keeper: Keeper<u32>,
        seconds: i64,
        minted: u32,
    }

    impl Kept {
        fn new(seconds: i64) -> Self {
            let mut kept = Self { keeper: Keeper::default(), seconds, minted: 0 };
            assert_eq!(kept.at(0, true), Ok(1));
            kept
        }

        fn at(&mut self, after: i64, can: bool) -> Result<u32, Option<&'static str>> {
            self.held(after, can, true)
        }

        fn held(
            &mut self,
            after: i64,
            can: bool,
            holds: bool,
        ) -> Result<u32, Option<&'static str>> {
            let now = UnixSeconds(START + after);
            let expires = UnixSeconds(now.0 + self.seconds);
            let minted = &mut self.minted;
            let mint = || {
                *minted += u32::from(can);
                let lifetime = Lifetime { issued: now, expires };
                if can { Ok((*minted, lifetime)) } else { Err("no") }
            };
            self.keeper.serve(now, |_session| holds, mint).copied()
        }
    }

    /// MD-26: half of the time, but 20 minutes at least.
    #[test]
    fn renewal() {
        for (seconds, due) in [(3600, 1801), (1800, 601), (43_200, 21_601), (2400, 1201)] {
            let mut kept = Kept::new(seconds);
            assert_eq!(kept.at(due - 1, true), Ok(1), "{seconds}");
            assert_eq!(kept.at(due, true), Ok(2), "{seconds}");
            assert_eq!(kept.at(due, true), Ok(2), "{seconds}");
        }
    }

    /// MD-26: while nothing can be minted, until 60 s before the end.
    #[test]
    fn failures() {
        let mut kept = Kept::new(3600);
        assert_eq!(kept.at(3000, false), Ok(1));
        assert_eq!(kept.at(3029, true), Ok(1), "it failed a moment ago");
        assert_eq!(kept.at(3030, false), Ok(1));
        assert_eq!(kept.at(3539, false), Ok(1));
        assert_eq!(kept.at(3540, false), Err(Some("no")));
        assert_eq!(kept.at(3541, true), Ok(2), "nothing to serve: at once");
        let mut none = Keeper::<u32>::default();
        let now = UnixSeconds(START);
        assert_eq!(none.serve(now, |_| true, || Err("no")), Err(Some("no")));
    }

    /// A session that gates would refuse is not served, however long it would last.
    #[test]
    fn what_no_longer_holds() {
        let mut kept = Kept::new(3600);
        assert_eq!(kept.held(1, true, false), Ok(2));
        assert_eq!(kept.held(2, false, false), Err(Some("no")));
        assert_eq!(kept.held(3, true, true), Ok(3));
    }

    /// Whoever is denied cannot fill the record by asking.
    #[test]
    fn one_failure_a_second() {
        let mut keeper = Keeper::<u32>::default();
        let lifetime = Lifetime { issued: UnixSeconds(START), expires: UnixSeconds(START + 3600) };
        let mut attempts = 0;
        for second in [0, 0, 0, 1, 1, 2] {
            let denied = || {
                attempts += 1;
                Err("no")
            };
            assert!(keeper.serve(UnixSeconds(START + second), |_| true, denied).is_err());
        }
        assert_eq!(attempts, 3);
        let mint = || Ok::<_, ()>((1, lifetime));
        assert_eq!(keeper.serve(UnixSeconds(START + 2), |_| true, mint), Err(None));
        assert_eq!(keeper.serve(UnixSeconds(START + 3), |_| true, mint), Ok(&1));
    }

    proptest! {
        /// Whatever happens, what is served has more than a minute left, and is new whenever it could be, but in the second of a
        /// failure.
        #[test]
        fn served_sessions_last(
            seconds in 1800..43_200_i64,
            steps in prop::collection::vec((0..4000_i64, any::<bool>(), any::<bool>()), 1..60),
        ) {
            let mut keeper = Keeper::default();
            let mut now = START;
            for (pause, can, holds) in steps {
                now += pause;
                let fresh = (now, Lifetime { issued: UnixSeconds(now), expires: UnixSeconds(now + seconds) });
                let served = keeper.serve(
                    UnixSeconds(now), |_| holds, || if can { Ok(fresh) } else { Err(()) },
                ).copied();
                match served {
                    Ok(issued) => prop_assert!(issued + seconds - now > LAST_SECONDS),
                    Err(failure) => prop_assert!(!can || (pause == 0 && failure.is_none())),
                }
            }
        }
    }
}
