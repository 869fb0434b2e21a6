//! What still takes effect while some file is broken. Nothing may be added then, since nobody knows what the whole was to be;
//! but what the sound files no longer give is meant to be gone, and waits for nobody.
//!
//! The broken files are put back to what they were when they were last sound, and the result is asked beside the generation in
//! force: a call needs both. So it can only take away, however the two were mixed.

use std::collections::HashSet;
use std::sync::Arc;

use super::Snapshot;
use super::sources::{Settings, SourceFile, Sources};
use crate::directory::Folder;
use crate::ident::UnixSeconds;
use crate::policy::{self, DocumentKind};
use crate::strict::{Problem, Severity};

/// A file that is put back may show what is wrong with another. Each round compiles everything.
const ROUNDS_MAX: usize = 3;

/// What stands for a new policy that is broken: it permits nothing.
const GRANTS_NOTHING: &str =
    r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"ramgate:Nothing","Resource":"*"}]}"#;
const TRUSTS_NOBODY: &str = r#"{"Version":"1","Statement":[{"Effect":"Deny","Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::1:root"]}}]}"#;

/// What can be made of files that do not compile as a whole.
#[derive(Debug)]
pub enum Restraint {
    /// Nothing but broken files differs from the generation in force.
    Needless,
    /// Nothing can be said about these: what counted before them counts on.
    Unclear,
    /// This is to be asked beside the generation in force.
    Found {
        /// What the files give where they are sound.
        snapshot: Arc<Snapshot>,
        /// Each file as it was when it was last sound.
        sound: Arc<Sources>,
    },
}

impl Restraint {
    /// What `changed`, which does not compile because of `problems`, gives where it is sound. `sound` are all files as they
    /// were when each was last sound, and `in_force` those of `previous`, the generation in force.
    pub fn compile(
        changed: &Sources,
        sound: &Sources,
        in_force: &Sources,
        problems: &[Problem],
        settings: &Settings,
        previous: &Snapshot,
        now: UnixSeconds,
    ) -> Self {
        let mut mended = Mended::new(changed, sound);
        let mut found = errors(problems);
        for _round in 0..ROUNDS_MAX {
            if !mended.put_back(found, &settings.config_file) {
                return Self::Unclear;
            }
            if mended.without_stand_ins().digest() == in_force.digest() {
                return Self::Needless;
            }
            let sources = &mended.sources;
            match Snapshot::compile(sources, settings, Some(previous), previous.generation, now) {
                Ok((snapshot, _)) => {
                    let sound = Arc::new(mended.without_stand_ins());
                    return Self::Found { snapshot: Arc::new(snapshot), sound };
                }
                Err(problems) => found = errors(&problems),
            }
        }
        Self::Unclear
    }
}

fn errors(problems: &[Problem]) -> HashSet<String> {
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
    errors.map(|problem| problem.file.clone()).collect()
}

/// Files that are put back one by one.
struct Mended<'g> {
    sources: Sources,
    good: &'g Sources,
    broken: HashSet<String>,
    /// Policies in whose place something else stands.
    stood_in: HashSet<String>,
}

impl<'g> Mended<'g> {
    fn new(changed: &Sources, good: &'g Sources) -> Self {
        let mut sources = changed.clone();
        // An attachment may name a policy that is gone, and a provider a set of keys.
        let names: HashSet<&str> = changed.policies.iter().map(|(_, it)| &*it.name).collect();
        let gone = good.policies.iter().filter(|(_, file)| !names.contains(&*file.name));
        sources.policies.extend(gone.cloned());
        let names: HashSet<&str> = changed.jwks.iter().map(|it| &*it.name).collect();
        let gone = good.jwks.iter().filter(|file| !names.contains(&*file.name));
        sources.jwks.extend(gone.cloned());
        let mut mended = Self { sources, good, broken: HashSet::new(), stood_in: HashSet::new() };
        mended.sort();
        mended
    }

    /// Whether that made a difference.
    fn put_back(&mut self, found: HashSet<String>, config_file: &str) -> bool {
        if found.is_subset(&self.broken) {
            return false;
        }
        // What a route names, the catalogue has no more.
        if found.contains(config_file) {
            self.sources.catalog.clone_from(&self.good.catalog);
        }
        self.broken.extend(found);
        self.put_back_single();
        self.put_back_policies();
        put_back_all(&mut self.sources.catalog, &self.good.catalog, &self.broken);
        put_back_all(&mut self.sources.jwks, &self.good.jwks, &self.broken);
        true
    }

    fn put_back_single(&mut self) {
        let (sources, good) = (&mut self.sources, self.good);
        for (file, good) in
            [(&mut sources.directory, &good.directory), (&mut sources.keys, &good.keys)]
        {
            if self.broken.contains(&file.name) {
                *file = good.clone();
            }
        }
        for (file, good) in [
            (&mut sources.organization, &good.organization),
            (&mut sources.resources, &good.resources),
            (&mut sources.buckets, &good.buckets),
            (&mut sources.tags, &good.tags),
            (&mut sources.token_ring, &good.token_ring),
            (&mut sources.issuer_key, &good.issuer_key),
        ] {
            if file.as_ref().is_some_and(|file| self.broken.contains(&file.name)) {
                file.clone_from(good);
            }
        }
    }

    fn put_back_policies(&mut self) {
        let (good, broken, stood_in) = (self.good, &self.broken, &mut self.stood_in);
        self.sources.policies.retain_mut(|(folder, file)| {
            if !broken.contains(&file.name) {
                return true;
            }
            let before = good.policies.iter().find(|(_, before)| before.name == file.name);
            match (before, stand_in(*folder, file)) {
                (Some((_, before)), _) => *file = before.clone(),
                (None, Some(text)) => {
                    stood_in.insert(file.name.clone());
                    *file = SourceFile::new(&file.name, text);
                }
                (None, None) => return false,
            }
            true
        });
    }

    /// The files without policies that nobody has.
    fn without_stand_ins(&self) -> Sources {
        let mut sources = self.sources.clone();
        sources.policies.retain(|(_, file)| !self.stood_in.contains(&file.name));
        sources
    }

    /// In the order in which they are read.
    fn sort(&mut self) {
        let name = |file: &SourceFile| file.name.clone();
        self.sources.policies.sort_by_cached_key(|(folder, file)| (*folder, name(file)));
        self.sources.jwks.sort_by_cached_key(name);
    }
}

fn put_back_all(files: &mut Vec<SourceFile>, good: &[SourceFile], broken: &HashSet<String>) {
    files.retain_mut(|file| {
        if !broken.contains(&file.name) {
            return true;
        }
        let before = good.iter().find(|before| before.name == file.name);
        before.is_some_and(|before| {
            *file = before.clone();
            true
        })
    });
}

/// What a document that was never sound counts as, where that permits nothing and denies nothing. Of the other kinds, and of
/// those that can be read and cost too much, whoever names them is put back too.
fn stand_in(folder: Folder, file: &SourceFile) -> Option<&'static str> {
    let (kind, text) = match folder {
        Folder::Identity => (DocumentKind::Identity, GRANTS_NOTHING),
        Folder::Trust => (DocumentKind::Trust, TRUSTS_NOBODY),
        Folder::Control | Folder::Resource | Folder::Session => return None,
    };
    policy::parse(kind, &file.text, &file.name).is_err().then_some(text)
}
