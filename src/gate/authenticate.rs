//! Who signed this: the key and the signature.

use std::sync::Arc;

use crate::config::{CodeMerging, Route};
use crate::credential::{AccessKey, KeyMaterial, Session};
use crate::ident::{Principal, SourceIdentity, UnixSeconds};
use crate::memory::SharedMark;
use crate::policy::PolicySet;
use crate::request::Head;
use crate::signature::{self, Claim, Fact, Form, Verified};
use crate::snapshot::{KeyLookup, Lineage};

use super::{Code, Facts, Freshness, Gate, Place, Record, Refusal};

/// A caller whose signature has been verified. Only this module makes one.
#[derive(Debug)]
pub(super) struct Authenticated {
    pub(super) claim: Claim,
    pub(super) principal: Principal,
    pub(super) arn: String,
    /// What the signature was verified with, of a pair of the keys file.
    pub(super) material: Option<Arc<KeyMaterial>>,
    /// What bounds the session, of a caller that is one and has such a policy.
    pub(super) session_policy: Option<Arc<PolicySet>>,
    /// The name that the session has whatever it is called (STS-24).
    pub(super) source_identity: Option<SourceIdentity>,
    /// Whether a `+` in the path was signed as a space (SIG-53).
    pub(super) plus_is_space: bool,
    /// What other processes have to be told of the nonce that this request spent.
    pub(super) spent: Option<SharedMark>,
}

/// A request that is signed: what of it is known, where it goes, and when.
pub(super) struct Signed<'s> {
    pub(super) head: &'s Head,
    pub(super) form: &'s Form<'s>,
    pub(super) place: &'s Place<'s>,
    pub(super) facts: &'s Facts,
}

/// What a signature that matched has proven.
pub(super) struct Matched {
    pub(super) principal: Principal,
    /// Of a pair of the keys file.
    pub(super) material: Option<Arc<KeyMaterial>>,
    pub(super) session_policy: Option<Arc<PolicySet>>,
    pub(super) source_identity: Option<SourceIdentity>,
    /// Where the session comes from, of one with a token of ramgate's own.
    pub(super) lineage: Option<Lineage>,
    pub(super) verified: Verified,
}

/// What may have changed about a caller.
pub(super) struct Standing {
    /// The caller by the name that it has now, if that is another.
    pub(super) renamed: Option<Principal>,
    /// What bounds its session.
    pub(super) session_policy: Option<Arc<PolicySet>>,
}

impl Authenticated {
    /// Takes over how the caller stands, and gives back how it stood.
    pub(super) fn stand(&mut self, now: Standing) -> Standing {
        let renamed = now.renamed.map(|principal| {
            self.arn = principal.arn();
            std::mem::replace(&mut self.principal, principal)
        });
        let session_policy = std::mem::replace(&mut self.session_policy, now.session_policy);
        Standing { renamed, session_policy }
    }
}

impl Gate<'_> {
    pub(super) fn authenticate(
        &self,
        signed: &Signed<'_>,
        claim: Claim,
        record: &mut Record,
    ) -> Result<Authenticated, Refusal> {
        record.scheme = Some(claim.scheme());
        record.access_key_id = Some(claim.access_key_id().to_string());
        record.signed_at = claim.time().signed_at();
        accepts(signed.place.route, &claim)?;
        claim.check_time(signed.facts.now)?;
        let Facts { peer, now, .. } = signed.facts;
        let proved = self.prove(signed, &claim);
        let Matched { principal, material, session_policy, source_identity, lineage, verified } =
            proved.map_err(|refusal| self.count_failure(refusal, *peer, *now, record))?;
        record.session = lineage;
        let claim = verified.settle(claim);
        let plus_is_space = verified.plus_is_space();
        let spent = self.spend(&claim, &principal, signed, record)?;
        record.principal = Some(principal.clone());
        let arn = principal.arn();
        Ok(Authenticated {
            claim,
            principal,
            arn,
            material,
            session_policy,
            source_identity,
            plus_is_space,
            spent,
        })
    }

    /// The key and its owner, looked up again after the body was read: a revocation takes effect on what is not yet
    /// decided.
    pub(super) fn still_stands(
        &self,
        caller: Authenticated,
        facts: &Facts,
    ) -> Result<Authenticated, Refusal> {
        let mut caller = caller;
        let standing = self.standing(&caller, facts)?;
        caller.stand(standing);
        Ok(caller)
    }

    /// How a caller stands in this world, where it still is who it was.
    pub(super) fn standing(
        &self,
        caller: &Authenticated,
        facts: &Facts,
    ) -> Result<Standing, Refusal> {
        let lookup = self.world.authenticate(caller.claim.access_key_id().as_str());
        if token_of_unknown(&lookup, &caller.claim).is_some() {
            return self.session_standing(caller, facts.now);
        }
        match lookup {
            KeyLookup::Found(pair) if pair.owner.is_same(&caller.principal) => {
                is_still(pair, caller)?;
                self.check_pair(pair, &caller.claim, facts)?;
                let renamed = (pair.owner != caller.principal).then(|| pair.owner.clone());
                Ok(Standing { renamed, session_policy: policy_of(pair) })
            }
            KeyLookup::Frozen { .. } => Err(frozen()),
            KeyLookup::Found(_) | KeyLookup::Unknown { .. } => {
                Err(Refusal::new(Code::AccessKeyNotFound, "the AccessKey was removed meanwhile"))
            }
            KeyLookup::Inactive { .. } | KeyLookup::Revoked { .. } => {
                Err(Refusal::new(Code::AccessKeyInactive, "the AccessKey was revoked meanwhile"))
            }
        }
    }

    /// The same work for every key: an unknown one is verified against a dummy secret (SIG-101).
    fn prove(&self, signed: &Signed<'_>, claim: &Claim) -> Result<Matched, Refusal> {
        let Signed { head, form, place, facts } = signed;
        let lookup = self.world.authenticate(claim.access_key_id().as_str());
        if let Some(token) = token_of_unknown(&lookup, claim) {
            return self.prove_session(signed, claim, token);
        }
        let matched = signature::verify(claim, head, form, &place.site(), lookup.key());
        let refusal = match (lookup, matched) {
            (KeyLookup::Found(pair), Ok(verified)) => {
                self.check_pair(pair, claim, facts)?;
                return Ok(Matched {
                    principal: pair.owner.clone(),
                    material: Some(Arc::clone(&pair.material)),
                    session_policy: policy_of(pair),
                    source_identity: None,
                    lineage: None,
                    verified,
                });
            }
            (KeyLookup::Frozen { .. }, Ok(_)) => return Err(frozen()),
            (KeyLookup::Found(_) | KeyLookup::Frozen { .. }, Err(error)) => error.into(),
            (KeyLookup::Inactive { .. }, _) => {
                Refusal::new(Code::AccessKeyInactive, "the AccessKey is inactive")
            }
            (KeyLookup::Revoked { .. }, _) => {
                Refusal::new(Code::AccessKeyInactive, "the AccessKey or its user is revoked")
            }
            (KeyLookup::Unknown { .. }, _) => Refusal::new(
                Code::AccessKeyNotFound,
                "the AccessKey is in no file, or its user is in no directory",
            ),
        };
        if self.rules.code_merging == CodeMerging::Merged {
            return Err(Refusal::new(Code::SignatureDoesNotMatch, refusal.reason));
        }
        Err(refusal)
    }

    /// A pair whose secret the caller has shown: used from where it may be (ID-23), with the token that belongs to it.
    fn check_pair(&self, pair: &AccessKey, claim: &Claim, facts: &Facts) -> Result<(), Refusal> {
        self.check_session(pair.session.as_ref(), claim.security_token(), facts.now)?;
        if pair.admits(facts.peer) {
            return Ok(());
        }
        let reason = "the AccessKey may be used from the networks of its entry alone, and the peer is in none";
        Err(Refusal::new(Code::AccessKeyPolicy, reason))
    }

    /// The token of a session is the one that was issued with its pair, and its time is not over (5.6 of the identities
    /// sheet). The token is compared only after the signature matched, which covers it.
    fn check_session(
        &self,
        session: Option<&Session>,
        token: Option<&str>,
        now: UnixSeconds,
    ) -> Result<(), Refusal> {
        match (session, token) {
            (None, None) => Ok(()),
            (Some(session), Some(token)) if session.token.is(token.as_bytes()) => {
                if now < session.expires {
                    return self.check_fresh();
                }
                let reason = format!("the session ended at {}", session.expires);
                Err(Refusal::new(Code::SecurityTokenExpired, reason))
            }
            _ => {
                let reason = "the security token is not the one that was issued with the AccessKey";
                Err(Refusal::new(Code::SecurityTokenMismatch, reason))
            }
        }
    }

    /// Whether sessions may be believed (TOK-31).
    pub(super) fn check_fresh(&self) -> Result<(), Refusal> {
        match self.freshness {
            Freshness::Fresh => Ok(()),
            Freshness::Stale => {
                let reason = "the files were not confirmed for too long to believe a session";
                Err(Refusal::new(Code::ServiceUnavailable, reason))
            }
        }
    }
}

/// The token of a session that is in no file: an issuer has sealed it.
fn token_of_unknown<'c>(lookup: &KeyLookup<'_>, claim: &'c Claim) -> Option<&'c str> {
    match lookup {
        KeyLookup::Unknown { .. } => claim.security_token(),
        KeyLookup::Found(_)
        | KeyLookup::Frozen { .. }
        | KeyLookup::Inactive { .. }
        | KeyLookup::Revoked { .. } => None,
    }
}

/// Whether the route takes signatures of this kind, which cover as much as it wants.
fn accepts(route: &Route, claim: &Claim) -> Result<(), Refusal> {
    let scheme = claim.scheme().as_str();
    let refused = |reason: String| Err(Refusal::told(Code::IncompleteSignature, reason));
    if !route.schemes.contains(&claim.scheme()) {
        return refused(format!("signatures of the scheme {scheme} are not accepted here"));
    }
    if route.require_signed_host && !claim.covers(Fact::Host) {
        return refused(format!(
            "this {scheme} signature does not cover the host, as it must here"
        ));
    }
    Ok(())
}

/// A secret that was replaced is gone like a pair that was removed.
fn is_still(pair: &AccessKey, caller: &Authenticated) -> Result<(), Refusal> {
    if caller.material.as_ref().is_some_and(|proven| proven.is_like(&pair.material)) {
        return Ok(());
    }
    let reason = "the secret of the AccessKey was replaced meanwhile";
    Err(Refusal::new(Code::SignatureDoesNotMatch, reason))
}

fn policy_of(pair: &AccessKey) -> Option<Arc<PolicySet>> {
    pair.session.as_ref().and_then(|session| session.policy.clone())
}

/// What is asked of a caller whose signature matches (1.8).
pub(super) fn frozen() -> Refusal {
    Refusal::new(
        Code::AccountFrozen,
        "the account of the caller, or one its session comes from, is frozen",
    )
}
