//! Statements of one document held against each other (section 8.1 of the policy language: order does not matter, and a
//! Deny wins).

use super::globs::{covers, overlap};
use super::{Findings, Lint, is_any};
use crate::policy::document::{Document, Effect, Sense, Statement};
use crate::policy::glob::Case;

pub(super) fn look(findings: &mut Findings<'_>) {
    let document = findings.document;
    for (index, statement) in document.statements.iter().enumerate() {
        let narrow = Compared { document, statement };
        let mut others =
            document.statements.iter().enumerate().filter(|(other, _)| *other != index);
        let found = others.find_map(|(other, wide)| {
            let wide = Compared { document, statement: wide };
            let lint = relation(wide, narrow, other < index)?;
            Some((lint, other))
        });
        let Some((lint, other)) = found else { continue };
        let line = document.statements.get(other).map_or(0, |statement| statement.line);
        let (message, help) = match lint {
            Lint::AllowDenied => (
                format!("the Deny in line {line} covers all of this Allow"),
                "a Deny always wins: narrow it, or remove the Allow",
            ),
            Lint::RepeatedStatement => {
                (format!("says the same as line {line}"), "remove one of the two")
            }
            Lint::VoidException => (
                format!("the Deny in line {line} covers what `NotAction` leaves out"),
                "a Deny has no exceptions: narrow the other one",
            ),
            _ => (format!("line {line} says all of this and more"), "remove one of the two"),
        };
        let member = if lint == Lint::VoidException { "/NotAction" } else { "" };
        findings.add(lint, &format!("/Statement/{index}{member}"), message, help);
    }
}

/// What is to be said about `narrow` in view of `wide`.
fn relation(wide: Compared<'_>, narrow: Compared<'_>, before: bool) -> Option<Lint> {
    match (wide.statement.effect, narrow.statement.effect) {
        (Effect::Deny, Effect::Allow) => wide.covers(narrow).then_some(Lint::AllowDenied),
        (Effect::Allow, Effect::Deny) => None,
        (Effect::Allow, Effect::Allow) | (Effect::Deny, Effect::Deny) => {
            if wide.covers(narrow) {
                return if narrow.covers(wide) {
                    before.then_some(Lint::RepeatedStatement)
                } else {
                    Some(Lint::CoveredStatement)
                };
            }
            wide.voids(narrow).then_some(Lint::VoidException)
        }
    }
}

#[derive(Clone, Copy)]
struct Compared<'d> {
    document: &'d Document,
    statement: &'d Statement,
}

impl<'d> Compared<'d> {
    /// Whether it applies wherever `narrow` does. Says no where it cannot tell.
    fn covers(self, narrow: Self) -> bool {
        self.covers_conditions(narrow)
            && self.covers_principals(narrow)
            && self.covers_actions(narrow)
            && self.covers_resources(narrow)
    }

    /// Section 11: an unconditional Deny of what a Deny with `NotAction` leaves out, everywhere.
    fn voids(self, exception: Self) -> bool {
        let all_but = exception.statement.actions.0 == Sense::AllBut;
        all_but
            && self.statement.effect == Effect::Deny
            && self.statement.actions.0 == Sense::Named
            && self.document.clauses_of(self.statement).is_empty()
            && self.covers_principals(exception)
            && self.is_on_everything()
            && exception
                .actions()
                .any(|left_out| self.actions().any(|denied| action_covers(denied, left_out)))
    }

    fn is_on_everything(self) -> bool {
        let named = matches!(self.statement.resources, Some((Sense::Named, _)));
        named && self.resources().any(|text| text == "*")
    }

    fn actions(self) -> impl Iterator<Item = &'d str> {
        let patterns = self.document.patterns_of_actions(self.statement).iter();
        patterns.map(move |pattern| self.document.texts.get(pattern.text))
    }

    fn resources(self) -> impl Iterator<Item = &'d str> {
        let patterns = self.document.patterns_of_resources(self.statement).iter();
        patterns.map(move |pattern| self.document.texts.get(pattern.text))
    }

    ///
    fn covers_actions(self, narrow: Self) -> bool {
        match (self.statement.actions.0, narrow.statement.actions.0) {
            (Sense::Named, Sense::Named) => {
                narrow.actions().all(|text| self.actions().any(|wide| action_covers(wide, text)))
            }
            (Sense::AllBut, Sense::Named) => narrow
                .actions()
                .all(|text| !self.actions().any(|left_out| actions_overlap(left_out, text))),
            (Sense::Named, Sense::AllBut) => self.actions().any(|text| action_covers(text, "*:*")),
            (Sense::AllBut, Sense::AllBut) => {
                self.actions().all(|text| narrow.actions().any(|less| action_covers(less, text)))
            }
        }
    }

    /// Statements with `NotResource` are compared as they are written: what is undecided there stays so.
    fn covers_resources(self, narrow: Self) -> bool {
        match (self.statement.resources, narrow.statement.resources) {
            (None, None) => true,
            (Some((Sense::Named, _)), _) if self.resources().any(|text| text == "*") => true,
            (Some((Sense::Named, _)), Some((Sense::Named, _))) => narrow
                .resources()
                .all(|text| self.resources().any(|wide| resource_covers(wide, text))),
            (Some((Sense::AllBut, _)), Some((Sense::AllBut, _))) => {
                same(self.resources(), narrow.resources())
            }
            _ => false,
        }
    }

    /// Every condition of this one is a condition of `narrow`.
    fn covers_conditions(self, narrow: Self) -> bool {
        let of_narrow: Vec<_> = narrow.conditions().collect();
        self.conditions().all(|line| of_narrow.contains(&line))
    }

    /// Operator, key and values of each line.
    fn conditions(self) -> impl Iterator<Item = (&'static str, &'d str, Vec<&'d str>)> {
        let document = self.document;
        self.document.clauses_of(self.statement).iter().map(move |clause| {
            let values = clause.values.of(&document.values).iter();
            let mut values: Vec<&str> =
                values.map(|value| document.texts.get(value.text)).collect();
            values.sort_unstable();
            values.dedup();
            (clause.operator.name, document.texts.get(clause.key.text), values)
        })
    }

    /// By the entries as they are written. `*` is another thing with a condition than without (7.4).
    fn covers_principals(self, narrow: Self) -> bool {
        let (wide, less) = (self.principals(), narrow.principals());
        let deny = self.statement.effect == Effect::Deny;
        let conditional = |it: Self| !it.document.clauses_of(it.statement).is_empty();
        match (wide, less) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(wide), Some(_)) if deny && wide.contains(&"*") => true,
            (Some(wide), Some(less)) => {
                let alike = !less.contains(&"*") || conditional(self) == conditional(narrow);
                alike && less.iter().all(|text| wide.contains(text))
            }
        }
    }

    fn principals(self) -> Option<Vec<&'d str>> {
        let entries = self.statement.principals?.entries.of(&self.document.principals).iter();
        Some(entries.map(|entry| self.document.texts.get(entry.text)).collect())
    }
}

fn same<'t>(left: impl Iterator<Item = &'t str>, right: impl Iterator<Item = &'t str>) -> bool {
    let sorted = |texts: Vec<&'t str>| {
        let mut texts = texts;
        texts.sort_unstable();
        texts.dedup();
        texts
    };
    sorted(left.collect()) == sorted(right.collect())
}

/// The halves of an action pattern.
fn halves(action: &str) -> (&str, &str) {
    action.split_once(':').unwrap_or(("*", "*"))
}

fn action_covers(wide: &str, narrow: &str) -> bool {
    let ((service, operation), (less_service, less_operation)) = (halves(wide), halves(narrow));
    covers(service, less_service, Case::Ignored) && covers(operation, less_operation, Case::Ignored)
}

fn actions_overlap(left: &str, right: &str) -> bool {
    let ((service, operation), (other_service, other_operation)) = (halves(left), halves(right));
    overlap(service, other_service, Case::Ignored)
        && overlap(operation, other_operation, Case::Ignored)
}

/// segment by segment.
fn resource_covers(wide: &str, narrow: &str) -> bool {
    if narrow == "*" {
        return wide.split(':').skip(1).count() == 4 && wide.split(':').skip(1).all(is_any);
    }
    let (mut wide, mut narrow) = (wide.splitn(5, ':'), narrow.splitn(5, ':'));
    wide.by_ref().zip(narrow.by_ref()).all(|(wide, narrow)| covers(wide, narrow, Case::Exact))
        && wide.next().is_none()
        && narrow.next().is_none()
}
