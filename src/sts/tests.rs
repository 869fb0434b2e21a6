//! The rules of the sheet by their ids, without a gate.

mod oidc;

use super::*;
use crate::ident::{Principal, SourceIdentity, UnixSeconds};
use crate::token::{
    ACCESS_KEY_ENTROPY_BYTES, Issued, IssuerKey, KeyRing, Kid, Payload, RingEntry, SealError,
    SourceId, Times, access_key_id,
};
use zeroize::Zeroizing;

const NOW: i64 = 1_800_000_000;
const ARN: &str = "acs:ram::1234567890123456:role/Reader";
const POLICY: &str =
    r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"ecs:*","Resource":"*"}]}"#;

fn read(changes: &[(&str, &str)]) -> Result<AssumeRole, StsError> {
    let usual = [("RoleArn", ARN), ("RoleSessionName", "alice")];
    let kept = usual.into_iter().filter(|(name, _)| !changes.iter().any(|(it, _)| it == name));
    let all: Vec<(&str, &str)> = kept.chain(changes.iter().copied()).collect();
    AssumeRole::read(&Parameters::read(all)?)
}

#[test]
fn parameters() {
    use StsError::{Duration, Malformed, Missing, PolicyGrammar, PolicySize};
    let (long, most) = ("x".repeat(65), "x".repeat(64));
    let (id_most, id_long) = ("e".repeat(1224), "e".repeat(1225));
    let (fits, over) = (spaced(2048), spaced(2049));
    // The limit counts bytes: an umlaut is two.
    let umlaut = "acs:oss:*:*:ä";
    let wide = |bytes: usize| {
        spaced(bytes - umlaut.len() + 1)
            .replace("\"Resource\":\"*", &format!("\"Resource\":\"{umlaut}"))
    };
    let (wide_fits, wide_over) = (wide(2048), wide(2049));
    let arn = |name: &str| format!("acs:ram::1234567890123456:role/{name}");
    let (arn_long, arn_most) = (arn(&long), arn(&most));
    for (rule, name, value, expected) in [
        ("3.3", "RoleArn", "", Some(Missing("RoleArn"))),
        ("3.3", "RoleSessionName", "", Some(Missing("RoleSessionName"))),
        ("ID-18", "RoleArn", "acs:ram:*:1234567890123456:role/Reader", None),
        ("ID-19", "RoleArn", "acs:ram:cn-x:1234567890123456:role/r", Some(Malformed("RoleArn"))),
        ("ID-19", "RoleArn", "acs:ram::1234567890123456:user/r", Some(Malformed("RoleArn"))),
        ("ID-19", "RoleArn", "acs:ram::*:role/r", Some(Malformed("RoleArn"))),
        ("ID-19", "RoleArn", "acs:ram::1234567890123456:role/*", Some(Malformed("RoleArn"))),
        ("ID-19", "RoleArn", "acs:ram::1234567890123456:role/", Some(Malformed("RoleArn"))),
        ("ID-19", "RoleArn", "acs:ram::1234567890123456:role/r\n", Some(Malformed("RoleArn"))),
        ("ID-13", "RoleArn", &arn_most, None),
        ("ID-13", "RoleArn", &arn_long, Some(Malformed("RoleArn"))),
        ("STS-20", "RoleSessionName", "a", Some(Malformed("RoleSessionName"))),
        ("STS-20", "RoleSessionName", "ab", None),
        ("STS-20", "RoleSessionName", &most, None),
        ("STS-20", "RoleSessionName", &long, Some(Malformed("RoleSessionName"))),
        ("STS-20", "RoleSessionName", "a.b@c_d-e", None),
        ("STS-20", "RoleSessionName", "a b", Some(Malformed("RoleSessionName"))),
        ("STS-20", "RoleSessionName", "älice", Some(Malformed("RoleSessionName"))),
        ("STS-21", "DurationSeconds", "899", Some(Duration)),
        ("STS-21", "DurationSeconds", "900", None),
        ("STS-21", "DurationSeconds", "43200", None),
        ("STS-21", "DurationSeconds", "43201", Some(Duration)),
        ("STS-21", "DurationSeconds", "0900", Some(Duration)),
        ("STS-21", "DurationSeconds", "+900", Some(Duration)),
        ("STS-21", "DurationSeconds", " 900", Some(Duration)),
        ("STS-21", "DurationSeconds", "", Some(Duration)),
        ("STS-21", "DurationSeconds", "99999999999999999999", Some(Duration)),
        ("STS-22", "Policy", &fits, None),
        ("STS-22", "Policy", &over, Some(PolicySize)),
        ("STS-22", "Policy", &wide_fits, None),
        ("STS-22", "Policy", &wide_over, Some(PolicySize)),
        ("STS-16", "Policy", &POLICY.replace("Allow", "Deny"), None),
        ("STS-22", "Policy", "", None),
        ("STS-23", "Policy", "{", Some(PolicyGrammar)),
        (
            "STS-23",
            "Policy",
            &POLICY.replace("\"Resource\"", "\"Principal\":\"*\",\"Resource\""),
            Some(PolicyGrammar),
        ),
        ("STS-20", "ExternalId", "", Some(Malformed("ExternalId"))),
        ("STS-20", "ExternalId", "e", Some(Malformed("ExternalId"))),
        ("STS-20", "ExternalId", &id_most, None),
        ("STS-20", "ExternalId", &id_long, Some(Malformed("ExternalId"))),
        ("STS-20", "ExternalId", "a+b=c,d.e@f:g/h-i_j", None),
        ("STS-20", "ExternalId", "a b", Some(Malformed("ExternalId"))),
        ("STS-24", "SourceIdentity", "", None),
        ("STS-24", "SourceIdentity", "a", Some(Malformed("SourceIdentity"))),
        ("STS-24", "SourceIdentity", &most, None),
        ("STS-24", "SourceIdentity", &long, Some(Malformed("SourceIdentity"))),
        ("STS-24", "SourceIdentity", "acs:me", Some(Malformed("SourceIdentity"))),
        ("STS-24", "SourceIdentity", "aliyun:me", Some(Malformed("SourceIdentity"))),
        ("STS-24", "SourceIdentity", "alibabacloud:me", Some(Malformed("SourceIdentity"))),
        ("MFA-04", "SerialNumber", "", None),
        ("MFA-04", "SerialNumber", "x", Some(Malformed("SerialNumber"))),
        ("MFA-04", "TokenCode", "123456", Some(Malformed("TokenCode"))),
    ] {
        assert_eq!(read(&[(name, value)]).err(), expected, "{rule} {name}={value}");
    }
    for name in ["RoleArn", "Policy", "DurationSeconds", "SerialNumber"] {
        let twice = read(&[(name, "900"), (name, "900")]);
        assert!(matches!(twice, Err(Malformed(told)) if told == name), "STS-01 {name}");
    }
    // A name that a lenient reader would take for one of these: a session policy must not get lost on the way.
    for (given, name) in [
        ("policy", "Policy"),
        ("POLICY", "Policy"),
        (" Policy", "Policy"),
        ("Policy ", "Policy"),
        ("Policy[]", "Policy"),
        ("Policy.1", "Policy"),
        ("durationSeconds", "DurationSeconds"),
        ("rolearn", "RoleArn"),
        ("format", "Format"),
    ] {
        assert_eq!(read(&[(given, POLICY)]).err(), Some(Malformed(name)), "{given}");
    }
    for other in ["PolicyDocument", "RegionId", "Timestamp", ""] {
        assert_eq!(read(&[(other, "x")]).err(), None, "{other}");
    }
}

/// A valid policy of exactly this many bytes.
fn spaced(bytes: usize) -> String {
    POLICY.replacen(':', &format!(":{}", " ".repeat(bytes - POLICY.len())), 1)
}

#[test]
fn the_first_failure_wins() {
    let all = [
        ("RoleArn", "x"),
        ("RoleSessionName", "x"),
        ("DurationSeconds", "x"),
        ("Policy", "x"),
        ("ExternalId", "x"),
        ("SourceIdentity", "x"),
        ("SerialNumber", "x"),
    ];
    let names = ["RoleArn", "RoleSessionName"].map(StsError::Malformed);
    let later = ["ExternalId", "SourceIdentity", "SerialNumber"].map(StsError::Malformed);
    let middle = [StsError::Duration, StsError::PolicyGrammar];
    let expected: Vec<_> = names.into_iter().chain(middle).chain(later).collect();
    for (from, expected) in expected.into_iter().enumerate() {
        assert_eq!(read(&all[from..]).err(), Some(expected), "from {from}");
    }
}

#[test]
fn policies_lose_their_space_and_nothing_else() {
    let text = "{ \"Version\" :\t\"1\",\n \"Statement\":[{\"Effect\":\"Allow\", \"Action\":\"ecs:*\",\
                \"Resource\":\"acs:oss:*:*:b/a \\\"b\\\\\"}]}";
    let expected = "{\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"ecs:*\",\
                    \"Resource\":\"acs:oss:*:*:b/a \\\"b\\\\\"}]}";
    let found = read(&[("Policy", text)]).unwrap().policy.unwrap();
    assert_eq!(&*found, expected);
}

fn issuer() -> IssuerKey {
    IssuerKey::from_seed(&[5; 32])
}

fn user() -> crate::ident::UserId {
    "200000000000000011".parse().unwrap()
}

/// What a caller is given by a role with this maximum.
fn session(by: Caller<'_>, max: i64, changes: &[(&str, &str)]) -> Result<Payload, StsError> {
    let (id, name) = ("300000000000000021".parse().unwrap(), "reader".parse().unwrap());
    let account = "1234567890123456".parse().unwrap();
    let target = Target { account, id: &id, name: &name, seconds_max: max };
    let key = access_key_id([7; ACCESS_KEY_ENTROPY_BYTES]).unwrap();
    by.session(&read(changes).unwrap(), target, 3600, key, UnixSeconds(NOW))
}

fn sealed_by_issuer(payload: &Payload) -> Result<Issued, SealError> {
    let public = issuer().public();
    let (key, times) = (Zeroizing::new([1; 32]), Times::sealing_for(UnixSeconds(NOW - 60), 86_400));
    let entry = RingEntry::new(Kid([1; 8]), payload.account, key, times, Some(public)).unwrap();
    let ring: KeyRing = [entry].into_iter().collect();
    ring.seal(payload, Some(&issuer()), [3; 24])
}

fn by_user(max: i64, changes: &[(&str, &str)]) -> Result<Payload, StsError> {
    session(Caller::User("1234567890123456".parse().unwrap(), &user()), max, changes)
}

#[test]
fn durations() {
    for (rule, max, asked, expected) in [
        ("STS-21", 3600, None, Ok(3600)),
        ("STS-21", 43_200, None, Ok(3600)),
        ("STS-21", 1800, None, Ok(1800)),
        ("STS-21", 3600, Some("900"), Ok(900)),
        ("STS-21", 3600, Some("3600"), Ok(3600)),
        ("STS-21", 3600, Some("3601"), Err(StsError::Duration)),
        ("STS-21", 43_200, Some("43200"), Ok(43_200)),
    ] {
        let asked: Vec<_> = asked.map(|asked| ("DurationSeconds", asked)).into_iter().collect();
        let lasts = by_user(max, &asked).map(|it| it.expires.0 - it.issued.0);
        assert_eq!(lasts, expected, "{rule} {max} {asked:?}");
    }
    // STS-14: a chained session is shorter, whatever the role says.
    let parent = by_user(43_200, &[]).unwrap();
    let chained =
        |seconds| session(Caller::Session(&parent), 43_200, &[("DurationSeconds", seconds)]);
    assert!(chained("3600").is_ok());
    assert_eq!(chained("3601").err(), Some(StsError::Duration));
}

#[test]
fn chains() {
    let mut session_of = by_user(3600, &[("SourceIdentity", "Alice")]).unwrap();
    let origin = session_of.source.clone();
    assert_eq!(origin.id, SourceId::User(user()));
    for depth in 1..=4 {
        let parent = session_of.clone();
        session_of = session(Caller::Session(&parent), 3600, &[]).unwrap();
        let chain = session_of.chain.as_ref().unwrap();
        assert_eq!((chain.ancestors.len(), &chain.origin), (depth, &origin), "TOK-11");
        assert_eq!(chain.ancestors.last().unwrap().access_key_id, parent.access_key_id);
        assert_eq!(session_of.source.id, SourceId::Role(parent.role_id));
        let identity = session_of.source_identity.as_ref().map(SourceIdentity::as_str);
        assert_eq!(identity, Some("Alice"), "STS-24");
        assert_eq!(session_of.policy, None, "STS-15");
    }
    let fifth = session(Caller::Session(&session_of), 3600, &[]);
    assert_eq!(fifth.err(), Some(StsError::Depth), "STS-14");
}

#[test]
fn source_identities_cannot_be_changed() {
    let name = |text: &str| text.parse::<SourceIdentity>().unwrap();
    let (alice, bob) = (name("Alice"), name("Bob"));
    for (own, asked, expected) in [
        (None, None, Ok(None)),
        (None, Some(&alice), Ok(Some(&alice))),
        (Some(&alice), None, Ok(Some(&alice))),
        (Some(&alice), Some(&alice), Ok(Some(&alice))),
        (Some(&alice), Some(&bob), Err(StsError::SourceIdentity)),
    ] {
        assert_eq!(effective_source_identity(own, asked), expected, "STS-24");
    }
}

fn written(format: Format, identity: Option<&str>) -> String {
    let changes: Vec<_> = identity.map(|it| ("SourceIdentity", it)).into_iter().collect();
    let payload = by_user(3600, &changes).unwrap();
    let issued = sealed_by_issuer(&payload).unwrap();
    let bytes = AssumedRole::new(&payload, &issued, "ID").unwrap().write(format).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn answers() {
    let json = written(Format::Json, Some("Al"));
    for (rule, part) in [
        ("ID-16", r#""Arn":"acs:ram::1234567890123456:role/reader/alice""#),
        (
            "STS-25",
            r#"{"RequestId":"ID","AssumedRoleUser":{"AssumedRoleId":"300000000000000021:alice","#,
        ),
        ("STS-25", r#""Credentials":{"SecurityToken":"UkcC"#),
        ("STS-25", r#""SourceIdentity":"Al"}"#),
        ("STS-27", r#""Expiration":"2027-01-15T09:00:00Z""#),
    ] {
        assert!(json.contains(part), "{rule} {part}: {json}");
    }
    assert!(!written(Format::Json, None).contains("SourceIdentity"), "STS-24");
    let xml = written(Format::Xml, None);
    let expected = [
        "<AssumeRoleResponse>",
        "<AssumedRoleUser><AssumedRoleId>",
        "<Credentials><SecurityToken>",
        "<Expiration>2027-01-15T09:00:00Z</Expiration>",
        "</AssumeRoleResponse>",
    ];
    for part in expected {
        assert!(xml.contains(part), "STS-26 {part}: {xml}");
    }
    assert!(!xml.contains("xmlns") && !xml.contains("<arn>"), "STS-26 {xml}");
}

#[test]
fn identities() {
    let account = "1234567890123456".parse().unwrap();
    let (name, role_id) = ("alice".parse().unwrap(), "300000000000000021".parse().unwrap());
    let root = Principal::Root { account };
    let user = Principal::User { account, name, id: user() };
    let session = Principal::Session {
        account,
        role: "Reader".parse().unwrap(),
        role_id,
        session: "s1".parse().unwrap(),
        service_linked: false,
    };
    let said = |principal: &Principal, format| {
        String::from_utf8(CallerIdentity::new(principal, "ID").write(format).unwrap()).unwrap()
    };
    for (principal, expected) in [
        (
            &root,
            r#"{"IdentityType":"Account","AccountId":"1234567890123456","PrincipalId":"1234567890123456","UserId":"1234567890123456","Arn":"acs:ram::1234567890123456:root","RequestId":"ID"}"#,
        ),
        (
            &user,
            r#"{"IdentityType":"RAMUser","AccountId":"1234567890123456","PrincipalId":"200000000000000011","UserId":"200000000000000011","Arn":"acs:ram::1234567890123456:user/alice","RequestId":"ID"}"#,
        ),
        (
            &session,
            r#"{"IdentityType":"AssumedRoleUser","AccountId":"1234567890123456","PrincipalId":"300000000000000021:s1","RoleId":"300000000000000021","Arn":"acs:ram::1234567890123456:assumed-role/reader/s1","RequestId":"ID"}"#,
        ),
    ] {
        assert_eq!(said(principal, Format::Json), expected, "STS-36");
    }
    let xml = said(&session, Format::Xml);
    assert!(xml.contains("<GetCallerIdentityResponse><IdentityType>AssumedRoleUser<"), "{xml}");
}

#[test]
fn formats() {
    for (text, expected) in [
        (None, Ok(Format::Json)),
        (Some("JSON"), Ok(Format::Json)),
        (Some("XML"), Ok(Format::Xml)),
        (Some("yaml"), Err(StsError::Malformed("Format"))),
        (Some(""), Err(StsError::Malformed("Format"))),
    ] {
        assert_eq!(Format::of(text), expected, "STS-05");
    }
}
