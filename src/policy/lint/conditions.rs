//! What is compared with what in a `Condition` (section 4 of the policy language).

use super::{Findings, Lint, Looked, shorten};
use crate::policy::ConditionKey;
use crate::policy::condition::{Clause, Sign};
use crate::strict::pointer_token;

/// The families of operators (4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Text,
    Number,
    Date,
    Flag,
    Address,
}

impl Family {
    fn of(operator: &str) -> Self {
        match operator {
            "Bool" => Self::Flag,
            name if name.starts_with("String") => Self::Text,
            name if name.starts_with("Numeric") => Self::Number,
            name if name.starts_with("Date") => Self::Date,
            _ => Self::Address,
        }
    }

    /// That of a key whose values have one form only (5.1).
    fn of_key(key: &ConditionKey<'_>) -> Option<Self> {
        match key {
            ConditionKey::CurrentTime => Some(Self::Date),
            ConditionKey::SecureTransport | ConditionKey::MfaPresent => Some(Self::Flag),
            ConditionKey::SourceIp => Some(Self::Address),
            ConditionKey::PrincipalArn
            | ConditionKey::UserAgent
            | ConditionKey::AccessId
            | ConditionKey::RequestTag(_)
            | ConditionKey::Other(_) => None,
        }
    }

    fn operators(self) -> &'static str {
        match self {
            Self::Text => "StringEquals, StringLike",
            Self::Number => "NumericEquals, NumericLessThan",
            Self::Date => "DateLessThan, DateGreaterThan",
            Self::Flag => "Bool",
            Self::Address => "IpAddress, NotIpAddress",
        }
    }
}

pub(super) fn look(looked: &Looked<'_>, findings: &mut Findings<'_>) {
    for clause in looked.document.clauses_of(looked.statement) {
        let line = ConditionLine { looked, clause, pointer: pointer_of(looked, clause) };
        line.borders(findings);
        line.literal_wildcards(findings);
        line.operator_type(findings);
        line.impossible_values(findings);
        line.mfa(findings);
    }
}

/// Where a line of a `Condition` stands.
pub(super) fn pointer_of(looked: &Looked<'_>, clause: &Clause) -> String {
    let key = pointer_token(looked.document.texts.get(clause.key.text));
    looked.pointer(&format!("/Condition/{}/{key}", clause.operator.name))
}

/// One key under one operator.
struct ConditionLine<'l> {
    looked: &'l Looked<'l>,
    clause: &'l Clause,
    pointer: String,
}

impl<'l> ConditionLine<'l> {
    fn values(&self) -> impl Iterator<Item = (String, &'l str)> {
        let document = self.looked.document;
        let values = self.clause.values.of(&document.values).iter().enumerate();
        values.map(|(place, value)| {
            (format!("{}/{place}", self.pointer), document.texts.get(value.text))
        })
    }

    fn key(&self) -> Option<ConditionKey<'l>> {
        self.clause.key.named(&self.looked.document.texts)
    }

    /// C-15.
    fn borders(&self, findings: &mut Findings<'_>) {
        if !self.clause.operator.leaves_borders_undecided() {
            return;
        }
        let operator = self.clause.operator.name;
        let values = self.clause.values.of(&self.looked.document.values);
        for (value, (pointer, text)) in values.iter().zip(self.values()) {
            if !value.has_only_border_addresses() {
                continue;
            }
            let address = text.split('/').next().unwrap_or_default();
            let message = format!(
                "`{text}` decides for no address: {operator} leaves the first and the last of a block undecided"
            );
            let single = text.ends_with("/32") || text.ends_with("/128");
            let help = if single {
                format!("write `{address}`, or use {operator}IncludeBorder")
            } else {
                format!("write both addresses, or use {operator}IncludeBorder")
            };
            findings.add(Lint::BorderAddress, &pointer, message, &help);
        }
    }

    /// 4.5: `*` and `?` are ordinary characters to the `Equals` operators.
    fn literal_wildcards(&self, findings: &mut Findings<'_>) {
        let operator = self.clause.operator.name;
        let (equals, ignoring) = (operator.contains("Equals"), operator.contains("IgnoreCase"));
        if Family::of(operator) != Family::Text || !equals {
            return;
        }
        for (pointer, text) in self.values() {
            let wild = text.contains('*') || (text.contains('?') && !text.contains("://"));
            if !wild {
                continue;
            }
            let message =
                format!("`*` and `?` are ordinary characters to {operator}: `{}`", shorten(text));
            let not = if operator.contains("Not") { "Not" } else { "" };
            let help = if ignoring {
                format!("String{not}Like knows wildcards; it heeds letter case")
            } else {
                format!("use String{not}Like")
            };
            findings.add(Lint::LiteralWildcard, &pointer, message, &help);
        }
    }

    /// C-6: the operator reads the key's value as its own type, and that fails for every value.
    fn operator_type(&self, findings: &mut Findings<'_>) {
        let Some(natural) = self.key().and_then(|key| Family::of_key(&key)) else { return };
        let operator = Family::of(self.clause.operator.name);
        if operator == natural || operator == Family::Text {
            return;
        }
        let message = format!(
            "{} can never decide about `{}`",
            self.clause.operator.name,
            self.looked.document.texts.get(self.clause.key.text)
        );
        let help = format!("operators for this key are {}", natural.operators());
        findings.add(Lint::OperatorType, &self.pointer, message, &help);
    }

    /// Values that the key never has.
    fn impossible_values(&self, findings: &mut Findings<'_>) {
        let (Some(key), Family::Text) = (self.key(), Family::of(self.clause.operator.name)) else {
            return;
        };
        for (pointer, text) in self.values() {
            let Some((why, help)) = impossible(&key, self.clause.operator.name, text) else {
                continue;
            };
            let message = format!("the key never has the value `{}`: {why}", shorten(text));
            findings.add(Lint::ImpossibleValue, &pointer, message, help);
        }
    }

    /// 5.1: a call that is signed with an `AccessKey` has no `acs:MFAPresent`, not even `false`.
    fn mfa(&self, findings: &mut Findings<'_>) {
        if !matches!(self.key(), Some(ConditionKey::MfaPresent)) {
            return;
        }
        let sign = self.clause.operator.sign();
        let (lint, message, help) = match (self.looked.is_allow(), sign) {
            (true, Sign::Positive) => (
                Lint::MfaInAllow,
                "calls signed with an AccessKey have no `acs:MFAPresent`: this Allow is not for them",
                "leave the condition out, or attach the policy to people who use the console only",
            ),
            (true, Sign::Negated) => (
                Lint::MfaInAllow,
                "calls signed with an AccessKey have no `acs:MFAPresent`: the condition always holds for them",
                "leave the condition out, or write Bool",
            ),
            (false, Sign::Positive) => (
                Lint::MfaInDeny,
                "calls signed with an AccessKey have no `acs:MFAPresent`: this Deny does not catch them",
                "write {\"StringNotEquals\": {\"acs:MFAPresent\": \"true\"}}: it holds without the key too",
            ),
            (false, Sign::Negated) => return,
        };
        findings.add(lint, &self.pointer, message, help);
    }
}

/// Why a key never has a value, and what to write instead.
fn impossible(
    key: &ConditionKey<'_>,
    operator: &str,
    text: &str,
) -> Option<(&'static str, &'static str)> {
    let equals = operator.contains("Equals");
    let ignoring = operator.contains("IgnoreCase");
    match key {
        ConditionKey::SourceIp if equals && text.contains('/') => {
            Some(("text is compared, not a block of addresses", "use IpAddress or NotIpAddress"))
        }
        ConditionKey::SecureTransport if equals && !is_flag(text, ignoring) => Some((
            "it is `true` or `false`",
            "write {\"Bool\": {\"acs:SecureTransport\": \"true\"}}",
        )),
        ConditionKey::PrincipalArn if text.contains(":assumed-role/") => {
            Some(("it is the ARN of the role", "write `acs:ram::<uid>:role/<name>`"))
        }
        ConditionKey::PrincipalArn if !ignoring && has_upper_case_role(text) => {
            Some(("names of roles are in lower case there", "write the role in lower case"))
        }
        ConditionKey::PrincipalArn if equals && !is_exact_identity(text) => Some((
            "it is the ARN of a root, a user or a role",
            "write `acs:ram::<uid>:user/<name>` or `acs:ram::<uid>:role/<name>`",
        )),
        _ => None,
    }
}

fn is_flag(text: &str, ignoring: bool) -> bool {
    let same = |flag: &str| if ignoring { flag.eq_ignore_ascii_case(text) } else { flag == text };
    same("true") || same("false")
}

fn has_upper_case_role(text: &str) -> bool {
    text.split_once(":role/").is_some_and(|(_, name)| name.bytes().any(|b| b.is_ascii_uppercase()))
}

/// Patterns are another lint's business.
fn is_exact_identity(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let rest = lower.strip_prefix("acs:ram::").and_then(|rest| rest.split_once(':'));
    text.contains(['*', '?'])
        || rest.is_some_and(|(_, id)| {
            id == "root" || id.starts_with("user/") || id.starts_with("role/")
        })
}
