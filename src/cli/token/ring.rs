//! `ramgate token ring`: a key ring's life as an operator lives it (TOK-05).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use zeroize::Zeroizing;

use crate::cli::in_place;
use crate::cli::output::{Table, print};
use crate::clock;
use crate::ident::{AccountId, UnixSeconds};
use crate::token::{self, EntryState, IssuerKey, IssuerPublic, Kid, RingEntry, Times};

use super::file::{MODE, RingFile};

/// A new key is known everywhere before it is used.
const AHEAD_SECONDS: i64 = 600;
/// Keys follow each other a day apart, unless something else is asked for.
const ROTATION_HOURS: u16 = 24;
/// A key is sealed with for this much longer, so that a rotation that comes late leaves no gap.
const LATE_SECONDS: i64 = 3600;

/// What to do with a ring.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Command {
    /// Write a new ring. An existing file is never overwritten.
    Init {
        /// The account whose roles the tokens are for; may be given several times.
        #[arg(long, required = true)]
        account: Vec<AccountId>,
        /// The file of the ring: a secret of issuers and of every gate that verifies.
        #[arg(long, default_value = "ring.json")]
        file: PathBuf,
        /// Make tokens that only issuers can mint.
        #[arg(long, requires = "issuer_key")]
        v2: bool,
        /// The file for the key that only issuers have; written beside the ring.
        #[arg(long, requires = "v2", value_name = "FILE")]
        issuer_key: Option<PathBuf>,
        #[command(flatten)]
        period: Period,
    },
    /// Add the next key of every account and remove the keys that are closed.
    Rotate {
        /// The file of the ring.
        #[arg(long, default_value = "ring.json")]
        file: PathBuf,
        /// Seal with the new key at once, not in ten minutes: verifiers that have not yet got it refuse its tokens.
        #[arg(long)]
        now: bool,
        #[command(flatten)]
        period: Period,
    },
    /// List the keys of a ring by id, without the keys.
    Show {
        /// The file of the ring.
        #[arg(long, default_value = "ring.json")]
        file: PathBuf,
    },
}

/// How often keys follow each other.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(in crate::cli) struct Period {
    /// Hours between two rotations; a key seals for one hour more, so that a late one leaves no gap.
    #[arg(long, value_name = "HOURS", default_value_t = ROTATION_HOURS,
        value_parser = clap::value_parser!(u16).range(1..=8784))]
    hours: u16,
}

impl Period {
    fn times(self, from: UnixSeconds) -> Times {
        Times::sealing_for(from, i64::from(self.hours) * 3600 + LATE_SECONDS)
    }
}

/// Runs one of them.
pub(super) fn run(command: &Command) -> Result<ExitCode, String> {
    match command {
        Command::Init { account, file, issuer_key, period, .. } => {
            init(account, file, issuer_key.as_deref(), *period)
        }
        Command::Rotate { file, now, period } => {
            rotate(file, if *now { 0 } else { AHEAD_SECONDS }, *period)
        }
        Command::Show { file } => show(file),
    }?;
    Ok(ExitCode::SUCCESS)
}

fn init(
    accounts: &[AccountId],
    file: &Path,
    issuer_key: Option<&Path>,
    period: Period,
) -> Result<(), String> {
    let _lock = in_place::lock_beside(file)?;
    let times = period.times(clock::now());
    let issuer = issuer_key.map(|_path| new_issuer()).transpose()?;
    let public = issuer.as_ref().map(IssuerKey::public);
    let entries = accounts.iter().map(|account| new_entry(*account, times, public.clone()));
    let entries = entries.collect::<Result<Vec<_>, _>>()?;
    in_place::create(file, &token::write(&entries), MODE)?;
    if let (Some(path), Some(issuer)) = (issuer_key, &issuer) {
        let written = in_place::create(path, &issuer.to_text(), MODE);
        written.or_else(|error| in_place::remove(file).and(Err(error)))?;
    }
    print(&advice(file, issuer_key, times))
}

/// What to mount where.
fn advice(file: &Path, issuer_key: Option<&Path>, times: Times) -> String {
    let ring = file.display();
    let who = match issuer_key {
        None => format!(
            "{ring}: mount it as `files.token_ring` in the one gate that both issues and verifies.\n\
             Whoever reads it can mint sessions of these accounts; for gates that only verify, use `--v2`.\n"
        ),
        Some(key) => format!(
            "{ring}: mount it as `files.token_ring` in every gate; it opens tokens and cannot mint them.\n\
             {}: mount it in issuers only; whoever reads both files can mint sessions.\n",
            key.display()
        ),
    };
    format!(
        "{who}Seals until {}, opens until {}; rotate an hour before that, with `ramgate token ring rotate --file {ring}`.\n",
        times.seal_until, times.open_until
    )
}

fn rotate(file: &Path, ahead: i64, period: Period) -> Result<(), String> {
    let _lock = in_place::lock_beside(file)?;
    in_place::check_target(file)?;
    let mut ring = RingFile::read(file)?;
    let now = clock::now();
    let times = period.times(UnixSeconds(now.0.saturating_add(ahead)));
    let fresh = next_entries(&ring.entries, times)?;
    let (closed, kept): (Vec<_>, Vec<_>) =
        ring.entries.drain(..).partition(|entry| entry.times.state(now) == EntryState::Closed);
    ring.entries = kept;
    let mut lines = Vec::new();
    for entry in &fresh {
        lines.push(format!("added {}, which seals from {}", name(entry), times.not_before));
        lines.extend(gap(entry, &ring.entries, now));
    }
    for entry in &closed {
        lines.push(format!("removed {}, which closed at {}", name(entry), entry.times.open_until));
    }
    ring.entries.extend(fresh);
    ring.replace(file)?;
    print(&format!("{}\n", lines.join("\n")))
}

/// One for each account and issuer that the ring knows.
fn next_entries(entries: &[RingEntry], times: Times) -> Result<Vec<RingEntry>, String> {
    let text = |issuer: &Option<IssuerPublic>| issuer.as_ref().map(IssuerPublic::to_text);
    let lines: BTreeMap<_, _> =
        entries.iter().map(|it| ((it.account, text(&it.issuer)), it.issuer.clone())).collect();
    lines.into_iter().map(|((account, _), issuer)| new_entry(account, times, issuer)).collect()
}

/// What an operator who rotates too late has to know.
fn gap(fresh: &RingEntry, kept: &[RingEntry], now: UnixSeconds) -> Option<String> {
    let same = |entry: &&RingEntry| entry.account == fresh.account && entry.issuer == fresh.issuer;
    let sealed_until = kept.iter().filter(same).map(|entry| entry.times.seal_until).max();
    let from = sealed_until.map_or(now, |until| until.max(now));
    let until = fresh.times.not_before;
    (from < until)
        .then(|| format!("  nobody can mint from {from} until {until}; `--now` leaves no such gap"))
}

fn name(entry: &RingEntry) -> String {
    format!("{} of {} ({})", entry.kid, entry.account, entry.version())
}

fn show(file: &Path) -> Result<(), String> {
    let mut ring = RingFile::read(file)?;
    let now = clock::now();
    ring.entries.sort_by_key(|entry| (entry.account, entry.times.not_before, entry.kid));
    let titles = ["KEY", "ACCOUNT", "VERSION", "STATE", "SEALS FROM", "SEALS UNTIL", "OPENS UNTIL"];
    let mut table = Table::titled(&titles);
    for entry in &ring.entries {
        let RingEntry { kid, account, times, .. } = entry;
        table.row(vec![
            kid.to_string(),
            account.to_string(),
            entry.version().to_string(),
            times.state(now).to_string(),
            times.not_before.to_string(),
            times.seal_until.to_string(),
            times.open_until.to_string(),
        ]);
    }
    print(&table.finish())
}

fn new_entry(
    account: AccountId,
    times: Times,
    issuer: Option<IssuerPublic>,
) -> Result<RingEntry, String> {
    let key = random::<32>()?;
    let kid = Kid(*random::<8>()?);
    RingEntry::new(kid, account, key, times, issuer).map_err(|error| error.to_string())
}

fn new_issuer() -> Result<IssuerKey, String> {
    random().map(|seed| IssuerKey::from_seed(&seed))
}

fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, String> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|error| format!("no randomness: {error}"))?;
    Ok(bytes)
}
