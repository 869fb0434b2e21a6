//! `ramgate revoke`: writes an entry of the revocations file as it must be, in one step (TOK-30).

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use clap::{Args, Subcommand, ValueEnum};

use super::in_place;
use super::output::print;
use crate::clock;
use crate::ident::{AccessKeyId, AccountId, RoleId, SourceIdentity, UnixSeconds, UserName};
use crate::revocation::{self, Entry, LINGER_SECONDS, Subject};
use crate::strict::count_errors;
use crate::token::{Kid, SourceId, is_minted};

const PERMISSION_BITS: u32 = 0o7777;

/// What to revoke.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
    /// The revocations file that gates mount (`files.revocations`). It must be there.
    #[arg(long, global = true, default_value = "revocations.yaml")]
    file: PathBuf,
    /// Write the file although comments of it are lost; those at its top are kept anyway.
    #[arg(long, global = true)]
    drop_comments: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    /// A permanent pair, until the entry is removed.
    AccessKey {
        /// The `AccessKeyId`.
        id: AccessKeyId,
    },
    /// A user: all pairs, and all sessions that come from it, until the entry is removed.
    User {
        /// The name or the id.
        name: UserName,
    },
    /// One session, and those that come from it.
    Session {
        /// Its `AccessKeyId`, which begins with `STS.`
        id: AccessKeyId,
        /// When the last session that may come from it is over; by default in twelve hours, and never where another issuer
        /// made the session, whose end nobody knows.
        #[arg(long, value_name = "INSTANT")]
        until: Option<Instant>,
    },
    /// Sessions of all roles of an account.
    Account {
        /// The account.
        id: AccountId,
        #[command(flatten)]
        cutoff: Cutoff,
    },
    /// Sessions of a role.
    Role {
        /// The id of the role, not its name: a role of the same name is another one.
        id: RoleId,
        #[command(flatten)]
        of: Of,
        #[command(flatten)]
        cutoff: Cutoff,
    },
    /// Sessions that an identity provider vouched for.
    Provider {
        /// `acs:ram::ACCOUNT:oidc-provider/NAME`, or `saml-provider`.
        arn: Provider,
        #[command(flatten)]
        cutoff: Cutoff,
    },
    /// Sessions that somebody obtained.
    Source {
        /// What it is.
        kind: Kind,
        /// Its id: of a user or role the number, of a service the name.
        id: String,
        #[command(flatten)]
        of: Of,
        #[command(flatten)]
        cutoff: Cutoff,
    },
    /// Sessions with a source identity.
    SourceIdentity {
        /// The source identity.
        name: SourceIdentity,
        #[command(flatten)]
        of: Of,
        #[command(flatten)]
        cutoff: Cutoff,
    },
    /// Sessions under a key of the ring.
    TokenKey {
        /// The id of the key, as `ramgate token ring show` lists it.
        id: Kid,
        #[command(flatten)]
        cutoff: Cutoff,
    },
}

/// Which sessions.
#[derive(Args, Clone, Copy, Debug)]
struct Cutoff {
    /// Those that were issued before this instant, `2026-11-26T01:00:00Z`; by default all that were issued until now.
    #[arg(long, value_name = "INSTANT", default_value = "now")]
    before: Instant,
}

#[derive(Args, Clone, Copy, Debug)]
struct Of {
    /// The account that it belongs to; any, if none is given.
    #[arg(long)]
    account: Option<AccountId>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    User,
    Role,
    Service,
}

/// An instant, or the one at which the command runs.
#[derive(Clone, Copy, Debug)]
enum Instant {
    Now,
    At(UnixSeconds),
}

impl FromStr for Instant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "now" => Ok(Self::Now),
            _ => UnixSeconds::parse_iso8601(text).map(Self::At).map_err(|error| error.to_string()),
        }
    }
}

impl Instant {
    /// TOK-30: what was issued in this second is to be reached too.
    fn cutoff(self, now: UnixSeconds) -> UnixSeconds {
        match self {
            Self::Now => UnixSeconds(now.0.saturating_add(1)),
            Self::At(instant) => instant,
        }
    }
}

/// A provider by its ARN.
#[derive(Clone, Debug)]
struct Provider {
    account: AccountId,
    id: SourceId,
}

impl FromStr for Provider {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is not `acs:ram::ACCOUNT:oidc-provider/NAME`");
        let rest = text.strip_prefix("acs:ram::").ok_or_else(wrong)?;
        let (account, provider) = rest.split_once(':').ok_or_else(wrong)?;
        let account = account.parse().map_err(|_account| wrong())?;
        let id = match provider.split_once('/') {
            Some(("oidc-provider", name)) if !name.is_empty() => SourceId::Oidc(text.into()),
            Some(("saml-provider", name)) if !name.is_empty() => SourceId::Saml(text.into()),
            _ => return Err(wrong()),
        };
        Ok(Self { account, id })
    }
}

/// Adds the entry, takes out those that are over, and replaces the file.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let Arguments { what, file, drop_comments } = arguments;
    let now = clock::now();
    let entry = what.entry(now)?;
    let _lock = in_place::lock_beside(file)?;
    in_place::check_target(file)?;
    let text = super::read(file).map_err(|error| {
        format!(
            "{error}; --file names the file of `files.revocations`, and an empty one says `{{}}`"
        )
    })?;
    let head = comments(&text, *drop_comments)?;
    let (mut entries, problems) = revocation::parse(&file.display().to_string(), &text);
    if count_errors(&problems) > 0 {
        return Err(super::check::report(&problems).trim_end().to_owned());
    }
    let before = entries.len();
    entries.retain(|entry| entry.over_at().is_none_or(|over| over > now));
    let over = before - entries.len();
    let said = put(&mut entries, entry);
    let body = revocation::write(&entries);
    check_readable(&body)?;
    in_place::replace(file, &format!("{head}{body}"), mode(file)?)?;
    let over =
        if over > 0 { format!("removed entries that were over: {over}\n") } else { String::new() };
    print(&format!("{said}\n{over}"))?;
    Ok(ExitCode::SUCCESS)
}

impl What {
    fn entry(&self, now: UnixSeconds) -> Result<Entry, String> {
        let cut = |subject, cutoff: &Cutoff| Entry::new(subject, Some(cutoff.before.cutoff(now)));
        Ok(match self {
            Self::AccessKey { id } if id.is_session() => {
                return Err(format!("{id} is a session: `ramgate revoke session {id}`"));
            }
            Self::AccessKey { id } => Entry::new(Subject::AccessKey(id.clone()), None),
            Self::User { name } => Entry::new(Subject::User(name.clone()), None),
            Self::Session { id, .. } if !id.is_session() => {
                return Err(format!("{id} is no session: `ramgate revoke access-key {id}`"));
            }
            Self::Session { id, until } => {
                let last = UnixSeconds(now.0.saturating_add(LINGER_SECONDS));
                let until = until.map(|until| until.cutoff(now));
                let until = until.or_else(|| is_minted(id).then_some(last));
                Entry::new(Subject::Session(id.clone()), until)
            }
            Self::Account { id, cutoff } => cut(Subject::Account(*id), cutoff),
            Self::Role { id, of, cutoff } => {
                cut(Subject::Role { account: of.account, id: id.clone() }, cutoff)
            }
            Self::Provider { arn, cutoff } => {
                let Provider { account, id } = arn.clone();
                cut(Subject::Source { account: Some(account), id }, cutoff)
            }
            Self::Source { kind, id, of, cutoff } => {
                cut(Subject::Source { account: of.account, id: kind.source(id)? }, cutoff)
            }
            Self::SourceIdentity { name, of, cutoff } => {
                cut(Subject::SourceIdentity { account: of.account, name: name.clone() }, cutoff)
            }
            Self::TokenKey { id, cutoff } => cut(Subject::TokenKey(*id), cutoff),
        })
    }
}

impl Kind {
    fn source(self, id: &str) -> Result<SourceId, String> {
        let wrong = |error: crate::ident::ParseIdentError| error.to_string();
        match self {
            Self::User => id.parse().map(SourceId::User).map_err(wrong),
            Self::Role => id.parse().map(SourceId::Role).map_err(wrong),
            Self::Service => Ok(SourceId::Service(id.into())),
        }
    }
}

/// Cutoffs only move forward (TOK-30); says what became of the entry.
fn put(entries: &mut Vec<Entry>, entry: Entry) -> String {
    let kind = entry.subject.kind().field();
    let shown = |time: Option<UnixSeconds>| time.map_or_else(String::new, |it| format!(" ({it})"));
    let same = entries.iter_mut().find(|other| other.subject == entry.subject);
    let Some(same) = same else {
        let said = format!("added to {kind}{}", shown(entry.time));
        entries.push(entry);
        return said;
    };
    if same.reaches(&entry) {
        return format!("stands in {kind} already{}", shown(same.time));
    }
    let said = format!("moved forward in {kind}{}", shown(entry.time));
    same.time = entry.time;
    said
}

/// The comments at the top. Others would be lost, since the file is written anew.
fn comments(text: &str, drop: bool) -> Result<String, String> {
    let is_head = |line: &&str| line.starts_with('#') || line.trim().is_empty();
    let head: String = text.split_inclusive('\n').take_while(is_head).collect();
    let rest = text.get(head.len()..).unwrap_or_default();
    let mut lines = (1 + head.lines().count()..).zip(rest.lines());
    match lines.find(|(_, line)| line.contains('#')) {
        Some((number, _)) if !drop => Err(format!(
            "the comment on line {number} would be lost: move it to the top of the file, add the entry by hand, or \
             use --drop-comments"
        )),
        _ => Ok(head),
    }
}

/// What is written must be what a gate reads.
fn check_readable(text: &str) -> Result<(), String> {
    let (_, problems) = revocation::parse("the new entry", text);
    match problems.first() {
        Some(problem) => Err(format!("nothing was written: {problem}")),
        None => Ok(()),
    }
}

fn mode(file: &Path) -> Result<u32, String> {
    let metadata = fs::metadata(file);
    metadata
        .map(|metadata| metadata.permissions().mode() & PERMISSION_BITS)
        .map_err(|error| format!("cannot read {}: {error}", file.display()))
}
