//! Decides one access (sections 8.1 and 8.2 of the policy language). Nothing is allocated.

use std::sync::Arc;

use crate::ident::AccountId;

use super::access::AccessRequest;
use super::compile::{Compiled, StatementRef};
use super::document::Effect;
use super::vocabulary::ActionId;

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Permitted.
    Allow,
    /// A Deny matches.
    ExplicitDeny,
    /// Nothing allows it.
    ImplicitDeny,
}

/// The answer and the statement that gave it; none when nothing matched, or for the account itself.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'s> {
    /// The answer.
    pub verdict: Verdict,
    /// The statement that decided.
    pub statement: Option<&'s StatementRef>,
}

/// What identity-based policies say about a principal.
#[derive(Clone, Copy, Debug)]
pub enum Identity<'s> {
    /// The account itself: everything on its own resources (8.2, step 3).
    Root(AccountId),
    /// A RAM user: what is attached to it and to its groups.
    Policies {
        /// The account in which the policies live.
        account: AccountId,
        /// The policies.
        policies: &'s [Arc<Compiled>],
    },
}

/// Explicit Deny first over all documents; then any Allow; else nothing. Order of documents and statements is irrelevant.
pub fn decide<'s>(
    identity: &Identity<'s>,
    access: &AccessRequest<'_>,
    action: Option<ActionId>,
) -> Decision<'s> {
    let implicit = Decision { verdict: Verdict::ImplicitDeny, statement: None };
    let (account, policies) = match identity {
        Identity::Root(account) if access.owner == Some(*account) => {
            return Decision { verdict: Verdict::Allow, statement: None };
        }
        Identity::Root(_) => return implicit,
        Identity::Policies { account, policies } => (*account, *policies),
    };
    let first =
        |effect| policies.iter().find_map(|policy| policy.first_match(effect, access, action));
    if let Some(deny) = first(Effect::Deny) {
        return Decision { verdict: Verdict::ExplicitDeny, statement: Some(&deny.reference) };
    }
    // An Allow reaches only resources of the account that the policy lives in (7.1).
    if access.owner != Some(account) {
        return implicit;
    }
    match first(Effect::Allow) {
        Some(allow) => Decision { verdict: Verdict::Allow, statement: Some(&allow.reference) },
        None => implicit,
    }
}
