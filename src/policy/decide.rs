//! Decides one access against the identity policies of a caller (rules C-7, V-16, 7.1, 8.1, and step 3 of 8.2).
//!
//! Pure: no IO, no clock, no allocation on the way to an Allow. A statement that cannot be evaluated denies if it is a
//! Deny and is ignored if it is an Allow.

use std::sync::Arc;

use super::compile::Match;
use super::document::Effect;
use super::{AccessRequest, ActionId, Compiled, StatementRef, Truth};
use crate::ident::AccountId;

/// Whose rights are asked for.
#[derive(Clone, Copy, Debug)]
pub enum Identity<'s> {
    /// The account itself: everything on its own resources, nothing elsewhere.
    Root(AccountId),
    /// A RAM user, or whatever else has policies.
    Policies {
        /// The account that the policies live in. Their Allows reach its resources only (7.1).
        account: AccountId,
        /// The policies of the identity and of its groups, in any order.
        policies: &'s [Arc<Compiled>],
    },
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A statement allows, none denies.
    Allow,
    /// A statement denies.
    ExplicitDeny,
    /// No statement allows.
    ImplicitDeny,
}

/// The answer and what it rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision<'s> {
    /// The answer.
    pub verdict: Verdict,
    /// The statement that decided. There is none behind an implicit deny, nor behind the rights of root.
    pub statement: Option<&'s StatementRef>,
    /// [`Truth::Indeterminate`] when a Deny applies only because the gate cannot know whether it does.
    pub certainty: Truth,
}

impl<'s> Decision<'s> {
    const IMPLICIT_DENY: Self =
        Self { verdict: Verdict::ImplicitDeny, statement: None, certainty: Truth::True };
    const ROOT: Self = Self { verdict: Verdict::Allow, statement: None, certainty: Truth::True };

    fn by(verdict: Verdict, found: &Match<'s>) -> Self {
        Self { verdict, statement: Some(found.place), certainty: found.truth }
    }
}

/// Decides. `action` is the number of `access.action` in the vocabulary of the policies, if it has one.
pub fn decide<'s>(
    identity: &Identity<'s>,
    access: &AccessRequest<'_>,
    action: Option<ActionId>,
) -> Decision<'s> {
    match *identity {
        Identity::Root(account) if access.owner == Some(account) => Decision::ROOT,
        Identity::Root(_) => Decision::IMPLICIT_DENY,
        Identity::Policies { account, policies } => basic(account, policies, access, action),
    }
}

/// 8.1: any Deny, else any Allow.
fn basic<'s>(
    account: AccountId,
    policies: &'s [Arc<Compiled>],
    access: &AccessRequest<'_>,
    action: Option<ActionId>,
) -> Decision<'s> {
    let first = |effect| policies.iter().find_map(|policy| policy.applying(effect, access, action));
    if let Some(found) = first(Effect::Deny) {
        return Decision::by(Verdict::ExplicitDeny, &found);
    }
    if access.owner != Some(account) {
        return Decision::IMPLICIT_DENY;
    }
    match first(Effect::Allow) {
        Some(found) => Decision::by(Verdict::Allow, &found),
        None => Decision::IMPLICIT_DENY,
    }
}
