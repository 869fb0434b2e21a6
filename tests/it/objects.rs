//! Requests to object storage: which are read, what they mean, and the tricks that are refused.

use ramgate::catalog::{Buckets, Callbacks, Catalog, CatalogFile, OwnedResource, OwnedSegment};
use ramgate::policy::Attribute;

use super::support::calls::{Call, Pairs, Route, builtin, read, resolve};

const HOST: &str = "examplebucket.oss-cn-hangzhou.aliyuncs.com";
const SERVICE: &str = "oss-cn-hangzhou.aliyuncs.com";

fn call(method: &str, path: &str) -> Call {
    Call { method: method.into(), host: HOST.into(), path: path.into(), ..Call::default() }
}

fn with(method: &str, path: &str, headers: &[(&str, &str)]) -> Call {
    Call { headers: Pairs::of(headers), ..call(method, path) }
}

fn body(path: &str, text: &str) -> Call {
    Call { body: Some(text.into()), ..call("POST", path) }
}

fn form(fields: &[(&str, &str)]) -> Call {
    Call { form: Pairs::of(fields), ..call("POST", "/") }
}

fn copy(source: &str) -> Call {
    with("PUT", "/dst", &[("x-oss-copy-source", source)])
}

/// `operation: action resource,resource; …` or the word.
fn meaning(catalog: &Catalog, call: &Call, route: &Route<'_>) -> String {
    match read(catalog, call, route) {
        Err(word) => word,
        Ok((operation, checks)) => {
            let checks: Vec<String> = checks
                .iter()
                .map(|check| {
                    let resources: Vec<&str> = check
                        .resources
                        .iter()
                        .map(|it| it.strip_prefix("acs:oss:*:1234567890123456:").unwrap_or(it))
                        .collect();
                    format!("{} {}", check.action, resources.join(","))
                })
                .collect();
            format!("{operation}: {}", checks.join("; "))
        }
    }
}

#[track_caller]
fn check(catalog: &Catalog, call: &Call, expected: &str) {
    assert_eq!(meaning(catalog, call, &Route::default()), expected, "{call:?}");
}

#[test]
fn keys() {
    let catalog = builtin();
    for (path, expected) in [
        ("/a%2Fb", "GetObject: oss:GetObject examplebucket/a/b"),
        ("/a/b/", "GetObject: oss:GetObject examplebucket/a/b/"),
        ("/%E4%B8%AD*%3F%25", "GetObject: oss:GetObject examplebucket/中*?%"),
        ("/a+b", "GetObject: oss:GetObject examplebucket/a+b"),
        ("/a/../b", "bad-path"),
        ("/a%2F..%2Fb", "bad-path"),
        ("/.", "bad-path"),
        ("/%2e%2E", "bad-path"),
        ("//a", "bad-path"),
        ("/a//b", "bad-path"),
        ("/a%2F%2Fb", "bad-path"),
        ("//", "bad-path"),
        ("/a;b/c;d", "GetObject: oss:GetObject examplebucket/a;b/c;d"),
        ("/a/..;/b", "bad-path"),
        ("/.;x", "bad-path"),
        ("/a%5Cb", "bad-path"),
    ] {
        check(&catalog, &call("GET", path), expected);
    }
    let literal = Route { literal_paths: true, ..Route::default() };
    for (path, expected) in [
        ("/a/../b", "GetObject: oss:GetObject examplebucket/a/../b"),
        ("//a", "GetObject: oss:GetObject examplebucket//a"),
        ("/a%5C..;/b", "GetObject: oss:GetObject examplebucket/a\\..;/b"),
    ] {
        assert_eq!(meaning(&catalog, &call("GET", path), &literal), expected, "{path}");
    }
    let spaced = Route { plus_is_space: true, ..Route::default() };
    let found = meaning(&catalog, &call("GET", "/a+b%2B"), &spaced);
    assert_eq!(found, "GetObject: oss:GetObject examplebucket/a b+");
}

#[test]
fn buckets() {
    let catalog = builtin();
    for (host, path, expected) in [
        (SERVICE, "/", "ListBuckets: oss:ListBuckets *"),
        (SERVICE, "/examplebucket/k", "GetObject: oss:GetObject examplebucket/k"),
        (SERVICE, "/examplebucket/", "ListObjects: oss:ListObjects examplebucket"),
        (SERVICE, "/%65xamplebucket/k", "bad-value"),
        (SERVICE, "/Examplebucket/k", "bad-value"),
        (SERVICE, "/../k", "bad-path"),
        (SERVICE, "/my-ap-ossalias/k", "access-point"),
        ("-b-.oss-cn-hangzhou.aliyuncs.com", "/k", "bad-value"),
        ("my-ap-ossalias.oss-cn-hangzhou.aliyuncs.com", "/k", "access-point"),
        ("my-ap-ossalias.oss-cn-hangzhou.aliyuncs.com", "//", "access-point"),
        (
            "examplebucket.oss-accelerate.aliyuncs.com",
            "/k",
            "GetObject: oss:GetObject examplebucket/k",
        ),
        (
            "examplebucket.cn-beijing.oss.aliyuncs.com",
            "/k",
            "GetObject: oss:GetObject examplebucket/k",
        ),
        (
            "EXAMPLEBUCKET.oss-cn-hangzhou-internal.aliyuncs.com:80",
            "/k",
            "GetObject: oss:GetObject examplebucket/k",
        ),
        ("a.examplebucket.oss-cn-hangzhou.aliyuncs.com", "/k", "unknown-host"),
        ("ecs-vpc.oss-cn-hangzhou.aliyuncs.com.evil.example", "/k", "unknown-host"),
    ] {
        check(&catalog, &Call { host: host.into(), ..call("GET", path) }, expected);
    }
}

/// Region and owner of every resource of a call, in the order of its checks; or the word.
fn places(call: &Call, route: &Route<'_>) -> String {
    let segment = |segment: &OwnedSegment| match segment {
        OwnedSegment::Known(text) => text.to_string(),
        OwnedSegment::Presumed(text) => format!("{text}?"),
        OwnedSegment::Unknown => "?".to_owned(),
        OwnedSegment::Global => "*".to_owned(),
    };
    let place = |resource: &OwnedResource| match resource {
        OwnedResource::All => "all".to_owned(),
        OwnedResource::Named { region, account, .. } => {
            format!("{} {}", segment(region), segment(account)).replace("1234567890123456", "own")
        }
    };
    let places = resolve(&builtin(), call, route, |call| {
        let resources = call.checks.iter().flat_map(|check| &check.resources);
        resources.map(place).collect::<Vec<_>>().join(", ")
    });
    places.unwrap_or_else(|word| word)
}

#[test]
fn regions_and_owners_of_buckets() {
    let text = "buckets:
- {name: examplebucket, region: cn-hangzhou}
- {name: elsewhere, region: oss-cn-beijing}
- {name: theirs, region: cn-hangzhou, owner: '2'}
- {name: somewhere, owner: '2'}
";
    let (buckets, problems) = Buckets::parse("b.yaml", text, "1234567890123456".parse().unwrap());
    assert!(problems.is_empty(), "{problems:?}");
    let at = |host: &str| Call {
        host: format!("{host}.oss-cn-hangzhou.aliyuncs.com"),
        ..call("GET", "/k")
    };
    let global = |bucket: &str| Call {
        host: format!("{bucket}.oss-accelerate.aliyuncs.com"),
        ..call("GET", "/k")
    };
    let saved = "x-oss-process=image/resize,w_1|sys/saveas,o_YQ,b_dGhlaXJz"; // a, theirs
    for (call, pinned, told, untold) in [
        (at("examplebucket"), None, "cn-hangzhou own", "? own"),
        (at("examplebucket"), Some("cn-hangzhou"), "cn-hangzhou own", "cn-hangzhou own"),
        (at("elsewhere"), None, "region-mismatch", "? own"),
        (global("elsewhere"), None, "cn-beijing own", "? own"),
        (global("elsewhere"), Some("cn-hangzhou"), "region-mismatch", "cn-hangzhou own"),
        (at("theirs"), None, "cn-hangzhou 2", "? own"),
        (at("somewhere"), None, "? 2", "? own"),
        (at("not-listed"), None, "? own", "? own"),
        (copy("/examplebucket/k"), None, "cn-hangzhou own, cn-hangzhou own", "? own, ? own"),
        (copy("/theirs/k"), None, "cn-hangzhou 2, cn-hangzhou own", "? own?, ? own"),
        (copy("/elsewhere/k"), None, "cn-beijing own, cn-hangzhou own", "? own?, ? own"),
        (
            copy("/elsewhere/k"),
            Some("cn-hangzhou"),
            "region-mismatch",
            "cn-hangzhou own?, cn-hangzhou own",
        ),
        (copy("/not-listed/k"), None, "? ?, cn-hangzhou own", "? own?, ? own"),
        (
            body("/k?x-oss-process", saved),
            None,
            "cn-hangzhou own, cn-hangzhou own, cn-hangzhou 2",
            "? own, ? own, ? own?",
        ),
        (Call { host: SERVICE.into(), ..call("GET", "/") }, None, "? own", "? own"),
    ] {
        let route = Route { region: pinned, ..Route::default() };
        assert_eq!(places(&call, &route), untold, "untold: {call:?}");
        let route = Route { buckets: Some(&buckets), ..route };
        assert_eq!(places(&call, &route), told, "told: {call:?}");
    }
    // What is taken for the owner is printed; what is unknown is a star.
    let route = Route { buckets: Some(&buckets), ..Route::default() };
    for (route, expected) in [
        (Route::default(), "acs:oss:*:1234567890123456:not-listed/k"),
        (route, "acs:oss:*:*:not-listed/k"),
    ] {
        let source = resolve(&builtin(), &copy("/not-listed/k"), &route, |call| {
            call.checks[0].resources[0].to_string()
        });
        assert_eq!(source.unwrap(), expected);
    }
}

#[test]
fn regions() {
    let catalog = builtin();
    for (host, pinned, expected) in [
        (
            HOST,
            "cn-hangzhou",
            "GetObject: oss:GetObject acs:oss:cn-hangzhou:1234567890123456:examplebucket/k",
        ),
        (
            HOST,
            "oss-cn-hangzhou",
            "GetObject: oss:GetObject acs:oss:cn-hangzhou:1234567890123456:examplebucket/k",
        ),
        (HOST, "cn-beijing", "region-mismatch"),
        (
            "examplebucket.oss-accelerate.aliyuncs.com",
            "cn-beijing",
            "GetObject: oss:GetObject acs:oss:cn-beijing:1234567890123456:examplebucket/k",
        ),
    ] {
        let route = Route { region: Some(pinned), ..Route::default() };
        let call = Call { host: host.into(), ..call("GET", "/k") };
        assert_eq!(meaning(&catalog, &call, &route), expected, "{host} {pinned}");
    }
}

#[test]
fn words_of_refusal() {
    let catalog = builtin();
    for (call, expected) in [
        (call("GET", "/?acl&acl"), "duplicate-parameter"),
        (call("GET", "/k?newThing&newThing"), "duplicate-parameter"),
        (with("GET", "/k", &[("x-a", "1"), ("x-a", "1")]), "duplicate-parameter"),
        (call("GET", "/k?newThing"), "unknown-query"),
        (call("GET", "/k?ACL"), "unknown-query"),
        (call("GET", "/k?acl&newThing"), "unknown-query"),
        (call("DELETE", "/?acl"), "unknown-operation"),
        (call("PATCH", "/k"), "unknown-operation"),
        (call("HEAD", "/"), "unknown-operation"),
        (call("GET", "/?list-type=1"), "unknown-operation"),
        (call("GET", "/?acl&policy"), "ambiguous"),
        (call("PUT", "/k?partNumber=1&uploadId=u&acl"), "ambiguous"),
        (with("GET", "/k", &[("x-oss-copy-source", "/srcbucket/k")]), "ambiguous"),
        (with("PUT", "/?acl", &[("x-oss-copy-source", "/srcbucket/k")]), "ambiguous"),
        (with("PUT", "/?acl", &[("x-oss-copy-source", "/my-ap-ossalias/k")]), "access-point"),
        (call("POST", "/k?x-oss-process=image%2Fresize"), "unknown-operation"),
        (with("GET", "/?accessPoint", &[("x-oss-access-point-name", "a/b")]), "bad-value"),
        (with("GET", "/?accessPoint", &[("x-oss-access-point-name", "")]), "bad-value"),
        (
            with("GET", "/?accessPoint", &[("x-oss-access-point-name", "ap")]),
            "GetAccessPoint: oss:GetAccessPoint accesspoint/ap",
        ),
        (call("OPTIONS", "/k"), "OptionObject: "),
        (call("OPTIONS", "/"), "unknown-operation"),
    ] {
        check(&catalog, &call, expected);
    }
}

#[test]
fn copies() {
    let catalog = builtin();
    let target = "oss:PutObject examplebucket/dst";
    for (source, expected) in [
        ("/srcbucket/a%2Fb", format!("CopyObject: oss:GetObject srcbucket/a/b; {target}")),
        ("/srcbucket/a%252Fb", format!("CopyObject: oss:GetObject srcbucket/a%2Fb; {target}")),
        ("/srcbucket/a*", format!("CopyObject: oss:GetObject srcbucket/a*; {target}")),
        // Go writes a space as `+`, others write `+` itself.
        (
            "/srcbucket/a+b",
            format!("CopyObject: oss:GetObject srcbucket/a b,srcbucket/a+b; {target}"),
        ),
        (
            "/srcbucket/a%3Fb?versionId=V1",
            format!(
                "CopyObject: oss:GetObject srcbucket/a?b; oss:GetObjectVersion srcbucket/a?b; {target}"
            ),
        ),
        ("srcbucket/a", "bad-value".into()),
        ("//srcbucket/a", "bad-value".into()),
        ("/%73rcbucket/a", "bad-value".into()),
        ("/srcbucket", "bad-value".into()),
        ("/srcbucket/", "bad-value".into()),
        ("/srcbucket/a?versionId=", "bad-value".into()),
        ("/srcbucket/a?versionId=V1&x=y", "bad-value".into()),
        ("/srcbucket/a?versionid=V1", "bad-value".into()),
        ("/srcbucket/a?x", "bad-value".into()),
        ("/srcbucket/a%zz", "bad-value".into()),
        ("/srcbucket/a%00", "bad-value".into()),
        ("/Srcbucket/a", "bad-value".into()),
        ("/srcbucket/../other/a", "bad-path".into()),
        ("/srcbucket/%2e%2e/a", "bad-path".into()),
        ("/srcbucket//a", "bad-path".into()),
        ("/srcbucket/a%5C..%5Cb", "bad-path".into()),
        ("/my-ap-ossalias/a", "access-point".into()),
    ] {
        check(&catalog, &copy(source), &expected);
    }
    let rename =
        |source: &str| with("POST", "/dst?x-oss-rename", &[("x-oss-rename-source", source)]);
    check(
        &catalog,
        &rename("a%2Fb"),
        "Rename: oss:DeleteObject examplebucket/a/b; oss:GetObject examplebucket/a/b; oss:PutObject examplebucket/dst",
    );
    check(&catalog, &rename("/a"), "bad-path");
    check(&catalog, &rename(""), "bad-value");
    check(&catalog, &call("POST", "/dst?x-oss-rename"), "missing-parameter");
}

#[test]
fn batches() {
    let catalog = builtin();
    let delete = |inner: &str| body("/?delete", &format!("<Delete>{inner}</Delete>"));
    let many = |count: usize| {
        let object = |index| format!("<Object><Key>k{index}</Key></Object>");
        (0..count).map(object).collect::<String>()
    };
    let laughs = "<!DOCTYPE d [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]>\
                  <Delete><Object><Key>&b;</Key></Object></Delete>";
    for (call, expected) in [
        (
            delete(
                "<Quiet>true</Quiet><Object><Key>a%2F&amp;*</Key></Object><Object><Key>b</Key><VersionId>v</VersionId></Object>",
            ),
            "DeleteMultipleObjects: oss:DeleteObject examplebucket/a%2F&*; oss:DeleteObjectVersion examplebucket/b",
        ),
        (
            delete("<Object><Key>b</Key><VersionId>v</VersionId></Object>"),
            "DeleteMultipleObjects: oss:DeleteObjectVersion examplebucket/b",
        ),
        (
            delete("<Object><Key>b</Key></Object><Object><Key>b</Key></Object>"),
            "DeleteMultipleObjects: oss:DeleteObject examplebucket/b",
        ),
        (body("/?delete", laughs), "unsupported-body"),
        (
            body("/?delete", "<!DOCTYPE d SYSTEM \"file:///etc/passwd\"><Delete/>"),
            "unsupported-body",
        ),
        (body("/?delete", "<delete><Object><Key>a</Key></Object></delete>"), "unsupported-body"),
        (delete(""), "unsupported-body"),
        (delete(&many(1001)), "unsupported-body"),
        (delete("<Object/>"), "unsupported-body"),
        (delete("<Object><Key>a</Key><Key>b</Key></Object>"), "unsupported-body"),
        (delete("<Object><Key>a</Key><key>b</key></Object>"), "unsupported-body"),
        (delete("<Object><Key>a<!-- -->b</Key></Object>"), "unsupported-body"),
        (delete("<Object><Key><![CDATA[a]]></Key></Object>"), "unsupported-body"),
        (delete("<Object><Key><B>a</B></Key></Object>"), "unsupported-body"),
        (delete("<Object><Key>a</Key></Object><Other/>"), "unsupported-body"),
        (delete("<Object><Key></Key></Object>"), "bad-value"),
        (delete("<Object><Key> a</Key></Object>"), "bad-value"),
        (delete("<Object><Key>a&#10;b</Key></Object>"), "bad-value"),
        (delete("<Object><Key>a</Key><VersionId/></Object>"), "bad-value"),
        (delete("<Object><Key>a/../b</Key></Object>"), "bad-path"),
        (delete("<Object><Key>a\\b</Key></Object>"), "bad-path"),
        (call("POST", "/?delete"), "unsupported-body"),
        (
            Call {
                headers: Pairs::of(&[("content-encoding", "gzip")]),
                ..delete("<Object><Key>a</Key></Object>")
            },
            "unsupported-body",
        ),
    ] {
        check(&catalog, &call, expected);
    }
    let (_, checks) = read(&catalog, &delete(&many(1000)), &Route::default()).unwrap();
    assert_eq!(checks[0].resources.len(), 1000);
}

#[test]
fn browser_forms() {
    let catalog = builtin();
    let named = |fields, filename: &str| Call { filename: Some(filename.into()), ..form(fields) };
    for (call, expected) in [
        (
            named(&[("key", "up/${filename}")], "a.txt"),
            "PostObject: oss:PutObject examplebucket/up/a.txt",
        ),
        (named(&[("key", "up/${filename}")], "../a.txt"), "bad-path"),
        (
            form(&[
                ("key", "k"),
                ("x-oss-object-acl", "public-read"),
                ("x-oss-tagging", "<Tagging/>"),
            ]),
            "PostObject: oss:PutObject examplebucket/k; oss:PutObjectAcl examplebucket/k; oss:PutObjectTagging examplebucket/k",
        ),
        (
            form(&[("key", "k"), ("x-oss-server-side-encryption", "KMS")]),
            "PostObject: kms:Decrypt acs:kms:*:1234567890123456:key/*; \
             kms:GenerateDataKey acs:kms:*:1234567890123456:key/*; oss:PutObject examplebucket/k",
        ),
        (form(&[("policy", "x")]), "missing-parameter"),
        (form(&[("key", "")]), "bad-value"),
        (form(&[("Key", "k")]), "look-alike-parameter"),
        (form(&[("key", "k"), ("X-Oss-Object-Acl", "public-read")]), "look-alike-parameter"),
        (form(&[("key", "k"), ("key", "l")]), "duplicate-parameter"),
        (form(&[("key", "k"), ("KEY", "l")]), "look-alike-parameter"),
        (Call { path: "/k".into(), ..form(&[("key", "k")]) }, "unknown-operation"),
        (Call { path: "/?acl".into(), ..form(&[("key", "k")]) }, "unknown-operation"),
        (with("POST", "/", &[("content-type", "multipart/form-data")]), "unsupported-body"),
    ] {
        check(&catalog, &call, expected);
    }
}

#[test]
fn saved_results() {
    let catalog = builtin();
    let process =
        |instruction: &str| body("/k?x-oss-process", &format!("x-oss-process={instruction}"));
    let saved = |bucket: &str, key: &str| {
        format!(
            "ProcessObject: oss:GetObject examplebucket/k; oss:PostProcessTask examplebucket/k; oss:PutObject {bucket}/{key}"
        )
    };
    for (call, expected) in [
        (process("image/resize,w_1|sys/saveas,o_ZHN0L2s"), saved("examplebucket", "dst/k")),
        (process("sys/saveas,o_ZHN0L2s="), saved("examplebucket", "dst/k")),
        (process("image/x|sys/saveas,b_b3RoZXItYnVja2V0,o_ZHN0L2s"), saved("other-bucket", "dst/k")),
        // `out-{autoinc}`: only the service knows.
        (process("image/x|sys/saveas,o_b3V0LXthdXRvaW5jfQ"), saved("examplebucket", "out-*")),
        (process("image/x"), "unsupported-body".into()),
        (process("image/x|sys/saveas,o_ZHN0L2s|sys/saveas,o_YQ"), "unsupported-body".into()),
        (process("image/x|sys/saveas,o_ZHN0L2s,o_YQ"), "unsupported-body".into()),
        (process("image/x|sys/saveas,o_ZHN0L2s,x_YQ"), "unsupported-body".into()),
        (process("image/x|sys/saveas,b_b3RoZXItYnVja2V0"), "unsupported-body".into()),
        (process("image/x%7Csys/saveas,o_ZHN0L2s"), "unsupported-body".into()),
        (process("image/x|sys/saveas,o_ZHN0L2s&x-oss-process=y"), "unsupported-body".into()),
        (process("image/x|sys/saveas,o_*"), "bad-value".into()),
        (process("image/x|sys/saveas,o_"), "bad-value".into()),
        (process("image/x|sys/saveas,o_Li4vYQ"), "bad-path".into()),
        (process("image/x|sys/saveas,o_YQ,b_QQ"), "bad-value".into()),
        (process("image/x|sys/saveas,o_YQ,b_bXktYXAtb3NzYWxpYXM"), "access-point".into()),
        (call("POST", "/k?x-oss-process"), "unsupported-body".into()),
        (
            body("/k?x-oss-async-process", "x-oss-async-process=video/x|sys/saveas,o_YQ/notify,topic_dA"),
            "AsyncProcessObject: oss:GetObject examplebucket/k; oss:ProcessImm examplebucket/k; oss:PutObject examplebucket/a".into(),
        ),
        (body("/k?x-oss-async-process", "x-oss-process=video/x|sys/saveas,o_YQ"), "unsupported-body".into()),
    ] {
        check(&catalog, &call, &expected);
    }
}

#[test]
fn callbacks() {
    let catalog = builtin();
    let refusing = Route { callbacks: Callbacks::Refuse, ..Route::default() };
    for call in [
        with("PUT", "/k", &[("x-oss-callback", "eyJ9")]),
        call("PUT", "/k?callback=eyJ9"),
        form(&[("key", "k"), ("callback", "eyJ9")]),
    ] {
        assert!(meaning(&catalog, &call, &Route::default()).contains("PutObject"), "{call:?}");
        assert_eq!(meaning(&catalog, &call, &refusing), "unknown-operation", "{call:?}");
    }
}

#[test]
fn condition_values() {
    let catalog = builtin();
    let texts = |call: &Call, key: &str| {
        let look = |call: ramgate::catalog::Call<'_>| {
            let found = match key.strip_prefix("acs:RequestTag/") {
                Some(tag) => call.attributes.request_tag(tag),
                None => call.attributes.get(key),
            };
            match found {
                Attribute::Texts(texts) => texts.join(","),
                Attribute::Absent => "absent".into(),
                Attribute::Undeterminable => "unknown".into(),
                other => format!("{other:?}"),
            }
        };
        resolve(&catalog, call, &Route::default(), look).unwrap()
    };
    let tagged = with("PUT", "/k", &[("x-oss-tagging", "a=1&b=x%20y")]);
    let document = Call {
        method: "PUT".into(),
        ..body(
            "/k?tagging",
            "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>",
        )
    };
    let copied = |directive| {
        with(
            "PUT",
            "/k",
            &[
                ("x-oss-copy-source", "/examplebucket/s"),
                ("x-oss-tagging", "a=1"),
                ("x-oss-tagging-directive", directive),
            ],
        )
    };
    let posted = Call { headers: Pairs::of(&[("x-oss-tagging", "a=1")]), ..form(&[("key", "k")]) };
    for (call, key, expected) in [
        (&copied("Replace"), "acs:RequestTag/a", "1"),
        // The service takes the tags of the source, and ignores the header.
        (&copied("Copy"), "oss:RequestObjectTag/a", "unknown"),
        (&with("DELETE", "/k", &[("x-oss-tagging", "a=1")]), "acs:RequestTag/a", "unknown"),
        (&posted, "acs:RequestTag/a", "unknown"),
        (&with("PUT", "/k", &[("x-oss-tagging", "a=1&a=2")]), "acs:RequestTag/a", "unknown"),
        (&call("GET", "/?prefix=logs%2F"), "oss:Prefix", "logs/"),
        (&call("GET", "/?prefix=logs%2F"), "oss:Delimiter", ""),
        (&call("GET", "/k"), "oss:Prefix", "absent"),
        (&call("GET", "/k"), "oss:ExistingObjectTag/a", "unknown"),
        (&call("GET", "/k"), "acs:RequestTag/a", "absent"),
        (&tagged, "oss:RequestObjectTag/a", "1"),
        (&tagged, "acs:RequestTag/b", "x y"),
        (&tagged, "oss:RequestObjectTag/c", "absent"),
        (&with("PUT", "/k", &[("x-oss-tagging", "a=%zz")]), "oss:RequestObjectTag/a", "unknown"),
        (&document, "oss:RequestObjectTag/a", "1"),
        (&document, "acs:RequestTag/b", "absent"),
        (&Call { body: None, ..document.clone() }, "oss:RequestObjectTag/a", "unknown"),
        (&Call { path: "/?tagging".into(), ..document.clone() }, "acs:RequestTag/a", "1"),
        (&with("PUT", "/", &[("x-oss-bucket-tagging", "a=1")]), "acs:RequestTag/a", "unknown"),
        (&form(&[("key", "k"), ("x-oss-tagging", "<Tagging/>")]), "acs:RequestTag/a", "unknown"),
    ] {
        assert_eq!(texts(call, key), expected, "{key} of {call:?}");
    }
}

const FILE: &str = "schema: 'ramgate-catalog/1'
product: box
ram_code: box
style: oss
endpoints: ['box.example.com']
scope: global
query_modifiers: [prefix]
operations:
  - name: GetThing
    method: GET
    match: {target: object, query: {meta: ''}}
    checks:
      - action: 'box:GetThing'
        traits: [object-read]
        resources:
          - {arn: 'acs:box:*:{AccountId}:{Bucket}/{Object}', required: true}
  - name: ListThings
    method: GET
    match: {target: bucket, headers: [x-kind]}
    checks:
      - action: 'box:ListThings'
        resources:
          - {arn: 'acs:box:*:{AccountId}:{Bucket}', required: true}
";

#[test]
fn broken_files_are_refused_with_line_and_field() {
    let compile = |text: &str| Catalog::compile(&[CatalogFile { name: "box.yaml", text }]);
    assert!(compile(FILE).is_ok(), "{:#?}", compile(FILE));
    for (from, to, line, field, message) in [
        (
            "target: object,",
            "target: thing,",
            11,
            "operations[0].match.target",
            "`thing` is no target",
        ),
        (
            "method: GET\n    match: {target: object",
            "method: PATCH\n    match: {target: object",
            10,
            "operations[0].method",
            "`PATCH` is no method",
        ),
        (
            "    match: {target: object,",
            "    path: '/x'\n    match: {target: object,",
            9,
            "operations[0].path",
            "has no `path`",
        ),
        (
            "query: {meta: ''}",
            "query: {meta: ''}, query_absent: [meta]",
            11,
            "operations[0].match.query",
            "more than one place",
        ),
        (
            "query: {meta: ''}",
            "querry: {meta: ''}",
            11,
            "operations[0].match.querry",
            "unknown field",
        ),
        (
            "headers: [x-kind]",
            "headers: [X-Kind]",
            19,
            "operations[1].match.headers",
            "in lower case",
        ),
        ("[prefix]", "[prefix, meta]", 7, "query_modifiers", "`meta` selects an operation"),
        (
            "{Bucket}/{Object}",
            "{Bucket}/{query.page}",
            7,
            "query_modifiers",
            "no request may carry it",
        ),
        ("{Bucket}/{Object}", "{Bucket}/{Key}", 9, "operations[0].checks", "carries no `Key`"),
        (
            "{Bucket}/{Object}",
            "{source.Bucket}/{Object}",
            9,
            "operations[0].checks",
            "carries no `source.Bucket`",
        ),
        ("target: object,", "target: bucket,", 9, "operations[0].checks", "carries no `Object`"),
        (
            "[object-read]",
            "[object-delete]",
            14,
            "operations[0].checks[0].traits[0]",
            "no trait `object-delete`",
        ),
        (
            "target: bucket, headers: [x-kind]",
            "target: [bucket, object], query: {meta: ''}",
            17,
            "operations[1].match",
            "fit the same request",
        ),
    ] {
        assert!(FILE.contains(from), "{from}");
        let problems = compile(&FILE.replacen(from, to, 1)).unwrap_err();
        let found = problems.iter().any(|problem| {
            problem.at.line.abs_diff(line) <= 1
                && problem.field == field
                && problem.message.contains(message)
        });
        assert!(found, "{to}: {problems:#?}");
    }
}
