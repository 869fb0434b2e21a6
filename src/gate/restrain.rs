//! The second opinion on a call that is permitted, while some file is broken: what the others no longer give is refused.

use std::sync::Arc;

use crate::policy::PolicySet;

use super::{Gate, Proven, Record, Refusal};

impl Gate<'_> {
    /// Judges a permitted call by the files as they are now, where they do not compile as a whole. The record of the checks is
    /// that of the generation in force, unless it is this that refuses.
    pub(super) fn restrain(&self, proven: Proven, record: &mut Record) -> Result<Proven, Refusal> {
        let Some(world) = self.world.restrained() else { return Ok(proven) };
        let gate = Gate { world: &world, ..*self };
        let (operation, checks) = (record.operation.clone(), record.checks.clone());
        let mut proven = proven;
        let bound = gate.bind(&mut proven).map_err(told)?;
        gate.judge(&proven, record).map_err(told)?;
        if let Some(caller) = &mut proven.caller {
            caller.session_policy = bound;
        }
        (record.operation, record.checks) = (operation, checks);
        Ok(proven)
    }

    /// Gives the caller the bound that its session has in this world; what it had before comes back.
    fn bind(&self, proven: &mut Proven) -> Result<Option<Arc<PolicySet>>, Refusal> {
        let Some(caller) = &mut proven.caller else { return Ok(None) };
        let bound = self.standing(caller, &proven.facts)?;
        Ok(std::mem::replace(&mut caller.session_policy, bound))
    }
}

fn told(refusal: Refusal) -> Refusal {
    let reason =
        format!("by the files as they are now, some of which are broken: {}", refusal.reason);
    Refusal { reason: reason.into(), ..refusal }
}
