//! Documents and requests out of few words, so that they meet often.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;

use super::world::{ACCOUNT, Given, Named, Region, Request, RequestedResource, quoted};

#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) statements: Vec<Statement>,
}

#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) effect: &'static str,
    actions: (bool, Vec<String>),
    resources: (bool, Vec<String>),
    conditions: BTreeMap<&'static str, BTreeMap<&'static str, Vec<String>>>,
}

impl Document {
    pub(crate) fn text(&self) -> String {
        let statements: Vec<String> = self.statements.iter().map(Statement::text).collect();
        format!("{{\"Version\":\"1\",\"Statement\":[{}]}}", statements.join(","))
    }
}

impl Statement {
    pub(crate) fn on_everything(mut self) -> Self {
        self.resources = (false, vec!["*".to_owned()]);
        self
    }

    pub(crate) fn with_every_action(mut self) -> Self {
        self.actions = (false, vec!["*".to_owned()]);
        self
    }

    pub(crate) fn without_conditions(mut self) -> Self {
        self.conditions.clear();
        self
    }

    fn text(&self) -> String {
        let member = |name: &str, (complement, values): &(bool, Vec<String>)| {
            format!("\"{}{name}\":{}", if *complement { "Not" } else { "" }, string_or_list(values))
        };
        let mut text = format!(
            "{{\"Effect\":\"{}\",{},{}",
            self.effect,
            member("Action", &self.actions),
            member("Resource", &self.resources)
        );
        if !self.conditions.is_empty() {
            let keys = |keys: &BTreeMap<&str, Vec<String>>| {
                object(keys.iter().map(|(key, values)| (*key, string_or_list(values))))
            };
            let block =
                object(self.conditions.iter().map(|(operator, inner)| (*operator, keys(inner))));
            text = text + ",\"Condition\":" + &block;
        }
        text + "}"
    }
}

fn object<'n>(members: impl Iterator<Item = (&'n str, String)>) -> String {
    let members: Vec<String> =
        members.map(|(name, value)| format!("{}:{value}", quoted(name))).collect();
    format!("{{{}}}", members.join(","))
}

fn string_or_list(values: &[String]) -> String {
    match values {
        [one] => quoted(one),
        several => {
            format!("[{}]", several.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(","))
        }
    }
}

fn owned(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(words).prop_map(str::to_owned)
}

fn joined(words: &'static [&'static str], most: usize) -> impl Strategy<Value = String> {
    vec(select(words), 0..=most).prop_map(|words| words.concat())
}

fn action_pattern() -> impl Strategy<Value = String> {
    let service = owned(&["ecs", "ECS", "oss", "ram", "*", "?cs", "o*", "*s"]);
    let operation = prop_oneof![
        owned(&[
            "*",
            "StopInstance",
            "stopinstance",
            "StopInstance?",
            "GetObject",
            "Get*",
            "*Instance*",
            "*e",
            ""
        ]),
        joined(&["Get", "get", "Stop", "Object", "Instance", "Role", "s", "*", "?", "e"], 4),
    ];
    prop_oneof![
        2 => Just("*".to_owned()),
        9 => (service, operation).prop_map(|(service, operation)| format!("{service}:{operation}")),
    ]
}

/// The part of an ARN that names a thing.
pub(crate) fn id() -> impl Strategy<Value = String> {
    joined(&["role/", "instance/", "a", "b", "A", "é", "/", ":", "i-1"], 3)
}

fn id_pattern() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => Just("*".to_owned()),
        6 => joined(&["role/", "Role/", "instance/", "a", "b", "A", "é", "/", ":", "i-1", "*", "*", "?", "**"], 4),
    ]
}

fn resource_pattern() -> impl Strategy<Value = String> {
    let service = select(&["ecs", "oss", "ram", "*", "?cs", ""][..]);
    let region =
        select(&["*", "*", "**", "", "cn-hangzhou", "cn-*", "?", "cn-beijing", "*zhou"][..]);
    let account = select(&["*", "*", ACCOUNT, "2*", "1*", "?"][..]);
    let arn =
        (service, region, account, id_pattern()).prop_map(|(service, region, account, id)| {
            format!("acs:{service}:{region}:{account}:{id}")
        });
    prop_oneof![2 => Just("*".to_owned()), 3 => arn]
}

const KEYS: &[&str] = &[
    "acs:SourceIp",
    "acs:CurrentTime",
    "acs:SecureTransport",
    "acs:UserAgent",
    "acs:RequestTag/a",
    "ecs:tag/a",
];
const WORDS: &[&str] = &["a", "A", "ab", "", "é", "true", "10.0.0.1", "2"];
const GLOBS: &[&str] = &["a", "A*", "*", "?", "", "*b", "10.*", "t?ue", "2019*Z", "a**b"];
const NUMBERS: &[&str] = &["2", "2.0", "+02", "10", "-1", "0", "-0.000", "1.25"];
const DATES: &[&str] = &[
    "2019-08-12T17:00:00+08:00",
    "2019-08-12T09:00:00Z",
    "2019-08-12T09:00:01Z",
    "2020-02-29T23:59:59-01:30",
    "2020-03-01T01:29:59Z",
];
const UTC_DATES: &[&str] =
    &["2019-08-12T09:00:00Z", "2020-03-01T01:29:59Z", "2019-08-12T08:59:59Z"];
const FLAGS: &[&str] = &["true", "false", "TRUE", "False"];
const BLOCKS: &[&str] = &[
    "10.0.0.1",
    "10.0.0.0/30",
    "10.0.0.2/31",
    "10.0.0.1/32",
    "0.0.0.0/0",
    "*",
    "::/0",
    "2001:db8::/126",
    "::ffff:10.0.0.0/120",
    "::ffff:10.0.0.3",
];
const ADDRESSES: &[&str] =
    &["10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.255", "2001:db8::1", "2001:db8::3"];
/// Addresses whose text is not the one they are printed as.
const DRESSED: &[&str] = &["::ffff:10.0.0.1", "2001:0db8::0001"];

fn operator() -> impl Strategy<Value = (&'static str, &'static [&'static str])> {
    prop_oneof![
        select(&["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"][..])
            .prop_map(|name| (name, WORDS)),
        select(&["StringLike", "StringNotLike"][..]).prop_map(|name| (name, GLOBS)),
        select(
            &[
                "NumericEquals",
                "NumericNotEquals",
                "NumericLessThan",
                "NumericLessThanEquals",
                "NumericGreaterThan",
                "NumericGreaterThanEquals",
            ][..]
        )
        .prop_map(|name| (name, NUMBERS)),
        select(
            &[
                "DateEquals",
                "DateNotEquals",
                "DateLessThan",
                "DateLessThanEquals",
                "DateGreaterThan",
                "DateGreaterThanEquals",
            ][..]
        )
        .prop_map(|name| (name, DATES)),
        Just(("Bool", FLAGS)),
        select(&["IpAddress", "NotIpAddress", "IpAddressIncludeBorder", "NotIpAddressIncludeBorder"][..])
            .prop_map(|name| (name, BLOCKS)),
    ]
}

fn block() -> impl Strategy<Value = (&'static str, BTreeMap<&'static str, Vec<String>>)> {
    operator().prop_flat_map(|(name, values)| {
        btree_map(select(KEYS), vec(owned(values), 1..3), 1..3).prop_map(move |keys| (name, keys))
    })
}

pub(crate) fn statement() -> impl Strategy<Value = Statement> {
    let effect = prop_oneof![2 => Just("Allow"), 1 => Just("Deny")];
    let complement = || prop::bool::weighted(0.2);
    let conditions = prop_oneof![Just(Vec::new()), vec(block(), 1..3)];
    (
        effect,
        (complement(), vec(action_pattern(), 1..4)),
        (complement(), vec(resource_pattern(), 1..4)),
        conditions,
    )
        .prop_map(|(effect, actions, resources, conditions)| Statement {
            effect,
            actions,
            resources,
            conditions: conditions.into_iter().collect(),
        })
}

pub(crate) fn document() -> impl Strategy<Value = Document> {
    vec(statement(), 1..4).prop_map(|statements| Document { statements })
}

pub(crate) fn documents() -> impl Strategy<Value = Vec<Document>> {
    vec(document(), 0..4)
}

fn given(key: &'static str) -> impl Strategy<Value = Given> {
    let typed: &'static [&'static str] = match key {
        "acs:SourceIp" => ADDRESSES,
        "acs:CurrentTime" => UTC_DATES,
        "acs:SecureTransport" => &["true", "false"],
        _ => WORDS,
    };
    let text = || {
        prop_oneof![
            owned(WORDS),
            owned(NUMBERS),
            owned(DATES),
            owned(FLAGS),
            owned(ADDRESSES),
            owned(DRESSED)
        ]
    };
    prop_oneof![
        1 => Just(Given::Unknown),
        3 => vec(text().prop_map(String::into_boxed_str), 0..3).prop_map(Given::Texts),
        4 => owned(typed).prop_map(Given::Typed),
    ]
}

fn context() -> impl Strategy<Value = BTreeMap<String, Given>> {
    let entry =
        select(KEYS).prop_flat_map(|key| given(key).prop_map(move |given| (key.to_owned(), given)));
    vec(entry, 0..6).prop_map(|entries| entries.into_iter().collect())
}

fn resource() -> impl Strategy<Value = RequestedResource> {
    let region = prop_oneof![
        2 => owned(&["cn-hangzhou", "cn-beijing"]).prop_map(Region::Known),
        1 => Just(Region::Global),
        1 => Just(Region::Unknown),
    ];
    let account = owned(&[ACCOUNT, ACCOUNT, "2000000000000002"]);
    let named = (owned(&["ecs", "oss", "ram"]), region, account, id());
    let named =
        named.prop_map(|(service, region, account, id)| Named { service, region, account, id });
    prop_oneof![1 => Just(RequestedResource::All), 4 => named.prop_map(RequestedResource::Named)]
}

pub(crate) fn request() -> impl Strategy<Value = Request> {
    let action = (
        owned(&["ecs", "oss", "ram"]),
        owned(&[
            "StopInstance",
            "StopInstances",
            "DescribeDisks",
            "GetObject",
            "GetRole",
            "CreateUser",
        ]),
    );
    let own = Just(Some(ACCOUNT.to_owned()));
    let owner =
        prop_oneof![8 => own, 1 => Just(None), 1 => Just(Some("2000000000000002".to_owned()))];
    (action, resource(), owner, context()).prop_map(
        |((service, operation), resource, owner, context)| Request {
            service,
            operation,
            resource,
            owner,
            context,
        },
    )
}
