//! Who is behind the names in trust policies (TP-11). A name that was deleted and made again is another user or role, and
//! inherits no trust: what a name meant when its trust policy was first read it means until the text of the policy changes.
//!
//! The memory of that goes from one generation to the next and ends with the process. `trusted_ids` of a role says it for good.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::file::{Listing, Mention, RoleEntry};
use crate::ident::{AccountId, PolicyName, UserId};
use crate::policy::{Held, IdentityKind, NamedIdentity, Policy};
use crate::strict::{Problem, locate_item};

/// A policy that is wrong all over is told so often.
const WARNINGS_EACH_MAX: usize = 20;

/// An entry of `trusted_ids`: an ARN of the trust policy, and the id that has to be behind it.
#[derive(Clone, Debug)]
pub struct TrustedId {
    /// The ARN, as the trust policy has it.
    pub arn: Mention<String>,
    /// The id of the user or role.
    pub id: UserId,
}

/// The id behind each user and role of a directory that is being built.
#[derive(Debug, Default)]
pub(super) struct Identities(HashMap<(IdentityKind, AccountId, String), String>);

impl Identities {
    /// Those of all accounts that have not been deleted.
    pub(super) fn of(listing: &Listing, own: AccountId) -> Self {
        let mut ids = HashMap::new();
        for account in &listing.accounts {
            let id = account.id.as_ref().map_or(own, |id| id.value);
            for user in account.users.iter().filter(|user| !user.recycled) {
                let key = (IdentityKind::User, id, user.name.value.to_string());
                ids.insert(key, user.id.value.to_string());
            }
            for role in &account.roles {
                let name = role.name.value.as_str().to_ascii_lowercase();
                ids.insert((IdentityKind::Role, id, name), role.id.value.to_string());
            }
        }
        Self(ids)
    }

    fn find(&self, named: &NamedIdentity<'_>) -> Option<&str> {
        let name = match named.kind {
            IdentityKind::User => named.name.to_owned(),
            IdentityKind::Role => named.name.to_ascii_lowercase(),
        };
        self.0.get(&(named.kind, named.account, name)).map(String::as_str)
    }
}

/// What the names in trust policies have meant so far.
#[derive(Debug, Default)]
pub(super) struct Meanings(HashMap<PolicyName, Meaning>);

/// What the names in one trust policy mean, as long as its text is this one.
#[derive(Clone, Debug)]
struct Meaning {
    text: [u8; 32],
    /// By ARN.
    ids: BTreeMap<Box<str>, Box<str>>,
}

impl Meanings {
    /// What is remembered of a policy, once for all roles that have it.
    fn of(&mut self, name: &PolicyName, text: &str, before: Option<&Self>) -> &mut Meaning {
        self.0.entry(name.clone()).or_insert_with(|| {
            let text = Sha256::digest(text).into();
            let kept = before.and_then(|before| before.0.get(name));
            let kept = kept.filter(|kept| kept.text == text);
            kept.cloned().unwrap_or(Meaning { text, ids: BTreeMap::new() })
        })
    }
}

/// A trust policy and where it is read from.
pub(super) struct TrustFile<'t> {
    pub(super) name: &'t PolicyName,
    pub(super) policy: &'t Policy,
    pub(super) text: &'t str,
}

/// Everything that says who is behind a name.
pub(super) struct Resolver<'r> {
    pub(super) identities: &'r Identities,
    pub(super) before: Option<&'r Meanings>,
    pub(super) meanings: &'r mut Meanings,
    pub(super) problems: &'r mut Vec<Problem>,
}

impl Resolver<'_> {
    /// The trust policy of a role, each name in it held against an id.
    pub(super) fn resolve(&mut self, role: &RoleEntry, file: &TrustFile<'_>) -> Arc<Policy> {
        let document = file.policy.document();
        let named = document.named_identities();
        let remembered = self.meanings.of(file.name, file.text, self.before);
        let mut meant: BTreeMap<&str, String> = BTreeMap::new();
        let mut warnings = Vec::new();
        for named in &named {
            let now = self.identities.find(named);
            let pinned = role.trusted_ids.iter().find(|pin| pin.arn.value == named.arn);
            let id = match (pinned, remembered.ids.get(named.arn), now) {
                (Some(pin), _, _) => Some(pin.id.as_str()),
                (None, Some(id), _) => Some(&**id),
                (None, None, now) => now,
            };
            warnings.extend(warning(named, id, now, role, pinned.is_some()));
            if let Some(id) = id {
                meant.insert(named.arn, id.to_owned());
            }
            if let (None, Some(now)) = (pinned, now) {
                remembered.ids.entry(named.arn.into()).or_insert_with(|| now.into());
            }
        }
        let place = |(pointer, message, help): (&str, String, String)| {
            let (at, field) = locate_item(file.text, pointer);
            Problem::warning(document.file(), at, field, message).rule("TP-11").help(help)
        };
        self.problems.extend(warnings.into_iter().take(WARNINGS_EACH_MAX).map(place));
        let held = document.held(|arn| meant.get(arn).map_or(Held::ByNobody, |id| Held::By(id)));
        Arc::new(Policy::new(file.policy.name(), file.policy.kind(), held))
    }
}

/// Why a name counts for nobody: the place, what is wrong, and what to do.
fn warning<'n>(
    named: &'n NamedIdentity<'_>,
    meant: Option<&str>,
    now: Option<&str>,
    role: &RoleEntry,
    pinned: bool,
) -> Option<(&'n str, String, String)> {
    let (arn, kind) = (named.arn, named.kind.as_str());
    let (message, help) = match (meant, now) {
        (Some(meant), Some(now)) if meant != now && pinned => (
            format!(
                "`{arn}` has the id {now}, and role `{}` trusts {meant}: it does not match",
                role.name.value
            ),
            format!("if the new {kind} is to be trusted, change its id under `trusted_ids`"),
        ),
        (Some(meant), Some(now)) if meant != now => (
            format!(
                "`{arn}` was made anew: it had the id {meant} and has {now} now. It does not match"
            ),
            format!(
                "if the new {kind} is to be trusted, save this file with a change, or list the id under `trusted_ids` of the role"
            ),
        ),
        (_, None) => (
            format!("no {kind} of the directory is `{arn}`: nobody matches"),
            format!("add the {kind}, or remove the entry"),
        ),
        (_, Some(_)) => return None,
    };
    Some((&named.pointer, message, help))
}

#[cfg(test)]
mod tests;
