use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::ident::AccountId;
use crate::policy::{Action, Attributes, Caller, ConditionKey, Segment, Traits};
use crate::strict::{Severity, count_errors};

const OWN: &str = "1000000000000001";

struct Nothing;

impl Attributes for Nothing {
    fn get(&self, _key: &ConditionKey<'_>) -> Attribute<'_> {
        Attribute::Absent
    }
}

fn access(resource: Resource<'_>) -> AccessRequest<'_> {
    AccessRequest {
        caller: Caller::Anonymous,
        action: Action { service: "ecs", operation: "StopInstance" },
        resource,
        owner: OWN.parse::<AccountId>().ok(),
        exempt: false,
        traits: Traits::default(),
        public_blocked: false,
        attributes: &Nothing,
    }
}

/// An ARN in which `?` is unknown, an unknown part of the id too; or `*`.
fn resource(arn: &str) -> Resource<'_> {
    let parts: Vec<&str> = arn.splitn(5, ':').collect();
    let ["acs", service, region, account, id] = parts[..] else { return Resource::All };
    let segment = |text| match text {
        "?" => Segment::Unknown,
        "*" => Segment::Global,
        known => Segment::Known(known),
    };
    let (region, account) = (segment(region), segment(account));
    let relative_id = match id {
        "bucket/?" => RelativeId::Partial("bucket/\0"),
        known => RelativeId::Known(known),
    };
    Resource::Named { service, region, account, relative_id }
}

fn table(text: &str) -> Tags {
    let (tags, problems) = tags("tags.yaml", text);
    assert!(problems.is_empty(), "{problems:#?}");
    tags
}

fn shown(attribute: Attribute<'_>) -> String {
    match attribute {
        Attribute::Text(text) => text.into_owned(),
        Attribute::Absent => "-".to_owned(),
        Attribute::Undeterminable => "?".to_owned(),
        other => panic!("{other:?}"),
    }
}

const TABLE: &str = "
covers:
  - acs:ecs:*:1000000000000001:instance/*
  - acs:ecs:*:*:*
  - acs:oss:*:1000000000000001:*
  - acs:rds:cn-hangzhou:*:dbinstance/*
resources:
  - {resource: 'acs:ecs:cn-hangzhou:1000000000000001:instance/i-1', tags: {env: prod, empty: ''}}
  - {resource: 'acs:ecs:*:1000000000000001:instance/i-2', tags: {env: dev}}
  - {resource: 'acs:ecs:cn-beijing:1000000000000001:instance/i-2', tags: {env: dev, team: a}}
  - {resource: 'acs:ecs:cn-beijing:1000000000000001:disk/d-1', tags: {env: dev}}
  - {resource: 'acs:oss:*:1000000000000001:bucket', tags: {env: prod}}
  - {resource: 'acs:oss:*:1000000000000001:bucket/secret', tags: {level: '3'}}
  - {resource: 'acs:ram:*:1000000000000001:role/Ops', tags: {env: prod}}
";

#[test]
fn what_is_listed_covered_or_neither() {
    let table = table(TABLE);
    for (arn, key, expected) in [
        ("acs:ecs:cn-hangzhou:1000000000000001:instance/i-1", "env", "prod"),
        ("acs:ecs:cn-hangzhou:1000000000000001:instance/i-1", "Env", "-"),
        ("acs:ecs:cn-hangzhou:1000000000000001:instance/i-1", "empty", ""),
        ("acs:ecs:cn-hangzhou:1000000000000001:instance/i-1", "team", "-"),
        // Listed elsewhere, covered here.
        ("acs:ecs:cn-beijing:1000000000000001:instance/i-1", "env", "-"),
        // It may be the one that is listed.
        ("acs:ecs:?:1000000000000001:instance/i-1", "env", "?"),
        ("acs:ecs:cn-hangzhou:?:instance/i-1", "env", "?"),
        ("acs:ecs:cn-hangzhou:2:instance/i-1", "env", "?"),
        // Listed for every region, and once more for one: what both say is known.
        ("acs:ecs:cn-hangzhou:1000000000000001:instance/i-2", "env", "dev"),
        ("acs:ecs:cn-beijing:1000000000000001:instance/i-2", "env", "dev"),
        ("acs:ecs:cn-beijing:1000000000000001:instance/i-2", "team", "?"),
        ("acs:ecs:?:1000000000000001:instance/i-2", "env", "?"),
        // Covered and not listed.
        ("acs:ecs:cn-hangzhou:1000000000000001:instance/i-9", "env", "-"),
        ("acs:ecs:?:1000000000000001:instance/i-9", "env", "-"),
        ("acs:ecs:cn-hangzhou:1000000000000001:instance/*", "env", "-"),
        ("acs:rds:cn-hangzhou:1000000000000001:dbinstance/rm-1", "env", "-"),
        ("acs:rds:?:1000000000000001:dbinstance/rm-1", "env", "?"),
        ("acs:rds:cn-beijing:1000000000000001:dbinstance/rm-1", "env", "?"),
        // Listed and not covered, and neither.
        ("acs:ecs:cn-beijing:1000000000000001:disk/d-1", "env", "dev"),
        ("acs:ecs:cn-beijing:1000000000000001:disk/d-2", "env", "?"),
        ("acs:ecs:cn-beijing:1000000000000001:disk/*", "env", "?"),
        ("acs:slb:cn-beijing:1000000000000001:loadbalancer/lb-1", "env", "?"),
        // A bucket is not its objects.
        ("acs:oss:?:1000000000000001:bucket", "env", "prod"),
        ("acs:oss:?:1000000000000001:other", "env", "-"),
        ("acs:oss:?:1000000000000001:bucket/key", "env", "?"),
        ("acs:oss:?:1000000000000001:bucket/secret", "level", "3"),
        ("acs:oss:?:1000000000000001:bucket/secret", "env", "-"),
        ("acs:oss:?:1000000000000001:bucket/?", "level", "?"),
        // Letter case of the names of roles does not count.
        ("acs:ram:*:1000000000000001:role/ops", "env", "prod"),
        ("acs:ram:*:1000000000000001:role/other", "env", "?"),
        // Calls without a resource: covered by what leaves nothing of the service out.
        ("*", "env", "-"),
    ] {
        assert_eq!(shown(table.get(&access(resource(arn)), key)), expected, "{key} of {arn}");
    }
    let vpc = Action { service: "vpc", operation: "DescribeVpcs" };
    let asked = AccessRequest { action: vpc, ..access(Resource::All) };
    assert_eq!(shown(table.get(&asked, "env")), "?");
    assert_eq!(shown(Tags::default().get(&access(Resource::All), "env")), "?");
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (text, expected) in [
        ("covers: [acs:ecs:*:*]", "tags.yaml:1:10: error: `acs:ecs:*:*` cannot be read"),
        ("covers: ['*']", "name the service"),
        ("covers: ['acs:*:*:*:*']", "name the service"),
        ("resources:\n- {tags: {}}", "tags.yaml:2:3: error: the field `resource` is missing"),
        ("resources:\n- {resource: 'acs:ecs:*:1:i/1'}", "the field `tags` is missing"),
        ("resources:\n- {resource: 'acs:ecs:*:1:i/*', tags: {}}", "without a wildcard"),
        ("resources:\n- {resource: 'arn:acs:ecs:a:1:i/1', tags: {}}", "does not start with `acs:`"),
        ("resources:\n- {resource: 'acs:ecs:*:1:i/1', tags: []}", "a mapping of keys and values"),
        ("resources:\n- {resource: 'acs:ecs:*:1:i/1', tags: {a: }}", "a tag has one value"),
        ("resources:\n- {resource: 'acs:ecs:*:1:i/1', tags: {a: b, a: c}}", "`a` stands twice"),
        (
            "resources:\n- {resource: 'acs:ecs:*:1:i/1', tags: {}}\n- {resource: 'acs:ecs:*:1:i/1', tags: {}}",
            "tags.yaml:3:3: error: `acs:ecs:*:1:i/1` stands on line 2 already",
        ),
        ("resource: []", "did you mean `resources`?"),
    ] {
        let (_, problems) = tags("tags.yaml", text);
        let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(count_errors(&problems), 1, "{text}: {shown:#?}");
        assert!(shown.iter().any(|line| line.contains(expected)), "{text}: {shown:#?}");
        assert!(problems.iter().all(|problem| problem.severity == Severity::Error));
    }
}

/// Both readers accept the same, and make the same of it.
#[test]
fn a_table_in_json() {
    const ONE: &str = r#"{"resource": "acs:ecs:*:1:i/1", "tags": {"a": "b", "": ""}}"#;
    for (text, plain, accepted) in [
        ("{}", true, true),
        (r#"{"covers": ["acs:ecs:*:*:i/*"], "resources": []}"#, true, true),
        (&format!(r#" {{"resources": [{ONE}]}}"#), true, true),
        (r#"{"resources": [{"resource": "acs:ecs:*:1:i/1", "tags": {"a": 1}}]}"#, false, true),
        ("{covers: ['acs:ecs:*:*:i/*']}", false, true),
        (&format!(r#"{{"resources": [{ONE}, {ONE}]}}"#), false, false),
        (r#"{"resources": [{"resource": "acs:ecs:*:1:i/*", "tags": {}}]}"#, false, false),
        (r#"{"resources": [{"resource": "acs:ecs:*:1:i/1", "tags": {"a": null}}]}"#, false, false),
        (
            r#"{"resources": [{"resource": "acs:ecs:*:1:i/1", "tags": {"a": "b", "a": "c"}}]}"#,
            false,
            false,
        ),
        (
            r#"{"resources": [{"resource": "acs:ecs:*:1:i/1", "tags": {}, "more": 1}]}"#,
            false,
            false,
        ),
        (r#"{"resources": [{"resource": "acs:ecs:*:1:i/1"}]}"#, false, false),
        (r#"{"covers": ["*"]}"#, false, false),
        (r#"{"more": 1}"#, false, false),
        (r#"{"covers": [} "#, false, false),
    ] {
        let fast = plain::tags(text);
        assert_eq!(fast.is_some(), plain, "{text}");
        let (slow, problems) = with_places("tags.json", text);
        assert_eq!(count_errors(&problems) == 0, accepted, "{text}: {problems:?}");
        if let Some(fast) = fast {
            assert_eq!(format!("{fast:?}").len(), format!("{slow:?}").len(), "{text}");
        }
        let (_, problems) = tags("tags.json", text);
        assert_eq!(count_errors(&problems) == 0, accepted, "{text}: {problems:?}");
    }
}

const REGIONS: [&str; 3] = ["cn-hangzhou", "cn-beijing", "eu-west-1"];

/// One line of a table: region, name, value of the one key there is.
type Line = (&'static str, &'static str, Option<&'static str>);

/// What the table says in a world in which everything is known, read without any of its code.
fn naive(lines: &[Line], covered: &[(&str, &str)], region: &str, name: &str) -> String {
    let fits = |pattern: &str| pattern == "*" || pattern == region;
    let own = lines.iter().filter(|(at, listed, _)| *listed == name && fits(at));
    let mut values: Vec<Option<&str>> = own.map(|(_, _, value)| *value).collect();
    values.dedup();
    match values[..] {
        [Some(value)] => value.to_owned(),
        [None] => "-".to_owned(),
        [] => {
            let covers = |(at, pattern): &(&str, &str)| {
                let (folder, rest) = pattern.split_once('/').unwrap_or(("", pattern));
                let inside = match name.split_once('/') {
                    Some((type_of, _)) => folder == type_of || folder == "*",
                    None => folder.is_empty(),
                };
                fits(at) && rest == "*" && inside
            };
            if covered.iter().any(covers) { "-".to_owned() } else { "?".to_owned() }
        }
        _ => "?".to_owned(),
    }
}

/// The same table as a program writes it.
fn json_of(text: &str) -> String {
    let quoted = text
        .replace('\'', "\"")
        .replace("key: a", "\"key\": \"a\"")
        .replace("key: b", "\"key\": \"b\"");
    let (covers, lines) = quoted.split_once("resources:\n").unwrap();
    let covers = covers.trim().trim_start_matches("covers: ").replace(", ]", "]");
    let lines: Vec<String> = lines
        .lines()
        .map(|line| {
            line.trim_start_matches("- ")
                .replace("resource:", "\"resource\":")
                .replace("tags:", "\"tags\":")
        })
        .collect();
    format!("{{\"covers\": {covers}, \"resources\": [{}]}}", lines.join(","))
}

proptest! {
    /// Where everything about the resource is known, the table answers like the naive reading. Where its region is not,
    /// an answer holds in whatever region it lies.
    #[test]
    fn answers_like_a_naive_reading(
        lines in proptest::collection::vec(
            (
                prop::sample::select(vec!["*", "cn-hangzhou", "cn-beijing"]),
                prop::sample::select(vec!["bucket", "instance/i-1", "instance/i-2", "disk/d-1"]),
                prop::option::of(prop::sample::select(vec!["a", "b"])),
            ),
            0..6,
        ),
        covered in proptest::collection::vec(
            (
                prop::sample::select(vec!["*", "cn-hangzhou", "cn-beijing"]),
                prop::sample::select(vec!["*", "*/*", "instance/*", "disk/*"]),
            ),
            0..3,
        ),
        name in prop::sample::select(vec!["bucket", "other", "instance/i-1", "instance/i-3", "disk/d-1"]),
        as_json: bool,
    ) {
        let mut text = "covers: [".to_owned();
        for (region, pattern) in &covered {
            write!(text, "'acs:ecs:{region}:{OWN}:{pattern}', ").unwrap();
        }
        text += "]\nresources:\n";
        let mut seen = HashSet::new();
        let lines: Vec<Line> =
            lines.into_iter().filter(|(region, name, _)| seen.insert((*region, *name))).collect();
        for (region, name, value) in &lines {
            let tags = value.map_or_else(String::new, |value| format!("key: {value}"));
            let line = format!("resource: 'acs:ecs:{region}:{OWN}:{name}', tags: {{{tags}}}");
            writeln!(text, "- {{{line}}}").unwrap();
        }
        let text = if as_json { json_of(&text) } else { text };
        prop_assert_eq!(plain::tags(&text).is_some(), as_json, "{}", text);
        let table = table(&text);
        let ask = |region: &str| {
            let arn = format!("acs:ecs:{region}:{OWN}:{name}");
            shown(table.get(&access(resource(&arn)), "key"))
        };
        for region in REGIONS {
            prop_assert_eq!(ask(region), naive(&lines, &covered, region, name), "{} {}", region, name);
        }
        let unknown = ask("?");
        if unknown != "?" {
            for region in REGIONS {
                prop_assert_eq!(&unknown, &naive(&lines, &covered, region, name), "{}", text);
            }
        }
    }
}
