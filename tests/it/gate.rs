//! The main job end to end: the real binary, real sockets, one test a promise.

use std::time::Duration;

use crate::support::caller::{self, Call, acs3_at, ecs, notes, now, rpc_at, rpc_form};
use crate::support::gate::{ALICE_KEY, ALICE_OLD_KEY, BOB_KEY, Bundle, Gate, SECRET, user_arn};
use crate::support::upstream::{Manner, Upstream};
use crate::support::{ECS_HOST, NOTES_HOST};
use ramgate::ident::UnixSeconds;

struct World {
    upstream: Upstream,
    bundle: Bundle,
    gate: Gate,
}

fn world() -> World {
    let upstream = Upstream::start();
    let bundle = Bundle::example(&upstream);
    let gate = bundle.serve();
    World { upstream, bundle, gate }
}

impl World {
    #[track_caller]
    fn permitted(&self, call: &Call) -> String {
        let answer = call.send(self.gate.data);
        assert_eq!(answer.status(), 200, "{}", answer.text());
        let line = self.gate.audit_line(&answer.request_id());
        assert!(line.contains("\"verdict\":\"allow\""), "{line}");
        line
    }

    /// Refused with this status and code, told in the audit record, and unseen by the upstream.
    #[track_caller]
    fn refused(&self, call: &Call, status: u16, code: &str) -> String {
        let before = self.upstream.received().len();
        let answer = call.send(self.gate.data);
        assert_eq!((answer.status(), answer.code().as_str()), (status, code), "{}", answer.text());
        assert_eq!(self.upstream.received().len(), before, "the upstream saw a refused request");
        let line = self.gate.audit_line(&answer.request_id());
        assert!(!line.contains("\"verdict\":\"allow\""), "{line}");
        assert!(line.contains(&format!("\"code\":\"{code}\"")), "{line}");
        line
    }
}

#[test]
fn permitted_calls_reach_the_upstream_without_credentials_and_with_an_identity() {
    let world = world();
    let query = [("Action", "StopInstance"), ("Version", "2014-05-26"), ("InstanceId", "i-web-1")];
    let calls = [
        ecs(ALICE_KEY, "DescribeInstances", "RegionId=cn-hangzhou&InstanceName=a+b%2A"),
        rpc_at(ALICE_KEY, SECRET, &query, now()),
        rpc_form(ALICE_KEY, &query),
    ];
    for call in &calls {
        world.upstream.forget();
        let line = world.permitted(call);
        assert!(line.contains("SeeAndOperateInstances"), "{line}");
        assert!(line.contains("policies/ecs-operators.json:"), "{line}");
        let received = world.upstream.received();
        let [received] = received.as_slice() else { panic!("{received:?}") };
        assert_eq!(received.header("host"), Some(ECS_HOST));
        assert_eq!(received.header("x-ramgate-principal"), Some(user_arn("alice").as_str()));
        assert_eq!(received.header("x-ramgate-user-id"), Some("200000000000000011"));
        assert_eq!(received.header("x-ramgate-access-key-id"), Some(ALICE_KEY));
        assert_eq!(received.header("authorization"), None);
        let text = format!("{} {}", received.line, String::from_utf8_lossy(&received.body));
        for credential in ["Signature", "AccessKeyId", "SecurityToken"] {
            assert!(!text.contains(credential), "{text}");
        }
    }
    let received = world.upstream.received();
    let form = String::from_utf8_lossy(&received[0].body).into_owned();
    assert!(
        form.starts_with("Action=StopInstance&Version=2014-05-26&InstanceId=i-web-1&Timestamp="),
        "{form}"
    );
}

#[test]
fn what_was_signed_is_what_is_forwarded() {
    let world = world();
    let call = notes(BOB_KEY, "PUT", "/notes/team/a%20b/%E6%96%87", b"{\"text\": \"x\"}");
    world.permitted(&call);
    let received = world.upstream.received();
    assert_eq!(received[0].line, "PUT /notes/team/a%20b/%E6%96%87 HTTP/1.1");
    assert_eq!(received[0].body, b"{\"text\": \"x\"}");
}

#[test]
fn nothing_allows_it() {
    let world = world();
    let line = world.refused(&ecs(BOB_KEY, "DescribeInstances", ""), 403, "NoPermission");
    assert!(
        line.contains(
            "no policy of acs:ram::1234567890123456:user/bob allows ecs:DescribeInstances"
        ),
        "{line}"
    );
}

#[test]
fn an_explicit_deny_beats_the_allow() {
    let world = world();
    let call = ecs(ALICE_KEY, "StopInstance", "InstanceId=i-prod-db");
    let answer = call.send(world.gate.data);
    let text = answer.text();
    assert_eq!(answer.status(), 403, "{text}");
    for member in [
        "\"AuthAction\":\"ecs:StopInstance\"",
        "\"NoPermissionType\":\"ExplicitDeny\"",
        "\"AuthPrincipalType\":\"SubUser\"",
    ] {
        assert!(text.contains(member), "{text}");
    }
    assert!(!text.contains("keep-production"), "a caller learns no policy's name: {text}");
    let line = world.gate.audit_line(&answer.request_id());
    assert!(line.contains("policies/keep-production.json:4"), "{line}");
    assert!(line.contains("NobodyStopsProduction"), "{line}");
}

#[test]
fn wrong_secret_unknown_key_and_inactive_key() {
    let world = world();
    let headers = [
        ("host", ECS_HOST),
        ("x-acs-action", "DescribeInstances"),
        ("x-acs-version", "2014-05-26"),
    ];
    let with = |key, secret| acs3_at(key, secret, "POST", "/", &headers, b"", now());
    world.refused(&with(ALICE_KEY, "wrong"), 400, "SignatureDoesNotMatch");
    world.refused(&with("LTAI5tNobody", SECRET), 404, "InvalidAccessKeyId.NotFound");
    world.refused(&with(ALICE_OLD_KEY, SECRET), 400, "InvalidAccessKeyId.Inactive");
    world.refused(
        &rpc_at(
            ALICE_KEY,
            "wrong",
            &[("Action", "DescribeInstances"), ("Version", "2014-05-26")],
            now(),
        ),
        400,
        "SignatureDoesNotMatch",
    );
}

#[test]
fn a_nonce_is_good_once() {
    let world = world();
    let query = [("Action", "DescribeInstances"), ("Version", "2014-05-26")];
    for call in [
        ecs(ALICE_KEY, "DescribeInstances", ""),
        rpc_at(ALICE_KEY, SECRET, &query, now()),
        rpc_form(ALICE_KEY, &query),
    ] {
        world.permitted(&call);
        world.refused(&call, 400, "SignatureNonceUsed");
    }
}

#[test]
fn a_denied_call_has_spent_its_nonce() {
    let world = world();
    let call = ecs(BOB_KEY, "DescribeInstances", "");
    world.refused(&call, 403, "NoPermission");
    world.refused(&call, 400, "SignatureNonceUsed");
}

#[test]
fn the_time_window_has_two_ends() {
    let world = world();
    let at = |offset: i64| {
        let query = [("Action", "DescribeInstances"), ("Version", "2014-05-26")];
        rpc_at(ALICE_KEY, SECRET, &query, UnixSeconds(now().0 + offset))
    };
    world.refused(&at(-960), 400, "InvalidTimeStamp.Expired");
    world.refused(&at(960), 400, "InvalidTimeStamp.Expired");
    world.permitted(&at(840));
}

#[test]
fn a_body_that_was_not_signed_never_arrives() {
    let world = world();
    let mut small = notes(BOB_KEY, "PUT", "/notes/team/plan", b"{\"a\":1}");
    small.body = b"{\"a\":2}".to_vec();
    world.refused(&small, 400, "InvalidParameter");

    // Large bodies stream; the upstream must not get a complete request, and its early answer must not be believed.
    for manner in [Manner::Answer, Manner::AnswerEarly] {
        world.upstream.behave(manner);
        world.upstream.forget();
        let body = vec![b'x'; 400_000];
        let mut large = notes(BOB_KEY, "PUT", "/notes/team/large", &body);
        *large.body.last_mut().unwrap() = b'y';
        let answer = large.send(world.gate.data);
        assert_eq!(
            (answer.status(), answer.code().as_str()),
            (400, "InvalidParameter"),
            "{}",
            answer.text()
        );
        assert!(world.upstream.received().iter().all(|received| !received.complete));
    }
    world.upstream.behave(Manner::Answer);
    let body = vec![b'x'; 400_000];
    world.permitted(&notes(BOB_KEY, "PUT", "/notes/team/large", &body));
    let received = world.upstream.received();
    let last = received.last().unwrap();
    assert!(last.complete && last.body == body);
}

#[test]
fn what_cannot_be_read_in_one_way_is_refused() {
    let world = world();
    let query = [("Action", "StopInstance"), ("Version", "2014-05-26"), ("InstanceId", "i-web-1")];
    let mut doubled = rpc_at(ALICE_KEY, SECRET, &query, now());
    doubled.target.push_str("&InstanceId=i-prod-db");
    world.refused(&doubled, 400, "InvalidParameter");
    world.refused(&ecs(ALICE_KEY, "NoSuchOperation", ""), 404, "InvalidAction.NotFound");
    let old = [
        ("host", ECS_HOST),
        ("x-acs-action", "DescribeInstances"),
        ("x-acs-version", "1999-01-01"),
    ];
    world.refused(
        &acs3_at(ALICE_KEY, SECRET, "POST", "/", &old, b"", now()),
        400,
        "InvalidVersion",
    );
    let host = [("host", "unknown.example.test")];
    world.refused(
        &acs3_at(ALICE_KEY, SECRET, "GET", "/", &host, b"", now()),
        421,
        "InvalidHost.NotFound",
    );
    let two = ecs(ALICE_KEY, "DescribeInstances", "").with("authorization", "acs x:y");
    assert_eq!(two.send(world.gate.data).status(), 400);
    let mut both = ecs(ALICE_KEY, "DescribeInstances", "");
    both.target = "/?Signature=abc".to_owned();
    world.refused(&both, 400, "InvalidParameter");
    let anonymous = Call {
        method: "GET".into(),
        target: "/notes/team/x".into(),
        headers: vec![("host".into(), NOTES_HOST.into())],
        body: vec![],
    };
    world.refused(&anonymous, 400, "MissingAccessKeyId");
    let region = ecs(ALICE_KEY, "DescribeInstances", "RegionId=cn-beijing");
    world.refused(&region, 400, "InvalidParameter");
    assert!(world.bundle.read("audit.jsonl").lines().count() >= 8);
}

#[test]
fn refusals_come_in_the_format_that_the_caller_reads() {
    let world = world();
    let wrong = |extra: &[(&str, &str)]| {
        let base = [("Action", "DescribeInstances"), ("Version", "2014-05-26")];
        rpc_at(ALICE_KEY, "wrong", &[base.as_slice(), extra].concat(), now())
    };
    let xml = wrong(&[]).send(world.gate.data);
    assert!(
        xml.text().contains("<?xml version='1.0' encoding='UTF-8'?><Error><RequestId>"),
        "{}",
        xml.text()
    );
    assert!(xml.header("content-type").unwrap().starts_with("text/xml"));
    let json = wrong(&[("Format", "JSON")]).send(world.gate.data);
    assert!(json.header("content-type").unwrap().starts_with("application/json"));
    // SDKs split the message at its colon.
    assert!(json.text().contains("server string to sign is:\""), "{}", json.text());
    let mut form = rpc_form(
        ALICE_KEY,
        &[("Action", "DescribeInstances"), ("Version", "2014-05-26"), ("Format", "json")],
    );
    form.body.extend_from_slice(b"&Injected=1");
    let form = form.send(world.gate.data);
    assert_eq!(form.code(), "SignatureDoesNotMatch");
    assert!(form.header("content-type").unwrap().starts_with("application/json"));
}

#[test]
fn an_upstream_in_trouble_is_told_in_the_callers_format() {
    let upstream = Upstream::start();
    let bundle = Bundle::example(&upstream);
    bundle.change("ramgate.yaml", |text| {
        text.replace(
            "    region: cn-hangzhou",
            "    region: cn-hangzhou\n    answer_timeout_seconds: 1",
        )
    });
    let gate = bundle.serve();
    let world = World { upstream, bundle, gate };
    for (manner, status, code) in [
        (Manner::HangUp, 502, "UpstreamUnavailable"),
        (Manner::Babble, 502, "UpstreamUnavailable"),
        (Manner::Stall, 504, "UpstreamTimeout"),
    ] {
        world.upstream.behave(manner);
        let answer = ecs(ALICE_KEY, "DescribeInstances", "").send(world.gate.data);
        assert_eq!(
            (answer.status(), answer.code().as_str()),
            (status, code),
            "{manner:?}: {}",
            answer.text()
        );
        let line = world.gate.audit_line(&answer.request_id());
        assert!(line.contains("\"verdict\":\"fail\""), "{line}");
    }
}

#[test]
fn an_upstream_that_is_down_is_told_too() {
    let upstream = Upstream::start();
    let bundle = Bundle::example(&upstream);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    bundle.change("ramgate.yaml", |text| {
        text.replace(&upstream.address.to_string(), &closed.to_string())
    });
    let gate = bundle.serve();
    let answer = ecs(ALICE_KEY, "DescribeInstances", "").send(gate.data);
    assert_eq!(
        (answer.status(), answer.code().as_str()),
        (502, "UpstreamUnavailable"),
        "{}",
        answer.text()
    );
}

#[test]
fn the_status_listener_tells_of_decisions_and_of_the_configuration() {
    let world = world();
    world.permitted(&ecs(ALICE_KEY, "DescribeInstances", ""));
    world.refused(&ecs(BOB_KEY, "DescribeInstances", ""), 403, "NoPermission");
    let metrics = world.gate.page("/metrics");
    for line in [
        "ramgate_requests_total{verdict=\"allow\"} 1",
        "ramgate_requests_total{verdict=\"deny\"} 1",
        "ramgate_refusals_total{code=\"NoPermission\"} 1",
        "ramgate_config_generation 1",
        "ramgate_replay_entries 2",
    ] {
        assert!(metrics.contains(line), "{line} is missing in {metrics}");
    }
    assert!(!metrics.contains("LTAI5t") && !metrics.contains("alice"), "{metrics}");
    assert!(world.gate.page("/readyz").starts_with("HTTP/1.1 200"));
    let version = world.gate.page("/version");
    assert!(version.contains("\"generation\":1") && version.contains("\"hash\":\""), "{version}");
    assert!(world.gate.page("/snapshot").starts_with("HTTP/1.1 404"));
}

#[test]
fn no_secret_is_ever_told() {
    let world = world();
    world.permitted(&ecs(ALICE_KEY, "DescribeInstances", ""));
    let headers = [
        ("host", ECS_HOST),
        ("x-acs-action", "DescribeInstances"),
        ("x-acs-version", "2014-05-26"),
    ];
    let call = acs3_at(ALICE_KEY, "wrong", "POST", "/", &headers, b"", now());
    let signature = call
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("authorization"))
        .unwrap()
        .1
        .clone();
    let answer = call.send(world.gate.data);
    world.gate.audit_line(&answer.request_id());
    let told = [
        world.gate.audit(),
        world.gate.messages().join("\n"),
        world.gate.page("/metrics"),
        answer.text(),
    ]
    .concat();
    let signature = signature.rsplit('=').next().unwrap();
    for secret in [SECRET, signature, "string to sign is:POST"] {
        assert!(!told.contains(secret), "{secret} was told");
    }
}

#[test]
fn a_termination_signal_lets_answers_finish() {
    let mut world = world();
    let mut open = std::net::TcpStream::connect(world.gate.data).unwrap();
    let call = notes(BOB_KEY, "PUT", "/notes/team/slow", &vec![b'z'; 50_000]);
    let bytes = call.bytes();
    let (first, rest) = bytes.split_at(bytes.len() - 10_000);
    std::io::Write::write_all(&mut open, first).unwrap();
    std::thread::sleep(Duration::from_millis(200)); // the request must be under way
    world.gate.signal("TERM");
    std::thread::sleep(Duration::from_millis(200));
    std::io::Write::write_all(&mut open, rest).unwrap();
    let answer = caller::read_all(open);
    assert_eq!(answer.status(), 200, "{}", answer.text());
    assert_eq!(world.gate.ended(Duration::from_secs(10)), Some(0));
}

#[test]
fn a_form_that_another_parser_reads_differently_is_refused() {
    let world = world();
    let query = [("Action", "StopInstance"), ("Version", "2014-05-26"), ("InstanceId", "i-web-1")];
    for (name, value) in [
        ("content-encoding", "gzip"),
        ("content-type", "application/x-www-form-urlencoded; charset=utf-16"),
    ] {
        let mut call = rpc_form(ALICE_KEY, &query);
        call.headers.retain(|(key, _)| key != name);
        world.refused(&call.with(name, value), 400, "InvalidParameter");
    }
}

/// Sends a request but for its last byte, runs `meanwhile`, sends the rest.
fn held_back(world: &World, call: &Call, meanwhile: impl Fn()) -> caller::Answer {
    let bytes = call.bytes();
    let (last, first) = bytes.split_last().unwrap();
    let mut open = std::net::TcpStream::connect(world.gate.data).unwrap();
    std::io::Write::write_all(&mut open, first).unwrap();
    std::thread::sleep(Duration::from_millis(200)); // the head must have been judged
    meanwhile();
    std::io::Write::write_all(&mut open, &[*last]).unwrap();
    caller::read_all(open)
}

#[test]
fn holding_back_the_body_does_not_outlive_a_change() {
    let upstream = Upstream::start();
    let bundle = Bundle::example(&upstream);
    let gate = bundle.serve();
    let world = World { upstream, bundle, gate };
    let query = [("Action", "StopInstance"), ("Version", "2014-05-26"), ("InstanceId", "i-web-1")];
    let note = notes(BOB_KEY, "PUT", "/notes/team/plan", b"hello");
    let answer = held_back(&world, &note, || {
        world.bundle.change("policies/notes-writers.json", |text| {
            text.replace("note/team/*", "note/elsewhere/*")
        });
        assert!(crate::support::wait_for(Duration::from_secs(2), || notes(
            BOB_KEY,
            "GET",
            "/notes/team/plan",
            b""
        )
        .send(world.gate.data)
        .status()
            == 403));
    });
    assert_eq!(
        (answer.status(), answer.code().as_str()),
        (403, "NoPermission"),
        "{}",
        answer.text()
    );

    let answer = held_back(&world, &rpc_form(ALICE_KEY, &query), || {
        world.bundle.write("revocations.yaml", &format!("access_keys: [{ALICE_KEY}]\nusers: []\n"));
        assert!(crate::support::wait_for(Duration::from_secs(2), || {
            ecs(ALICE_KEY, "DescribeInstances", "").send(world.gate.data).status() == 400
        }));
    });
    assert_eq!(answer.code(), "InvalidAccessKeyId.Inactive", "{}", answer.text());
    assert!(
        world
            .upstream
            .received()
            .iter()
            .all(|received| !received.line.contains("plan") || received.line.starts_with("GET"))
    );
}

#[test]
fn nothing_that_was_not_decided_reaches_the_upstream() {
    let world = world();
    let query = [("Action", "DescribeInstances"), ("Version", "2014-05-26")];
    let call = rpc_at(ALICE_KEY, SECRET, &query, now())
        .with("x-acs-region-id", "cn-beijing")
        .with("X-Original-URL", "/admin")
        .with("X-Forwarded-For", "10.0.0.1");
    world.permitted(&call);
    let credentials = "AccessKeyId=LTAIother&SignatureNonce=q&signature=x&SecurityToken=t";
    world.permitted(&ecs(ALICE_KEY, "DescribeInstances", credentials));
    for received in world.upstream.received() {
        for header in ["x-acs-region-id", "x-original-url", "x-forwarded-for"] {
            assert_eq!(received.header(header), None, "{header}");
        }
        assert!(
            !received.line.to_lowercase().contains("signature")
                && !received.line.contains("SecurityToken"),
            "{}",
            received.line
        );
    }
}

#[test]
fn the_form_of_a_roa_call_is_a_body_like_any_other() {
    let world = world();
    let headers = [("host", NOTES_HOST), ("content-type", "application/x-www-form-urlencoded")];
    let body = b"name=board/x&a=1&a=2&SecurityToken=mine";
    let call = acs3_at(BOB_KEY, SECRET, "PUT", "/notes/team/form", &headers, body, now());
    world.permitted(&call);
    assert_eq!(world.upstream.received()[0].body, body);
}
