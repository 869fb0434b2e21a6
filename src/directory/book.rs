//! Every policy that an attachment can name, compiled.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::ident::PolicyName;
use crate::policy::{self, DocumentKind, Policy, PolicyType, SystemPolicy};
use crate::strict::{Position, Problem};

/// Rebuilt policies of the vendor that need no opt-in (SYS-02).
const RECONSTRUCTED_BUT_ON: [&str; 3] =
    ["AdministratorAccess", "AliyunARMSFullAccess", "AliyunARMSReadOnlyAccess"];

/// The control policy of the vendor, which is attached like any other (decisions, Meaning).
const FULL_ACCESS_TEXT: &str =
    r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// A folder of documents of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Folder {
    /// Custom policies.
    Identity,
    /// Control policies.
    Control,
    /// Trust policies.
    Trust,
    /// Resource-based policies.
    Resource,
    /// Session policies.
    Session,
}

impl Folder {
    fn of(kind: DocumentKind) -> Self {
        match kind {
            DocumentKind::Identity => Self::Identity,
            DocumentKind::Control => Self::Control,
            DocumentKind::Trust => Self::Trust,
            DocumentKind::Resource(_) => Self::Resource,
            DocumentKind::Session => Self::Session,
        }
    }

    /// The kind of its documents; for resource-based policies, the resource decides.
    fn kind(self) -> Option<DocumentKind> {
        match self {
            Self::Identity => Some(DocumentKind::Identity),
            Self::Control => Some(DocumentKind::Control),
            Self::Trust => Some(DocumentKind::Trust),
            Self::Session => Some(DocumentKind::Session),
            Self::Resource => None,
        }
    }

    /// The field of the configuration that names it.
    pub fn field(self) -> &'static str {
        match self {
            Self::Identity => "policies",
            Self::Control => "control_policies",
            Self::Trust => "trust_policies",
            Self::Resource => "resource_policies",
            Self::Session => "session_policies",
        }
    }
}

/// A file with a document. Its stem is the name of the policy.
#[derive(Clone, Copy, Debug)]
pub struct PolicyFile<'t> {
    /// The folder it lies in.
    pub folder: Folder,
    /// The file as the operator named it, with its folder.
    pub name: &'t str,
    /// The document.
    pub text: &'t str,
}

/// What a look-up of a system policy finds.
#[derive(Debug)]
pub(super) enum SystemLookup {
    Found(Arc<Policy>),
    /// Known, but its document is rebuilt and nobody accepted it: it grants nothing.
    NotAccepted,
    /// It does not compile, which has been reported: the load fails (SYS-05).
    Broken,
    Unknown,
}

/// Every document of the deployment, and the system policies that have been asked for so far.
#[derive(Debug)]
pub struct PolicyBook<'v> {
    accepted: &'v [PolicyName],
    files: BTreeMap<(Folder, PolicyName), PolicyFile<'v>>,
    compiled: HashMap<(DocumentKind, PolicyName), Option<Arc<Policy>>>,
    system: HashMap<PolicyName, Arc<Policy>>,
    used: BTreeSet<(Folder, PolicyName)>,
    problems: Vec<Problem>,
}

impl<'v> PolicyBook<'v> {
    /// The name of the vendor's control policy.
    pub const FULL_ACCESS: &'static str = "FullAliyunAccess";

    /// Compiles the documents. `accepted` names rebuilt system policies that the operator wants to use.
    pub fn compile(files: &[PolicyFile<'v>], accepted: &'v [PolicyName]) -> Self {
        let mut book = Self {
            accepted,
            files: BTreeMap::new(),
            compiled: HashMap::new(),
            system: HashMap::new(),
            used: BTreeSet::new(),
            problems: Vec::new(),
        };
        for file in files {
            book.add(*file);
        }
        book
    }

    /// Everything that is wrong with the policies themselves, and those that nothing names.
    pub fn into_problems(mut self) -> Vec<Problem> {
        for ((folder, name), file) in &self.files {
            let attached = self.used.contains(&(*folder, name.clone()));
            if !attached && *folder != Folder::Identity {
                let message = format!("nothing in the other files uses `{name}`");
                let problem = Problem::warning(file.name, Position::START, "", message);
                self.problems.push(problem.help("attach it, or remove the file"));
            }
        }
        self.problems
    }

    /// Every compiled document of the deployment, by kind and name.
    pub fn policies(&self) -> impl Iterator<Item = (DocumentKind, &Arc<Policy>)> {
        let compiled = self.compiled.iter();
        compiled.filter_map(|((kind, _), policy)| Some((*kind, policy.as_ref()?)))
    }

    fn add(&mut self, file: PolicyFile<'v>) {
        let name = match stem(file.name).parse::<PolicyName>() {
            Ok(name) => name,
            Err(error) => {
                let problem = Problem::error(file.name, Position::START, "", error.to_string());
                self.problems
                    .push(problem.help("the file's name without `.json` names the policy"));
                return;
            }
        };
        if let Some(kind) = file.folder.kind() {
            let policy = self.compile_text(kind, &name, &file, PolicyType::Custom);
            self.compiled.insert((kind, name.clone()), policy);
        }
        self.files.insert((file.folder, name), file);
    }

    fn compile_text(
        &mut self,
        kind: DocumentKind,
        name: &PolicyName,
        file: &PolicyFile<'_>,
        from: PolicyType,
    ) -> Option<Arc<Policy>> {
        match policy::parse(kind, file.text, file.name) {
            Ok(document) => Some(Arc::new(Policy::new(name.as_str(), from, document))),
            Err(problems) => {
                self.problems.extend(problems);
                None
            }
        }
    }

    /// The document of a file. `None`: there is no such file. `Some(None)`: it does not compile, which has been reported.
    pub fn find(&mut self, kind: DocumentKind, name: &PolicyName) -> Option<Option<Arc<Policy>>> {
        let file = *self.files.get(&(Folder::of(kind), name.clone()))?;
        self.used.insert((file.folder, name.clone()));
        if let Some(policy) = self.compiled.get(&(kind, name.clone())) {
            return Some(policy.clone());
        }
        let policy = self.compile_text(kind, name, &file, PolicyType::Custom);
        self.compiled.insert((kind, name.clone()), policy.clone());
        Some(policy)
    }

    /// The names of the files of a kind.
    pub fn names(&self, kind: DocumentKind) -> impl Iterator<Item = &str> {
        let folder = Folder::of(kind);
        let own = self.files.keys().filter(move |(other, _)| *other == folder);
        own.map(|(_, name)| name.as_str())
    }

    /// How many files there are of a kind.
    pub fn count(&self, kind: DocumentKind) -> usize {
        self.names(kind).count()
    }

    /// The control policy of the vendor; like [`Self::find`].
    pub(super) fn system_control(&mut self, name: &PolicyName) -> Option<Option<Arc<Policy>>> {
        if name.as_str() != Self::FULL_ACCESS {
            return None;
        }
        let label = format!("system policy {name}");
        let file = PolicyFile { folder: Folder::Control, name: &label, text: FULL_ACCESS_TEXT };
        Some(self.compile_text(DocumentKind::Control, name, &file, PolicyType::System))
    }

    pub(super) fn system(&mut self, name: &PolicyName) -> SystemLookup {
        if let Some(policy) = self.system.get(name) {
            return SystemLookup::Found(Arc::clone(policy));
        }
        let Some(found) = policy::system_policies().iter().find(|it| it.name == name.as_str())
        else {
            return SystemLookup::Unknown;
        };
        if !self.accepts(found, name) {
            return SystemLookup::NotAccepted;
        }
        let label = format!("system policy {name}");
        let file = PolicyFile { folder: Folder::Identity, name: &label, text: found.text };
        match self.compile_text(DocumentKind::Identity, name, &file, PolicyType::System) {
            Some(policy) => {
                self.system.insert(name.clone(), Arc::clone(&policy));
                SystemLookup::Found(policy)
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
