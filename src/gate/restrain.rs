//! The second opinion on a call that is permitted, while some file is broken: what the others no longer give is refused.

use crate::federation::Fetched;
use crate::sts::AssumeRoleWithOidc;

use super::authenticate::Standing;
use super::oidc::Federated;
use super::{Facts, Gate, Proven, Record, Refusal};

impl Gate<'_> {
    /// Judges a permitted call by the files as they are now, where they do not compile as a whole. The record of the checks is
    /// that of the generation in force, unless it is this that refuses.
    pub(super) fn restrain(&self, proven: Proven, record: &mut Record) -> Result<Proven, Refusal> {
        let Some(world) = self.world.restrained() else { return Ok(proven) };
        let gate = Gate { world: &world, ..*self };
        let (operation, checks) = (record.operation.clone(), record.checks.clone());
        let mut proven = proven;
        let before = gate.put_in(&mut proven).map_err(told)?;
        gate.judge(&proven, record).map_err(told)?;
        if let (Some(caller), Some(before)) = (&mut proven.caller, before) {
            caller.stand(before);
        }
        (record.operation, record.checks) = (operation, checks);
        Ok(proven)
    }

    /// The same for a caller whom a provider vouches for: the provider and the trust policy say so now too.
    pub(super) fn restrain_federated(
        &self,
        request: &AssumeRoleWithOidc<'_>,
        caller: &Federated,
        keys: Option<&Fetched>,
        facts: &Facts,
        record: &mut Record,
    ) -> Result<(), Refusal> {
        let Some(world) = self.world.restrained() else { return Ok(()) };
        let gate = Gate { world: &world, ..*self };
        let checks = record.checks.clone();
        gate.vouched(request, keys, facts.now).map_err(told)?;
        gate.trusts(&request.role, caller, facts, record).map_err(told)?;
        record.checks = checks;
        Ok(())
    }

    /// Lets the caller stand as it does in this world; how it stood before comes back.
    fn put_in(&self, proven: &mut Proven) -> Result<Option<Standing>, Refusal> {
        let Some(caller) = &mut proven.caller else { return Ok(None) };
        let standing = self.standing(caller, &proven.facts)?;
        Ok(Some(caller.stand(standing)))
    }
}

fn told(refusal: Refusal) -> Refusal {
    let reason =
        format!("by the files as they are now, some of which are broken: {}", refusal.reason);
    Refusal { reason: reason.into(), ..refusal }
}
