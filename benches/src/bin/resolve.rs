//! What it costs to read what a call means, and to load the catalogue: nanoseconds, allocations, memory.
//!
//! `resolve [ROUNDS [PART OF A NAME]]`

use std::alloc::System;
use std::hint::black_box;
use std::time::Duration;

use http::Request;
use ramgate::catalog::{Callbacks, Catalog, Content, Context, Trust};
use ramgate::request::{Head, HeadLimits};
use ramgate::signature::{Family, Site};
use ramgate::strict::{Json, JsonLimits, json};
use ramgate_benches::timing::{Case, case, run};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// A name, method, host, target, headers and body.
type Given = (
    &'static str,
    &'static str,
    &'static str,
    String,
    &'static [(&'static str, &'static str)],
    &'static str,
);

/// One request, parsed as far as it is before its meaning is asked for.
struct Asked {
    name: &'static str,
    head: Head,
    body: Option<Json>,
    text: &'static str,
}

fn main() {
    let rounds = std::env::args().nth(1).map_or(21, |text| text.parse().expect("rounds"));
    loading(rounds.min(11));
    let catalog = Catalog::compile(Catalog::builtin_files()).expect("it compiles");
    let wanted = std::env::args().nth(2).unwrap_or_default();
    let given = given().into_iter().filter(|(name, ..)| name.contains(&wanted));
    let asked: Vec<Asked> = given.map(parse).collect();
    let site = Site { path_style: true, ..Site::new(Family::Oss) };
    let mut cases: Vec<Case<'_>> = Vec::new();
    for asked in &asked {
        let (catalog, site) = (&catalog, &site);
        cases.push(Case::new(asked.name, move |_call| {
            black_box(resolve(black_box(catalog), black_box(asked), site));
        }));
    }
    run(&mut cases, rounds, Duration::from_millis(10));
    println!(
        "\nlocate and resolve: nanoseconds, median of {rounds} rounds [quartiles]; allocations of one call"
    );
    for asked in &asked {
        let [low, median, high] = case(&cases, asked.name).quartiles();
        let region = Region::new(COUNTED);
        let (checks, resources) = resolve(&catalog, asked, &site);
        let change = region.change();
        println!(
            "{:34} {median:7.0}  [{low:.0} to {high:.0}]   {:4} allocations, {checks} checks on {resources} resources",
            asked.name,
            change.allocations + change.reallocations,
        );
    }
}

/// How many checks, and how many resources.
fn resolve(catalog: &Catalog, asked: &Asked, site: &Site<'_>) -> (usize, usize) {
    let content = match (&asked.body, asked.text) {
        (Some(json), _) => Content::Json(json),
        (None, "") => Content::Empty,
        (None, text) => Content::Text(text.as_bytes()),
    };
    let context = Context {
        account: "1234567890123456".parse().expect("an account"),
        region: Some("cn-hangzhou"),
        user: Some("alice"),
        literal_paths: false,
        site,
        plus_is_space: false,
        trust: Trust::default(),
        callbacks: Callbacks::Pass,
        min_confidence: None,
        buckets: None,
    };
    let located = catalog.locate(asked.head.host()).expect("a host of the catalogue");
    let call = located.resolve(&asked.head, &content, &context).expect("it can be read");
    (call.checks.len(), call.checks.iter().map(|check| check.resources.len()).sum())
}

fn parse((name, method, host, target, headers, text): Given) -> Asked {
    let mut request = Request::builder().method(method).uri(target).header("host", host);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (parts, ()) = request.body(()).expect("a request").into_parts();
    let head = Head::parse(parts, &HeadLimits::default()).expect("a head");
    let body = text.starts_with('{').then(|| json(text, JsonLimits::default()).expect("JSON"));
    Asked { name, head, body, text }
}

fn given() -> Vec<Given> {
    let ecs = "ecs.cn-hangzhou.aliyuncs.com";
    let bucket = "examplebucket.oss-cn-hangzhou.aliyuncs.com";
    let rpc = |rest: &str| format!("/?Action={rest}&Version=2014-05-26&RegionId=cn-hangzhou");
    let many: String = (1..=100).map(|index| format!("&InstanceId.{index}=i-{index}")).collect();
    let batch: &'static str = Box::leak(
        format!(
            "<Delete>{}</Delete>",
            (0..100)
                .map(|index| format!("<Object><Key>k{index}</Key></Object>"))
                .collect::<String>()
        )
        .into_boxed_str(),
    );
    vec![
        ("ECS StopInstance", "GET", ecs, rpc("StopInstance&InstanceId=i-1"), &[], ""),
        ("ECS DescribeInstances", "GET", ecs, rpc("DescribeInstances&PageSize=50"), &[], ""),
        (
            "ECS RunInstances",
            "GET",
            ecs,
            rpc(
                "RunInstances&ImageId=m-1&InstanceType=ecs.g7.large&SecurityGroupId=sg-1&VSwitchId=vsw-1&Tag.1.Key=env&Tag.1.Value=dev&RamRoleName=app",
            ),
            &[],
            "",
        ),
        (
            "ECS StopInstances, 100 instances",
            "GET",
            ecs,
            rpc(&format!("StopInstances{many}")),
            &[],
            "",
        ),
        (
            "FC InvokeFunction",
            "POST",
            "fcv3.cn-hangzhou.aliyuncs.com",
            "/2023-03-30/functions/f/invocations".into(),
            &[],
            "",
        ),
        (
            "FC CreateFunction",
            "POST",
            "fcv3.cn-hangzhou.aliyuncs.com",
            "/2023-03-30/functions".into(),
            &[],
            r#"{"functionName":"f","role":"acs:ram::1234567890123456:role/app"}"#,
        ),
        ("OSS GetObject", "GET", bucket, "/dir/key".into(), &[], ""),
        (
            "OSS PutObject",
            "PUT",
            bucket,
            "/dir/key".into(),
            &[("x-oss-object-acl", "private"), ("x-oss-tagging", "env=dev")],
            "",
        ),
        ("OSS ListObjectsV2", "GET", bucket, "/?list-type=2&prefix=logs%2F".into(), &[], ""),
        (
            "OSS CopyObject",
            "PUT",
            bucket,
            "/dst".into(),
            &[("x-oss-copy-source", "/srcbucket/src")],
            "",
        ),
        ("OSS DeleteMultipleObjects, 100 keys", "POST", bucket, "/?delete".into(), &[], batch),
        (
            "SLS PutLogs",
            "POST",
            "proj.cn-hangzhou.log.aliyuncs.com",
            "/logstores/ls/shards/lb".into(),
            &[],
            "",
        ),
    ]
}

fn loading(rounds: usize) {
    let bytes: usize = Catalog::builtin_files().iter().map(|file| file.text.len()).sum();
    let region = Region::new(COUNTED);
    let catalog = Catalog::compile(Catalog::builtin_files()).expect("it compiles");
    let change = region.change();
    let kept = change.bytes_allocated.saturating_sub(change.bytes_deallocated);
    let mut cases = [Case::new("load", |_call| {
        black_box(Catalog::compile(Catalog::builtin_files()).expect("it compiles"));
    })];
    run(&mut cases, rounds, Duration::from_millis(100));
    let [low, median, high] = case(&cases, "load").quartiles().map(|time| time / 1e6);
    println!(
        "{} products, {} KiB of YAML: {median:.1} ms [{low:.1} to {high:.1}], {} KiB kept in {} allocations",
        catalog.products().count(),
        bytes / 1024,
        kept / 1024,
        change.allocations - change.deallocations,
    );
}
