//! Every policy that an attachment can name, compiled.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::ident::PolicyName;
use crate::policy::{self, Compiled, PolicyType, SystemPolicy, Vocabulary};
use crate::strict::{Position, Problem};

/// Rebuilt policies of the vendor that need no opt-in (SYS-02).
const RECONSTRUCTED_BUT_ON: [&str; 3] =
    ["AdministratorAccess", "AliyunARMSFullAccess", "AliyunARMSReadOnlyAccess"];

/// A file with a custom policy. Its stem is the name of the policy.
#[derive(Clone, Copy, Debug)]
pub struct PolicyFile<'t> {
    /// The file as the operator named it, with its folder.
    pub name: &'t str,
    /// The document.
    pub text: &'t str,
}

/// What a look-up of a custom policy finds.
#[derive(Debug)]
pub(super) enum CustomLookup {
    Found(Arc<Compiled>),
    /// It does not compile, which has been reported.
    Broken,
    Unknown,
}

/// What a look-up of a system policy finds.
#[derive(Debug)]
pub(super) enum SystemLookup {
    Found(Arc<Compiled>),
    /// Known, but its document is rebuilt and nobody accepted it: it grants nothing.
    NotAccepted,
    /// It does not compile, which has been reported: the load fails (SYS-05).
    Broken,
    Unknown,
}

/// Custom policies, and the system policies that have been asked for so far.
#[derive(Debug)]
pub struct PolicyBook<'v> {
    vocabulary: &'v Vocabulary,
    accepted: &'v [PolicyName],
    custom: BTreeMap<PolicyName, Option<Arc<Compiled>>>,
    system: HashMap<PolicyName, Arc<Compiled>>,
    problems: Vec<Problem>,
}

impl<'v> PolicyBook<'v> {
    /// Compiles the custom policies. `accepted` names rebuilt system policies that the operator wants to use.
    pub fn compile(
        files: &[PolicyFile<'_>],
        accepted: &'v [PolicyName],
        vocabulary: &'v Vocabulary,
    ) -> Self {
        let custom = BTreeMap::new();
        let (system, problems) = (HashMap::new(), Vec::new());
        let mut book = Self { vocabulary, accepted, custom, system, problems };
        for file in files {
            book.add(file);
        }
        book
    }

    /// Everything that is wrong with the policies themselves.
    pub fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    fn add(&mut self, file: &PolicyFile<'_>) {
        let name = match stem(file.name).parse::<PolicyName>() {
            Ok(name) => name,
            Err(error) => {
                let problem = Problem::error(file.name, Position::START, "", error.to_string());
                self.problems
                    .push(problem.help("the file's name without `.json` names the policy"));
                return;
            }
        };
        let compiled = self.compile_text(&name, file, PolicyType::Custom);
        self.custom.insert(name, compiled);
    }

    fn compile_text(
        &mut self,
        name: &PolicyName,
        file: &PolicyFile<'_>,
        kind: PolicyType,
    ) -> Option<Arc<Compiled>> {
        let compiled = policy::parse(file.text, file.name)
            .and_then(|document| policy::compile(&document, name, kind, self.vocabulary));
        match compiled {
            Ok(compiled) => Some(Arc::new(compiled)),
            Err(problems) => {
                self.problems.extend(problems);
                None
            }
        }
    }

    pub(super) fn custom(&self, name: &PolicyName) -> CustomLookup {
        match self.custom.get(name) {
            Some(Some(compiled)) => CustomLookup::Found(Arc::clone(compiled)),
            Some(None) => CustomLookup::Broken,
            None => CustomLookup::Unknown,
        }
    }

    pub(super) fn custom_names(&self) -> impl Iterator<Item = &str> {
        self.custom.keys().map(PolicyName::as_str)
    }

    pub(super) fn custom_count(&self) -> usize {
        self.custom.len()
    }

    pub(super) fn system(&mut self, name: &PolicyName) -> SystemLookup {
        if let Some(compiled) = self.system.get(name) {
            return SystemLookup::Found(Arc::clone(compiled));
        }
        let Some(found) = policy::system_policies().iter().find(|it| it.name == name.as_str())
        else {
            return SystemLookup::Unknown;
        };
        if !self.accepts(found, name) {
            return SystemLookup::NotAccepted;
        }
        let label = format!("system policy {name}");
        let file = PolicyFile { name: &label, text: found.text };
        match self.compile_text(name, &file, PolicyType::System) {
            Some(compiled) => {
                self.system.insert(name.clone(), Arc::clone(&compiled));
                SystemLookup::Found(compiled)
            }
            None => SystemLookup::Broken,
        }
    }

    fn accepts(&self, policy: &SystemPolicy, name: &PolicyName) -> bool {
        !policy.reconstructed
            || RECONSTRUCTED_BUT_ON.contains(&policy.name)
            || self.accepted.contains(name)
    }
}

fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.strip_suffix(".json").unwrap_or(name)
}
