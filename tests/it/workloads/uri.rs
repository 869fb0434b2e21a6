//! The URI form (MD-05, MD-06, MD-23, MD-25).

use std::io::Write as _;
use std::net::TcpStream;

use ramgate::ident::UnixSeconds;

use super::*;
use crate::support::caller::sts_rpc;
use crate::support::gate::{ALICE_KEY, SECRET};

#[test]
fn a_workload_gets_a_session_and_acts_as_its_role() {
    let world = world();
    let answer = world.reports();
    let session = Session::of(&answer);
    for (name, value) in [("content-type", "application/json"), ("cache-control", "no-store")] {
        assert_eq!(answer.header(name).as_deref(), Some(value), "MD-25");
    }
    assert!(!body(&answer).ends_with('\n'), "MD-25");
    let left = UnixSeconds::parse_iso8601(&session.expires).unwrap().0 - caller::now().0;
    assert!((3590..=3600).contains(&left) && session.expires.len() == 20, "STS-27 {left}");
    assert!(session.id.starts_with("STS.RG"), "{}", session.id);
    let json: Value = serde_json::from_str(&body(&answer)).unwrap();
    assert_eq!(json["LastUpdated"].as_str().unwrap().len(), 20);
    assert!(world.serves(&session));
    let delete = session.signed(ECS_HOST, "DeleteInstance", "2014-05-26", "InstanceId=i-1");
    assert_eq!(world.told(&delete), (403, "NoPermission".to_owned()));
    // MD-26: one session for all who ask.
    assert_eq!(Session::of(&world.reports()), session);
    // A service that acts for another account, by the trust policy that names it (2.2); a shorter session.
    let mail = Session::of(&world.mail());
    assert!(world.serves(&mail) && mail.id != session.id);
    let left = UnixSeconds::parse_iso8601(&mail.expires).unwrap().0 - caller::now().0;
    assert!((1790..=1800).contains(&left), "{left}");
    // What a session of a workload obtains is a session like any other.
    assert_eq!(world.told(&session.assume("next")).0, 200);
}

/// MD-06: Python leaves the port out.
#[test]
fn hosts_with_and_without_a_port() {
    let world = world();
    let path = path_of("reports", REPORTS);
    for host in ["127.0.0.1", "127.0.0.1:8702", "localhost", "LOCALHOST:80", "sidecar.internal"] {
        let answer = ask("GET", world.uri, &path, &[("Host", host)]);
        assert_eq!(answer.status(), 200, "{host}");
    }
    // DNS rebinding: a browser was led here by a name of its own.
    for host in ["attacker.test", "127.0.0.1.attacker.test", "100.100.100.200", "10.0.0.1"] {
        let answer = ask("GET", world.uri, &path, &[("Host", host)]);
        assert_eq!(answer.status(), 403, "MD-25 {host}");
        assert!(!answer.text().contains("STS."), "{host}");
    }
    let twice = [("Host", "localhost"), ("Host", "attacker.test")];
    assert_ne!(ask("GET", world.uri, &path, &twice).status(), 200);
    let none = format!("GET {path} HTTP/1.1\r\nConnection: close\r\n\r\n");
    assert_ne!(caller::raw(world.uri, none.as_bytes()).status(), 200);
    let proxied =
        ask("GET", world.uri, &format!("http://localhost{path}"), &[("Host", "localhost")]);
    assert_eq!(proxied.status(), 403);
}

/// MD-25
#[test]
fn requests_that_somebody_passed_on() {
    let world = world();
    let path = path_of("reports", REPORTS);
    for header in [
        ("X-Forwarded-For", "127.0.0.1"),
        ("x-forwarded-for", ""),
        ("Forwarded", "for=127.0.0.1"),
        ("Via", "1.1 squid"),
        ("Origin", "http://127.0.0.1"),
        ("Sec-Fetch-Mode", "no-cors"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Dest", "image"),
    ] {
        assert_eq!(ask("GET", world.uri, &path, &[header]).status(), 403, "{header:?}");
    }
    for method in ["POST", "DELETE", "OPTIONS", "HEAD", "PATCH"] {
        assert_eq!(ask(method, world.uri, &path, &[]).status(), 405, "{method}");
    }
    assert_eq!(world.reports().status(), 200);
}

/// MD-23
#[test]
fn wrong_secrets() {
    let world = world();
    for (workload, secret) in [
        ("reports", MAIL),
        ("reports", "reports-0123456789abcdefghijklmo"),
        ("reports", "Reports-0123456789abcdefghijklmn"),
        ("mail", REPORTS),
        ("nobody", REPORTS),
        ("reports", ""),
    ] {
        let answer = get(world.uri, &path_of(workload, secret));
        assert_eq!(
            (answer.status(), body(&answer).as_str()),
            (404, "not found"),
            "{workload} {secret}"
        );
    }
    for path in ["/", "/v1/credentials/reports", ROLE_PATH, "/latest/api/token", "/metrics"] {
        assert_eq!(get(world.uri, path).status(), 404, "{path}");
    }
    assert_eq!(ask("PUT", world.uri, &path_of("reports", REPORTS), &[]).status(), 404);
    // 15: the secret is in no log and no answer, and neither is what was tried.
    let seen =
        format!("{}{:?}{}", world.gate.audit(), world.gate.messages(), world.gate.page("/metrics"));
    for secret in [REPORTS, MAIL, "reports-0123456789abcdefghijklmo"] {
        assert!(!seen.contains(secret), "{secret}");
    }
}

/// MD-26: two at once are given one session.
#[test]
fn one_session_for_two_at_once() {
    let world = world();
    let asked: Vec<_> = (0..8)
        .map(|_number| {
            let address = world.uri;
            std::thread::spawn(move || Session::of(&get(address, &path_of("reports", REPORTS))))
        })
        .collect();
    let mut sessions: Vec<String> = asked.into_iter().map(|it| it.join().unwrap().id).collect();
    sessions.dedup();
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    let counted = "ramgate_workload_sessions_total{verdict=\"allow\",workload=\"reports\"} 1";
    assert!(world.gate.page("/metrics").contains(counted), "{}", world.gate.page("/metrics"));
}

/// A mint is a decision like any other.
#[test]
fn what_operators_see() {
    let world = world();
    let session = Session::of(&world.reports());
    let line = world.gate.audit_line("\"workload\":\"reports\"");
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["verdict"], "allow");
    assert_eq!(line["principal"], format!("{ACCOUNT}@ecs.aliyuncs.com"));
    assert_eq!(line["issued"], session.id);
    assert_eq!(line["checks"][0]["action"], "sts:AssumeRole");
    assert_eq!(line["checks"][0]["resource"], format!("acs:ram:*:{ACCOUNT}:role/reader"));
    let seen = format!("{}{:?}", world.gate.audit(), world.gate.messages());
    for secret in [&session.secret, &session.token] {
        assert!(!seen.contains(secret.as_str()));
    }
    let metrics = world.gate.page("/metrics");
    assert!(metrics.contains("ramgate_workload_requests_total{outcome=\"served\"} 1"), "{metrics}");
    get(world.uri, "/");
    let metrics = world.gate.page("/metrics");
    assert!(
        metrics.contains("ramgate_workload_requests_total{outcome=\"not_found\"} 1"),
        "{metrics}"
    );
}

/// A neighbour cannot make the listener hold much, or keep others waiting.
#[test]
fn heads_that_are_too_large_or_too_slow() {
    let world = world();
    let long = "x".repeat(16 * 1024);
    let answer = ask("GET", world.uri, &path_of("reports", REPORTS), &[("x-long", &long)]);
    assert!((400..500).contains(&answer.status()), "{}", answer.status());
    let idle: Vec<TcpStream> = (0..8)
        .map(|_number| {
            let mut stream = TcpStream::connect(world.uri).unwrap();
            stream.write_all(b"GET /v1").unwrap();
            stream
        })
        .collect();
    assert_eq!(world.reports().status(), 200);
    drop(idle);
    let with_body = Call {
        method: "GET".into(),
        target: path_of("reports", REPORTS),
        headers: vec![("host".into(), "localhost".into())],
        body: vec![b'x'; 10_000],
    };
    assert_eq!(with_body.send(world.uri).status(), 200, "a body is never read");
}

/// TP-10, TP-13: who may call `sts:AssumeRole` is no service all the same, whatever is said in the request.
#[test]
fn nobody_on_the_network_is_a_service() {
    let world = world();
    world.bundle.change("directory.yaml", |text| {
        text.replace(
            "groups: [operators]\n",
            "groups: [operators]\n    policies: { custom: [reads] }\n",
        )
    });
    let arn = format!("acs:ram::{ACCOUNT}:role/reader");
    let parameters = [
        ("Action", "AssumeRole"),
        ("Version", "2015-04-01"),
        ("RoleArn", arn.as_str()),
        ("RoleSessionName", "reports"),
    ];
    let trusting = || {
        let answer = sts_rpc("GET", ALICE_KEY, SECRET, &parameters).send(world.gate.data);
        assert_eq!((answer.status(), answer.code()), (403, "NoPermission".to_owned()));
        answer.text().contains("AssumeRolePolicy")
    };
    assert!(wait_for(ONE_SECOND, trusting), "alice's own policies allow it by now");
    assert_eq!(world.reports().status(), 200);
}
