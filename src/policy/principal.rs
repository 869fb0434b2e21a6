//! Who a statement of a trust policy or a resource-based policy is about (7.3 and 7.4 of the policy language).

use super::access::Caller;
use super::document::{Effect, Range};
use super::glob::{Case, Glob};
use super::named::IdentityKind;
use super::texts::{Span, Texts};
use crate::ident::{AccountId, RoleName, ServicePrincipal, UserName};

/// One entry of a `Principal`.
#[derive(Clone, Copy, Debug)]
pub(super) struct PrincipalPattern {
    /// As written.
    pub(super) text: Span,
    kind: Kind,
    holder: Holder,
}

/// Who has to be behind the name of an entry for a user or a role (TP-11).
#[derive(Clone, Copy, Debug)]
pub(super) enum Holder {
    /// Whoever has the name: ids were not looked up.
    Anybody,
    /// The user or role with this id.
    Entity(Span),
    /// Nobody had the name when it was looked up.
    Nobody,
}

impl Holder {
    /// An Allow needs the name and the id; for a Deny, one of them is enough.
    fn holds(self, texts: &Texts, named: bool, id: &str, deny: bool) -> bool {
        match self {
            Self::Anybody => named,
            Self::Nobody => named && deny,
            Self::Entity(span) if deny => named || texts.get(span) == id,
            Self::Entity(span) => named && texts.get(span) == id,
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// `acs:ram::<uid>:root`: the users and role sessions of the account, not its root identity.
    Account(AccountId),
    /// `acs:ram::<uid>:*`: every identity of the account.
    EveryIdentity(AccountId),
    /// `acs:ram::<uid>:user/<name>`
    User(AccountId, Span),
    /// `acs:ram::<uid>:role/<name>`: its sessions.
    Role(AccountId, Span),
    /// `<name>.aliyuncs.com`, acting for the owner of the policy, or for the account before the `@`.
    Service(Option<AccountId>, Span),
    /// The ARN of an identity provider, which lives in the account.
    Federated(AccountId),
    /// Digits: the id of a user, or of an account.
    Id,
    /// `arn:sts::<uid>:assumed-role/<role>/<session>`
    Session { account: Glob, role: Glob, session: Glob },
    /// `*`
    Everybody,
    /// A RAM ARN in a list of strings: a known misuse that covers nobody.
    Nobody,
}

/// Which words of the object form an entry stands under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Under {
    Ram,
    Service,
    Federated,
}

/// The kinds of documents that differ in which entries they take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Trust,
    Resource,
}

impl Under {
    /// The members of the object form.
    pub(super) const NAMES: [&str; 3] = ["RAM", "Service", "Federated"];

    pub(super) fn find(name: &str) -> Option<Self> {
        match name {
            "RAM" => Some(Self::Ram),
            "Service" => Some(Self::Service),
            "Federated" => Some(Self::Federated),
            _ => None,
        }
    }
}

/// Who a statement is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Principals {
    /// The entries, in the document.
    pub(super) entries: Range,
}

/// What an entry of a trust policy opens a role to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trusted {
    /// Every user and role of the account.
    Account(AccountId),
    /// One user or role of the account.
    Identity(AccountId),
    Service,
    /// A provider of the account.
    Oidc(AccountId),
    Saml(AccountId),
    /// Not an entry of a trust policy.
    Other,
}

/// Where and how an entry is held against a caller.
#[derive(Clone, Copy, Debug)]
pub(super) struct Against<'r> {
    pub(super) caller: &'r Caller<'r>,
    /// The account that owns the resource, and the role of a trust policy.
    pub(super) owner: Option<AccountId>,
    pub(super) effect: Effect,
    /// Whether an Allow to everybody counts for nothing.
    pub(super) public_blocked: bool,
    /// Whether the statement has conditions.
    pub(super) conditional: bool,
}

impl PrincipalPattern {
    /// Reads an entry of the object form (7.3). The error says what is wanted.
    pub(super) fn read(
        under: Under,
        place: Place,
        text: &str,
        texts: &mut Texts,
    ) -> Result<Self, &'static str> {
        let span = texts.keep(text);
        let kind = match under {
            Under::Ram => ram(text, place, span),
            Under::Service => service(text, span),
            Under::Federated => federated(text),
        };
        kind.map(|kind| Self { text: span, kind, holder: Holder::Anybody })
    }

    /// Reads an entry of a list of strings (7.4).
    pub(super) fn read_listed(text: &str, texts: &mut Texts) -> Result<Self, &'static str> {
        const WANTED: &str = "the id of a user or an account, \
            `arn:sts::<uid>:assumed-role/<role>/<session>`, or `*`";
        let span = texts.keep(text);
        let kind = if text == "*" {
            Kind::Everybody
        } else if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Kind::Id
        } else if text.starts_with("acs:ram::") {
            Kind::Nobody
        } else {
            session(text, span, texts).ok_or(WANTED)?
        };
        Ok(Self { text: span, kind, holder: Holder::Anybody })
    }

    /// Whether the entry is about identities of an OIDC provider (TP-16).
    pub(super) fn is_oidc(&self, texts: &Texts) -> bool {
        self.oidc_provider(texts).is_some()
    }

    /// The ARN of the OIDC provider that the entry is about.
    pub(super) fn oidc_provider<'t>(&self, texts: &'t Texts) -> Option<&'t str> {
        let text = texts.get(self.text);
        let federated = matches!(self.kind, Kind::Federated(_));
        (federated && text.contains(":oidc-provider/")).then_some(text)
    }

    /// What a role is opened to by this entry of its trust policy.
    pub(super) fn trusted(&self, texts: &Texts) -> Trusted {
        match self.kind {
            Kind::Account(account) => Trusted::Account(account),
            Kind::User(account, _) | Kind::Role(account, _) => Trusted::Identity(account),
            Kind::Service(..) => Trusted::Service,
            Kind::Federated(account) if self.is_oidc(texts) => Trusted::Oidc(account),
            Kind::Federated(account) => Trusted::Saml(account),
            Kind::EveryIdentity(_)
            | Kind::Id
            | Kind::Session { .. }
            | Kind::Everybody
            | Kind::Nobody => Trusted::Other,
        }
    }

    /// The user or role that the entry names.
    pub(super) fn named<'t>(&self, texts: &'t Texts) -> Option<(IdentityKind, AccountId, &'t str)> {
        match self.kind {
            Kind::User(account, name) => Some((IdentityKind::User, account, texts.get(name))),
            Kind::Role(account, name) => Some((IdentityKind::Role, account, texts.get(name))),
            _ => None,
        }
    }

    /// Whether the caller has the name that the entry has, whoever that is.
    pub(super) fn names(&self, texts: &Texts, caller: &Caller<'_>) -> bool {
        match (self.named(texts), caller) {
            (Some((IdentityKind::User, of, wanted)), Caller::User { account, name, .. }) => {
                of == *account && wanted == *name
            }
            (Some((IdentityKind::Role, of, wanted)), Caller::Session { account, role, .. }) => {
                of == *account && wanted.eq_ignore_ascii_case(role)
            }
            _ => false,
        }
    }

    /// Says who has to be behind the name.
    pub(super) fn hold(&mut self, holder: Holder) {
        self.holder = holder;
    }

    /// The word of the object form that the entry stands under.
    pub(super) fn under(&self) -> &'static str {
        match self.kind {
            Kind::Service(..) => "Service",
            Kind::Federated(_) => "Federated",
            _ => "RAM",
        }
    }

    /// The role of an entry for sessions, as it is written.
    pub(super) fn role_of_sessions<'t>(&self, texts: &'t Texts) -> Option<&'t str> {
        match self.kind {
            Kind::Session { role, .. } => Some(role.text(texts)),
            _ => None,
        }
    }

    /// Whether the entry is the id of a user or an account.
    pub(super) fn is_id(&self) -> bool {
        matches!(self.kind, Kind::Id)
    }

    /// Whether nobody is ever covered.
    pub(super) fn is_nobody(&self) -> bool {
        matches!(self.kind, Kind::Nobody)
    }

    /// Whether the entry is `*`.
    pub(super) fn is_everybody(&self) -> bool {
        matches!(self.kind, Kind::Everybody)
    }

    pub(super) fn covers(&self, texts: &Texts, against: &Against<'_>) -> bool {
        let caller = against.caller;
        let deny = against.effect == Effect::Deny;
        let same = |wanted: &str, name: &str| {
            if deny { wanted.eq_ignore_ascii_case(name) } else { wanted == name }
        };
        match (self.kind, caller) {
            (Kind::Account(account), Caller::User { .. } | Caller::Session { .. }) => {
                caller.account() == Some(account)
            }
            (
                Kind::EveryIdentity(account),
                Caller::Root { .. } | Caller::User { .. } | Caller::Session { .. },
            ) => caller.account() == Some(account),
            (Kind::User(wanted, span), Caller::User { account, name, id }) => {
                let named = same(texts.get(span), name);
                *account == wanted && self.holder.holds(texts, named, id, deny)
            }
            (Kind::Role(wanted, span), Caller::Session { account, role, role_id, .. }) => {
                let named = texts.get(span).eq_ignore_ascii_case(role);
                *account == wanted && self.holder.holds(texts, named, role_id, deny)
            }
            (Kind::Service(for_account, span), Caller::Service { name, account }) => {
                texts.get(span) == *name && for_account.or(against.owner) == Some(*account)
            }
            // TP-09: a provider of another account never counts.
            (Kind::Federated(account), Caller::Federated { provider, .. }) => {
                against.owner == Some(account) && texts.get(self.text) == *provider
            }
            (Kind::Id, _) => id_covers(texts.get(self.text), caller, deny),
            (
                Kind::Session { account, role, session },
                Caller::Session { account: of, role: name, session: given, .. },
            ) => {
                let case = if deny { Case::Ignored } else { Case::Exact };
                account.matches(texts, &of.to_string(), Case::Exact)
                    && role.matches(texts, &name.to_ascii_lowercase(), case)
                    && session.matches(texts, given, Case::Exact)
            }
            (Kind::Everybody, _) if against.public_blocked => deny,
            (Kind::Everybody, _) => {
                deny || against.conditional
                    || caller.account().is_none()
                    || caller.account() != against.owner
            }
            _ => false,
        }
    }
}

/// The id of a user, or of an account: its root identity, and in a Deny everybody of it (OP-4).
fn id_covers(wanted: &str, caller: &Caller<'_>, deny: bool) -> bool {
    let account = |account: AccountId| account.to_string() == wanted;
    match caller {
        Caller::User { id, .. } if *id == wanted => true,
        Caller::Root { account: own } => account(*own),
        _ => deny && caller.account().is_some_and(account),
    }
}

fn ram(text: &str, place: Place, span: Span) -> Result<Kind, &'static str> {
    const WANTED: &str = "`acs:ram::<uid>:root`, `acs:ram::<uid>:user/<name>` or \
        `acs:ram::<uid>:role/<name>`";
    let (account, id) = ram_arn(text).ok_or(WANTED)?;
    let behind = |prefix: &str| {
        let name = id.strip_prefix(prefix)?;
        Some((name, span.part(text.len().saturating_sub(name.len()), name.len())))
    };
    match id {
        "root" => return Ok(Kind::Account(account)),
        "*" if place == Place::Resource => return Ok(Kind::EveryIdentity(account)),
        _ => {}
    }
    let user = behind("user/").filter(|(name, _)| name.parse::<UserName>().is_ok());
    let role = behind("role/").filter(|(name, _)| name.parse::<RoleName>().is_ok());
    let user = user.map(|(_, span)| Kind::User(account, span));
    user.or_else(|| role.map(|(_, span)| Kind::Role(account, span))).ok_or(WANTED)
}

/// The account and the rest of an ARN `acs:ram::<uid>:<rest>`.
fn ram_arn(text: &str) -> Option<(AccountId, &str)> {
    let (account, id) = text.strip_prefix("acs:ram::")?.split_once(':')?;
    Some((account.parse().ok()?, id))
}

/// The name of an identity provider.
fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=128).contains(&name.len()) && name.bytes().all(allowed)
}

/// TP-13.
fn service(text: &str, span: Span) -> Result<Kind, &'static str> {
    let (account, name) = ServicePrincipal::split(text).ok_or(ServicePrincipal::WANTED)?;
    Ok(Kind::Service(account, span.part(text.len().saturating_sub(name.len()), name.len())))
}

fn federated(text: &str) -> Result<Kind, &'static str> {
    const WANTED: &str =
        "`acs:ram::<uid>:oidc-provider/<name>` or `acs:ram::<uid>:saml-provider/<name>`";
    let (account, id) = ram_arn(text).ok_or(WANTED)?;
    let name = id.strip_prefix("oidc-provider/").or_else(|| id.strip_prefix("saml-provider/"));
    name.filter(|name| is_name(name)).map(|_name| Kind::Federated(account)).ok_or(WANTED)
}

fn session(text: &str, span: Span, texts: &Texts) -> Option<Kind> {
    let (account, id) = text.strip_prefix("arn:sts::")?.split_once(':')?;
    let (kind, id_of_role) = id.split_once('/')?;
    let (role, name) = id_of_role.split_once('/')?;
    // `*` stands for the kind too: `arn:sts::*:*/*/*` is every session.
    let kind = Glob::new(kind, span.part(text.len().saturating_sub(id.len()), kind.len()));
    if account.is_empty() || role.is_empty() || name.is_empty() || name.contains('/') {
        return None;
    }
    let of_account = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'*' | b'?');
    if !account.bytes().all(of_account) {
        return None;
    }
    let part = |part: &str, behind: usize| {
        let from = text.len().saturating_sub(behind).saturating_sub(part.len());
        Glob::new(part, span.part(from, part.len()))
    };
    if !kind.matches(texts, "assumed-role", Case::Exact) {
        return None;
    }
    Some(Kind::Session {
        account: part(account, id.len().saturating_add(1)),
        role: part(role, name.len().saturating_add(1)),
        session: part(name, 0),
    })
}

#[cfg(test)]
mod tests;
