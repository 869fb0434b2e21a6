//! Who may become a role (section 7.3 of the policy language, TP-09 to TP-23).

use super::conditions::pointer_of;
use super::principals::entries;
use super::{Findings, Lint, Looked, shorten};
use crate::ident::AccountId;
use crate::policy::DocumentKind;
use crate::policy::condition::{Clause, Sign};
use crate::policy::principal::{PrincipalPattern, Trusted};

/// The keys of a trust policy (TP-15) and the callers that have them; `None` for all.
const KEYS: &[(&str, Option<Flow>)] = &[
    ("acs:CurrentTime", None),
    ("acs:MFAPresent", None),
    ("acs:SecureTransport", None),
    ("acs:SourceIp", None),
    ("oidc:aud", Some(Flow::Oidc)),
    ("oidc:iss", Some(Flow::Oidc)),
    ("oidc:sub", Some(Flow::Oidc)),
    ("saml:recipient", Some(Flow::Saml)),
    ("sts:ExternalId", Some(Flow::Ram)),
    ("sts:SourceIdentity", Some(Flow::Ram)),
];

/// How a caller becomes the role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    Ram,
    Service,
    Oidc,
    Saml,
}

impl Flow {
    fn of(trusted: &Trusted) -> Option<Self> {
        match trusted {
            Trusted::Account(_) | Trusted::Identity(_) => Some(Self::Ram),
            Trusted::Service => Some(Self::Service),
            Trusted::Oidc(_) => Some(Self::Oidc),
            Trusted::Saml(_) => Some(Self::Saml),
            Trusted::Other => None,
        }
    }
}

pub(super) fn look(looked: &Looked<'_>, findings: &mut Findings<'_>) {
    if looked.kind() != DocumentKind::Trust {
        return;
    }
    let trusted: Vec<(Trusted, String)> = entries(looked)
        .iter()
        .enumerate()
        .map(|(place, entry)| {
            (entry.trusted(&looked.document.texts), pointer(looked, place, entry))
        })
        .collect();
    let flows: Vec<Flow> = trusted.iter().filter_map(|(trusted, _)| Flow::of(trusted)).collect();
    for clause in looked.document.clauses_of(looked.statement) {
        key(looked, clause, &flows, findings);
    }
    if looked.is_allow() {
        for (trusted, pointer) in &trusted {
            opened(looked, trusted, pointer, findings);
        }
    }
}

/// What only the account of the role tells: whom else it is opened to (TP-09, TP-23).
pub(super) fn look_across(looked: &Looked<'_>, owner: AccountId, findings: &mut Findings<'_>) {
    for (place, entry) in entries(looked).iter().enumerate().filter(|_| looked.is_allow()) {
        let pointer = || pointer(looked, place, entry);
        match entry.trusted(&looked.document.texts) {
            Trusted::Account(account) if account != owner => {
                foreign_account(looked, account, &pointer(), findings);
            }
            Trusted::Oidc(account) | Trusted::Saml(account) if account != owner => {
                let message = "a provider of another account never counts";
                let help = "add the provider to the account of the role, and name it here";
                findings.add(Lint::ForeignProvider, &pointer(), message, help);
            }
            _ => {}
        }
    }
}

/// Entries of the object form stand under a word each.
fn pointer(looked: &Looked<'_>, place: usize, entry: &PrincipalPattern) -> String {
    let before = entries(looked).iter().take(place);
    let index = before.filter(|other| other.under() == entry.under()).count();
    looked.pointer(&format!("/Principal/{}/{index}", entry.under()))
}

/// TP-15, and keys that only other callers have.
fn key(looked: &Looked<'_>, clause: &Clause, flows: &[Flow], findings: &mut Findings<'_>) {
    let text = looked.document.texts.get(clause.key.text);
    let known = KEYS.iter().find(|(name, _)| *name == text);
    let (message, help) = match known {
        None => {
            let effect =
                if looked.is_allow() { "admits nobody" } else { "refuses everybody it names" };
            let names: Vec<&str> = KEYS.iter().map(|(name, _)| *name).collect();
            (
                format!("`{}` is no key of a trust policy: the statement {effect}", shorten(text)),
                format!("keys are {}", names.join(", ")),
            )
        }
        Some((_, Some(flow))) if !flows.contains(flow) => {
            let holds = match clause.operator.sign() {
                Sign::Positive => "never",
                Sign::Negated => "always",
            };
            (
                format!(
                    "those whom the statement names never have `{text}`: the condition {holds} holds"
                ),
                "remove it, or name the principals that it is for".to_owned(),
            )
        }
        Some(_) => return,
    };
    findings.add(Lint::TrustKey, &pointer_of(looked, clause), message, &help);
}

/// What an entry opens, and what keeps it narrow.
fn opened(looked: &Looked<'_>, trusted: &Trusted, pointer: &str, findings: &mut Findings<'_>) {
    match trusted {
        Trusted::Account(account) => whole_account(looked, *account, pointer, findings),
        Trusted::Oidc(_) => {
            if !requires(looked, "oidc:aud") {
                let message = "tokens that the provider issued for other audiences are taken too";
                let help = "add {\"StringEquals\": {\"oidc:aud\": \"<client id>\"}}";
                findings.add(Lint::OidcWithoutAudience, pointer, message, help);
            }
        }
        Trusted::Saml(_) => {
            if !requires(looked, "saml:recipient") {
                let message = "RAM wants a SAML trust policy to say for whom assertions are";
                let help = "add {\"StringEquals\": {\"saml:recipient\": \"https://signin.aliyun.com/saml-role/sso\"}}";
                findings.add(Lint::SamlWithoutRecipient, pointer, message, help);
            }
        }
        Trusted::Identity(_) | Trusted::Service | Trusted::Other => {}
    }
}

/// An entry for the account of the role, or for one that may be that.
fn whole_account(
    looked: &Looked<'_>,
    account: AccountId,
    pointer: &str,
    findings: &mut Findings<'_>,
) {
    let own = looked.facts.account.is_none_or(|own| own == account);
    if own && !looked.has_conditions() {
        let message = "`:root` trusts every user and also every role of the account";
        let help = "name the users or roles that may become this one";
        findings.add(Lint::TrustedAccount, pointer, message, help);
    }
}

/// TP-23: whoever works for others can be talked into using the role for one of them.
fn foreign_account(
    looked: &Looked<'_>,
    account: AccountId,
    pointer: &str,
    findings: &mut Findings<'_>,
) {
    if requires(looked, "sts:ExternalId") {
        return;
    }
    let message = format!(
        "every user and role of account {account} may be used to become this role, for whomever they work"
    );
    let help = "name the users or roles, and add {\"StringEquals\": {\"sts:ExternalId\": \"...\"}}";
    findings.add(Lint::NoExternalId, pointer, message, help);
}

/// Whether the statement wants a value for a key.
fn requires(looked: &Looked<'_>, key: &str) -> bool {
    looked.document.clauses_of(looked.statement).iter().any(|clause| {
        looked.document.texts.get(clause.key.text) == key
            && clause.operator.sign() == Sign::Positive
    })
}
