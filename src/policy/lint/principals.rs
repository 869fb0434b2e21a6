//! Whom a resource-based policy is about (section 7.4 of the policy language).

use super::{Findings, Lint, Looked, shorten};
use crate::policy::principal::PrincipalPattern;
use crate::policy::{DocumentKind, PrincipalForm};

pub(super) fn look(looked: &Looked<'_>, findings: &mut Findings<'_>) {
    if !matches!(looked.kind(), DocumentKind::Resource(_)) {
        return;
    }
    public(looked, findings);
    if looked.kind() != DocumentKind::Resource(PrincipalForm::List) {
        return;
    }
    for (place, entry) in entries(looked).iter().enumerate() {
        let text = looked.document.texts.get(entry.text);
        let pointer = looked.pointer(&format!("/Principal/{place}"));
        nobody(entry, text, &pointer, findings);
        if looked.is_allow() {
            role_case(entry, text, looked, &pointer, findings);
            own_account(looked, entry, text, &pointer, findings);
        }
    }
}

pub(super) fn entries<'l>(looked: &Looked<'l>) -> &'l [PrincipalPattern] {
    let principals = looked.statement.principals;
    principals.map_or(&[], |all| all.entries.of(&looked.document.principals))
}

/// An Allow for everybody, without a condition.
fn public(looked: &Looked<'_>, findings: &mut Findings<'_>) {
    let everybody = looked.statement.principals.is_none()
        || entries(looked).iter().any(PrincipalPattern::is_everybody);
    if !looked.is_allow() || !everybody || looked.has_conditions() {
        return;
    }
    let (message, help) = match looked.statement.principals {
        None => (
            "without `Principal` and `Condition` this Allow is for everybody",
            "name the callers in `Principal`",
        ),
        Some(_) => (
            "`*` without a condition is everybody, also without credentials, but the identities of the owner",
            "name the callers, or add a condition such as IpAddress on `acs:SourceIp`",
        ),
    };
    findings.add(Lint::PrincipalPublic, &looked.pointer("/Principal"), message, help);
}

/// A RAM ARN in a list of strings is a known misuse.
fn nobody(entry: &PrincipalPattern, text: &str, pointer: &str, findings: &mut Findings<'_>) {
    if entry.is_nobody() {
        let message = format!("`{}` covers nobody here", shorten(text));
        let help = "write the id of the user, or `arn:sts::<uid>:assumed-role/<role>/*` for a role";
        findings.add(Lint::PrincipalNobody, pointer, message, help);
    }
}

/// The name of the role is compared in lower case.
fn role_case(
    entry: &PrincipalPattern,
    text: &str,
    looked: &Looked<'_>,
    pointer: &str,
    findings: &mut Findings<'_>,
) {
    let role = entry.role_of_sessions(&looked.document.texts).unwrap_or_default();
    if role.bytes().any(|byte| byte.is_ascii_uppercase()) {
        let message =
            format!("`{}` covers nobody: roles are compared in lower case", shorten(text));
        let help = format!("write `{}`", role.to_ascii_lowercase());
        findings.add(Lint::PrincipalRoleCase, pointer, message, &help);
    }
}

/// OP-4: the id of the account stands for its root identity alone.
fn own_account(
    looked: &Looked<'_>,
    entry: &PrincipalPattern,
    text: &str,
    pointer: &str,
    findings: &mut Findings<'_>,
) {
    let own = looked.facts.account.is_some_and(|account| account.to_string() == text);
    if own && entry.is_id() {
        let message =
            "the id of the account covers its root identity in an Allow, not its users and roles";
        let help =
            "write the ids of the users, and `arn:sts::<uid>:assumed-role/<role>/*` for roles";
        findings.add(Lint::PrincipalAccountId, pointer, message, help);
    }
}
