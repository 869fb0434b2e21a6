//! When statements last decided, read from the audit record.
//!
//! The record is streamed: a line is as much of it as is ever in memory, and a line over the bound is skipped.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::policy::PolicyType;

use super::stock::Stocked;

/// Longer lines are not ours: texts of callers are cut before they are written.
const LINE_BYTES_MAX: u64 = 1024 * 1024;

/// What labels of statements of system policies start with; those of others start with a path.
const SYSTEM_LABEL: &str = "system policy ";

/// What the record says about the statements of one policy.
#[derive(Debug, Default)]
pub(super) struct Usage {
    /// For each statement, in order.
    pub(super) statements: Vec<Option<Decided>>,
    /// How many lines were read.
    pub(super) lines: u64,
    /// How many of them could not be used.
    pub(super) skipped: u64,
}

/// What a statement has decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Decided {
    /// How often.
    pub(super) count: u64,
    /// The last time.
    pub(super) last: String,
    /// The last answer.
    pub(super) verdict: String,
}

/// As much of an audit line as is needed.
#[derive(Deserialize)]
struct Line<'l> {
    #[serde(borrow)]
    time: Cow<'l, str>,
    #[serde(borrow, default)]
    checks: Vec<Check<'l>>,
}

#[derive(Deserialize)]
struct Check<'l> {
    #[serde(borrow)]
    verdict: Cow<'l, str>,
    #[serde(borrow, default)]
    statement: Option<Cow<'l, str>>,
    #[serde(borrow, default)]
    decided_by: Option<DecidedBy<'l>>,
}

#[derive(Deserialize)]
struct DecidedBy<'l> {
    #[serde(borrow)]
    policy: Cow<'l, str>,
    #[serde(borrow)]
    kind: Cow<'l, str>,
    index: u32,
    #[serde(borrow, default)]
    sid: Option<Cow<'l, str>>,
}

/// Reads a record from its start to its end.
pub(super) fn read(path: &Path, stocked: &Stocked) -> io::Result<Usage> {
    scan(BufReader::with_capacity(256 * 1024, File::open(path)?), stocked)
}

fn scan(mut record: impl BufRead, stocked: &Stocked) -> io::Result<Usage> {
    let mut wanted = Wanted::of(stocked);
    let mut buffer = Vec::new();
    let mut usage = Usage::default();
    while let Some(line) = next_line(&mut record, &mut buffer)? {
        usage.lines += 1;
        match line.map(serde_json::from_slice::<Line<'_>>) {
            Some(Ok(line)) => wanted.count(&line),
            Some(Err(_)) | None => usage.skipped += 1,
        }
    }
    usage.statements = wanted.decided;
    Ok(usage)
}

/// The next line; `Some(None)` for one over the bound.
fn next_line<'b>(
    record: &mut impl BufRead,
    buffer: &'b mut Vec<u8>,
) -> io::Result<Option<Option<&'b [u8]>>> {
    buffer.clear();
    let read = record.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', buffer)?;
    if read == 0 {
        return Ok(None);
    }
    if buffer.last() != Some(&b'\n') && u64::try_from(read).is_ok_and(|it| it == LINE_BYTES_MAX) {
        skip_line(record)?;
        return Ok(Some(None));
    }
    Ok(Some(Some(buffer)))
}

/// Passes over the rest of a line.
fn skip_line(record: &mut impl BufRead) -> io::Result<()> {
    loop {
        let available = record.fill_buf()?;
        let Some(end) = memchr::memchr(b'\n', available) else {
            let length = available.len();
            record.consume(length);
            if length == 0 {
                return Ok(());
            }
            continue;
        };
        record.consume(end + 1);
        return Ok(());
    }
}

/// The statements that are counted.
struct Wanted<'s> {
    policy: &'s str,
    kind: &'static str,
    system: bool,
    sids: Vec<Option<&'s str>>,
    decided: Vec<Option<Decided>>,
}

impl<'s> Wanted<'s> {
    fn of(stocked: &'s Stocked) -> Self {
        let kind = stocked.policy.as_ref().map_or("", |policy| policy.document().kind().as_str());
        let sids: Vec<Option<&str>> = stocked.statements().map(|it| it.sid()).collect();
        let system = stocked.from == PolicyType::System;
        Self { policy: &stocked.name, kind, system, decided: vec![None; sids.len()], sids }
    }

    fn count(&mut self, line: &Line<'_>) {
        for check in &line.checks {
            let Some(by) = &check.decided_by else { continue };
            if by.policy != self.policy || by.kind != self.kind {
                continue;
            }
            let labelled = check.statement.as_ref();
            if labelled.is_some_and(|label| label.starts_with(SYSTEM_LABEL) != self.system) {
                continue;
            }
            let Ok(index) = usize::try_from(by.index) else { continue };
            // Another `Sid` in the same place is a statement that is no longer there.
            if self.sids.get(index).is_some_and(|sid| *sid == by.sid.as_deref())
                && let Some(decided) = self.decided.get_mut(index)
            {
                note(decided, &line.time, &check.verdict);
            }
        }
    }
}

/// The times of a record are of one form, so they compare as texts.
fn note(decided: &mut Option<Decided>, time: &str, verdict: &str) {
    let Some(known) = decided else {
        *decided = Some(Decided { count: 1, last: time.to_owned(), verdict: verdict.to_owned() });
        return;
    };
    known.count += 1;
    if time >= known.last.as_str() {
        known.last = time.to_owned();
        known.verdict = verdict.to_owned();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::io::Cursor;
    use std::sync::Arc;

    use super::*;
    use crate::directory::Folder;
    use crate::policy::{DocumentKind, Policy, parse};

    fn stocked() -> Stocked {
        let text = r#"{"Version":"1","Statement":[
            {"Sid":"See","Effect":"Allow","Action":"a:*","Resource":"*"},
            {"Effect":"Deny","Action":"b:*","Resource":"*"}]}"#;
        let document = parse(DocumentKind::Identity, text, "p.json").unwrap();
        Stocked {
            folder: Folder::Identity,
            from: PolicyType::Custom,
            name: "p".to_owned(),
            file: None,
            text: text.to_owned(),
            policy: Some(Arc::new(Policy::new("p", PolicyType::Custom, document))),
            places: BTreeSet::new(),
        }
    }

    fn line(time: u32, kind: &str, index: u32, sid: Option<&str>) -> String {
        let sid = sid.map_or(String::new(), |sid| format!(r#","sid":"{sid}""#));
        format!(
            r#"{{"schema":"ramgate-audit/1","time":"2026-01-0{time}T00:00:00.000000Z","checks":[{{"action":"a:b","verdict":"Allow","statement":"p.json:2","decided_by":{{"policy":"p","kind":"{kind}","index":{index}{sid}}}}}],"new":1}}"#
        ) + "\n"
    }

    #[test]
    fn statements_are_counted_by_kind_place_and_sid() {
        let identity = "identity policy";
        let mut text = line(2, identity, 0, Some("See"));
        text += &line(1, identity, 0, Some("See"));
        text += &line(3, identity, 0, Some("Was")); // an older document
        text += &line(3, identity, 0, None);
        text += &line(3, "control policy", 0, Some("See"));
        text += &line(3, identity, 1, None);
        text += &line(3, identity, 9, None);
        text += &line(3, identity, 1, None).replace("p.json:2", "system policy p:2");
        let usage = scan(Cursor::new(text), &stocked()).unwrap();
        let decided = |count, day: u32| Decided {
            count,
            last: format!("2026-01-0{day}T00:00:00.000000Z"),
            verdict: "Allow".to_owned(),
        };
        assert_eq!(usage.statements, [Some(decided(2, 2)), Some(decided(1, 3))]);
        assert_eq!((usage.lines, usage.skipped), (8, 0));
    }

    #[test]
    fn lines_that_cannot_be_used_are_skipped_and_counted() {
        let good = line(1, "identity policy", 1, None);
        let huge = format!("{{\"time\":\"{}\"}}\n", "x".repeat(3 * 1024 * 1024));
        let cut = good.trim_end().get(..40).unwrap();
        let text = format!("{good}not json\n{huge}{good}\n{cut}");
        let usage = scan(Cursor::new(text), &stocked()).unwrap();
        assert_eq!(usage.statements[1].as_ref().map(|decided| decided.count), Some(2));
        assert_eq!((usage.lines, usage.skipped), (6, 4));
    }

    #[test]
    fn a_line_of_just_the_bound_is_read() {
        let bound = usize::try_from(LINE_BYTES_MAX).unwrap();
        for (length, skipped) in [(bound - 1, 0), (bound, 1)] {
            let line = line(1, "identity policy", 1, None);
            let line = line.replace(
                "\"new\":1",
                &format!("\"new\":1{}", " ".repeat(length - line.trim_end().len())),
            );
            assert_eq!(line.len(), length + 1);
            let usage = scan(Cursor::new(line), &stocked()).unwrap();
            assert_eq!((usage.lines, usage.skipped), (1, skipped));
        }
    }
}
