//! Rows P01 – P11, P21 and P22 of the threat model: paths, and what they are decided as.

use super::Style::{Fc, Oss, Roa, Rpc, RpcV1};
use super::{LITTLE_KEY, Sent, Style, world};

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
            let bytes =
                Sent::new(style, if style == Rpc { "POST" } else { "GET" }, &target).bytes();
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
        ("P21", Roa, "/notes/%3F%3F%3F%3F/x", false),
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
        } else {
            world.refused(&what, &bytes, 403, "allows");
        }
    }
    let evil =
        by_little(Oss, "/team/a").with("host", "team-bucket-evil.oss-cn-hangzhou.aliyuncs.com");
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
