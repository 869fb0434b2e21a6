//! Answers that their caller verifies (SIG-91). The upstream has never seen the caller's key, so its own signature, if it
//! makes one, is of no use.

use bytes::Bytes;
use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use md5::{Digest, Md5};

use crate::ident::UnixSeconds;
use crate::signature::sign::{Answer, answer};
use crate::signature::{Claim, Family, Key};
use crate::snapshot::{KeyLookup, World};

const PREFIX: &str = "x-ots-";
const REQUEST_ID: &str = "x-ots-requestid";

/// Signs an answer with the key of the one who made the request.
#[derive(Debug)]
pub struct AnswerSigner {
    /// The world of the decision: it has the key.
    world: World,
    claim: Claim,
    path: Box<str>,
    decided: UnixSeconds,
}

impl AnswerSigner {
    /// `None`: callers of this service do not verify answers.
    pub(super) fn new(
        world: &World,
        claim: &Claim,
        path: &str,
        decided: UnixSeconds,
    ) -> Option<Self> {
        (claim.scheme().family() == Family::TableStore).then(|| Self {
            world: world.clone(),
            claim: claim.clone(),
            path: path.into(),
            decided,
        })
    }

    /// Puts what the caller verifies in the place of what the upstream said of itself.
    pub fn sign(&self, headers: &mut HeaderMap, body: &Bytes, request_id: &str, now: UnixSeconds) {
        let mut given: Vec<(String, String)> = Vec::new();
        for (name, value) in headers.iter().filter(|(name, _)| name.as_str().starts_with(PREFIX)) {
            let text = value.to_str().unwrap_or_default();
            given.push((name.as_str().to_owned(), text.to_owned()));
        }
        if !headers.contains_key(REQUEST_ID) {
            given.push((REQUEST_ID.to_owned(), request_id.to_owned()));
        }
        let given: Vec<(&str, &str)> =
            given.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let facts =
            Answer { path: &self.path, headers: &given, body_md5: Md5::digest(body).into(), now };
        let Some(signed) = self.signed(&facts) else { return };
        headers.remove(AUTHORIZATION);
        for (name, value) in signed {
            // A header that cannot be written is left out; then the caller refuses the answer.
            if let (Ok(name), Ok(value)) =
                (name.parse::<HeaderName>(), HeaderValue::from_str(&value))
            {
                headers.insert(name, value);
            }
        }
    }

    /// What to add; `None` where the key is no secret that both sides hold. A session counts as it did at the decision.
    fn signed(&self, facts: &Answer<'_>) -> Option<Vec<(String, String)>> {
        let (id, token) = (self.claim.access_key_id(), self.claim.security_token());
        let sign = |secret| answer(facts, &self.claim, secret).unwrap_or_default();
        let lookup = self.world.authenticate(id.as_str());
        match (lookup.key(), lookup, token) {
            (_, KeyLookup::Unknown { .. }, Some(token)) => {
                let session = self.world.session(id, token, self.decided).ok()?;
                Some(sign(&session.secret))
            }
            (Key::Secret(secret), ..) => Some(sign(secret)),
            (Key::Public(_), ..) => None,
        }
    }
}
