//! Who is behind an `AccessKey` or a session token, as the gate would find it now, without asking one.

use std::path::Path;
use std::sync::Arc;

use super::sign::key::{self, Token};
use super::token;
use crate::config::Config;
use crate::credential::{AccessKey, Status};
use crate::gate::{Code, Refusal};
use crate::ident::{AccessKeyId, Principal, UnixSeconds};
use crate::policy::PolicySet;
use crate::snapshot::{SessionError, World};
use crate::strict::Problem;
use crate::token::Payload;

/// What somebody shows: the public half of a pair, and a token if it is a session's.
#[derive(Debug)]
pub(super) struct Shown {
    /// The id; that of a session stands in its token too.
    pub(super) id: Option<AccessKeyId>,
    /// The token.
    pub(super) token: Option<Token>,
}

impl Shown {
    /// What the arguments say: an id, a file with a token (`-` is standard input), a file with a key; else the environment.
    pub(super) fn read(
        id: Option<&AccessKeyId>,
        token_file: Option<&Path>,
        key_file: Option<&Path>,
    ) -> Result<Self, String> {
        let token = token_file.map(read_token).transpose()?;
        if id.is_some() || token.is_some() {
            return Ok(Self { id: id.cloned(), token });
        }
        let key = key::read(key_file)?;
        Ok(Self { id: Some(key.id), token: key.token })
    }
}

/// Reads a token from a file, or from standard input for `-`.
pub(super) fn read_token(file: &Path) -> Result<Token, String> {
    let text = if file == Path::new("-") { token::read_token()? } else { super::read(file)? };
    Ok(Token::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Why the gate refuses a caller now, before any policy is asked.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    /// The step of 5.6 of the identities sheet, of a token.
    pub(super) step: Option<u8>,
    /// The code that the caller gets.
    pub(super) code: String,
    /// Why, for the operator.
    pub(super) reason: String,
}

impl Refused {
    fn of(code: Code, reason: &str) -> Self {
        Self::from(Refusal::new(code, reason.to_owned()))
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        let (_, code) = refusal.code.status_and_name();
        Self { step: None, code: code.into_owned(), reason: refusal.reason.into_owned() }
    }
}

impl From<SessionError> for Refused {
    fn from(error: SessionError) -> Self {
        Self { step: Some(error.step()), ..Self::from(Refusal::from(error)) }
    }
}

/// Who it is, and what comes with the credentials.
#[derive(Debug)]
pub(super) struct Identity {
    /// Who signs.
    pub(super) principal: Principal,
    /// With which pair.
    pub(super) access_key_id: AccessKeyId,
    /// What bounds the session.
    pub(super) session_policy: Option<Arc<PolicySet>>,
    /// What the token says, of a session that has one of ramgate's own.
    pub(super) payload: Option<Box<Payload>>,
    /// Why it is refused, if it is.
    pub(super) refused: Option<Refused>,
}

/// The world that credentials are held against.
pub(super) struct Finder<'f> {
    pub(super) world: &'f World,
    pub(super) config: &'f Config,
    pub(super) warnings: &'f [Problem],
    pub(super) now: UnixSeconds,
}

impl Finder<'_> {
    /// Who shows this. The error says why nobody is known by it.
    pub(super) fn identify(&self, shown: &Shown) -> Result<Identity, String> {
        let pair = shown.id.as_ref().and_then(|id| self.world.snapshot.keys().find(id.as_str()));
        match (pair, &shown.id, &shown.token) {
            (Some(pair), _, token) => Ok(self.of_pair(pair, token.as_ref())),
            (None, id, Some(token)) => self.of_token(id.as_ref(), token),
            (None, Some(id), None) if id.is_session() => Err(format!(
                "`{id}` is a session of no file: its token says whose it is; give it with --token FILE"
            )),
            (None, Some(id), None) => Err(self.unknown(id)),
            (None, None, None) => Err("nothing is shown".to_owned()),
        }
    }

    fn unknown(&self, id: &AccessKeyId) -> String {
        let about = format!("`{id}`");
        let told = self.warnings.iter().find(|warning| warning.message.contains(&about));
        let why = told.map_or_else(
            || "no pair of this id is in the keys file".to_owned(),
            |warning| warning.message.clone(),
        );
        format!("nobody is known by `{id}` (InvalidAccessKeyId.NotFound): {why}")
    }

    fn of_pair(&self, pair: &AccessKey, token: Option<&Token>) -> Identity {
        let session = pair.session.as_ref();
        Identity {
            principal: pair.owner.clone(),
            access_key_id: pair.id.clone(),
            session_policy: session.and_then(|session| session.policy.clone()),
            payload: None,
            refused: self.pair_refused(pair, token),
        }
    }

    /// In the order of the gate. From where the caller calls is not known here.
    fn pair_refused(&self, pair: &AccessKey, token: Option<&Token>) -> Option<Refused> {
        let session = pair.session.as_ref();
        let other = token.is_some_and(|token| {
            session.is_none_or(|session| !session.token.is(token.as_str().as_bytes()))
        });
        let frozen = self.world.snapshot.directory().is_frozen(pair.owner.account());
        let ended = session.is_some_and(|session| session.expires <= self.now);
        let revoked = self.world.revocations.revokes(&pair.id, &pair.owner);
        [
            (revoked, Code::AccessKeyInactive, "the AccessKey or its user is revoked"),
            (pair.status == Status::Inactive, Code::AccessKeyInactive, "the AccessKey is inactive"),
            (frozen, Code::AccountFrozen, "its account is frozen"),
            (other, Code::SecurityTokenMismatch, "the token is not the one of the AccessKey"),
            (ended, Code::SecurityTokenExpired, "the session has ended"),
        ]
        .into_iter()
        .find(|(holds, ..)| *holds)
        .map(|(_, code, reason)| Refused::of(code, reason))
    }

    fn of_token(&self, id: Option<&AccessKeyId>, token: &Token) -> Result<Identity, String> {
        let lenient = self.open_leniently(token)?;
        let own = &lenient.access_key_id;
        let (principal, session_policy, refused) =
            match self.world.session(id.unwrap_or(own), token.as_str(), self.now) {
                Ok(session) => match self.world.session_policy(&session) {
                    Ok(policy) => (session.principal, policy, None),
                    Err(error) => (session.principal, None, Some(error.into())),
                },
                Err(error) => (self.principal(&lenient), None, Some(error.into())),
            };
        Ok(Identity {
            principal,
            access_key_id: own.clone(),
            session_policy,
            payload: Some(Box::new(lenient)),
            refused,
        })
    }

    /// What the token says, also if its key is closed. Nobody is known by a token that does not open.
    fn open_leniently(&self, token: &Token) -> Result<Payload, String> {
        let ring = self.config.files.token_ring.as_ref();
        let ring =
            ring.ok_or("the configuration names no `files.token_ring` to open a token with")?;
        let opened = token::open(ring, token.as_str(), self.now)?;
        opened.map(|opened| opened.payload).map_err(|error| {
            let refused = Refused::from(SessionError::from(error));
            let step = refused.step.unwrap_or_default();
            format!("nobody is known by the token ({}, step {step}): {error}", refused.code)
        })
    }

    /// As the directory has the role now, else as the token has it.
    fn principal(&self, payload: &Payload) -> Principal {
        let role = self.world.snapshot.directory().role_with(payload.account, &payload.role_id);
        Principal::Session {
            account: payload.account,
            role: role.map_or(&payload.role_name, |role| &role.name).clone(),
            role_id: payload.role_id.clone(),
            session: payload.session_name.clone(),
            service_linked: role.is_some_and(|role| role.service_linked),
        }
    }
}
