//! The condition context of a request (section 5.1 of the policy language).

use std::borrow::Cow;

use crate::catalog::CallAttributes;
use crate::policy::{Attribute, Attributes, ConditionKey};

use super::Facts;

/// Everything that conditions can ask about one request. Derived by the gate; no header can shadow a key.
pub(super) struct Context<'c> {
    pub(super) facts: &'c Facts,
    pub(super) principal_arn: &'c str,
    pub(super) access_key_id: &'c str,
    /// `User-Agent`, when the signature covers it.
    pub(super) user_agent: Option<&'c str>,
    pub(super) call: &'c CallAttributes,
}

impl Attributes for Context<'_> {
    fn get(&self, key: &ConditionKey) -> Attribute<'_> {
        match key {
            ConditionKey::CurrentTime => Attribute::Instant(self.facts.now),
            ConditionKey::SecureTransport => Attribute::Flag(self.facts.tls),
            ConditionKey::SourceIp => Attribute::Address(self.facts.peer),
            // Only console sessions carry it; a call signed with an AccessKey never does.
            ConditionKey::MfaPresent => Attribute::Absent,
            ConditionKey::PrincipalArn => Attribute::Text(Cow::Borrowed(self.principal_arn)),
            ConditionKey::AccessId => Attribute::Text(Cow::Borrowed(self.access_key_id)),
            // Unsigned facts cannot satisfy an Allow, so an unsigned header is as good as unknown.
            ConditionKey::UserAgent => self
                .user_agent
                .map_or(Attribute::Undeterminable, |text| Attribute::Text(Cow::Borrowed(text))),
            ConditionKey::RequestTag(tag) => self.call.request_tag(tag),
            ConditionKey::Other(name) => self.call.get(name),
        }
    }
}
