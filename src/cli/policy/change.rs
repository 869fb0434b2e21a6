//! `ramgate policy create`, `update` and `delete`: one file of the bundle changes, and only if all files still compile.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::file;
use super::show::missing;
use super::stock::{Stock, built_in, parse_resource_policy};
use super::{Change, Kind};
use crate::cli::check::report;
use crate::cli::in_place;
use crate::cli::output::{count, print};
use crate::clock;
use crate::directory::Folder;
use crate::ident::PolicyName;
use crate::policy::PolicyType;
use crate::reload::Draft;
use crate::strict::{Problem, count_errors};

/// A policy file that is to be changed, and the bundle around it.
struct Target<'c> {
    /// Held until the change is made: of two commands, the second sees what the first has done.
    _lock: in_place::Lock,
    draft: Draft,
    change: &'c Change,
    folder: Folder,
    path: PathBuf,
}

/// Adds a policy.
pub(super) fn create(
    name: &PolicyName,
    document: &Path,
    change: &Change,
) -> Result<ExitCode, String> {
    let text = file::read_document(document)?; // before the lock is held: it may come from a terminal
    let target = Target::find(name, change)?;
    if target.draft.policy(&target.path).is_some() || target.path.symlink_metadata().is_ok() {
        let (kind, path) = (change.kind, target.path.display());
        return Err(format!(
            "there is already a policy `{name}` of kind {kind}: {path}; `ramgate policy update` replaces it"
        ));
    }
    target.write(&text, document, "created", "would create")
}

/// Replaces the document of a policy.
pub(super) fn update(
    name: &PolicyName,
    document: &Path,
    change: &Change,
) -> Result<ExitCode, String> {
    let text = file::read_document(document)?;
    let target = Target::find(name, change)?;
    target.must_exist(name)?;
    target.write(&text, document, "updated", "would update")
}

/// Removes a policy that nothing names.
pub(super) fn delete(name: &PolicyName, change: &Change) -> Result<ExitCode, String> {
    let mut target = Target::find(name, change)?;
    target.must_exist(name)?;
    target.refuse_attached(name)?;
    target.draft.remove(&target.path);
    let warnings = match target.draft.compile(clock::now()) {
        Ok((_, warnings)) => warnings,
        Err(problems) => return refused(&problems),
    };
    let done = if change.dry_run { "would delete" } else { "deleted" };
    if !change.dry_run {
        target.must_be_current()?;
        in_place::remove(&target.path)?;
    }
    tell(&warnings, done, &target.path)
}

impl<'c> Target<'c> {
    fn find(name: &PolicyName, change: &'c Change) -> Result<Self, String> {
        let Some(folder) = change.kind.folder() else {
            return Err(format!(
                "system policies come with the program and cannot be changed; `ramgate policy show {name} --kind system` shows one to start a policy of your own from"
            ));
        };
        let lock = in_place::lock_beside(&change.config)?;
        let draft = Draft::read(&change.config, clock::now())
            .map_err(|problems| format!("the files cannot be read\n{}", report(&problems)))?;
        let mut folders = draft.config().files.policy_folders();
        let place = folders.find(|(other, _)| *other == folder).map(|(_, path)| path.clone());
        let place = place.ok_or_else(|| {
            let field = folder.field();
            format!(
                "{} names no folder for policies of kind {}; add `files.{field}` to it",
                change.config.display(),
                change.kind
            )
        })?;
        drop(folders);
        file::check_folder(&place)?;
        let path = place.join(format!("{name}.json"));
        in_place::check_target(&path)?;
        Ok(Self { _lock: lock, draft, change, folder, path })
    }

    fn must_exist(&self, name: &PolicyName) -> Result<(), String> {
        if self.draft.policy(&self.path).is_some() {
            return Ok(());
        }
        if self.change.kind == Kind::Identity && built_in(name.as_str()).is_some() {
            return Err(format!("`{name}` is a system policy: it cannot be changed"));
        }
        let own = self.draft.policies().iter().filter(|(folder, _)| *folder == self.folder);
        let stems = own.filter_map(|(_, file)| Path::new(&file.name).file_stem()?.to_str());
        let known: Vec<String> = stems.map(str::to_owned).collect();
        Err(missing(name.as_str(), Some(self.change.kind), &known))
    }

    /// Like RAM's own refusal to delete a policy that is in use.
    fn refuse_attached(&self, name: &PolicyName) -> Result<(), String> {
        // A bundle that does not compile: then the report without the file says who misses it.
        let Ok((snapshot, _)) = self.draft.compile(clock::now()) else { return Ok(()) };
        let mut policies = Stock::take(&self.draft, &snapshot).into_policies();
        let places = policies
            .find(|stocked| {
                stocked.folder == self.folder
                    && stocked.from == PolicyType::Custom
                    && stocked.name == name.as_str()
            })
            .map(|stocked| stocked.places)
            .unwrap_or_default();
        if places.is_empty() {
            return Ok(());
        }
        let places: Vec<String> = places.iter().map(|place| format!("  {place}\n")).collect();
        Err(format!(
            "`{name}` is attached in {} (DeleteConflict.Policy); detach it first:\n{}",
            count(places.len(), "place"),
            places.concat().trim_end()
        ))
    }

    fn write(
        mut self,
        text: &str,
        document: &Path,
        done: &str,
        would: &str,
    ) -> Result<ExitCode, String> {
        if self.draft.policy(&self.path).is_some_and(|file| *file.text == *text) {
            print(&format!("{} is that document already\n", self.path.display()))?;
            return Ok(ExitCode::SUCCESS);
        }
        self.draft.put(self.folder, &self.path, text);
        let warnings = match self.compile(text) {
            Ok(warnings) => warnings,
            Err(problems) => return refused(&as_given(problems, &self.path, document)),
        };
        if !self.change.dry_run {
            self.must_be_current()?;
            file::replace(&self.path, text)?;
        }
        let done = if self.change.dry_run { would } else { done };
        tell(&as_given(warnings, &self.path, document), done, &self.path)
    }

    /// Compiles all files; a resource policy that is attached nowhere would not be looked at.
    fn compile(&self, text: &str) -> Result<Vec<Problem>, Vec<Problem>> {
        let label = self.path.display().to_string();
        let unread = match self.folder {
            Folder::Resource => parse_resource_policy(text, &label).err().unwrap_or_default(),
            Folder::Identity | Folder::Control | Folder::Trust | Folder::Session => Vec::new(),
        };
        match self.draft.compile(clock::now()) {
            Ok((_, warnings)) if unread.is_empty() => Ok(warnings),
            Ok((_, mut problems)) => {
                problems.extend(unread);
                Err(problems)
            }
            Err(problems) => Err(problems),
        }
    }

    /// What was checked is what is changed.
    fn must_be_current(&self) -> Result<(), String> {
        if self.draft.is_current() {
            return Ok(());
        }
        Err("the files changed while this was being checked; nothing is written, try again".into())
    }
}

/// The lines of a document are those of the file that the operator wrote it in.
fn as_given(mut problems: Vec<Problem>, path: &Path, document: &Path) -> Vec<Problem> {
    let (path, document) = (path.display().to_string(), document.display().to_string());
    for problem in problems.iter_mut().filter(|problem| problem.file == path) {
        problem.file.clone_from(&document);
    }
    problems
}

fn refused(problems: &[Problem]) -> Result<ExitCode, String> {
    print(&format!(
        "{}{}; nothing is written\n",
        report(problems),
        count(count_errors(problems), "error")
    ))?;
    Ok(ExitCode::FAILURE)
}

fn tell(warnings: &[Problem], done: &str, path: &Path) -> Result<ExitCode, String> {
    print(&format!("{}{done} {}\n", report(warnings), path.display()))?;
    Ok(ExitCode::SUCCESS)
}
