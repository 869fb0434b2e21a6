//! From files to a generation, or to everything that is wrong with them.

use std::collections::HashMap;
use std::sync::Arc;

use super::sessions::Tokens;
use super::sources::{KeysAccess, RootKeys, Settings, SourceFile, Sources};
use super::tables::Tables;
use super::{Meaning, Snapshot, catalog};
use crate::catalog::Catalog;
use crate::credential::{
    self, AccessKey, AccessKeys, KeyEntries, KeyEntry, KeyMaterial, KeyOwner, Session,
    SessionEntry, Status,
};
use crate::directory::{
    self, Directory, JwksBook, JwksFile, Lookup, Mention, Organization, PolicyBook, PolicyFile,
    Resources,
};
use crate::federation::KeySource;
use crate::ident::{AccessKeyId, PolicyName, Principal, UnixSeconds, UserName, WorkloadName};
use crate::policy::{DocumentKind, Policy, PolicySet, STEPS_MAX};
use crate::signature::Family;
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
            check_of_objects(settings, &meaning.catalog, &mut problems);
        }
        let tables = Tables::compile(sources, settings.account, previous, &mut problems);
        let stand_in = meaning.is_none().then(catalog::builtin);
        let catalog = meaning.as_ref().map(|meaning| &*meaning.catalog).or(stand_in.as_ref());
        let people = catalog
            .map(|catalog| compile_people(sources, settings, catalog, previous, &mut problems));
        problems.extend(people.iter().flat_map(|people| unbound(settings, &people.directory)));
        problems.extend(people.iter().flat_map(|people| keyless(settings, &people.directory)));
        let keys =
            people.as_ref().map(|people| compile_keys(sources, settings, people, &mut problems));
        let sessions = sources.token_ring.as_ref().map(|file| {
            problems.extend(readable_by_all(file, settings, "keys of session tokens"));
            let key = sources.issuer_key.iter();
            problems.extend(key.filter_map(|key| readable_by_all(key, settings, "issuer's key")));
            Tokens::compile(file, sources, previous, now, &mut problems)
        });
        let (Some(meaning), Some(people), Some(keys)) = (meaning, people, keys) else {
            return Err(problems);
        };
        if count_errors(&problems) > 0 {
            return Err(problems);
        }
        let digest = sources.digest();
        let dummy = digest.dummy_secret();
        let People { directory, organization, resources, policies, .. } = people;
        let snapshot = Self {
            generation,
            digest,
            created: now,
            meaning,
            directory,
            organization,
            resources,
            tables,
            keys,
            sessions,
            policies,
            dummy,
        };
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

/// What a route says about object storage does nothing where it has none.
fn check_of_objects(settings: &Settings, catalog: &Catalog, problems: &mut Vec<Problem>) {
    let is_storage = |name: &String| {
        let located = catalog.locate_as(name);
        located.is_some_and(|located| located.product().signatures() == Family::Oss)
    };
    for (field, _) in settings.of_objects.iter().filter(|(_, names)| !names.iter().any(is_storage))
    {
        let message = format!("`{}` does nothing here", field.value);
        let help = "it is for object storage, and no product of this route is that";
        let file = &settings.config_file;
        problems.push(Problem::warning(file, field.at, &field.field, message).help(help));
    }
}

/// A provider whose keys are in no file vouches for nobody where nothing is fetched.
fn keyless(settings: &Settings, directory: &Directory) -> Vec<Problem> {
    let Some(at) = settings.fetches_no_keys else { return Vec::new() };
    let providers = directory.oidc_providers().filter(|it| matches!(it.keys, KeySource::Issuer));
    let mut arns: Vec<_> = providers.map(|it| it.arn().to_string()).collect();
    arns.sort();
    let warning = |arn: &String| {
        let message = format!("nobody has the keys of {arn}");
        let help =
            "name a file of them there (`jwks`), or have them fetched (`sts.fetch_keys: {}`)";
        Problem::warning(&settings.config_file, at, "sts", message).help(help)
    };
    arns.iter().map(warning).collect()
}

/// The directory may live in another volume and come later: a warning, not an error.
fn unbound(settings: &Settings, directory: &Directory) -> Vec<Problem> {
    let missing = |it: &&Mention<WorkloadName>| directory.workloads().named(&it.value).is_none();
    let warning = |Mention { value: name, at, field }: &Mention<WorkloadName>| {
        let message = format!("no workload of the directory is called `{name}`");
        let help = "it gets credentials when it stands under `workloads` there";
        Problem::warning(&settings.config_file, *at, field, message).help(help)
    };
    settings.workloads.iter().filter(missing).map(warning).collect()
}

/// Everything that attaches policies, and the policies.
struct People {
    directory: Directory,
    organization: Organization,
    resources: Resources,
    sessions: HashMap<PolicyName, Option<Arc<PolicySet>>>,
    policies: Vec<(DocumentKind, Arc<Policy>)>,
}

fn compile_people(
    sources: &Sources,
    settings: &Settings,
    catalog: &Catalog,
    previous: Option<&Snapshot>,
    problems: &mut Vec<Problem>,
) -> People {
    let files: Vec<PolicyFile<'_>> = sources
        .policies
        .iter()
        .map(|(folder, file)| PolicyFile { folder: *folder, name: &file.name, text: &file.text })
        .collect();
    let mut book = PolicyBook::compile(&files, &settings.accepted, settings.oidc);
    let mut jwks = jwks(sources);
    let (listing, found) = directory::parse(&sources.directory.name, &sources.directory.text);
    problems.extend(found);
    let before = previous.map(|snapshot| &snapshot.directory);
    let (directory, found) =
        directory::build(&listing, settings.account, &mut book, &mut jwks, before);
    problems.extend(found);
    problems.extend(jwks.into_problems());
    let organization = sources.organization.as_ref().map_or_else(Organization::default, |file| {
        let (organization, found) = directory::organization(&file.name, &file.text, &mut book);
        problems.extend(found);
        organization
    });
    let resources = sources.resources.as_ref().map_or_else(Resources::default, |file| {
        let traits = |service: &str| catalog.traits(service);
        let (resources, found) = directory::resources(&file.name, &file.text, &traits, &mut book);
        problems.extend(found);
        resources
    });
    let names: Vec<PolicyName> =
        book.names(DocumentKind::Session).filter_map(|name| name.parse().ok()).collect();
    let sessions = names
        .into_iter()
        .map(|name| {
            let set = match book.find(DocumentKind::Session, &name) {
                Lookup::Found(policy) => Some(Arc::new(PolicySet::new([policy]))),
                Lookup::Broken | Lookup::NotAccepted | Lookup::Unknown => None,
            };
            (name, set)
        })
        .collect();
    let policies = book.policies().map(|(kind, policy)| (kind, Arc::clone(policy))).collect();
    problems.extend(book.into_problems());
    let people = People { directory, organization, resources, sessions, policies };
    problems.extend(dear_sets(&people));
    people
}

fn jwks(sources: &Sources) -> JwksBook {
    let files: Vec<JwksFile<'_>> =
        sources.jwks.iter().map(|file| JwksFile { name: &file.name, text: &file.text }).collect();
    JwksBook::read(&files)
}

/// A set whose worst case is over the limit is refused, with the statement that costs most; each statement once.
fn dear_sets(people: &People) -> Vec<Problem> {
    let users = people.directory.users().map(|user| &user.grants);
    let roles = people.directory.roles();
    let grants = users.chain(roles.map(|role| &role.grants));
    let own = grants.flat_map(|grants| {
        let groups = grants.groups.iter().map(|group| &group.policies);
        groups.chain([&*grants.account])
    });
    let trust = people.directory.roles().map(|role| &role.trust);
    let control = people.organization.levels().map(|level| &level.all);
    let sessions = people.sessions.values().flatten().map(|set| &**set);
    let all = own.chain(trust).chain(control).chain(sessions);
    let mut problems: Vec<Problem> =
        all.chain([people.resources.policies()]).filter_map(too_dear).collect();
    problems.sort_by(|left, right| (&left.file, left.at).cmp(&(&right.file, right.at)));
    problems.dedup_by(|left, right| left.file == right.file && left.at == right.at);
    problems
}

fn too_dear(set: &PolicySet) -> Option<Problem> {
    let statement = set.dearest_statement().filter(|_| !set.cost().is_acceptable())?;
    let message = format!(
        "policies that decide together could take {} steps for one decision, and {STEPS_MAX} are \
         accepted; this statement takes most of them",
        set.cost().steps
    );
    let at = Position { line: statement.line(), column: 1 };
    let field = format!("/Statement/{}", statement.index());
    let problem = Problem::error(statement.policy().document().file(), at, &field, message);
    let help = "use fewer patterns with a `*` or `?` in the middle, or attach fewer policies";
    Some(problem.help(help))
}

fn compile_keys(
    sources: &Sources,
    settings: &Settings,
    people: &People,
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
    let mut linker = Linker { file: &file.name, settings, people, problems };
    let pairs = entries.keys.into_iter().filter_map(|entry| linker.link(entry)).collect::<Vec<_>>();
    let sessions = entries.sessions.into_iter().filter_map(|entry| linker.session(entry));
    pairs.into_iter().chain(sessions.collect::<Vec<_>>()).collect()
}

fn check_keys(file: &SourceFile, settings: &Settings) -> (KeyEntries, Vec<Problem>) {
    let (entries, mut problems) = credential::parse(&file.name, &file.text, settings.account);
    problems.extend(readable_by_all(file, settings, "AccessKey secrets"));
    (entries, problems)
}

/// A file of secrets that is none.
fn readable_by_all(file: &SourceFile, settings: &Settings, what: &str) -> Option<Problem> {
    let readable = file.mode.is_some_and(|mode| mode & READABLE_BY_ALL != 0);
    (readable && settings.keys_access == KeysAccess::Private).then(|| {
        let help = "`chmod o-r` it (in Kubernetes `defaultMode: 0440` and `fsGroup`), or set \
                    `access_keys.allow_world_readable`";
        let message = format!("everybody on this machine can read the {what}");
        Problem::error(&file.name, Position::START, "", message).help(help)
    })
}

/// An id with a blank behind it, if it looks like one: people swap the halves of a pair, and put values in wrong places,
/// so no other text of the keys file is repeated.
fn shown(id: &AccessKeyId) -> String {
    let plain = ["LTAI", "STS."].iter().any(|start| id.as_str().starts_with(start));
    if plain { format!("`{id}` ") } else { String::new() }
}

/// Finds the owner of each pair of the keys file.
struct Linker<'l> {
    file: &'l str,
    settings: &'l Settings,
    people: &'l People,
    problems: &'l mut Vec<Problem>,
}

impl Linker<'_> {
    fn warn(&mut self, at: Position, field: &str, message: String, help: &str) {
        self.problems.push(Problem::warning(self.file, at, field, message).help(help));
    }

    /// A pair with its owner; `None` when it stands for nobody that may use it.
    fn link(&mut self, entry: KeyEntry) -> Option<AccessKey> {
        let owner = match &entry.owner {
            KeyOwner::Root => self.root(&entry),
            KeyOwner::User(name) => self.user(&entry, name),
        };
        let KeyEntry { id, material, status, networks, .. } = entry;
        let material = Arc::new(material);
        Some(AccessKey { id, owner: owner?, material, status, networks, session: None })
    }

    /// The directory may live in another volume and come later: a warning, not an error.
    fn user(&mut self, entry: &KeyEntry, name: &UserName) -> Option<Principal> {
        let account = entry.account.unwrap_or(self.settings.account);
        let directory = &self.people.directory;
        let (why, help) = match directory.user_of(account, name) {
            Some(user) if user.access.signs() => return Some(user.principal.clone()),
            // Not an error: the files before it would stay in force, and with them the pair (ID-06).
            Some(_) => (
                "its user has `access: console`",
                "remove it, or let the user sign with `access: both`",
            ),
            None if directory.is_recycled(account, name) => {
                ("its user has been deleted", "remove it, unless the user is to be restored")
            }
            None => (
                "its user is not in the directory",
                "it starts to work when the user appears; remove it if that will not happen",
            ),
        };
        let message = format!("AccessKey {}is not used: {why}", shown(&entry.id));
        self.warn(entry.at, &format!("{}.user", entry.field), message, help);
        None
    }

    fn root(&mut self, entry: &KeyEntry) -> Option<Principal> {
        let field = format!("{}.root", entry.field);
        match self.settings.root_keys {
            RootKeys::Refused => {
                let message = format!("AccessKey {}of root is not used", shown(&entry.id));
                let help = "give its callers a user of their own, or set `access_keys.allow_root`";
                self.warn(entry.at, &field, message, help);
                None
            }
            RootKeys::Allowed => {
                let message = format!("AccessKey {}of root may do everything", shown(&entry.id));
                let help = "give its callers a user of their own";
                self.warn(entry.at, &field, message, help);
                let account = entry.account.unwrap_or(self.settings.account);
                Some(Principal::Root { account })
            }
        }
    }

    /// A session with its role and the policy that bounds it; `None` when one of them is not there.
    fn session(&mut self, entry: SessionEntry) -> Option<AccessKey> {
        let account = entry.account.unwrap_or(self.settings.account);
        let Some(role) = self.people.directory.role_of(account, entry.role.as_str()) else {
            let message = format!(
                "session {}is not used: its role is not in the directory",
                shown(&entry.id)
            );
            let help = "it starts to work when the role appears; remove it if that will not happen";
            self.warn(entry.at, &format!("{}.role", entry.field), message, help);
            return None;
        };
        let policy = match &entry.policy {
            None => None,
            Some(name) => Some(self.session_policy(&entry, name)?),
        };
        let owner = Principal::Session {
            account,
            role: role.name.clone(),
            role_id: role.id.clone(),
            session: entry.session_name,
            service_linked: role.service_linked,
        };
        let session = Some(Session { token: entry.token, expires: entry.expires, policy });
        Some(AccessKey {
            id: entry.id,
            owner,
            material: Arc::new(KeyMaterial::Secret(entry.secret)),
            status: Status::Active,
            networks: None,
            session,
        })
    }

    /// A session whose policy is missing is left out: without it, the session could do more than it should.
    fn session_policy(
        &mut self,
        entry: &SessionEntry,
        name: &PolicyName,
    ) -> Option<Arc<PolicySet>> {
        if let Some(found) = self.people.sessions.get(name) {
            return found.clone(); // one that is not valid has been reported
        }
        let known: Vec<&str> = self.people.sessions.keys().map(PolicyName::as_str).collect();
        let help = match nearest(name.as_str(), &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "add its file to `files.session_policies`".to_owned(),
        };
        let message =
            format!("session {}is not used: its session policy is in no file", shown(&entry.id));
        self.warn(entry.at, &format!("{}.policy", entry.field), message, &help);
        None
    }
}
