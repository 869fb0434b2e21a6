//! The condition context of a request (section 5.1 of the policy language).

use std::borrow::Cow;

use crate::catalog::CallAttributes;
use crate::policy::{
    AccessRequest, Attribute, Attributes, ConditionKey, RelativeId, Resource, ResourceGroup,
};
use crate::snapshot::Snapshot;

use super::Facts;

/// Everything that conditions can ask about one request. Derived by the gate; no header can shadow a key.
pub(super) struct Context<'c> {
    pub(super) facts: &'c Facts,
    /// `None` for a caller without credentials, who has neither an ARN nor a key.
    pub(super) principal_arn: Option<String>,
    pub(super) access_key_id: Option<&'c str>,
    /// `User-Agent`, when the signature covers it or the route takes it without.
    pub(super) user_agent: Option<&'c str>,
    /// The one that the caller's session has.
    pub(super) source_identity: Option<&'c str>,
    pub(super) call: &'c CallAttributes<'c>,
}

/// The same, for one of the resources of the request.
pub(super) struct OfResource<'c> {
    pub(super) context: &'c Context<'c>,
    pub(super) group: ResourceGroup<'c>,
    /// The question about the resource, for those keys that a table answers.
    pub(super) access: &'c AccessRequest<'c>,
    pub(super) snapshot: &'c Snapshot,
}

impl OfResource<'_> {
    fn tag(&self, name: &str) -> Option<Attribute<'_>> {
        let call = self.context.call;
        let sent = |tag: &str| call.request_tag(tag) != Attribute::Absent;
        let resource = self.access.resource;
        let resource = if call.names_version() { some_version(resource) } else { resource };
        self.snapshot.tag(&AccessRequest { resource, ..*self.access }, name, sent)
    }
}

/// A table tells the tags that an object has now; those of another version nobody knows.
fn some_version(resource: Resource<'_>) -> Resource<'_> {
    match resource {
        Resource::Named { service, region, account, relative_id: RelativeId::Known(id) } => {
            Resource::Named { service, region, account, relative_id: RelativeId::Partial(id) }
        }
        Resource::Named { .. } | Resource::All => resource,
    }
}

impl Attributes for OfResource<'_> {
    fn get(&self, key: &ConditionKey<'_>) -> Attribute<'_> {
        match key {
            ConditionKey::Other("acs:ResourceGroupId") => match self.group {
                ResourceGroup::None => Attribute::Absent,
                ResourceGroup::In(groups) => Attribute::Texts(groups),
                ResourceGroup::Unknown => Attribute::Undeterminable,
            },
            ConditionKey::Other(name) => self.tag(name).unwrap_or_else(|| self.context.get(key)),
            _ => self.context.get(key),
        }
    }
}

impl Attributes for Context<'_> {
    fn get(&self, key: &ConditionKey<'_>) -> Attribute<'_> {
        match key {
            ConditionKey::CurrentTime => Attribute::Instant(self.facts.now),
            ConditionKey::SecureTransport => Attribute::Flag(self.facts.tls),
            ConditionKey::SourceIp => Attribute::Address(self.facts.peer),
            // Only console sessions carry it; a call signed with an AccessKey never does.
            ConditionKey::MfaPresent => Attribute::Absent,
            ConditionKey::PrincipalArn => known_or_absent(self.principal_arn.as_deref()),
            ConditionKey::AccessId => known_or_absent(self.access_key_id),
            // Unsigned facts cannot satisfy an Allow, so an unsigned header is as good as unknown.
            ConditionKey::UserAgent => self
                .user_agent
                .map_or(Attribute::Undeterminable, |text| Attribute::Text(Cow::Borrowed(text))),
            ConditionKey::RequestTag(tag) => self.call.request_tag(tag),
            ConditionKey::Other(name @ "sts:SourceIdentity") => self.source_identity(name),
            ConditionKey::Other(name) => self.call.get(name),
        }
    }
}

impl Context<'_> {
    /// The one that is asked for, else the one that the caller's session has and hands on (STS-24).
    fn source_identity(&self, name: &str) -> Attribute<'_> {
        match (self.call.get(name), self.source_identity) {
            (Attribute::Texts(sent), Some(own)) if sent.iter().all(|it| it.is_empty()) => {
                Attribute::Text(Cow::Borrowed(own))
            }
            (known, _) => known,
        }
    }
}

fn known_or_absent(text: Option<&str>) -> Attribute<'_> {
    text.map_or(Attribute::Absent, |text| Attribute::Text(Cow::Borrowed(text)))
}
