//! What section 2 of the catalogue's rules refuses of RPC and ROA calls.

use super::Style::{Fc, Roa, Rpc, RpcV1};
use super::{FORM, Sent, refuses, world};

const JSON: &str = "application/json";

#[test]
fn rpc() {
    let world = world("");
    let post = |query: &str| Sent::new(Rpc, "POST", format!("/?{query}"));
    let of = |operation: &str, query: &str| post(query).with("x-acs-action", operation);
    let tags = |more: &str| {
        of("TagResources", &format!("RegionId=cn-hangzhou&ResourceType=instance&{more}"))
    };
    refuses(
        &world,
        vec![
            (
                "json",
                post("").body(JSON, "{\"Action\":\"DeleteInstance\"}"),
                400,
                "unsupported-body",
            ),
            (
                "no kind",
                post("").body("text/plain", "Action=DeleteInstance"),
                400,
                "unsupported-body",
            ),
            (
                "compressed",
                post("").body(FORM, "a=b").with("content-encoding", "gzip"),
                400,
                "a form that is compressed",
            ),
            ("version", post("").with("x-acs-version", "2016-03-14"), 400, "unknown-version"),
            ("owner", post("OwnerId=2000000000000002"), 400, "account-mismatch"),
            ("owner", post("ResourceOwnerId=2000000000000002"), 400, "account-mismatch"),
            ("owner", post("OwnerAccount=someone@example.test"), 400, "account-mismatch"),
            ("region", post("RegionId=cn-beijing"), 400, "region-mismatch"),
            ("region", post("RegionId=cn-hangzhou&regionId=cn-beijing"), 400, "region-mismatch"),
            ("index", tags("ResourceId.01=i-1"), 400, "malformed-list"),
            ("index", tags("ResourceId.0=i-1"), 400, "malformed-list"),
            ("index", tags("ResourceId.1.2=i-1"), 400, "malformed-list"),
            ("index", tags("ResourceId=i-1"), 400, "malformed-list"),
            ("list", post("InstanceIds=i-1"), 400, "malformed-list"),
            ("list", post("InstanceIds=%5B%5D"), 400, "malformed-list"),
            ("list", post("InstanceIds=%7B%22a%22:1%7D"), 400, "malformed-list"),
            ("value", of("StopInstance", "InstanceId=*"), 400, "bad-value"),
            ("value", of("StopInstance", "InstanceId=i-1%2Fi-2"), 400, "bad-value"),
            ("value", of("StopInstance", "InstanceId=i-1%20"), 400, "bad-value"),
            ("value", of("StopInstance", "InstanceId="), 400, "bad-value"),
            ("missing", of("StopInstance", ""), 400, "missing-parameter"),
        ],
    );
    let form = post("").body(FORM, "InstanceIds=%5B%22i-1%22%5D");
    let (line, received) = world.passes("control", &form.bytes(), "/?");
    assert!(line.contains("instance/i-1\""), "{line}");
    assert_eq!(received.body, form.body);
    let twice = Sent::new(RpcV1, "POST", "/?Action=DescribeRegions&Version=2014-05-26");
    let twice = twice.body(FORM, "Action=DeleteInstance");
    world.refused("query and body", &twice.bytes(), 400, "given twice");
}

#[test]
fn roa() {
    let world = world("");
    let functions = "/2023-03-30/functions";
    let create = |body: &str| Sent::new(Fc, "POST", functions).body(JSON, body);
    let get = |target: &str| Sent::new(Fc, "GET", format!("{functions}{target}"));
    refuses(
        &world,
        vec![
            ("trailing slash", get("/f/"), 400, "bad-path"),
            ("variable in the query", get("/f?functionName=g"), 400, "ambiguous"),
            ("method", Sent::new(Fc, "PATCH", "/2023-03-30/functions/f"), 404, "unknown-operation"),
            ("version", Sent::new(Fc, "GET", "/2023-03-31/functions/f"), 404, "unknown-operation"),
            (
                "account",
                get("/f").with("x-fc-account-id", "2000000000000002"),
                400,
                "account-mismatch",
            ),
            (
                "key twice",
                create(r#"{"functionName":"f","functionName":"g"}"#),
                400,
                "stands twice",
            ),
            (
                "key twice",
                create(r#"{"functionName":"f","function\u004eame":"g"}"#),
                400,
                "stands twice",
            ),
            (
                "look-alike",
                create(r#"{"functionName":"f","FunctionName":"g"}"#),
                400,
                "look-alike-parameter",
            ),
            ("no object", create(r#"[{"functionName":"f"}]"#), 400, "unsupported-body"),
            (
                "two values",
                create(r#"{"functionName":"f"}{"functionName":"g"}"#),
                400,
                "trailing characters",
            ),
            (
                "compressed",
                create(r#"{"functionName":"f"}"#).with("content-encoding", "gzip"),
                400,
                "unsupported-body",
            ),
            ("no text", create(r#"{"functionName":["f"]}"#), 400, "bad-value"),
            ("value", create(r#"{"functionName":"*"}"#), 400, "bad-value"),
            (
                "another's role",
                create(r#"{"functionName":"f","role":"acs:ram::2000000000000002:role/r"}"#),
                400,
                "bad-arn",
            ),
        ],
    );
    let good = create(r#"{"functionName":"f","description":"functionName"}"#);
    let (line, received) = world.passes("control", &good.bytes(), functions);
    assert!(line.contains("functions/f\""), "{line}");
    assert_eq!(received.body, good.body);
    let encoded = Sent::new(Roa, "PUT", "/notes/team/x")
        .body("text/plain", "a")
        .with("x-acs-action", "ReadNote");
    refuses(&world, vec![("another action", encoded, 400, "conflicting-action")]);
}
