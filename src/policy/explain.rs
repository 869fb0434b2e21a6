//! Why a decision came out as it did, in words for a person.
//!
//! The decision is made by the same walk as ever; this one remembers what each layer answered. Off the hot path: it may
//! allocate, and it looks at every statement.

mod miss;
mod sides;

use super::decide::{Decision, Layer, Trace, Verdict, walk};
use super::document::Effect;
use super::layers::{Layers, ResourceGroup};
use super::set::{Member, PolicySet, StatementRef};
use super::{AccessRequest, Caller, Truth};

use self::miss::Miss;

pub use self::sides::{Sides, sides};

/// How many of the nearest Allow statements are named.
const NEAREST_MAX: usize = 3;

/// A decision and the reasons for it.
#[derive(Clone, Debug)]
pub struct Explanation<'s> {
    /// The decision, the same as without an explanation.
    pub decision: Decision<'s>,
    /// What decided, or that nothing allowed it: a sentence without a full stop.
    pub reason: String,
    /// After an implicit deny, the Allow statements that came closest, best first.
    pub nearest: Vec<Near<'s>>,
    /// What each layer answered, in the order they were asked.
    pub layers: Vec<Answer<'s>>,
}

/// An Allow that came close.
#[derive(Clone, Debug)]
pub struct Near<'s> {
    /// The statement.
    pub statement: StatementRef<'s>,
    /// The tests that it failed, mostly one, each as a sentence without a full stop.
    pub failed: Vec<String>,
}

/// What a layer answered.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'s> {
    /// The layer.
    pub layer: Layer<'s>,
    /// Its answer.
    pub verdict: Verdict,
    /// The statement behind it.
    pub statement: Option<StatementRef<'s>>,
}

#[derive(Default)]
struct Memory<'s> {
    answers: Vec<Answer<'s>>,
}

impl<'s> Trace<'s> for Memory<'s> {
    fn answered(&mut self, decision: &Decision<'s>) {
        self.answers.push(Answer::of(decision));
    }
}

/// Decides, and says why.
pub fn explain<'s>(layers: &Layers<'s>, access: &AccessRequest<'_>) -> Explanation<'s> {
    let mut memory = Memory::default();
    let decision = walk(layers, access, &mut memory);
    let nearest = match decision.verdict {
        Verdict::ImplicitDeny => nearest(layers, access, &decision, &memory.answers),
        Verdict::Allow | Verdict::ExplicitDeny => Vec::new(),
    };
    let reason = reason(layers, access, &decision);
    Explanation { decision, reason, nearest, layers: memory.answers }
}

/// The reason, and the nearest Allow statements, as one sentence.
impl std::fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.reason)?;
        for near in &self.nearest {
            write!(f, "; {near}")?;
        }
        Ok(())
    }
}

/// `policies/a.json:4 (Sid) would allow it, but …`
impl std::fmt::Display for Near<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} would allow it, but {}", self.statement, self.failed.join(", and "))
    }
}

fn reason(layers: &Layers<'_>, access: &AccessRequest<'_>, decision: &Decision<'_>) -> String {
    let what = format!("{} on {}", access.action, access.resource);
    if let Some(invalid) = decision.invalid {
        let problem = invalid.problems.first().map_or_else(String::new, ToString::to_string);
        let layer = layer_name(&decision.layer);
        return format!(
            "a document of the {layer} is not valid, so everything is denied: {problem}"
        );
    }
    match (decision.verdict, decision.statement) {
        (Verdict::Allow, Some(statement)) => format!("{statement} allows {what}"),
        (Verdict::Allow, None) => allowed_without_statement(&decision.layer, &what),
        (Verdict::ExplicitDeny, Some(statement)) => {
            let doubt = match decision.certainty {
                Truth::Indeterminate => doubt(&statement, access),
                Truth::True | Truth::False => String::new(),
            };
            format!("{statement} denies {what}{doubt}")
        }
        (Verdict::ExplicitDeny, None) => format!("{what} is denied"),
        (Verdict::ImplicitDeny, _) => nobody_allows(layers, access, &decision.layer, &what),
    }
}

fn allowed_without_statement(layer: &Layer<'_>, what: &str) -> String {
    match layer {
        Layer::Root => format!("the account itself may do {what}: the resource is its own"),
        Layer::Acl => format!("the access control list admits everybody to {what}"),
        _ => format!("{what} needs no permission"),
    }
}

fn nobody_allows(
    layers: &Layers<'_>,
    access: &AccessRequest<'_>,
    layer: &Layer<'_>,
    what: &str,
) -> String {
    let caller = &access.caller;
    match layer {
        Layer::Control(name) => format!("no control policy of `{name}` allows {what}"),
        Layer::Session => format!("the session policy of {caller} does not allow {what}"),
        Layer::Trust if layers.trust.is_none() => {
            format!("no role of this deployment is the resource of {what}")
        }
        Layer::Trust => format!("the trust policy of the role does not let {caller} assume it"),
        Layer::Root if access.owner == caller.account() => {
            format!("{caller} cannot assume a role: users and roles can")
        }
        Layer::Root => format!("{caller} may do anything on its own resources only, not {what}"),
        Layer::Resource => format!(
            "the resource belongs to another account, and no resource policy lets {caller} do {what}"
        ),
        _ => format!("no policy of {caller} allows {what}"),
    }
}

/// What the gate would have to know to say no to a Deny.
fn doubt(statement: &StatementRef<'_>, access: &AccessRequest<'_>) -> String {
    let text = miss::undecided(statement, access);
    match text {
        Some(text) => format!(", because {text}, and what cannot be known denies"),
        None => ", because it cannot be known whether it applies".to_owned(),
    }
}

/// The name of a layer for people.
pub fn layer_name(layer: &Layer<'_>) -> String {
    match layer {
        Layer::Control(name) => format!("control policies of `{name}`"),
        Layer::Session => "session policy".to_owned(),
        Layer::Identity => "caller's policies".to_owned(),
        Layer::ResourceGroup(group) => format!("caller's policies for resource group `{group}`"),
        Layer::Resource => "resource policies".to_owned(),
        Layer::Trust => "trust policy".to_owned(),
        Layer::Root => "rights of root".to_owned(),
        Layer::Acl => "access control list".to_owned(),
        Layer::Exempt => "operations without permission".to_owned(),
    }
}

/// The Allow statements that came closest, in the sets whose Allow was missing.
fn nearest<'s>(
    layers: &Layers<'s>,
    access: &AccessRequest<'_>,
    decision: &Decision<'s>,
    answers: &[Answer<'s>],
) -> Vec<Near<'s>> {
    let mut found: Vec<(Miss, Near<'s>)> = Vec::new();
    for (set, scope) in sets(layers, access, &decision.layer, answers) {
        for (member, statement) in allows(set) {
            let miss = miss::of(member, &statement, access, scope.clone());
            if miss.is_close() {
                let near = Near { statement, failed: miss.texts() };
                found.push((miss, near));
            }
        }
    }
    found.sort_by_key(|(miss, _)| miss.rank()); // of equally near ones the first stays first
    let best = found.first().map(|(miss, _)| miss.rank());
    let kept = found.into_iter().filter(|(miss, _)| Some(miss.rank()) == best);
    kept.map(|(_, near)| near).take(NEAREST_MAX).collect()
}

fn allows(set: &PolicySet) -> impl Iterator<Item = (&Member, StatementRef<'_>)> {
    let owner = |statement: &StatementRef<'_>| {
        set.members()
            .iter()
            .find(|member| std::ptr::eq(&raw const *member.policy, &raw const **statement.policy()))
    };
    let allows = set.statements().filter(|statement| statement.effect() == Effect::Allow);
    allows.filter_map(move |statement| Some((owner(&statement)?, statement)))
}

/// The sets in which an Allow was looked for in vain, each with what else keeps its Allows from counting.
fn sets<'s>(
    layers: &Layers<'s>,
    access: &AccessRequest<'_>,
    layer: &Layer<'s>,
    answers: &[Answer<'s>],
) -> Vec<(&'s PolicySet, Option<String>)> {
    match layer {
        Layer::Control(name) => {
            let levels = layers
                .control
                .iter()
                .flat_map(|chain| chain.levels.iter().map(|level| (chain.account, level)));
            let level = levels.filter(|(_, level)| level.name == *name);
            let sets = level.filter_map(|(account, level)| level.binding(account, &access.caller));
            sets.map(|set| (set, None)).collect()
        }
        Layer::Session => layers.session.map(|set| (set, None)).into_iter().collect(),
        Layer::Trust => layers.trust.map(|trust| (trust.policy, None)).into_iter().collect(),
        Layer::Resource => vec![(layers.resource, None)],
        Layer::Root => Vec::new(),
        _ => identity_sets(layers, access, answers),
    }
}

fn identity_sets<'s>(
    layers: &Layers<'s>,
    access: &AccessRequest<'_>,
    answers: &[Answer<'s>],
) -> Vec<(&'s PolicySet, Option<String>)> {
    if !matches!(access.caller, Caller::User { .. } | Caller::Session { .. }) {
        return vec![(layers.resource, None)];
    }
    let granted = answers.iter().any(|answer| {
        answer.verdict == Verdict::Allow
            && matches!(answer.layer, Layer::Identity | Layer::ResourceGroup(_))
    });
    let foreign = access.owner != access.caller.account() && granted;
    let account = (layers.account, foreign.then(|| foreign_text(access)));
    let groups = layers.groups.iter().map(|own| {
        let admitted = layers.group.admits(&own.group, Effect::Allow);
        (&own.policies, (!admitted).then(|| group_text(&own.group, layers.group)))
    });
    let resource = (!layers.resource.is_empty()).then_some((layers.resource, None));
    [account].into_iter().chain(groups).chain(resource).collect()
}

fn foreign_text(access: &AccessRequest<'_>) -> String {
    match access.owner {
        Some(owner) => {
            format!("it reaches resources of its own account, and this one belongs to {owner}")
        }
        None => "whose the resource is, is not known here".to_owned(),
    }
}

fn group_text(wanted: &str, group: ResourceGroup<'_>) -> String {
    match group {
        ResourceGroup::Unknown => format!(
            "it is for resource group `{wanted}`, and the group of the resource is not known here"
        ),
        ResourceGroup::None | ResourceGroup::In(_) => {
            format!("it is for resource group `{wanted}`, which the resource is not in")
        }
    }
}
