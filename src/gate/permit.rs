//! A permit is a value: the only thing that an upstream accepts, and only the gate can make one.

use bytes::Bytes;
use http::Request;

use crate::ident::Principal;

use super::cover::{Coverage, Covered, Guarded};
use super::forward::{self, Identity, Proof, Reader};
use super::watch::Watch;
use super::{AnswerSigner, Collected, Judged, Proven, Refusal};

/// Why a request may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The policies allow every action on every resource that it touches.
    Allowed,
    /// The operation needs no permission (rule A-8, `auth` in the catalogue).
    Exempt,
}

/// A permitted request whose body has not been attached yet.
#[derive(Debug)]
pub struct Permitted {
    parts: http::request::Parts,
    body: Passage,
    route: usize,
    basis: Basis,
    signer: Option<AnswerSigner>,
}

/// How the body goes on.
#[derive(Debug)]
enum Passage {
    /// It is here.
    Whole(Option<Bytes>),
    /// It is checked while it streams.
    Guarded(Watch),
    /// It was checked elsewhere, or nothing was promised about it.
    Open,
}

impl Permitted {
    pub(super) fn new(
        proven: Proven,
        judged: &Judged<'_>,
        signer: Option<AnswerSigner>,
    ) -> Result<Self, Refusal> {
        let Proven { head, facts, caller, form, collected, watch } = proven;
        let identity = Identity {
            principal: caller.as_ref().map(|caller| &caller.principal),
            arn: caller.as_ref().map_or("", |caller| &caller.arn),
            access_key_id: caller
                .as_ref()
                .map_or("", |caller| caller.claim.access_key_id().as_str()),
            request_id: &facts.request_id,
        };
        let proof = caller.as_ref().map(|caller| Proof {
            scheme: caller.claim.scheme(),
            plus_is_space: caller.plus_is_space,
        });
        let reader = Reader { family: judged.family, proof };
        let (parts, collected) =
            forward::rewrite(head, form.as_ref(), collected, reader, &identity)?;
        let (route, basis) = (judged.route, judged.basis);
        Ok(Self { parts, body: Passage::new(collected, watch), route, basis, signer })
    }

    /// Which route of the configuration it goes to.
    pub fn route(&self) -> usize {
        self.route
    }

    /// What signs the answer for the caller, if the caller verifies it.
    pub fn take_answer_signer(&mut self) -> Option<AnswerSigner> {
        self.signer.take()
    }

    /// Why it may pass.
    pub fn basis(&self) -> Basis {
        self.basis
    }

    /// Whether the body is checked only while it streams, so that `report` of [`Self::cover`] will be called.
    pub fn is_guarded(&self) -> bool {
        matches!(self.body, Passage::Guarded(_))
    }

    /// Attaches what is still to come of the body.
    pub fn cover<B>(
        self,
        rest: B,
        report: impl FnOnce(Coverage<B>) + 'static,
    ) -> PermittedRequest<B> {
        let body = match self.body {
            Passage::Whole(bytes) => Covered::Whole(bytes),
            Passage::Guarded(watch) => Covered::Guarded(Guarded::new(watch, rest, report)),
            Passage::Open => Covered::Open(rest),
        };
        PermittedRequest(Request::from_parts(self.parts, body))
    }
}

impl Passage {
    fn new(collected: Collected, watch: Option<Watch>) -> Self {
        match (collected, watch) {
            (Collected::Upload(upload), Some(mut watch)) => {
                watch.precede(upload.head);
                Self::Guarded(watch)
            }
            (_, Some(watch)) => Self::Guarded(watch),
            (Collected::Whole(bytes), None) => Self::Whole((!bytes.is_empty()).then_some(bytes)),
            (Collected::Spooled | Collected::Unread, None) => Self::Open,
            // A beginning that nobody watches goes nowhere.
            (Collected::Empty | Collected::Start(_) | Collected::Upload(_), None) => {
                Self::Whole(None)
            }
        }
    }
}

/// A request that may be sent to an upstream. There is no other way to make one than through [`super::Gate`].
#[derive(Debug)]
pub struct PermittedRequest<B>(Request<Covered<B>>);

impl<B> PermittedRequest<B> {
    /// What goes on the wire.
    pub(crate) fn into_request(self) -> Request<Covered<B>> {
        self.0
    }
}

/// How the audit record and the upstream name a principal's kind, in RAM's own words (9.1 of the policy language).
pub fn principal_type(principal: &Principal) -> &'static str {
    match principal {
        Principal::Root { .. } => "RootUser",
        Principal::User { .. } => "SubUser",
        Principal::Session { .. } => "AssumedRoleUser",
    }
}
