//! Workloads next door: which of them may act as which role (the bindings of 7.5 of the identities sheet).

use std::collections::HashMap;
use std::ops::RangeInclusive;

use super::file::Mention;
use super::principals::{Account, Role};
use crate::ident::{AccountId, RoleId, RoleName, ServicePrincipal, SessionName, WorkloadName};
use crate::policy::Effect;
use crate::strict::{Node, Problem, Reader, nearest};

/// How long a session lasts that nobody says more about.
const SECONDS_DEFAULT: i64 = 3600;
/// A shorter session would have to be renewed at almost every call: 20 minutes before its end (MD-26).
const SECONDS: RangeInclusive<i64> = 1800..=43_200;

/// A binding as written.
#[derive(Clone, Debug)]
pub struct WorkloadEntry {
    name: Mention<WorkloadName>,
    role: Mention<RoleName>,
    service: ServicePrincipal,
    session: SessionName,
    seconds: Mention<i64>,
}

/// A workload that may act as a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// Its name, which the deployment has once.
    pub name: WorkloadName,
    /// The account that owns the role.
    pub account: AccountId,
    /// The role.
    pub role_id: RoleId,
    /// The service that the trust policy of the role has to allow.
    pub service: Box<str>,
    /// The account that the service acts for.
    pub acts_for: AccountId,
    /// What its sessions are called.
    pub session: SessionName,
    /// How many seconds they last.
    pub seconds: i64,
}

/// All of them, by name and by role.
#[derive(Debug, Default)]
pub struct Workloads {
    all: HashMap<WorkloadName, Workload>,
    of_roles: HashMap<RoleId, Vec<WorkloadName>>,
    /// Names in lower case, with the lines that they stand on.
    taken: HashMap<String, u32>,
}

impl WorkloadEntry {
    pub(super) fn read(reader: &mut Reader<'_>, node: &Node, path: &str) -> Option<Self> {
        let known = ["name", "role", "service", "session_name", "duration"];
        let fields = reader.fields(node, path, &known)?;
        let name = Mention::<WorkloadName>::required(reader, &fields, "name");
        let role = Mention::required(reader, &fields, "role");
        let service = reader.required_parsed(&fields, "service");
        let session = reader.parsed(&fields, "session_name");
        let seconds = Mention::optional(reader, &fields, "duration").unwrap_or(Mention {
            value: SECONDS_DEFAULT,
            at: fields.at,
            field: fields.path("duration"),
        });
        if !SECONDS.contains(&seconds.value) {
            let message = format!("{} is out of range", seconds.value);
            reader.error(seconds.at, &seconds.field, message, "seconds, from 1800 to 43200");
        }
        let name = name?;
        let session = session.or_else(|| name.value.as_str().parse().ok())?;
        Some(Self { name, role: role?, service: service?, session, seconds })
    }
}

impl Workload {
    /// Whether the sessions of both cannot be told apart.
    fn is_like(&self, other: &Self) -> bool {
        self.obtains(other.acts_for, &other.service) && self.session == other.session
    }

    /// Whether it obtains its sessions as this service, acting for this account.
    pub fn obtains(&self, acts_for: AccountId, service: &str) -> bool {
        self.acts_for == acts_for && *self.service == *service
    }
}

impl Workloads {
    /// The one of a name.
    pub fn named(&self, name: &WorkloadName) -> Option<&Workload> {
        self.all.get(name)
    }

    /// Those of a role.
    pub fn of_role<'w>(
        &'w self,
        account: AccountId,
        role: &RoleId,
    ) -> impl Iterator<Item = &'w Workload> + use<'w> {
        let names = self.of_roles.get(role).into_iter().flatten();
        names.filter_map(|name| self.all.get(name)).filter(move |it| it.account == account)
    }

    /// Takes in the bindings of an account.
    pub(super) fn bind(
        &mut self,
        file: &str,
        id: AccountId,
        account: &Account,
        entries: &[WorkloadEntry],
    ) -> Vec<Problem> {
        let mut problems = Vec::new();
        for entry in entries {
            let bound = bound(file, id, account, entry, &mut problems);
            problems.extend(bound.and_then(|workload| self.add(file, entry, workload)));
        }
        problems
    }

    fn add(&mut self, file: &str, entry: &WorkloadEntry, workload: Workload) -> Option<Problem> {
        let Mention { value: name, at, field } = &entry.name;
        let error =
            |message, help: &str| Some(Problem::error(file, *at, field, message).help(help));
        if let Some(line) = self.taken.insert(name.as_str().to_ascii_lowercase(), at.line) {
            let message = format!("the workload name `{name}` is taken on line {line}");
            return error(message, "a workload is known by its name in the whole deployment");
        }
        let like =
            self.of_role(workload.account, &workload.role_id).find(|it| it.is_like(&workload));
        if let Some(like) = like {
            let message = format!("nobody could tell its sessions from those of `{}`", like.name);
            return error(message, "give it a `session_name` or a `service` of its own");
        }
        self.of_roles.entry(workload.role_id.clone()).or_default().push(name.clone());
        self.all.insert(name.clone(), workload);
        None
    }
}

/// A binding with its role.
fn bound(
    file: &str,
    id: AccountId,
    account: &Account,
    entry: &WorkloadEntry,
    problems: &mut Vec<Problem>,
) -> Option<Workload> {
    let WorkloadEntry { name, role: named, service, session, seconds } = entry;
    let Some(role) = account.role_named(named.value.as_str()) else {
        problems.push(no_role(file, account, named));
        return None;
    };
    if role.service_linked {
        let message = format!("the role `{}` belongs to a service of the vendor", role.name);
        let help = "bind the workload to a role of its own";
        problems.push(Problem::error(file, named.at, &named.field, message).help(help));
    }
    let most = role.max_session_duration;
    if seconds.value > most {
        let message = format!("sessions of the role `{}` last at most {most} seconds", role.name);
        let help = "ask for less, or raise `max_session_duration` of the role";
        problems.push(Problem::error(file, seconds.at, &seconds.field, message).help(help));
    }
    let workload = Workload {
        name: name.value.clone(),
        account: id,
        role_id: role.id.clone(),
        service: service.name().into(),
        acts_for: service.account.unwrap_or(id),
        session: session.clone(),
        seconds: seconds.value,
    };
    if !trusts(role, &workload) {
        problems.push(untrusted(file, entry));
    }
    Some(workload)
}

fn no_role(file: &str, account: &Account, named: &Mention<RoleName>) -> Problem {
    let Mention { value: name, at, field } = named;
    let known: Vec<&str> = account.roles.values().map(|role| role.name.as_str()).collect();
    let help = match nearest(name.as_str(), &known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "add the role to this account, or remove the workload".to_owned(),
    };
    Problem::error(file, *at, field, format!("the account has no role `{name}`")).help(help)
}

/// Whether an Allow of the trust policy names the service; the conditions of it are asked at each mint (MD-20).
fn trusts(role: &Role, workload: &Workload) -> bool {
    let named = |text: &str| {
        let Some((account, name)) = ServicePrincipal::split(text) else { return false };
        workload.obtains(account.unwrap_or(role.account), name)
    };
    let allows = role.trust.statements().filter(|statement| statement.effect() == Effect::Allow);
    let mut principals = allows.filter_map(|it| it.outline()?.principals).flatten();
    principals.any(named)
}

fn untrusted(file: &str, entry: &WorkloadEntry) -> Problem {
    let Mention { value: name, at, field } = &entry.name;
    let (role, service) = (&entry.role.value, &entry.service);
    let message = format!(
        "the trust policy of `{role}` does not let `{service}` in: `{name}` gets no credentials"
    );
    let help =
        format!("add \"Service\": [\"{service}\"] to the `Principal` of a statement that allows");
    Problem::warning(file, *at, field, message).help(help)
}
