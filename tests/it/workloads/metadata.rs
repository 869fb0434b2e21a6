//! The form of ECS instance metadata (7.1, MD-01 to MD-03, MD-24, MD-25, MD-27).

use super::*;

fn token(address: SocketAddr) -> String {
    let answer = ask("PUT", address, "/latest/api/token", &[(TTL, "21600")]);
    assert_eq!(answer.status(), 200, "{}", answer.text());
    assert_eq!(answer.header("content-type").as_deref(), Some("text/plain"), "MD-25");
    assert_eq!(answer.header("cache-control").as_deref(), Some("no-store"), "MD-25");
    body(&answer)
}

fn with(address: SocketAddr, target: &str, token: &str) -> Answer {
    ask("GET", address, target, &[(TOKEN, token)])
}

/// The three requests of Python's client as it sends them, to the address that is written into it.
#[test]
fn the_python_flow() {
    let world = world();
    let more = "User-Agent: AlibabaCloud (Linux; x86_64) Python/3.11 TeaDSL/1\r\nAccept-Encoding: gzip, deflate\r\nAccept: */*\r\n";
    let send = |line: &str, headers: &str| {
        let head = format!(
            "{line} HTTP/1.1\r\nHost: 100.100.100.200\r\n{more}{headers}Connection: close\r\n\r\n"
        );
        caller::raw(world.hardened, head.as_bytes())
    };
    let ttl = "X-aliyun-ecs-metadata-token-ttl-seconds: 21600\r\nContent-Length: 0\r\n";
    let token = body(&send("PUT /latest/api/token", ttl));
    assert!(token.len() == 43 && !token.ends_with('\n'), "{token}");
    let shown = format!("X-aliyun-ecs-metadata-token: {token}\r\n");
    let role = send(&format!("GET {ROLE_PATH}"), &shown);
    assert_eq!(role.header("content-type").as_deref(), Some("text/plain"), "MD-25");
    let role = body(&role);
    assert_eq!(role, "Reader", "MD-03: no line break");
    let session = Session::of(&send(&format!("GET {ROLE_PATH}{role}"), &shown));
    assert!(world.serves(&session));
    // The same session as by the URI: one for each workload.
    assert_eq!(Session::of(&world.reports()), session, "MD-26");
}

/// Go's client writes headers in lower case (MD-02), and some pages print the path otherwise (MD-27).
#[test]
fn the_go_flow() {
    let world = world();
    let send = |line: &str, headers: &str| {
        let head = format!(
            "{line} HTTP/1.1\r\nHost: 100.100.100.200\r\nUser-Agent: Go-http-client/1.1\r\n{headers}Accept-Encoding: gzip\r\nConnection: close\r\n\r\n"
        );
        caller::raw(world.hardened, head.as_bytes())
    };
    let ttl = "Content-Length: 0\r\nx-aliyun-ecs-metadata-token-ttl-seconds: 21600\r\n";
    let token = body(&send("PUT /latest/api/token", ttl));
    let shown = format!("x-aliyun-ecs-metadata-token: {token}\r\n");
    for ram in ["ram", "Ram"] {
        let path = format!("/latest/meta-data/{ram}/security-credentials/");
        assert_eq!(body(&send(&format!("GET {path}"), &shown)), "Reader");
        let session = Session::of(&send(&format!("GET {path}Reader"), &shown));
        assert!(world.serves(&session));
    }
    for path in [
        "/latest/meta-data/RAM/security-credentials/",
        "/latest/Meta-data/ram/security-credentials/",
    ] {
        assert_eq!(send(&format!("GET {path}Reader"), &shown).status(), 404, "MD-27 {path}");
    }
}

/// MD-24
#[test]
fn hardened_mode_wants_a_token() {
    let world = world();
    let credentials = format!("{ROLE_PATH}Reader");
    for path in [ROLE_PATH, credentials.as_str(), "/latest/meta-data/instance-id"] {
        assert_eq!(get(world.hardened, path).status(), 403, "v1 when hardened: {path}");
        assert_eq!(with(world.hardened, path, "wrong").status(), 403, "{path}");
    }
    let fresh = token(world.hardened);
    assert_eq!(with(world.hardened, &credentials, &fresh).status(), 200);
    assert_eq!(with(world.hardened, &credentials, &fresh.to_ascii_lowercase()).status(), 403);
    // A token is good at the listener that gave it out.
    assert_eq!(with(world.hardened, &credentials, &token(world.old)).status(), 403);
    assert_eq!(with(world.hardened, "/latest/meta-data/instance-id", &fresh).status(), 404);
    assert_eq!(with(world.hardened, &format!("{ROLE_PATH}reader2"), &fresh).status(), 404);
    for ttl in ["0", "21601", "x", ""] {
        let answer = ask("PUT", world.hardened, "/latest/api/token", &[(TTL, ttl)]);
        assert_eq!(answer.status(), 400, "{ttl}");
    }
    assert_eq!(ask("PUT", world.hardened, "/latest/api/token", &[]).status(), 400);
    // The oldest goes when there are 64.
    let later: Vec<String> = (0..64).map(|_number| token(world.hardened)).collect();
    assert_eq!(with(world.hardened, &credentials, &fresh).status(), 403);
    assert_eq!(with(world.hardened, &credentials, &later[0]).status(), 200);
    let short = ask("PUT", world.hardened, "/latest/api/token", &[(TTL, "1")]);
    let over = || with(world.hardened, &credentials, &body(&short)).status() == 403;
    assert!(wait_for(Duration::from_secs(3), over));
}

/// MD-24, `allow_v1`
#[test]
fn old_clients_where_they_are_allowed() {
    let world = world();
    let credentials = format!("{ROLE_PATH}mailer");
    assert_eq!(body(&get(world.old, ROLE_PATH)), "mailer");
    let session = Session::of(&get(world.old, &credentials));
    assert!(world.serves(&session));
    assert_eq!(Session::of(&with(world.old, &credentials, &token(world.old))), session);
    assert_eq!(with(world.old, &credentials, "wrong").status(), 403);
    assert_eq!(get(world.old, &path_of("mail", MAIL)).status(), 404, "no URIs here");
}

/// MD-01, MD-25
#[test]
fn requests_that_are_not_the_workloads_own() {
    let world = world();
    let fresh = token(world.hardened);
    let credentials = format!("{ROLE_PATH}Reader");
    for header in [
        ("X-Forwarded-For", "10.0.0.1"),
        ("Forwarded", "for=10.0.0.1"),
        ("Via", "1.1 proxy"),
        ("Origin", "http://attacker.test"),
        ("Sec-Fetch-Mode", "cors"),
        ("Host", "attacker.test"),
        ("Host", "localhost:80@attacker.test"),
    ] {
        let put = ask("PUT", world.hardened, "/latest/api/token", &[(TTL, "60"), header]);
        assert_eq!(put.status(), 403, "{header:?}");
        let got = ask("GET", world.hardened, &credentials, &[(TOKEN, &fresh), header]);
        assert_eq!(got.status(), 403, "{header:?}");
        assert_eq!(ask("GET", world.old, ROLE_PATH, &[header]).status(), 403, "{header:?}");
    }
    for method in ["POST", "HEAD", "OPTIONS"] {
        let answer = ask(method, world.hardened, &credentials, &[(TOKEN, &fresh)]);
        assert_eq!(answer.status(), 405, "{method}");
    }
}
