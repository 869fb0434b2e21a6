//! Warnings about valid documents: what the language allows and people do not mean.
//!
//! A finding never changes a verdict. `docs/lint.md` has each with an example. A statement is looked at by itself, then
//! held against the others of its document; what other documents say is not known here.

mod actions;
mod conditions;
mod facts;
mod globs;
mod keys;
mod principals;
mod resources;
mod size;
mod statements;
mod trust;

use super::document::{Document, Effect, Sense, Statement};
use super::{Action, DocumentKind};
use crate::ident::AccountId;
use crate::strict::{Problem, locate_item};

pub use facts::{ActionFacts, KeyFacts, LintFacts, RegionFacts, ServiceFacts, Shape};

/// One report does not repeat itself without end.
const FINDINGS_MAX: usize = 100;

/// Above this only the size is worth a word: it is far beyond every quota, and statements are compared in pairs.
const BYTES_MAX: usize = 64 * 1024;

macro_rules! lints {
    ($($variant:ident $code:literal),* $(,)?) => {
        /// The lints, in the order of `docs/lint.md`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "docs/lint.md describes each")]
        pub enum Lint { $($variant),* }

        impl Lint {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The code that a report has.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }
        }
    };
}

lints! {
    UnknownService "unknown-service",
    UnknownAction "unknown-action",
    ExemptAction "exempt-action",
    ServiceWildcard "service-wildcard",
    FullAccess "full-access",
    AllowNotAction "allow-not-action",
    AllowNotResource "allow-not-resource",
    WrongResource "wrong-resource",
    OneLevelOnly "one-level-only",
    OpenPattern "open-pattern",
    LiteralRegion "literal-region",
    BorderAddress "border-address",
    MfaInAllow "mfa-in-allow",
    MfaInDeny "mfa-in-deny",
    UnknownKey "unknown-key",
    NeverEvaluatedKey "never-evaluated-key",
    NeverSuppliedKey "never-supplied-key",
    ForeignKey "foreign-key",
    KeyOfAnotherAction "key-of-another-action",
    TagOnList "tag-on-list",
    DenyWithoutTag "deny-without-tag",
    LiteralWildcard "literal-wildcard",
    OperatorType "operator-type",
    ImpossibleValue "impossible-value",
    AllowDenied "allow-denied",
    RepeatedStatement "repeated-statement",
    CoveredStatement "covered-statement",
    VoidException "void-exception",
    PrincipalNobody "principal-nobody",
    PrincipalPublic "principal-public",
    PrincipalRoleCase "principal-role-case",
    PrincipalAccountId "principal-account-id",
    TrustedAccount "trusted-account",
    NoExternalId "no-external-id",
    TrustKey "trust-key",
    OidcWithoutAudience "oidc-without-audience",
    SamlWithoutRecipient "saml-without-recipient",
    ForeignProvider "foreign-provider",
    TooLarge "too-large",
}

/// What looks at one statement.
const STATEMENT_LINTS: &[fn(&Looked<'_>, &mut Findings<'_>)] =
    &[actions::look, resources::look, principals::look, conditions::look, keys::look, trust::look];

/// Everything about a document that a person should look at again. `text` is what `document` was read from.
pub fn lint(document: &Document, text: &str, facts: &LintFacts) -> Vec<Problem> {
    let mut findings = Findings { document, text, problems: Vec::new() };
    size::look(&mut findings);
    if text.len() <= BYTES_MAX {
        for (index, statement) in document.statements.iter().enumerate() {
            let looked = Looked { document, facts, statement, index };
            for look in STATEMENT_LINTS {
                look(&looked, &mut findings);
            }
        }
        statements::look(&mut findings);
    }
    let mut problems = findings.problems;
    problems.sort_by_key(|problem| problem.at);
    problems
}

/// What is worth a word in a trust policy because of the account whose role it opens, beside what [`lint`] finds.
pub fn lint_trust(document: &Document, text: &str, owner: AccountId) -> Vec<Problem> {
    let mut findings = Findings { document, text, problems: Vec::new() };
    let facts = &LintFacts::nothing();
    if text.len() <= BYTES_MAX {
        for (index, statement) in document.statements.iter().enumerate() {
            let looked = Looked { document, facts, statement, index };
            trust::look_across(&looked, owner, &mut findings);
        }
    }
    findings.problems
}

/// What has been found.
struct Findings<'l> {
    document: &'l Document,
    text: &'l str,
    problems: Vec<Problem>,
}

impl Findings<'_> {
    /// Adds a finding. Where the item of a list is written as a bare string, the member stands for it.
    fn add(&mut self, lint: Lint, pointer: &str, message: impl Into<String>, help: &str) {
        if self.problems.len() >= FINDINGS_MAX {
            return;
        }
        let (at, place) = locate_item(self.text, pointer);
        let problem = Problem::warning(self.document.file(), at, place, message);
        self.problems.push(problem.rule(lint.code()).help(help));
    }
}

/// A statement with what is around it.
#[derive(Clone, Copy)]
struct Looked<'l> {
    document: &'l Document,
    facts: &'l LintFacts,
    statement: &'l Statement,
    /// Its place, from 0.
    index: usize,
}

impl<'l> Looked<'l> {
    fn is_allow(&self) -> bool {
        self.statement.effect == Effect::Allow
    }

    fn kind(&self) -> DocumentKind {
        self.document.kind()
    }

    fn pointer(&self, rest: &str) -> String {
        format!("/Statement/{}{rest}", self.index)
    }

    fn has_conditions(&self) -> bool {
        !self.document.clauses_of(self.statement).is_empty()
    }

    /// The patterns of `Action`; none for a `NotAction`.
    fn named_actions(&self) -> impl Iterator<Item = ActionText<'l>> {
        let named = self.statement.actions.0 == Sense::Named;
        let all = self.document.patterns_of_actions(self.statement).iter().enumerate();
        let document = self.document;
        all.filter(move |_| named)
            .map(move |(place, pattern)| ActionText::new(document.texts.get(pattern.text), place))
    }

    /// Whether every pattern names its service, and which these are.
    fn named_services(&self) -> Option<Vec<&'l str>> {
        if self.statement.actions.0 == Sense::AllBut {
            return None;
        }
        self.named_actions().map(|action| action.exact_service()).collect()
    }

    /// The actions of services whose actions are all known, as far as the statement is about them.
    fn reached(&self) -> impl Iterator<Item = (&'l str, &'l ServiceFacts, &'l ActionFacts)> {
        let (document, statement) = (self.document, self.statement);
        let complete = self.facts.services().filter(|(_, service)| service.complete);
        let all = complete.flat_map(|(code, service)| {
            service.actions.values().map(move |action| (code, service, action))
        });
        all.filter(move |(code, _, action)| {
            let asked = Action { service: code, operation: &action.operation };
            !action.exempt && document.matches_action(statement, &asked)
        })
    }
}

/// A pattern of an `Action`, as it is written.
#[derive(Clone, Copy)]
struct ActionText<'t> {
    text: &'t str,
    service: &'t str,
    operation: &'t str,
    place: usize,
}

impl<'t> ActionText<'t> {
    fn new(text: &'t str, place: usize) -> Self {
        let (service, operation) = text.split_once(':').unwrap_or(("*", "*"));
        Self { text, service, operation, place }
    }

    fn exact_service(&self) -> Option<&'t str> {
        is_exact(self.service).then_some(self.service)
    }

    fn is_exact(&self) -> bool {
        is_exact(self.text)
    }

    fn takes_all_operations(&self) -> bool {
        is_any(self.operation)
    }
}

fn is_exact(pattern: &str) -> bool {
    !pattern.contains(['*', '?'])
}

fn is_any(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.bytes().all(|byte| byte == b'*')
}

/// As much of a text as a message repeats.
fn shorten(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests;
