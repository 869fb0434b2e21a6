//! Why no statement allowed: the Allow that came closest, in words for a person.
//!
//! Off the hot path: this may allocate, and it looks at every statement.

use super::condition::Clause;
use super::document::{Actions, Resources, Sense, Statement};
use super::short_text::ShortText;
use super::{
    AccessRequest, Action, Attribute, Attributes, Identity, RelativeId, Resource, Segment,
    StatementRef, Truth,
};

/// What an Allow that names the action asks for and the request does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missing {
    /// The resource is another one, or cannot be known well enough.
    Resource,
    /// A condition does not hold, or cannot be known to.
    Condition,
    /// The resource belongs to another account than the policy, or nobody knows to whom.
    Owner,
}

/// The Allow that came closest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Near<'s> {
    /// The statement.
    pub statement: &'s StatementRef,
    /// The first thing it misses.
    pub missing: Missing,
    /// All of it as a sentence without a full stop: who allows what, but only if.
    pub text: String,
}

/// After an implicit deny: the Allow for this action that came closest. `None` when no Allow names the action.
pub fn nearest<'s>(identity: &Identity<'s>, access: &AccessRequest<'_>) -> Option<Near<'s>> {
    let Identity::Policies { policies, .. } = *identity else { return None };
    let statements = policies.iter().flat_map(|policy| policy.allows());
    let candidates = statements.filter(|(statement, _)| statement.actions.matches(&access.action));
    let ranked =
        candidates.map(|(statement, place)| (missing(statement, access), statement, place));
    // Of equally near ones the first.
    let (missing, statement, place) =
        ranked.reduce(|best, next| if next.0 > best.0 { next } else { best })?;
    Some(Near { statement: place, missing, text: describe(missing, statement, place, access) })
}

fn missing(statement: &Statement, access: &AccessRequest<'_>) -> Missing {
    if statement.resources.matches(access) != Truth::True {
        return Missing::Resource;
    }
    match first_failing(statement, access) {
        Some(_) => Missing::Condition,
        None => Missing::Owner,
    }
}

fn first_failing<'c>(statement: &'c Statement, access: &AccessRequest<'_>) -> Option<&'c Clause> {
    statement.conditions.iter().find(|clause| clause.evaluate(access.attributes) != Truth::True)
}

fn describe(
    missing: Missing,
    statement: &Statement,
    place: &StatementRef,
    access: &AccessRequest<'_>,
) -> String {
    let Action { service, operation } = access.action;
    let but = match missing {
        Missing::Resource => resource_text(&statement.resources, access),
        Missing::Condition => first_failing(statement, access)
            .map(|clause| condition_text(clause, access.attributes))
            .unwrap_or_default(),
        Missing::Owner => owner_text(access),
    };
    let general = action_text(&statement.actions);
    format!(
        "`{}` line {} allows {service}:{operation}{general}, but only {but}",
        place.file, place.line
    )
}

/// Which pattern made it an Allow for this action, when that is not plain to see.
fn action_text(actions: &Actions) -> String {
    match actions.sense {
        Sense::Named => String::new(),
        Sense::AllBut => {
            format!(
                " (everything but {})",
                some(actions.patterns.iter().map(|pattern| &*pattern.text))
            )
        }
    }
}

fn resource_text(resources: &Resources, access: &AccessRequest<'_>) -> String {
    let patterns = some(resources.patterns.iter().map(|pattern| &*pattern.text));
    let scope = match resources.sense {
        Sense::Named => format!("on {patterns}"),
        Sense::AllBut => format!("on everything except {patterns}"),
    };
    match (resources.matches(access), unknown_part(access)) {
        (Truth::Indeterminate, Some(part)) => format!("{scope}, and {part} is not known here"),
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

fn condition_text(clause: &Clause, attributes: &dyn Attributes) -> String {
    let values = some(clause.value_texts.iter().map(|text| &**text));
    let given = given_text(&attributes.get(&clause.key));
    format!("if {} {} {values}; {given}", clause.key_text, clause.operator.name)
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

fn owner_text(access: &AccessRequest<'_>) -> String {
    match access.owner {
        Some(owner) => format!("for resources of its own account; this one belongs to {owner}"),
        None => "for resources of its own account; whose this one is, is not known here".to_owned(),
    }
}

/// The first few of a list of texts from files.
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
