//! Rules of documents that both readers apply.

use memchr::memchr;

use super::condition::Typed;
use super::document::{Document, DocumentKind, Effect, PrincipalForm, Statement};

/// Far above every quota of the service (1.3), far below what would hurt.
pub(super) const DOCUMENT_BYTES_MAX: usize = 256 * 1024;

/// The one action of a trust policy (V-15).
pub(super) const TRUST_ACTION: &str = "sts:AssumeRole";

/// Whether a member must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Required,
    Optional,
    Refused,
}

/// The members in which the kinds of documents differ (V-5, V-14, V-15).
#[derive(Clone, Copy, Debug)]
pub(super) struct MemberRules {
    pub(super) resource: bool,
    pub(super) not_action: bool,
    pub(super) principal: Need,
}

pub(super) fn members(kind: DocumentKind) -> MemberRules {
    match kind {
        DocumentKind::Identity | DocumentKind::Session | DocumentKind::Control => {
            MemberRules { resource: true, not_action: true, principal: Need::Refused }
        }
        DocumentKind::Trust => {
            MemberRules { resource: false, not_action: false, principal: Need::Required }
        }
        DocumentKind::Resource(PrincipalForm::List | PrincipalForm::Object) => {
            MemberRules { resource: true, not_action: true, principal: Need::Required }
        }
        DocumentKind::Resource(PrincipalForm::OptionalObject) => {
            MemberRules { resource: true, not_action: true, principal: Need::Optional }
        }
    }
}

pub(super) fn is_trust_action(text: &str) -> bool {
    text.eq_ignore_ascii_case(TRUST_ACTION)
}

/// V-13.
pub(super) fn has_variable(text: &str) -> bool {
    memchr(b'$', text.as_bytes()).is_some() && text.contains("${")
}

/// What an Allow of a trust policy must say about the tokens of an OIDC provider (TP-16).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OidcRule {
    /// About which subjects they are. Every pod of a cluster presents the same issuer and the same audience.
    #[default]
    Subject,
    /// That, or for which audiences they are.
    SubjectOrAudience,
}

impl OidcRule {
    /// The keys of which one must be there.
    pub(super) fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Subject => &["oidc:sub"],
            Self::SubjectOrAudience => &["oidc:sub", "oidc:aud"],
        }
    }
}

/// TP-16: whoever trusts an OIDC provider says which of its tokens.
pub(super) fn trust_is_narrow(document: &Document, rule: OidcRule) -> bool {
    document.statements.iter().all(|statement| is_narrow(document, statement, rule))
}

fn is_narrow(document: &Document, statement: &Statement, rule: OidcRule) -> bool {
    let entries = statement.principals.map_or(&[][..], |all| all.entries.of(&document.principals));
    let oidc = entries.iter().any(|entry| entry.is_oidc(&document.texts));
    if statement.effect == Effect::Deny || !oidc {
        return true;
    }
    document.clauses_of(statement).iter().any(|clause| {
        let says_something = |text: &str| text.chars().any(|c| !matches!(c, '*' | '?'));
        let values = clause.values.of(&document.values);
        let texts = values.iter().map(|value| document.texts.get(value.text));
        let typed = values.iter().all(|value| match (clause.operator.name, value.typed) {
            ("StringEquals", Typed::Text) => true,
            ("StringLike", Typed::Pattern(_)) => says_something(document.texts.get(value.text)),
            _ => false,
        });
        rule.keys().contains(&document.texts.get(clause.key.text)) && typed && texts.len() > 0
    })
}
