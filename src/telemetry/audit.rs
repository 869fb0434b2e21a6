//! The audit record: one JSON line a request, written by a thread of its own.
//!
//! Bounded and non-blocking (decisions, Audit): a request never waits for the disk. When the queue is full the line is
//! dropped and counted in `ramgate_audit_dropped_total`.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use prometheus::IntCounter;
use serde::Serialize;

use super::visible::visible;

/// How many lines may wait for the disk.
const QUEUE_LINES_MAX: usize = 16_384;

/// After a first line the writer waits this long for more: waking it for every line would cost a request more than making
/// the line does.
const GATHER: Duration = Duration::from_millis(10);

/// The audit record of one request. The schema is versioned: a field is added without a new number, never changed.
#[derive(Debug, Default, Serialize)]
#[expect(missing_docs, reason = "docs/audit.md explains each field")]
pub struct AuditLine<'a> {
    pub schema: &'static str,
    pub time: String,
    pub request_id: &'a str,
    /// `allow`, `deny` (the policies), `refuse` (anything before them) or `fail` (the upstream, or we).
    pub verdict: &'a str,
    pub status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'a str>,
    pub peer: String,
    pub method: &'a str,
    pub host: &'a str,
    pub path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheme: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionLine<'a>>,
    /// Whom a provider vouches for, of a call that shows its token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub federation: Option<FederationLine<'a>>,
    pub owner_account: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<&'a str>,
    /// `signed` or `unsigned`, of a signed call with a body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<&'a str>,
    pub checks: Vec<CheckLine<'a>>,
    /// The workload that a session was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload: Option<&'a str>,
    /// The `AccessKeyId` of the session that was issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub word: Option<&'a str>,
    pub generation: u64,
    pub hash: &'a str,
    pub duration_us: DurationLine,
}

/// Where a session comes from.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "docs/audit.md explains each field")]
pub struct SessionLine<'a> {
    pub source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_identity: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<&'a str>,
}

/// What an identity provider says of a caller. The token itself is in no record.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "docs/audit.md explains each field")]
pub struct FederationLine<'a> {
    pub issuer: &'a str,
    pub subject: &'a str,
}

/// One question to the policies.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "docs/audit.md explains each field")]
pub struct CheckLine<'a> {
    pub action: &'a str,
    pub resource: &'a str,
    pub verdict: &'a str,
    /// `file:line`, the policy's name and the statement's `Sid` of the statement that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<StatementLine<'a>>,
}

/// The statement that decided, to be counted by.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "docs/audit.md explains each field")]
pub struct StatementLine<'a> {
    pub policy: &'a str,
    pub kind: &'static str,
    pub index: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<&'a str>,
}

/// Microseconds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[expect(missing_docs, reason = "docs/audit.md explains each field")]
pub struct DurationLine {
    pub gate: u64,
    pub upstream: u64,
    pub total: u64,
}

#[derive(Debug)]
enum Entry {
    Line(Vec<u8>),
    /// Answered when everything before it has been written.
    Flush(SyncSender<()>),
}

/// Where audit lines go.
#[derive(Clone, Debug)]
pub struct Audit {
    queue: SyncSender<Entry>,
    dropped: IntCounter,
}

impl Audit {
    /// Starts the writer. `None` writes to standard output. The thread ends when every [`Audit`] is gone, after it has
    /// written what is queued.
    pub fn start(file: Option<&Path>, dropped: IntCounter) -> io::Result<(Self, JoinHandle<()>)> {
        let sink: Box<dyn Write + Send> = match file {
            None => Box::new(io::stdout()),
            Some(path) => {
                Box::new(OpenOptions::new().create(true).append(true).mode(0o640).open(path)?)
            }
        };
        let (queue, lines) = sync_channel(QUEUE_LINES_MAX);
        let lost = dropped.clone();
        let writer = std::thread::Builder::new()
            .name("audit".into())
            .spawn(move || write_lines(&lines, sink, &lost))?;
        Ok((Self { queue, dropped }, writer))
    }

    /// Waits until everything that was queued before has been written, up to `limit`. Says whether it has.
    pub fn flush(&self, limit: Duration) -> bool {
        let (done, written) = sync_channel(1);
        self.queue.try_send(Entry::Flush(done)).is_ok() && written.recv_timeout(limit).is_ok()
    }

    /// Queues one line.
    pub fn write(&self, line: &AuditLine<'_>) {
        let Ok(json) = serde_json::to_string(line) else {
            self.dropped.inc();
            return;
        };
        let mut bytes = visible(json).into_bytes();
        bytes.push(b'\n');
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) =
            self.queue.try_send(Entry::Line(bytes))
        {
            self.dropped.inc();
        }
    }
}

/// Writes until every sender is gone; flushes whenever the queue runs empty.
fn write_lines(lines: &Receiver<Entry>, sink: Box<dyn Write + Send>, lost: &IntCounter) {
    let mut sink = BufWriter::new(sink);
    while let Ok(first) = lines.recv() {
        std::thread::sleep(GATHER);
        let batch = std::iter::once(first).chain(lines.try_iter().take(QUEUE_LINES_MAX));
        let mut flushes = Vec::new();
        for entry in batch {
            match entry {
                Entry::Line(line) if sink.write_all(&line).is_err() => lost.inc(),
                Entry::Line(_) => {}
                Entry::Flush(done) => flushes.push(done),
            }
        }
        if sink.flush().is_err() {
            lost.inc();
        }
        for done in flushes {
            let _nobody_waits = done.try_send(());
        }
    }
}
