//! From files to a generation, or to everything that is wrong with them.

use std::sync::Arc;

use super::sources::{KeysAccess, RootKeys, Settings, SourceFile, Sources};
use super::{Meaning, Snapshot, catalog};
use crate::credential::{self, AccessKey, AccessKeys, KeyEntry, KeyOwner};
use crate::directory::{self, Directory, PolicyBook, PolicyFile};
use crate::ident::{Principal, UnixSeconds, UserName};
use crate::policy::Vocabulary;
use crate::strict::{Position, Problem, Severity, count_errors, nearest};

/// The bit of a file's mode that lets everybody read it.
const READABLE_BY_ALL: u32 = 0o004;

impl Snapshot {
    /// Compiles all files together. The catalogue of `previous` is used again while its files are the same. The
    /// warnings of a success, and the warnings and errors of a failure, come back.
    pub fn compile(
        sources: &Sources,
        settings: &Settings,
        previous: Option<&Self>,
        generation: u64,
        now: UnixSeconds,
    ) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        let mut problems = Vec::new();
        let meaning = meaning(sources, previous, &mut problems);
        if let Some(meaning) = &meaning {
            check_routed(settings, &meaning.products, &mut problems);
        }
        let stand_in = meaning.is_none().then(catalog::builtin_vocabulary);
        let vocabulary = meaning.as_ref().map(|meaning| &*meaning.vocabulary).or(stand_in.as_ref());
        let directory =
            vocabulary.map(|words| compile_directory(sources, settings, words, &mut problems));
        let keys = directory
            .as_ref()
            .map(|directory| compile_keys(sources, settings, directory, &mut problems));
        let (Some(meaning), Some(directory), Some(keys)) = (meaning, directory, keys) else {
            return Err(problems);
        };
        if count_errors(&problems) > 0 {
            return Err(problems);
        }
        let digest = sources.digest();
        let dummy = digest.dummy_secret();
        let custom_policies = sources.policies.len();
        let created = now;
        let snapshot =
            Self { generation, digest, created, meaning, directory, keys, custom_policies, dummy };
        Ok((snapshot, problems))
    }
}

fn meaning(
    sources: &Sources,
    previous: Option<&Snapshot>,
    problems: &mut Vec<Problem>,
) -> Option<Arc<Meaning>> {
    match catalog::compile(sources, previous.map(|snapshot| &snapshot.meaning)) {
        Ok(meaning) => Some(meaning),
        Err(found) => {
            problems.extend(found);
            None
        }
    }
}

fn check_routed(settings: &Settings, products: &[String], problems: &mut Vec<Problem>) {
    for routed in settings.routed.iter().filter(|routed| !products.contains(&routed.value)) {
        let known: Vec<&str> = products.iter().map(String::as_str).collect();
        let help = match nearest(&routed.value, &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("describe it in the catalogue; known products: {}", known.join(", ")),
        };
        let message = format!("no catalogue file describes the product `{}`", routed.value);
        let file = &settings.config_file;
        problems.push(Problem::error(file, routed.at, &routed.field, message).help(help));
    }
}

fn compile_directory(
    sources: &Sources,
    settings: &Settings,
    vocabulary: &Vocabulary,
    problems: &mut Vec<Problem>,
) -> Directory {
    let policies: Vec<PolicyFile<'_>> = sources
        .policies
        .iter()
        .map(|file| PolicyFile { name: &file.name, text: &file.text })
        .collect();
    let mut book = PolicyBook::compile(&policies, &settings.accepted, vocabulary);
    let (listing, found) = directory::parse(&sources.directory.name, &sources.directory.text);
    problems.extend(found);
    let (directory, found) = directory::build(&listing, settings.account, &mut book);
    problems.extend(found);
    problems.extend(book.into_problems());
    directory
}

fn compile_keys(
    sources: &Sources,
    settings: &Settings,
    directory: &Directory,
    problems: &mut Vec<Problem>,
) -> AccessKeys {
    let file = &sources.keys;
    // Users of a broken directory are missing for another reason, which has been said.
    let of_directory = |problem: &&Problem| problem.file == sources.directory.name;
    let broken =
        problems.iter().filter(of_directory).any(|problem| problem.severity == Severity::Error);
    let (entries, found) = check_keys(file, settings);
    problems.extend(found);
    if broken {
        return AccessKeys::default();
    }
    let link = |entry: KeyEntry| link(entry, &file.name, settings, directory, problems);
    entries.into_iter().filter_map(link).collect()
}

fn check_keys(file: &SourceFile, settings: &Settings) -> (Vec<KeyEntry>, Vec<Problem>) {
    let (entries, mut problems) = credential::parse(&file.name, &file.text);
    let readable = file.mode.is_some_and(|mode| mode & READABLE_BY_ALL != 0);
    if readable && settings.keys_access == KeysAccess::Private {
        let help = "`chmod o-r` it (in Kubernetes `defaultMode: 0440` and `fsGroup`), or set \
                    `access_keys.allow_world_readable`";
        let message = "everybody on this machine can read the AccessKey secrets";
        problems.push(Problem::error(&file.name, Position::START, "", message).help(help));
    }
    (entries, problems)
}

/// A pair with its owner; `None` when it stands for nobody that may use it.
fn link(
    entry: KeyEntry,
    file: &str,
    settings: &Settings,
    directory: &Directory,
    problems: &mut Vec<Problem>,
) -> Option<AccessKey> {
    let (owner, problem) = match &entry.owner {
        KeyOwner::Root => root(&entry, file, settings),
        KeyOwner::User(name) => match directory.user_named(name) {
            Some(user) => (Some(user.principal.clone()), None),
            None => (None, Some(ownerless(&entry, name, file))),
        },
    };
    problems.extend(problem);
    let KeyEntry { id, secret, status, .. } = entry;
    Some(AccessKey { id, owner: owner?, secret, status })
}

/// The directory may live in another volume and come later: a warning, not an error.
fn ownerless(entry: &KeyEntry, user: &UserName, file: &str) -> Problem {
    let message =
        format!("AccessKey `{}` is not used: there is no user `{user}` in the directory", entry.id);
    let help = "it starts to work when the user appears; remove it if that will not happen";
    Problem::warning(file, entry.at, &format!("{}.user", entry.field), message).help(help)
}

fn root(entry: &KeyEntry, file: &str, settings: &Settings) -> (Option<Principal>, Option<Problem>) {
    let field = format!("{}.root", entry.field);
    match settings.root_keys {
        RootKeys::Refused => {
            let message = format!("AccessKey `{}` of root is not used", entry.id);
            let help = "give its callers a user of their own, or set `access_keys.allow_root`";
            (None, Some(Problem::warning(file, entry.at, &field, message).help(help)))
        }
        RootKeys::Allowed => {
            let message = format!("AccessKey `{}` of root may do everything", entry.id);
            let help = "give its callers a user of their own";
            let problem = Problem::warning(file, entry.at, &field, message).help(help);
            (Some(Principal::Root { account: settings.account }), Some(problem))
        }
    }
}
