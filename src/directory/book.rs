//! Every policy that an attachment can name, compiled.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::ident::PolicyName;
use crate::policy::{self, DocumentKind, OidcRule, Policy, PolicyType, SystemPolicy};
use crate::strict::{Position, Problem};

/// Rebuilt policies of the vendor that need no opt-in (SYS-02).
const RECONSTRUCTED_BUT_ON: [&str; 3] =
    ["AdministratorAccess", "AliyunARMSFullAccess", "AliyunARMSReadOnlyAccess"];

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
    /// Where documents of a kind lie.
    pub fn of(kind: DocumentKind) -> Self {
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

/// What a look-up finds.
#[derive(Clone, Debug)]
pub enum Lookup {
    /// The policy.
    Found(Arc<Policy>),
    /// It does not compile, which has been reported: the load fails.
    Broken,
    /// There is none of this name.
    Unknown,
    /// A policy of the vendor whose document is rebuilt and that nobody accepted: it grants nothing.
    NotAccepted,
}

impl Lookup {
    fn of(compiled: Option<&Arc<Policy>>) -> Self {
        compiled.map_or(Self::Broken, |policy| Self::Found(Arc::clone(policy)))
    }
}

/// Every document of the deployment, and the system policies that have been asked for so far.
#[derive(Debug)]
pub struct PolicyBook<'v> {
    accepted: &'v [PolicyName],
    oidc: OidcRule,
    files: BTreeMap<(Folder, PolicyName), PolicyFile<'v>>,
    compiled: HashMap<(DocumentKind, PolicyName), Option<Arc<Policy>>>,
    system: HashMap<PolicyName, Arc<Policy>>,
    used: BTreeSet<(Folder, PolicyName)>,
    problems: Vec<Problem>,
}

impl<'v> PolicyBook<'v> {
    /// The name of the vendor's control policy.
    pub const FULL_ACCESS: &'static str = "FullAliyunAccess";

    /// The document of the vendor's control policy, which is attached like any other (decisions, Meaning).
    pub const FULL_ACCESS_TEXT: &'static str =
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

    /// Compiles the documents. `accepted` names rebuilt system policies that the operator wants to use.
    pub fn compile(files: &[PolicyFile<'v>], accepted: &'v [PolicyName], oidc: OidcRule) -> Self {
        let mut book = Self {
            accepted,
            oidc,
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
        match policy::parse_with(kind, self.oidc, file.text, file.name) {
            Ok(document) => Some(Arc::new(Policy::new(name.as_str(), from, document))),
            Err(problems) => {
                self.problems.extend(problems);
                None
            }
        }
    }

    /// The document of a file.
    pub fn find(&mut self, kind: DocumentKind, name: &PolicyName) -> Lookup {
        let Some(file) = self.files.get(&(Folder::of(kind), name.clone())).copied() else {
            return Lookup::Unknown;
        };
        self.used.insert((file.folder, name.clone()));
        if let Some(policy) = self.compiled.get(&(kind, name.clone())) {
            return Lookup::of(policy.as_ref());
        }
        let policy = self.compile_text(kind, name, &file, PolicyType::Custom);
        let lookup = Lookup::of(policy.as_ref());
        self.compiled.insert((kind, name.clone()), policy);
        lookup
    }

    /// The text of a document.
    pub(super) fn text(&self, kind: DocumentKind, name: &PolicyName) -> Option<&'v str> {
        self.files.get(&(Folder::of(kind), name.clone())).map(|file| file.text)
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
    pub(super) fn system_control(&mut self, name: &PolicyName) -> Lookup {
        if name.as_str() != Self::FULL_ACCESS {
            return Lookup::Unknown;
        }
        let label = format!("system policy {name}");
        let file =
            PolicyFile { folder: Folder::Control, name: &label, text: Self::FULL_ACCESS_TEXT };
        let policy = self.compile_text(DocumentKind::Control, name, &file, PolicyType::System);
        Lookup::of(policy.as_ref())
    }

    pub(super) fn system(&mut self, name: &PolicyName) -> Lookup {
        if let Some(policy) = self.system.get(name) {
            return Lookup::Found(Arc::clone(policy));
        }
        let Some(found) = policy::system_policies().iter().find(|it| it.name == name.as_str())
        else {
            return Lookup::Unknown;
        };
        if !is_system_policy_on(found, self.accepted) {
            return Lookup::NotAccepted;
        }
        let label = format!("system policy {name}");
        let file = PolicyFile { folder: Folder::Identity, name: &label, text: found.text };
        match self.compile_text(DocumentKind::Identity, name, &file, PolicyType::System) {
            Some(policy) => {
                self.system.insert(name.clone(), Arc::clone(&policy));
                Lookup::Found(policy)
            }
            None => Lookup::Broken,
        }
    }
}

/// Whether a system policy may be used: a rebuilt one is off unless it is among `accepted` (SYS-02).
pub fn is_system_policy_on(policy: &SystemPolicy, accepted: &[PolicyName]) -> bool {
    !policy.reconstructed
        || RECONSTRUCTED_BUT_ON.contains(&policy.name)
        || accepted.iter().any(|name| name.as_str() == policy.name)
}

fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.strip_suffix(".json").unwrap_or(name)
}
