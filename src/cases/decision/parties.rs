//! Who asks, and for what.

use serde::Deserialize;

use super::CaseError;
use crate::ident::AccountId;
use crate::policy::{Caller, RelativeId, Resource, Segment, Traits};

/// Who asks.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Principal {
    #[serde(rename = "type")]
    pub(super) kind: String,
    account: Option<String>,
    name: Option<String>,
    id: Option<String>,
    role: Option<String>,
    session: Option<String>,
    service_linked: bool,
    service: Option<String>,
    provider: Option<String>,
}

impl Principal {
    pub(super) fn as_caller(&self) -> Result<Who<'_>, CaseError> {
        let wanted = |name: &str, value: &'_ Option<String>| {
            value.as_deref().map(str::to_owned).ok_or_else(|| {
                CaseError(format!("a principal of type `{}` needs `{name}`", self.kind))
            })
        };
        let account = || wanted("account", &self.account).and_then(|text| account_of(&text));
        Ok(match self.kind.as_str() {
            "Root" => Who::Is(Caller::Root { account: account()? }),
            "RamUser" => Who::Is(Caller::User {
                account: account()?,
                name: self.name.as_deref().unwrap_or_default(),
                id: self.id.as_deref().unwrap_or_default(),
            }),
            "AssumedRole" => {
                wanted("role", &self.role)?;
                Who::Is(Caller::Session {
                    account: account()?,
                    role: self.role.as_deref().unwrap_or_default(),
                    role_id: self.id.as_deref().unwrap_or_default(),
                    session: self.session.as_deref().unwrap_or_default(),
                    service_linked: self.service_linked,
                })
            }
            "Service" => {
                wanted("service", &self.service)?;
                let acts_for = self.account.as_deref().map(account_of).transpose()?;
                Who::Service(self.service.as_deref().unwrap_or_default(), acts_for)
            }
            "Federated" => {
                wanted("provider", &self.provider)?;
                let provider = self.provider.as_deref().unwrap_or_default();
                let account = provider.split(':').nth(3).and_then(|text| text.parse().ok());
                Who::Is(Caller::Federated { provider, account })
            }
            "Anonymous" => Who::Is(Caller::Anonymous),
            other => return Err(CaseError(format!("`{other}` is no type of principal"))),
        })
    }
}

pub(super) fn account_of(text: &str) -> Result<AccountId, CaseError> {
    text.parse().map_err(|error: crate::ident::ParseIdentError| CaseError(error.to_string()))
}

/// A caller; a service acts for the owner of the resource unless the case says for whom.
#[derive(Clone, Copy)]
pub(super) enum Who<'c> {
    Is(Caller<'c>),
    Service(&'c str, Option<AccountId>),
}

impl<'c> Who<'c> {
    pub(super) fn account(&self) -> Option<AccountId> {
        match self {
            Self::Is(caller) => caller.account(),
            Self::Service(_, account) => *account,
        }
    }

    pub(super) fn acting_for(self, owner: Option<AccountId>) -> Caller<'c> {
        match self {
            Self::Is(caller) => caller,
            Self::Service(name, account) => match account.or(owner) {
                Some(account) => Caller::Service { name, account },
                None => Caller::Anonymous,
            },
        }
    }
}

/// The requested resource in its parts.
#[derive(Clone, Copy)]
pub(super) struct Target<'c> {
    /// `None` for the resource `*`.
    pub(super) service: Option<&'c str>,
    region: &'c str,
    account: &'c str,
    id: &'c str,
}

impl<'c> Target<'c> {
    pub(super) fn parse(text: &'c str) -> Result<Self, CaseError> {
        if text == "*" {
            return Ok(Self { service: None, region: "*", account: "*", id: "*" });
        }
        let parts: Vec<&str> = text.splitn(5, ':').collect();
        match parts[..] {
            ["acs", service, region, account, id] => {
                Ok(Self { service: Some(service), region, account, id })
            }
            _ => Err(CaseError(format!("the resource `{text}` is neither `*` nor an ARN"))),
        }
    }

    /// 8.7: the account of the ARN, or the caller's where it names none.
    pub(super) fn owner(&self, caller: &Who<'_>) -> Result<Option<AccountId>, CaseError> {
        match self.account {
            "*" | "system" | "" => Ok(caller.account()),
            digits => account_of(digits).map(Some),
        }
    }

    pub(super) fn as_resource(&self, traits: Traits) -> Resource<'c> {
        let Some(service) = self.service else { return Resource::All };
        let region = match self.region {
            "*" | "" if traits.unknown_region => Segment::Unknown,
            "*" | "" => Segment::Global,
            known => Segment::Known(known),
        };
        let relative_id = RelativeId::Known(self.id);
        Resource::Named { service, region, account: Segment::Known(self.account), relative_id }
    }
}
