//! The explanation, for people and for programs.

use std::fmt::Write as _;

use serde::Serialize;

use super::context::{Asked, Known};
use super::sides::SidesReport;
use crate::cli::output::Table;
use crate::policy::{
    AccessRequest, Answer, Explanation, Layer, Layers, Near, ResourceGroup, StatementRef, Verdict,
    layer_name,
};

/// Everything that is told. A field is added, never changed.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct Report {
    verdict: &'static str,
    layer: LayerLine,
    statement: Option<Statement>,
    reason: String,
    nearest: Vec<Nearest>,
    layers: Vec<LayerAnswer>,
    /// For `sts:AssumeRole`, which needs two sides: those that did not allow it.
    missing: Vec<LayerLine>,
    /// The same call: what each side says, and what to add where.
    #[serde(skip_serializing_if = "Option::is_none")]
    assume_role: Option<SidesReport>,
    /// The kind of policy that a denied caller reads.
    policy_type: Option<&'static str>,
    principal: String,
    action: String,
    resource: String,
    /// `null`: nobody knows.
    owner: Option<String>,
    resource_group: String,
    keys: Vec<Asked>,
    notes: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
struct LayerLine {
    /// A word for programs.
    id: &'static str,
    /// For people.
    name: String,
}

#[derive(Clone, Debug, Serialize)]
struct Statement {
    file: String,
    line: u32,
    policy: String,
    kind: &'static str,
    #[serde(rename = "type")]
    from: &'static str,
    index: u32,
    sid: Option<String>,
    #[serde(skip)]
    label: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Nearest {
    statement: Statement,
    failed: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct LayerAnswer {
    layer: LayerLine,
    verdict: &'static str,
    statement: Option<Statement>,
}

impl Report {
    pub(super) fn new(
        access: &AccessRequest<'_>,
        layers: &Layers<'_>,
        explanation: &Explanation<'_>,
        assume_role: Option<SidesReport>,
        keys: Vec<Asked>,
        mut notes: Vec<String>,
    ) -> Self {
        let assumes_role = access.action.to_string().eq_ignore_ascii_case("sts:AssumeRole");
        if assumes_role && layers.trust.is_none() {
            notes.push(format!("no role of the directory is {}", access.resource));
        }
        let missing = explanation.layers.iter().filter(|answer| {
            assumes_role && answer.verdict != Verdict::Allow && is_side(&answer.layer)
        });
        Self {
            verdict: explanation.decision.verdict.as_str(),
            layer: LayerLine::of(&explanation.decision.layer),
            statement: explanation.decision.statement.as_ref().map(Statement::of),
            reason: explanation.reason.clone(),
            nearest: explanation.nearest.iter().map(Nearest::of).collect(),
            layers: explanation.layers.iter().map(LayerAnswer::of).collect(),
            missing: missing.map(|answer| LayerLine::of(&answer.layer)).collect(),
            assume_role,
            policy_type: explanation.decision.reported.policy_type(),
            principal: access.caller.to_string(),
            action: access.action.to_string(),
            resource: access.resource.to_string(),
            owner: access.owner.map(|owner| owner.to_string()),
            resource_group: match layers.group {
                ResourceGroup::None => "none".to_owned(),
                ResourceGroup::In(groups) => groups.join(", "),
                ResourceGroup::Unknown => "unknown".to_owned(),
            },
            keys,
            notes,
        }
    }

    pub(in crate::cli) fn to_text(&self) -> String {
        let mut text = format!("{}: {}\n", self.verdict, self.reason);
        let mut table = Table::new(0);
        let mut row = |name: &str, value: &str| table.row(vec![name.to_owned(), value.to_owned()]);
        row("decided by", &self.layer.name);
        if let Some(statement) = &self.statement {
            row("statement", &statement.label);
        }
        if !self.missing.is_empty() {
            let names: Vec<&str> = self.missing.iter().map(|layer| layer.name.as_str()).collect();
            row("missing", &names.join(" and "));
        }
        row("principal", &self.principal);
        row("action", &self.action);
        row("resource", &self.resource);
        row("owner", self.owner.as_deref().unwrap_or("not known"));
        row("resource group", &self.resource_group);
        let _infallible = write!(text, "\n{}", table.finish());
        section(
            &mut text,
            "layers, in the order they were asked",
            self.layers.iter().map(LayerAnswer::row),
        );
        let keys = self.keys.iter().map(|asked| vec![asked.key.clone(), asked.known.to_text()]);
        section(&mut text, "condition keys that were asked for", keys);
        if let Some(sides) = &self.assume_role {
            sides_of(&mut text, sides);
        } else {
            let near = self.nearest.iter().map(|near| vec![near.to_text()]);
            section(&mut text, "nearest statements", near);
        }
        section(&mut text, "notes", self.notes.iter().map(|note| vec![note.clone()]));
        text
    }
}

/// Both sides of a call for a session of a role.
fn sides_of(text: &mut String, sides: &SidesReport) {
    let side = |name: &str, answer: &LayerAnswer| [vec![name.to_owned()], answer.row()].concat();
    let caller = sides.caller.iter().map(|answer| side("A", answer));
    let rows = caller.chain([side("B", &sides.trust)]);
    section(text, "the two sides: A the caller's, B the role's; both have to allow it", rows);
    section(text, "what is missing", [vec![sides.missing.clone()]].into_iter());
    let near = sides.nearest.iter().map(|near| vec![near.to_text()]);
    section(text, "nearest statements", near);
    for addition in &sides.add {
        let title = format!("this would do, in {}; narrow it as far as you can", addition.to);
        section(text, &title, [vec![addition.statement.get().to_owned()]].into_iter());
    }
}

/// A part of the text, unless it is empty.
fn section(text: &mut String, title: &str, rows: impl Iterator<Item = Vec<String>>) {
    let mut table = Table::new(2);
    for row in rows {
        table.row(row);
    }
    let lines = table.finish();
    if !lines.is_empty() {
        let _infallible = write!(text, "\n{title}\n{lines}");
    }
}

/// The two sides of a call for a session of a role.
fn is_side(layer: &Layer<'_>) -> bool {
    matches!(layer, Layer::Identity | Layer::ResourceGroup(_) | Layer::Trust)
}

impl LayerLine {
    fn of(layer: &Layer<'_>) -> Self {
        let id = match layer {
            Layer::Control(_) => "control",
            Layer::Session => "session",
            Layer::Identity => "identity",
            Layer::ResourceGroup(_) => "resource-group",
            Layer::Resource => "resource",
            Layer::Trust => "trust",
            Layer::Root => "root",
            Layer::Acl => "acl",
            Layer::Exempt => "exempt",
        };
        Self { id, name: layer_name(layer) }
    }
}

impl Statement {
    fn of(statement: &StatementRef<'_>) -> Self {
        let policy = statement.policy();
        let document = policy.document();
        Self {
            file: document.file().to_owned(),
            line: statement.line(),
            policy: policy.name().to_owned(),
            kind: document.kind().as_str(),
            from: policy.kind().as_str(),
            index: statement.index(),
            sid: statement.sid().map(str::to_owned),
            label: statement.to_string(),
        }
    }
}

impl Nearest {
    pub(super) fn of(near: &Near<'_>) -> Self {
        Self { statement: Statement::of(&near.statement), failed: near.failed.clone() }
    }

    fn to_text(&self) -> String {
        format!("{} would allow it, but {}", self.statement.label, self.failed.join(", and "))
    }
}

impl LayerAnswer {
    pub(super) fn of(answer: &Answer<'_>) -> Self {
        Self {
            layer: LayerLine::of(&answer.layer),
            verdict: answer.verdict.as_str(),
            statement: answer.statement.as_ref().map(Statement::of),
        }
    }

    fn row(&self) -> Vec<String> {
        let statement = self.statement.as_ref().map(|statement| statement.label.clone());
        vec![self.layer.name.clone(), self.verdict.to_owned(), statement.unwrap_or_default()]
    }
}

impl Known {
    fn to_text(&self) -> String {
        match self {
            Self::Given(values) => values.join(", "),
            Self::Absent => "absent".to_owned(),
            Self::Unknown => "unknown: no Allow can rest on it, every Deny can".to_owned(),
        }
    }
}
