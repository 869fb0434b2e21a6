//! `ramgate token inspect`: what a token says, and whether the ring opens it now.

use std::io::{self, Read as _};
use std::path::PathBuf;
use std::process::ExitCode;

use crate::cli::output::{Table, print, visible};
use crate::clock;
use crate::ident::UnixSeconds;
use crate::token::{Fault, KeyRing, OpenError, Opened, Payload, Source, TOKEN_BYTES_MAX, peek};

use super::file::RingFile;

/// Which token, and what opens it.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// The token; `-` reads it from standard input.
    token: String,
    /// The file of the ring.
    #[arg(long, value_name = "FILE")]
    ring: PathBuf,
}

/// Exits with 1 when the token does not open.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let token = match arguments.token.as_str() {
        "-" => read_token()?,
        token => token.to_owned(),
    };
    let ring: KeyRing = RingFile::read(&arguments.ring)?.entries.into_iter().collect();
    let now = clock::now();
    let (report, opens) = inspect(&ring, &token, now);
    print(&report)?;
    Ok(if opens { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Reads a token from standard input.
pub(in crate::cli) fn read_token() -> Result<String, String> {
    let mut text = String::new();
    let limit = TOKEN_BYTES_MAX as u64 + 2; // a line's end, and one byte that shows it is too long
    let read = io::stdin().take(limit).read_to_string(&mut text);
    read.map_err(|error| format!("cannot read standard input: {error}"))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// The report, and whether the token opens.
fn inspect(ring: &KeyRing, token: &str, now: UnixSeconds) -> (String, bool) {
    let mut table = Table::new(0);
    let mut row = |name: &str, value: String| {
        table.row(vec![name.to_owned(), visible(&value).replace('\n', " ")]); // no value makes a row of its own
    };
    let opened = open(ring, token, now);
    let outcome = match &opened {
        Ok(opened) => ring.admit(opened, &opened.payload.access_key_id, now),
        Err(error) => Err(*error),
    };
    row("opens", verdict(outcome));
    if let Ok((version, kid)) = peek(token) {
        row("token", format!("{version}, {} characters", token.len()));
        let known = ring.entry(kid).map(|entry| {
            let state = entry.times.state(now);
            format!("{kid} of {}, {state}, opens until {}", entry.account, entry.times.open_until)
        });
        row("key", known.unwrap_or_else(|| format!("{kid}, not in this ring")));
    }
    if let Ok(Opened { payload, .. }) = &opened {
        describe(payload, now, &mut row);
    }
    (table.finish(), outcome.is_ok())
}

/// Opens it even with a key that is closed, so that a person sees what it was.
pub(super) fn open(ring: &KeyRing, token: &str, now: UnixSeconds) -> Result<Opened, OpenError> {
    let entry = peek(token).ok().and_then(|(_, kid)| ring.entry(kid));
    let last = entry.map(|entry| UnixSeconds(entry.times.open_until.0.saturating_sub(1)));
    ring.unseal(token, last.map_or(now, |last| last.min(now)))
}

fn verdict(outcome: Result<(), OpenError>) -> String {
    let Err(error) = outcome else { return "yes".to_owned() };
    let code = match error.fault() {
        Fault::Malformed => "Malformed",
        Fault::Expired => "Expired",
        Fault::Mismatch => "MismatchWithAccessKey",
    };
    format!("no: {error} (InvalidSecurityToken.{code})")
}

fn describe(payload: &Payload, now: UnixSeconds, row: &mut impl FnMut(&str, String)) {
    row("AccessKey", payload.access_key_id.to_string());
    row("issued", payload.issued.to_string());
    row("expires", expiry(payload.expires, now));
    row("account", payload.account.to_string());
    row("role", format!("{} (id {})", payload.role_name, payload.role_id));
    row("session", payload.session_name.to_string());
    row("source", source(&payload.source));
    if let Some(federation) = &payload.federation {
        row("issuer", federation.issuer.to_string());
        row("subject", federation.subject.to_string());
    }
    if let Some(identity) = &payload.source_identity {
        row("source identity", identity.to_string());
    }
    if let Some(chain) = &payload.chain {
        row("origin", source(&chain.origin));
        for ancestor in &chain.ancestors {
            let (role, account) = (&ancestor.role_id, ancestor.account);
            let (id, issued) = (&ancestor.access_key_id, ancestor.issued);
            row("ancestor", format!("role {role} of {account}, {id}, issued {issued}"));
        }
    }
    if let Some(mfa) = payload.mfa {
        row("MFA", if mfa { "used" } else { "not used" }.to_owned());
    }
    row("policy", payload.policy.as_deref().unwrap_or("none").to_owned());
}

/// An instant, and how far it is.
pub(in crate::cli) fn expiry(expires: UnixSeconds, now: UnixSeconds) -> String {
    let left = expires.0.saturating_sub(now.0);
    if left > 0 {
        format!("{expires}, in {} min {} s", left / 60, left % 60)
    } else {
        format!("{expires}, over")
    }
}

fn source(source: &Source) -> String {
    format!("{} {} of {}", source.id.kind_name(), source.id.as_str(), source.account)
}
