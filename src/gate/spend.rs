//! What counts once: the nonce or, if that was asked for, the signature (SIG-16 … SIG-20).

use http::Method;

use crate::config::{NonceRule, Remember};
use crate::ident::Principal;
use crate::memory::{Mark, ReplayError, SharedMark, Spending};
use crate::signature::{Claim, SignatureError};

use super::authenticate::Signed;
use super::{Code, Gate, Record, Refusal, Rules};

impl Gate<'_> {
    /// Recorded only after the signature matched, and before the decision, so that a denied request cannot be sent again
    /// after a change of policy. It answers with what other processes have to be told, if there are any.
    pub(super) fn spend(
        &self,
        claim: &Claim,
        principal: &Principal,
        signed: &Signed<'_>,
        record: &mut Record,
    ) -> Result<Option<SharedMark>, Refusal> {
        let Rules { nonce, remember, .. } = self.rules;
        let Some(mark) = mark(claim, signed.head.method(), *nonce, *remember)? else {
            return Ok(None);
        };
        let spending = Spending {
            principal,
            access_key_id: claim.access_key_id(),
            mark,
            signed_at: claim.time().signed_at(),
            passes_until: claim.time().passes_until(),
        };
        self.replay.spend(&spending, signed.facts.now).map_err(|error| {
            record.replay = Some(error);
            Refusal::from(error)
        })
    }
}

/// What counts once of a request. A claim without a nonce is of a scheme that has none, or may leave it out (SIG-20).
fn mark<'c>(
    claim: &'c Claim,
    method: &Method,
    nonce: NonceRule,
    remember: Remember,
) -> Result<Option<Mark<'c>>, SignatureError> {
    match claim.nonce() {
        Some(nonce) => Ok(Some(Mark::Nonce(nonce))),
        None if claim.scheme().may_lack_nonce() && nonce == NonceRule::Required => {
            Err(SignatureError::Missing("SignatureNonce"))
        }
        None if remember.covers(method.as_str()) => Ok(Some(Mark::Signature(claim.signature()))),
        None => Ok(None),
    }
}

impl From<ReplayError> for Refusal {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Used => {
                Self::new(Code::SignatureNonceUsed, "the nonce or signature was used before")
            }
            ReplayError::SignedBeforeStart => Self::new(
                Code::TimestampExpired,
                "signed before this process started, when it could not see nonces",
            ),
            ReplayError::FullForCaller => Self::new(
                Code::ServiceUnavailable,
                "the caller's share of the replay guard is full",
            ),
            ReplayError::Full => Self::new(Code::ServiceUnavailable, "the replay guard is full"),
            ReplayError::TooFarAhead => Self::told(
                Code::InvalidParameter,
                "a signature that counts for more than seven days cannot be remembered".to_owned(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{Head, HeadLimits};
    use crate::signature::{Family, Form, Presented, Site, identify};

    const ROA: (Family, &str) = (Family::OpenApi, "acs K1:AAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    const OSS: (Family, &str) = (Family::Oss, "OSS K1:AAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    const NONCE: Option<&str> = Some("n1");

    #[test]
    fn what_counts_once() {
        use NonceRule::{Optional, Required};
        use Remember::{NonIdempotent, Off, Unsafe};
        for (scheme, nonce, method, rules, expected) in [
            (ROA, NONCE, "POST", (Optional, Off), "the nonce"),
            (ROA, NONCE, "POST", (Required, NonIdempotent), "the nonce"),
            (ROA, None, "POST", (Optional, Off), "nothing"),
            (ROA, None, "POST", (Optional, NonIdempotent), "the signature"),
            (ROA, None, "GET", (Optional, Unsafe), "nothing"),
            (ROA, None, "GET", (Required, Off), "refused"),
            (ROA, None, "POST", (Required, NonIdempotent), "refused"),
            (OSS, None, "PUT", (Required, Off), "nothing"), // it has none to require
            (OSS, None, "PUT", (Required, NonIdempotent), "nothing"),
            (OSS, None, "PUT", (Required, Unsafe), "the signature"),
            (OSS, None, "POST", (Optional, NonIdempotent), "the signature"),
        ] {
            let claim = claim(scheme, nonce, method);
            let found = mark(&claim, &method.parse().unwrap(), rules.0, rules.1);
            let found = match found {
                Ok(Some(Mark::Nonce("n1"))) => "the nonce",
                Ok(Some(Mark::Signature(bytes))) if *bytes == [0; 20] => "the signature",
                Ok(None) => "nothing",
                Err(SignatureError::Missing("SignatureNonce")) => "refused",
                other => panic!("{other:?}"),
            };
            assert_eq!(found, expected, "{scheme:?} {nonce:?} {method} {rules:?}");
        }
    }

    fn claim((family, authorization): (Family, &str), nonce: Option<&str>, method: &str) -> Claim {
        let request = http::Request::builder().method(method).uri("/a");
        let request = request.header("host", "bucket.oss-cn-hangzhou.aliyuncs.com");
        let request = request.header("date", "Sun, 22 Nov 2026 11:05:08 GMT");
        let mut request = request.header("authorization", authorization);
        if let Some(nonce) = nonce {
            request = request.header("x-acs-signature-nonce", nonce);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let head = Head::parse(parts, &HeadLimits::default()).unwrap();
        match identify(&head, &Form::None, &Site::new(family)) {
            Ok(Presented::Signed(claim)) => claim,
            other => panic!("{other:?}"),
        }
    }
}
