//! The resources file: what is attached to resources rather than to people: their groups, resource-based policies and
//! access control lists.

use std::sync::Arc;

use crate::ident::{PolicyName, ResourceGroupId};
use crate::policy::{
    AccessRequest, Acl, AclAnswer, Attachment, DocumentKind, Member, ObjectUse, Policy, PolicySet,
    PrincipalForm, RelativeId, Resource, ResourceGroup, Traits, Truth,
};
use crate::strict::{Fields, Node, Problem, Reader, Value, nearest};

use super::book::{Lookup, PolicyBook};
use super::by_resource::ByResource;
use super::file::{Mention, entries};

/// What is attached to resources.
#[derive(Debug, Default)]
pub struct Resources {
    /// `None`: nobody told, so the group of no resource is known.
    groups: Option<Groups>,
    policies: PolicySet,
    lists: ByResource<Acl>,
    block_public: bool,
}

#[derive(Debug)]
struct Groups {
    /// The ids, each as a list of one: the form that conditions compare.
    ids: Vec<[Box<str>; 1]>,
    /// The place of its group in `ids`, for each resource.
    members: ByResource<usize>,
}

impl Resources {
    /// The resource-based policies, each with the resource it is attached to.
    pub fn policies(&self) -> &PolicySet {
        &self.policies
    }

    /// Whether grants to everybody count for nothing.
    pub fn blocks_public(&self) -> bool {
        self.block_public
    }

    /// Whether resource groups are told at all.
    pub fn has_groups(&self) -> bool {
        self.groups.is_some()
    }

    /// The resource group that a requested resource is in. A resource that no group lists is in none; one that may be in
    /// several is in one that nobody knows.
    pub fn group_of(&self, access: &AccessRequest<'_>) -> ResourceGroup<'_> {
        let Some(groups) = &self.groups else { return ResourceGroup::Unknown };
        let mut found: Option<(usize, Truth)> = None;
        for (truth, group) in groups.members.matching(access) {
            found = match found {
                Some((other, _)) if other != *group => return ResourceGroup::Unknown,
                Some((_, before)) => Some((*group, before.or(truth))),
                None => Some((*group, truth)),
            };
        }
        match found {
            None => ResourceGroup::None,
            Some((group, Truth::True)) => {
                groups.ids.get(group).map_or(ResourceGroup::Unknown, |id| ResourceGroup::In(id))
            }
            Some(_) => ResourceGroup::Unknown,
        }
    }

    /// What the access control list of an object says, or that of its container (8.5). Of several lists that match, the
    /// strictest counts; without any, there is none.
    pub fn acl_of(&self, access: &AccessRequest<'_>, object: ObjectUse) -> Option<AclAnswer> {
        self.listed(access, object).or_else(|| {
            let Resource::Named { relative_id: RelativeId::Known(id), service, region, account } =
                access.resource
            else {
                return None;
            };
            let (container, _) = id.split_once('/')?;
            let relative_id = RelativeId::Known(container);
            let resource = Resource::Named { service, region, account, relative_id };
            self.listed(&AccessRequest { resource, ..*access }, object)
        })
    }

    /// A list that may be the one of the object keeps: another one, of its container, must not admit in its place.
    fn listed(&self, access: &AccessRequest<'_>, object: ObjectUse) -> Option<AclAnswer> {
        let answers = self.lists.matching(access).map(|(truth, acl)| match truth {
            Truth::True => acl.answer(object),
            Truth::False | Truth::Indeterminate => AclAnswer::Keeps,
        });
        answers.reduce(|all, next| if all == AclAnswer::Admits { next } else { all })
    }
}

/// Reads the resources file. `traits_of` knows what is special about a service.
pub fn resources(
    file: &str,
    text: &str,
    traits_of: &dyn Fn(&str) -> Traits,
    book: &mut PolicyBook<'_>,
) -> (Resources, Vec<Problem>) {
    let mut reader = Reader::new(file);
    let mut resources = Resources::default();
    let known = ["resource_groups", "policies", "acls", "block_public_access"];
    if let Some(root) = reader.parse(text)
        && let Some(fields) = reader.fields(&root, "", &known)
    {
        resources.groups = groups(&mut reader, &fields);
        let attached = entries(&mut reader, &fields, "policies", attached);
        let members = attached.iter().filter_map(|(on, name)| {
            let kind = DocumentKind::Resource(form_of(&mut reader, on, traits_of)?);
            let policy = policy(&mut reader, name, kind, book)?;
            Some(Member { policy, attached_to: Some(on.value.0.clone()) })
        });
        resources.policies = PolicySet::of_members(members.collect());
        resources.lists = entries(&mut reader, &fields, "acls", list).into_iter().collect();
        resources.block_public = reader.switch(&fields, "block_public_access", false);
    }
    (resources, reader.into_problems())
}

fn groups(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<Groups> {
    let node = fields.get("resource_groups")?;
    let Value::Map(entries) = &node.value else {
        let help = "write the id of a group, and under it a list of resources";
        reader.error(node.at, "resource_groups", "a mapping is wanted here", help);
        return None;
    };
    let mut ids = Vec::new();
    let mut members = Vec::new();
    for (key, node) in entries {
        let path = format!("resource_groups.{}", key.name);
        let Ok(id) = key.name.parse::<ResourceGroupId>() else {
            reader.error(key.at, &path, format!("`{}` is no resource group id", key.name), "");
            continue;
        };
        let Value::Seq(items) = &node.value else {
            reader.error(node.at, &path, "a list of resources is wanted here", "");
            continue;
        };
        for (index, node) in items.iter().enumerate() {
            let on = reader.parsed_of::<Target>(node, &format!("{path}[{index}]"));
            members.extend(on.map(|Target(on)| (on, ids.len())));
        }
        ids.push([id.as_str().into()]);
    }
    Some(Groups { ids, members: members.into_iter().collect() })
}

/// A resource that something is attached to.
#[derive(Clone, Debug)]
struct Target(Attachment);

impl std::str::FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Attachment::parse(text).map(Self)
    }
}

fn attached(
    reader: &mut Reader<'_>,
    node: &Node,
    path: &str,
) -> Option<(Mention<Target>, Mention<PolicyName>)> {
    let fields = reader.fields(node, path, &["resource", "policy"])?;
    let resource = Mention::required(reader, &fields, "resource");
    let policy = Mention::required(reader, &fields, "policy");
    Some((resource?, policy?))
}

/// How the policy names principals: the service of the resource decides.
fn form_of(
    reader: &mut Reader<'_>,
    on: &Mention<Target>,
    traits_of: &dyn Fn(&str) -> Traits,
) -> Option<PrincipalForm> {
    let Some(service) = on.value.0.service() else {
        let message = "the resource of a policy names its service";
        reader.error(on.at, &on.field, message, "write `acs:<service>:...` without a wildcard");
        return None;
    };
    Some(traits_of(service).principals)
}

fn policy(
    reader: &mut Reader<'_>,
    name: &Mention<PolicyName>,
    kind: DocumentKind,
    book: &mut PolicyBook<'_>,
) -> Option<Arc<Policy>> {
    match book.find(kind, &name.value) {
        Lookup::Found(policy) => return Some(policy),
        Lookup::Broken | Lookup::NotAccepted => return None,
        Lookup::Unknown => {}
    }
    let known: Vec<&str> = book.names(kind).collect();
    let help = match nearest(name.value.as_str(), &known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "add its file to `files.resource_policies`, or remove the reference".to_owned(),
    };
    let message = format!("there is no resource policy `{}`", name.value);
    reader.error(name.at, &name.field, message, &help);
    None
}

fn list(reader: &mut Reader<'_>, node: &Node, path: &str) -> Option<(Attachment, Acl)> {
    let fields = reader.fields(node, path, &["resource", "acl"])?;
    let resource = reader.required_parsed::<Target>(&fields, "resource");
    let node = reader.required(&fields, "acl")?;
    let path = fields.path("acl");
    let text = reader.text_of(node, &path)?;
    let acl = Acl::find(text);
    if acl.is_none() {
        let help = "write `private`, `public-read` or `public-read-write`; for `default`, leave the entry out";
        reader.error(node.at, &path, format!("`{text}` is no access control list"), help);
    }
    Some((resource?.0, acl?))
}
