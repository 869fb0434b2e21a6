//! The directory file, read into entries that remember where each reference was written.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::providers::{self, OidcProviderEntry};
use super::standing::{Access, AccountStatus};
use super::trust::TrustedId;
use super::workloads::WorkloadEntry;
use crate::ident::{
    AccountAlias, AccountId, GroupName, PolicyName, ResourceGroupId, RoleId, RoleName, UserId,
    UserName,
};
use crate::strict::{Fields, Key, Node, Position, Problem, Reader, Value};

/// A name that somebody wrote, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention<T> {
    /// The name.
    pub value: T,
    /// Where it stands.
    pub at: Position,
    /// The field, `users[0].groups[1]`.
    pub field: String,
}

impl<T> Mention<T>
where
    T: FromStr,
    T::Err: Display,
{
    /// The items of a list, each with its place.
    pub(crate) fn list(reader: &mut Reader<'_>, fields: &Fields<'_>, name: &str) -> Vec<Self> {
        let path = fields.path(name);
        let items = reader.list(fields, name).iter().enumerate();
        items
            .filter_map(|(index, node)| Self::read(reader, node, format!("{path}[{index}]")))
            .collect()
    }

    /// A field that must be there.
    pub(crate) fn required(
        reader: &mut Reader<'_>,
        fields: &Fields<'_>,
        name: &str,
    ) -> Option<Self> {
        let node = reader.required(fields, name)?;
        Self::read(reader, node, fields.path(name))
    }

    /// A field that may be missing.
    pub(crate) fn optional(
        reader: &mut Reader<'_>,
        fields: &Fields<'_>,
        name: &str,
    ) -> Option<Self> {
        Self::read(reader, fields.get(name)?, fields.path(name))
    }

    pub(crate) fn read(reader: &mut Reader<'_>, node: &Node, field: String) -> Option<Self> {
        let value = reader.parsed_of(node, &field)?;
        Some(Self { value, at: node.at, field })
    }
}

/// Policies of one scope that a user, a group, a role, a folder or an account has been given.
#[derive(Clone, Debug, Default)]
pub struct PolicyNames {
    /// Policies of the vendor.
    pub system: Vec<Mention<PolicyName>>,
    /// Policies of the account.
    pub custom: Vec<Mention<PolicyName>>,
}

/// What a user, a group or a role has been given.
#[derive(Clone, Debug, Default)]
pub struct Attachments {
    /// For the whole account.
    pub account: PolicyNames,
    /// For one resource group each.
    pub groups: Vec<(ResourceGroupId, PolicyNames)>,
}

/// A user as written.
#[derive(Clone, Debug)]
pub struct UserEntry {
    /// The name.
    pub name: Mention<UserName>,
    /// The id.
    pub id: Mention<UserId>,
    /// The groups.
    pub groups: Vec<Mention<GroupName>>,
    /// What is attached to the user itself.
    pub policies: Attachments,
    /// What the user logs in to.
    pub access: Access,
    /// Whether a second factor is bound to the user. It tells people something, and no decision (MFA-01).
    pub mfa: bool,
    /// Whether the user has been deleted and could be restored (ID-25).
    pub recycled: bool,
}

/// A group as written.
#[derive(Clone, Debug)]
pub struct GroupEntry {
    /// The name.
    pub name: Mention<GroupName>,
    /// What is attached to it.
    pub policies: Attachments,
}

/// A role as written.
#[derive(Clone, Debug)]
pub struct RoleEntry {
    /// The name.
    pub name: Mention<RoleName>,
    /// The id.
    pub id: Mention<RoleId>,
    /// The file of its trust policy.
    pub trust: Option<Mention<PolicyName>>,
    /// Who has to be behind the names in it.
    pub trusted_ids: Vec<TrustedId>,
    /// Whether the role belongs to a service.
    pub service_linked: bool,
    /// How many seconds its sessions last at most.
    pub max_session_duration: i64,
    /// What is attached to it.
    pub policies: Attachments,
}

/// The users, groups, roles and identity providers of one account.
#[derive(Clone, Debug, Default)]
pub struct AccountEntry {
    /// The account; `None` for the one that owns what is behind the gate.
    pub id: Option<Mention<AccountId>>,
    /// What it is called at the login.
    pub alias: Option<Mention<AccountAlias>>,
    /// Whether its people may call.
    pub status: AccountStatus,
    /// The users.
    pub users: Vec<UserEntry>,
    /// The groups.
    pub groups: Vec<GroupEntry>,
    /// The roles.
    pub roles: Vec<RoleEntry>,
    /// The OIDC providers.
    pub oidc_providers: Vec<OidcProviderEntry>,
    /// The workloads that are bound to its roles.
    pub workloads: Vec<WorkloadEntry>,
}

/// Everything a directory file says.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// The file as the operator named it.
    pub file: String,
    /// The account behind the gate first, then the others.
    pub accounts: Vec<AccountEntry>,
}

/// Reads a directory file. Entries that cannot be read are reported and left out; a caller refuses the file on any
/// error.
pub fn parse(file: &str, text: &str) -> (Listing, Vec<Problem>) {
    let mut reader = Reader::new(file);
    let mut listing = Listing { file: file.to_owned(), accounts: Vec::new() };
    if let Some(root) = reader.parse(text)
        && let Some(fields) = reader.fields(&root, "", &[&ACCOUNT[..], &["accounts"]].concat())
    {
        listing.accounts.push(principals(&mut reader, &fields, None));
        listing.accounts.extend(entries(&mut reader, &fields, "accounts", account));
    }
    (listing, reader.into_problems())
}

/// What is said of each account.
const ACCOUNT: [&str; 7] =
    ["alias", "status", "users", "groups", "roles", "oidc_providers", "workloads"];

pub(super) fn entries<T>(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    name: &str,
    read: fn(&mut Reader<'_>, &Node, &str) -> Option<T>,
) -> Vec<T> {
    let path = fields.path(name);
    let items = reader.list(fields, name).iter().enumerate();
    items.filter_map(|(index, node)| read(reader, node, &format!("{path}[{index}]"))).collect()
}

fn account(reader: &mut Reader<'_>, node: &Node, path: &str) -> Option<AccountEntry> {
    let fields = reader.fields(node, path, &[&["id"], &ACCOUNT[..]].concat())?;
    let id = Mention::required(reader, &fields, "id");
    Some(principals(reader, &fields, Some(id?)))
}

fn principals(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    id: Option<Mention<AccountId>>,
) -> AccountEntry {
    AccountEntry {
        id,
        alias: Mention::optional(reader, fields, "alias"),
        status: reader.parsed(fields, "status").unwrap_or_default(),
        users: entries(reader, fields, "users", user),
        groups: entries(reader, fields, "groups", group),
        roles: entries(reader, fields, "roles", role),
        oidc_providers: entries(reader, fields, "oidc_providers", providers::read),
        workloads: entries(reader, fields, "workloads", WorkloadEntry::read),
    }
}

fn user(reader: &mut Reader<'_>, node: &Node, path: &str) -> Option<UserEntry> {
    let known = ["name", "id", "groups", "policies", "access", "mfa", "recycled"];
    let fields = reader.fields(node, path, &known)?;
    let name = Mention::required(reader, &fields, "name");
    let id = Mention::required(reader, &fields, "id");
    let groups = Mention::list(reader, &fields, "groups");
    let policies = attachments(reader, &fields);
    let access = reader.parsed(&fields, "access").unwrap_or_default();
    let mfa = reader.switch(&fields, "mfa", false);
    let recycled = reader.switch(&fields, "recycled", false);
    Some(UserEntry { name: name?, id: id?, groups, policies, access, mfa, recycled })
}

fn group(reader: &mut Reader<'_>, node: &Node, path: &str) -> Option<GroupEntry> {
    let fields = reader.fields(node, path, &["name", "policies"])?;
    let name = Mention::required(reader, &fields, "name");
    let policies = attachments(reader, &fields);
    Some(GroupEntry { name: name?, policies })
}

const ROLE: [&str; 7] =
    ["name", "id", "trust", "trusted_ids", "service_linked", "max_session_duration", "policies"];

fn role(reader: &mut Reader<'_>, node: &Node, path: &str) -> Option<RoleEntry> {
    let fields = reader.fields(node, path, &ROLE)?;
    let name = Mention::required(reader, &fields, "name");
    let id = Mention::required(reader, &fields, "id");
    let service_linked = reader.switch(&fields, "service_linked", false);
    let trust = Mention::optional(reader, &fields, "trust");
    if trust.is_none() && !service_linked && fields.get("trust").is_none() {
        let help = "name a file of `files.trust_policies`, without `.json`";
        reader.error(node.at, &fields.path("trust"), "a role has a trust policy", help);
    }
    let policies = attachments(reader, &fields);
    let max_session_duration = max_session_duration(reader, &fields);
    let trusted_ids = trusted_ids(reader, &fields);
    Some(RoleEntry {
        name: name?,
        id: id?,
        trust,
        trusted_ids,
        service_linked,
        max_session_duration,
        policies,
    })
}

fn trusted_ids(reader: &mut Reader<'_>, of: &Fields<'_>) -> Vec<TrustedId> {
    let Some(node) = of.get("trusted_ids") else { return Vec::new() };
    let path = of.path("trusted_ids");
    let Value::Map(entries) = &node.value else {
        let help = "write `\"acs:ram::ACCOUNT:user/NAME\": \"ID\"`";
        reader.error(node.at, &path, "a mapping is wanted here", help);
        return Vec::new();
    };
    let read = |(key, node): &(Key, Node)| {
        let field = format!("{path}.{}", key.name);
        let id = reader.parsed_of(node, &field)?;
        Some(TrustedId { arn: Mention { value: key.name.clone(), at: key.at, field }, id })
    };
    entries.iter().filter_map(read).collect()
}

fn max_session_duration(reader: &mut Reader<'_>, fields: &Fields<'_>) -> i64 {
    const DEFAULT: i64 = 3600;
    const RANGE: RangeInclusive<i64> = 3600..=43_200;
    let Some(node) = fields.get("max_session_duration") else { return DEFAULT };
    let path = fields.path("max_session_duration");
    match reader.parsed_of::<i64>(node, &path) {
        Some(seconds) if !RANGE.contains(&seconds) => {
            let message = format!("{seconds} is out of range");
            reader.error(node.at, &path, message, "seconds, from 3600 to 43200");
            DEFAULT
        }
        seconds => seconds.unwrap_or(DEFAULT),
    }
}

fn attachments(reader: &mut Reader<'_>, of: &Fields<'_>) -> Attachments {
    let path = of.path("policies");
    let known = ["system", "custom", "resource_groups"];
    let Some(fields) = of.get("policies").and_then(|node| reader.fields(node, &path, &known))
    else {
        return Attachments::default();
    };
    let account = names(reader, &fields);
    let mut groups = Vec::new();
    if let Some(node) = fields.get("resource_groups") {
        let path = fields.path("resource_groups");
        let Value::Map(entries) = &node.value else {
            let help = "write the id of a resource group, and under it `system` and `custom`";
            reader.error(node.at, &path, "a mapping is wanted here", help);
            return Attachments { account, groups };
        };
        for (key, node) in entries {
            let path = format!("{path}.{}", key.name);
            let Ok(id) = key.name.parse::<ResourceGroupId>() else {
                reader.error(key.at, &path, format!("`{}` is no resource group id", key.name), "");
                continue;
            };
            if let Some(fields) = reader.fields(node, &path, &["system", "custom"]) {
                groups.push((id, names(reader, &fields)));
            }
        }
    }
    Attachments { account, groups }
}

fn names(reader: &mut Reader<'_>, fields: &Fields<'_>) -> PolicyNames {
    let system = Mention::list(reader, fields, "system");
    let custom = Mention::list(reader, fields, "custom");
    PolicyNames { system, custom }
}

/// The policies of a folder or an account of the organisation.
pub(super) fn policy_names(reader: &mut Reader<'_>, of: &Fields<'_>) -> PolicyNames {
    let path = of.path("policies");
    let fields =
        of.get("policies").and_then(|node| reader.fields(node, &path, &["system", "custom"]));
    fields.map_or_else(PolicyNames::default, |fields| names(reader, &fields))
}
