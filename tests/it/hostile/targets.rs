//! Rows P12 – P20, P23 and P24 of the threat model: hosts, queries, and what is left of a target.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::Style::{Fc, Nobody, Oss, Roa, Rpc, RpcV1, Trigger, Url};
use super::{BUCKET_HOST, FORM, Sent, world};

#[test]
fn p12_targets_that_are_no_paths() {
    let world = world("");
    let because = "target is not a path";
    for (style, target) in [
        (Rpc, "http://ecs.cn-hangzhou.aliyuncs.com/"),
        (Rpc, "http://evil.example/"),
        (Roa, "http://notes.example.test/notes/team/x"),
        (Oss, "https://team-bucket.oss-cn-hangzhou.aliyuncs.com/a"),
        (Oss, "team-bucket.oss-cn-hangzhou.aliyuncs.com:80"),
        (Roa, "*"),
        (Roa, "notes/team/x"),
        (Roa, "?a=b"),
    ] {
        let bytes = Sent::new(style, "PUT", target).bytes();
        world.refused(&format!("P12 {target}"), &bytes, 400, because);
    }
}

#[test]
fn p13_hosts() {
    let world = world("");
    let plain = "Host is not a plain host[:port]";
    for style in [Rpc, Roa, Oss] {
        let host = style.host();
        let method = if style == Rpc { "POST" } else { "GET" };
        let target = if style == Roa { "/notes/team/x" } else { "/" };
        let good = String::from_utf8(Sent::new(style, method, target).bytes()).unwrap();
        for (bad, because) in [
            (format!("host: {host}\r\nhost: {host}"), "more than one Host"),
            (format!("host: {host}\r\nHost: evil.example"), "more than one Host"),
            (format!("host: {host}, evil.example"), plain),
            (format!("host: {host}@evil.example"), plain),
            (format!("host: user@{host}"), plain),
            (format!("host: {host}."), plain),
            (format!("host: {host}:0"), plain),
            (format!("host: {host}:80:80"), plain),
            (format!("host: {host}:99999"), plain),
            (format!("host: {host}/path"), plain),
            ("host: [fe80::1%25eth0]".to_owned(), plain),
            ("host: [::1".to_owned(), plain),
            ("host:".to_owned(), plain),
            ("x-host: a".to_owned(), "no Host header"),
        ] {
            let line = format!("host: {host}");
            assert!(good.contains(&line), "{good}");
            let bytes = good.replacen(&line, &bad, 1);
            world.refused(&format!("P13 {bad}"), bytes.as_bytes(), 400, because);
        }
        // Case and the default port are the same host; the signature is of what was sent.
        for same in [host.to_ascii_uppercase(), format!("{host}:80")] {
            let sent = Sent::new(style, method, target).with("host", &same);
            world.passes(&format!("P13 {same}"), &sent.bytes(), target_of(&sent));
        }
    }
}

fn target_of(sent: &Sent) -> &str {
    std::str::from_utf8(&sent.target).unwrap()
}

/// A signed host is no reason to go there.
#[test]
fn p14_hosts_of_nobody() {
    let world = world("");
    for (style, host, status, because) in [
        (Rpc, "evil.example", 421, "\"unknown-host\""),
        (Rpc, "ecs.cn-hangzhou.aliyuncs.com.evil.example", 421, "\"unknown-host\""),
        (Rpc, "ecs.evil.cn-hangzhou.aliyuncs.com", 421, "\"unknown-host\""),
        (Rpc, "127.0.0.1", 421, "\"unknown-host\""),
        (Rpc, "169.254.169.254", 421, "\"unknown-host\""),
        (Rpc, "[::1]:8701", 421, "\"unknown-host\""),
        (Rpc, "kms.cn-hangzhou.aliyuncs.com", 421, "no route of the configuration"),
        (Rpc, "ecs.cn-beijing.aliyuncs.com", 400, "\"region-mismatch\""),
        (Roa, "notes.example.test.evil", 421, "\"unknown-host\""),
        (Oss, "a.team-bucket.oss-cn-hangzhou.aliyuncs.com", 403, "\"unknown-host\""),
        (Oss, "team-bucket.oss-cn-beijing.aliyuncs.com", 400, "the scope names another region"),
        (Url, "team-bucket.oss-cn-beijing.aliyuncs.com", 400, "\"region-mismatch\""),
        (Oss, "ecs-vpc.oss-cn-hangzhou.aliyuncs.com", 403, "\"unknown-host\""),
        (Oss, "cdn.example.test", 403, "\"unknown-host\""),
    ] {
        let (method, target) = match style {
            Rpc => ("POST", "/"),
            Roa => ("GET", "/notes/team/x"),
            _ => ("GET", "/team/a"),
        };
        let bytes = Sent::new(style, method, target).with("host", host).bytes();
        world.refused(&format!("P14 {host}"), &bytes, status, because);
    }
}

/// A parameter has one place and one value.
#[test]
fn p15_p16_one_parameter_twice() {
    let world = world("");
    let get = |query: &str| Sent::new(RpcV1, "GET", format!("/?{query}"));
    let both =
        |query: &str, form: &str| Sent::new(Rpc, "POST", format!("/?{query}")).body(FORM, form);
    let twice = "given twice";
    let common = "Version=2014-05-26&Action=DescribeRegions";
    for (row, sent, because) in [
        ("P15", get(&format!("{common}&Action=DeleteInstance")), twice),
        ("P15", get(&format!("Action=DeleteInstance&{common}")), twice),
        ("P15", get(&format!("{common}&Action=DescribeRegions")), twice),
        ("P15", get(&format!("{common}&Act%69on=DeleteInstance")), twice),
        ("P15", get(&format!("{common}&InstanceId=a&InstanceId=b")), twice),
        ("P15", both("Action=DescribeInstances", "Action=DeleteInstance"), twice),
        ("P15", both("InstanceIds=%5B%22a%22%5D", "InstanceIds=%5B%22b%22%5D"), twice),
        ("P15", both("", "Version=2014-05-26&Version=2014-05-26"), twice),
        ("P15", Sent::new(Roa, "GET", "/notes/team/x?a=1&a=1"), twice),
        (
            "P15",
            Sent::new(Fc, "POST", "/2023-03-30/functions/f/invocations?qualifier=a&qualifier=b"),
            twice,
        ),
        ("P15", Sent::new(Oss, "GET", "/team/a?versionId=1&versionId=2"), "twice"),
        ("P16", Sent::new(Rpc, "POST", "/?Action=DeleteInstance&InstanceId=i-1"), "Action differs"),
        ("P16", both("", "Action=DeleteInstance"), "\"conflicting-action\""),
        ("P16", Sent::new(Rpc, "POST", "/?Version=2016-03-14"), "Version differs"),
        (
            "P16",
            Sent::new(Roa, "GET", "/notes/team/x").with("x-acs-action", "DeleteNote"),
            "\"conflicting-action\"",
        ),
        (
            "P16",
            Sent::new(Fc, "GET", "/2023-03-30/functions/f").with("x-acs-action", "DeleteFunction"),
            "\"conflicting-action\"",
        ),
        (
            "P16",
            Sent::new(Fc, "GET", "/2023-03-30/functions/f").with("x-acs-version", "2021-04-06"),
            "\"conflicting-action\"",
        ),
    ] {
        world.refused(&format!("{row} {sent:?}"), &sent.bytes(), 400, because);
    }
    // A header and a parameter that agree are one action.
    let agreed = Sent::new(Rpc, "POST", "/?Action=DescribeInstances");
    world.passes("P16 control", &agreed.bytes(), "/?Action=DescribeInstances");
}

/// Names are decoded once; what is spelled in another way is not the name, and may not look like it.
#[test]
fn p17_other_spellings() {
    let world = world("");
    let get = |query: &str| Sent::new(RpcV1, "GET", format!("/?Version=2014-05-26&{query}"));
    for (query, status, because) in [
        ("action=DeleteInstance", 400, "in case only"),
        ("Action=DescribeRegions&action=DeleteInstance", 400, "in case only"),
        ("Action=DescribeRegions&ACTION=DeleteInstance", 400, "in case only"),
        ("Action=DescribeRegions&Action%5B%5D=DeleteInstance", 400, "\"look-alike-parameter\""),
        ("Action=DescribeRegions&Action%20=DeleteInstance", 400, "\"look-alike-parameter\""),
        ("Action=DescribeRegions&Action%00=DeleteInstance", 400, "invalid percent escape"),
        ("Act%2569on=DescribeRegions", 400, "`Action` is missing"),
        ("Action=DescribeRegions;Action=DeleteInstance", 404, "\"unknown-operation\""),
        ("Action=Describe+Regions", 404, "\"unknown-operation\""),
        ("Action=DescribeInstances&instanceids=%5B%22a%22%5D", 400, "\"look-alike-parameter\""),
        ("Action=StopInstance&InstanceId=i-1&instanceId=i-2", 400, "\"look-alike-parameter\""),
    ] {
        world.refused(&format!("P17 {query}"), &get(query).bytes(), status, because);
    }
    for (target, resource) in [
        // Decoded once, and forwarded as it came.
        ("/2023-03-30/functions/f?qual%69fier=x", "functions/f"),
        ("/2023-03-30/functions/f?a=1;qualifier=x", "functions/f"),
    ] {
        let (line, _) = world.passes(target, &Sent::new(Fc, "GET", target).bytes(), target);
        assert!(line.contains(&format!("{resource}\"")), "P17 {target}: {line}");
    }
}

#[test]
fn p18_odd_and_many_parameters() {
    let world = world("");
    for target in [
        "/notes/team/x?",
        "/notes/team/x?=",
        "/notes/team/x?a",
        "/notes/team/x?&&a=&b",
        "/notes/team/x??",
    ] {
        world.passes(&format!("P18 {target}"), &Sent::new(Roa, "GET", target).bytes(), target);
    }
    for target in ["/team/a?=", "/team/a?a"] {
        let bytes = Sent::new(Oss, "GET", target).bytes();
        world.refused(&format!("P18 {target}"), &bytes, 400, "\"unknown-query\"");
    }
    let many = |count: usize| (0..count).fold(String::new(), |all, n| format!("{all}&p{n}"));
    let bytes = Sent::new(Roa, "GET", format!("/notes/team/x?a{}", many(600))).bytes();
    world.refused("P18 600 in the query", &bytes, 400, "too many parameters");
    let bytes = Sent::new(Rpc, "POST", "/").body(FORM, &format!("a{}", many(100_000))).bytes();
    world.refused("P18 100,000 in the form", &bytes, 400, "too many parameters");
}

/// Values of one name are sorted for the signature, and keep their order on the way.
#[test]
fn p19_repeated_values_that_are_the_functions_own() {
    let world = world("");
    for target in ["/hello?a=2&a=1", "/hello?a=1&a=2", "/hello?b=1&a=2&a=10&a=1"] {
        world.passes(&format!("P19 {target}"), &Sent::new(Trigger, "GET", target).bytes(), target);
    }
}

/// What some servers take for the method is not passed on, or not let in.
#[test]
fn p20_method_overrides() {
    let world = world("");
    for name in
        ["X-HTTP-Method-Override", "x-http-method", "X-Method-Override", "x_http_method_override"]
    {
        for (style, target) in [(Roa, "/notes/team/x"), (Oss, "/team/a")] {
            let sent = Sent::new(style, "GET", target);
            let bytes = String::from_utf8(sent.bytes()).unwrap();
            let bytes = bytes.replacen("\r\n", &format!("\r\n{name}: DELETE\r\n"), 1);
            let (_, received) = world.passes(&format!("P20 {name}"), bytes.as_bytes(), target);
            assert!(received.line.starts_with("GET "), "P20 {name}: {received:?}");
            assert!(!format!("{:?}", received.headers).contains("DELETE"), "P20 {received:?}");
        }
    }
    for (style, method, target, because) in [
        (Roa, "GET", "/notes/team/x?_method=DELETE", "\"conflicting-action\""),
        (Roa, "PUT", "/notes/team/x?a=b&_METHOD=delete", "\"conflicting-action\""),
        (Roa, "GET", "/notes/team/x?%5Fmethod=DELETE", "\"conflicting-action\""),
        (Fc, "GET", "/2023-03-30/functions/f?_method=DELETE", "\"conflicting-action\""),
        (Oss, "GET", "/team/a?_method=DELETE", "\"unknown-query\""),
    ] {
        let bytes = Sent::new(style, method, target).bytes();
        world.refused(&format!("P20 {target}"), &bytes, 400, because);
    }
}

/// Long targets end before they cost anything, and what fits costs time in proportion.
#[test]
fn p23_long_targets() {
    let world = world("");
    for (style, before) in [(Rpc, "/"), (Roa, "/notes/"), (Oss, "/")] {
        for path in ["a".repeat(8 * 1024), "a/".repeat(10_000), "%41".repeat(3_000)] {
            let bytes = Sent::new(style, "GET", format!("{before}{path}")).bytes();
            world.refused("P23", &bytes, 414, "is too long");
        }
    }
    for (style, before) in [(Roa, "/notes/"), (Oss, "/")] {
        let target = format!("{before}{}a", "a/".repeat(4_000));
        let started = Instant::now();
        world.passes("P23 4,000 segments", &Sent::new(style, "GET", &target).bytes(), &target);
        let taken = started.elapsed();
        assert!(taken < Duration::from_secs(2), "P23 {style:?}: {taken:?}");
    }
}

/// Whatever a request names, the names of the metrics stay the same.
#[test]
fn p24_metrics_know_no_path() {
    let world = world("");
    let send = |mark: &str| {
        for (style, target) in [
            (Roa, format!("/notes/{mark}/x")),
            (Oss, format!("/{mark}")),
            (Oss, format!("/a?{mark}")),
            (Rpc, format!("/{mark}")),
        ] {
            world.send(&Sent::new(style, "GET", target).bytes());
        }
        let host = Sent::new(Nobody, "GET", "/").with("host", &format!("{mark}.example"));
        world.send(&host.bytes());
    };
    let names = || -> BTreeSet<String> {
        let page = world.gate.page("/metrics");
        let (_head, page) = page.split_once("\r\n\r\n").unwrap();
        page.lines().filter_map(|line| Some(line.rsplit_once(' ')?.0.to_owned())).collect()
    };
    send("giraffe");
    let before = names();
    for mark in ["zebra", "ostrich", "gnu"] {
        send(mark);
    }
    let after = names();
    let fresh: Vec<_> = after.difference(&before).collect();
    assert!(fresh.is_empty(), "P24 {fresh:?}");
    let page = world.gate.page("/metrics");
    assert!(!page.contains("giraffe") && !page.contains(BUCKET_HOST), "P24 {page}");
}
