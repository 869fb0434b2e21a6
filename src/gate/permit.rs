//! A permit is a value: the only thing that an upstream accepts, and only the gate can make one.

use bytes::Bytes;
use http::Request;
use http_body::Body;

use crate::ident::Principal;
use crate::request::{Head, Params};

use super::authenticate::Authenticated;
use super::cover::{Coverage, Covered, Guarded};
use super::forward::{self, Identity, Proof};
use super::{Collected, Facts};

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
    body: Collected,
    digest: Option<[u8; 32]>,
    route: usize,
    basis: Basis,
}

impl Permitted {
    #[expect(
        clippy::too_many_arguments,
        reason = "the end of the pipeline: everything it established"
    )]
    pub(super) fn new(
        head: Head,
        form: Option<&Params>,
        body: Collected,
        digest: Option<[u8; 32]>,
        facts: &Facts,
        route: usize,
        caller: Option<&Authenticated>,
        basis: Basis,
    ) -> Self {
        let identity = Identity {
            principal: caller.map(|caller| &caller.principal),
            arn: caller.map_or("", |caller| &caller.arn),
            access_key_id: caller
                .as_ref()
                .map_or("", |caller| caller.claim.access_key_id().as_str()),
            request_id: &facts.request_id,
        };
        let proof = caller.map(|caller| Proof {
            scheme: caller.claim.scheme(),
            plus_is_space: caller.plus_is_space,
        });
        let (parts, body) = forward::rewrite(head, form, body, proof, &identity);
        Self { parts, body, digest, route, basis }
    }

    /// Which route of the configuration it goes to.
    pub fn route(&self) -> usize {
        self.route
    }

    /// Why it may pass.
    pub fn basis(&self) -> Basis {
        self.basis
    }

    /// Whether the body is checked only while it streams, so that `report` of [`Self::cover`] will be called.
    pub fn is_guarded(&self) -> bool {
        matches!((&self.body, self.digest), (Collected::Start(_), Some(_)))
    }

    /// Attaches what is still to come of the body.
    pub fn cover<B>(self, rest: B, report: impl FnOnce(Coverage) + 'static) -> PermittedRequest<B>
    where
        B: Body<Data = Bytes>,
    {
        let body = match (self.body, self.digest) {
            (Collected::Empty, _) => Covered::Whole(None),
            (Collected::Whole(bytes), _) => Covered::Whole((!bytes.is_empty()).then_some(bytes)),
            (Collected::Start(start), Some(digest)) => {
                Covered::Guarded(Guarded::new(start, rest, digest, Box::new(report)))
            }
            // Nothing was promised about the body of a caller that did not sign it.
            (Collected::Start(_) | Collected::Unread, _) => Covered::Open(rest),
        };
        PermittedRequest(Request::from_parts(self.parts, body))
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
