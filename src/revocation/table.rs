//! Cutoffs by an id that stands in tokens.

use std::collections::HashMap;

use crate::ident::{AccountId, UnixSeconds};
use crate::token::SourceId;

/// What an id is the id of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IdKind {
    /// The role of a session.
    Role,
    /// Who obtained a session.
    User,
    SessionOfRole,
    Oidc,
    Saml,
    Service,
    SourceIdentity,
}

impl IdKind {
    pub(super) fn of_source(id: &SourceId) -> Self {
        match id {
            SourceId::User(_) => Self::User,
            SourceId::Role(_) => Self::SessionOfRole,
            SourceId::Oidc(_) => Self::Oidc,
            SourceId::Saml(_) => Self::Saml,
            SourceId::Service(_) => Self::Service,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Cutoff {
    kind: IdKind,
    /// Any account, if none is said.
    account: Option<AccountId>,
    before: UnixSeconds,
}

impl Cutoff {
    fn is_within(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.before <= other.before
            && (other.account.is_none() || other.account == self.account)
    }
}

/// The cutoffs of an id are mostly one.
#[derive(Clone, Debug, Default)]
pub(super) struct ById(HashMap<Box<str>, Vec<Cutoff>>);

impl ById {
    pub(super) fn add(
        &mut self,
        kind: IdKind,
        account: Option<AccountId>,
        id: &str,
        before: UnixSeconds,
    ) {
        self.0.entry(id.into()).or_default().push(Cutoff { kind, account, before });
    }

    /// Whether each of these has one there that ends as much.
    pub(super) fn is_within(&self, others: &Self) -> bool {
        self.0.iter().all(|(id, own)| {
            let others = others.0.get(id).map(Vec::as_slice).unwrap_or_default();
            own.iter().all(|own| others.iter().any(|other| own.is_within(other)))
        })
    }

    pub(super) fn extend(&mut self, others: &Self) {
        for (id, others) in &others.0 {
            let own = self.0.entry(id.clone()).or_default();
            let more: Vec<Cutoff> = others
                .iter()
                .filter(|it| !own.iter().any(|own| it.is_within(own)))
                .copied()
                .collect();
            own.extend(more);
        }
    }

    /// The latest that holds.
    pub(super) fn cutoff(&self, kind: IdKind, account: AccountId, id: &str) -> Option<UnixSeconds> {
        let holds =
            |cutoff: &&Cutoff| cutoff.kind == kind && cutoff.account.is_none_or(|it| it == account);
        self.0.get(id)?.iter().filter(holds).map(|cutoff| cutoff.before).max()
    }
}
