//! Tables of tags and of buckets, over a real socket with the real binary.

use std::time::Duration;

use ramgate::ident::SecretKey;
use ramgate::signature::sign::{self, Body, Credentials, Terms};
use ramgate::signature::{Family, Scheme, Site};

use crate::support::caller::{Call, ecs, nonce, now};
use crate::support::gate::{ALICE_KEY, Bundle, Gate, SECRET};
use crate::support::upstream::Upstream;
use crate::support::wait_for;

const ONE_SECOND: Duration = Duration::from_secs(1);
const INSTANCE: &str = "acs:ecs:cn-hangzhou:1234567890123456:instance";

/// A bundle with these tables, in which alice may do what `policy` says and nothing else.
fn bundle(upstream: &Upstream, policy: &str, tables: &[(&str, &str)]) -> Bundle {
    let bundle = Bundle::example(upstream);
    let files: String = tables.iter().map(|(name, _)| format!("  {name}: {name}.yaml\n")).collect();
    bundle.change("ramgate.yaml", |text| {
        let own = |line: &&str| {
            !["organization:", "control_policies:"].iter().any(|it| line.contains(it))
        };
        let kept: Vec<&str> = text.lines().filter(own).collect();
        let store = format!(
            "routes:\n  - {{name: store, products: [oss], upstream: 'http://{}'}}\n",
            upstream.address
        );
        kept.join("\n")
            .replace("files:\n", &format!("files:\n{files}"))
            .replace("routes:\n", &store)
    });
    for (name, text) in tables {
        bundle.write(&format!("{name}.yaml"), text);
    }
    bundle.write("policies/tables.json", policy);
    bundle.change("directory.yaml", |text| {
        text.replace("    groups: [operators]\n", "    policies: { custom: [tables] }\n")
    });
    bundle
}

fn policy(statements: &str) -> String {
    format!(r#"{{"Version":"1","Statement":[{statements}]}}"#)
}

/// A table that knows all instances, of which these have a tag `env`.
fn instances(env: &[(&str, &str)]) -> String {
    let lines: Vec<String> = env
        .iter()
        .map(|(id, env)| format!("  - {{resource: '{INSTANCE}/{id}', tags: {{env: {env}}}}}\n"))
        .collect();
    format!("covers:\n  - 'acs:ecs:*:1234567890123456:instance/*'\nresources:\n{}", lines.concat())
}

fn stop(gate: &Gate, id: &str) -> u16 {
    ecs(ALICE_KEY, "StopInstance", &format!("InstanceId={id}")).send(gate.data).status()
}

const BY_TAG: &str = r#"
    {"Effect":"Allow","Action":["ecs:StopInstance*","ecs:Describe*","ecs:RunInstances"],"Resource":"*"},
    {"Effect":"Deny","Action":"ecs:*","Resource":"*","Condition":{"StringEquals":{"ecs:tag/env":"prod"}}}"#;
const ONLY_DEV: &str = r#"
    {"Effect":"Allow","Action":"ecs:StopInstance*","Resource":"*","Condition":{"StringEquals":{"acs:ResourceTag/env":"dev"}}}"#;
const NOT_PROD: &str = r#"
    {"Effect":"Allow","Action":"ecs:StopInstance*","Resource":"*","Condition":{"StringNotEquals":{"acs:ResourceTag/env":"prod"}}}"#;

#[test]
fn tags_decide_for_each_resource_of_a_call() {
    let table = instances(&[("i-dev", "dev"), ("i-prod", "prod")]);
    let upstream = Upstream::start();
    for (statements, told, expected) in [
        (ONLY_DEV, true, [200, 403, 403, 403, 403]),
        (NOT_PROD, true, [200, 403, 200, 403, 403]),
        (BY_TAG, true, [200, 403, 200, 403, 403]),
        // Without a table nobody knows: no Allow that depends on it, every Deny that could.
        (ONLY_DEV, false, [403; 5]),
        (NOT_PROD, false, [403; 5]),
        (BY_TAG, false, [403; 5]),
    ] {
        let tables = [("tags", table.as_str())];
        let bundle = bundle(&upstream, &policy(statements), if told { &tables } else { &[] });
        let gate = bundle.serve();
        let both = "InstanceId.1=i-dev&InstanceId.2=i-prod";
        let found = [
            stop(&gate, "i-dev"),
            stop(&gate, "i-prod"),
            stop(&gate, "i-none"),
            ecs(ALICE_KEY, "StopInstances", both).send(gate.data).status(),
            // A disk is not covered.
            ecs(ALICE_KEY, "DescribeDisks", "DiskIds=%5B%22d-1%22%5D").send(gate.data).status(),
        ];
        assert_eq!(found, expected, "{statements}, told: {told}: {}", gate.audit());
    }
}

/// A call that names no instance is about no tag of one, unless it may give the tag to what it makes.
#[test]
fn calls_without_an_instance() {
    let upstream = Upstream::start();
    let table = instances(&[("i-prod", "prod")]);
    let covers_all =
        table.replace("covers:\n", "covers:\n  - 'acs:ecs:*:*:*/*'\n  - 'acs:ecs:*:*:*'\n");
    let bundle = bundle(&upstream, &policy(BY_TAG), &[("tags", &covers_all)]);
    let gate = bundle.serve();
    let image = "ImageId=m-1&InstanceType=ecs.g7.large&SecurityGroupId=sg-1&VSwitchId=vsw-1";
    for (operation, query, status) in [
        ("DescribeInstances", String::new(), 200),
        ("RunInstances", image.to_owned(), 403), // it touches a vSwitch, which the table does not cover
        ("DescribeInstances", "Tag.1.Key=env&Tag.1.Value=prod".to_owned(), 403),
        ("DescribeInstances", "Tag.1.Key=team&Tag.1.Value=prod".to_owned(), 200),
    ] {
        let answer = ecs(ALICE_KEY, operation, &query).send(gate.data);
        assert_eq!(answer.status(), status, "{operation} {query}: {}", gate.audit());
    }
}

#[test]
fn a_changed_tag_counts_within_a_second_and_a_broken_table_changes_nothing() {
    let upstream = Upstream::start();
    let table = instances(&[("i-1", "dev"), ("i-2", "prod")]);
    let bundle = bundle(&upstream, &policy(ONLY_DEV), &[("tags", &table)]);
    let gate = bundle.serve();
    assert_eq!((stop(&gate, "i-1"), stop(&gate, "i-2")), (200, 403));

    bundle.write("tags.yaml", &instances(&[("i-1", "prod"), ("i-2", "dev")]));
    assert!(wait_for(ONE_SECOND, || stop(&gate, "i-1") == 403), "{:#?}", gate.messages());
    assert_eq!(stop(&gate, "i-2"), 200);

    bundle.write("tags.yaml", "covers: []\nresources:\n  - {resource: 'i-1', tags: {env: dev}}\n");
    let told = || gate.messages().iter().any(|line| line.contains("tags.yaml:3:"));
    assert!(wait_for(Duration::from_secs(3), told), "{:#?}", gate.messages());
    assert_eq!((stop(&gate, "i-1"), stop(&gate, "i-2")), (403, 200));

    std::fs::remove_file(bundle.path("tags.yaml")).unwrap();
    std::thread::sleep(Duration::from_millis(600));
    assert_eq!((stop(&gate, "i-1"), stop(&gate, "i-2")), (403, 200));

    bundle.write("tags.yaml", &instances(&[("i-1", "dev")]));
    assert!(wait_for(ONE_SECOND, || stop(&gate, "i-1") == 200), "{:#?}", gate.messages());
    assert_eq!(stop(&gate, "i-2"), 403);
}

/// A tag that takes access away does so while another file is broken; one that gives it waits.
#[test]
fn a_changed_tag_only_takes_away_while_another_file_is_broken() {
    let upstream = Upstream::start();
    let table = instances(&[("i-1", "dev"), ("i-2", "prod")]);
    let bundle = bundle(&upstream, &policy(ONLY_DEV), &[("tags", &table)]);
    let gate = bundle.serve();
    bundle.write("policies/new.json", "{ broken");
    bundle.write("tags.yaml", &instances(&[("i-1", "prod"), ("i-2", "dev")]));
    assert!(wait_for(ONE_SECOND, || stop(&gate, "i-1") == 403), "{:#?}", gate.messages());
    assert_eq!(stop(&gate, "i-2"), 403);
    std::fs::remove_file(bundle.path("policies/new.json")).unwrap();
    assert!(wait_for(ONE_SECOND, || stop(&gate, "i-2") == 200), "{:#?}", gate.messages());
}

/// A call of object storage for `bucket`.
fn store(method: &str, bucket: &str, target: &str, headers: &[(&str, &str)]) -> Call {
    let host = format!("{bucket}.oss-cn-hangzhou.aliyuncs.com");
    let (id, secret, nonce) = (ALICE_KEY.parse().unwrap(), SecretKey::from(SECRET), nonce());
    let credentials = Credentials { access_key_id: &id, secret: &secret, security_token: None };
    let terms = Terms { nonce: Some(&nonce), ..Terms::new(Scheme::OssV4, now()) };
    let own = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let request = sign::Request {
        method: method.into(),
        target: target.into(),
        headers: [("host".to_owned(), host)].into_iter().chain(own).collect(),
        body: Body::Bytes(b"".as_slice().into()),
    };
    let signed = sign::sign(request, &credentials, &terms, &Site::new(Family::Oss)).unwrap();
    Call { method: method.into(), target: signed.target, headers: signed.headers, body: Vec::new() }
}

/// Copies into the bucket `photos`.
fn copy(gate: &Gate, source: &str) -> u16 {
    let call = store("PUT", "photos", "/copy", &[("x-oss-copy-source", source)]);
    call.send(gate.data).status()
}

const OBJECTS: &str =
    r#"{"Effect":"Allow","Action":["oss:GetObject","oss:PutObject"],"Resource":"acs:oss:*:*:*"}"#;
const OWN_OBJECTS: &str = r#"{"Effect":"Allow","Action":["oss:GetObject","oss:PutObject"],"Resource":"acs:oss:*:1234567890123456:*"}"#;
const NOT_THEIRS: &str = r#"{"Effect":"Allow","Action":"oss:*","Resource":"*"},
    {"Effect":"Deny","Action":"oss:GetObject","Resource":"acs:oss:*:2000000000000002:*"}"#;
const BUCKETS: &str = "buckets:
  - {name: photos, region: cn-hangzhou}
  - {name: archive}
  - {name: partner, owner: \"2000000000000002\"}
";

#[test]
fn the_owner_of_a_copied_object() {
    let upstream = Upstream::start();
    for (statements, told, expected) in [
        // Of the source, in this order: the same bucket, one of this account, one of another, one that nobody listed.
        (OBJECTS, true, [200, 200, 403, 403]),
        (OWN_OBJECTS, true, [200, 200, 403, 403]),
        (NOT_THEIRS, true, [200, 200, 403, 403]),
        // Without a table, another bucket may be anybody's.
        (OBJECTS, false, [200, 200, 200, 200]),
        (OWN_OBJECTS, false, [200, 403, 403, 403]),
        (NOT_THEIRS, false, [200, 403, 403, 403]),
    ] {
        let tables: &[(&str, &str)] = if told { &[("buckets", BUCKETS)] } else { &[] };
        let bundle = bundle(&upstream, &policy(statements), tables);
        let gate = bundle.serve();
        let sources = ["/photos/a", "/archive/a", "/partner/a", "/other-bucket/a"];
        let found = sources.map(|source| copy(&gate, source));
        assert_eq!(found, expected, "{statements}, told: {told}: {}", gate.audit());
    }
}

/// On a resource of another account, the policy of the resource grants (8.4).
#[test]
fn another_account_may_let_its_bucket_be_read() {
    let upstream = Upstream::start();
    let bundle = bundle(&upstream, &policy(OBJECTS), &[("buckets", BUCKETS)]);
    bundle.write("resource-policies/partner.json", &policy(r#"
        {"Effect":"Allow","Principal":["200000000000000011"],"Action":"oss:GetObject","Resource":"acs:oss:*:2000000000000002:partner/shared/*"}"#));
    bundle.change("resources.yaml", |text| {
        format!("{text}\n  - {{resource: 'acs:oss:*:2000000000000002:partner', policy: partner}}\n")
    });
    let gate = bundle.serve();
    assert_eq!(copy(&gate, "/partner/shared/a"), 200, "{}", gate.audit());
    assert_eq!(copy(&gate, "/partner/secret"), 403);
    gate.audit_line("acs:oss:*:2000000000000002:partner/shared/a");
    bundle.write("buckets.yaml", &BUCKETS.replace("2000000000000002", "3000000000000003"));
    assert!(wait_for(ONE_SECOND, || copy(&gate, "/partner/shared/a") == 403));
}

#[test]
fn the_region_of_a_bucket() {
    let upstream = Upstream::start();
    let here =
        r#"{"Effect":"Allow","Action":"oss:GetObject","Resource":"acs:oss:oss-cn-hangzhou:*:*"}"#;
    let elsewhere = format!("{BUCKETS}  - {{name: far-away, region: cn-beijing}}\n");
    let bundle = bundle(&upstream, &policy(here), &[("buckets", &elsewhere)]);
    let gate = bundle.serve();
    for (bucket, status) in
        [("photos", 200), ("archive", 403), ("not-listed", 403), ("far-away", 400)]
    {
        let answer = store("GET", bucket, "/a", &[]).send(gate.data);
        assert_eq!(answer.status(), status, "{bucket}: {}", answer.text());
    }
    gate.audit_line("region-mismatch");
}

/// Tags of a bucket count for its objects; those of objects are their own.
#[test]
fn tags_of_buckets_and_objects() {
    let upstream = Upstream::start();
    let statements = r#"
        {"Effect":"Allow","Action":["oss:PutObject","oss:DeleteObject*"],"Resource":"*","Condition":{"StringEquals":{"oss:BucketTag/env":"dev"}}},
        {"Effect":"Allow","Action":"oss:GetObject*","Resource":"*","Condition":{"StringEquals":{"oss:ExistingObjectTag/level":"1"}}}"#;
    let tags = "covers: ['acs:oss:*:1234567890123456:*']
resources:
  - {resource: 'acs:oss:*:1234567890123456:photos', tags: {env: dev, level: '1'}}
  - {resource: 'acs:oss:*:1234567890123456:photos/a', tags: {level: '1'}}
";
    let bundle = bundle(&upstream, &policy(statements), &[("tags", tags)]);
    let gate = bundle.serve();
    for (method, bucket, target, status) in [
        ("PUT", "photos", "/b", 200),
        ("PUT", "other-bucket", "/b", 403),
        ("GET", "photos", "/a", 200),
        ("GET", "photos", "/b", 403),
        // Nobody told the tags of the object's versions; the bucket has none.
        ("GET", "photos", "/a?versionId=v1", 403),
        ("DELETE", "photos", "/a?versionId=v1", 200),
    ] {
        let answer = store(method, bucket, target, &[]).send(gate.data);
        assert_eq!(answer.status(), status, "{method} {bucket}{target}: {}", gate.audit());
    }
}

#[test]
fn explain_and_check_know_the_tables() {
    let upstream = Upstream::start();
    let table = instances(&[("i-dev", "dev")]);
    let tables = [("tags", table.as_str()), ("buckets", BUCKETS)];
    let bundle = bundle(&upstream, &policy(ONLY_DEV), &tables);
    let config = bundle.path("ramgate.yaml");
    let explain = |action: &str, resource: &str, more: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_ramgate"))
            .args(["explain", "--config"])
            .arg(&config)
            .args(["--principal", "alice", "--action", action, "--resource", resource])
            .args(more)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
    };
    let dev = format!("{INSTANCE}/i-dev");
    let text = explain("ecs:StopInstance", &dev, &[]);
    assert!(text.starts_with("Allow:"), "{text}");
    let text = explain("ecs:StopInstance", &dev, &["--context", "acs:ResourceTag/env=prod"]);
    assert!(text.starts_with("ImplicitDeny:"), "{text}");
    let text = explain("ecs:StopInstance", &format!("{INSTANCE}/i-9"), &[]);
    assert!(text.starts_with("ImplicitDeny:") && text.contains("absent"), "{text}");
    let text = explain("oss:GetObject", "acs:oss:*:*:partner/a", &[]);
    assert!(text.contains("2000000000000002"), "{text}");

    let findings = |bundle: &Bundle| bundle.run("check").2 + &bundle.run("check").1;
    assert!(!findings(&bundle).contains("never-supplied-key"), "{}", findings(&bundle));
    bundle.write("tags.yaml", "covers: ['acs:rds:*:*:dbinstance/*']\n");
    assert!(findings(&bundle).contains("never-supplied-key"), "{}", findings(&bundle));
    bundle.write("buckets.yaml", "buckets:\n  - {name: photos, regoin: cn-hangzhou}\n");
    assert!(findings(&bundle).contains("did you mean `region`?"), "{}", findings(&bundle));
}
