//! Sessions whose tokens the tests mint themselves, at a gate that has only the key ring: the real binary, real sockets.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use ramgate::ident::{AccessKeyId, UnixSeconds};
use ramgate::token::{
    ACCESS_KEY_ENTROPY_BYTES, Ancestor, Chain, IssuerKey, KeyRing, Payload, Source, SourceId,
    access_key_id, write,
};

use crate::support::caller::{self, Call, acs3_at};
use crate::support::gate::{ALICE_KEY, Bundle, Gate, SECRET};
use crate::support::tokens::{self, ID};
use crate::support::upstream::Upstream;
use crate::support::{ECS_HOST, NOTES_HOST, wait_for};

const ONE_SECOND: Duration = Duration::from_secs(1);
const RING: &str = "secrets/ring.json";
const MALFORMED: &str = "InvalidSecurityToken.Malformed";
const EXPIRED: &str = "InvalidSecurityToken.Expired";
const MISMATCH: &str = "InvalidSecurityToken.MismatchWithAccessKey";
const INSTANCES: &str = r#"{"Version":"1","Statement":[
    {"Effect":"Allow","Action":["ecs:DescribeInstances","ecs:StopInstance*","notes:WriteNote"],"Resource":"*"}]}"#;

fn now() -> i64 {
    caller::now().0
}

fn issuer() -> IssuerKey {
    IssuerKey::from_seed(&[5; 32])
}

/// A pair with its token.
#[derive(Clone, Debug)]
pub struct Session {
    id: String,
    secret: String,
    token: String,
}

/// Seals with the key of this number.
fn mint(number: u8, payload: &Payload) -> Session {
    let ring: KeyRing =
        [tokens::entry(number, now() - 3600, Some(&issuer()))].into_iter().collect();
    let issued = ring.seal(payload, Some(&issuer()), nonce()).unwrap();
    Session {
        id: payload.access_key_id.to_string(),
        secret: String::from_utf8(issued.secret.expose().to_vec()).unwrap(),
        token: issued.token,
    }
}

fn nonce() -> [u8; 24] {
    let mut nonce = [0; 24];
    let text = caller::nonce();
    let bytes = text.as_bytes();
    nonce[..bytes.len().min(24)].copy_from_slice(&bytes[bytes.len().saturating_sub(24)..]);
    nonce
}

pub fn session() -> Session {
    mint(1, &tokens::payload(now()))
}

impl Session {
    fn call(&self, operation: &str, query: &str) -> Call {
        let headers = [
            ("host", ECS_HOST),
            ("x-acs-action", operation),
            ("x-acs-version", "2014-05-26"),
            ("x-acs-security-token", &self.token),
        ];
        let target = format!("/?{query}");
        acs3_at(&self.id, &self.secret, "POST", &target, &headers, b"", caller::now())
    }

    pub fn describe(&self) -> Call {
        self.call("DescribeInstances", "RegionId=cn-hangzhou")
    }

    fn note(&self, body: &[u8]) -> Call {
        let headers = [("host", NOTES_HOST), ("x-acs-security-token", &self.token)];
        acs3_at(&self.id, &self.secret, "PUT", "/notes/team/x", &headers, body, caller::now())
    }
}

struct World {
    upstream: Upstream,
    bundle: Bundle,
    gate: Gate,
}

fn world() -> World {
    let upstream = Upstream::start();
    let bundle = bundle(&upstream);
    let gate = bundle.serve();
    World { upstream, bundle, gate }
}

/// The example, in which the role `served` may operate instances, and the user `served` is there.
pub fn bundle(upstream: &Upstream) -> Bundle {
    let bundle = Bundle::example(upstream);
    bundle.change("ramgate.yaml", |text| {
        text.replace("files:\n", "files:\n  token_ring: secrets/ring.json\n")
    });
    bundle.write("policies/served.json", INSTANCES);
    bundle.change("directory.yaml", |text| {
        text.replace("users:\n", "users:\n  - { name: served, id: '200000000000000077' }\n").replace(
            "roles:\n",
            "roles:\n  - { name: Served, id: '300000000000000077', trust: deployer, policies: { custom: [served] } }\n",
        )
    });
    bundle.write(RING, &ring_file(&[1]));
    bundle
}

fn ring_file(numbers: &[u8]) -> String {
    let entries: Vec<_> =
        numbers.iter().map(|it| tokens::entry(*it, now() - 3600, Some(&issuer()))).collect();
    write(&entries).to_string()
}

impl World {
    fn send(&self, call: &Call) -> (u16, String) {
        let answer = call.send(self.gate.data);
        (answer.status(), answer.code())
    }

    #[track_caller]
    fn permitted(&self, session: &Session) {
        let answer = session.describe().send(self.gate.data);
        assert_eq!(answer.status(), 200, "{}", answer.text());
    }

    /// With this code, nothing for the upstream, and the reason in the audit record alone.
    #[track_caller]
    fn refused(&self, session: &Session, code: &str, reason: &str) {
        let before = self.upstream.received().len();
        let answer = session.describe().send(self.gate.data);
        assert_eq!((answer.status(), answer.code().as_str()), (400, code), "{}", answer.text());
        assert_eq!(self.upstream.received().len(), before);
        let line = self.gate.audit_line(&answer.request_id());
        assert!(line.contains(reason), "{reason}: {line}");
        assert!(!answer.text().contains(reason), "{}", answer.text());
        assert!(!line.contains(&session.token), "{line}");
    }

    /// The time from a change to the first call that is refused with this code.
    #[track_caller]
    fn until_refused(&self, session: &Session, code: &str, change: impl FnOnce()) -> Duration {
        self.permitted(session);
        change();
        let changed = Instant::now();
        let mut found = String::new();
        let refused = wait_for(Duration::from_secs(3), || {
            found = self.send(&session.describe()).1;
            !found.is_empty()
        });
        assert!(refused && found == code, "{found}, not {code}");
        let took = changed.elapsed();
        assert!(took <= ONE_SECOND, "{took:?}");
        took
    }
}

#[test]
fn a_minted_session_acts_as_its_role() {
    let world = world();
    let session = session();
    world.permitted(&session);
    let received = world.upstream.received();
    let [received] = received.as_slice() else { panic!("{received:?}") };
    let arn = "acs:ram::1234567890123456:assumed-role/served/alice";
    assert_eq!(received.header("x-ramgate-principal"), Some(arn));
    let seen = format!("{received:?}");
    assert!(!seen.contains(&session.token) && !seen.contains(&session.secret), "{seen}");
    assert_eq!(world.send(&session.call("DeleteInstance", "InstanceId=i-1")).0, 403);
    // A pair of the keys file works as ever.
    assert_eq!(world.send(&caller::ecs(ALICE_KEY, "DescribeInstances", "")).0, 200);
    let audit = world.gate.audit();
    assert!(!audit.contains(&session.token) && !audit.contains(&session.secret), "{audit}");
    for message in world.gate.messages() {
        assert!(!message.contains(&session.token), "{message}");
    }
}

#[test]
fn tokens_that_are_refused() {
    let world = world();
    let good = session();
    world.permitted(&good);
    let with = |token: String| Session { token, ..good.clone() };
    let half = good.token.get(..good.token.len() / 8 * 4).unwrap().to_owned();
    let first = good.token.get(..60).unwrap();
    let (flipped, last) = good.token.split_at(good.token.len() - 10);
    let other = if last.starts_with('B') { 'C' } else { 'B' };
    for (session, reason) in [
        (with(half), "its seal is broken"),
        (with(first.to_owned()), "longer than any token, or shorter"),
        (with(format!("{flipped}{other}{}", last.get(1..).unwrap())), "its seal is broken"),
        (with(format!("{}=", good.token)), "not base64url"),
        (with("A".repeat(4100)), "longer than any token"),
        (with(format!("CAIS{}", "A".repeat(300))), "does not begin like a token"),
        (mint(2, &tokens::payload(now())), "its key is not in the ring"),
    ] {
        world.refused(&session, MALFORMED, reason);
    }
    // Sealed with the right key by somebody who is not the issuer, and as version 1.
    let entry = tokens::entry(1, now() - 3600, Some(&IssuerKey::from_seed(&[6; 32])));
    let ring: KeyRing = [entry].into_iter().collect();
    let forged =
        ring.seal(&tokens::payload(now()), Some(&IssuerKey::from_seed(&[6; 32])), nonce()).unwrap();
    world.refused(&with(forged.token), MALFORMED, "not signed by the issuer");
    let ring: KeyRing = [tokens::entry(1, now() - 3600, None)].into_iter().collect();
    let down = ring.seal(&tokens::payload(now()), None, nonce()).unwrap();
    world.refused(&with(down.token), MALFORMED, "another version");
    let early = mint(1, &tokens::payload(now() + 300));
    world.refused(&early, MALFORMED, "in the future");
    let mut over = tokens::payload(now() - 1000);
    over.expires = UnixSeconds(now() - 100);
    world.refused(&mint(1, &over), EXPIRED, "its session is over");
    let another = AccessKeyId::to_string(&access_key_id([1; ACCESS_KEY_ENTROPY_BYTES]).unwrap());
    world.refused(&Session { id: another, ..good.clone() }, MISMATCH, "another AccessKey");
    // Steps 1 and 13.
    let without = relabelled(caller::ecs(ALICE_KEY, "DescribeInstances", ""), ALICE_KEY, ID);
    assert_eq!(world.send(&without), (400, "MissingSecurityToken".to_owned()));
    let permanent = relabelled(good.describe(), ID, ALICE_KEY);
    assert_eq!(world.send(&permanent), (400, MISMATCH.to_owned()));
    let thief = Session { secret: SECRET.into(), ..good };
    assert_eq!(world.send(&thief.describe()), mismatch());
}

fn mismatch() -> (u16, String) {
    (400, "SignatureDoesNotMatch".to_owned())
}

/// The signer refuses to leave the token out, or to put one beside a permanent pair; an attacker changes the id after it.
fn relabelled(call: Call, from: &str, to: &str) -> Call {
    let mut call = call;
    for (name, value) in &mut call.headers {
        if name.eq_ignore_ascii_case("authorization") {
            *value = value.replace(from, to);
        }
    }
    call
}

#[test]
fn the_policy_of_a_session_bounds_it() {
    let world = world();
    let with_policy = |text: &str| {
        let payload = Payload { policy: Some(text.into()), ..tokens::payload(now()) };
        mint(1, &payload)
    };
    let read = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"ecs:Describe*","Resource":"*"}]}"#;
    let reader = with_policy(read);
    for _twice in 0..2 {
        world.permitted(&reader);
        let stop = world.send(&reader.call("StopInstance", "InstanceId=i-web-1"));
        assert_eq!(stop, (403, "NoPermission".to_owned()));
    }
    assert_eq!(world.send(&session().call("StopInstance", "InstanceId=i-web-1")).0, 200);
    // A session with more than its role stays with its role.
    let all = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    assert_eq!(world.send(&with_policy(all).call("DeleteInstance", "InstanceId=i-1")).0, 403);
    for bad in [
        "{",
        r#"{"Version":"1"}"#,
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}]}"#,
    ] {
        world.refused(&with_policy(bad), MALFORMED, "no session policy");
        // Nobody learns that without the secret.
        let thief = Session { secret: SECRET.into(), ..with_policy(bad) };
        assert_eq!(world.send(&thief.describe()), mismatch());
    }
}

#[test]
fn what_a_session_comes_from_must_be_there() {
    let world = world();
    let account = "1234567890123456".parse().unwrap();
    let source = |id| Source { account, id };
    let deployer = || "300000000000000021".parse().unwrap();
    let ancestor = |role: &str| Ancestor {
        account,
        role_id: role.parse().unwrap(),
        issued: UnixSeconds(now() - 60),
        access_key_id: access_key_id([2; ACCESS_KEY_ENTROPY_BYTES]).unwrap(),
    };
    let user = |id: &str| source(SourceId::User(id.parse().unwrap()));
    let chained = |ancestors, origin| {
        let mut payload = tokens::payload(now());
        payload.source = source(SourceId::Role(deployer()));
        payload.chain = Some(Chain { ancestors, origin });
        mint(1, &payload)
    };
    let last = || ancestor("300000000000000021");
    world.permitted(&chained(vec![last()], user("200000000000000077")));
    let gone = chained(vec![last()], user("200000000000000078"));
    world.refused(&gone, EXPIRED, "the user at the source");
    let first_gone =
        chained(vec![ancestor("300000000000000029"), last()], user("200000000000000077"));
    world.refused(&first_gone, EXPIRED, "the role of a session at the source");
    let by = |id| mint(1, &Payload { source: source(id), ..tokens::payload(now()) });
    world.refused(&by(SourceId::User("200000000000000078".parse().unwrap())), EXPIRED, "the user");
    world.refused(
        &by(SourceId::Service("ecs.aliyuncs.com".into())),
        EXPIRED,
        "the workload at the source",
    );
    let nobody =
        Payload { role_id: "300000000000000078".parse().unwrap(), ..tokens::payload(now()) };
    world.refused(&mint(1, &nobody), EXPIRED, "the role of the session");
    // Revoking a pair or a user reaches everything down the chain.
    let chain = chained(vec![last()], user("200000000000000077"));
    for revoked in ["access_keys: [STS.RG22222222222222222222222222]\n", "users: [served]\n"] {
        world.until_refused(&chain, EXPIRED, || world.bundle.write("revocations.yaml", revoked));
        world.bundle.write("revocations.yaml", "access_keys: []\n");
        assert!(wait_for(ONE_SECOND, || world.send(&chain.describe()).0 == 200));
    }
    let revoked = format!("access_keys: [{ID}]\n");
    world.until_refused(&session(), EXPIRED, || world.bundle.write("revocations.yaml", &revoked));
}

#[test]
fn what_is_taken_away_is_gone_within_a_second() {
    let world = world();
    let (session, bundle) = (session(), &world.bundle);
    let without = |what: &str| {
        bundle.change("directory.yaml", |text| {
            text.lines().filter(|it| !it.contains(what)).map(|it| format!("{it}\n")).collect()
        });
    };
    let directory = bundle.read("directory.yaml");
    let restore = || {
        bundle.write("directory.yaml", &directory);
        assert!(wait_for(ONE_SECOND, || world.send(&session.describe()).0 == 200));
    };
    world.until_refused(&session, EXPIRED, || without("name: Served"));
    restore();
    world.until_refused(&session, EXPIRED, || without("name: served"));
    restore();
    // A role of the same name is another role.
    world.until_refused(&session, EXPIRED, || {
        bundle.change("directory.yaml", |text| {
            text.replace("'300000000000000077'", "'300000000000000099'")
        });
    });
    restore();
    world.until_refused(&session, "NoPermission", || {
        bundle.change("directory.yaml", |text| {
            text.replace("trust: deployer, policies: { custom: [served] } }", "trust: deployer }")
        });
    });
    restore();
    world.until_refused(&session, MALFORMED, || bundle.write(RING, &ring_file(&[2])));
    let next = mint(2, &tokens::payload(now()));
    world.permitted(&next);
    // A ring that is broken changes nothing; the next good one does.
    bundle.write(RING, &ring_file(&[1, 2]).replace("0101010101010101", "0202020202020202"));
    let told = || world.gate.messages().iter().any(|line| line.contains("stands twice"));
    assert!(wait_for(Duration::from_secs(3), told), "{:#?}", world.gate.messages());
    world.permitted(&next);
    bundle.write(RING, &ring_file(&[1, 2]));
    assert!(wait_for(ONE_SECOND, || world.send(&session.describe()).0 == 200));
    world.permitted(&next);
}

/// The token is opened, and the head verified, before the body is there.
#[test]
fn what_is_taken_away_while_a_body_comes_counts() {
    let world = world();
    let session = session();
    let bytes = session.note(&[b'x'; 3000]).bytes();
    let (first, last) = bytes.split_at(bytes.len() - 1000);
    let halfway = |meanwhile: &dyn Fn()| {
        let mut open = TcpStream::connect(world.gate.data).unwrap();
        open.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        open.write_all(first).unwrap();
        std::thread::sleep(Duration::from_millis(300)); // what was sent must have been read
        meanwhile();
        let _refused_early = open.write_all(last);
        caller::read_all(open)
    };
    let answer = halfway(&|| {
        world.until_refused(&session, MALFORMED, || world.bundle.write(RING, &ring_file(&[2])));
    });
    assert_eq!(answer.code(), MALFORMED, "{}", answer.text());
    let puts = world.upstream.received().iter().filter(|it| it.line.starts_with("PUT")).count();
    assert_eq!(puts, 0);
    world.bundle.write(RING, &ring_file(&[1]));
    assert!(wait_for(ONE_SECOND, || world.send(&session.describe()).0 == 200));
    let answer = session.note(&[b'x'; 3000]).send(world.gate.data);
    assert_eq!(answer.status(), 200, "{}", answer.text());
}

#[test]
fn a_ring_that_everybody_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let upstream = Upstream::start();
    let bundle = bundle(&upstream);
    let mode = |mode| {
        std::fs::set_permissions(bundle.path(RING), std::fs::Permissions::from_mode(mode)).unwrap();
        bundle.run("check")
    };
    assert_eq!(mode(0o640).0, Some(0));
    let (code, out, errors) = mode(0o644);
    let said = format!("{out}{errors}");
    assert!(
        code == Some(1) && said.contains("ring.json:1:1") && said.contains("everybody"),
        "{said}"
    );
    bundle.write(RING, &write(&[tokens::entry(1, now(), None)]));
    let (code, out, errors) = bundle.run("check");
    let said = format!("{out}{errors}");
    assert!(code == Some(0) && said.contains("can mint sessions"), "{said}");
    bundle.change("ramgate.yaml", |text| text.replace("secrets/ring.json", "policies/ring.json"));
    let (code, out, errors) = bundle.run("check");
    let said = format!("{out}{errors}");
    assert!(
        code == Some(1)
            && said.contains("the keys of session tokens would be in the folder of `policies`"),
        "{said}"
    );
}
