//! What tables tell that no request does: tags of resources, and buckets.

use std::sync::Arc;

use super::digest::Digest;
use super::{Snapshot, Sources};
use crate::catalog::{Buckets, TagsOf};
use crate::directory::{self, Tags};
use crate::ident::AccountId;
use crate::policy::{AccessRequest, Attribute, RelativeId, Resource};
use crate::strict::Problem;

/// The key of RAM itself that a tag of the requested resource answers, whatever the product.
const RESOURCE_TAG: &str = "acs:ResourceTag";

/// The tables of one generation. What nobody mounted, nobody knows.
#[derive(Debug, Default)]
pub(super) struct Tables {
    buckets: Option<Buckets>,
    tags: Option<Arc<TagTable>>,
}

/// A table of tags may be large: generations with equal files share it.
#[derive(Debug)]
struct TagTable {
    digest: Digest,
    tags: Tags,
}

impl Tables {
    pub(super) fn compile(
        sources: &Sources,
        own: AccountId,
        previous: Option<&Snapshot>,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let buckets = sources.buckets.as_ref().map(|file| {
            let (buckets, found) = Buckets::parse(&file.name, &file.text, own);
            problems.extend(found);
            buckets
        });
        let kept = previous.and_then(|snapshot| snapshot.tables.tags.as_ref());
        let tags = sources.tags.as_ref().map(|file| {
            let digest = Digest::of([("tags", file)].into_iter());
            if let Some(kept) = kept.filter(|kept| kept.digest == digest) {
                return Arc::clone(kept);
            }
            let (tags, found) = directory::tags(&file.name, &file.text);
            problems.extend(found);
            Arc::new(TagTable { digest, tags })
        });
        Self { buckets, tags }
    }
}

impl Snapshot {
    /// The buckets that are known, if any are told.
    pub fn buckets(&self) -> Option<&Buckets> {
        self.tables.buckets.as_ref()
    }

    /// The tags of resources, if they are told.
    pub fn tags(&self) -> Option<&Tags> {
        self.tables.tags.as_ref().map(|table| &table.tags)
    }

    /// What is known about the condition key `name` for the resource of `access`, if the key is about its tags; `None` for
    /// any other key. `sent` says whether the request may bring a tag: the key of a product is then about that one where the
    /// call names no resource but its type, since what it makes gets that tag.
    pub fn tag(
        &self,
        access: &AccessRequest<'_>,
        name: &str,
        sent: impl FnOnce(&str) -> bool,
    ) -> Option<Attribute<'_>> {
        let (family, key) = name.split_once('/')?;
        let of = match family {
            RESOURCE_TAG => TagsOf::Resource,
            _ => self.catalog().tags_behind(service(access), family)?,
        };
        let Some(tags) = self.tags() else { return Some(Attribute::Undeterminable) };
        Some(match of {
            TagsOf::Resource if family != RESOURCE_TAG && names_type(access) && sent(key) => {
                Attribute::Undeterminable
            }
            TagsOf::Resource => tags.get(access, key),
            TagsOf::Container => match container(access) {
                Some(resource) => tags.get(&AccessRequest { resource, ..*access }, key),
                None => Attribute::Undeterminable,
            },
        })
    }
}

/// The service of the resource; of a call without one, that of the action.
fn service<'r>(access: &AccessRequest<'r>) -> &'r str {
    match access.resource {
        Resource::All => access.action.service,
        Resource::Named { service, .. } => service,
    }
}

/// Whether the call names a type of resources, such as `instance/*`, and none of them.
fn names_type(access: &AccessRequest<'_>) -> bool {
    match access.resource {
        Resource::All => true,
        Resource::Named { relative_id, .. } => match relative_id {
            RelativeId::Known(id) | RelativeId::Partial(id) => id.ends_with('*'),
        },
    }
}

/// What the resource lies in: the bucket of an object, or the bucket itself. It may be known where the rest is not.
fn container<'r>(access: &AccessRequest<'r>) -> Option<Resource<'r>> {
    let Resource::Named { service, region, account, relative_id } = access.resource else {
        return None;
    };
    let (RelativeId::Known(id) | RelativeId::Partial(id)) = relative_id;
    let name = id.split('/').next().filter(|name| !name.contains(RelativeId::UNKNOWN_PART))?;
    Some(Resource::Named { service, region, account, relative_id: RelativeId::Known(name) })
}
