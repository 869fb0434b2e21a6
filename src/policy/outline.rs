//! What a statement says, as written, for people.

use super::document::Sense;
use super::set::StatementRef;

/// The parts of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline<'s> {
    /// `Action` or `NotAction`.
    pub actions: Listed<'s>,
    /// `Resource` or `NotResource`; `None` in a trust policy.
    pub resources: Option<Listed<'s>>,
    /// The entries of `Principal`; `None` where the document has none.
    pub principals: Option<Vec<&'s str>>,
    /// The lines of the condition block; all must hold.
    pub conditions: Vec<Line<'s>>,
}

/// The values of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<'s> {
    /// Whether everything but these is meant: `NotAction`, `NotResource`.
    pub all_but: bool,
    /// The values.
    pub values: Vec<&'s str>,
}

/// One key under one operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<'s> {
    /// The operator, `StringEquals`.
    pub operator: &'static str,
    /// The key.
    pub key: &'s str,
    /// The values; one must fit.
    pub values: Vec<&'s str>,
}

impl<'s> StatementRef<'s> {
    /// What the statement says; `None` for a place that the document does not have.
    pub fn outline(&self) -> Option<Outline<'s>> {
        let document = self.policy().document();
        let statement = self.statement()?;
        let text = |span| document.texts.get(span);
        let actions = document.patterns_of_actions(statement).iter();
        let resources = document.patterns_of_resources(statement).iter();
        let conditions = document.clauses_of(statement).iter().map(|clause| Line {
            operator: clause.operator.name,
            key: text(clause.key.text),
            values: clause.values.of(&document.values).iter().map(|it| text(it.text)).collect(),
        });
        Some(Outline {
            actions: Listed {
                all_but: statement.actions.0 == Sense::AllBut,
                values: actions.map(|pattern| text(pattern.text)).collect(),
            },
            resources: statement.resources.map(|(sense, _)| Listed {
                all_but: sense == Sense::AllBut,
                values: resources.map(|pattern| text(pattern.text)).collect(),
            }),
            principals: statement.principals.map(|principals| {
                let entries = principals.entries.of(&document.principals).iter();
                entries.map(|entry| text(entry.text)).collect()
            }),
            conditions: conditions.collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::policy::{DocumentKind, Policy, PolicyType, parse};

    #[test]
    fn parts_are_as_written() {
        let text = r#"{"Version":"1","Statement":[{"Effect":"Deny","NotAction":["ecs:Get*","oss:*"],
            "Resource":"acs:ecs:*:*:*","Condition":{"StringLike":{"acs:PrincipalARN":["a*","b"]}}}]}"#;
        let document = parse(DocumentKind::Identity, text, "a.json").unwrap();
        let policy = Arc::new(Policy::new("a", PolicyType::Custom, document));
        let outlines: Vec<_> = StatementRef::all(&policy).filter_map(|it| it.outline()).collect();
        let expected = Outline {
            actions: Listed { all_but: true, values: vec!["ecs:Get*", "oss:*"] },
            resources: Some(Listed { all_but: false, values: vec!["acs:ecs:*:*:*"] }),
            principals: None,
            conditions: vec![Line {
                operator: "StringLike",
                key: "acs:PrincipalARN",
                values: vec!["a*", "b"],
            }],
        };
        assert_eq!(outlines, [expected]);
    }
}
