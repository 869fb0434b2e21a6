//! What an Allow asks for and the request does not have.

use crate::policy::condition::{Clause, Operator};
use crate::policy::document::{Document, Sense, Statement};
use crate::policy::set::{Member, StatementRef};
use crate::policy::short_text::ShortText;
use crate::policy::{AccessRequest, Attribute, Attributes, RelativeId, Resource, Segment, Truth};

/// The tests that a statement failed, and how much that says.
pub(super) struct Miss {
    failed: Vec<Failed>,
    /// Whether the statement speaks of the same service at all.
    related: bool,
}

struct Failed {
    test: Test,
    text: String,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Test {
    Scope,
    Condition,
    Principal,
    Resource,
    Action,
}

impl Miss {
    /// Whether the statement is worth naming.
    pub(super) fn is_close(&self) -> bool {
        self.related && !self.failed.is_empty()
    }

    /// Fewer failed tests come first; of one each, a condition is nearer than another resource, and that than another
    /// action.
    pub(super) fn rank(&self) -> (usize, u8) {
        let worst = self.failed.iter().map(|failed| failed.test).max();
        (self.failed.len(), worst.map_or(0, |test| test as u8))
    }

    pub(super) fn texts(&self) -> Vec<String> {
        self.failed.iter().map(|failed| failed.text.clone()).collect()
    }
}

/// Holds an Allow against a request, test by test. `scope` says what else keeps it from counting.
pub(super) fn of(
    member: &Member,
    statement: &StatementRef<'_>,
    access: &AccessRequest<'_>,
    scope: Option<String>,
) -> Miss {
    let document = member.policy.document();
    let mut failed: Vec<Failed> = Vec::new();
    let mut fail = |test, text| failed.push(Failed { test, text });
    let Some(parts) = statement.statement() else {
        return Miss { failed, related: false };
    };
    if let Some(text) = scope {
        fail(Test::Scope, text);
    }
    if member.reaches(access) != Truth::True {
        let on = member.attached_to.as_ref().map(ToString::to_string).unwrap_or_default();
        fail(Test::Resource, format!("it is attached to `{on}`"));
    }
    if !document.matches_action(parts, &access.action) {
        fail(Test::Action, action_text(document, parts));
    }
    if document.matches_resource(parts, access) != Truth::True {
        fail(Test::Resource, resource_text(document, parts, access));
    }
    if !document.matches_principal(parts, access) {
        fail(Test::Principal, principal_text(document, parts, access));
    }
    for clause in document.clauses_of(parts) {
        if clause.evaluate(document, access.attributes) != Truth::True {
            fail(Test::Condition, condition_text(document, clause, access.attributes));
        }
    }
    Miss { failed, related: is_related(document, parts, access) }
}

/// The first thing about a statement that cannot be decided, for a Deny that rests on it.
pub(super) fn undecided(
    statement: &StatementRef<'_>,
    access: &AccessRequest<'_>,
) -> Option<String> {
    let document = statement.policy().document();
    let parts = statement.statement()?;
    if document.matches_resource(parts, access) == Truth::Indeterminate {
        return unknown_part(access).map(|part| format!("{part} is not known here"));
    }
    let mut clauses = document.clauses_of(parts).iter();
    let clause =
        clauses.find(|own| own.evaluate(document, access.attributes) == Truth::Indeterminate)?;
    Some(match access_text(document, clause, access.attributes) {
        Attribute::Undeterminable => {
            format!("the gate cannot know `{}` for this request", key_text(document, clause))
        }
        given => format!(
            "{} {} does not decide about it ({})",
            key_text(document, clause),
            clause.operator.name,
            given_text(&given)
        ),
    })
}

fn key_text<'d>(document: &'d Document, clause: &Clause) -> &'d str {
    document.texts.get(clause.key.text)
}

fn access_text<'a>(
    document: &Document,
    clause: &Clause,
    attributes: &'a dyn Attributes,
) -> Attribute<'a> {
    clause.key.named(&document.texts).map_or(Attribute::Undeterminable, |key| attributes.get(&key))
}

fn is_related(document: &Document, statement: &Statement, access: &AccessRequest<'_>) -> bool {
    if statement.actions.0 == Sense::AllBut {
        return true;
    }
    let mut patterns = document.patterns_of_actions(statement).iter();
    patterns.any(|pattern| match pattern.service(&document.texts) {
        Some(service) => service.eq_ignore_ascii_case(access.action.service),
        None => true,
    })
}

fn action_text(document: &Document, statement: &Statement) -> String {
    let patterns = document.patterns_of_actions(statement).iter();
    let patterns = some(patterns.map(|pattern| document.texts.get(pattern.text)));
    match statement.actions.0 {
        Sense::Named => format!("its actions are {patterns}"),
        Sense::AllBut => format!("its actions are all but {patterns}"),
    }
}

fn resource_text(document: &Document, statement: &Statement, access: &AccessRequest<'_>) -> String {
    let patterns = document.patterns_of_resources(statement).iter();
    let patterns = some(patterns.map(|pattern| document.texts.get(pattern.text)));
    let scope = match statement.resources {
        Some((Sense::AllBut, _)) => format!("only on everything except {patterns}"),
        Some((Sense::Named, _)) | None => format!("only on {patterns}"),
    };
    match (document.matches_resource(statement, access), unknown_part(access)) {
        (Truth::Indeterminate, Some(part)) => format!("{scope} ({part} is not known here)"),
        (Truth::True | Truth::False | Truth::Indeterminate, _) => scope,
    }
}

fn unknown_part(access: &AccessRequest<'_>) -> Option<&'static str> {
    match access.resource {
        Resource::Named { region: Segment::Unknown, .. } => Some("the region of the resource"),
        Resource::All | Resource::Named { account: Segment::Unknown, .. } => {
            Some("the account of the resource")
        }
        Resource::Named { relative_id: RelativeId::Partial(_), .. } => {
            Some("part of the resource's name")
        }
        Resource::Named { .. } => None,
    }
}

fn principal_text(
    document: &Document,
    statement: &Statement,
    access: &AccessRequest<'_>,
) -> String {
    let entries = statement.principals.map_or(&[][..], |all| all.entries.of(&document.principals));
    let namesake = entries.iter().any(|entry| entry.names(&document.texts, &access.caller));
    let entries = some(entries.iter().map(|entry| document.texts.get(entry.text)));
    if namesake {
        return format!("only for {entries}, and who has that name now is not whom it meant");
    }
    format!("only for {entries}, which does not cover {}", access.caller)
}

fn condition_text(document: &Document, clause: &Clause, attributes: &dyn Attributes) -> String {
    let Operator { name, .. } = clause.operator;
    let values = clause.values.of(&document.values).iter();
    let values = some(values.map(|value| document.texts.get(value.text)));
    let given = given_text(&access_text(document, clause, attributes));
    format!("only if {} {name} {values} ({given})", key_text(document, clause))
}

fn given_text(given: &Attribute<'_>) -> String {
    let one = |text: &str| format!("the request has `{}`", shorten(text));
    match given {
        Attribute::Absent | Attribute::Texts([]) => "the request has no such key".to_owned(),
        Attribute::Undeterminable => "the gate cannot know the key for this request".to_owned(),
        Attribute::Text(text) => one(text),
        Attribute::Texts(texts) => {
            format!("the request has {}", some(texts.iter().map(|text| &**text)))
        }
        Attribute::Address(address) => one(ShortText::of(&address.to_canonical()).as_str()),
        Attribute::Instant(instant) => one(ShortText::of(instant).as_str()),
        Attribute::Flag(flag) => one(if *flag { "true" } else { "false" }),
    }
}

/// The first few of a list of texts.
fn some<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    const SHOWN_MAX: usize = 3;
    let mut shown = Vec::new();
    let mut left_out = 0_usize;
    for text in texts {
        if shown.len() < SHOWN_MAX {
            shown.push(format!("`{}`", shorten(text)));
        } else {
            left_out = left_out.saturating_add(1);
        }
    }
    match left_out {
        0 => shown.join(" or "),
        _ => format!("{} or {left_out} more", shown.join(", ")),
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(120).collect()
}
