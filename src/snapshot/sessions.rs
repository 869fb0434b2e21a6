//! Sessions that come with a token: opened with the key ring, and held against the directory and the revocations of the
//! moment (5.6 of the identities sheet).

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::digest::Digest;
use super::sources::{SourceFile, Sources};
use super::{Snapshot, World};
use crate::directory::{Role, User};
use crate::federation::ProviderArn;
use crate::ident::{AccessKeyId, AccountId, Principal, SecretKey, UnixSeconds, UserId};
use crate::memory::{ContentKey, Recent};
use crate::policy::{self, DocumentKind, Policy, PolicySet, PolicyType};
use crate::revocation::Lever;
use crate::strict::{Position, Problem};
use crate::token::{
    self, Fault, Issued, IssuerKey, KeyRing, OpenError, Opened, Payload, RingEntry, SealError,
    Source, SourceId, Version,
};

/// 100,000 plain sessions in each of the two generations of [`Recent`], so that as many are remembered in whatever order they call.
const OPENED_BYTES_MAX: usize = 144 * 1024 * 1024;
/// Sessions of one workload mostly have the same policy.
const POLICIES_BYTES_MAX: usize = 32 * 1024 * 1024;
/// What an opened token takes beside its texts, with its place in the table; and a policy, for each byte of its own.
const OPENED_BYTES_EACH: usize = size_of::<Opened>() + 128;
const POLICY_BYTES_EACH: usize = 2048;
const POLICY_BYTES_PER_BYTE: usize = 8;

/// A key ring with what was opened by it. Generations with equal files share it; a changed ring begins anew (TOK-20).
#[derive(Debug)]
pub(super) struct Tokens {
    digest: Digest,
    ring: KeyRing,
    issuer: Option<IssuerKey>,
    opened: Recent<Opened>,
    policies: Recent<PolicySet>,
}

/// The session of a token: who signs, if the signature matches.
#[derive(Debug)]
pub struct TokenSession {
    /// Who it is.
    pub principal: Principal,
    /// What its requests are signed with.
    pub secret: SecretKey,
    pub(super) opened: Arc<Opened>,
}

impl TokenSession {
    /// What the token says.
    pub fn payload(&self) -> &Payload {
        &self.opened.payload
    }
}

/// Why there is no session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// The deployment has no key ring.
    #[error("the session is in no file, and there is no key ring for session tokens")]
    NoRing,
    /// Steps 2 to 9.
    #[error("the session token is refused: {0}")]
    Token(#[from] OpenError),
    /// Step 11.
    #[error("{0}")]
    Revoked(Lever),
    /// Step 12.
    #[error("the account of the session, or one that it comes from, is frozen")]
    Frozen,
    /// Step 12.
    #[error("{0} of the session is not in the directory")]
    Gone(&'static str),
    /// Step 14.
    #[error("the policy in the session token is no session policy, or takes too long to decide")]
    Policy,
}

impl SessionError {
    /// What the caller may know of the token; `None` where nothing is wrong with that, and the account is frozen.
    pub fn fault(&self) -> Option<Fault> {
        match self {
            Self::NoRing | Self::Policy => Some(Fault::Malformed),
            Self::Token(error) => Some(error.fault()),
            Self::Revoked(_) | Self::Gone(_) => Some(Fault::Expired),
            Self::Frozen => None,
        }
    }

    /// The step of 5.6 that refuses the session.
    pub fn step(&self) -> u8 {
        match self {
            Self::NoRing => 3,
            Self::Token(error) => error.step(),
            Self::Revoked(_) => 11,
            Self::Frozen | Self::Gone(_) => 12,
            Self::Policy => 14,
        }
    }
}

impl Tokens {
    /// The ring and the issuer's key of their files, or what `previous` has of the same files.
    pub(super) fn compile(
        file: &SourceFile,
        sources: &Sources,
        previous: Option<&Snapshot>,
        now: UnixSeconds,
        problems: &mut Vec<Problem>,
    ) -> Arc<Self> {
        let digest = sources.token_digest();
        let (entries, found) = token::parse(&file.name, &file.text);
        problems.extend(found);
        problems.extend(mintable(file, entries.iter().map(RingEntry::version)));
        let issuer = sources.issuer_key.as_ref().and_then(|key| issuer(key, problems));
        if let (Some(key), Some(issuer)) = (&sources.issuer_key, &issuer) {
            problems.extend(seals_nothing(key, issuer, &entries, now));
        }
        let kept = previous.and_then(|snapshot| snapshot.sessions.as_ref());
        if let Some(kept) = kept.filter(|kept| kept.digest == digest) {
            return Arc::clone(kept);
        }
        Arc::new(Self {
            digest,
            ring: entries.into_iter().collect(),
            issuer,
            opened: Recent::new(OPENED_BYTES_MAX),
            policies: Recent::new(POLICIES_BYTES_MAX),
        })
    }

    /// Steps 2 to 6, or what came of them before.
    fn unseal(&self, token: &str, now: UnixSeconds) -> Result<Arc<Opened>, OpenError> {
        let key: ContentKey = Sha256::digest(token).into();
        if let Some(opened) = self.opened.get(&key) {
            return Ok(opened);
        }
        let opened = Arc::new(self.ring.unseal(token, now)?);
        // What the token says in base64, key and seal included: somewhat more than its texts and what the allocator adds to them.
        let bytes = token.len() / 4 * 3 + OPENED_BYTES_EACH;
        self.opened.put(key, Arc::clone(&opened), bytes);
        Ok(opened)
    }

    fn policy(&self, text: &str) -> Result<Arc<PolicySet>, SessionError> {
        let key: ContentKey = Sha256::digest(text).into();
        if let Some(policy) = self.policies.get(&key) {
            return Ok(policy);
        }
        let document = policy::parse(DocumentKind::Session, text, "the session token")
            .map_err(|_problems| SessionError::Policy)?;
        let policy = Policy::new("session-policy", PolicyType::Custom, document);
        let set = PolicySet::new([Arc::new(policy)]);
        if !set.cost().is_acceptable() {
            return Err(SessionError::Policy);
        }
        let set = Arc::new(set);
        let bytes = POLICY_BYTES_EACH + POLICY_BYTES_PER_BYTE * text.len();
        self.policies.put(key, Arc::clone(&set), bytes);
        Ok(set)
    }
}

/// The key is the whole file, but for the line's end that editors add. What is there instead is not repeated.
fn issuer(file: &SourceFile, problems: &mut Vec<Problem>) -> Option<IssuerKey> {
    let text = file.text.strip_suffix('\n').unwrap_or(&file.text);
    let key = IssuerKey::from_text(text.as_bytes());
    if key.is_none() {
        let help = "`ramgate token ring init --v2 --issuer-key FILE` writes one";
        let problem = Problem::error(&file.name, Position::START, "", "this is no issuer's key");
        problems.push(problem.help(help));
    }
    key
}

/// An issuer whose ring is not there yet, or not any more.
fn seals_nothing(
    file: &SourceFile,
    issuer: &IssuerKey,
    entries: &[RingEntry],
    now: UnixSeconds,
) -> Option<Problem> {
    let public = issuer.public();
    let seals = |entry: &RingEntry| {
        entry.issuer.as_ref() == Some(&public)
            && (entry.times.not_before..entry.times.seal_until).contains(&now)
    };
    (!entries.iter().any(seals)).then(|| {
        let message = "no key of the ring seals with this issuer's key now: no session is issued";
        let help = "`ramgate token ring show` lists the keys, `ramgate token ring rotate` adds one";
        Problem::warning(&file.name, Position::START, "", message).help(help)
    })
}

/// TOK-08
fn mintable(file: &SourceFile, mut versions: impl Iterator<Item = Version>) -> Option<Problem> {
    versions.any(|version| version == Version::V1).then(|| {
        let message = "whoever can read this ring can mint sessions: it has keys of version 1";
        let help = "make it with `ramgate token ring init --v2`, unless one gate alone issues and \
                    verifies";
        Problem::warning(&file.name, Position::START, "", message).help(help)
    })
}

impl World {
    /// The session that a token stands for, as far as can be said before the signature is checked (steps 2 to 12).
    pub fn session(
        &self,
        access_key_id: &AccessKeyId,
        token: &str,
        now: UnixSeconds,
    ) -> Result<TokenSession, SessionError> {
        let tokens = self.snapshot.sessions.as_ref().ok_or(SessionError::NoRing)?;
        let opened = tokens.unseal(token, now)?;
        tokens.ring.admit(&opened, access_key_id, now)?;
        self.check_revocations(&opened)?;
        self.check_accounts(&opened.payload)?;
        let principal = self.principal(&opened.payload)?;
        let secret = tokens.ring.secret(&opened).ok_or(OpenError::UnknownKey)?;
        Ok(TokenSession { principal, secret, opened })
    }

    /// The policy that bounds the session, if one does. To be asked once the signature has matched: compiling costs more
    /// than strangers may spend.
    pub fn session_policy(
        &self,
        session: &TokenSession,
    ) -> Result<Option<Arc<PolicySet>>, SessionError> {
        let tokens = self.snapshot.sessions.as_ref().ok_or(SessionError::NoRing)?;
        session.opened.payload.policy.as_deref().map(|text| tokens.policy(text)).transpose()
    }

    /// Seals a session with the issuer's key of the deployment.
    pub fn seal(&self, payload: &Payload, nonce: [u8; 24]) -> Result<Issued, SealError> {
        let tokens = self.snapshot.sessions.as_ref().ok_or(SealError::NoEntry)?;
        let issuer = tokens.issuer.as_ref().ok_or(SealError::NoEntry)?;
        tokens.ring.seal(payload, Some(issuer), nonce)
    }

    /// Step 11: the session, its source and origin, and every ancestor.
    fn check_revocations(&self, session: &Opened) -> Result<(), SessionError> {
        let mut users = users(&session.payload).filter_map(|(account, id)| self.user(account, id));
        let mut by_name = || users.any(|user| self.revocations.revokes_owner(&user.principal));
        let lever = self.revocations.ended_by(session);
        match lever.or_else(|| by_name().then_some(Lever::User)) {
            Some(lever) => Err(SessionError::Revoked(lever)),
            None => Ok(()),
        }
    }

    /// Step 12: no account that the session is of, or comes from, is frozen.
    fn check_accounts(&self, payload: &Payload) -> Result<(), SessionError> {
        let directory = self.snapshot.directory();
        let ancestors = payload.chain.iter().flat_map(|chain| &chain.ancestors);
        let accounts = ancestors.map(|it| it.account).chain(sources(payload).map(|it| it.account));
        let frozen = |account| directory.is_frozen(account);
        if frozen(payload.account) || accounts.into_iter().any(frozen) {
            return Err(SessionError::Frozen);
        }
        Ok(())
    }

    /// Step 12: everybody whom the session comes from is still there, found by id and never by name (ID-11).
    fn principal(&self, payload: &Payload) -> Result<Principal, SessionError> {
        let directory = self.snapshot.directory();
        let role = directory.role_with(payload.account, &payload.role_id);
        let role = role.ok_or(SessionError::Gone("the role"))?;
        for (account, id) in users(payload) {
            self.user(account, id).ok_or(SessionError::Gone("the user at the source"))?;
        }
        for ancestor in payload.chain.iter().flat_map(|chain| &chain.ancestors) {
            let found = directory.role_with(ancestor.account, &ancestor.role_id);
            found.ok_or(SessionError::Gone("the role of a session at the source"))?;
        }
        if !sources(payload).all(|source| self.knows_provider(&source.id, payload)) {
            return Err(SessionError::Gone("the provider at the source"));
        }
        if sources(payload).any(|source| self.is_unbound(payload, source)) {
            return Err(SessionError::Gone("the workload at the source"));
        }
        Ok(principal(role, payload))
    }

    /// A provider of the same name with another issuer is another provider: an issuer cannot be changed (4.1). The session says
    /// its own issuer; one that it obtained does not say the issuer at its origin (key 18 of the payload). Nobody registers
    /// SAML providers yet, so none can be there still.
    fn knows_provider(&self, source: &SourceId, payload: &Payload) -> bool {
        let arn = match source {
            SourceId::Oidc(arn) => arn,
            SourceId::Saml(_) => return false,
            SourceId::User(_) | SourceId::Role(_) | SourceId::Service(_) => return true,
        };
        let Ok(ProviderArn { account, name }) = arn.parse() else { return false };
        let provider = self.snapshot.directory().oidc_provider(account, &name);
        let vouched = payload.federation.as_ref();
        provider.is_some_and(|provider| {
            vouched.is_none_or(|it| *it.issuer == *provider.issuer.as_str())
        })
    }

    /// Whether a workload obtained the first session of the chain, and no binding is there by which it would still get it.
    /// The name of that session is known only of one that nobody has passed on.
    fn is_unbound(&self, payload: &Payload, source: &Source) -> bool {
        let SourceId::Service(service) = &source.id else { return false };
        let first = payload.chain.as_ref().and_then(|chain| chain.ancestors.first());
        let (account, role) = match first {
            Some(first) => (first.account, &first.role_id),
            None => (payload.account, &payload.role_id),
        };
        let name = payload.chain.is_none().then_some(&payload.session_name);
        let mut bound = self.snapshot.directory().workloads().of_role(account, role);
        !bound.any(|workload| {
            workload.obtains(source.account, service)
                && name.is_none_or(|name| *name == workload.session)
        })
    }

    fn user(&self, account: AccountId, id: &UserId) -> Option<&User> {
        self.snapshot.directory().user_with(account, id)
    }
}

/// Who obtained the session, and who obtained the first one of its chain.
fn sources(payload: &Payload) -> impl Iterator<Item = &Source> {
    [&payload.source].into_iter().chain(payload.chain.as_ref().map(|chain| &chain.origin))
}

fn users(payload: &Payload) -> impl Iterator<Item = (AccountId, &UserId)> {
    sources(payload).filter_map(|source| match &source.id {
        SourceId::User(id) => Some((source.account, id)),
        SourceId::Role(_) | SourceId::Oidc(_) | SourceId::Saml(_) | SourceId::Service(_) => None,
    })
}

/// With the name that the role has now.
fn principal(role: &Role, payload: &Payload) -> Principal {
    Principal::Session {
        account: role.account,
        role: role.name.clone(),
        role_id: role.id.clone(),
        session: payload.session_name.clone(),
        service_linked: role.service_linked,
    }
}
