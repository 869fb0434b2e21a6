//! The same for other promises than a SHA-256: an SM3, an MD5, the size of a file, or none at all.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use ramgate::ident::UnixSeconds;
use sha1::Sha1;
use sm3::{Digest, Sm3};

use super::{GUARDED, SPOOL, SPOOL_HERE, World, forged};
use crate::support::NOTES_HOST;
use crate::support::caller::{Call, nonce, now};
use crate::support::gate::{BOB_KEY, Bundle, SECRET};
use crate::support::upstream::Upstream;

const SHELF_HOST: &str = "shelf.oss-cn-hangzhou.aliyuncs.com";

/// A service of one's own whose hosts speak the signatures of object storage.
const SHELF: &str = "schema: 'ramgate-catalog/1'
product: shelf
title: 'Shelf'
ram_code: notes
style: roa
signatures: oss
versions: []
endpoints: ['shelf.example.test']
scope: global
operations:
  - name: PutBook
    method: PUT
    path: '/{name...}'
    level: write
    checks:
      - action: 'notes:WriteNote'
        resources:
          - {arn: 'acs:notes:*:{AccountId}:note/team/{name}', required: true}
  - name: NameBook
    method: PATCH
    path: '/names'
    level: write
    checks:
      - action: 'notes:WriteNote'
        resources:
          - {arn: 'acs:notes:*:{AccountId}:note/{body.name}/title', required: true}
  - name: PostBook
    method: POST
    path: '/'
    level: write
    checks:
      - action: 'notes:WriteNote'
        resources:
          - {arn: 'acs:notes:*:{AccountId}:note/team/form', required: true}
";

fn world(route: &str, sections: &str) -> World {
    let upstream = Upstream::start();
    let bundle = Bundle::example(&upstream);
    std::fs::create_dir(bundle.path("spool")).unwrap();
    bundle.write("catalog/shelf.yaml", SHELF);
    bundle.change("ramgate.yaml", |text| {
        // To the catalogue's patterns the host would be a bucket.
        let host = format!("    hosts: [{{name: {SHELF_HOST}, product: shelf}}]");
        let route = format!("    products: [notes, shelf]\n{host}\n{route}");
        format!("{}\n{sections}", text.replace("    products: [notes]\n", &route))
    });
    let gate = bundle.serve();
    World { upstream, bundle, gate }
}

fn sha1(text: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// OSS V1: the body is signed only through `Content-MD5`.
fn book(method: &str, path: &str, body: &[u8], md5: Option<&[u8]>) -> Call {
    let date = ramgate::clock::timestamp().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let md5 = md5.map(|bytes| STANDARD.encode(Md5::digest(bytes)));
    let line = md5.clone().unwrap_or_default();
    let signature = sha1(&format!("{method}\n{line}\n\n{date}\n/shelf{path}"));
    let mut headers = vec![
        ("host".to_owned(), SHELF_HOST.to_owned()),
        ("date".to_owned(), date),
        ("authorization".to_owned(), format!("OSS {BOB_KEY}:{signature}")),
    ];
    headers.extend(md5.map(|md5| ("content-md5".to_owned(), md5)));
    Call { method: method.into(), target: path.into(), headers, body: body.to_vec() }
}

/// ACS3 with the Chinese hash in both places.
fn sm3(body: &[u8]) -> Call {
    let digest = hex(&Sm3::digest(body));
    let signed = [
        ("host", NOTES_HOST.to_owned()),
        ("x-acs-content-sm3", digest.clone()),
        ("x-acs-date", now().to_string()),
        ("x-acs-signature-nonce", nonce()),
        ("x-acs-version", "1".to_owned()),
    ];
    let names = signed.each_ref().map(|(name, _)| *name).join(";");
    let lines: String = signed.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let request = format!("PUT\n/notes/team/sm3\n\n{lines}\n{names}\n{digest}");
    let text = format!("ACS3-HMAC-SM3\n{}", hex(&Sm3::digest(request)));
    let mut mac = Hmac::<Sm3>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    let signature = hex(&mac.finalize().into_bytes());
    let credential = format!("Credential={BOB_KEY},SignedHeaders={names},Signature={signature}");
    let mut headers: Vec<(String, String)> =
        signed.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    headers.push(("authorization".to_owned(), format!("ACS3-HMAC-SM3 {credential}")));
    Call { method: "PUT".into(), target: "/notes/team/sm3".into(), headers, body: body.to_vec() }
}

#[test]
fn md5_and_sm3_small_and_large_in_each_way() {
    for (route, sections) in [(GUARDED, ""), (SPOOL, SPOOL_HERE)] {
        let world = world(route, sections);
        for bytes in [5, 32 * 1024, 300_000] {
            let body = vec![b'x'; bytes];
            world.passes(&book("PUT", "/a", &body, Some(&body)));
            world.refused(&forged(book("PUT", "/a", &body, Some(&body))), 400, "InvalidDigest");
            if bytes <= 32 * 1024 || route == SPOOL {
                world.upstream_saw_nothing();
            }
            world.passes(&sm3(&body));
            world.refused(&forged(sm3(&body)), 400, "InvalidParameter");
        }
    }
}

#[test]
fn a_body_that_nobody_signed_passes_with_a_mark() {
    let world = world("", "");
    for bytes in [5, 300_000] {
        let call = book("PUT", "/a", &vec![b'x'; bytes], None);
        let answer = call.send(world.gate.data);
        assert_eq!(answer.status(), 200, "{}", answer.text());
        let line = world.gate.audit_line("\"body\":\"unsigned\"");
        assert!(line.contains("PutBook"), "{line}");
        assert_eq!(world.upstream.received().last().unwrap().body, call.body);
    }
}

#[test]
fn a_route_can_refuse_what_nobody_signed() {
    let world = world("    unsigned_bodies: refuse\n", "");
    world.refused(&book("PUT", "/a", b"hello", None), 400, "InvalidArgument");
    world.upstream_saw_nothing();
    world.passes(&book("PUT", "/a", b"hello", Some(b"hello")));
    let empty = book("PUT", "/a", b"", None).send(world.gate.data);
    assert_eq!(empty.status(), 200, "{}", empty.text());
}

#[test]
fn an_unsigned_body_decides_nothing_unless_the_route_accepts_it() {
    let body = b"{\"name\": \"team\"}";
    let strict = world("", "");
    // What nobody signed is unknown, and the policy allows one name only.
    strict.refused(&book("PATCH", "/names", body, None), 403, "AccessDenied");
    strict.upstream_saw_nothing();
    strict.passes(&book("PATCH", "/names", body, Some(body)));
    let lenient = world("    accept_unsigned: [bodies]\n", "");
    let answer = book("PATCH", "/names", body, None).send(lenient.gate.data);
    assert_eq!(answer.status(), 200, "{}", answer.text());
    // What it says is still held against the policies.
    let other = book("PATCH", "/names", b"{\"name\": 7}", None).send(lenient.gate.data);
    assert_eq!(other.status(), 400, "{}", other.text());
}

/// A form that lets its holder upload 3 to 300,000 bytes.
fn form(file: &[u8], after: &str) -> Call {
    let until = UnixSeconds(now().0 + 600).to_string();
    let policy = format!(
        "{{\"expiration\":\"{until}\",\"conditions\":[[\"content-length-range\",3,300000],\
         {{\"bucket\":\"shelf\"}}]}}"
    );
    let policy = STANDARD.encode(policy);
    let signature = sha1(&policy);
    let fields = [
        ("key", "a"),
        ("OSSAccessKeyId", BOB_KEY),
        ("policy", policy.as_str()),
        ("Signature", signature.as_str()),
        ("x-oss-meta-a", "b \r\n c"),
    ];
    let mut body = fields.map(|(name, value)| part(name, value)).concat().into_bytes();
    body.extend_from_slice(FILE_HEAD.as_bytes());
    body.extend_from_slice(file);
    body.extend_from_slice(format!("\r\n--bound{after}").as_bytes());
    let headers = vec![
        ("host".to_owned(), SHELF_HOST.to_owned()),
        ("content-type".to_owned(), "multipart/form-data; boundary=bound".to_owned()),
    ];
    Call { method: "POST".into(), target: "/".into(), headers, body }
}

const FILE_HEAD: &str = "--bound\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\
                         Content-Type: text/plain\r\n\r\n";

fn part(name: &str, value: &str) -> String {
    format!("--bound\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

#[test]
fn a_form_passes_without_its_credentials_and_ends_behind_its_file() {
    let world = world("", "");
    let hidden = "\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nother\r\n--bound--\r\n";
    for file in [vec![b'x'; 3], vec![b'y'; 300_000], b"\r\n--boun\r\n--".repeat(9_000)] {
        for after in ["--\r\n", "--", hidden] {
            world.upstream.forget();
            let answer = form(&file, after).send(world.gate.data);
            assert_eq!(answer.status(), 200, "{}", answer.text());
            let received = world.upstream.received();
            let [received] = received.as_slice() else { panic!("{received:?}") };
            let fields = part("key", "a") + &part("x-oss-meta-a", "b \r\n c");
            let expected = [fields.as_bytes(), FILE_HEAD.as_bytes(), &file, b"\r\n--bound--\r\n"];
            assert!(received.complete && received.body == expected.concat());
            let user = received.header("x-ramgate-access-key-id");
            assert_eq!(user, Some(BOB_KEY));
        }
    }
}

#[test]
fn the_size_of_a_file_has_two_borders() {
    let world = world("", "");
    for (bytes, fits) in
        [(2, false), (3, true), (300_000, true), (300_001, false), (900_000, false)]
    {
        world.upstream.forget();
        let answer = form(&vec![b'x'; bytes], "--\r\n").send(world.gate.data);
        assert_eq!(answer.status() == 200, fits, "{bytes}: {}", answer.text());
        let complete = world.upstream.received().iter().any(|received| received.complete);
        assert_eq!(complete, fits, "{bytes}");
    }
}

#[test]
fn forms_that_cannot_be_read_go_nowhere() {
    let world = world("", "");
    let good = form(b"hello", "--\r\n");
    let text = String::from_utf8(good.body.clone()).unwrap();
    for (what, body) in [
        ("no end", text.replace("\r\n--bound--\r\n", "")),
        ("a boundary that goes on", text.replace("\r\n--bound--\r\n", "\r\n--boundary\r\n")),
        (
            "no file",
            text.split("--bound\r\nContent-Disposition: form-data; name=\"file\"")
                .next()
                .unwrap()
                .to_owned(),
        ),
        ("another policy", text.replace("name=\"policy\"\r\n\r\n", "name=\"policy\"\r\n\r\nAAAA")),
        ("a field twice", part("KEY", "b") + &text),
        ("too large a field", part("x", &"x".repeat(8193)) + &text),
        (
            "too many fields",
            (0..100).map(|n| part(&format!("f{n}"), "")).collect::<String>() + &text,
        ),
    ] {
        world.upstream.forget();
        let call = Call { body: body.into_bytes(), ..good.clone() };
        let answer = call.send(world.gate.data);
        assert!((400..500).contains(&answer.status()), "{what}: {}", answer.text());
        assert!(world.upstream.received().iter().all(|received| !received.complete), "{what}");
    }
}
