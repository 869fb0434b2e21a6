//! Sessions for workloads next door: what the local credential server asks for (MD-20 of the identities sheet).

use std::net::IpAddr;

use crate::directory::{Role, Workload};
use crate::ident::{UnixSeconds, WorkloadName};
use crate::policy::{Attribute, Attributes, Caller, ConditionKey, Verdict};
use crate::sts::{self, AssumeRole, Entropy, RoleArn, Target};
use crate::token::{Issued, Payload, access_key_id};

use super::sts::{TRUST, fault, lower_case};
use super::{Code, Gate, Record, Refusal};

/// A session that a workload was given.
#[derive(Debug)]
pub struct Minted {
    /// Who it is.
    pub payload: Payload,
    /// Its secret and its token.
    pub issued: Issued,
}

/// The moment in which a workload asks.
#[derive(Clone, Copy, Debug)]
pub struct Asking {
    /// When.
    pub now: UnixSeconds,
    /// From where, if the way has addresses.
    pub peer: Option<IpAddr>,
}

impl Gate<'_> {
    /// A new session for a bound workload. The trust policy of the role and the control policies are asked anew each time; while
    /// some file is broken, those of the sound ones too.
    pub fn mint(
        &self,
        name: &WorkloadName,
        asking: Asking,
        entropy: &Entropy,
        record: &mut Record,
    ) -> Result<Minted, Refusal> {
        record.operation = Some("AssumeRole".to_owned());
        let (workload, role) = self.admitted(name, asking, record)?;
        let restrained = self.world.restrained();
        if let Some(world) = &restrained {
            let mut beside = Record::default();
            let admitted = Gate { world, ..*self }.admitted(name, asking, &mut beside).map(drop);
            admitted.inspect_err(|_refusal| record.checks = beside.checks)?;
        }
        let payload = payload(workload, role, entropy, asking.now)?;
        let issued = self.world.seal(&payload, entropy.nonce)?;
        let minted = Minted { payload, issued };
        self.stands(name, &minted, asking.now)?;
        record.issued = Some(minted.payload.access_key_id.clone());
        Ok(minted)
    }

    /// Whether a session is still the one that the workload would get, and no gate would refuse it now.
    pub fn holds(&self, name: &WorkloadName, minted: &Minted, now: UnixSeconds) -> bool {
        self.stands(name, minted, now).is_ok()
    }

    fn stands(
        &self,
        name: &WorkloadName,
        minted: &Minted,
        now: UnixSeconds,
    ) -> Result<(), Refusal> {
        self.stands_here(name, minted, now)?;
        let restrained = self.world.restrained();
        let beside = restrained.as_ref().map(|world| Gate { world, ..*self });
        beside.map_or(Ok(()), |gate| gate.stands_here(name, minted, now))
    }

    /// A cutoff that lies ahead ends a session before it has begun; a binding may have been changed since it was issued.
    fn stands_here(
        &self,
        name: &WorkloadName,
        minted: &Minted,
        now: UnixSeconds,
    ) -> Result<(), Refusal> {
        let Minted { payload, issued } = minted;
        let workload = self.workload(name)?;
        let is_its_own = workload.account == payload.account
            && workload.role_id == payload.role_id
            && workload.session == payload.session_name
            && workload.obtains(payload.source.account, payload.source.id.as_str());
        if !is_its_own {
            return Err(Refusal::new(Code::NoPermission, "the workload is bound otherwise now"));
        }
        let session = self.world.session(&payload.access_key_id, &issued.token, now);
        session.map(drop).map_err(|error| {
            let reason = format!("no gate would take the session: {error}");
            Refusal::new(Code::NoPermission, reason)
        })
    }

    /// The role that a workload is bound to.
    pub fn bound_role(&self, name: &WorkloadName) -> Option<&Role> {
        self.role_of(self.workload(name).ok()?).ok()
    }

    /// As whom a workload obtains its sessions.
    pub fn service_of(&self, name: &WorkloadName) -> Option<String> {
        let workload = self.workload(name).ok()?;
        let caller = Caller::Service { name: &workload.service, account: workload.acts_for };
        Some(caller.to_string())
    }

    /// The binding and its role, if the role lets the workload in.
    fn admitted(
        &self,
        name: &WorkloadName,
        asking: Asking,
        record: &mut Record,
    ) -> Result<(&Workload, &Role), Refusal> {
        let workload = self.workload(name)?;
        let role = self.role_of(workload)?;
        self.admit_workload(workload, role, asking, record)?;
        Ok((workload, role))
    }

    fn workload(&self, name: &WorkloadName) -> Result<&Workload, Refusal> {
        self.world.snapshot.directory().workloads().named(name).ok_or_else(|| {
            let reason = format!("no workload of the directory is called `{name}`");
            Refusal::new(Code::NoPermission, reason)
        })
    }

    fn role_of(&self, workload: &Workload) -> Result<&Role, Refusal> {
        let role = self.world.snapshot.directory().role_with(workload.account, &workload.role_id);
        role.filter(|role| !role.service_linked)
            .ok_or_else(|| Refusal::new(Code::NoPermission, "the workload has no role of its own"))
    }

    /// Nothing else than the trust policy may have let it in.
    fn admit_workload(
        &self,
        workload: &Workload,
        role: &Role,
        asking: Asking,
        record: &mut Record,
    ) -> Result<(), Refusal> {
        let arn = RoleArn { account: role.account, name: lower_case(role)? };
        let caller = Caller::Service { name: &workload.service, account: workload.acts_for };
        let answer = self.ask_for_role(caller, &arn, &asking);
        let opened = answer.verdict == Verdict::Allow && answer.policy_type == Some(TRUST);
        let reason = answer.explanation.clone();
        record.checks.push(answer);
        if opened {
            return Ok(());
        }
        let reason = reason.unwrap_or_else(|| "the trust policy was not asked".to_owned());
        Err(Refusal::new(Code::NoPermission, reason))
    }
}

/// The session of a workload that is admitted.
fn payload(
    workload: &Workload,
    role: &Role,
    entropy: &Entropy,
    now: UnixSeconds,
) -> Result<Payload, Refusal> {
    let lower = lower_case(role)?;
    let seconds_max = role.max_session_duration;
    let target = Target { account: role.account, id: &role.id, name: &lower, seconds_max };
    let request = AssumeRole {
        role: RoleArn { account: role.account, name: role.name.clone() },
        session: workload.session.clone(),
        seconds: Some(workload.seconds),
        policy: None,
        source_identity: None,
    };
    let id = access_key_id(entropy.access_key).map_err(|_id| fault("no AccessKey id"))?;
    let caller = sts::Caller::Service(workload.acts_for, &workload.service);
    Ok(caller.session(&request, target, seconds_max, id, now)?)
}

/// What conditions of a trust policy can ask about a workload (2.3 of the identities sheet): it sends neither an external id nor
/// a source identity, and nothing over a connection of its own that would be encrypted.
impl Attributes for Asking {
    fn get(&self, key: &ConditionKey<'_>) -> Attribute<'_> {
        match key {
            ConditionKey::CurrentTime => Attribute::Instant(self.now),
            ConditionKey::SecureTransport => Attribute::Flag(false),
            ConditionKey::SourceIp => {
                self.peer.map_or(Attribute::Undeterminable, Attribute::Address)
            }
            ConditionKey::MfaPresent | ConditionKey::PrincipalArn | ConditionKey::AccessId => {
                Attribute::Absent
            }
            ConditionKey::Other("sts:ExternalId" | "sts:SourceIdentity") => Attribute::Absent,
            ConditionKey::UserAgent | ConditionKey::RequestTag(_) | ConditionKey::Other(_) => {
                Attribute::Undeterminable
            }
        }
    }
}
