//! Cases out of few words, so that they meet often, and worked cases with one place changed.

use std::fmt;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Choices made beforehand; none left is the first choice every time, which is the simplest.
#[derive(Clone)]
pub(crate) struct Rolls(Vec<u8>);

impl fmt::Debug for Rolls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let used = self.0.iter().rposition(|roll| *roll != 0).map_or(0, |last| last + 1);
        write!(f, "{:?}", &self.0[..used])
    }
}

/// Enough for a case and a change of it.
pub(crate) fn rolls() -> impl Strategy<Value = Rolls> {
    vec(any::<u8>(), 360).prop_map(Rolls)
}

pub(crate) struct Dice {
    rolls: std::vec::IntoIter<u8>,
}

impl Dice {
    pub(crate) fn of(rolls: Rolls) -> Self {
        Self { rolls: rolls.0.into_iter() }
    }

    fn below(&mut self, sides: usize) -> usize {
        usize::from(self.rolls.next().unwrap_or(0)) % sides
    }

    fn pick<'w>(&mut self, words: &[&'w str]) -> &'w str {
        words[self.below(words.len())]
    }

    /// True in about so many of a hundred.
    fn chance(&mut self, percent: usize) -> bool {
        let rolled = self.below(250);
        rolled * 100 >= (100 - percent) * 250
    }
}

const A1: &str = "1000000000000001";
const A2: &str = "2000000000000002";
const SAML: &str = "acs:ram::1000000000000001:saml-provider/idp";
const OIDC: &str = "acs:ram::1000000000000001:oidc-provider/ack";

/// What a document is, as far as its grammar goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Plain,
    Trust,
    Bucket,
    Log,
    Object,
}

/// The kind of a policy of this type in this case.
pub(crate) fn kind_of(policy: &Value, case: &Value) -> Kind {
    let resource = case["request"]["resource"].as_str().unwrap();
    let action = case["request"]["action"].as_str().unwrap();
    let service = match resource.split(':').nth(1) {
        Some(service) => service.to_owned(),
        None => action.split(':').next().unwrap().to_ascii_lowercase(),
    };
    match (policy["type"].as_str().unwrap(), service.as_str()) {
        ("trust", _) => Kind::Trust,
        ("resource", "oss") => Kind::Bucket,
        ("resource", "log") => Kind::Log,
        ("resource", _) => Kind::Object,
        _ => Kind::Plain,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Damage {
    Never,
    Sometimes,
}

pub(crate) fn case(dice: &mut Dice, damage: Damage) -> Value {
    let service =
        dice.pick(&["ecs", "oss", "oss", "sts", "sts", "kms", "log", "ram", "ecs", "oss"]);
    let resource = resource(dice, service);
    let mut request = json!({
        "principal": principal(dice, service, &resource),
        "action": action(dice, service),
        "resource": resource,
    });
    request["context"] = context(dice, &request);
    let mut case = json!({ "request": request });
    let mut policies = Vec::new();
    for (name, percent, most) in [
        ("identity", 80, 2),
        ("group", 15, 1),
        ("identity-rg", 20, 2),
        ("session", 25, 1),
        ("control", 30, 3),
        ("resource", 60, 2),
        ("trust", if service == "sts" { 90 } else { 5 }, 2),
    ] {
        if !dice.chance(percent) {
            continue;
        }
        for _ in 0..=dice.below(most) {
            let policy = policy(dice, name, &case, damage);
            let role = case["request"]["principal"]["type"] == "AssumedRole";
            // a group has users only, and a session has one policy
            if !(role && name == "group") {
                policies.push(policy);
            }
        }
    }
    case["policies"] = Value::from(policies);
    case
}

fn policy(dice: &mut Dice, name: &str, case: &Value, damage: Damage) -> Value {
    let mut policy = json!({ "type": name });
    match name {
        "identity-rg" => policy["resource_group"] = dice.pick(&["rg-1", "rg-2"]).into(),
        "control" => {
            if dice.chance(50) {
                policy["level"] = [0, 1, 2, 10][dice.below(4)].into();
            }
            if dice.chance(40) {
                policy["account"] = dice.pick(&[A1, A2, A2, "3000000000000003"]).into();
            }
            if dice.chance(50) {
                policy["effect_scope"] = dice.pick(&["All", "RAM"]).into();
            }
        }
        _ => {}
    }
    // What bounds must be wide to be seen past.
    let wide = ["control", "session"].contains(&name) && dice.chance(75);
    let kind = kind_of(&policy, case);
    let mut statements = Vec::new();
    if wide {
        statements.push(json!({ "Effect": "Allow", "Action": "*", "Resource": "*" }));
    }
    for _ in 0..=dice.below(2) {
        let effect = if dice.chance(if wide { 60 } else { 25 }) { "Deny" } else { "Allow" };
        statements.push(statement(dice, kind, effect, &case["request"]));
    }
    let mut document = json!({ "Version": "1", "Statement": statements });
    if damage == Damage::Sometimes && dice.chance(3) {
        damaged(dice, &mut document);
    }
    policy["document"] = document;
    policy
}

// Requests

fn action(dice: &mut Dice, service: &str) -> Value {
    let name = match service {
        "ecs" => dice.pick(&["StopInstance", "StopInstances", "stopinstance", "DescribeInstances"]),
        "oss" => dice.pick(&["GetObject", "PutObject", "ListObjects", "getobject"]),
        "kms" => dice.pick(&["Decrypt", "Encrypt", "Decrypt", "DescribeRegions"]),
        "log" => dice.pick(&["GetProject", "PostLogStoreLogs"]),
        "ram" => dice.pick(&["PassRole", "GetRole", "GetUser"]),
        _ => dice.pick(&[
            "AssumeRole",
            "AssumeRole",
            "AssumeRole",
            "AssumeRole",
            "assumerole",
            "GetCallerIdentity",
            "AssumeRoles",
        ]),
    };
    let service = if dice.chance(10) { service.to_ascii_uppercase() } else { service.to_owned() };
    format!("{service}:{name}").into()
}

fn resource(dice: &mut Dice, service: &str) -> Value {
    let account = dice.pick(&[A1, A1, A1, A2]);
    let (service, region, id) = match service {
        "ecs" => (
            "ecs",
            dice.pick(&["cn-hangzhou", "cn-beijing"]),
            dice.pick(&[
                "instance/i-1",
                "instance/I-1",
                "disk/d:1",
                "instance/*",
                "instance/i-1/x",
            ]),
        ),
        "oss" => (
            "oss",
            dice.pick(&["*", "*", "", "cn-hangzhou"]),
            dice.pick(&["b1/x", "b1", "b1/a/b", "b1/X", "b1/é", "b1/", "b2/x"]),
        ),
        "kms" => {
            ("kms", dice.pick(&["cn-hangzhou", "cn-beijing"]), dice.pick(&["key/k1", "key/K1"]))
        }
        "log" => ("log", "cn-hangzhou", dice.pick(&["project/p1", "project/p1/logstore/l"])),
        _ => {
            ("ram", dice.pick(&["*", "*", ""]), dice.pick(&["role/Admin", "role/admin", "role/x"]))
        }
    };
    if service == "ram" && dice.chance(15) {
        return match dice.below(3) {
            0 => "acs:ram:*:system:policy/ReadOnlyAccess".into(),
            1 => format!("acs:ram:*:{account}:user/alice").into(),
            _ => "*".into(),
        };
    }
    if ["ecs", "oss"].contains(&service) && dice.chance(15) {
        return "*".into();
    }
    format!("acs:{service}:{region}:{account}:{id}").into()
}

fn user(account: &str, name: &str, id: &str) -> Value {
    json!({ "type": "RamUser", "account": account, "name": name, "id": id })
}

fn session(account: &str, role: &str, session: &str) -> Value {
    json!({ "type": "AssumedRole", "account": account, "role": role, "session": session })
}

fn principal(dice: &mut Dice, service: &str, resource: &Value) -> Value {
    let owned = ![Value::from("*"), Value::from("acs:ram:*:system:policy/ReadOnlyAccess")]
        .contains(resource);
    if service == "sts" && owned && dice.chance(25) {
        return match dice.below(4) {
            0 => json!({ "type": "Service", "service": "ecs.aliyuncs.com" }),
            1 => {
                json!({ "type": "Service", "service": "ecs.aliyuncs.com", "account": dice.pick(&[A1, A2]) })
            }
            2 => json!({ "type": "Federated", "provider": SAML }),
            _ => json!({ "type": "Federated", "provider": OIDC }),
        };
    }
    match dice.below(12) {
        0..=2 => user(A1, "alice", "200000000000000011"),
        3 => user(A1, "Alice", "200000000000000012"),
        4 => user(A2, "carol", "200000000000000021"),
        5 => session(A1, "app", "s-1"),
        6 => session(A1, "App", "S-1"),
        7 => session(A2, "replica", "job-7"),
        8 => {
            let mut linked = session(A1, "AliyunServiceRoleForConfig", "s-1");
            linked["service_linked"] = true.into();
            linked
        }
        9 => json!({ "type": "Root", "account": A1, "id": A1 }),
        10 => json!({ "type": "Root", "account": A2, "id": A2 }),
        _ if owned => json!({ "type": "Anonymous" }),
        _ => user(A1, "bob", "200000000000000013"),
    }
}

// Conditions

const WORDS: &[&str] = &["a", "A", "ab", "", "é", "É", "a*", "true", "10.0.0.1", "2"];
const GLOBS: &[&str] = &["a", "A*", "*", "?", "", "*b", "10.*", "t?ue", "**", "a**b", "?*"];
const NUMBERS: &[&str] = &[
    "2",
    "2.0",
    "+02",
    "10",
    "-1",
    "0",
    "-0.000",
    "1.25",
    "18446744073709551617",
    "18446744073709551616",
    "2.00000000000000000001",
];
const DATES: &[&str] = &[
    "2019-08-12T17:00:00+08:00",
    "2019-08-12T09:00:00Z",
    "2019-08-12T09:00:01Z",
    "2019-08-12T09:00:00.000Z",
    "2019-08-12T09:00:00.0000000000001Z",
    "2020-02-29T23:59:59-01:30",
    "2020-03-01T01:29:59Z",
    "1969-12-31T23:59:59.5Z",
    "1970-01-01T00:00:00Z",
];
const FLAGS: &[&str] = &["true", "false", "TRUE", "False"];
const BLOCKS: &[&str] = &[
    "10.0.0.1",
    "10.0.0.0/30",
    "10.0.0.2/31",
    "10.0.0.1/32",
    "10.0.0.3/24",
    "0.0.0.0/0",
    "*",
    "::/0",
    "2001:db8::/126",
    "2001:DB8::3/128",
    "::ffff:10.0.0.0/120",
    "::ffff:10.0.0.3",
    "::ffff:0:0/96",
];
const ADDRESSES: &[&str] = &[
    "10.0.0.0",
    "10.0.0.1",
    "10.0.0.2",
    "10.0.0.3",
    "10.0.0.255",
    "10.0.1.0",
    "2001:db8::1",
    "2001:db8::3",
    "::ffff:10.0.0.1",
    "2001:0db8::0001",
];
/// Near values of each kind, and far from being one.
const STRANGE: &[&str] = &[
    "",
    "x",
    "1e1",
    " 2",
    "2.",
    "2019-08-12",
    "2019-08-12T09:00:00",
    "2019-02-29T00:00:00Z",
    "yes",
    "10.0.0.1/32",
    "010.0.0.1",
    "10.0.0",
    "fe80::1%eth0",
    "*",
];
const KEYS: &[&str] = &[
    "ecs:tag/a",
    "ecs:tag/A",
    "acs:SourceIp",
    "acs:CurrentTime",
    "acs:SecureTransport",
    "acs:ResourceGroupId",
    "acs:PrincipalARN",
    "acs:SourceVpc",
    "acs:ResourceTag/env",
    "sts:ExternalId",
    "oidc:sub",
    "acs:SourceArn",
];

/// The words that a key usually has as values, in a request and in a policy.
fn usual(key: &str) -> (&'static [&'static str], &'static [&'static str]) {
    match key {
        "acs:SourceIp" => (ADDRESSES, BLOCKS),
        "acs:CurrentTime" => (DATES, DATES),
        "acs:SecureTransport" => (FLAGS, FLAGS),
        "acs:ResourceGroupId" => (&["rg-1", "rg-2", "rg-3"], &["rg-1", "rg-2", "rg-*"]),
        "ecs:tag/A" => (NUMBERS, NUMBERS),
        "oidc:sub" => (&["a:b", "a:c", "a"], &["a:b", "a:*", "a:?"]),
        "acs:PrincipalARN" => (
            &["acs:ram::1000000000000001:user/alice", "acs:ram::1000000000000001:role/app"],
            &["acs:ram::1000000000000001:user/alice", "acs:ram:*:*:role/*", "*"],
        ),
        _ => (WORDS, GLOBS),
    }
}

fn context(dice: &mut Dice, request: &Value) -> Value {
    let mut context = Map::new();
    for key in KEYS {
        let (words, _) = usual(key);
        let value = match dice.below(20) {
            0..=7 => continue,
            8..=14 => dice.pick(words).into(),
            15 | 16 => {
                let several: Vec<Value> =
                    (0..=dice.below(2)).map(|_| dice.pick(words).into()).collect();
                several.into()
            }
            17 => Value::Null,
            18 => dice.pick(STRANGE).into(),
            _ => Value::Array(Vec::new()),
        };
        context.insert((*key).to_owned(), value);
    }
    if request["principal"]["provider"] == OIDC && dice.chance(80) {
        context.insert("oidc:sub".to_owned(), "a:b".into());
    }
    context.into()
}

const OPERATORS: &[&str] = &[
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "IpAddress",
    "NotIpAddress",
    "IpAddressIncludeBorder",
    "NotIpAddressIncludeBorder",
];

fn condition(dice: &mut Dice) -> Value {
    let mut operators = Map::new();
    for _ in 0..=dice.below(2) {
        let operator = dice.pick(OPERATORS);
        let mut keys = Map::new();
        for _ in 0..=dice.below(2) {
            let (typed, natural) = match operator {
                "Bool" => (Some(FLAGS), "acs:SecureTransport"),
                _ if operator.contains("Ip") => (Some(BLOCKS), "acs:SourceIp"),
                _ if operator.starts_with("Date") => (Some(DATES), "acs:CurrentTime"),
                _ if operator.starts_with("Numeric") => (Some(NUMBERS), "ecs:tag/A"),
                _ => (None, "ecs:tag/a"),
            };
            let key = if dice.chance(30) { dice.pick(KEYS) } else { natural };
            let words = typed.unwrap_or(if dice.chance(30) { WORDS } else { usual(key).1 });
            keys.insert(key.to_owned(), some_of(dice, words, 2));
        }
        operators.insert(operator.to_owned(), keys.into());
    }
    operators.into()
}

/// One word, or a list.
fn some_of(dice: &mut Dice, words: &[&str], most: usize) -> Value {
    if dice.chance(60) {
        return dice.pick(words).into();
    }
    let several: Vec<Value> = (0..=dice.below(most)).map(|_| dice.pick(words).into()).collect();
    several.into()
}

// Statements

pub(crate) fn statement(dice: &mut Dice, kind: Kind, effect: &str, request: &Value) -> Value {
    let mut statement = Map::new();
    statement.insert("Effect".to_owned(), effect.into());
    if kind == Kind::Trust {
        statement
            .insert("Action".to_owned(), some_of(dice, &["sts:AssumeRole", "STS:assumerole"], 2));
    } else {
        let not = if dice.chance(15) { "Not" } else { "" };
        statement.insert(format!("{not}Action"), actions(dice, request));
        let not = if dice.chance(15) { "Not" } else { "" };
        statement.insert(format!("{not}Resource"), resources(dice, request));
    }
    if dice.chance(30) {
        statement.insert("Condition".to_owned(), condition(dice));
    }
    match kind {
        Kind::Plain => {}
        Kind::Log if dice.chance(40) => {}
        Kind::Bucket => {
            let listed = dice.chance(5);
            let list = if listed { json!([]) } else { some_of(dice, BUCKET_ENTRIES, 3) };
            statement.insert("Principal".to_owned(), list);
        }
        Kind::Trust | Kind::Object | Kind::Log => {
            statement.insert("Principal".to_owned(), entries(dice, kind, &request["principal"]));
        }
    }
    let federated =
        statement.get("Principal").is_some_and(|value| value.to_string().contains("oidc-"));
    if kind == Kind::Trust && federated && effect == "Allow" {
        let operator = dice.pick(&["StringEquals", "StringLike"]);
        let subject = json!({ operator: { "oidc:sub": dice.pick(&["a:b", "a:?", "a*", "a:c"]) } });
        statement.insert("Condition".to_owned(), subject);
    }
    if dice.chance(5) {
        statement.insert("Sid".to_owned(), dice.pick(&["", "one", "${x}"]).into());
    }
    statement.into()
}

const BUCKET_ENTRIES: &[&str] = &[
    "*",
    "*",
    "200000000000000011",
    "200000000000000021",
    A1,
    A2,
    "arn:sts::1000000000000001:assumed-role/app/s-1",
    "arn:sts::1000000000000001:assumed-role/App/*",
    "arn:sts::*:assumed-role/a?p/?-1",
    "arn:sts::2000000000000002:assumed-role/replica/*",
    "arn:sts::*:*/*/*",
    "acs:ram::1000000000000001:user/alice",
];

fn entries(dice: &mut Dice, kind: Kind, principal: &Value) -> Value {
    let ram = &[
        "acs:ram::1000000000000001:root",
        "acs:ram::1000000000000001:user/alice",
        "acs:ram::2000000000000002:root",
        "acs:ram::1000000000000001:role/APP",
        "acs:ram::1000000000000001:user/ALICE",
        "acs:ram::2000000000000002:user/carol",
        "acs:ram::2000000000000002:role/replica",
    ];
    let mut object = Map::new();
    let which = match principal["type"].as_str().unwrap() {
        _ if dice.chance(20) => dice.below(4),
        "Service" => 1,
        "Federated" => 2,
        _ => 0,
    };
    if which == 0 || which == 3 {
        let every = &["acs:ram::1000000000000001:*", "acs:ram::2000000000000002:*"];
        let list = if kind != Kind::Trust && dice.chance(30) {
            some_of(dice, every, 1)
        } else {
            some_of(dice, ram, 3)
        };
        object.insert("RAM".to_owned(), list);
    }
    if which == 1 || which == 3 {
        let services = &[
            "ecs.aliyuncs.com",
            "1000000000000001@ecs.aliyuncs.com",
            "2000000000000002@ecs.aliyuncs.com",
            "fc.aliyuncs.com",
        ];
        object.insert("Service".to_owned(), some_of(dice, services, 2));
    }
    if which == 2 {
        let mut providers = vec![SAML, OIDC];
        if principal["provider"] == OIDC {
            providers.reverse();
        }
        object.insert("Federated".to_owned(), some_of(dice, &providers, 2));
    }
    object.into()
}

fn actions(dice: &mut Dice, request: &Value) -> Value {
    let own = request["action"].as_str().unwrap();
    let service = own.split(':').next().unwrap();
    let whole_service = format!("{service}:*");
    let patterns = [
        "*",
        "*",
        own,
        &whole_service,
        "ecs:*",
        "oss:Get*",
        "OSS:getobject",
        "ecs:StopInstance?",
        "*:*",
        "*:Get*",
        "*:?*Object*",
        "?ss:**",
        "sts:*Role",
        "e*s:Stop*s",
        "ram:PassRole",
        "log:",
        "kms:de?rypt",
    ];
    some_of(dice, &patterns, 3)
}

fn resources(dice: &mut Dice, request: &Value) -> Value {
    let own = request["resource"].as_str().unwrap();
    let segments: Vec<&str> = own.splitn(5, ':').collect();
    let narrowed = match segments[..] {
        [acs, service, region, account, id] => {
            let region = match dice.below(6) {
                0 | 1 => "*",
                2 => region,
                3 => "cn-*",
                4 => "",
                _ => dice.pick(&["**", "*-hangzhou", "cn-hangzhou"]),
            };
            let service = dice.pick(&[service, "*", service, "?*s"]);
            let account = dice.pick(&["*", account, "*", "1*"]);
            let (upper, lower) = (id.to_ascii_uppercase(), id.to_ascii_lowercase());
            let glob = format!("{}*", id.split_inclusive('/').next().unwrap());
            let longer = format!("{id}*");
            let cut = id.char_indices().last().map_or(0, |(at, _)| at);
            let questioned = format!("{}?", &id[..cut]);
            let id = dice.pick(&["*", id, &glob, &longer, &questioned, &lower, &upper, "**"]);
            format!("{acs}:{service}:{region}:{account}:{id}")
        }
        _ => dice
            .pick(&["acs:ecs:*:*:*", "acs:*:*:1*:*", "acs:oss::*:*", "acs:oss:*:*:b1"])
            .to_owned(),
    };
    let patterns = [
        "*",
        &narrowed,
        &narrowed,
        &narrowed,
        "*",
        "acs:oss:*:*:b1/*",
        "acs:ram::*:role/ADMIN",
        "acs:ecs:cn-*:*:instance/?-1",
        "acs:ecs::*:*",
        "acs:*:*:2*:*",
    ];
    some_of(dice, &patterns, 3)
}

// Invalid documents

fn damaged(dice: &mut Dice, document: &mut Value) {
    let last = document["Statement"].as_array().unwrap().len() - 1;
    let which = dice.below(25);
    match which {
        0 => document["Version"] = dice.pick(&["2012-10-17", "", "1.0"]).into(),
        1 => document["Version"] = 1.into(),
        2 => document["Id"] = "x".into(),
        3 => document["Statement"] = json!([]),
        4 => document["Statement"] = document["Statement"][0].take(),
        5 => *document = json!([]),
        _ => {
            let statement = &mut document["Statement"][last];
            match which {
                6 => statement["Effect"] = dice.pick(&["allow", "DENY", ""]).into(),
                7 => statement["Comment"] = "x".into(),
                8 => statement["Sid"] = 1.into(),
                9 => {
                    statement["Action"] = "*".into();
                    statement["NotAction"] = "ecs:*".into();
                }
                10 => {
                    statement["Resource"] = "*".into();
                    statement["NotResource"] = "*".into();
                }
                11 => replace(statement, "Action", json!([])),
                12 => {
                    replace(statement, "Action", json!(dice.pick(&["ecs", "", "**", "ecs:${a}"])));
                }
                13 => replace(
                    statement,
                    "Resource",
                    json!(dice.pick(&[
                        "acs:ecs:*:*",
                        "acs:ecs:*::*",
                        "ACS:ecs:*:*:*",
                        "acs:Ecs:*:*:*",
                        "*:ecs:*:*:*",
                        "",
                        "acs:oss:*:*:${a}",
                    ])),
                ),
                14 => statement["NotPrincipal"] = json!(["*"]),
                15 => {
                    let operators = [
                        "StringEqualsIfExists",
                        "Null",
                        "ForAnyValue:StringLike",
                        "bool",
                        "NotBool",
                    ];
                    statement["Condition"] =
                        json!({ dice.pick(&operators): { "acs:SourceVpc": "true" } });
                }
                16 => statement["Condition"] = json!({}),
                17 => statement["Condition"] = json!({ "Bool": {} }),
                18 => statement["Condition"] = json!({ "Bool": { "acs:SecureTransport": [] } }),
                19 => statement["Condition"] = json!({ "Bool": { "acs:SecureTransport": true } }),
                20 => {
                    let keys =
                        ["acs:SourceIP", "acs:principalARN", "acs:resourceTag/a", "ecs:TAG/a"];
                    statement["Condition"] = json!({ "StringLike": { dice.pick(&keys): "*" } });
                }
                21 => {
                    let value = dice.pick(&["10.0.*", "10.0.0.0/33", "::ffff:10.0.0.0/24", "x"]);
                    statement["Condition"] = json!({ "IpAddress": { "acs:SourceIp": value } });
                }
                22 => {
                    let value = dice.pick(&["2019-08-12", "1", "2019-02-29T00:00:00Z"]);
                    statement["Condition"] =
                        json!({ "DateLessThan": { "acs:CurrentTime": value } });
                }
                // a trust policy without the subject it needs
                23 => drop(statement.as_object_mut().unwrap().remove("Condition")),
                _ => statement["Principal"] = dice.pick(&["x", ""]).into(),
            }
        }
    }
}

fn replace(statement: &mut Value, name: &str, value: Value) {
    let members = statement.as_object_mut().unwrap();
    members.remove(&format!("Not{name}"));
    members.insert(name.to_owned(), value);
}

// Changes

/// Another order of documents, statements and values.
pub(crate) fn turned(dice: &mut Dice, case: &Value) -> Value {
    let mut case = case.clone();
    turn(dice, &mut case["policies"]);
    for policy in case["policies"].as_array_mut().unwrap() {
        let Some(Value::Array(statements)) = policy["document"].get_mut("Statement") else {
            continue;
        };
        for statement in statements.iter_mut().filter_map(Value::as_object_mut) {
            statement.values_mut().for_each(|value| turn(dice, value));
        }
        turn(dice, &mut policy["document"]["Statement"]);
    }
    case
}

fn turn(dice: &mut Dice, value: &mut Value) {
    if let Value::Array(list) = value
        && !list.is_empty()
    {
        let by = dice.below(list.len());
        list.rotate_left(by);
        if dice.chance(50) {
            list.reverse();
        }
    }
}

/// One more Deny in one of the documents.
pub(crate) fn with_deny(dice: &mut Dice, case: &Value) -> Value {
    let mut extended = case.clone();
    let policies = extended["policies"].as_array_mut().unwrap();
    if policies.is_empty() {
        return extended;
    }
    let which = dice.below(policies.len());
    let kind = kind_of(&policies[which], case);
    let deny = statement(dice, kind, "Deny", &case["request"]);
    if let Some(Value::Array(statements)) = policies[which]["document"].get_mut("Statement")
        && !statements.is_empty()
    {
        let at = dice.below(statements.len() + 1);
        statements.insert(at, deny);
    }
    extended
}

/// One Allow taken away; a document never becomes empty by it.
pub(crate) fn without_allow(dice: &mut Dice, case: &Value) -> Value {
    let mut reduced = case.clone();
    let mut places = Vec::new();
    for (policy, one) in case["policies"].as_array().unwrap().iter().enumerate() {
        for (at, statement) in one["document"]["Statement"].as_array().unwrap().iter().enumerate() {
            if statement["Effect"] == "Allow" {
                places.push((policy, at));
            }
        }
    }
    if places.is_empty() {
        return reduced;
    }
    let (policy, at) = places[dice.below(places.len())];
    let kind = kind_of(&case["policies"][policy], case);
    let statements = reduced["policies"][policy]["document"]["Statement"].as_array_mut().unwrap();
    if statements.len() > 1 {
        statements.remove(at);
    } else if kind == Kind::Trust {
        statements[at]["Principal"] = json!({ "RAM": "acs:ram::1000000000000001:user/nobody" });
    } else {
        replace(&mut statements[at], "Action", "none:None".into());
    }
    reduced
}

/// The same for a role session, before and after it gets a session policy.
pub(crate) fn with_session_policy(dice: &mut Dice, case: &Value) -> (Value, Value) {
    let mut before = case.clone();
    let principal = match dice.below(3) {
        0 => session(A1, "App", "S-1"),
        1 => session(A1, "app", "s-1"),
        _ => session(A2, "replica", "job-7"),
    };
    before["request"]["principal"] = principal;
    let policies = before["policies"].as_array_mut().unwrap();
    policies.retain(|policy| policy["type"] != "session" && policy["type"] != "group");
    let mut after = before.clone();
    let added = policy(dice, "session", &before, Damage::Sometimes);
    after["policies"].as_array_mut().unwrap().push(added);
    (before, after)
}

/// A worked case with one place changed.
pub(crate) fn changed(dice: &mut Dice, case: &Value) -> Value {
    let mut case = case.clone();
    let resource = case["request"]["resource"].clone();
    match dice.below(10) {
        0 => change_context(dice, &mut case["request"]["context"]),
        1 => {
            let service = if case["request"]["action"] == "sts:AssumeRole" { "sts" } else { "" };
            let principal = principal(dice, service, &resource);
            if principal["type"] != "RamUser" {
                for policy in case["policies"].as_array_mut().unwrap() {
                    if policy["type"] == "group" {
                        policy["type"] = "identity".into();
                    }
                }
            }
            case["request"]["principal"] = principal;
        }
        2 => {
            let action = case["request"]["action"].as_str().unwrap();
            let (service, name) = action.split_once(':').unwrap();
            let name = nudged(dice, name, false);
            case["request"]["action"] = format!("{service}:{name}").into();
        }
        3 => {
            let text = resource.as_str().unwrap();
            if let [acs, service, region, account, id] = text.splitn(5, ':').collect::<Vec<_>>()[..]
            {
                let account = if dice.chance(30) { A2 } else { account };
                let region =
                    if dice.chance(20) { dice.pick(&["*", "cn-beijing", ""]) } else { region };
                let id = if dice.chance(60) { nudged(dice, id, false) } else { id.to_owned() };
                case["request"]["resource"] =
                    format!("{acs}:{service}:{region}:{account}:{id}").into();
            }
        }
        _ => {
            let policies = case["policies"].as_array_mut().unwrap();
            if !policies.is_empty() {
                let which = dice.below(policies.len());
                if dice.chance(15) {
                    policies.remove(which);
                } else {
                    change_document(dice, &mut policies[which]["document"]);
                }
            }
        }
    }
    case
}

fn change_context(dice: &mut Dice, context: &mut Value) {
    let context = context.as_object_mut().unwrap();
    let keys: Vec<String> = context.keys().cloned().collect();
    if keys.is_empty() {
        let key = dice.pick(KEYS);
        context.insert(key.to_owned(), dice.pick(usual(key).0).into());
        return;
    }
    let key = &keys[dice.below(keys.len())];
    let old = context[key].clone();
    let value = match (dice.below(6), old.as_str()) {
        (0, _) => Value::Null,
        (1, _) => json!([]),
        (2, _) => {
            context.remove(key);
            return;
        }
        (3, Some(old)) => json!([old, dice.pick(STRANGE)]),
        (4, _) => dice.pick(STRANGE).into(),
        (_, Some(old)) => nudged(dice, old, true).into(),
        (_, None) => old,
    };
    context.insert(key.clone(), value);
}

fn change_document(dice: &mut Dice, document: &mut Value) {
    if dice.chance(10) {
        damaged(dice, document);
        return;
    }
    let count = document["Statement"].as_array().unwrap().len();
    let which = dice.below(count);
    let statement = document["Statement"][which].as_object_mut().unwrap();
    match dice.below(8) {
        0 => {
            let other = if statement["Effect"] == "Allow" { "Deny" } else { "Allow" };
            statement.insert("Effect".to_owned(), other.into());
        }
        1 => {
            // the complement
            for (one, other) in [("Action", "NotAction"), ("NotAction", "Action")] {
                if let Some(list) = statement.remove(one) {
                    statement.insert(other.to_owned(), list);
                    return;
                }
            }
        }
        2 => {
            for (one, other) in [("Resource", "NotResource"), ("NotResource", "Resource")] {
                if let Some(list) = statement.remove(one) {
                    statement.insert(other.to_owned(), list);
                    return;
                }
            }
        }
        3 => {
            if statement.remove("Condition").is_none() {
                statement.insert("Condition".to_owned(), condition(dice));
            }
        }
        4 => {
            // another operator with the same values
            if let Some(Value::Object(operators)) = statement.get_mut("Condition") {
                let names: Vec<String> = operators.keys().cloned().collect();
                let keys = operators.remove(&names[dice.below(names.len())]).unwrap();
                let operator = dice.pick(OPERATORS);
                operators.insert(operator.to_owned(), keys);
            }
        }
        _ => {
            let mut texts: Vec<&mut Value> = Vec::new();
            for (name, value) in statement.iter_mut() {
                if name != "Effect" && name != "Sid" {
                    leaves(value, &mut texts);
                }
            }
            let which = dice.below(texts.len());
            let text = texts[which].as_str().unwrap();
            *texts[which] = nudged(dice, text, true).into();
        }
    }
}

fn leaves<'v>(value: &'v mut Value, found: &mut Vec<&'v mut Value>) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(|one| leaves(one, found)),
        Value::Object(members) => members.values_mut().for_each(|one| leaves(one, found)),
        Value::String(_) => found.push(value),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// One letter more, less, or other.
fn nudged(dice: &mut Dice, text: &str, wild: bool) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let at = dice.below(letters.len() + 1);
    match dice.below(5) {
        0 if wild => letters.insert(at, '*'),
        // no number with zeros in front: nobody says whether that is an account
        1 if at < letters.len() && letters.get(at + 1) != Some(&'0') => {
            letters.remove(at);
        }
        2 if at < letters.len() => letters.insert(at, letters[at]),
        3 if wild && at < letters.len() => letters[at] = '?',
        _ => {
            for letter in letters.iter_mut().skip(at).take(3) {
                *letter = if letter.is_ascii_uppercase() {
                    letter.to_ascii_lowercase()
                } else {
                    letter.to_ascii_uppercase()
                };
            }
        }
    }
    letters.into_iter().collect()
}
