//! The table that a person reads.

use std::fmt;

/// One call and what became of it.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) what: String,
    pub(super) expected: &'static str,
    pub(super) answer: String,
    pub(super) upstream: String,
    pub(super) decided_by: String,
    pub(super) came_out: bool,
}

/// All rows.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) rows: Vec<Row>,
}

impl Table {
    /// Whether every row came out as it should.
    pub(super) fn as_expected(&self) -> bool {
        self.rows.iter().all(|row| row.came_out)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, row) in (1..).zip(&self.rows) {
            let mark = if row.came_out { "ok  " } else { "FAIL" };
            writeln!(f, "{number:>2} {mark} {}", row.what)?;
            writeln!(f, "        {:<12} {}", "expected", row.expected)?;
            writeln!(f, "        {:<12} {}", "answer", row.answer)?;
            writeln!(f, "        {:<12} {}", "upstream saw", shorten(&row.upstream))?;
            writeln!(f, "        {:<12} {}", "decided by", row.decided_by)?;
        }
        let good = self.rows.iter().filter(|row| row.came_out).count();
        writeln!(f, "\n{good} of {} rows came out as they should.", self.rows.len())
    }
}

fn shorten(text: &str) -> String {
    const CHARS_MAX: usize = 90;
    match text.char_indices().nth(CHARS_MAX) {
        Some((cut, _)) => format!("{}…", text.get(..cut).unwrap_or_default()),
        None => text.to_owned(),
    }
}
