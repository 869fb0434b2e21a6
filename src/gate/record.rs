//! What the gate learnt about one request: the content of its audit record.

use crate::ident::{AccessKeyId, Principal, UnixSeconds};
use crate::memory::{ReplayError, Throttled};
use crate::policy::{KeptStatement, Verdict};
use crate::signature::{BodyAuthenticity, Scheme};
use crate::snapshot::Lineage;

use super::Federated;

/// Filled in step by step, so that a refusal at any step leaves behind what was known by then.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// The product that the host belongs to.
    pub product: Option<String>,
    /// The operation, once the request could be read.
    pub operation: Option<String>,
    /// The signature scheme that the request claims.
    pub scheme: Option<Scheme>,
    /// The time that it was signed for, if that is a moment.
    pub signed_at: Option<UnixSeconds>,
    /// The `AccessKeyId` that the request claims; proven only when `principal` is there.
    pub access_key_id: Option<String>,
    /// Who made the request, proven by the signature.
    pub principal: Option<Principal>,
    /// Where the caller's session comes from, of one that a token tells.
    pub session: Option<Lineage>,
    /// Who made the request, proven by the token of an identity provider.
    pub federated: Option<Federated>,
    /// Why the replay guard did not admit the request.
    pub replay: Option<ReplayError>,
    /// Which limit of the caller was reached.
    pub throttled: Option<Throttled>,
    /// Whether the signature covers the body, of a signed call that has one.
    pub body: Option<BodyAuthenticity>,
    /// What was asked of the policies, in order, up to the first question that was not answered with Allow.
    pub checks: Vec<Checked>,
    /// The public half of the session that was issued.
    pub issued: Option<AccessKeyId>,
}

/// One question to the policies and its answer.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The action, `ecs:StopInstance`.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// The answer.
    pub verdict: Verdict,
    /// The kind of policy that a denied caller reads (9.1 of the policy language).
    pub policy_type: Option<&'static str>,
    /// The statement that decided; none when nothing allowed it.
    pub statement: Option<KeptStatement>,
    /// For a denial, what a person needs to know to mend it.
    pub explanation: Option<String>,
}

impl Record {
    /// The question that was answered with a denial.
    pub fn denied(&self) -> Option<&Checked> {
        self.checks.last().filter(|checked| checked.verdict != Verdict::Allow)
    }
}
