//! The STS API, where the gate serves it itself (section 3 of the identities sheet): a call like any other up to here, and then
//! an answer in the place of an upstream.

use http::Method;

use crate::config::Upstream;
use crate::directory::Role;
use crate::federation::Fetched;
use crate::ident::{Principal, RoleName, UnixSeconds};
use crate::policy::Verdict;
use crate::request::{Head, Params};
use crate::signature::BodyAuthenticity;
use crate::sts::{
    AssumeRole, AssumeRoleWithOidc, AssumedRole, Caller, CallerIdentity, Entropy, Format,
    Parameters, RoleArn, StsError, Target, effective_source_identity,
};
use crate::token::{Payload, SealError, access_key_id};

use super::authenticate::Authenticated;
use super::{Checked, Code, Collected, Gate, Proven, Record, Refusal, Wire, oidc};

/// The longest form that is read.
pub(super) const FORM_BYTES_MAX: usize = 256 * 1024;

/// What serving takes that nothing here can have.
#[derive(Debug)]
pub struct Supplies {
    /// The chance that a session takes.
    pub entropy: Entropy,
    /// What came of [`Gate::keys_wanted`], if anything was.
    pub keys: Option<Fetched>,
}

/// An answer of the gate's own.
#[derive(Debug)]
pub struct Served {
    /// The media type.
    pub content_type: &'static str,
    /// What is answered. It may hold a secret.
    pub body: Vec<u8>,
}

impl Gate<'_> {
    /// Whether the gate answers the call itself.
    pub fn answers(&self, proven: &Proven) -> bool {
        let leads_here = || {
            let place = self.locate(&proven.head, &mut Record::default());
            place.is_ok_and(|place| place.route.upstream == Upstream::Local)
        };
        self.rules.sts.is_some() && leads_here()
    }

    /// Judges a call like [`Self::decide`], and answers it in the order of 3.3.
    pub fn serve(
        &self,
        proven: Proven,
        now: UnixSeconds,
        supplies: &Supplies,
        wire: &mut Wire,
        record: &mut Record,
    ) -> Result<Served, Refusal> {
        let Proven { caller, mut facts, .. } = proven;
        facts.now = now;
        let caller = caller.map(|caller| self.still_stands(caller, &facts)).transpose()?;
        let proven = Proven { facts, caller, ..proven };
        let format = admit(&proven, record)?;
        *wire = wire_of(format);
        let asked = match action(&proven) {
            Some("AssumeRole") => asked(&proven)?,
            _ => None,
        };
        self.judge(&proven, record)
            .map_err(|refusal| self.missing_role(refusal, &proven, asked.as_ref(), record))?;
        let proven = self.restrain(proven, record)?;
        let request_id = &proven.facts.request_id;
        let entropy = &supplies.entropy;
        let body = match (record.operation.as_deref(), asked, &proven.caller) {
            (Some("AssumeRole"), Some(request), Some(caller)) => {
                opened_by_trust(&request.role, record)?;
                let payload = self.session(&request, caller, entropy, now)?;
                let issued = self.world.seal(&payload, entropy.nonce)?;
                record.issued = Some(payload.access_key_id.clone());
                AssumedRole::new(&payload, &issued, request_id).and_then(|it| it.write(format))
            }
            (Some(oidc::ACTION), ..) => {
                self.assume_role_with_oidc(&proven, supplies, format, record)?
            }
            (Some("GetCallerIdentity"), _, Some(caller)) => {
                CallerIdentity::new(&caller.principal, request_id).write(format)
            }
            _ => return Err(StsError::NotServed.into()),
        };
        let body = body.ok_or_else(|| fault("the answer cannot be written"))?;
        Ok(Served { content_type: format.content_type(), body })
    }

    /// The role that is asked for, as it is now.
    fn role(&self, request: &AssumeRole) -> Option<&Role> {
        let role = &request.role;
        self.world.snapshot.directory().role_of(role.account, role.name.as_str())
    }

    /// A role that is not there is told to its own account; others learn nothing about it.
    fn missing_role(
        &self,
        refusal: Refusal,
        proven: &Proven,
        asked: Option<&AssumeRole>,
        record: &Record,
    ) -> Refusal {
        let (Some(request), Some(caller)) = (asked, &proven.caller) else { return refusal };
        let untrusted = record.denied().and_then(|it| it.policy_type) == Some(TRUST);
        let own = caller.principal.account() == request.role.account;
        let missing = refusal.code == Code::NoPermission && self.role(request).is_none();
        if untrusted && own && missing { StsError::RoleNotFound.into() } else { refusal }
    }

    /// The token is verified before anything is said about the role (STS-40).
    fn assume_role_with_oidc(
        &self,
        proven: &Proven,
        supplies: &Supplies,
        format: Format,
        record: &mut Record,
    ) -> Result<Option<Vec<u8>>, Refusal> {
        let Proven { facts, .. } = proven;
        let Supplies { entropy, keys } = supplies;
        let request = AssumeRoleWithOidc::read(&parameters(proven)?)?;
        let caller = self.vouched(&request, keys.as_ref(), facts.now)?;
        record.federated = Some(caller.clone());
        let session = request.session()?;
        self.trusts(&request.role, &caller, facts, record)?;
        opened_by_trust(&request.role, record)?;
        self.restrain_federated(&request, &caller, keys.as_ref(), facts, record)?;
        let by = Caller::Federated(&caller.provider, &caller.identity);
        let payload = self.granted(&session, by, entropy, facts.now)?;
        let issued = self.world.seal(&payload, entropy.nonce)?;
        record.issued = Some(payload.access_key_id.clone());
        let answer = AssumedRole::new(&payload, &issued, &facts.request_id);
        Ok(answer.and_then(|answer| answer.to_federated(&caller.identity).write(format)))
    }

    /// The session that a permitted caller gets.
    fn session(
        &self,
        request: &AssumeRole,
        caller: &Authenticated,
        entropy: &Entropy,
        now: UnixSeconds,
    ) -> Result<Payload, Refusal> {
        let session = |by| self.granted(request, by, entropy, now);
        match (&caller.principal, caller.claim.security_token()) {
            (Principal::Root { .. }, _) => Err(StsError::Root.into()),
            (Principal::User { account, id, .. }, _) => session(Caller::User(*account, id)),
            (Principal::Session { .. }, token) => {
                let (id, token) = (caller.claim.access_key_id(), token.unwrap_or_default());
                // What a session of the keys file comes from nobody knows, so no chain can begin with it.
                let parent = self.world.session(id, token, now).map_err(|_not_ours| {
                    let reason = "the session was not issued by ramgate, so it obtains no other";
                    Refusal::new(Code::NoPermission, reason)
                })?;
                session(Caller::Session(parent.payload()))
            }
        }
    }

    /// A session of the role, as the role is now. By files that may miss what was taken away none is given (TOK-31): other gates
    /// would take it, and do not ask the trust policy again.
    fn granted(
        &self,
        request: &AssumeRole,
        by: Caller<'_>,
        entropy: &Entropy,
        now: UnixSeconds,
    ) -> Result<Payload, Refusal> {
        self.check_fresh()?;
        let role = self.role(request).ok_or(StsError::RoleNotFound)?;
        if self.world.snapshot.directory().is_frozen(role.account) {
            return Err(Refusal::new(Code::NoPermission, "the account of the role is frozen"));
        }
        let name = lower_case(role)?;
        let seconds_max = role.max_session_duration;
        let target = Target { account: role.account, id: &role.id, name: &name, seconds_max };
        let id = access_key_id(entropy.access_key).map_err(|_id| fault("no AccessKey id"))?;
        let settings = self.rules.sts.as_ref().ok_or_else(|| fault("the gate issues nothing"))?;
        Ok(by.session(request, target, settings.chained_seconds_max, id, now)?)
    }
}

/// What a denied caller reads where a trust policy does not allow (9.1 of the policy language).
pub(super) const TRUST: &str = "AssumeRolePolicy";

pub(super) fn fault(reason: &'static str) -> Refusal {
    Refusal::new(Code::InternalError, reason)
}

/// The name as tokens and ARNs of sessions have it (ID-14).
pub(super) fn lower_case(role: &Role) -> Result<RoleName, Refusal> {
    let name = role.name.as_str().to_ascii_lowercase();
    name.parse().map_err(|_name| fault("the role has no name"))
}

/// What every call of the API must be (STS-01, STS-02), and how it is answered. A form that nobody signed may have lost the
/// policy that was to bound a session.
fn admit(proven: &Proven, record: &Record) -> Result<Format, Refusal> {
    if ![Method::GET, Method::POST].contains(proven.head.method()) {
        return Err(Refusal::new(Code::UnsupportedHttpMethod, "STS is called by GET and POST"));
    }
    if proven.form.is_none() && !matches!(proven.collected, Collected::Empty) {
        return Err(StsError::ContentType.into());
    }
    if proven.form.is_some() && record.body == Some(BodyAuthenticity::Unsigned) {
        let reason = "the signature does not cover the form".to_owned();
        return Err(Refusal::told(Code::IncompleteSignature, reason));
    }
    Ok(format(proven)?)
}

/// What the caller wants to read.
pub(super) fn format(proven: &Proven) -> Result<Format, StsError> {
    Format::of(parameters(proven)?.get("Format"))
}

pub(super) fn wire_of(format: Format) -> Wire {
    match format {
        Format::Json => Wire::Json,
        Format::Xml => Wire::Xml,
    }
}

pub(super) fn parameters(proven: &Proven) -> Result<Parameters<'_>, StsError> {
    Parameters::read(pairs(&proven.head, proven.form.as_ref()))
}

/// Those of the query and those of the form.
fn pairs<'p>(head: &'p Head, form: Option<&'p Params>) -> impl Iterator<Item = (&'p str, &'p str)> {
    let all = head.query().iter().chain(form.into_iter().flat_map(Params::iter));
    all.map(|param| (&*param.name, &*param.value))
}

/// The action that a call names. That it names no second one, the catalogue sees to.
pub(super) fn action(proven: &Proven) -> Option<&str> {
    actions(&proven.head, proven.form.as_ref()).next()
}

/// Every action that a call names.
pub(super) fn actions<'p>(
    head: &'p Head,
    form: Option<&'p Params>,
) -> impl Iterator<Item = &'p str> {
    let named = pairs(head, form).filter(|(name, _)| *name == "Action").map(|(_, value)| value);
    named.chain(head.one("x-acs-action").ok().flatten())
}

/// What is asked for, as far as the request alone can be wrong. Who has shown no credentials is refused for that.
fn asked(proven: &Proven) -> Result<Option<AssumeRole>, Refusal> {
    let Some(caller) = &proven.caller else { return Ok(None) };
    if matches!(caller.principal, Principal::Root { .. }) {
        return Err(StsError::Root.into());
    }
    let request = AssumeRole::read(&parameters(proven)?)?;
    let inherited = caller.source_identity.as_ref();
    effective_source_identity(inherited, request.source_identity.as_ref())?;
    Ok(Some(request))
}

/// A catalogue file can say of any product that its `AssumeRole` asks for this or that. No session rests on anything but the
/// trust policy of its very role.
fn opened_by_trust(role: &RoleArn, record: &Record) -> Result<(), Refusal> {
    let id = format!("{}:role/{}", role.account, role.name);
    let opens = |checked: &Checked| {
        checked.verdict == Verdict::Allow
            && checked.policy_type == Some(TRUST)
            && checked.resource.splitn(4, ':').nth(3) == Some(&id)
    };
    if record.checks.iter().any(opens) {
        return Ok(());
    }
    let reason = "the catalogue had no trust policy asked for this role";
    Err(Refusal::new(Code::NoPermission, reason))
}

impl From<SealError> for Refusal {
    fn from(error: SealError) -> Self {
        match error {
            SealError::TooLong => StsError::PolicySize.into(),
            SealError::NoEntry | SealError::OutlivesKey | SealError::Payload(_) => {
                Self::new(Code::InternalError, format!("no session can be sealed: {error}"))
            }
        }
    }
}
