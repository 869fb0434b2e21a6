//! What is missing: for an implicit deny, the Allow that came closest and the test that it failed.

use super::access::AccessRequest;
use super::compile::Ready;
use super::decide::Identity;
use super::document::Effect;
use super::truth::Truth;
use super::vocabulary::ActionId;

/// A sentence about the nearest Allow statement, if one allows the action at all. May allocate: denials are rare, and
/// a person reads this.
pub fn nearest(
    identity: &Identity<'_>,
    access: &AccessRequest<'_>,
    _action: Option<ActionId>,
) -> Option<String> {
    let Identity::Policies { policies, .. } = identity else { return None };
    let allows = policies.iter().flat_map(|policy| &policy.statements).filter(|ready| {
        ready.effect == Effect::Allow
            && ready.statement.actions.has_action(access.action.service, access.action.operation)
    });
    let (_, ready) =
        allows.map(|ready| (passed(ready, access), ready)).max_by_key(|(passed, _)| *passed)?;
    Some(format!(
        "{} comes nearest: it allows the action, but {}",
        ready.reference,
        lacking(ready, access)
    ))
}

/// How many tests the statement passes; the resource weighs most.
fn passed(ready: &Ready, access: &AccessRequest<'_>) -> usize {
    let resource =
        usize::from(ready.statement.resources.has_resource(access) == Truth::True) * 1000;
    let met = |condition: &&super::condition::Condition| {
        condition.evaluate(access.attributes) == Truth::True
    };
    resource + ready.statement.conditions.iter().filter(met).count()
}

fn lacking(ready: &Ready, access: &AccessRequest<'_>) -> String {
    let resources = &ready.statement.resources;
    if resources.has_resource(access) != Truth::True {
        let only = if resources.complement { "not on" } else { "only on" };
        return format!("{only} {}", resources.texts.join(", "));
    }
    let unmet = ready.statement.conditions.iter().find_map(|condition| {
        match condition.evaluate(access.attributes) {
            Truth::True => None,
            Truth::False => Some(format!(
                "its condition {} on {} is not met",
                condition.operator, condition.key_text
            )),
            Truth::Indeterminate => Some(format!(
                "the gate cannot know {}, which {} asks for",
                condition.key_text, condition.operator
            )),
        }
    });
    unmet.unwrap_or_else(|| "the resource belongs to another account".to_owned())
}
