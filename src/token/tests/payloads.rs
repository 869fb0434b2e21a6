use proptest::prelude::*;

use super::fixture::{bytes, issuer, nonce, now, payload, v2, vectors};
use crate::ident::UnixSeconds;
use crate::token::{
    Ancestor, Chain, Federation, Payload, PayloadError, SealError, Source, SourceId,
    TOKEN_BYTES_MAX,
};

fn edited(from: &str, to: &str) -> Vec<u8> {
    let text = vectors().payload;
    assert!(text.contains(from), "{from}");
    bytes(&text.replacen(from, to, 1))
}

/// The map of the vectors, one edit each.
#[test]
fn other_encodings() {
    let name = "0865616c696365";
    let time = "031a6955b900";
    let account = "70313233343536373839303132333435360b";
    for (what, from, to, error) in [
        ("a key twice", "ac0101", "ad01010101", PayloadError::Missing(2)),
        ("no key", "ac0101", "ab", PayloadError::Missing(1)),
        ("keys out of order", "09010a", "0a010a", PayloadError::Missing(9)),
        ("an unknown key", "0e00", "0e001300", PayloadError::Encoding),
        ("a pair too many", "ac01", "ad01", PayloadError::Encoding),
        ("a pair too few", "ac01", "ab01", PayloadError::Missing(14)),
        ("a longer head of a map", "ac01", "b80c01", PayloadError::Encoding),
        ("a map of indefinite length", "ac01", "bf01", PayloadError::Encoding),
        ("a list", "ac01", "8c01", PayloadError::Encoding),
        ("a longer key", "ac0101", "ac180101", PayloadError::Encoding),
        ("a longer integer", "0101", "011801", PayloadError::Rule(1)),
        ("a longer time", time, "031b000000006955b900", PayloadError::Rule(3)),
        ("a time in text", time, "03633132330a", PayloadError::Rule(3)),
        ("a time that is a float", time, "03fa6955b900", PayloadError::Rule(3)),
        ("a negative time", time, "033a6955b900", PayloadError::Rule(3)),
        ("a tag", time, "03c11a6955b900", PayloadError::Rule(3)),
        ("a name in bytes", name, "0845616c696365", PayloadError::Rule(8)),
        ("a name in pieces", name, "087f65616c696365ff", PayloadError::Rule(8)),
        ("a longer length", name, "087805616c696365", PayloadError::Rule(8)),
        ("no UTF-8", name, "0865616c6963ff", PayloadError::Rule(8)),
        (
            "an account with a zero",
            account,
            "70303233343536373839303132333435360b",
            PayloadError::Rule(10),
        ),
        ("another kind of source", "0901", "0906", PayloadError::Rule(11)),
        ("another payload version", "0101", "0102", PayloadError::Rule(1)),
        ("null", "0e00", "0ef6", PayloadError::Rule(14)),
        ("a depth without ancestors", "0e00", "0e01", PayloadError::Rule(14)),
    ] {
        assert_eq!(Payload::decode(&edited(from, to)), Err(error), "{what}");
    }
}

#[test]
fn rules_of_fields() {
    let text = |text: &str| Box::<str>::from(text);
    let by = |account: &str, id| Source { account: account.parse().unwrap(), id };
    let session = || SourceId::Role("300000000000000009".parse().unwrap());
    let chain = || Chain { ancestors: vec![ancestor("300000000000000009")], origin: user() };
    check_rule(2, |it| {
        it.access_key_id = "STS.RG0000000000000000000000TESO".parse().unwrap();
    });
    check_rule(2, |it| {
        it.access_key_id = "STS.NX0000000000000000000000TEST".parse().unwrap();
    });
    check_rule(3, |it| (it.issued, it.expires) = (UnixSeconds(-1), UnixSeconds(1000)));
    check_rule(4, |it| it.expires = UnixSeconds(it.issued.0 + 899));
    check_rule(4, |it| it.expires = UnixSeconds(it.issued.0 + 43_201));
    check_rule(6, |it| it.role_id = "300000000000000000001".parse().unwrap());
    check_rule(7, |it| it.role_name = "Adminrole".parse().unwrap());
    check_rule(13, |it| it.policy = Some("x".repeat(2049).into()));
    for seconds in [900, 43_200] {
        let mut good = payload();
        good.expires = UnixSeconds(good.issued.0 + seconds);
        assert!(good.encode().is_ok(), "{seconds}");
    }
    check_rule(11, |it| it.source.id = SourceId::Service("".into()));
    check_rule(11, |it| it.source.id = SourceId::Service("x".repeat(193).into()));
    check_rule(13, |it| it.policy = Some(text("")));
    check_rule(16, |it| it.source = by("1", session()));
    check_rule(16, |it| it.chain = Some(chain()));
    check_rule(16, |it| {
        it.source = by("2", session()); // of another account than the last ancestor
        it.chain = Some(chain());
    });
    check_rule(16, |it| {
        it.source = by("1", session());
        it.chain = Some(Chain { ancestors: vec![ancestor("300000000000000008")], origin: user() });
    });
    check_rule(16, |it| {
        it.source = by("1", session());
        let ancestors = vec![ancestor("300000000000000009"); 5];
        it.chain = Some(Chain { ancestors, origin: user() });
    });
    check_rule(17, |it| it.source.id = SourceId::Oidc("acs:ram::1:oidc-provider/p".into()));
    check_rule(17, |it| {
        it.federation = Some(Federation { issuer: text("i"), subject: text("s") });
    });
    check_rule(17, |it| {
        it.source.id = SourceId::Saml("acs:ram::1:saml-provider/p".into());
        let subject = "s".repeat(513).into();
        it.federation = Some(Federation { issuer: text("i"), subject });
    });
    check_rule(18, |it| {
        it.source = by("1", session());
        it.chain = Some(Chain { origin: by("1", session()), ..chain() });
    });
}

#[track_caller]
fn check_rule(field: u8, change: impl FnOnce(&mut Payload)) {
    let mut bad = payload();
    change(&mut bad);
    assert_eq!(bad.encode(), Err(PayloadError::Rule(field)));
}

#[test]
fn depths() {
    let mut chained = payload();
    chained.source = Source {
        account: "1".parse().unwrap(),
        id: SourceId::Role("300000000000000009".parse().unwrap()),
    };
    chained.chain = Some(Chain { ancestors: vec![ancestor("300000000000000009")], origin: user() });
    let good = chained.encode().unwrap();
    assert_eq!(Payload::decode(&good), Ok(chained));
    let at = good.windows(3).position(|it| it == [14, 1, 16]).unwrap();
    let mut bad = good.clone();
    bad[at + 1] = 2;
    assert_eq!(Payload::decode(&bad), Err(PayloadError::Rule(14)));
}

fn user() -> Source {
    Source {
        account: "1".parse().unwrap(),
        id: SourceId::User("200000000000000001".parse().unwrap()),
    }
}

fn ancestor(role: &str) -> Ancestor {
    Ancestor {
        account: "1".parse().unwrap(),
        role_id: role.parse().unwrap(),
        issued: UnixSeconds(1_767_225_000),
        access_key_id: "STS.RG0000000000000000000000TESV".parse().unwrap(),
    }
}

/// The largest sessions that the sheet names (5.5), and the one that is too large.
#[test]
fn sizes() {
    let mut large = payload();
    large.policy = Some("x".repeat(2048).into());
    large.role_name = "r".repeat(64).parse().unwrap();
    large.session_name = "s".repeat(64).parse().unwrap();
    large.source = Source {
        account: "1234567890123456".parse().unwrap(),
        id: SourceId::Role("300000000000000001".parse().unwrap()),
    };
    let ancestor =
        Ancestor { account: "1234567890123456".parse().unwrap(), ..ancestor("300000000000000001") };
    let origin = Source { account: "1234567890123456".parse().unwrap(), ..user() };
    large.chain = Some(Chain { ancestors: vec![ancestor; 4], origin });
    let issued = v2().seal(&large, Some(&issuer()), nonce()).unwrap();
    assert!(issued.token.len() <= TOKEN_BYTES_MAX, "{}", issued.token.len());
    assert_eq!(v2().unseal(&issued.token, now()).unwrap().payload, large);
    large.chain = None;
    large.source.id = SourceId::Oidc("acs:ram::1234567890123456:oidc-provider/p".into());
    let longest = || Box::<str>::from("f".repeat(512));
    large.federation = Some(Federation { issuer: longest(), subject: longest() });
    let error = v2().seal(&large, Some(&issuer()), nonce()).unwrap_err();
    assert_eq!(error, SealError::TooLong);
}

fn sources() -> impl Strategy<Value = Source> {
    let id = prop_oneof![
        "[0-9]{1,32}".prop_map(|id| SourceId::User(id.parse().unwrap())),
        "\\PC{1,40}".prop_map(|text| SourceId::Oidc(text.into())),
        "\\PC{1,40}".prop_map(|text| SourceId::Saml(text.into())),
        "\\PC{1,40}".prop_map(|text| SourceId::Service(text.into())),
    ];
    ("[1-9][0-9]{0,18}", id)
        .prop_map(|(account, id)| Source { account: account.parse().unwrap(), id })
}

fn ancestors() -> impl Strategy<Value = Ancestor> {
    let parts = ("[1-9][0-9]{0,18}", "[0-9]{1,20}", 0..i64::MAX, "[0-9A-HJKMNP-TV-Z]{26}");
    parts.prop_map(|(account, role, issued, id)| Ancestor {
        account: account.parse().unwrap(),
        role_id: role.parse().unwrap(),
        issued: UnixSeconds(issued),
        access_key_id: format!("STS.RG{id}").parse().unwrap(),
    })
}

prop_compose! {
    fn any_payload()(
        id in "[0-9A-HJKMNP-TV-Z]{26}",
        issued in 0..9_000_000_000_000_i64,
        lifetime in 900..=43_200_i64,
        account in "[1-9][0-9]{0,18}",
        role in ("[0-9]{1,20}", "[a-z0-9._-]{1,64}", "[A-Za-z0-9.@_-]{2,64}"),
        source in sources(),
        identity in proptest::option::of("[A-Za-z0-9_+=,.@-]{2,64}"),
        policy in proptest::option::of("\\PC{1,300}"),
        chain in proptest::option::of(proptest::collection::vec(ancestors(), 1..=4)),
        federation in ("\\PC{1,60}", "\\PC{1,60}"),
        mfa in proptest::option::of(any::<bool>()),
    ) -> Payload {
        let chain = chain.map(|ancestors| Chain { ancestors, origin: source.clone() });
        let parent = chain.as_ref().and_then(|chain| chain.ancestors.last()).map(|last| Source {
            account: last.account,
            id: SourceId::Role(last.role_id.clone()),
        });
        let source = parent.unwrap_or(source);
        let federated = matches!(source.id, SourceId::Oidc(_) | SourceId::Saml(_));
        let (issuer, subject) = federation;
        Payload {
            access_key_id: format!("STS.RG{id}").parse().unwrap(),
            issued: UnixSeconds(issued),
            expires: UnixSeconds(issued + lifetime),
            account: account.parse().unwrap(),
            role_id: role.0.parse().unwrap(),
            role_name: role.1.parse().unwrap(),
            session_name: role.2.parse().unwrap(),
            source,
            federation: federated
                .then(|| Federation { issuer: issuer.into(), subject: subject.into() }),
            source_identity: identity.map(|text| text.parse().unwrap()),
            policy: policy.map(Into::into),
            chain,
            mfa,
        }
    }
}

proptest! {
    #[test]
    fn what_was_written_is_read(payload in any_payload()) {
        let bytes = payload.encode().unwrap();
        prop_assert_eq!(Payload::decode(&bytes), Ok(payload));
    }

    #[test]
    fn nothing_is_written_in_two_ways(
        payload in any_payload(),
        edits in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
        cut in proptest::option::of(any::<proptest::sample::Index>()),
    ) {
        let mut bytes = payload.encode().unwrap();
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(read) = Payload::decode(&bytes) {
            prop_assert_eq!(read.encode().unwrap(), bytes);
        }
    }

    #[test]
    fn any_bytes_are_refused_or_written_again(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(read) = Payload::decode(&bytes) {
            prop_assert_eq!(read.encode().unwrap(), bytes);
        }
    }
}
