//! Decisions: N attached policies of one statement each, and 256 different requests about them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use ramgate::ident::AccountId;
use ramgate::policy::{
    AccessRequest, Action, Attribute, Attributes, Caller, ConditionKey, DocumentKind, Layers,
    Policy, PolicySet, PolicyType, RelativeId, Resource, Segment, Traits, Verdict, decide, parse,
};
use serde::{Deserialize, Serialize};

pub const SERVICES: [&str; 10] =
    ["oss", "ecs", "rds", "slb", "vpc", "log", "kms", "ots", "mns", "fc"];
pub const ACCOUNT: &str = "1234567890";
pub const REQUESTS: usize = 256;
pub const BLOCK: &str = "10.0.0.0/8";
pub const TAG: &str = "ecs:tag/env";
pub const TAG_VALUE: &str = "prod";

/// A document as serde reads it into owned structs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Document {
    pub version: String,
    pub statement: Vec<Statement>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    pub effect: String,
    pub action: Vec<String>,
    pub resource: Vec<String>,
    pub condition: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

pub fn condition(
    lines: &[(&str, &str, &[&str])],
) -> BTreeMap<String, BTreeMap<String, Vec<String>>> {
    let mut condition: BTreeMap<String, BTreeMap<_, _>> = BTreeMap::new();
    for (operator, key, values) in lines {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        condition.entry((*operator).to_owned()).or_default().insert((*key).to_owned(), values);
    }
    condition
}

/// One in twenty denies.
pub fn documents(count: usize) -> Vec<Document> {
    let statement = |number: usize| {
        let service = SERVICES[number % SERVICES.len()];
        Statement {
            effect: if number % 20 == 19 { "Deny" } else { "Allow" }.to_owned(),
            action: vec![format!("{service}:Get*"), format!("{service}:List{number}")],
            resource: vec![format!("acs:{service}:*:{ACCOUNT}:res-{number}/data/*")],
            condition: condition(&[
                ("IpAddress", "acs:SourceIp", &[BLOCK]),
                ("StringEquals", TAG, &[TAG_VALUE]),
            ]),
        }
    };
    let numbers = 0..count;
    let document =
        |number| Document { version: "1".to_owned(), statement: vec![statement(number)] };
    numbers.map(document).collect()
}

/// A request in the forms that the engines want.
#[derive(Clone, Debug)]
pub struct Request {
    pub service: &'static str,
    pub operation: &'static str,
    pub relative_id: String,
    pub action: String,
    pub resource: String,
    pub address: IpAddr,
    pub address_text: String,
    pub tag: &'static str,
    pub account: AccountId,
}

/// One in eight is about a resource that no policy names, one in four has the wrong tag.
pub fn requests(policies: usize) -> Vec<Request> {
    let request = |number: usize| {
        let policy = (number * 7919 + 13) % policies;
        let service = SERVICES[policy % SERVICES.len()];
        let target = if number % 8 == 7 { policy + 1_000_000 } else { policy };
        let relative_id = format!("res-{target}/data/a/b/{number}.txt");
        let last = u8::try_from(number).expect("256 requests");
        let address = IpAddr::from(Ipv4Addr::new(10, 1, 2, last));
        Request {
            service,
            operation: "GetObject",
            action: format!("{service}:GetObject"),
            resource: format!("acs:{service}:cn-hangzhou:{ACCOUNT}:{relative_id}"),
            relative_id,
            address,
            address_text: address.to_string(),
            tag: if number % 4 == 3 { "dev" } else { TAG_VALUE },
            account: ACCOUNT.parse().expect("an account id"),
        }
    };
    (0..REQUESTS).map(request).collect()
}

impl Attributes for Request {
    fn get(&self, key: &ConditionKey<'_>) -> Attribute<'_> {
        match key {
            ConditionKey::SourceIp => Attribute::Address(self.address),
            ConditionKey::Other(TAG) => Attribute::Text(Cow::Borrowed(self.tag)),
            _ => Attribute::Undeterminable,
        }
    }
}

/// The policies of ramgate.
pub fn policy_set(documents: &[Document]) -> PolicySet {
    let policies = documents.iter().map(|document| {
        let text = serde_json::to_string(document).expect("structs are JSON");
        let document = parse(DocumentKind::Identity, &text, "policy.json").expect("it is valid");
        Policy::new("policy", PolicyType::Custom, document).into()
    });
    PolicySet::new(policies)
}

/// One decision of ramgate.
pub fn ask(set: &PolicySet, request: &Request) -> Verdict {
    let account = request.account;
    let access = AccessRequest {
        caller: Caller::User { account, name: "alice", id: "2" },
        action: Action { service: request.service, operation: request.operation },
        resource: Resource::Named {
            service: request.service,
            region: Segment::Known("cn-hangzhou"),
            account: Segment::Known(ACCOUNT),
            relative_id: RelativeId::Known(&request.relative_id),
        },
        owner: Some(account),
        exempt: false,
        traits: Traits::default(),
        public_blocked: false,
        attributes: request,
    };
    decide(&Layers { account: set, ..Layers::none() }, &access).verdict
}
