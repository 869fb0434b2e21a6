//! The decision point: everything between "head parsed" and "permitted or refused".
//!
//! Pure: no socket, no clock, no lock held, no log. Order of the checks, and why (rule SIG-25):
//! 1. the head is one unambiguous thing, and its host belongs to a product behind this gate;
//! 2. the credentials have one reading, in a scheme that the route accepts, with every mandatory element;
//! 3. the time is inside the window: cheap, before any MAC;
//! 4. the key exists and is active: an unknown one is verified against a dummy secret, so that the work is the same;
//! 5. the signature matches;
//! 6. the nonce is new: recorded only now, or strangers could spend a caller's nonces and fill the guard for free;
//! 7. the body is the one that was signed;
//! 8. the request means one operation on known resources, and the policies allow each of them.
//!
//! Nothing is sent to the upstream, and nothing is remembered of a caller, before all of these.

mod answer;
mod authenticate;
mod authorize;
mod body;
mod content;
mod context;
mod cover;
mod forward;
mod headers;
mod meaning;
mod oidc;
mod permit;
mod phase;
mod record;
mod refusal;
mod restrain;
mod session;
mod spend;
mod sts;
mod throttle;
mod watch;
mod wire;
mod workload;

use std::net::IpAddr;

use http::request::Parts;

use crate::catalog::{Located, Streaming};
use crate::config::{
    BodyRules, CodeMerging, LargeBodies, NonceRule, Remember, Route, StsSettings, Upstream,
};
use crate::ident::{AccountId, UnixSeconds};
use crate::memory::{ReplayGuard, Throttles};
use crate::request::{Head, HeadLimits};
use crate::signature::{self, Family, Form, Presented, SignatureError, Site};
use crate::snapshot::World;

use authenticate::{Authenticated, Signed};
use phase::Caller;

pub use crate::request::FormReader;
pub use crate::signature::{BodyAgreed, BodyAuthenticity};
pub use crate::sts::Entropy;
pub use answer::AnswerSigner;
pub use cover::{CoverError, Coverage, Covered, Ending, Guarded, Unjudged};
pub use headers::strip_answer;
pub use meaning::{Legible, locate, route_of, site};
pub use oidc::Federated;
pub use permit::{Basis, Permitted, PermittedRequest, principal_type};
pub use phase::{Awaiting, Collected, Opened, Proven, Reads, Upload};
pub use record::{Checked, Record};
pub use refusal::{Blame, Code, Refusal};
pub use sts::{Served, Supplies};
pub use watch::Watch;
pub use wire::Wire;
pub use workload::{Asking, Minted};

/// What is known about a request besides its bytes.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The address at the other end of the connection.
    pub peer: IpAddr,
    /// Whether the connection is encrypted.
    pub tls: bool,
    /// When the head was complete; the only time that any step of this request sees.
    pub now: UnixSeconds,
    /// The id that the audit record, the upstream and the answer carry.
    pub request_id: String,
}

/// Settings that do not change while the program runs.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The account that owns what stands behind the gate.
    pub account: AccountId,
    /// Limits on heads.
    pub head: HeadLimits,
    /// Bodies that decide, or that are checked before the upstream is contacted, up to this many bytes.
    pub decide_bytes_max: usize,
    /// Whether unknown, inactive and mismatching keys all get the code of a mismatch.
    pub code_merging: CodeMerging,
    /// Whether a scheme may leave its nonce out, where it may at all.
    pub nonce: NonceRule,
    /// Which requests without a nonce are remembered by their signatures.
    pub remember: Remember,
    /// One entry a route.
    pub routes: Vec<Route>,
    /// How the gate serves the STS API itself, if it does.
    pub sts: Option<StsSettings>,
}

/// The gate of one request: the world it is decided in.
#[derive(Clone, Copy, Debug)]
pub struct Gate<'g> {
    /// Catalogue, identities, keys, policies, and what is revoked whatever they say.
    pub world: &'g World,
    /// Nonces that were used.
    pub replay: &'g ReplayGuard,
    /// How often callers may fail, and call what is answered here.
    pub throttles: &'g Throttles,
    /// Settings.
    pub rules: &'g Rules,
    /// Whether the world is recent enough for sessions.
    pub freshness: Freshness,
}

/// Whether sessions are believed: a world that was not confirmed for long may miss a revocation (TOK-31).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// They are.
    Fresh,
    /// They are not, for the time being.
    Stale,
}

/// Where a request goes.
struct Place<'g> {
    located: Located<'g>,
    route: &'g Route,
    /// Which of the routes that is.
    index: usize,
}

impl<'g> Place<'g> {
    /// What is known about the host before any credential is read (SIG-23).
    fn site(&self) -> Site<'g> {
        site(self.route, self.located.product().signatures())
    }
}

/// A call that means one thing, which is allowed.
struct Judged<'g> {
    route: usize,
    /// Who reads the request behind the gate.
    family: Family,
    bodies: &'g BodyRules,
    basis: Basis,
    streaming: Streaming,
}

impl<'g> Gate<'g> {
    /// Judges what the head alone can settle.
    pub fn open(
        &self,
        parts: Parts,
        facts: Facts,
        has_body: bool,
        wire: &mut Wire,
        record: &mut Record,
    ) -> Result<Opened, Refusal> {
        let head = Head::parse(parts, &self.rules.head)?;
        let place = self.locate(&head, record)?;
        *wire = Wire::of_family(place.located.product().signatures(), head.parts());
        if place.route.upstream == Upstream::Local {
            *wire = wire.or_json(head.query());
        }
        let form = content::pending(&place.located, &head, has_body);
        let meaning = content::reads(&place.located, &head, has_body);
        let (caller, reads) = match self.presented(&place, &head, &form)? {
            Presented::Bearer => return Err(bearer()),
            Presented::Anonymous => (Caller::Anonymous, meaning),
            Presented::AfterForm if head.is_multipart_post() => (Caller::InForm, Reads::Upload),
            Presented::AfterForm => (Caller::InForm, Reads::Whole),
            Presented::Signed(claim) => {
                let reads =
                    if has_body { body::reads(meaning, claim.body()) } else { Reads::Nothing };
                let signed = Signed { head: &head, form: &form, place: &place, facts: &facts };
                let caller = self.authenticate(&signed, claim, record)?;
                (Caller::Known(Box::new(caller)), reads)
            }
        };
        let bytes_max = self.body_bytes_max(place.route);
        Ok(Opened { head, facts, caller, reads, bytes_max })
    }

    /// A body that decides. The API that the gate serves itself has only short ones (STS-07).
    fn body_bytes_max(&self, route: &Route) -> usize {
        match route.upstream {
            Upstream::Local => self.rules.decide_bytes_max.min(sts::FORM_BYTES_MAX),
            Upstream::At(_) => self.rules.decide_bytes_max,
        }
    }

    /// Reads the form, if the body is one, finds the caller who signed it, and holds the body against the signature; now
    /// that as much of the body is there as [`Opened::reads`] asked for.
    pub fn complete(
        &self,
        opened: Opened,
        collected: Collected,
        now: UnixSeconds,
        wire: &mut Wire,
        record: &mut Record,
    ) -> Result<Proven, Refusal> {
        let Opened { head, mut facts, caller, .. } = opened;
        facts.now = now;
        let place = self.locate(&head, record)?;
        let form =
            content::read_form(&place.located, &head, &collected, self.rules.head.parameters_max)?;
        if let Some(form) = &form {
            *wire = wire.or_of_form(form, head.parts());
        }
        let caller = match caller {
            Caller::Anonymous => None,
            Caller::Known(caller) => Some(*caller),
            Caller::InForm => {
                let state = content::state(form.as_ref(), &collected);
                let signed = Signed { head: &head, form: &state, place: &place, facts: &facts };
                self.authenticate_form(&signed, record)?
            }
        };
        if let (Some(caller), Some(form)) = (&caller, &form) {
            signature::check_form(&caller.claim, form)?;
        }
        let watch = body::check(&collected, caller.as_ref(), form.is_some())?;
        record.body = body::authenticity(&collected, caller.as_ref());
        body::admit_unsigned(record.body, &place.route.bodies)?;
        Ok(Proven { head, facts, caller, form, collected, watch })
    }

    /// Judges a call whose body has more to come like [`Self::decide`], but permits nothing: says what is to become of
    /// the body.
    pub fn foresee(&self, proven: &Proven, record: &mut Record) -> Result<LargeBodies, Refusal> {
        let judged = self.judge(proven, record)?;
        Ok(body::large(judged.bodies, judged.streaming))
    }

    /// Judges what the call means and whether the policies allow it. Whatever came before may have taken a while: this
    /// gate is that of the moment, and so is `now`.
    pub fn decide(
        &self,
        proven: Proven,
        now: UnixSeconds,
        record: &mut Record,
    ) -> Result<Permitted, Refusal> {
        let Proven { caller, mut facts, .. } = proven;
        facts.now = now;
        let caller = caller.map(|caller| self.still_stands(caller, &facts)).transpose()?;
        let proven = Proven { facts, caller, ..proven };
        let judged = self.judge(&proven, record)?;
        let proven = self.restrain(proven, record)?;
        body::may_stream(&proven.collected, judged.bodies, judged.streaming)?;
        let signer = proven.caller.as_ref().and_then(|caller| {
            AnswerSigner::new(self.world, &caller.claim, proven.head.raw_path(), now)
        });
        Permitted::new(proven, &judged, signer)
    }

    fn judge(&self, proven: &Proven, record: &mut Record) -> Result<Judged<'g>, Refusal> {
        let Proven { head, facts, caller, form, collected, .. } = proven;
        let caller = caller.as_ref();
        record.checks.clear(); // A call with a long body is judged before and after.
        let place = self.locate(head, record)?;
        let bodies = &place.route.bodies;
        let json = content::read_json(&place.located, head, collected, self.rules.decide_bytes_max);
        let (json, unread) = match json {
            Ok(json) => (json, None),
            Err(unread) => (None, Some(unread)),
        };
        let content = content::of(&place.located, head, form.as_ref(), json.as_ref(), collected);
        body::may_decide(&content, caller, body::authenticity(collected, caller), bodies)?;
        let trust = body::trust(bodies, caller);
        let site = place.site();
        let terms = self.terms(&place, &site, caller, trust);
        let call = meaning::resolve(&place.located, head, &content, unread, &terms)?;
        record.operation = Some(call.operation.to_string());
        let basis = self.authorize(head, &call, caller, trust, facts, record)?;
        let family = place.located.product().signatures();
        Ok(Judged { route: place.index, family, bodies, basis, streaming: call.streaming })
    }

    /// The product that the host belongs to, and the route of its calls.
    fn locate(&self, head: &Head, record: &mut Record) -> Result<Place<'g>, Refusal> {
        let catalog = self.world.snapshot.catalog();
        let located = locate(catalog, &self.rules.routes, head.host())?;
        let product = located.product().name();
        record.product = Some(product.to_owned());
        let (index, route) = route_of(&self.rules.routes, product)
            .map_err(|unrouted| Refusal::new(Code::UnknownHost, unrouted.detail))?;
        Ok(Place { located, route, index })
    }

    /// What a request shows of credentials. The one call that none belong to shows none.
    fn presented(
        &self,
        place: &Place<'_>,
        head: &Head,
        form: &Form<'_>,
    ) -> Result<Presented, SignatureError> {
        match self.presented_unsigned(place, head, form) {
            Some(presented) => Ok(presented),
            None => signature::identify(head, form, &place.site()),
        }
    }

    /// A form is read: it shows its credentials, or there are none.
    fn authenticate_form(
        &self,
        signed: &Signed<'_>,
        record: &mut Record,
    ) -> Result<Option<Authenticated>, Refusal> {
        match self.presented(signed.place, signed.head, signed.form)? {
            Presented::Bearer => Err(bearer()),
            Presented::Anonymous | Presented::AfterForm => Ok(None),
            Presented::Signed(claim) => self.authenticate(signed, claim, record).map(Some),
        }
    }
}

fn bearer() -> Refusal {
    Refusal::told(Code::IncompleteSignature, "bearer tokens are not accepted here".to_owned())
}
