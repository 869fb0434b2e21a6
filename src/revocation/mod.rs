//! What is refused from now on, whatever the other files say (5.7 of the identities sheet): pairs, users, single sessions,
//! and everything that was issued before an instant.
//!
//! The file is read by itself and swapped by itself. Pure: a cutoff compares instants of issue with each other, so that no
//! clock is asked, and an entry whose time is over does no harm.

mod entry;
mod file;
mod table;
mod write;

pub use entry::{Counts, Entry, Kind, LINGER_SECONDS, Subject};
pub use file::{lint, parse};
pub use write::write;

use std::collections::{HashMap, HashSet};

use crate::ident::{AccessKeyId, AccountId, Principal, UnixSeconds};
use crate::strict::{Problem, count_errors};
use crate::token::{Ancestor, Kid, Opened, Payload};

use table::{ById, IdKind};

/// What is revoked, ready to be asked: every question is a look-up or two.
#[derive(Clone, Debug, Default)]
pub struct Revocations {
    /// Pairs, and sessions by their pairs.
    access_keys: HashSet<Box<str>>,
    /// Names or ids, in ASCII lower case: names differ ignoring case (ID-15), and a revocation should rather hit.
    users: HashSet<Box<str>>,
    accounts: HashMap<AccountId, UnixSeconds>,
    token_keys: HashMap<Kid, UnixSeconds>,
    by_id: ById,
    counts: Counts,
}

/// What ended a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lever {
    /// `sessions`, `access_keys`
    #[error("the session, or one that it comes from, is revoked")]
    Session,
    /// `users`
    #[error("the user at the source of the session is revoked")]
    User,
    /// `accounts`
    #[error("the sessions of the account that were issued so early are revoked")]
    Account,
    /// `roles`
    #[error("the sessions of the role that were issued so early are revoked")]
    Role,
    /// `sources`
    #[error("the sessions of the source that were issued so early are revoked")]
    Source,
    /// `source_identities`
    #[error("the sessions with the source identity that were issued so early are revoked")]
    SourceIdentity,
    /// `token_keys`
    #[error("the sessions under the key of the ring that were issued so early are revoked")]
    TokenKey,
}

impl Revocations {
    /// Reads a revocations file. Ids and names that nobody has are fine: a revocation outlives what it revokes.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let (entries, problems) = parse(file, text);
        if count_errors(&problems) == 0 { Ok(entries.into_iter().collect()) } else { Err(problems) }
    }

    /// Whether this pair, or the user it belongs to, is revoked.
    pub fn revokes(&self, access_key_id: &AccessKeyId, owner: &Principal) -> bool {
        self.revokes_key(access_key_id) || self.revokes_owner(owner)
    }

    /// Whether this pair is revoked by its own id.
    pub fn revokes_key(&self, access_key_id: &AccessKeyId) -> bool {
        self.access_keys.contains(access_key_id.as_str())
    }

    /// Whether this user is revoked, with all of its pairs.
    pub fn revokes_owner(&self, owner: &Principal) -> bool {
        match owner {
            Principal::Root { .. } | Principal::Session { .. } => false,
            Principal::User { .. } if self.users.is_empty() => false,
            Principal::User { name, id, .. } => {
                self.users.contains(id.as_str())
                    || self.users.contains(name.as_str().to_ascii_lowercase().as_str())
            }
        }
    }

    /// What ends this session by itself, if anything does: the deny-list, or one of the cutoffs (the table of 5.7). Users are
    /// named by people, so whoever has the directory asks for them.
    pub fn ended_by(&self, session: &Opened) -> Option<Lever> {
        let Opened { kid, payload } = session;
        let tests = [
            (Lever::Session, self.denies(payload)),
            (Lever::Account, self.cuts_account(payload)),
            (Lever::Role, self.cuts_role(payload)),
            (Lever::Source, self.cuts_source(payload)),
            (Lever::SourceIdentity, self.cuts_source_identity(payload)),
            (Lever::TokenKey, is_before(payload.issued, self.token_keys.get(kid).copied())),
        ];
        tests.into_iter().find(|(_, ends)| *ends).map(|(lever, _)| lever)
    }

    /// Whether everything that these end, the others end too.
    pub fn are_within(&self, others: &Self) -> bool {
        let is_within = |time: &UnixSeconds, other: Option<&UnixSeconds>| Some(time) <= other;
        self.access_keys.is_subset(&others.access_keys)
            && self.users.is_subset(&others.users)
            && self.accounts.iter().all(|(id, time)| is_within(time, others.accounts.get(id)))
            && self.token_keys.iter().all(|(id, time)| is_within(time, others.token_keys.get(id)))
            && self.by_id.is_within(&others.by_id)
    }

    /// These, and what the others end besides. The entries that are counted are those of this file.
    #[must_use]
    pub fn and(mut self, others: &Self) -> Self {
        self.access_keys.extend(others.access_keys.iter().cloned());
        self.users.extend(others.users.iter().cloned());
        for (id, time) in &others.accounts {
            forward(self.accounts.entry(*id).or_insert(*time), *time);
        }
        for (id, time) in &others.token_keys {
            forward(self.token_keys.entry(*id).or_insert(*time), *time);
        }
        self.by_id.extend(&others.by_id);
        self
    }

    /// How many entries there are of each kind.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    fn denies(&self, payload: &Payload) -> bool {
        let ancestors = ancestors(payload).iter().map(|it| &it.access_key_id);
        !self.access_keys.is_empty()
            && ancestors.chain([&payload.access_key_id]).any(|id| self.revokes_key(id))
    }

    fn cuts_account(&self, payload: &Payload) -> bool {
        let cuts = |account, issued| is_before(issued, self.accounts.get(account).copied());
        cuts(&payload.account, payload.issued)
            || ancestors(payload).iter().any(|it| cuts(&it.account, it.issued))
    }

    fn cuts_role(&self, payload: &Payload) -> bool {
        let cuts = |account, id: &str, issued| {
            is_before(issued, self.by_id.cutoff(IdKind::Role, account, id))
        };
        cuts(payload.account, payload.role_id.as_str(), payload.issued)
            || ancestors(payload).iter().any(|it| cuts(it.account, it.role_id.as_str(), it.issued))
    }

    /// What the source obtained first counts, and ends whatever came of it.
    fn cuts_source(&self, payload: &Payload) -> bool {
        let oldest = ancestors(payload).first().map_or(payload.issued, |it| it.issued);
        let origin = payload.chain.as_ref().map(|chain| &chain.origin);
        [&payload.source].into_iter().chain(origin).any(|source| {
            let kind = IdKind::of_source(&source.id);
            is_before(oldest, self.by_id.cutoff(kind, source.account, source.id.as_str()))
        })
    }

    fn cuts_source_identity(&self, payload: &Payload) -> bool {
        payload.source_identity.as_ref().is_some_and(|name| {
            let kind = IdKind::SourceIdentity;
            is_before(payload.issued, self.by_id.cutoff(kind, payload.account, name.as_str()))
        })
    }

    fn add(&mut self, entry: Entry) {
        self.counts.add(entry.subject.kind());
        let time = entry.time.unwrap_or(UnixSeconds(i64::MIN));
        match entry.subject {
            Subject::AccessKey(id) | Subject::Session(id) => {
                self.access_keys.insert(id.as_str().into());
            }
            Subject::User(name) => {
                self.users.insert(name.as_str().to_ascii_lowercase().into());
            }
            Subject::Account(id) => forward(self.accounts.entry(id).or_insert(time), time),
            Subject::TokenKey(id) => forward(self.token_keys.entry(id).or_insert(time), time),
            Subject::Role { account, id } => {
                self.by_id.add(IdKind::Role, account, id.as_str(), time);
            }
            Subject::Source { account, id } => {
                self.by_id.add(IdKind::of_source(&id), account, id.as_str(), time);
            }
            Subject::SourceIdentity { account, name } => {
                self.by_id.add(IdKind::SourceIdentity, account, name.as_str(), time);
            }
        }
    }
}

impl FromIterator<Entry> for Revocations {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        let mut revocations = Self::default();
        for entry in entries {
            revocations.add(entry);
        }
        revocations
    }
}

fn ancestors(payload: &Payload) -> &[Ancestor] {
    payload.chain.as_ref().map_or(&[], |chain| &chain.ancestors)
}

/// TOK-30: what was issued at the instant itself stays.
fn is_before(issued: UnixSeconds, cutoff: Option<UnixSeconds>) -> bool {
    cutoff.is_some_and(|cutoff| issued < cutoff)
}

/// TOK-30: of two cutoffs for the same, the later one counts.
fn forward(cutoff: &mut UnixSeconds, time: UnixSeconds) {
    *cutoff = (*cutoff).max(time);
}

#[cfg(test)]
mod tests;
