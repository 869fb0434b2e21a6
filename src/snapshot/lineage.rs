//! Where a session comes from, in the names that its sources have now.

use std::fmt;
use std::sync::Arc;

use super::{Snapshot, TokenSession, World};
use crate::ident::{AccessKeyId, SourceIdentity};
use crate::token::{Opened, Payload, Source, SourceId};

/// Who obtained a session, and what went before it. Words are made only when somebody asks.
#[derive(Clone)]
pub struct Lineage {
    opened: Arc<Opened>,
    snapshot: Arc<Snapshot>,
}

impl fmt::Debug for Lineage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lineage({})", self.source())
    }
}

impl World {
    /// Where a session comes from.
    pub fn lineage(&self, session: &TokenSession) -> Lineage {
        Lineage { opened: Arc::clone(&session.opened), snapshot: Arc::clone(&self.snapshot) }
    }
}

impl Lineage {
    fn payload(&self) -> &Payload {
        &self.opened.payload
    }

    /// Who obtained the session.
    pub fn source(&self) -> String {
        self.snapshot.name_of(&self.payload().source)
    }

    /// Who obtained the first session of its chain, of a session that a session obtained.
    pub fn origin(&self) -> Option<String> {
        let chain = self.payload().chain.as_ref()?;
        Some(self.snapshot.name_of(&chain.origin))
    }

    /// The name that goes with the session through all chaining.
    pub fn source_identity(&self) -> Option<&str> {
        self.payload().source_identity.as_ref().map(SourceIdentity::as_str)
    }

    /// The `AccessKey` ids of the sessions before it, oldest first.
    pub fn chain(&self) -> impl Iterator<Item = &str> {
        let ancestors = self.payload().chain.iter().flat_map(|chain| &chain.ancestors);
        ancestors.map(|ancestor| AccessKeyId::as_str(&ancestor.access_key_id))
    }
}

impl Snapshot {
    /// The ARN of a source, with the name that it has now; of one that is gone, its id.
    pub fn name_of(&self, source: &Source) -> String {
        let (account, directory) = (source.account, self.directory());
        let found = match &source.id {
            SourceId::User(id) => {
                directory.user_with(account, id).map(|user| format!("user/{}", user.name))
            }
            SourceId::Role(id) => {
                let role = directory.role_with(account, id);
                role.map(|role| format!("role/{}", role.name.as_str().to_ascii_lowercase()))
            }
            SourceId::Oidc(arn) | SourceId::Saml(arn) => return arn.to_string(),
            SourceId::Service(name) => return format!("{account}@{name}"),
        };
        let gone = || format!("{} {} of {account}", source.id.kind_name(), source.id.as_str());
        found.map_or_else(gone, |name| format!("acs:ram::{account}:{name}"))
    }
}
