//! Who signs with what. Names of callers become labels here, of weak schemes only: these users have to be found before
//! such a scheme can be switched off. They are proven names, and so many of them at most.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use prometheus::{IntCounter, IntCounterVec, Opts, Registry};

use super::metrics::register;

/// Callers with a series of their own; what comes later is counted together.
const CALLERS_MAX: usize = 500;
const OTHERS: &str = "others";

/// Counts of verified signatures.
#[derive(Debug)]
pub struct Signatures {
    by_scheme: IntCounterVec,
    weak: IntCounterVec,
    /// The series of weak schemes that there are; other schemes never look here.
    callers: Mutex<HashMap<(&'static str, Box<str>), IntCounter>>,
}

impl Signatures {
    pub(super) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let by_scheme = IntCounterVec::new(
            Opts::new("ramgate_signatures_total", "Requests whose signature matched, by scheme."),
            &["scheme"],
        )?;
        let weak = IntCounterVec::new(
            Opts::new(
                "ramgate_weak_signatures_total",
                "Requests whose signature matched and rests on SHA-1, by scheme and caller.",
            ),
            &["scheme", "principal"],
        )?;
        register(registry, &by_scheme)?;
        register(registry, &weak)?;
        Ok(Self { by_scheme, weak, callers: Mutex::default() })
    }

    /// Counts a signature that matched. `principal` is the user, the role or the account.
    pub fn matched(&self, scheme: &'static str, is_weak: bool, principal: impl FnOnce() -> String) {
        self.by_scheme.with_label_values(&[scheme]).inc();
        if is_weak {
            self.weak_counter(scheme, principal().into()).inc();
        }
    }

    fn weak_counter(&self, scheme: &'static str, principal: Box<str>) -> IntCounter {
        let key = (scheme, principal);
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(counter) = callers.get(&key) {
            return counter.clone();
        }
        if callers.len() >= CALLERS_MAX {
            return self.weak.with_label_values(&[scheme, OTHERS]);
        }
        let counter = self.weak.with_label_values(&[scheme, &key.1]);
        callers.insert(key, counter.clone());
        counter
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// However many callers there are, the series stay few.
    #[test]
    fn callers_are_bounded() {
        let registry = Registry::new();
        let signatures = Signatures::new(&registry).unwrap();
        for round in 0..2 * CALLERS_MAX {
            signatures.matched("OSS-V1", true, || format!("user-{round}"));
            signatures.matched("OSS-V4", false, || panic!("no weak scheme"));
        }
        let families = registry.gather();
        let weak = families.iter().find(|f| f.name() == "ramgate_weak_signatures_total").unwrap();
        assert_eq!(weak.get_metric().len(), CALLERS_MAX + 1);
        let counts = weak.get_metric().iter().map(|m| m.get_counter().get_value());
        let others = counts.fold(0.0, f64::max);
        assert_eq!(others.to_string(), CALLERS_MAX.to_string());
    }
}
