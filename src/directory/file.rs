//! The directory file, read into entries that remember where each reference was written.

use std::fmt::Display;
use std::str::FromStr;

use crate::ident::{GroupName, PolicyName, UserId, UserName};
use crate::strict::{Fields, Node, Position, Problem, Reader};

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

    fn read(reader: &mut Reader<'_>, node: &Node, field: String) -> Option<Self> {
        let value = reader.parsed_of(node, &field)?;
        Some(Self { value, at: node.at, field })
    }
}

/// What a user or a group has been given.
#[derive(Clone, Debug, Default)]
pub struct Attachments {
    /// Policies of the vendor.
    pub system: Vec<Mention<PolicyName>>,
    /// Policies of the account.
    pub custom: Vec<Mention<PolicyName>>,
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
}

/// A group as written.
#[derive(Clone, Debug)]
pub struct GroupEntry {
    /// The name.
    pub name: Mention<GroupName>,
    /// What is attached to it.
    pub policies: Attachments,
}

/// Everything a directory file says.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// The file as the operator named it.
    pub file: String,
    /// The users.
    pub users: Vec<UserEntry>,
    /// The groups.
    pub groups: Vec<GroupEntry>,
}

/// Reads a directory file. Entries that cannot be read are reported and left out; a caller refuses the file on any
/// error.
pub fn parse(file: &str, text: &str) -> (Listing, Vec<Problem>) {
    let mut reader = Reader::new(file);
    let mut listing = Listing { file: file.to_owned(), ..Listing::default() };
    if let Some(root) = reader.parse(text)
        && let Some(fields) = reader.fields(&root, "", &["users", "groups"])
    {
        listing.users = entries(&mut reader, &fields, "users", user);
        listing.groups = entries(&mut reader, &fields, "groups", group);
    }
    (listing, reader.into_problems())
}

fn entries<T>(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    name: &str,
    read: fn(&mut Reader<'_>, &Node, &str) -> Option<T>,
) -> Vec<T> {
    let items = reader.list(fields, name).iter().enumerate();
    items.filter_map(|(index, node)| read(reader, node, &format!("{name}[{index}]"))).collect()
}

fn user(reader: &mut Reader<'_>, node: &Node, path: &str) -> Option<UserEntry> {
    let fields = reader.fields(node, path, &["name", "id", "groups", "policies"])?;
    let name = Mention::required(reader, &fields, "name");
    let id = Mention::required(reader, &fields, "id");
    let groups = Mention::list(reader, &fields, "groups");
    let policies = attachments(reader, &fields);
    Some(UserEntry { name: name?, id: id?, groups, policies })
}

fn group(reader: &mut Reader<'_>, node: &Node, path: &str) -> Option<GroupEntry> {
    let fields = reader.fields(node, path, &["name", "policies"])?;
    let name = Mention::required(reader, &fields, "name");
    let policies = attachments(reader, &fields);
    Some(GroupEntry { name: name?, policies })
}

fn attachments(reader: &mut Reader<'_>, of: &Fields<'_>) -> Attachments {
    let Some(node) = of.get("policies") else { return Attachments::default() };
    let Some(fields) = reader.fields(node, &of.path("policies"), &["system", "custom"]) else {
        return Attachments::default();
    };
    let system = Mention::list(reader, &fields, "system");
    let custom = Mention::list(reader, &fields, "custom");
    Attachments { system, custom }
}
