//! The revocations file: read, and looked over for what it need not say any more.

use std::str::FromStr;

use super::entry::{Entry, Kind, Subject};
use crate::ident::{AccessKeyId, AccountId, ParseIdentError, UnixSeconds, UserName};
use crate::strict::{Fields, Node, Position, Problem, Reader};
use crate::token::SourceId;

/// A file that nobody tidies is told so, not line by line.
const FINDINGS_MAX: usize = 20;
/// Clocks differ; a cutoff that lies further ahead ends sessions that are yet to be issued.
const AHEAD_SECONDS_MAX: i64 = 60;
/// A provider's ARN, or the name of a service (5.4, key 11).
const SOURCE_ID_BYTES_MAX: usize = 192;

const SOURCES: [&str; 5] = ["user", "role", "oidc", "saml", "service"];

/// Reads a revocations file. Entries that cannot be read are reported and left out; a caller refuses the file on any
/// error.
pub fn parse(file: &str, text: &str) -> (Vec<Entry>, Vec<Problem>) {
    let mut reader = Reader::new(file);
    let mut entries = Vec::new();
    let known = Kind::ALL.map(Kind::field);
    if let Some(root) = reader.parse(text)
        && let Some(fields) = reader.fields(&root, "", &known)
    {
        for kind in Kind::ALL {
            let items = reader.list(&fields, kind.field()).iter().enumerate();
            for (index, node) in items {
                let field = format!("{}[{index}]", kind.field());
                entries.extend(entry(&mut reader, kind, node, &field));
            }
        }
    }
    (entries, reader.into_problems())
}

/// What a person should know about a file that can be read.
pub fn lint(file: &str, text: &str, now: UnixSeconds) -> Vec<Problem> {
    let (entries, _) = parse(file, text);
    let mut found = entries.iter().filter_map(|entry| finding(file, entry, now));
    let mut problems: Vec<Problem> = found.by_ref().take(FINDINGS_MAX).collect();
    let more = found.count();
    if more > 0 {
        let message = format!("{more} more entries like these");
        problems.push(Problem::warning(file, Position::START, "", message));
    }
    problems
}

fn finding(file: &str, entry: &Entry, now: UnixSeconds) -> Option<Problem> {
    let over = entry.over_at().filter(|over| *over <= now);
    let (message, help) = if let Some(over) = over {
        let message = format!("the entry ends nothing since {over}: all that it is about is over");
        (message, "remove it; `ramgate revoke` does so whenever it writes the file")
    } else {
        let ahead = |time: &UnixSeconds| time.0 > now.0.saturating_add(AHEAD_SECONDS_MAX);
        let time = entry.time.filter(|_| entry.subject.kind() != Kind::Sessions).filter(ahead)?;
        let message = format!("no session works until {time}: the instant is still to come");
        (message, "write the instant of the incident; later sessions are then accepted")
    };
    Some(Problem::warning(file, entry.at, &entry.field, message).help(help))
}

fn entry(reader: &mut Reader<'_>, kind: Kind, node: &Node, field: &str) -> Option<Entry> {
    let at = node.at;
    let entry = |subject, time| Entry { subject, time, at, field: field.to_owned() };
    match kind {
        Kind::AccessKeys => {
            let id = reader.parsed_of::<AccessKeyId>(node, field)?;
            Some(entry(Subject::AccessKey(id), None))
        }
        Kind::Users => {
            let name = reader.parsed_of::<UserName>(node, field)?; // an id has the form of a name
            Some(entry(Subject::User(name), None))
        }
        Kind::Sessions => {
            let fields = reader.fields(node, field, &["id", "until"])?;
            let id = session_id(reader, &fields);
            let until = reader.parsed::<Instant>(&fields, "until");
            Some(entry(Subject::Session(id?), until.map(|until| until.0)))
        }
        Kind::Accounts | Kind::Roles | Kind::Sources | Kind::SourceIdentities | Kind::TokenKeys => {
            let (subject, before) = cutoff(reader, kind, node, field);
            Some(entry(subject?, Some(before?)))
        }
    }
}

fn cutoff(
    reader: &mut Reader<'_>,
    kind: Kind,
    node: &Node,
    field: &str,
) -> (Option<Subject>, Option<UnixSeconds>) {
    let known: &[&str] = match kind {
        Kind::Accounts => &["account", "before"],
        Kind::Roles => &["role", "account", "before"],
        Kind::SourceIdentities => &["source_identity", "account", "before"],
        Kind::TokenKeys => &["key", "before"],
        Kind::Sources | Kind::AccessKeys | Kind::Users | Kind::Sessions => {
            &["user", "role", "oidc", "saml", "service", "account", "before"]
        }
    };
    let Some(fields) = reader.fields(node, field, known) else { return (None, None) };
    let before = reader.required_parsed::<Instant>(&fields, "before").map(|before| before.0);
    (subject(reader, kind, &fields), before)
}

fn subject(reader: &mut Reader<'_>, kind: Kind, fields: &Fields<'_>) -> Option<Subject> {
    if kind == Kind::Accounts {
        return reader.required_parsed(fields, "account").map(Subject::Account);
    }
    let account = reader.parsed::<AccountId>(fields, "account");
    if fields.get("account").is_some() && account.is_none() {
        return None; // reported
    }
    match kind {
        Kind::Roles => {
            let id = reader.required_parsed(fields, "role")?;
            Some(Subject::Role { account, id })
        }
        Kind::SourceIdentities => {
            let name = reader.required_parsed(fields, "source_identity")?;
            Some(Subject::SourceIdentity { account, name })
        }
        Kind::TokenKeys => reader.required_parsed(fields, "key").map(Subject::TokenKey),
        Kind::Sources | Kind::Accounts | Kind::AccessKeys | Kind::Users | Kind::Sessions => {
            let id = source(reader, fields)?;
            Some(Subject::Source { account, id })
        }
    }
}

fn source(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<SourceId> {
    let mut named = SOURCES.into_iter().filter(|name| fields.get(name).is_some());
    let (Some(name), None) = (named.next(), named.next()) else {
        let message = format!("one of {} is wanted here", SOURCES.join(", "));
        let help = "an entry names one source; write one entry for each";
        reader.error(fields.at, &fields.path("user"), message, help);
        return None;
    };
    match name {
        "user" => reader.parsed(fields, name).map(SourceId::User),
        "role" => reader.parsed(fields, name).map(SourceId::Role),
        "oidc" => provider(reader, fields, name).map(SourceId::Oidc),
        "saml" => provider(reader, fields, name).map(SourceId::Saml),
        _ => text(reader, fields, name).map(SourceId::Service),
    }
}

/// A provider by its ARN: a name alone would never be found in a token.
fn provider(reader: &mut Reader<'_>, fields: &Fields<'_>, name: &str) -> Option<Box<str>> {
    let arn = text(reader, fields, name)?;
    let kind = format!(":{name}-provider/");
    if arn.starts_with("acs:ram::") && arn.contains(&kind) {
        return Some(arn);
    }
    let help = format!("write the whole ARN, `acs:ram::ACCOUNT{kind}NAME`");
    reader.error(fields.at, &fields.path(name), format!("`{arn}` is no provider's ARN"), &help);
    None
}

fn text(reader: &mut Reader<'_>, fields: &Fields<'_>, name: &str) -> Option<Box<str>> {
    let text = reader.text(fields, name)?;
    let fits = (1..=SOURCE_ID_BYTES_MAX).contains(&text.len());
    if fits && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\#".contains(&byte)) {
        return Some(text.into());
    }
    let message = format!("no id of a source (visible ASCII, at most {SOURCE_ID_BYTES_MAX})");
    reader.error(fields.at, &fields.path(name), message, "");
    None
}

fn session_id(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<AccessKeyId> {
    let id = reader.required_parsed::<AccessKeyId>(fields, "id")?;
    if id.is_session() {
        return Some(id);
    }
    let help = "the ids of permanent pairs belong under `access_keys`";
    let message = format!("`{id}` is no session: its id begins with `STS.`");
    reader.error(fields.at, &fields.path("id"), message, help);
    None
}

/// `2026-11-26T01:00:00Z`
struct Instant(UnixSeconds);

impl FromStr for Instant {
    type Err = ParseIdentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        UnixSeconds::parse_iso8601(text).map(Self)
    }
}
