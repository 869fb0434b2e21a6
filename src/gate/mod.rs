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
mod context;
mod cover;
mod forward;
mod headers;
mod permit;
mod record;
mod refusal;
mod spend;
mod watch;
mod wire;

use std::net::IpAddr;

use bytes::Bytes;
use http::request::Parts;

use crate::catalog::{BodyNeed, Content, Located, Streaming, Style, Unreadable, Word};
use crate::config::{BodyRules, CodeMerging, LargeBodies, NonceRule, Remember, Route};
use crate::ident::{AccountId, UnixSeconds};
use crate::memory::{ReplayGuard, SharedMark};
use crate::request::{Head, HeadLimits, Multipart, Params};
use crate::signature::{self, Family, Form, Presented, Site};
use crate::snapshot::World;
use crate::strict;

use authenticate::{Authenticated, Signed};

pub use crate::request::FormReader;
pub use crate::signature::{BodyAgreed, BodyAuthenticity};
pub use answer::AnswerSigner;
pub use cover::{CoverError, Coverage, Covered, Ending, Guarded, Unjudged};
pub use headers::strip_answer;
pub use permit::{Basis, Permitted, PermittedRequest, principal_type};
pub use record::{Checked, Record};
pub use refusal::{Blame, Code, Refusal};
pub use watch::Watch;
pub use wire::Wire;

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
}

/// The gate of one request: the world it is decided in.
#[derive(Clone, Copy, Debug)]
pub struct Gate<'g> {
    /// Catalogue, identities, keys, policies, and what is revoked whatever they say.
    pub world: &'g World,
    /// Nonces that were used.
    pub replay: &'g ReplayGuard,
    /// Settings.
    pub rules: &'g Rules,
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
        Site {
            region: self.route.region.as_deref(),
            cname: &self.route.domains,
            path_style: self.route.path_style,
            oss_endpoints: &self.route.endpoints,
            oss_sub_resources: &self.route.signed_parameters,
            oss_url_life_seconds_max: self.route.signed_url_seconds_max,
            ..Site::new(self.located.product().signatures())
        }
    }
}

/// A request whose head has been judged as far as a head alone can be.
#[derive(Debug)]
pub struct Opened {
    head: Head,
    facts: Facts,
    caller: Caller,
    reads: Reads,
}

/// A request whose caller and body are proven, or that has none to prove.
#[derive(Debug)]
pub struct Proven {
    head: Head,
    facts: Facts,
    caller: Option<Authenticated>,
    form: Option<Params>,
    collected: Collected,
    /// What is still to be proven of the body.
    watch: Option<Watch>,
}

/// A proven request whose body is being read elsewhere; there is no way on without proof that it agrees.
#[derive(Debug)]
pub struct Awaiting(Proven);

/// A call that means one thing, which is allowed.
struct Judged<'g> {
    route: usize,
    /// Who reads the request behind the gate.
    family: Family,
    bodies: &'g BodyRules,
    basis: Basis,
    streaming: Streaming,
}

/// How far authentication has come.
#[derive(Debug)]
enum Caller {
    /// No credentials at all.
    Anonymous,
    /// Proven by the head.
    Known(Box<Authenticated>),
    /// The signature covers a form that has not been read.
    InForm,
}

/// What has to be read of the body before [`Gate::complete`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// Nothing: the body, if any, plays no part in the decision and nothing was promised about it.
    Nothing,
    /// The whole body: it decides.
    Whole,
    /// The whole body if it is small; the start of it otherwise. Its digest was signed.
    Digest,
    /// The fields of a browser form, up to where its file begins.
    Upload,
}

/// What was read of the body.
#[derive(Clone, Debug)]
pub enum Collected {
    /// There is no body.
    Empty,
    /// All of it.
    Whole(Bytes),
    /// The first bytes of a body that is streamed under guard.
    Start(Bytes),
    /// The fields of a browser form, whose file is streamed under guard.
    Upload(Box<Upload>),
    /// All of it is on disk, and was checked.
    Spooled,
    /// Not looked at.
    Unread,
}

/// The beginning of a browser form.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Its fields.
    pub form: Multipart,
    /// The bytes up to where the file begins.
    pub head: Bytes,
    /// What of the file was read with them.
    pub file: Bytes,
}

impl Opened {
    /// What has to be read of the body.
    pub fn reads(&self) -> Reads {
        self.reads
    }

    /// Whether the head alone proved who the caller is.
    pub fn is_proven(&self) -> bool {
        matches!(self.caller, Caller::Known(_))
    }

    /// What reads the fields of a browser form.
    pub fn form_reader(&self) -> Result<FormReader, Refusal> {
        if self.head.headers().contains_key(http::header::CONTENT_ENCODING) {
            let reason = "a form that is compressed has more than one reading".to_owned();
            return Err(Refusal::told(Code::InvalidParameter, reason));
        }
        let kind = self.head.one(http::header::CONTENT_TYPE.as_str())?.unwrap_or_default();
        Ok(FormReader::new(kind)?)
    }

    /// What other processes have to be told of the nonce that [`Gate::open`] spent; once.
    pub fn take_spent(&mut self) -> Option<SharedMark> {
        match &mut self.caller {
            Caller::Known(caller) => caller.spent.take(),
            Caller::Anonymous | Caller::InForm => None,
        }
    }
}

impl Proven {
    /// What other processes have to be told of the nonce that [`Gate::complete`] spent; once.
    pub fn take_spent(&mut self) -> Option<SharedMark> {
        self.caller.as_mut().and_then(|caller| caller.spent.take())
    }

    /// Whether a body was signed that has not been read to its end. [`Gate::foresee`] says what to do with it.
    pub fn has_more(&self) -> bool {
        matches!(self.collected, Collected::Start(_))
    }

    /// Hands out what watches the body, for reading it to its end before anything else happens.
    pub fn await_body(mut self) -> (Awaiting, Option<Watch>) {
        let watch = self.watch.take();
        (Awaiting(self), watch)
    }
}

impl Awaiting {
    /// The body was read to its end and is what was signed; it waits elsewhere.
    pub fn resume(self, _proof: BodyAgreed) -> Proven {
        Proven { collected: Collected::Spooled, ..self.0 }
    }
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
        let form = pending(&place.located, &head, has_body);
        let meaning = reads(&place.located, &head, has_body);
        let (caller, reads) = match signature::identify(&head, &form, &place.site())? {
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
        Ok(Opened { head, facts, caller, reads })
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
        let form = read_form(&place.located, &head, &collected, self.rules)?;
        if let Some(form) = &form {
            *wire = wire.or_of_form(form);
        }
        let caller = match caller {
            Caller::Anonymous => None,
            Caller::Known(caller) => Some(*caller),
            Caller::InForm => {
                let state = state(form.as_ref(), &collected);
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
        let caller = caller.map(|caller| self.still_stands(caller, now)).transpose()?;
        let proven = Proven { facts, caller, ..proven };
        let judged = self.judge(&proven, record)?;
        body::may_stream(&proven.collected, judged.bodies, judged.streaming)?;
        let signer = proven.caller.as_ref().and_then(|caller| {
            AnswerSigner::new(self.world, &caller.claim, proven.head.raw_path())
        });
        Permitted::new(proven, &judged, signer)
    }

    fn judge(&self, proven: &Proven, record: &mut Record) -> Result<Judged<'g>, Refusal> {
        let Proven { head, facts, caller, form, collected, .. } = proven;
        let caller = caller.as_ref();
        record.checks.clear(); // A call with a long body is judged before and after.
        let place = self.locate(head, record)?;
        let bodies = &place.route.bodies;
        let json = read_json(&place.located, head, collected, self.rules)?;
        let content = match (form, &json, collected) {
            (Some(form), _, _) => Content::Form(form),
            (None, Some(json), _) => Content::Json(json),
            (None, None, Collected::Upload(upload)) => Content::Upload(&upload.form),
            (None, None, Collected::Empty) => Content::Empty,
            (None, None, Collected::Whole(bytes)) if place.located.need(head) == BodyNeed::Text => {
                Content::Text(bytes)
            }
            (None, None, _) => Content::Opaque,
        };
        body::may_decide(&content, caller, body::authenticity(collected, caller), bodies)?;
        let trust = body::trust(bodies, caller);
        let call = self.resolve(head, &place, &content, caller, trust, record)?;
        let basis = self.authorize(head, &call, caller, facts, record)?;
        let family = place.located.product().signatures();
        Ok(Judged { route: place.index, family, bodies, basis, streaming: call.streaming })
    }

    /// The product that the host belongs to, and the route of its calls.
    fn locate(&self, head: &Head, record: &mut Record) -> Result<Place<'g>, Refusal> {
        let located = self.product_of(head.host()).map_err(|unreadable| {
            record.word = Some(unreadable.word.as_str());
            Refusal::from(unreadable)
        })?;
        let product = located.product().name();
        record.product = Some(product.to_owned());
        let serves = |route: &Route| route.products.iter().any(|name| name.as_str() == product);
        let mut routes = self.rules.routes.iter().enumerate();
        let (index, route) = routes.find(|(_, route)| serves(route)).ok_or_else(|| {
            let reason = format!("no route of the configuration serves the product `{product}`");
            Refusal::new(Code::UnknownHost, reason)
        })?;
        Ok(Place { located, route, index })
    }

    /// The configuration's own hosts come before the catalogue's patterns: they are whole names.
    fn product_of(&self, host: &str) -> Result<Located<'g>, Unreadable> {
        let catalog = self.world.snapshot.catalog();
        let name = without_port(host);
        let hosts = || self.rules.routes.iter().flat_map(|route| &route.hosts);
        // A whole name is meant before the name of a bucket, whichever stands first.
        let whole = hosts().find(|own| own.name.eq_ignore_ascii_case(name));
        match whole.or_else(|| hosts().find(|own| own.matches(name))) {
            Some(own) => catalog.locate_as(&own.product).ok_or_else(|| {
                Unreadable::new(Word::UnknownHost, "the product of this host is in no catalogue")
            }),
            None => catalog.locate(host),
        }
    }

    /// A form is read: it shows its credentials, or there are none.
    fn authenticate_form(
        &self,
        signed: &Signed<'_>,
        record: &mut Record,
    ) -> Result<Option<Authenticated>, Refusal> {
        match signature::identify(signed.head, signed.form, &signed.place.site())? {
            Presented::Bearer => Err(bearer()),
            Presented::Anonymous | Presented::AfterForm => Ok(None),
            Presented::Signed(claim) => self.authenticate(signed, claim, record).map(Some),
        }
    }
}

/// The form of a body that has not been read.
fn pending(located: &Located<'_>, head: &Head, has_body: bool) -> Form<'static> {
    let upload = located.product().signatures() == Family::Oss && head.is_multipart_post();
    if has_body && (upload || has_form(located, head)) { Form::Pending } else { Form::None }
}

/// The form of a body that has been read.
fn state<'f>(form: Option<&'f Params>, collected: &'f Collected) -> Form<'f> {
    match (form, collected) {
        (Some(form), _) => Form::Read(form),
        (None, Collected::Upload(upload)) => Form::Multipart(&upload.form),
        (None, _) => Form::None,
    }
}

/// `Host` less its port.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn bearer() -> Refusal {
    Refusal::told(Code::IncompleteSignature, "bearer tokens are not accepted here".to_owned())
}

/// What the meaning of a call needs of the body.
fn reads(located: &Located<'_>, head: &Head, has_body: bool) -> Reads {
    let form = has_form(located, head);
    match located.need(head) {
        _ if !has_body => Reads::Nothing,
        BodyNeed::None if !form => Reads::Nothing,
        BodyNeed::Upload => Reads::Upload,
        BodyNeed::None | BodyNeed::Form | BodyNeed::Json | BodyNeed::Text => Reads::Whole,
    }
}

/// Only rpc products take parameters from a form. Elsewhere it is a body like any other: its fields must not be taken
/// for those of the query.
fn has_form(located: &Located<'_>, head: &Head) -> bool {
    located.product().style() == Style::Rpc && head.is_form()
}

fn read_form(
    located: &Located<'_>,
    head: &Head,
    collected: &Collected,
    rules: &Rules,
) -> Result<Option<Params>, Refusal> {
    let (true, Collected::Whole(bytes)) = (has_form(located, head), collected) else {
        return Ok(None);
    };
    if head.headers().contains_key(http::header::CONTENT_ENCODING) || !head.is_utf8_form() {
        let reason =
            "a form that is compressed or not in UTF-8 has more than one reading".to_owned();
        return Err(Refusal::told(Code::InvalidParameter, reason));
    }
    let text = std::str::from_utf8(bytes).map_err(|_bytes| {
        Refusal::told(Code::InvalidParameter, "the form is not UTF-8 text".to_owned())
    })?;
    Ok(Some(Params::parse(text, rules.head.parameters_max)?))
}

fn read_json(
    located: &Located<'_>,
    head: &Head,
    collected: &Collected,
    rules: &Rules,
) -> Result<Option<strict::Json>, Refusal> {
    let (BodyNeed::Json, Collected::Whole(bytes)) = (located.need(head), collected) else {
        return Ok(None);
    };
    if head.headers().contains_key(http::header::CONTENT_ENCODING) {
        return Ok(None); // The catalogue refuses a body that it needs and that was not read.
    }
    let limits = strict::JsonLimits { bytes_max: rules.decide_bytes_max, ..Default::default() };
    let text = std::str::from_utf8(bytes).unwrap_or("");
    strict::json(text, limits).map(Some).map_err(|error| {
        Refusal::told(Code::InvalidParameter, format!("the JSON body cannot be read: {error}"))
    })
}
