//! A request as plain data, and the question it becomes.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use ramgate::ident::UnixSeconds;
use ramgate::policy::{
    AccessRequest, Action, Attribute, Attributes, Caller, ConditionKey, DocumentKind, Policy,
    PolicyType, RelativeId, Resource, Segment, Traits, parse,
};
use ramgate::strict::Json;

pub(crate) const ACCOUNT: &str = "1000000000000001";

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) service: String,
    pub(crate) operation: String,
    pub(crate) resource: RequestedResource,
    pub(crate) owner: Option<String>,
    /// Keys that are not listed are absent.
    pub(crate) context: BTreeMap<String, Given>,
}

#[derive(Clone, Debug)]
pub(crate) enum RequestedResource {
    All,
    Named(Named),
}

#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) service: String,
    pub(crate) region: Region,
    pub(crate) account: String,
    /// An unknown part is `\0`.
    pub(crate) id: String,
}

#[derive(Clone, Debug)]
pub(crate) enum Region {
    Known(String),
    Global,
    Unknown,
}

/// The values of a key. Typed: as the gate hands out what it measured itself.
#[derive(Clone, Debug)]
pub(crate) enum Given {
    Unknown,
    Texts(Vec<Box<str>>),
    Typed(String),
}

impl Request {
    /// Reads the request of a worked case.
    pub(crate) fn of_case(request: &Json) -> Self {
        let text = |name| request.get(name).and_then(Json::as_str).unwrap();
        let (service, operation) = text("action").split_once(':').unwrap();
        let (resource, owner) = match text("resource") {
            "*" => {
                let principal = request.get("principal").unwrap();
                (RequestedResource::All, principal.get("account").and_then(Json::as_str).unwrap())
            }
            arn => {
                let parts: Vec<&str> = arn.splitn(5, ':').collect();
                (RequestedResource::Named(named(&parts)), parts[3])
            }
        };
        let Some(Json::Object(context)) = request.get("context") else { panic!("context") };
        let given = |value: &Json| match value {
            Json::Array(items) => items.iter().map(|item| item.as_str().unwrap().into()).collect(),
            one => vec![one.as_str().unwrap().into()],
        };
        Self {
            service: service.to_owned(),
            operation: operation.to_owned(),
            resource,
            owner: Some(owner.to_owned()),
            context: context
                .iter()
                .map(|(key, value)| (key.to_string(), Given::Texts(given(value))))
                .collect(),
        }
    }

    /// Puts the question for a caller.
    pub(crate) fn ask<A>(
        &self,
        caller: Caller<'_>,
        answer: impl FnOnce(&AccessRequest<'_>) -> A,
    ) -> A {
        let resource = match &self.resource {
            RequestedResource::All => Resource::All,
            RequestedResource::Named(named) => named.as_resource(),
        };
        answer(&AccessRequest {
            caller,
            action: Action { service: &self.service, operation: &self.operation },
            resource,
            owner: self.owner.as_ref().map(|owner| owner.parse().unwrap()),
            exempt: false,
            traits: Traits::default(),
            public_blocked: false,
            attributes: self,
        })
    }
}

fn named(parts: &[&str]) -> Named {
    let region = match (parts[1], parts[2]) {
        ("oss", "*" | "") => Region::Unknown,
        (_, "*" | "") => Region::Global,
        (_, known) => Region::Known(known.to_owned()),
    };
    Named {
        service: parts[1].to_owned(),
        region,
        account: parts[3].to_owned(),
        id: parts[4].to_owned(),
    }
}

impl Named {
    fn as_resource(&self) -> Resource<'_> {
        Resource::Named {
            service: &self.service,
            region: match &self.region {
                Region::Known(region) => Segment::Known(region),
                Region::Global => Segment::Global,
                Region::Unknown => Segment::Unknown,
            },
            account: Segment::Known(&self.account),
            relative_id: if self.id.contains('\0') {
                RelativeId::Partial(&self.id)
            } else {
                RelativeId::Known(&self.id)
            },
        }
    }
}

impl Attributes for Request {
    fn get(&self, key: &ConditionKey<'_>) -> Attribute<'_> {
        let name = match key {
            ConditionKey::CurrentTime => "acs:CurrentTime",
            ConditionKey::SecureTransport => "acs:SecureTransport",
            ConditionKey::SourceIp => "acs:SourceIp",
            ConditionKey::MfaPresent => "acs:MFAPresent",
            ConditionKey::PrincipalArn => "acs:PrincipalARN",
            ConditionKey::UserAgent => "acs:UserAgent",
            ConditionKey::AccessId => "acs:AccessId",
            ConditionKey::RequestTag(tag) => &format!("acs:RequestTag/{tag}"),
            ConditionKey::Other(name) => name,
        };
        match self.context.get(name) {
            None => Attribute::Absent,
            Some(Given::Unknown) => Attribute::Undeterminable,
            Some(Given::Texts(texts)) if texts.len() == 1 => {
                Attribute::Text(Cow::Borrowed(&texts[0]))
            }
            Some(Given::Texts(texts)) => Attribute::Texts(texts),
            Some(Given::Typed(text)) => typed(key, text),
        }
    }
}

fn typed<'r>(key: &ConditionKey<'_>, text: &'r str) -> Attribute<'r> {
    match key {
        ConditionKey::SourceIp => Attribute::Address(text.parse().unwrap()),
        ConditionKey::CurrentTime => Attribute::Instant(UnixSeconds::parse_iso8601(text).unwrap()),
        ConditionKey::SecureTransport => Attribute::Flag(text.parse().unwrap()),
        _ => Attribute::Text(Cow::Owned(text.to_owned())),
    }
}

pub(crate) fn compile(text: &str) -> Arc<Policy> {
    let document = parse(DocumentKind::Identity, text, "p.json")
        .unwrap_or_else(|problems| panic!("{text}\n{problems:#?}"));
    Arc::new(Policy::new("p", PolicyType::Custom, document))
}

/// A JSON value as text.
pub(crate) fn json_text(value: &Json) -> String {
    match value {
        Json::Null => "null".to_owned(),
        Json::Bool(flag) => flag.to_string(),
        Json::Number(number) => number.to_string(),
        Json::String(text) => quoted(text),
        Json::Array(items) => {
            format!("[{}]", items.iter().map(json_text).collect::<Vec<_>>().join(","))
        }
        Json::Object(members) => {
            let member =
                |(name, value): &(Box<str>, Json)| format!("{}:{}", quoted(name), json_text(value));
            format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
        }
    }
}

pub(crate) fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}
