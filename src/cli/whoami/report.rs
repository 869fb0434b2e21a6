//! What is told about a caller, for people and for programs.

use std::fmt::Write as _;

use serde::Serialize;

use super::token::expiry;
use crate::cli::identity::{Identity, Refused};
use crate::cli::output::{Table, visible};
use crate::credential::{AccessKey, Status};
use crate::directory::{Attached, Directory};
use crate::gate::principal_type;
use crate::ident::{AccountId, Principal, UnixSeconds};
use crate::snapshot::{Snapshot, World};
use crate::token::{Payload, Source, SourceId};

/// Everything that is told. A field is added, never changed.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<Refusal>,
    #[serde(rename = "type")]
    kind: &'static str,
    arn: String,
    account: Account,
    /// Of a user.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<User>,
    access_key: Pair,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<Session>,
    policies: Vec<Attachment>,
    /// Whether a policy of the session bounds it too.
    session_policy: bool,
}

#[derive(Debug, Serialize)]
struct Refusal {
    code: String,
    /// The step of the verification of a token.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<u8>,
    reason: String,
}

#[derive(Debug, Serialize)]
struct Account {
    id: String,
    alias: Option<String>,
    status: &'static str,
}

#[derive(Debug, Serialize)]
struct User {
    id: String,
    name: String,
    access: &'static str,
    mfa: bool,
    groups: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Pair {
    id: String,
    status: &'static str,
    /// From where it may be used; everywhere, if there is none.
    networks: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Session {
    name: String,
    role: String,
    role_id: String,
    expires: Option<String>,
    #[serde(skip)]
    expires_shown: String,
    /// The rest is told by tokens of ramgate's own.
    issued: Option<String>,
    source: Option<String>,
    origin: Option<String>,
    source_identity: Option<String>,
    issuer: Option<String>,
    subject: Option<String>,
    policy: Option<String>,
    chain: Vec<Link>,
}

#[derive(Debug, Serialize)]
struct Link {
    access_key_id: String,
    role: String,
    issued: String,
}

#[derive(Debug, Serialize)]
struct Attachment {
    policy: String,
    #[serde(rename = "type")]
    kind: &'static str,
    /// The resource group; `null` for the whole account.
    resource_group: Option<String>,
    /// What it is attached to.
    through: String,
}

impl Report {
    pub(super) fn new(identity: &Identity, world: &World, now: UnixSeconds) -> Self {
        let directory = world.snapshot.directory();
        let principal = &identity.principal;
        let pair = world.snapshot.keys().find(identity.access_key_id.as_str());
        Self {
            valid: identity.refused.is_none(),
            refused: identity.refused.as_ref().map(Refusal::of),
            kind: principal_type(principal),
            arn: principal.arn(),
            account: Account::of(principal.account(), directory),
            user: User::of(principal, directory),
            access_key: Pair::of(identity, pair),
            session: Session::of(identity, pair, &world.snapshot, now),
            policies: attachments(principal, directory),
            session_policy: identity.session_policy.is_some(),
        }
    }

    pub(super) fn is_valid(&self) -> bool {
        self.valid
    }

    pub(super) fn to_text(&self) -> String {
        let mut table = Table::new(0);
        let mut row = |name: &str, value: &str| {
            if !value.is_empty() {
                table.row(vec![name.to_owned(), visible(value).replace('\n', " ")]);
            }
        };
        row("valid", &self.refused.as_ref().map_or_else(|| "yes".to_owned(), Refusal::to_text));
        row("type", self.kind);
        row("ARN", &self.arn);
        row("account", &self.account.to_text());
        if let Some(user) = &self.user {
            row("user", &format!("{} (id {})", user.name, user.id));
            row("groups", &user.groups.join(", "));
            let mfa = if user.mfa { "bound" } else { "none" };
            row("logs in to", &format!("{}; second factor: {mfa}", user.access));
        }
        row("AccessKey", &self.access_key.to_text());
        if let Some(session) = &self.session {
            session.rows(&mut row);
        }
        let bound =
            if self.session_policy { "the session policy, and what is attached" } else { "" };
        row("bounded by", bound);
        let mut text = table.finish();
        let mut policies = Table::new(2);
        for attachment in &self.policies {
            policies.row(attachment.row());
        }
        let lines = policies.finish();
        let lines = if lines.is_empty() { "  none\n".to_owned() } else { lines };
        let _infallible = write!(text, "\npolicies\n{lines}");
        text
    }
}

impl Refusal {
    fn of(refused: &Refused) -> Self {
        Self { code: refused.code.clone(), step: refused.step, reason: refused.reason.clone() }
    }

    fn to_text(&self) -> String {
        let step = self.step.map(|step| format!(", step {step}")).unwrap_or_default();
        format!("no: {} ({}{step})", self.reason, self.code)
    }
}

impl Account {
    fn of(id: AccountId, directory: &Directory) -> Self {
        let alias = directory.alias_of(id).map(ToString::to_string);
        let status = if directory.is_frozen(id) { "frozen" } else { "active" };
        Self { id: id.to_string(), alias, status }
    }

    fn to_text(&self) -> String {
        let alias = self.alias.as_ref().map(|alias| format!(" ({alias})")).unwrap_or_default();
        format!("{}{alias}, {}", self.id, self.status)
    }
}

impl User {
    fn of(principal: &Principal, directory: &Directory) -> Option<Self> {
        let Principal::User { account, id, .. } = principal else { return None };
        let user = directory.user_with(*account, id)?;
        Some(Self {
            id: user.id.to_string(),
            name: user.name.to_string(),
            access: user.access.as_str(),
            mfa: user.mfa,
            groups: user.groups.iter().map(ToString::to_string).collect(),
        })
    }
}

impl Pair {
    fn of(identity: &Identity, pair: Option<&AccessKey>) -> Self {
        let status = match pair.map(|pair| pair.status) {
            Some(Status::Active) => "Active",
            Some(Status::Inactive) => "Inactive",
            None => "of a token",
        };
        let networks = pair.and_then(|pair| pair.networks.as_deref()).unwrap_or_default();
        Self {
            id: identity.access_key_id.to_string(),
            status,
            networks: networks.iter().map(ToString::to_string).collect(),
        }
    }

    fn to_text(&self) -> String {
        let from = if self.networks.is_empty() {
            String::new()
        } else {
            format!(", from {} alone", self.networks.join(", "))
        };
        format!("{}, {}{from}", self.id, self.status)
    }
}

impl Session {
    fn of(
        identity: &Identity,
        pair: Option<&AccessKey>,
        snapshot: &Snapshot,
        now: UnixSeconds,
    ) -> Option<Self> {
        let Principal::Session { role, role_id, session, .. } = &identity.principal else {
            return None;
        };
        let payload = identity.payload.as_deref();
        let ends = pair.and_then(|pair| pair.session.as_ref()).map(|session| session.expires);
        let ends = payload.map(|payload| payload.expires).or(ends);
        let chain = payload.and_then(|payload| payload.chain.as_ref());
        let name = |source: &Source| snapshot.name_of(source);
        let federation = payload.and_then(|payload| payload.federation.as_ref());
        Some(Self {
            name: session.to_string(),
            role: role.to_string(),
            role_id: role_id.to_string(),
            expires: ends.map(|ends| ends.to_string()),
            expires_shown: ends.map(|ends| expiry(ends, now)).unwrap_or_default(),
            issued: payload.map(|payload| payload.issued.to_string()),
            source: payload.map(|payload| name(&payload.source)),
            origin: chain.map(|chain| name(&chain.origin)),
            source_identity: payload
                .and_then(|payload| payload.source_identity.as_ref())
                .map(ToString::to_string),
            issuer: federation.map(|it| it.issuer.to_string()),
            subject: federation.map(|it| it.subject.to_string()),
            policy: payload.and_then(|payload| payload.policy.as_deref()).map(str::to_owned),
            chain: payload.map(|payload| links(payload, snapshot)).unwrap_or_default(),
        })
    }

    fn rows(&self, row: &mut impl FnMut(&str, &str)) {
        let or_nothing = |text: &'_ Option<String>| text.clone().unwrap_or_default();
        row("role", &format!("{} (id {})", self.role, self.role_id));
        row("session", &self.name);
        row("issued", &or_nothing(&self.issued));
        row("expires", &self.expires_shown);
        row("obtained by", &or_nothing(&self.source));
        row("begun by", &or_nothing(&self.origin));
        row("source identity", &or_nothing(&self.source_identity));
        row("issuer", &or_nothing(&self.issuer));
        row("subject", &or_nothing(&self.subject));
        for link in &self.chain {
            row("came from", &format!("{}, {}, {}", link.role, link.access_key_id, link.issued));
        }
        row("session policy", &or_nothing(&self.policy));
    }
}

fn links(payload: &Payload, snapshot: &Snapshot) -> Vec<Link> {
    let ancestors = payload.chain.iter().flat_map(|chain| &chain.ancestors);
    let link = |it: &crate::token::Ancestor| Link {
        access_key_id: it.access_key_id.to_string(),
        role: snapshot
            .name_of(&Source { account: it.account, id: SourceId::Role(it.role_id.clone()) }),
        issued: it.issued.to_string(),
    };
    ancestors.map(link).collect()
}

/// What is attached to the caller, to its groups or to its role, the account's first.
fn attachments(principal: &Principal, directory: &Directory) -> Vec<Attachment> {
    let account = principal.account();
    let mut found = Vec::new();
    let mut add = |all: &[Attached], through: &str| {
        found.extend(all.iter().map(|attached| Attachment::of(attached, through)));
    };
    match principal {
        Principal::Root { .. } => {}
        Principal::User { id, .. } => {
            let Some(user) = directory.user_with(account, id) else { return found };
            add(&user.attached, "the user");
            let groups = directory
                .groups()
                .filter(|(of, group)| *of == account && user.groups.contains(&group.name));
            for (_, group) in groups {
                add(&group.attached, &format!("group {}", group.name));
            }
        }
        Principal::Session { role_id, .. } => {
            let role = directory.role_with(account, role_id);
            add(role.map_or(&[], |role| &role.attached), "the role");
        }
    }
    found.sort_by_key(|attachment| attachment.resource_group.clone());
    found
}

impl Attachment {
    fn of(attached: &Attached, through: &str) -> Self {
        Self {
            policy: attached.policy.name().to_owned(),
            kind: attached.policy.kind().as_str(),
            resource_group: attached.group.as_ref().map(ToString::to_string),
            through: through.to_owned(),
        }
    }

    fn row(&self) -> Vec<String> {
        let scope = self.resource_group.as_ref();
        let scope =
            scope.map_or("the account".to_owned(), |group| format!("resource group {group}"));
        vec![self.policy.clone(), self.kind.to_owned(), scope, format!("through {}", self.through)]
    }
}
