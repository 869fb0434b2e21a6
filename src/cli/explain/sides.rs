//! Both sides of a call for a session of a role: what each says, which one is missing, and a statement that would do.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;

use super::answer::{LayerAnswer, Nearest};
use crate::policy::{
    AccessRequest, Attribute, Caller, ConditionKey, Decision, Layer, Layers, Sides, Verdict,
    layer_name,
};

/// What is told about the two sides. A field is added, never changed.
#[derive(Debug, Serialize)]
pub(super) struct SidesReport {
    /// The caller's own policies, a set each; none for callers that need no such side.
    pub(super) caller: Vec<LayerAnswer>,
    /// The trust policy of the role.
    pub(super) trust: LayerAnswer,
    /// What is missing, and where, as one sentence or more.
    pub(super) missing: String,
    pub(super) nearest: Vec<Nearest>,
    /// A statement for each side that does not allow it; none where a statement would not help.
    pub(super) add: Vec<Addition>,
}

/// A statement that would do, to be narrowed.
#[derive(Debug, Serialize)]
pub(super) struct Addition {
    /// Where it belongs.
    pub(super) to: String,
    pub(super) statement: Box<RawValue>,
}

/// As a policy writes it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement<'s> {
    effect: &'static str,
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<BTreeMap<&'s str, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<BTreeMap<&'s str, BTreeMap<&'s str, String>>>,
}

impl Statement<'_> {
    const ALLOW: Self = Self {
        effect: "Allow",
        action: "sts:AssumeRole",
        principal: None,
        resource: None,
        condition: None,
    };
}

/// What was decided about the call.
pub(super) struct Told<'t> {
    pub(super) access: &'t AccessRequest<'t>,
    pub(super) layers: &'t Layers<'t>,
    pub(super) decision: &'t Decision<'t>,
}

impl Told<'_> {
    pub(super) fn about(&self, sides: &Sides<'_>) -> SidesReport {
        let near = sides.caller_near.iter().chain(&sides.trust_near);
        let hopeless = self.hopeless(sides);
        let add = if hopeless.is_some() { Vec::new() } else { self.additions(sides) };
        SidesReport {
            caller: sides.caller.iter().map(LayerAnswer::of).collect(),
            trust: LayerAnswer::of(&sides.trust),
            missing: hopeless.unwrap_or_else(|| self.missing(sides)),
            nearest: near.map(Nearest::of).collect(),
            add,
        }
    }

    /// Why no statement on either side would help.
    fn hopeless(&self, sides: &Sides<'_>) -> Option<String> {
        let denied = sides.caller.iter().chain([&sides.trust]);
        let denied = denied.filter(|answer| answer.verdict == Verdict::ExplicitDeny);
        let denied: Vec<String> = denied
            .map(|answer| match &answer.statement {
                Some(statement) => format!("{statement} of the {}", layer_name(&answer.layer)),
                None => {
                    format!("a document of the {} that is not valid", layer_name(&answer.layer))
                }
            })
            .collect();
        match (&self.access.caller, self.decision.layer) {
            (Caller::Root { .. }, _) => {
                Some("the account itself assumes no role; let a user or a role do it".to_owned())
            }
            (Caller::Anonymous, _) => Some("nobody assumes a role without credentials".to_owned()),
            _ if self.layers.trust.is_none() => {
                Some(format!("there is no role {} that could trust anybody", self.access.resource))
            }
            _ if sides.service_linked => {
                Some("the role belongs to a service, and nobody else becomes it".to_owned())
            }
            (_, layer @ (Layer::Control(_) | Layer::Session))
                if self.decision.verdict != Verdict::Allow =>
            {
                Some(format!(
                    "the {} ended it before the two sides: that is what has to allow it first",
                    layer_name(&layer)
                ))
            }
            _ if !denied.is_empty() => Some(format!(
                "denied by {}: an explicit Deny ends it, whatever the other side says; no Allow helps, \
                 only a change of that statement",
                denied.join(" and by ")
            )),
            _ => None,
        }
    }

    fn missing(&self, sides: &Sides<'_>) -> String {
        let caller = sides.caller_verdict().unwrap_or(Verdict::Allow) == Verdict::Allow;
        let trust = sides.trust.verdict == Verdict::Allow;
        let accounts = self.accounts();
        match (caller, trust) {
            (true, true) => "nothing: both sides allow it".to_owned(),
            (false, true) => format!(
                "the caller's side{}: no policy of {} allows it, though the role trusts the caller",
                accounts.0, self.access.caller
            ),
            (true, false) if sides.caller.is_empty() => format!(
                "the trust policy does not let {} in, and no other side is asked of such a caller",
                self.access.caller
            ),
            (true, false) => format!(
                "the role's side{}: its trust policy does not let {} in, though the caller's policies allow it",
                accounts.1, self.access.caller
            ),
            (false, false) => format!(
                "both sides: no policy of {}{} allows it, and the trust policy{} does not let the caller in",
                self.access.caller, accounts.0, accounts.1
            ),
        }
    }

    /// Whose the sides are, where they are of two accounts.
    fn accounts(&self) -> (String, String) {
        match (self.access.caller.account(), self.access.owner) {
            (Some(caller), Some(owner)) if caller != owner => {
                (format!(", of account {caller}"), format!(", of account {owner}"))
            }
            _ => (String::new(), String::new()),
        }
    }

    fn additions(&self, sides: &Sides<'_>) -> Vec<Addition> {
        let of_caller = sides.caller_verdict() == Some(Verdict::ImplicitDeny);
        let of_caller = of_caller.then(|| self.of_caller());
        let of_trust = (sides.trust.verdict == Verdict::ImplicitDeny).then(|| self.of_trust());
        of_caller.into_iter().chain(of_trust).flatten().collect()
    }

    fn of_caller(&self) -> Option<Addition> {
        let to = match self.access.caller {
            Caller::User { name, .. } => format!("a policy of user {name}, or of a group of it"),
            Caller::Session { role, .. } => format!("a policy of role {role}"),
            _ => return None,
        };
        let resource = Some(self.access.resource.to_string());
        Addition::new(to, &Statement { resource, ..Statement::ALLOW })
    }

    fn of_trust(&self) -> Option<Addition> {
        let foreign = self.access.caller.account() != self.access.owner;
        let (kind, principal) = match self.access.caller {
            Caller::User { account, name, .. } => {
                ("RAM", format!("acs:ram::{account}:user/{name}"))
            }
            Caller::Session { account, role, .. } => {
                ("RAM", format!("acs:ram::{account}:role/{}", role.to_ascii_lowercase()))
            }
            Caller::Service { name, account } if foreign => {
                ("Service", format!("{account}@{name}"))
            }
            Caller::Service { name, .. } => ("Service", name.to_owned()),
            // TP-09: a provider counts in its own account alone.
            Caller::Federated { .. } if foreign => return None,
            Caller::Federated { provider, .. } => ("Federated", provider.to_owned()),
            Caller::Root { .. } | Caller::Anonymous => return None,
        };
        let keys: &[(&str, &str)] = match self.access.caller {
            Caller::Federated { provider, .. } if provider.contains(":oidc-provider/") => {
                &[("oidc:sub", "<subject>"), ("oidc:aud", "<client id>")]
            }
            Caller::Federated { .. } => {
                &[("saml:recipient", "https://signin.aliyun.com/saml-role/sso")]
            }
            Caller::User { .. } | Caller::Session { .. } if foreign => {
                &[("sts:ExternalId", "<an id that the two of you agree on>")]
            }
            _ => &[],
        };
        let values = keys.iter().map(|(key, stand_in)| (*key, self.value(key, stand_in)));
        let values: BTreeMap<&str, String> = values.collect();
        let condition = (!keys.is_empty()).then(|| BTreeMap::from([("StringEquals", values)]));
        let principal = Some(BTreeMap::from([(kind, principal)]));
        let statement = Statement { principal, condition, ..Statement::ALLOW };
        Addition::new("the trust policy of the role".to_owned(), &statement)
    }

    /// The value that the question has for a key.
    fn value(&self, key: &str, stand_in: &str) -> String {
        match self.access.attributes.get(&ConditionKey::Other(key)) {
            Attribute::Text(text) => text.into_owned(),
            Attribute::Texts([first, ..]) => first.to_string(),
            _ => stand_in.to_owned(),
        }
    }
}

impl Addition {
    fn new(to: String, statement: &Statement<'_>) -> Option<Self> {
        let text = serde_json::to_string(statement).ok()?;
        Some(Self { to, statement: RawValue::from_string(text).ok()? })
    }
}
