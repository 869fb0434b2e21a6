//! `ramgate policy`: a policy's life as an operator lives it.

mod change;
mod file;
mod list;
mod record;
mod show;
mod stock;

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};

use crate::clock;
use crate::directory::Folder;
use crate::ident::PolicyName;
use crate::reload::Draft;
use crate::snapshot::Snapshot;

use super::check::report;

/// What to do with policies.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List policies: kind, type, statements, attachments and file.
    List {
        /// The configuration file.
        #[arg(long)]
        config: PathBuf,
        /// Only policies of this kind; `system` lists all that come with the program.
        #[arg(long)]
        kind: Option<Kind>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show a policy: its document, where it is attached, who gets it, and when its statements last decided.
    Show {
        /// The name.
        name: PolicyName,
        /// The configuration file.
        #[arg(long)]
        config: PathBuf,
        /// The kind, where policies of several kinds have the name.
        #[arg(long)]
        kind: Option<Kind>,
        /// The audit record to read instead of the one that the configuration names.
        #[arg(long)]
        audit: Option<PathBuf>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Add a policy. Nothing is written unless all files still compile with it.
    Create {
        /// The name; the file will be `NAME.json`.
        name: PolicyName,
        /// The document; `-` is standard input.
        #[arg(long)]
        file: PathBuf,
        #[command(flatten)]
        change: Change,
    },
    /// Replace the document of a policy. Nothing is written unless all files still compile with it.
    Update {
        /// The name.
        name: PolicyName,
        /// The new document; `-` is standard input.
        #[arg(long)]
        file: PathBuf,
        #[command(flatten)]
        change: Change,
    },
    /// Remove a policy that is attached nowhere.
    Delete {
        /// The name.
        name: PolicyName,
        #[command(flatten)]
        change: Change,
    },
}

/// What all changes are told.
#[derive(Debug, clap::Args)]
pub(super) struct Change {
    /// The configuration file.
    #[arg(long)]
    config: PathBuf,
    /// The kind of the policy.
    #[arg(long, default_value = "identity")]
    kind: Kind,
    /// Check everything and write nothing.
    #[arg(long)]
    dry_run: bool,
}

/// A kind of policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// Custom policies of users, groups and roles.
    Identity,
    /// Control policies of folders and accounts.
    Control,
    /// Trust policies of roles.
    Trust,
    /// Policies of resources.
    Resource,
    /// Policies of sessions.
    Session,
    /// Policies that come with the program; they cannot be changed.
    System,
}

impl Kind {
    /// The kind of the documents of a folder.
    fn of(folder: Folder) -> Self {
        match folder {
            Folder::Identity => Self::Identity,
            Folder::Control => Self::Control,
            Folder::Trust => Self::Trust,
            Folder::Resource => Self::Resource,
            Folder::Session => Self::Session,
        }
    }

    /// The folder of its documents; system policies have none.
    fn folder(self) -> Option<Folder> {
        match self {
            Self::Identity => Some(Folder::Identity),
            Self::Control => Some(Folder::Control),
            Self::Trust => Some(Folder::Trust),
            Self::Resource => Some(Folder::Resource),
            Self::Session => Some(Folder::Session),
            Self::System => None,
        }
    }
}

/// As the option is written.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Identity => "identity",
            Self::Control => "control",
            Self::Trust => "trust",
            Self::Resource => "resource",
            Self::Session => "session",
            Self::System => "system",
        })
    }
}

/// Runs one of the commands.
pub(super) fn run(command: Command) -> Result<ExitCode, String> {
    match command {
        Command::List { config, kind, json } => list::run(&config, kind, json),
        Command::Show { name, config, kind, audit, json } => {
            show::run(&name, &config, kind, audit.as_deref(), json)
        }
        Command::Create { name, file, change } => change::create(&name, &file, &change),
        Command::Update { name, file, change } => change::update(&name, &file, &change),
        Command::Delete { name, change } => change::delete(&name, &change),
    }
}

/// Reads and compiles the files, to look at them.
fn look(config: &Path) -> Result<(Draft, Snapshot), String> {
    let refused = |problems: Vec<_>| format!("the files are refused\n{}", report(&problems));
    let draft = Draft::read(config, clock::now()).map_err(refused)?;
    let (snapshot, _warnings) = draft.compile(clock::now()).map_err(refused)?;
    Ok((draft, snapshot))
}
