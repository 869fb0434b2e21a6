//! Rows P01 – P24 of the threat model.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::Style::{Fc, Nobody, Oss, Roa, Rpc, RpcV1, Trigger};
use super::{
    BUCKET_HOST, ECS_HOST, EVERYTHING, FORM, LITTLE_KEY, NOTES_HOST, Sent, Style, World, world,
};

/// What comes of a path.
#[derive(Clone, Copy, Debug)]
enum Then {
    /// 400 with this word of the catalogue.
    Word(&'static str),
    /// 400, before anything is read, with this in the reason.
    Head(&'static str),
    /// Passes byte for byte, decided as this resource.
    As(&'static str),
}
use Then::{As, Head, Word};

const BAD: Then = Word("bad-path");
const ESCAPE: Then = Head("the path has an invalid percent escape or is not UTF-8");
const BYTE: Then = Head("target has a byte that must be percent-encoded");
const CONTROL: Then = Head("control character in the head");

/// Row, path, what comes of it in a service of one's own and in Function Compute, and in object storage. At an RPC
/// product, whose only path is `/`, every one of them is refused.
const PATHS: &[(&str, &[u8], Then, Then)] = &[
    ("P01", b"/public/../admin", BAD, BAD),
    ("P01", b"/./a", BAD, BAD),
    ("P01", b"/a/..", BAD, BAD),
    ("P01", b"/..", BAD, BAD),
    ("P02", b"/a/%2e%2e/b", BAD, BAD),
    ("P02", b"/a/%2E./b", BAD, BAD),
    ("P02", b"/a/.%2e/b", BAD, BAD),
    ("P02", b"/%2E%2e", BAD, BAD),
    ("P03", b"/a%2fb", BAD, As("a/b")),
    ("P03", b"/a%2F..%2Fb", BAD, BAD),
    ("P03", b"/a%5cb", BAD, BAD),
    ("P03", b"/a%5C..%5Cb", BAD, BAD),
    ("P04", b"/%252e%252e%252f", As("%2e%2e%2f"), As("%2e%2e%2f")),
    ("P04", b"/a%252fb", As("a%2fb"), As("a%2fb")),
    ("P05", b"//admin", BAD, BAD),
    ("P05", b"///", BAD, BAD),
    ("P05", b"//ecs.cn-hangzhou.aliyuncs.com/path", BAD, BAD),
    ("P06", b"/a;jsessionid=1", BAD, As("a;jsessionid=1")),
    ("P06", b"/a/..;/b", BAD, BAD),
    ("P06", b"/a/.;x/b", BAD, BAD),
    ("P06", b"/a;a=b/../c", BAD, BAD),
    ("P07", b"/a\\b", BAD, BAD),
    ("P07", b"/..\\admin", BAD, BAD),
    ("P07", b"/%5c%5chost", BAD, BAD),
    ("P08", b"/a#b", Head("fragment in the target"), Head("fragment in the target")),
    ("P08", b"/a?b#c", Head("fragment in the target"), Head("fragment in the target")),
    ("P09", b"/a%00", ESCAPE, ESCAPE),
    ("P09", b"/a%0a", ESCAPE, ESCAPE),
    ("P09", b"/a%0D", ESCAPE, ESCAPE),
    ("P09", b"/a%0d%0aHost:%20evil", ESCAPE, ESCAPE),
    ("P09", b"/a\x01", CONTROL, CONTROL),
    ("P09", b"/a\x00", CONTROL, CONTROL),
    ("P09", b"/%c0%ae%c0%ae/a", ESCAPE, ESCAPE),
    ("P09", b"/%ed%a0%80", ESCAPE, ESCAPE),
    ("P09", b"/a\xff", BYTE, BYTE),
    ("P09", b"/\xc0\xae", BYTE, BYTE),
    ("P10", b"/%zz", ESCAPE, ESCAPE),
    ("P10", b"/%2", ESCAPE, ESCAPE),
    ("P10", b"/a%", ESCAPE, ESCAPE),
    ("P10", b"/%u002e", ESCAPE, ESCAPE),
    ("P11", b"/%EF%BC%8E%EF%BC%8E%EF%BC%8Fa", As("．．／a"), As("．．／a")),
    ("P11", b"/a\xef\xbc\x8fb", BYTE, BYTE),
    ("P21", b"/*", As("*"), As("*")),
    ("P21", b"/%3F", As("?"), As("?")),
    ("P21", b"/a:b", As("a:b"), As("a:b")),
    ("P21", b"/$%7Bacs:username%7D", As("${acs:username}"), As("${acs:username}")),
];

fn prefix(style: Style) -> (&'static str, &'static str) {
    match style {
        Roa => ("/notes", "acs:notes:*:1234567890123456:note/"),
        Fc => ("/2023-03-30/functions", "acs:fc:cn-hangzhou:1234567890123456:functions/"),
        _ => ("", "acs:oss:cn-hangzhou:1234567890123456:team-bucket/"),
    }
}

#[test]
fn p01_to_p11_and_p21_paths() {
    let world = world("");
    for (row, path, own, object) in PATHS {
        for (style, then) in [(Rpc, *own), (Roa, *own), (Fc, *own), (Oss, *object)] {
            let (before, arn) = prefix(style);
            let target = [before.as_bytes(), path].concat();
            let what = format!("{row} {style:?} {}", String::from_utf8_lossy(&target));
            let bytes = Sent::new(style, if style == Rpc { "POST" } else { "GET" }, &target).bytes();
            match (style, then) {
                (Rpc, Word(_) | As(_)) => world.refused(&what, &bytes, 400, "\"bad-path\""),
                (_, Word(word)) => world.refused(&what, &bytes, 400, &format!("\"{word}\"")),
                (_, Head(reason)) => world.refused(&what, &bytes, 400, reason),
                (_, As(resource)) => {
                    let target = String::from_utf8(target).unwrap();
                    let (line, _) = world.passes(&what, &bytes, &target);
                    assert!(line.contains(&format!("\"{arn}{resource}\"")), "{what}: {line}");
                }
            }
        }
    }
}

/// A route can say that its service reads paths literally: then they are decided and forwarded so.
#[test]
fn p01_p03_p05_p07_literal_paths() {
    let world = world(", literal_paths: true");
    for (row, style, path, resource) in [
        ("P01", Roa, "/public/../admin", "public/../admin"),
        ("P01", Oss, "/public/../admin", "public/../admin"),
        ("P03", Roa, "/a%2fb", "a/b"),
        ("P03", Fc, "/one%2Ftwo", "one/two"),
        ("P03", Fc, "/one%5ctwo", "one\\\\two"),
        ("P05", Roa, "//a", "/a"),
        ("P05", Oss, "//a", "/a"),
        ("P07", Oss, "/a\\b", "a\\\\b"),
    ] {
        let (before, arn) = prefix(style);
        let target = format!("{before}{path}");
        let what = format!("{row} {style:?} {target}");
        let (line, _) = world.passes(&what, &Sent::new(style, "GET", &target).bytes(), &target);
        assert!(line.contains(&format!("\"{arn}{resource}\"")), "{what}: {line}");
    }
    // What has one escaped slash too many is another function, not a path into one.
    let deeper = Sent::new(Fc, "GET", "/2023-03-30/functions/one/two").bytes();
    world.refused("P03 two segments", &deeper, 404, "\"unknown-operation\"");
    // An RPC product has one path, whatever the route says.
    let rpc = Sent::new(Rpc, "POST", "/public/..").bytes();
    world.refused("P01 Rpc", &rpc, 400, "\"bad-path\"");
}

/// Bytes are compared as bytes, and what a request brings is never a pattern.
#[test]
fn p11_p21_p22_nothing_but_what_is_granted() {
    let world = world("");
    let by_little = |style, target: &str| Sent::new(style, "GET", target).by(LITTLE_KEY);
    for (row, style, target, permitted) in [
        ("P11", Roa, "/notes/team/x", true),
        ("P11", Roa, "/notes/TEAM/x", false),
        ("P11", Roa, "/notes/%EF%BD%94eam/x", false),
        ("P11", Roa, "/notes/team%EF%BC%8Fx", false),
        ("P11", Roa, "/notes/caf%C3%A9", true),
        ("P11", Roa, "/notes/cafe%CC%81", false),
        ("P21", Roa, "/notes/*", false),
        ("P21", Roa, "/notes/t*", false),
        ("P21", Roa, "/notes/????/x", false),
        ("P21", Roa, "/notes/team:x", false),
        ("P21", Roa, "/notes/x:note/team/x", false),
        ("P21", Roa, "/notes/$%7B*%7D/x", false),
        ("P21", Oss, "/team/*", true), // one character
        ("P21", Oss, "/*/a", false),
        ("P21", Oss, "/tea%3F/a", false),
        ("P22", Oss, "/team/a", true),
        ("P22", Oss, "/team/ab", false),
        ("P22", Oss, "/team/", false),
        ("P22", Oss, "/teams/a", false),
        ("P22", Roa, "/notes/team", false),
        ("P22", Roa, "/notes/teams/x", false),
    ] {
        let (what, bytes) = (format!("{row} {target}"), by_little(style, target).bytes());
        if permitted {
            world.passes(&what, &bytes, target);
        } else if target.contains('?') {
            unreachable!("a `?` begins the query");
        } else {
            world.refused(&what, &bytes, 403, "allows");
        }
    }
    let evil = by_little(Oss, "/team/a").with("host", "team-bucket-evil.oss-cn-hangzhou.aliyuncs.com");
    world.refused("P22 bucket", &evil.bytes(), 403, "allows");
    let list = |ids: &str| Sent::new(Rpc, "POST", format!("/?InstanceIds={ids}")).by(LITTLE_KEY);
    for (row, ids, status, because) in [
        ("P22", "%5B%22i-team-1%22,%22i-teams%22%5D", 403, "allows"),
        ("P21", "%5B%22i-team-1%22,%22*%22%5D", 400, "\"bad-value\""),
        ("P21", "%5B%22i-team-*%22%5D", 400, "\"bad-value\""),
        ("P21", "%5B%22i-team-1:instance/i-other%22%5D", 400, "\"bad-value\""),
        ("P21", "%5B%22i-team-1/../i-other%22%5D", 400, "\"bad-value\""),
    ] {
        world.refused(&format!("{row} {ids}"), &list(ids).bytes(), status, because);
    }
    let good = "/?InstanceIds=%5B%22i-team-1%22%5D";
    world.passes("P22 control", &list("%5B%22i-team-1%22%5D").bytes(), good);
    // `Describe*` is no other action that begins like it.
    let other = Sent::new(Rpc, "POST", "/?InstanceId=i-team-1").by(LITTLE_KEY);
    let other = other.with("x-acs-action", "StartInstance");
    world.refused("P22 action", &other.bytes(), 403, "allows");
}

/// Action names fold ASCII at most: `ſ` and the Kelvin sign are letters of their own.
#[test]
fn p11_actions() {
    let world = world("");
    for action in ["De%C5%BFcribeInstances", "Describe%E2%84%AAeyPairs", "describeinstances"] {
        let target = format!("/?Action={action}&Version=2014-05-26");
        let bytes = Sent::new(RpcV1, "GET", target).bytes();
        world.refused(&format!("P11 {action}"), &bytes, 404, "\"unknown-operation\"");
    }
}

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
        (Oss, "a.team-bucket.oss-cn-hangzhou.aliyuncs.com", 421, "\"unknown-host\""),
        (Oss, "team-bucket.oss-cn-beijing.aliyuncs.com", 400, "\"region-mismatch\""),
        (Oss, "ecs-vpc.oss-cn-hangzhou.aliyuncs.com", 421, "\"unknown-host\""),
        (Oss, "cdn.example.test", 421, "\"unknown-host\""),
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
    let both = |query: &str, form: &str| Sent::new(Rpc, "POST", format!("/?{query}")).body(FORM, form);
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
        ("P15", Sent::new(Fc, "POST", "/2023-03-30/functions/f/invocations?qualifier=a&qualifier=b"), twice),
        ("P15", Sent::new(Oss, "GET", "/team/a?versionId=1&versionId=2"), "twice"),
        ("P16", Sent::new(Rpc, "POST", "/?Action=DeleteInstance&InstanceId=i-1"), "\"conflicting-action\""),
        ("P16", both("", "Action=DeleteInstance"), "\"conflicting-action\""),
        ("P16", Sent::new(Rpc, "POST", "/?Version=2016-03-14"), "\"conflicting-action\""),
        ("P16", Sent::new(Roa, "GET", "/notes/team/x").with("x-acs-action", "DeleteNote"), "\"conflicting-action\""),
        ("P16", Sent::new(Fc, "GET", "/2023-03-30/functions/f").with("x-acs-action", "DeleteFunction"), "\"conflicting-action\""),
        ("P16", Sent::new(Fc, "GET", "/2023-03-30/functions/f").with("x-acs-version", "2021-04-06"), "\"conflicting-action\""),
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
        ("action=DeleteInstance", 404, "\"unknown-operation\""),
        ("Action=DescribeRegions&action=DeleteInstance", 400, "\"look-alike-parameter\""),
        ("Action=DescribeRegions&ACTION=DeleteInstance", 400, "\"look-alike-parameter\""),
        ("Action=DescribeRegions&Action%5B%5D=DeleteInstance", 400, "\"look-alike-parameter\""),
        ("Action=DescribeRegions&Action%20=DeleteInstance", 400, "\"look-alike-parameter\""),
        ("Action=DescribeRegions&Action%00=DeleteInstance", 400, "invalid percent escape"),
        ("Act%2569on=DescribeRegions", 404, "\"unknown-operation\""),
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
    for target in ["/notes/team/x?", "/notes/team/x?=", "/notes/team/x?a", "/notes/team/x?&&a=&b", "/notes/team/x??"] {
        world.passes(&format!("P18 {target}"), &Sent::new(Roa, "GET", target).bytes(), target);
    }
    for target in ["/team/a?=", "/team/a?a"] {
        let bytes = Sent::new(Oss, "GET", target).bytes();
        world.refused(&format!("P18 {target}"), &bytes, 400, "\"unknown-query\"");
    }
    let many = |count: usize| (0..count).fold(String::new(), |all, n| format!("{all}&p{n}"));
    let bytes = Sent::new(Roa, "GET", format!("/notes/team/x?a{}", many(600))).bytes();
    world.refused("P18 600 in the query", &bytes, 400, "more parameters");
    let bytes = Sent::new(Rpc, "POST", "/").body(FORM, &format!("a{}", many(100_000))).bytes();
    world.refused("P18 100,000 in the form", &bytes, 400, "more parameters");
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
    for name in ["X-HTTP-Method-Override", "x-http-method", "X-Method-Override", "x_http_method_override"] {
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
        page.lines().filter_map(|line| Some(line.rsplit_once(' ')?.0.to_owned())).collect()
    };
    send("first");
    let before = names();
    for mark in ["second", "third", "fourth"] {
        send(mark);
    }
    let after = names();
    let fresh: Vec<_> = after.difference(&before).collect();
    assert!(fresh.is_empty(), "P24 {fresh:?}");
    let page = world.gate.page("/metrics");
    assert!(!page.contains("second") && !page.contains(BUCKET_HOST), "P24 {page}");
    let _all = (ECS_HOST, EVERYTHING, NOTES_HOST);
}
