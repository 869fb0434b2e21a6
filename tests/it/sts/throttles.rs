//! How often strangers may fail (SIG-101, TOK-21), and how often the STS API may be called (STS-08).

use std::io::Write as _;
use std::net::{IpAddr, SocketAddr, TcpStream};

use socket2::{Domain, Socket, Type};

use super::*;
use crate::support::caller::read_all;

const THROTTLED: (u16, &str) = (400, "Throttling.User");
const MISMATCH: (u16, &str) = (400, "SignatureDoesNotMatch");
const UNKNOWN: (u16, &str) = (404, "InvalidAccessKeyId.NotFound");

pub(super) fn gate_with(limits: &str) -> World {
    let upstream = Upstream::start();
    let bundle = bundle(&upstream);
    bundle.change("ramgate.yaml", |text| format!("{text}\nlimits: {{ {limits} }}\n"));
    let gate = bundle.serve();
    World { upstream, bundle, gate }
}

/// Sends a call from another address of this machine.
fn from(peer: [u8; 4], address: SocketAddr, call: &Call) -> (u16, String) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((IpAddr::from(peer), 0)).into()).unwrap();
    socket.connect(&address.into()).unwrap();
    let mut stream = TcpStream::from(socket);
    stream.write_all(&call.bytes()).unwrap();
    told(&read_all(stream))
}

fn list(by: &Pair) -> Call {
    by.ecs("DescribeInstances", "RegionId=cn-hangzhou")
}

#[track_caller]
fn check(found: &(u16, String), expected: (u16, &str)) {
    assert_eq!((found.0, &*found.1), expected);
}

/// After too many failures a peer learns nothing more about keys and tokens. Others, and what succeeds, go on: the peer may be
/// everybody behind one translator, or all processes of a pod.
#[test]
fn failures_of_a_peer() {
    // One comes back in two seconds.
    let world = gate_with("failures_per_minute: 30");
    let (alice, carol) = (Pair::of(ALICE_KEY), Pair::of(CAROL_KEY));
    let known = world.session(&alice, "reader", "");
    let fresh = world.session(&alice, "reader", "");
    assert_eq!(world.send(&list(&known)).0, 200);
    let wrong = Pair { secret: "another secret".into(), ..alice.clone() };
    let unknown = Pair { id: "LTAI5tNobodyTestKey0009".into(), ..alice.clone() };
    let expected = [MISMATCH, UNKNOWN];
    for number in 0..30 {
        let by = [&wrong, &unknown][number % 2];
        check(&world.send(&list(by)), expected[number % 2]);
    }
    let mut throttled = 0;
    for _ in 0..10 {
        throttled += usize::from(world.send(&list(&wrong)).1 == THROTTLED.1);
        throttled += usize::from(world.send(&list(&unknown)).1 == THROTTLED.1);
    }
    assert!(throttled >= 17, "{throttled}");
    check(&world.send(&list(&wrong)), THROTTLED);
    // What succeeds is not counted and not refused.
    for by in [&alice, &known, &fresh] {
        assert_eq!(world.send(&list(by)).0, 200);
    }
    assert_eq!(world.send(&carol.sts("GetCallerIdentity", "")).0, 200);
    assert_eq!(world.send(&list(&world.session(&alice, "reader", ""))).0, 200);
    // TOK-21: a forged token is told like everything else.
    let forged = Pair { id: tokens::ID.into(), token: Some("x".repeat(400)), ..unknown.clone() };
    check(&world.send(&list(&forged)), THROTTLED);
    // Another peer has failures of its own.
    check(&from([127, 0, 0, 2], world.gate.data, &list(&wrong)), MISMATCH);
    check(&from([127, 0, 0, 2], world.gate.data, &list(&unknown)), UNKNOWN);
    // The operator reads what the caller does not.
    let line = world.gate.audit_line("too many failures of this peer; ");
    assert!(line.contains("\"code\":\"Throttling.User\""), "{line}");
    let metrics = world.gate.page("/metrics");
    assert!(metrics.contains("ramgate_throttled_total{limit=\"failures\"} "), "{metrics}");
    let again = crate::support::wait_for(Duration::from_secs(10), || {
        std::thread::sleep(Duration::from_millis(500));
        let (_, code) = world.send(&list(&wrong));
        code == MISMATCH.1
    });
    assert!(again, "it comes back with time");
}

/// STS-08: so many calls of an account in a second, whoever of it calls; signatures that do not match cost it nothing.
#[test]
fn calls_of_an_account() {
    let world = gate_with("sts_per_second: 5");
    let (alice, bob, carol) = (Pair::of(ALICE_KEY), Pair::of(BOB_KEY), Pair::of(CAROL_KEY));
    let wrong = Pair { secret: "another secret".into(), ..carol.clone() };
    for _ in 0..20 {
        check(&world.send(&wrong.sts("GetCallerIdentity", "")), MISMATCH);
    }
    let answers: Vec<_> = (0..40)
        .map(|number| world.send(&[&alice, &bob][number % 2].sts("GetCallerIdentity", "")))
        .collect();
    assert!(answers[..5].iter().all(|(status, _)| *status == 200), "{answers:?}");
    let throttled: Vec<_> = answers.iter().filter(|(status, _)| *status != 200).collect();
    assert!(throttled.len() >= 10, "{answers:?}");
    for answer in throttled {
        check(answer, THROTTLED);
    }
    let xml =
        (0..20).map(|_| alice.sts("GetCallerIdentity", "Format=XML").send(world.gate.data).text());
    assert!(xml.into_iter().any(|text| text.contains("<Code>Throttling.User</Code>")));
    // The other account, and calls of other products, have nothing to do with it.
    assert_eq!(world.send(&carol.sts("GetCallerIdentity", "")).0, 200);
    assert_eq!(world.send(&list(&alice)).0, 200);
    assert!(world.gate.page("/metrics").contains("ramgate_throttled_total{limit=\"sts_calls\"} "));
}

/// STS-08: callers without credentials, by peer.
#[test]
fn anonymous_calls_of_a_peer() {
    let world = gate_with("sts_anonymous_per_second: 3");
    let call = Call {
        method: "GET".to_owned(),
        target: format!(
            "/?Action=AssumeRoleWithOIDC&Version=2015-04-01&RoleSessionName=s1&OIDCToken=a.b.c\
             &OIDCProviderArn=acs:ram::{ACCOUNT}:oidc-provider/none&RoleArn=acs:ram::{ACCOUNT}:role/reader"
        ),
        headers: vec![("host".to_owned(), STS_HOST.to_owned())],
        body: Vec::new(),
    };
    let refused = (403, "AuthenticationFail.NoPermission");
    let answers: Vec<_> = (0..30).map(|_| world.send(&call)).collect();
    for answer in &answers[..3] {
        check(answer, refused);
    }
    assert!(answers.iter().filter(|(_, code)| code == THROTTLED.1).count() >= 10, "{answers:?}");
    check(&from([127, 0, 0, 2], world.gate.data, &call), refused);
    assert_eq!(world.send(&Pair::of(ALICE_KEY).sts("GetCallerIdentity", "")).0, 200);
    assert!(
        world.gate.page("/metrics").contains("ramgate_throttled_total{limit=\"sts_anonymous\"} ")
    );
}

#[test]
fn limits_can_be_taken_away() {
    let world = gate_with("failures_per_minute: 0, sts_per_second: 0, sts_anonymous_per_second: 0");
    let alice = Pair::of(ALICE_KEY);
    let wrong = Pair { secret: "another secret".into(), ..alice.clone() };
    for _ in 0..650 {
        check(&world.send(&list(&wrong)), MISMATCH);
    }
    for _ in 0..120 {
        assert_eq!(world.send(&alice.sts("GetCallerIdentity", "")).0, 200);
    }
}
