//! What section 2 of the catalogue's rules refuses of calls to object storage.

use super::Style::{Nobody, Oss, Url, UrlV4};
use super::{BUCKET, BUCKET_HOST, EVERYTHING, LITTLE_KEY, OWN_DOMAIN, SERVICE_HOST, Sent};
use super::{browser_form, refuses, wire, world};

const XML: &str = "application/xml";

#[test]
fn sub_resources_and_headers() {
    let world = world("");
    let get = |target: &str| Sent::new(Oss, "GET", target);
    refuses(
        &world,
        vec![
            ("two", get("/?acl&policy"), 400, "ambiguous"),
            ("two", Sent::new(Oss, "PUT", "/k?partNumber=1&uploadId=u&acl"), 400, "ambiguous"),
            ("unknown", Sent::new(Oss, "PUT", "/k?newThing"), 400, "unknown-query"),
            ("case", get("/k?ACL"), 400, "unknown-query"),
            ("encoded", get("/k?%61cl&acl"), 400, "given twice"),
            ("nothing does that", Sent::new(Oss, "DELETE", "/?acl"), 403, "unknown-operation"),
            (
                "source of a reading",
                get("/k").with("x-oss-copy-source", "/srcbucket/k"),
                400,
                "ambiguous",
            ),
            (
                "source of an acl",
                Sent::new(Oss, "PUT", "/k?acl").with("x-oss-copy-source", "/srcbucket/k"),
                400,
                "ambiguous",
            ),
            (
                "bucket",
                get("/k").with("host", "-b-.oss-cn-hangzhou.aliyuncs.com"),
                403,
                "no endpoint that is known",
            ),
        ],
    );
    let sent = String::from_utf8(get("/k").with("x-meta", "1").bytes()).unwrap();
    let twice = sent.replacen("x-meta: 1\r\n", "x-meta: 1\r\nX-Meta: 2\r\n", 1);
    world.refused("a header twice", twice.as_bytes(), 400, "\"duplicate-parameter\"");
    world.refused("anonymous", &Sent::new(Nobody, "GET", "/team/a").bytes(), 403, "anonymous");
}

#[test]
fn copies() {
    let world = world("");
    let copy = |source: &str| Sent::new(Oss, "PUT", "/team/b").with("x-oss-copy-source", source);
    refuses(
        &world,
        vec![
            ("no slash", copy("srcbucket/a"), 400, "bad-value"),
            ("two slashes", copy("//srcbucket/a"), 400, "bad-value"),
            ("encoded bucket", copy("/%73rcbucket/a"), 400, "bad-value"),
            ("encoded slash", copy("/srcbucket%2Fa"), 400, "bad-value"),
            ("no key", copy("/srcbucket/"), 400, "bad-value"),
            ("more query", copy("/srcbucket/a?versionId=V1&acl"), 400, "bad-value"),
            ("other query", copy("/srcbucket/a?versionid=V1"), 400, "bad-value"),
            ("escape", copy("/srcbucket/a%zz"), 400, "bad-value"),
            ("zero", copy("/srcbucket/a%00"), 400, "bad-value"),
            ("dots", copy("/srcbucket/../team-bucket/a"), 400, "bad-path"),
            ("encoded dots", copy("/srcbucket/%2e%2e/a"), 400, "bad-path"),
            ("backslash", copy("/srcbucket/..%5Ca"), 400, "bad-path"),
            ("empty", copy("/srcbucket//a"), 400, "bad-path"),
            ("alias", copy("/my-ap-ossalias/a"), 403, "access-point"),
        ],
    );
    for (what, source) in [
        ("another bucket", "/srcbucket/team/a"),
        ("another folder", "/team-bucket/other/a"),
        ("decoded once", "/team-bucket/team%252Fa"),
        ("space or plus", "/team-bucket/team/+"),
    ] {
        let little = copy(source).by(LITTLE_KEY).bytes();
        let status = if what == "space or plus" { 200 } else { 403 };
        let (answer, line, received) = world.send(&little);
        assert_eq!(answer.status(), status, "{what}: {line}");
        assert_eq!(received.len(), usize::from(status == 200), "{what}");
    }
    let (_, received) = world.passes("control", &copy("/srcbucket/a%2Fb").bytes(), "/team/b");
    assert_eq!(received.header("x-oss-copy-source"), Some("/srcbucket/a%2Fb"));
}

#[test]
fn batches() {
    let world = world("");
    let delete = |body: &str| Sent::new(Oss, "POST", "/?delete").body(XML, body);
    let keys = |inner: &str| delete(&format!("<Delete>{inner}</Delete>"));
    let good = "<Object><Key>team/a</Key></Object>";
    let entity =
        "<!DOCTYPE d [<!ENTITY k \"team/a\">]><Delete><Object><Key>&k;</Key></Object></Delete>";
    let outside = "<!DOCTYPE d SYSTEM \"http://evil.example/d\"><Delete><Object><Key>team/a</Key></Object></Delete>";
    refuses(
        &world,
        vec![
            ("entity", delete(entity), 400, "unsupported-body"),
            ("document type", delete(outside), 400, "unsupported-body"),
            ("no entity", keys("<Object><Key>&k;</Key></Object>"), 400, "unsupported-body"),
            (
                "two keys",
                keys("<Object><Key>team/a</Key><Key>other</Key></Object>"),
                400,
                "unsupported-body",
            ),
            (
                "case",
                keys("<Object><Key>team/a</Key><key>other</key></Object>"),
                400,
                "unsupported-body",
            ),
            (
                "cdata",
                keys("<Object><Key><![CDATA[team/a]]></Key></Object>"),
                400,
                "unsupported-body",
            ),
            (
                "comment",
                keys("<Object><Key>team<!-- -->/a</Key></Object>"),
                400,
                "unsupported-body",
            ),
            ("inside", keys("<Object><Key><B>team/a</B></Key></Object>"), 400, "unsupported-body"),
            (
                "behind",
                delete(&format!("<Delete>{good}</Delete><Delete>{good}</Delete>")),
                400,
                "unsupported-body",
            ),
            ("none", keys(""), 400, "unsupported-body"),
            ("1001", keys(&good.repeat(1001)), 400, "unsupported-body"),
            ("compressed", keys(good).with("content-encoding", "gzip"), 400, "unsupported-body"),
            ("dots", keys("<Object><Key>team/../other</Key></Object>"), 400, "bad-path"),
            ("no body", Sent::new(Oss, "POST", "/?delete"), 400, "unsupported-body"),
        ],
    );
    let two = keys(&format!("{good}<Object><Key>other/a</Key></Object>")).by(LITTLE_KEY);
    world.refused("one of two", &two.bytes(), 403, "team-bucket/other/a");
    let version = keys("<Object><Key>team/a</Key><VersionId>v</VersionId></Object>").by(LITTLE_KEY);
    world.refused("a version", &version.bytes(), 403, "oss:DeleteObjectVersion");
    let (_, received) = world.passes("control", &keys(good).by(LITTLE_KEY).bytes(), "/?delete");
    assert_eq!(received.body, keys(good).body);
}

#[test]
fn browser_forms() {
    let world = world("");
    let form = |fields: &[(&str, &str)]| browser_form(EVERYTHING, fields);
    let little = || browser_form(LITTLE_KEY, &[("key", "team/a")]);
    let send =
        |(headers, body): &(Vec<(String, String)>, Vec<u8>)| wire("POST", b"/", headers, body);
    let insert = |(headers, body): (Vec<(String, String)>, Vec<u8>), name: &str, value: &str| {
        let text = String::from_utf8(body).unwrap();
        let boundary = text.split("\r\n").next().unwrap().to_owned();
        let part = format!(
            "{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        );
        (headers, (part + &text).into_bytes())
    };
    let (line, _) = world.passes("control", &send(&little()), "/");
    assert!(line.contains("team-bucket/team/a\""), "{line}");
    for (what, form, because) in [
        ("key twice", insert(form(&[("key", "team/a")]), "key", "other"), "twice"),
        ("key in two cases", insert(form(&[("key", "team/a")]), "KEY", "other"), "two spellings"),
        ("look-alike", form(&[("Key", "team/a")]), "\"look-alike-parameter\""),
        ("dots", form(&[("key", "team/../other")]), "\"bad-path\""),
        ("file name", form(&[("key", "team/${filename}/../../x")]), "\"bad-path\""),
        ("callback", form(&[("key", "team/a"), ("callback", "e30=")]), "\"unknown-operation\""),
        // The form's policy need not speak of a field; what the field does is asked for all the same.
        ("tags that nobody signed", insert(little(), "x-oss-tagging", "a"), "oss:PutObjectTagging"),
        (
            "list that nobody signed",
            insert(little(), "x-oss-object-acl", "public-read"),
            "oss:PutObjectAcl",
        ),
    ] {
        let (answer, line, received) = world.send(&send(&form));
        assert!(received.is_empty(), "{what}: {received:?}");
        assert!((400..500).contains(&answer.status()), "{what}: {}", answer.text());
        assert!(line.contains(because), "{what}: {because} is not in {line}");
    }
}

/// No action covers what the service would call.
#[test]
fn callbacks_and_saved_results() {
    let world = world("");
    let put = |target: &str| Sent::new(Oss, "PUT", target);
    let process = |instruction: &str| {
        let body = format!("x-oss-process={instruction}");
        Sent::new(Oss, "POST", "/team/a?x-oss-process").body("text/plain", &body)
    };
    refuses(
        &world,
        vec![
            ("header", put("/team/a").with("x-oss-callback", "e30="), 403, "unknown-operation"),
            (
                "variable",
                put("/team/a").with("x-oss-callback-var", "e30="),
                403,
                "unknown-operation",
            ),
            ("query", put("/team/a?callback=e30="), 403, "unknown-operation"),
            (
                "signed url",
                Sent::new(UrlV4, "PUT", "/team/a?callback=e30="),
                403,
                "unknown-operation",
            ),
            (
                "two targets",
                process("image/x|sys/saveas,o_YQ|sys/saveas,o_Yg"),
                400,
                "unsupported-body",
            ),
            ("no target", process("image/x"), 400, "unsupported-body"),
            ("dots", process("image/x|sys/saveas,o_Li4vYQ"), 400, "bad-path"),
            (
                "alias",
                process("image/x|sys/saveas,o_YQ,b_bXktYXAtb3NzYWxpYXM"),
                403,
                "access-point",
            ),
        ],
    );
    let elsewhere = process("image/x|sys/saveas,o_dGVhbS9i,b_b3RoZXItYnVja2V0").by(LITTLE_KEY);
    world.refused("another bucket", &elsewhere.bytes(), 403, "other-bucket/team/b");
    world.passes(
        "control",
        &process("image/x|sys/saveas,o_dGVhbS9i").by(LITTLE_KEY).bytes(),
        "/team/a?x-oss-process",
    );
}

/// A URL says what its signer signed; what its holder adds is not it.
#[test]
fn signed_urls() {
    let world = world("");
    for (style, added) in [
        (Url, "&acl"),
        (Url, "&versionId=V1"),
        (Url, "&x-oss-process=image/resize"),
        (Url, "&response-content-type=text/html"),
        (UrlV4, "&acl"),
        (UrlV4, "&versionId=V1"),
        (UrlV4, "&prefix=a"),
    ] {
        let sent = String::from_utf8(Sent::new(style, "GET", "/team/a").bytes()).unwrap();
        let changed = sent.replacen(" HTTP/1.1", &format!("{added} HTTP/1.1"), 1);
        world.refused(
            &format!("{style:?} {added}"),
            changed.as_bytes(),
            403,
            "SignatureDoesNotMatch",
        );
        let other = sent.replacen("/team/a?", "/team/b?", 1);
        world.refused(
            &format!("{style:?} another key"),
            other.as_bytes(),
            403,
            "SignatureDoesNotMatch",
        );
        let method = sent.replacen("GET ", "DELETE ", 1);
        world.refused(
            &format!("{style:?} another method"),
            method.as_bytes(),
            403,
            "SignatureDoesNotMatch",
        );
    }
}

/// One bucket, however it is named; or none.
#[test]
fn buckets_and_hosts() {
    let plain = world("");
    let at = |host: &str, target: &str| Sent::new(Oss, "GET", target).with("host", host);
    let is_team =
        |line: &str| line.contains("acs:oss:cn-hangzhou:1234567890123456:team-bucket/team/a\"");
    let (line, _) = plain.passes("custom domain", &at(OWN_DOMAIN, "/team/a").bytes(), "/team/a");
    assert!(is_team(&line), "{line}");
    let in_path = format!("/{BUCKET}/team/a");
    let (line, _) = plain.passes("key", &at(BUCKET_HOST, &in_path).bytes(), &in_path);
    assert!(line.contains("team-bucket/team-bucket/team/a\""), "{line}");
    refuses(
        &plain,
        vec![
            ("alias", at("my-ap-ossalias.oss-cn-hangzhou.aliyuncs.com", "/a"), 403, "access-point"),
            ("alias", at("MY-AP-OSSALIAS.oss-cn-hangzhou.aliyuncs.com", "/a"), 403, "access-point"),
        ],
    );
    let in_path_unasked = at(SERVICE_HOST, &in_path);
    plain.refused("path", &in_path_unasked.bytes(), 403, "no endpoint that is known");
    let path_style = world(", path_style: true");
    let (line, _) = path_style.passes("path", &at(SERVICE_HOST, &in_path).bytes(), &in_path);
    assert!(is_team(&line), "{line}");
    refuses(
        &path_style,
        vec![
            (
                "encoded",
                at(SERVICE_HOST, "/team%2Dbucket/team/a"),
                403,
                "no endpoint that is known",
            ),
            (
                "encoded slash",
                at(SERVICE_HOST, "/team-bucket%2Fteam/a"),
                403,
                "no endpoint that is known",
            ),
            ("dots", at(SERVICE_HOST, "/other/../team-bucket/team/a"), 400, "bad-path"),
            ("empty", at(SERVICE_HOST, "//team-bucket/team/a"), 403, "no endpoint that is known"),
            ("case", at(SERVICE_HOST, "/Team-bucket/team/a"), 403, "no endpoint that is known"),
            ("alias", at(SERVICE_HOST, "/my-ap-ossalias/a"), 403, "access-point"),
        ],
    );
    let little = at(SERVICE_HOST, "/other-bucket/team/a").by(LITTLE_KEY);
    path_style.refused("another bucket", &little.bytes(), 403, "other-bucket/team/a");
}
