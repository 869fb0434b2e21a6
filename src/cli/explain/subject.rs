//! Who asks.

use crate::config::Config;
use crate::credential::{AccessKey, Status};
use crate::ident::{AccountId, Principal, SessionName, UnixSeconds};
use crate::snapshot::{RootKeys, Snapshot, World};
use crate::strict::nearest;

/// A caller, as the gate knows it once a signature has matched.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    /// `None`: a caller without credentials.
    pub(super) principal: Option<Principal>,
    /// The `AccessKey` id, when the question names one.
    pub(super) access_key_id: Option<String>,
    /// What would keep the caller from getting as far as the policies.
    pub(super) notes: Vec<String>,
}

impl Subject {
    fn of(principal: Option<Principal>) -> Self {
        Self { principal, access_key_id: None, notes: Vec::new() }
    }
}

/// Finds whom a text names. The session of a role gets the name `session`.
pub(super) fn find(
    text: &str,
    session: &SessionName,
    world: &World,
    config: &Config,
    now: UnixSeconds,
) -> Result<Subject, String> {
    let snapshot = &*world.snapshot;
    let finder = Finder { snapshot, session };
    let own = config.account;
    let mut subject = match text {
        "anonymous" => Subject::of(None),
        _ if text.starts_with("acs:ram:") => Subject::of(Some(finder.arn(text)?)),
        _ if text == "root" || text.contains('/') => Subject::of(Some(finder.id(own, text)?)),
        _ => match (finder.find_user(own, text), snapshot.keys().find(text)) {
            (Some(user), _) => Subject::of(Some(user)),
            (None, Some(key)) => of_key(key, world, now),
            (None, None) => return Err(finder.nobody(own, text)),
        },
    };
    if let Some(Principal::Root { .. }) = subject.principal
        && config.root_keys == RootKeys::Refused
    {
        let note = "the gate refuses AccessKeys of root (`access_keys.allow_root`)";
        subject.notes.push(note.to_owned());
    }
    Ok(subject)
}

fn of_key(key: &AccessKey, world: &World, now: UnixSeconds) -> Subject {
    let mut notes = Vec::new();
    let mut refused = |why: &str| notes.push(format!("the gate refuses `{}`: {why}", key.id));
    if key.status == Status::Inactive {
        refused("the AccessKey is inactive");
    }
    if world.revocations.revokes(&key.id, &key.owner) {
        refused("the AccessKey or its user is revoked");
    }
    if key.session.as_ref().is_some_and(|session| session.expires <= now) {
        refused("the session has ended");
    }
    let (principal, access_key_id) = (Some(key.owner.clone()), Some(key.id.to_string()));
    Subject { principal, access_key_id, notes }
}

struct Finder<'f> {
    snapshot: &'f Snapshot,
    session: &'f SessionName,
}

impl Finder<'_> {
    /// `acs:ram::<account>:<id>`
    fn arn(&self, text: &str) -> Result<Principal, String> {
        let parts: Vec<&str> = text.splitn(5, ':').collect();
        let ["acs", "ram", "" | "*", account, id] = parts[..] else {
            return Err(format!(
                "`{text}` is no principal; an ARN is written like acs:ram::1234567890123456:user/alice"
            ));
        };
        self.id(account.parse().map_err(|error| format!("{text}: {error}"))?, id)
    }

    /// `root`, `user/…`, `role/…`, `assumed-role/…/…`
    fn id(&self, account: AccountId, id: &str) -> Result<Principal, String> {
        if id == "root" {
            return Ok(Principal::Root { account });
        }
        match id.split_once('/') {
            Some(("user", name)) => {
                self.find_user(account, name).ok_or_else(|| self.nobody(account, name))
            }
            Some(("role", name)) => self.role(account, name, self.session.clone()),
            Some(("assumed-role", rest)) => {
                let (name, session) = rest.split_once('/').unwrap_or((rest, ""));
                let session = session.parse().map_err(|error| format!("{id}: {error}"))?;
                self.role(account, name, session)
            }
            _ => Err(format!(
                "`{id}` is no principal; write a user name, `role/NAME`, `root`, `anonymous`, an ARN or an AccessKey id"
            )),
        }
    }

    fn find_user(&self, account: AccountId, name: &str) -> Option<Principal> {
        let user = self.snapshot.directory().user_of(account, &name.parse().ok()?)?;
        Some(user.principal.clone())
    }

    fn role(
        &self,
        account: AccountId,
        name: &str,
        session: SessionName,
    ) -> Result<Principal, String> {
        let directory = self.snapshot.directory();
        let role = directory.role_of(account, name).ok_or_else(|| {
            let known = directory.roles().filter(|role| role.account == account);
            let known: Vec<&str> = known.map(|role| role.name.as_str()).collect();
            format!(
                "there is no role `{name}` of {account} in the directory{}",
                meant(name, &known)
            )
        })?;
        Ok(Principal::Session {
            account,
            role: role.name.clone(),
            role_id: role.id.clone(),
            session,
            service_linked: role.service_linked,
        })
    }

    fn nobody(&self, account: AccountId, name: &str) -> String {
        let users = self.snapshot.directory().users();
        let known = users.filter(|user| user.principal.account() == account);
        let known: Vec<&str> = known.map(|user| user.name.as_str()).collect();
        format!(
            "there is no user `{name}` of {account} in the directory, and no AccessKey of that id{}",
            meant(name, &known)
        )
    }
}

fn meant(name: &str, known: &[&str]) -> String {
    nearest(name, known).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}
