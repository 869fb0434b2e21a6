use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::policy::{KeptStatement, StatementRef};
use crate::snapshot::Snapshot;

/// Which statements of a deployment's own policies decided in some case: on the way to the verdict, in any layer.
#[derive(Debug)]
pub(super) struct Coverage {
    /// By file and place; the text for people, and whether the statement decided.
    statements: BTreeMap<(String, u32), (String, bool)>,
}

impl Coverage {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let all = snapshot.policies().flat_map(|(_, policy)| StatementRef::all(policy));
        let entry = |statement: StatementRef<'_>| (key(&statement), (statement.to_string(), false));
        Self { statements: all.map(entry).collect() }
    }

    /// Takes note of statements that decided. Those of the vendor's policies do not count.
    pub(super) fn add(&mut self, statements: &[KeptStatement]) {
        for statement in statements {
            if let Some((_, decided)) = self.statements.get_mut(&key(&statement.as_ref())) {
                *decided = true;
            }
        }
    }

    /// How many of a hundred statements decided; all, when there is none.
    pub(super) fn percent(&self) -> usize {
        let decided = self.statements.values().filter(|(_, decided)| *decided).count();
        (decided * 100).checked_div(self.statements.len()).unwrap_or(100)
    }

    /// A line, and one for each statement that no case exercises.
    pub(super) fn report(&self) -> String {
        let never: Vec<&str> = self
            .statements
            .values()
            .filter(|(_, decided)| !*decided)
            .map(|(statement, _)| statement.as_str())
            .collect();
        let total = self.statements.len();
        let decided = total.saturating_sub(never.len());
        let mut text =
            format!("{decided} of {total} statements decided in some case ({} %)", self.percent());
        for statement in never {
            let _infallible = write!(text, "\n    never: {statement}");
        }
        text
    }
}

fn key(statement: &StatementRef<'_>) -> (String, u32) {
    (statement.policy().document().file().to_owned(), statement.index())
}
