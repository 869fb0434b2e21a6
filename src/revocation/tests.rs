use super::*;
use crate::token::{Chain, Source, SourceId};

#[test]
fn who_is_revoked() {
    let text = "access_keys: [LTAI1]\nusers: [Alice, '2000']\nsessions: [{id: STS.x}]\n";
    let revocations = Revocations::parse("r.yaml", text).unwrap();
    check(&revocations, "LTAI1", "bob", "1", true);
    check(&revocations, "LTAI2", "bob", "1", false);
    check(&revocations, "ltai1", "bob", "1", false);
    check(&revocations, "LTAI2", "alice", "1", true);
    check(&revocations, "LTAI2", "bob", "2000", true);
    check(&revocations, "STS.x", "bob", "1", true);
}

#[track_caller]
fn check(revocations: &Revocations, key: &str, name: &str, id: &str, expected: bool) {
    let owner = Principal::User {
        account: "1234567890123456".parse().unwrap(),
        name: name.parse().unwrap(),
        id: id.parse().unwrap(),
    };
    assert_eq!(revocations.revokes(&key.parse().unwrap(), &owner), expected, "{key} {name} {id}");
}

const ISSUED: i64 = 1_796_000_000;
const OWN: &str = "1234567890123456";
const PARTNER: &str = "2000000000000002";
const PROVIDER: &str = "acs:ram::1234567890123456:oidc-provider/k8s";
const KEY: &str = "a1b2c3d4e5f60718";

/// A session of role 3003 that a session of role 3002 obtained, which a session of role 3001 of another account obtained,
/// which user 2001 obtained. Each was issued 100 s after the one before; the last one at [`ISSUED`].
fn over_two_hops() -> Opened {
    let ancestor = |account: &str, role: &str, number: u8, issued| Ancestor {
        account: account.parse().unwrap(),
        role_id: role.parse().unwrap(),
        issued: UnixSeconds(issued),
        access_key_id: session_id(number),
    };
    let user = SourceId::User("2001".parse().unwrap());
    let parent = Source { account: own(), id: SourceId::Role("3002".parse().unwrap()) };
    let chain = Chain {
        ancestors: vec![
            ancestor(PARTNER, "3001", 1, ISSUED - 200),
            ancestor(OWN, "3002", 2, ISSUED - 100),
        ],
        origin: Source { account: PARTNER.parse().unwrap(), id: user },
    };
    session(Payload { chain: Some(chain), ..payload(parent) })
}

/// A session that somebody obtained at [`ISSUED`].
fn first(id: SourceId) -> Opened {
    session(payload(Source { account: own(), id }))
}

fn payload(source: Source) -> Payload {
    Payload {
        access_key_id: session_id(3),
        issued: UnixSeconds(ISSUED),
        expires: UnixSeconds(ISSUED + 3600),
        account: own(),
        role_id: "3003".parse().unwrap(),
        role_name: "third".parse().unwrap(),
        session_name: "ci-42".parse().unwrap(),
        source,
        federation: None,
        source_identity: Some("Alice".parse().unwrap()),
        policy: None,
        chain: None,
        mfa: None,
    }
}

fn session(payload: Payload) -> Opened {
    Opened { kid: KEY.parse().unwrap(), payload }
}

fn session_id(number: u8) -> AccessKeyId {
    format!("STS.RG{number:026}").parse().unwrap()
}

fn own() -> AccountId {
    OWN.parse().unwrap()
}

/// 5.7, 5.9: each lever ends what was issued before its instant and nothing that was issued at it.
#[test]
fn cutoffs() {
    use Lever::{Account, Role, Source as Obtained, SourceIdentity, TokenKey};
    let chained = over_two_hops();
    let oidc = first(SourceId::Oidc(PROVIDER.into()));
    let saml = "acs:ram::1234567890123456:saml-provider/ad";
    let service = first(SourceId::Service("ecs.aliyuncs.com".into()));
    for (entry, session, issued, lever) in [
        // The session itself.
        ("accounts: [{account: '1234567890123456', before: B}]", &chained, ISSUED, Account),
        ("roles: [{role: '3003', before: B}]", &chained, ISSUED, Role),
        ("roles: [{role: '3003', account: '1234567890123456', before: B}]", &chained, ISSUED, Role),
        ("token_keys: [{key: a1b2c3d4e5f60718, before: B}]", &chained, ISSUED, TokenKey),
        (
            "source_identities: [{source_identity: Alice, before: B}]",
            &chained,
            ISSUED,
            SourceIdentity,
        ),
        // An ancestor, by its own instant.
        ("accounts: [{account: '2000000000000002', before: B}]", &chained, ISSUED - 200, Account),
        (
            "roles: [{role: '3001', account: '2000000000000002', before: B}]",
            &chained,
            ISSUED - 200,
            Role,
        ),
        ("roles: [{role: '3002', before: B}]", &chained, ISSUED - 100, Role),
        // The direct source and the origin, by the oldest instant of the chain.
        ("sources: [{role: '3002', before: B}]", &chained, ISSUED - 200, Obtained),
        ("sources: [{user: '2001', before: B}]", &chained, ISSUED - 200, Obtained),
        (
            "sources: [{user: '2001', account: '2000000000000002', before: B}]",
            &chained,
            ISSUED - 200,
            Obtained,
        ),
        (
            "sources: [{oidc: 'acs:ram::1234567890123456:oidc-provider/k8s', before: B}]",
            &oidc,
            ISSUED,
            Obtained,
        ),
        (
            "sources: [{saml: 'acs:ram::1234567890123456:saml-provider/ad', before: B}]",
            &first(SourceId::Saml(saml.into())),
            ISSUED,
            Obtained,
        ),
        ("sources: [{service: ecs.aliyuncs.com, before: B}]", &service, ISSUED, Obtained),
    ] {
        // The account cutoff of the last session is that of its parent too, which was issued before.
        let oldest = if entry.contains("accounts: [{account: '1234567890123456'") {
            issued - 100
        } else {
            issued
        };
        check_cutoff(entry, oldest, session, None);
        check_cutoff(entry, oldest + 1, session, Some(lever));
    }
}

/// What looks like the subject of a cutoff and is not.
#[test]
fn cutoffs_that_miss() {
    let chained = over_two_hops();
    for entry in [
        "accounts: [{account: '3000000000000003', before: B}]",
        "roles: [{role: '3004', before: B}]",
        "roles: [{role: '3003', account: '2000000000000002', before: B}]",
        "roles: [{role: '2001', before: B}]",
        "sources: [{role: '3003', before: B}]",
        "sources: [{role: '3001', before: B}]",
        "sources: [{role: '2001', before: B}]",
        "sources: [{user: '3002', before: B}]",
        "sources: [{user: '2001', account: '1234567890123456', before: B}]",
        "sources: [{oidc: 'acs:ram::1234567890123456:oidc-provider/k8s', before: B}]",
        "source_identities: [{source_identity: alice, before: B}]",
        "source_identities: [{source_identity: Alice, account: '2000000000000002', before: B}]",
        "token_keys: [{key: a1b2c3d4e5f60719, before: B}]",
        "sessions: [{id: STS.RG00000000000000000000000004}]",
    ] {
        check_cutoff(entry, ISSUED + 1_000_000, &chained, None);
    }
    let unnamed = Payload { source_identity: None, ..chained.payload.clone() };
    let entry = "source_identities: [{source_identity: Alice, before: B}]";
    check_cutoff(entry, ISSUED + 1, &session(unnamed), None);
}

/// The deny-list reaches the session and whatever comes from it, whatever the time: `until` says when to tidy.
#[test]
fn single_sessions() {
    let chained = over_two_hops();
    for number in 1..=3 {
        let id = session_id(number);
        for entry in [
            format!("sessions: [{{id: {id}, until: '2026-01-01T00:00:00Z'}}]"),
            format!("access_keys: [{id}]"),
        ] {
            let revocations = Revocations::parse("r.yaml", &entry).unwrap();
            assert_eq!(revocations.ended_by(&chained), Some(Lever::Session), "{entry}");
        }
    }
}

/// TOK-30: of two cutoffs the later one counts, in whatever order they stand.
#[test]
fn cutoffs_move_forward_only() {
    let (early, late) = (UnixSeconds(ISSUED), UnixSeconds(ISSUED + 1));
    for (one, other) in [(early, late), (late, early)] {
        for (list, subject) in [
            ("accounts", "account: '1234567890123456'"),
            ("roles", "role: '3003'"),
            ("token_keys", "key: a1b2c3d4e5f60718"),
        ] {
            let line = |before| format!("  - {{{subject}, before: '{before}'}}\n");
            let text = format!("{list}:\n{}{}", line(one), line(other));
            let revocations = Revocations::parse("r.yaml", &text).unwrap();
            let session = first(SourceId::User("2001".parse().unwrap()));
            assert!(revocations.ended_by(&session).is_some(), "{text}");
        }
    }
}

/// What another file gives back, entry by entry.
#[test]
fn what_is_within_what() {
    let at = |seconds: i64| format!("'{}'", UnixSeconds(ISSUED + seconds));
    let files = [
        "{}".to_owned(),
        "access_keys: [LTAI1]".to_owned(),
        "users: [bob]".to_owned(),
        "sessions: [{id: STS.x}]".to_owned(),
        format!("accounts: [{{account: '{OWN}', before: {}}}]", at(0)),
        format!("accounts: [{{account: '{OWN}', before: {}}}]", at(1)),
        format!("token_keys: [{{key: {KEY}, before: {}}}]", at(0)),
        format!("roles: [{{role: '3003', account: '{OWN}', before: {}}}]", at(0)),
        format!("roles: [{{role: '3003', before: {}}}]", at(0)),
        format!("roles: [{{role: '3003', before: {}}}]", at(1)),
        format!("sources: [{{role: '3003', before: {}}}]", at(1)),
    ];
    let files = files.map(|text| Revocations::parse("r.yaml", &text).expect(&text));
    let more = [(4, 5), (7, 8), (7, 9), (8, 9)];
    for (left, some) in files.iter().enumerate() {
        for (right, others) in files.iter().enumerate() {
            let expected = left == 0 || left == right || more.contains(&(left, right));
            assert_eq!(some.are_within(others), expected, "{left} {right}");
            let both = some.clone().and(others);
            assert!(some.are_within(&both) && others.are_within(&both), "{left} {right}");
            assert!(!expected || both.are_within(others), "{left} {right}");
        }
    }
}

#[track_caller]
fn check_cutoff(entry: &str, before: i64, session: &Opened, expected: Option<Lever>) {
    let text = entry.replace('B', &format!("'{}'", UnixSeconds(before)));
    let revocations = Revocations::parse("r.yaml", &text).expect(&text);
    assert_eq!(revocations.ended_by(session), expected, "{text}");
    // What is written says the same.
    let (entries, _) = parse("r.yaml", &text);
    let again = Revocations::parse("r.yaml", &write(&entries)).unwrap();
    assert_eq!(again.ended_by(session), expected, "{}", write(&entries));
}

#[test]
fn entries_that_are_refused() {
    for (text, message) in [
        ("roles: [{role: deployer, before: '2026-11-26T01:00:00Z'}]", "role id (digits"),
        ("roles: [{role: '3003'}]", "the field `before` is missing"),
        ("roles: [{role: '3003', before: now}]", "time of the form"),
        ("roles: [{role: '3003', before: '2026-11-26T01:00:00+01:00'}]", "time of the form"),
        ("roles: [{role: '3003', account: x, before: '2026-11-26T01:00:00Z'}]", "account id"),
        ("roles: ['3003']", "a mapping"),
        ("sources: [{before: '2026-11-26T01:00:00Z'}]", "one of user, role, oidc"),
        (
            "sources: [{user: '1', role: '2', before: '2026-11-26T01:00:00Z'}]",
            "one of user, role, oidc",
        ),
        ("sources: [{oidc: k8s, before: '2026-11-26T01:00:00Z'}]", "no provider's ARN"),
        (
            "sources: [{oidc: 'acs:ram::1:saml-provider/x', before: '2026-11-26T01:00:00Z'}]",
            "no provider's ARN",
        ),
        ("sessions: [{id: LTAI1}]", "no session"),
        ("sessions: [{id: STS.x, until: soon}]", "time of the form"),
        ("token_keys: [{key: A1B2C3D4E5F60718, before: '2026-11-26T01:00:00Z'}]", "key id"),
        ("cutoffs: []", "unknown field"),
    ] {
        let problems = Revocations::parse("r.yaml", text).expect_err(text);
        assert!(problems[0].to_string().contains(message), "{text}: {}", problems[0]);
    }
}

/// TOK-30: a cutoff may go 43200 s + 120 s after its instant, and a session's entry when the session is over.
#[test]
fn entries_that_are_over_are_said() {
    let before = UnixSeconds(ISSUED);
    let text = format!(
        "access_keys: [LTAI1]\nroles: [{{role: '1', before: '{before}'}}]\nsessions: [{{id: STS.x, until: '{before}'}}]\n"
    );
    for (now, expected) in [(-61, 1), (-60, 0), (-1, 0), (0, 1), (43_319, 1), (43_320, 2)] {
        let found = lint("r.yaml", &text, UnixSeconds(ISSUED + now));
        assert_eq!(found.len(), expected, "{now}: {found:#?}");
    }
    let many: Vec<_> =
        (0..1000).map(|id| format!("  - {{role: '{id}', before: '{before}'}}\n")).collect();
    let found = lint("r.yaml", &format!("roles:\n{}", many.concat()), UnixSeconds(ISSUED + 43_320));
    assert_eq!(found.len(), 21);
    assert!(found[20].message.contains("980 more"), "{}", found[20]);
}
