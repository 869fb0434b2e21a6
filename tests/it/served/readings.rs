//! Requests that somebody behind the gate could read in another way than they were decided.

use super::*;

const FORM: &str = "multipart/form-data; boundary=xx";

/// A gate whose bucket is open to strangers, but for one object.
fn open_bucket() -> World {
    const POLICY: &str = r#"{"Version":"1","Statement":[
        {"Effect":"Allow","Principal":["*"],"Action":["oss:GetObject","oss:PutObject"],"Resource":["acs:oss:*:1234567890123456:served-bucket/*"]},
        {"Effect":"Deny","Principal":["*"],"Action":"oss:*","Resource":["acs:oss:*:1234567890123456:served-bucket/the secret"]}]}"#;
    world_with(EVERYTHING, "", |bundle| {
        bundle.write("resource-policies/open.json", POLICY);
        bundle.change("resources.yaml", |text| {
            format!(
                "{text}\n  - resource: acs:oss:*:1234567890123456:served-bucket\n    policy: open\n"
            )
        });
    })
}

fn get(target: &str) -> Call {
    let headers = vec![("host".to_owned(), BUCKET.to_owned())];
    Call { method: "GET".into(), target: target.into(), headers, body: Vec::new() }
}

fn post(kind: &str, body: &str, headers: &[(&str, &str)]) -> Call {
    let own = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let mut all =
        vec![("host".to_owned(), BUCKET.to_owned()), ("content-type".to_owned(), kind.to_owned())];
    all.extend(own);
    Call { method: "POST".into(), target: "/".into(), headers: all, body: body.into() }
}

fn part(disposition: &str, more: &str, content: &str) -> String {
    format!("--xx\r\nContent-Disposition: form-data; {disposition}\r\n{more}\r\n{content}\r\n")
}

/// Some servers read a `+` in a path as a space: they must not find the secret where another object was decided.
#[test]
fn a_plus_of_a_stranger_is_written_as_it_was_decided() {
    let world = open_bucket();
    for (target, status, forwarded) in [
        ("/the%20secret", 403, None),
        ("/the+secret", 200, Some("GET /the%2Bsecret HTTP/1.1")),
        ("/other", 200, Some("GET /other HTTP/1.1")),
    ] {
        world.upstream.forget();
        let answer = get(target).send(world.gate.data);
        assert_eq!(answer.status(), status, "{target}: {}", answer.text());
        let received = world.upstream.received();
        let line = received.first().map(|received| received.line.trim_end().to_owned());
        assert_eq!(line.as_deref(), forwarded, "{target}");
    }
}

#[test]
fn forms_have_one_reading() {
    let world = open_bucket();
    let key = |value: &str| part("name=\"key\"", "", value);
    let file = part("name=\"file\"; filename=\"a.txt\"", "", "hello") + "--xx--\r\n";
    let acl = [("x-oss-object-acl", "public-read"), ("x-oss-callback", "e30=")];
    for (what, call, status) in [
        ("plain", post(FORM, &(key("k") + &file), &[]), 200),
        ("headers", post(FORM, &(key("k") + &file), &acl), 200),
        ("the secret", post(FORM, &(key("the secret") + &file), &[]), 403),
        (
            "an encoded key",
            post(
                FORM,
                &(part(
                    "name=\"key\"",
                    "Content-Transfer-Encoding: quoted-printable\r\n",
                    "the=20secret",
                ) + &file),
                &[],
            ),
            400,
        ),
        (
            "a field that is a file",
            post(FORM, &(part("name=\"key\"; filename=\"k\"", "", "k") + &file), &[]),
            400,
        ),
        (
            "another boundary",
            post(&format!("{FORM}; boundary*=utf-8''yy"), &(key("k") + &file), &[]),
            400,
        ),
        (
            "a name with a folder",
            post(FORM, &(key("${filename}") + &file.replace("a.txt", "x/the secret")), &[]),
            400,
        ),
    ] {
        world.upstream.forget();
        let answer = call.send(world.gate.data);
        assert_eq!(answer.status(), status, "{what}: {}", answer.text());
        let received = world.upstream.received();
        assert_eq!(received.len(), usize::from(status == 200), "{what}");
        for received in received {
            let names = received.headers.iter().map(|(name, _)| name.to_ascii_lowercase());
            assert!(!names.into_iter().any(|name| name.starts_with("x-oss-")), "{received:?}");
        }
    }
}

/// A host of one product below an endpoint of another is no bucket, whichever stands first.
#[test]
fn a_whole_host_is_no_bucket() {
    let world = world_with(EVERYTHING, "", |bundle| {
        bundle.change("ramgate.yaml", |text| {
            text.replace("name: oss,", "name: oss, hosts: [{ name: example.com, buckets: true }],")
                .replace("name: cs,", "name: cs, hosts: [{ name: clusters.example.com }],")
        });
    });
    for (host, status, code) in [
        ("clusters.example.com", 404, "InvalidAction.NotFound"),
        ("some.example.com", 400, "InvalidArgument"),
    ] {
        let headers = vec![("host".to_owned(), host.to_owned())];
        let target = "/?Action=DescribeRegions&Version=2014-05-26".into();
        let call = Call { method: "GET".into(), target, headers, body: Vec::new() };
        let answer = call.send(world.gate.data);
        assert_eq!((answer.status(), answer.code()), (status, code.to_owned()), "{host}");
    }
}
