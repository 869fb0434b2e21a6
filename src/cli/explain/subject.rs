//! Who asks.

use std::path::Path;
use std::sync::Arc;

use super::Deployment;
use crate::cli::identity::{Finder as Credentials, Identity, Shown, read_token};
use crate::ident::{AccessKeyId, AccountId, Principal, SessionName};
use crate::policy::{Caller, PolicySet};
use crate::snapshot::{RootKeys, Snapshot, caller_of};
use crate::strict::nearest;

/// Who asks, of those whom policies can name.
#[derive(Clone, Debug)]
pub(super) enum Asker {
    /// A caller without credentials.
    Anonymous,
    /// Root, a user or a session.
    Principal(Principal),
    /// A service that acts for an account.
    Service { name: String, account: AccountId },
    /// Somebody whom an identity provider vouches for.
    Federated { provider: String, account: AccountId },
}

impl Asker {
    /// Who signs, if anybody does.
    pub(super) fn principal(&self) -> Option<&Principal> {
        match self {
            Self::Principal(principal) => Some(principal),
            Self::Anonymous | Self::Service { .. } | Self::Federated { .. } => None,
        }
    }

    /// As policies match it.
    pub(super) fn as_caller(&self) -> Caller<'_> {
        match self {
            Self::Anonymous => Caller::Anonymous,
            Self::Principal(principal) => caller_of(Some(principal)),
            Self::Service { name, account } => Caller::Service { name, account: *account },
            Self::Federated { provider, account } => {
                Caller::Federated { provider, account: Some(*account) }
            }
        }
    }
}

/// A caller, as the gate knows it once a signature has matched.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    /// Who it is.
    pub(super) asker: Asker,
    /// The `AccessKey` id, when the question names one.
    pub(super) access_key_id: Option<String>,
    /// What bounds the session.
    pub(super) session_policy: Option<Arc<PolicySet>>,
    /// The source identity that the session has and hands on.
    pub(super) source_identity: Option<String>,
    /// What would keep the caller from getting as far as the policies.
    pub(super) notes: Vec<String>,
}

impl Subject {
    fn of(asker: Asker) -> Self {
        Self {
            asker,
            access_key_id: None,
            session_policy: None,
            source_identity: None,
            notes: Vec::new(),
        }
    }

    fn with_credentials(identity: Identity) -> Self {
        let id = identity.access_key_id.to_string();
        let refused = identity.refused.as_ref();
        let note =
            refused.map(|it| format!("the gate refuses `{id}`: {} ({})", it.reason, it.code));
        let source_identity = identity.payload.and_then(|payload| payload.source_identity);
        Self {
            asker: Asker::Principal(identity.principal),
            access_key_id: Some(id),
            session_policy: identity.session_policy,
            source_identity: source_identity.map(|identity| identity.to_string()),
            notes: note.into_iter().collect(),
        }
    }
}

/// Finds whom a text names. The session of a role gets the name `session`; `token` is the file with the token of a session.
pub(super) fn find(
    text: &str,
    session: &SessionName,
    token: Option<&Path>,
    deployment: &Deployment,
) -> Result<Subject, String> {
    let (world, config) = (&deployment.world, &deployment.config);
    let finder = Finder { snapshot: &world.snapshot, session };
    let own = config.account;
    let user = || finder.find_user(own, text);
    let mut subject = match text {
        "anonymous" => Subject::of(Asker::Anonymous),
        _ if text.starts_with("acs:") || text.starts_with("arn:") => Subject::of(finder.arn(text)?),
        _ if text.ends_with(".aliyuncs.com") => Subject::of(service(own, text)?),
        _ if text == "root" || text.contains('/') => Subject::of(finder.id(own, text)?),
        _ => match (user(), text.parse::<AccessKeyId>()) {
            (Some(user), _) => Subject::of(Asker::Principal(user)),
            (None, Ok(id)) if id.is_session() || world.snapshot.keys().find(text).is_some() => {
                Subject::with_credentials(deployment.identify(id, token)?)
            }
            (None, _) => return Err(finder.nobody(own, text)),
        },
    };
    if let Some(Principal::Root { .. }) = subject.asker.principal()
        && config.root_keys == RootKeys::Refused
    {
        let note = "the gate refuses AccessKeys of root (`access_keys.allow_root`)";
        subject.notes.push(note.to_owned());
    }
    let account = subject.asker.principal().map(Principal::account);
    if subject.access_key_id.is_none()
        && let Some(account) = account.filter(|it| world.snapshot.directory().is_frozen(*it))
    {
        subject.notes.push(format!("the gate refuses everybody of {account}: it is frozen"));
    }
    Ok(subject)
}

impl Deployment {
    fn identify(&self, id: AccessKeyId, token: Option<&Path>) -> Result<Identity, String> {
        let token = token.map(read_token).transpose()?;
        let (world, config, warnings) = (&self.world, &self.config, &self.warnings[..]);
        let credentials = Credentials { world, config, warnings, now: self.now };
        credentials.identify(&Shown { id: Some(id), token })
    }
}

/// `ecs.aliyuncs.com`, which acts for the account behind the gate, or `<account>@ecs.aliyuncs.com`.
fn service(own: AccountId, text: &str) -> Result<Asker, String> {
    let (account, name) = match text.split_once('@') {
        Some((account, name)) => {
            (account.parse().map_err(|error| format!("{text}: {error}"))?, name)
        }
        None => (own, text),
    };
    Ok(Asker::Service { name: name.to_owned(), account })
}

struct Finder<'f> {
    snapshot: &'f Snapshot,
    session: &'f SessionName,
}

impl Finder<'_> {
    /// `acs:ram::<account>:<id>`, and the other spellings that ARNs of sessions have (ID-16).
    fn arn(&self, text: &str) -> Result<Asker, String> {
        let parts: Vec<&str> = text.splitn(5, ':').collect();
        let (account, id) = match parts[..] {
            ["acs", "ram", "" | "*", account, id] => (account, id),
            ["acs" | "arn", "sts", "", account, id] if id.starts_with("assumed-role/") => {
                (account, id)
            }
            _ => {
                return Err(format!(
                    "`{text}` is no principal; an ARN is written like acs:ram::1234567890123456:user/alice"
                ));
            }
        };
        let account = account.parse().map_err(|error| format!("{text}: {error}"))?;
        if id.starts_with("oidc-provider/") || id.starts_with("saml-provider/") {
            return Ok(Asker::Federated { provider: text.to_owned(), account });
        }
        self.id(account, id)
    }

    /// `root`, `user/…`, `role/…`, `role/…/…`, `assumed-role/…/…`
    fn id(&self, account: AccountId, id: &str) -> Result<Asker, String> {
        if id == "root" {
            return Ok(Asker::Principal(Principal::Root { account }));
        }
        let found = match id.split_once('/') {
            Some(("user", name)) => {
                self.find_user(account, name).ok_or_else(|| self.nobody(account, name))
            }
            Some(("role", name)) if !name.contains('/') => {
                self.role(account, name, self.session.clone())
            }
            Some(("role" | "assumed-role", rest)) => {
                let (name, session) = rest.split_once('/').unwrap_or((rest, ""));
                let session = session.parse().map_err(|error| format!("{id}: {error}"))?;
                self.role(account, name, session)
            }
            _ => Err(format!(
                "`{id}` is no principal; write a user name, `role/NAME`, `root`, `anonymous`, an ARN, a service or an AccessKey id"
            )),
        };
        found.map(Asker::Principal)
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
