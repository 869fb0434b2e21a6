//! The files of a deployment in memory: to look at them, and to find out whether a change of them would be accepted
//! before anything is written.

use std::path::Path;

use super::load::whole_report;
use super::source::{Marks, Source, read_config};
use crate::config::{self, Config};
use crate::directory::Folder;
use crate::ident::UnixSeconds;
use crate::snapshot::{Settings, Snapshot, SourceFile, Sources};
use crate::strict::Problem;

/// The files as they were read, and what was changed since.
#[derive(Debug)]
pub struct Draft {
    config: Config,
    settings: Settings,
    warnings: Vec<Problem>,
    source: Source,
    marks: Marks,
    sources: Sources,
}

impl Draft {
    /// Reads everything that the configuration at `path` names, but the revocations. Nothing is compiled: the files may
    /// be wrong. `now` is for the report about a configuration that is.
    pub fn read(path: &Path, now: UnixSeconds) -> Result<Self, Vec<Problem>> {
        let name = path.display().to_string();
        let file = read_config(path)?;
        let (config, settings, warnings) =
            config::parse(&name, &file.text).map_err(|refused| whole_report(path, refused, now))?;
        let source = Source::new(path, &config.files);
        let (marks, sources) = source.read_marked()?;
        Ok(Self { config, settings, warnings, source, marks, sources })
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The policy documents, by the folder they lie in.
    pub fn policies(&self) -> &[(Folder, SourceFile)] {
        &self.sources.policies
    }

    /// The document with this path.
    pub fn policy(&self, path: &Path) -> Option<&SourceFile> {
        let name = path.display().to_string();
        self.sources.policies.iter().map(|(_, file)| file).find(|file| file.name == name)
    }

    /// Puts a document in its place, or in that of the one with the same path.
    pub fn put(&mut self, folder: Folder, path: &Path, text: &str) {
        self.remove(path);
        let file = SourceFile::new(&path.display().to_string(), text);
        self.sources.policies.push((folder, file));
    }

    /// Takes a document away.
    pub fn remove(&mut self, path: &Path) {
        let name = path.display().to_string();
        self.sources.policies.retain(|(_, file)| file.name != name);
    }

    /// Compiles the files as they are now; like [`Snapshot::compile`].
    pub fn compile(&self, now: UnixSeconds) -> Result<(Snapshot, Vec<Problem>), Vec<Problem>> {
        let with_warnings = |found: Vec<Problem>| {
            let mut problems = self.warnings.clone();
            problems.extend(found);
            problems
        };
        match Snapshot::compile(&self.sources, &self.settings, None, 1, now) {
            Ok((snapshot, found)) => Ok((snapshot, with_warnings(found))),
            Err(found) => Err(with_warnings(found)),
        }
    }

    /// Whether the files on the disk are still those that were read.
    pub fn is_current(&self) -> bool {
        self.source.marks().is_ok_and(|marks| marks == self.marks)
    }
}
