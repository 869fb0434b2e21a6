//! Callers whose session is in no file but in the token that they send (5.6 of the identities sheet).

use crate::ident::UnixSeconds;
use crate::signature::{self, Claim, Key};
use crate::snapshot::{SessionError, TokenSession};
use crate::token::Fault;

use super::authenticate::{Authenticated, Matched, Signed, Standing};
use super::{Code, Gate, Refusal};

impl Gate<'_> {
    /// The token first, since the secret follows from it; then the signature; the policy last.
    pub(super) fn prove_session(
        &self,
        signed: &Signed<'_>,
        claim: &Claim,
        token: &str,
    ) -> Result<Matched, Refusal> {
        self.check_fresh()?;
        let Signed { head, form, place, facts } = signed;
        let session = self.world.session(claim.access_key_id(), token, facts.now)?;
        let key = Key::Secret(&session.secret);
        let verified = signature::verify(claim, head, form, &place.site(), key)?;
        let session_policy = self.world.session_policy(&session)?;
        let source_identity = session.payload().source_identity.clone();
        let lineage = Some(self.world.lineage(&session));
        let TokenSession { principal, .. } = session;
        Ok(Matched {
            principal,
            material: None,
            session_policy,
            source_identity,
            lineage,
            verified,
        })
    }

    /// The session again, after the body was read: it may have ended or been revoked meanwhile.
    pub(super) fn session_standing(
        &self,
        caller: &Authenticated,
        now: UnixSeconds,
    ) -> Result<Standing, Refusal> {
        self.check_fresh()?;
        let token = caller.claim.security_token().unwrap_or_default();
        let session = self.world.session(caller.claim.access_key_id(), token, now)?;
        if !session.principal.is_same(&caller.principal) {
            let reason = "the role of the session was replaced meanwhile";
            return Err(Refusal::new(Code::SecurityTokenExpired, reason));
        }
        let session_policy = self.world.session_policy(&session)?;
        let renamed = (session.principal != caller.principal).then_some(session.principal);
        Ok(Standing { renamed, session_policy })
    }
}

impl From<SessionError> for Refusal {
    fn from(error: SessionError) -> Self {
        let code = match error.fault() {
            None => Code::AccountFrozen,
            Some(Fault::Malformed) => Code::SecurityTokenMalformed,
            Some(Fault::Expired) => Code::SecurityTokenExpired,
            Some(Fault::Mismatch) => Code::SecurityTokenMismatch,
        };
        Self::new(code, error.to_string())
    }
}
